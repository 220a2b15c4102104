"""The calls about duplicates and merges as the OpenAPI schema tells them."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from leadapp.api.operations import ALWAYS, PAGING, answers_of, operation, query

CHOICE = (("winner", "winner"), ("loser", "loser"))


class Duplicate(serializers.Serializer[Any]):
    """Two leads that may be one person, and why."""

    id = serializers.IntegerField()
    leads = serializers.ListField(child=serializers.IntegerField(), help_text="Their ids, the older first.")
    probability = serializers.FloatField()
    evidence = serializers.ListField(
        child=serializers.DictField(), help_text="What was compared, field by field."
    )
    found_at = serializers.DateTimeField()


class DuplicatePage(serializers.Serializer[Any]):
    """Some pairs that nobody has decided on, the newest first."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = Duplicate(many=True)


class NewMerge(serializers.Serializer[Any]):
    """Who is united with whom."""

    winner = serializers.IntegerField(min_value=1, help_text="The lead that stays.")
    loser = serializers.IntegerField(min_value=1, help_text="The lead that becomes part of it.")
    choices = serializers.DictField(
        child=serializers.ChoiceField(choices=CHOICE),
        required=False,
        help_text="Whose facts are taken: `job_title`, `company`, `attributes.KEY`… Default: the winner's, "
        "or the loser's where the winner has none.",
    )
    winner_updated_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="As it was seen; if it changed since, the answer is 409."
    )
    loser_updated_at = serializers.DateTimeField(required=False, allow_null=True)


class Merge(serializers.Serializer[Any]):
    """Two leads that were united."""

    id = serializers.IntegerField()
    winner = serializers.IntegerField()
    loser = serializers.IntegerField(help_text="Under this id the winner answers since.")
    loser_name = serializers.CharField()
    at = serializers.DateTimeField()
    actor = serializers.CharField(allow_null=True, help_text="A user name; null: it was certain enough.")
    probability = serializers.FloatField(allow_null=True)
    undone_at = serializers.DateTimeField(allow_null=True)


class MergePage(serializers.Serializer[Any]):
    """Some merges, the newest first."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = Merge(many=True)


ONE_LEAD = query("lead", "Of this lead only.", OpenApiTypes.INT)
TAG = "duplicates"

list_duplicates = operation(
    "list_duplicates",
    answers=answers_of(200, DuplicatePage, (*ALWAYS, 422)),
    parameters=[ONE_LEAD, *PAGING],
    tag=TAG,
)
dismiss_duplicate = operation(
    "dismiss_duplicate", answers=answers_of(204, None, (*ALWAYS, 404, 411, 413, 415, 422)), tag=TAG
)
list_merges = operation(
    "list_merges",
    answers=answers_of(200, MergePage, (*ALWAYS, 422)),
    parameters=[ONE_LEAD, *PAGING],
    tag=TAG,
)
merge_leads = operation(
    "merge_leads",
    answers=answers_of(201, Merge, (*ALWAYS, 404, 409, 411, 413, 415, 422)),
    request=NewMerge,
    examples=[
        OpenApiExample(
            "One fact of the other",
            {"winner": 312, "loser": 313, "choices": {"job_title": "loser"}},
            request_only=True,
        )
    ],
    tag=TAG,
)
undo_merge = operation(
    "undo_merge", answers=answers_of(200, Merge, (*ALWAYS, 404, 409, 411, 413, 415, 422)), tag=TAG
)
