"""The shapes of scores and their history that the OpenAPI schema shows."""

from typing import Any

from rest_framework import serializers

from leadapp.api.schema import ScoreOverride
from leadapp.models import Temperature
from scoring.models import Cause


class ScoreOccurrence(serializers.Serializer[Any]):
    """One activity behind the points of a rule."""

    activity = serializers.IntegerField()
    type = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    occurred_at = serializers.DateTimeField()
    full_points = serializers.IntegerField(help_text="The points of the rule.")
    share_left = serializers.FloatField(help_text="What age leaves of them, 0 to 1.")
    points = serializers.CharField(help_text="An exact decimal; all of a rule sum to its raw_points.")


class OlderOccurrences(serializers.Serializer[Any]):
    """The activities of a rule beyond the newest hundred."""

    activities = serializers.IntegerField()
    points = serializers.CharField()


class ScoreLine(serializers.Serializer[Any]):
    """One summand: a rule, or what a cap, a bound or rounding changed."""

    name = serializers.CharField()
    dimension = serializers.CharField(allow_null=True)
    group = serializers.CharField(allow_null=True)
    is_rule = serializers.BooleanField()
    rule = serializers.IntegerField(allow_null=True)
    points = serializers.CharField(help_text="An exact decimal; all lines sum to the score.")
    raw_points = serializers.CharField(help_text="Before the cap of the rule.")
    capped = serializers.CharField(help_text="What the cap of the rule changed: points less raw_points.")
    evidence = serializers.CharField(allow_blank=True)
    matches = serializers.IntegerField(allow_null=True)
    newest = serializers.DateTimeField(allow_null=True)
    occurrences = ScoreOccurrence(many=True, help_text="Of rules that count activities, the newest first.")
    older = OlderOccurrences(help_text="What is not listed in occurrences.")


class ForecastCrossing(serializers.Serializer[Any]):
    """A line that the score falls below if nothing happens."""

    kind = serializers.ChoiceField(choices=["temperature", "grade", "handover"])
    on = serializers.DateField()
    score = serializers.IntegerField()
    before = serializers.CharField()
    after = serializers.CharField()


class ForecastDay(serializers.Serializer[Any]):
    """The score at the end of a day if nothing happens."""

    on = serializers.DateField()
    score = serializers.IntegerField()
    temperature = serializers.ChoiceField(choices=Temperature.choices)


class ScoreForecast(serializers.Serializer[Any]):
    """What becomes of a score within 90 days if nothing happens; not each day of a lead that did a lot."""

    sentence = serializers.CharField()
    crossings = ForecastCrossing(many=True)
    days = ForecastDay(many=True)


class NextLine(serializers.Serializer[Any]):
    """The nearest line above the score: warm, hot or ready for sales."""

    name = serializers.CharField()

    def get_fields(self) -> dict[str, Any]:
        """Add the field whose name is a word of Python."""
        return {**super().get_fields(), "from": serializers.IntegerField()}


class WayStep(serializers.Serializer[Any]):
    """One thing that would raise the score."""

    kind = serializers.ChoiceField(choices=["activity", "fact"])
    rule = serializers.IntegerField()
    text = serializers.CharField()


class WayUp(serializers.Serializer[Any]):
    """One or two steps, computed on a copy of the lead."""

    text = serializers.CharField(help_text="Such as: +12: Asked for a demo")
    gain = serializers.IntegerField()
    score = serializers.IntegerField(help_text="The score that it would lead to.")
    suffices = serializers.BooleanField()
    steps = WayStep(many=True)


class WaysUp(serializers.Serializer[Any]):
    """The shortest ways to the next line: first those that are enough."""

    target = NextLine(allow_null=True, help_text="Null: above all lines.")
    missing = serializers.IntegerField()
    ways = WayUp(many=True)


class ModelScore(serializers.Serializer[Any]):
    """What a live scoring model gives the lead."""

    model = serializers.SlugField()
    name = serializers.CharField()
    version = serializers.IntegerField()
    is_primary = serializers.BooleanField()
    score = serializers.IntegerField(allow_null=True)
    fit = serializers.IntegerField(allow_null=True)
    engagement = serializers.IntegerField(allow_null=True)
    grade = serializers.CharField(allow_null=True)
    temperature = serializers.CharField(allow_null=True)


class FactThen(serializers.Serializer[Any]):
    """A fact that was another one at the moment that is looked at."""

    fact = serializers.CharField()
    then = serializers.JSONField(allow_null=True)
    now = serializers.JSONField(allow_null=True)


class ScoreThen(serializers.Serializer[Any]):
    """What else is known of a moment in the past."""

    stored_score = serializers.IntegerField(allow_null=True, help_text="What the list showed then.")
    stored_at = serializers.DateTimeField(allow_null=True)
    facts = FactThen(many=True)


class Score(serializers.Serializer[Any]):
    """A score and where it comes from."""

    lead = serializers.IntegerField()
    score = serializers.IntegerField(allow_null=True)
    fit = serializers.IntegerField(allow_null=True)
    engagement = serializers.IntegerField(allow_null=True)
    grade = serializers.CharField(allow_null=True)
    temperature = serializers.CharField(allow_null=True)
    scored_at = serializers.DateTimeField(allow_null=True)
    as_of = serializers.DateTimeField(allow_null=True, help_text="The moment that the lines explain.")
    is_stored = serializers.BooleanField(help_text="False with as_of, model or version.")
    opted_out = serializers.BooleanField()
    override = ScoreOverride(allow_null=True, help_text="A rep's word against the score; it stays as it is.")
    model = serializers.CharField(allow_null=True)
    version = serializers.IntegerField(allow_null=True)
    lines = ScoreLine(many=True)
    forecast = ScoreForecast(required=False, allow_null=True, help_text="Of the stored score only.")
    ways_up = WaysUp(required=False, help_text="Of the stored score only.")
    models = ModelScore(many=True, required=False, help_text="Of the stored score only: all live models.")
    then = ScoreThen(required=False, help_text="With as_of only.")


class ScoreEvent(serializers.Serializer[Any]):
    """Something that came in, or was voided, before a change of the score."""

    activity = serializers.IntegerField()
    type = serializers.CharField()
    text = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    is_key = serializers.BooleanField()
    voided = serializers.BooleanField(help_text="True: it was declared wrong then.")
    facts = serializers.ListField(child=serializers.CharField(), help_text="The facts that changed.")


class ScoreMove(serializers.Serializer[Any]):
    """A change of the score, and what came in since the one before it."""

    at = serializers.DateTimeField()
    score_before = serializers.IntegerField(allow_null=True)
    score = serializers.IntegerField(allow_null=True)
    fit = serializers.IntegerField(allow_null=True)
    engagement = serializers.IntegerField(allow_null=True)
    grade = serializers.CharField(allow_null=True)
    temperature = serializers.CharField(allow_null=True)
    cause = serializers.ChoiceField(choices=Cause.choices)
    because = serializers.CharField(help_text="Why, in a few words.")
    model = serializers.CharField(allow_null=True)
    version = serializers.IntegerField(allow_null=True)
    events = ScoreEvent(many=True)


class ScoreHistoryPage(serializers.Serializer[Any]):
    """Some changes of the score, newest first."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = ScoreMove(many=True)
