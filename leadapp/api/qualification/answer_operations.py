"""The calls about answers as the OpenAPI schema tells them."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from leadapp.api.operations import ALWAYS, PAGING, answers_of, operation
from qualification.models import BantAnswer, BantState, Confidence

EXAMPLE = {
    "dimension": "budget",
    "state": "confirmed",
    "value": "€60,000 to €80,000",
    "source": "call",
    "confidence": "high",
    "expires_at": "2099-01-31T00:00:00Z",
}
STATES = [*BantState.choices, ("stale", "Stale")]


class NewAnswer(serializers.Serializer[Any]):
    """What was told about one dimension."""

    dimension = serializers.CharField(max_length=32, help_text="A key, such as budget.")
    state = serializers.ChoiceField(choices=BantState.choices)
    value = serializers.CharField(
        max_length=500, required=False, allow_blank=True, help_text="What was said."
    )
    source = serializers.ChoiceField(  # type: ignore[assignment]
        choices=BantAnswer.Source.choices, required=False, help_text="Default: rep."
    )
    confidence = serializers.ChoiceField(
        choices=Confidence.choices, required=False, help_text="Default: low for a form, else medium."
    )
    expires_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="Default: as the dimension says. Null: it has no end."
    )


class Answer(serializers.Serializer[Any]):
    """An answer as it is kept."""

    id = serializers.IntegerField()
    dimension = serializers.CharField()
    state = serializers.ChoiceField(choices=BantState.choices)
    value = serializers.CharField(allow_blank=True)
    confidence = serializers.ChoiceField(choices=Confidence.choices)
    source = serializers.ChoiceField(choices=BantAnswer.Source.choices)  # type: ignore[assignment]
    author = serializers.CharField(allow_null=True, help_text="A user name; null for forms and API keys.")
    answered_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    is_expired = serializers.BooleanField()


class Standing(serializers.Serializer[Any]):
    """How a dimension stands now."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    counts = serializers.BooleanField(help_text="It belongs to the framework in use: gates count it.")
    state = serializers.ChoiceField(choices=STATES)
    contradiction = serializers.CharField(allow_null=True, help_text="Who says what, in a sentence.")
    answer = Answer(allow_null=True, help_text="The newest one, which counts.")
    contradicting = Answer(many=True, help_text="Newest answers of other sources that say the opposite.")


class AnswerPage(serializers.Serializer[Any]):
    """Some answers about a lead, newest first, and how each dimension stands."""

    framework = serializers.CharField(help_text="The one in use, such as BANT.")
    dimensions = Standing(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = Answer(many=True)


list_answers = operation(
    "list_answers",
    answers=answers_of(200, AnswerPage, (*ALWAYS, 404, 422)),
    parameters=PAGING,
    tag="leads",
)
add_answer = operation(
    "add_answer",
    answers=answers_of(201, Answer, (*ALWAYS, 404, 411, 413, 415, 422)),
    request=NewAnswer,
    examples=[OpenApiExample("Heard in a call", EXAMPLE, request_only=True)],
    tag="leads",
)
