"""The shapes of previews, tests and quarantines that the OpenAPI schema shows."""

from typing import Any

from rest_framework import serializers

from leadapp.api.scoring.schema import Page
from leadapp.models import Quarantine


class PreviewToken(serializers.Serializer[Any]):
    """Where to go on; nothing to begin."""

    token = serializers.CharField(required=False)


class Crossing(serializers.Serializer[Any]):
    """How many leads cross a line."""

    line = serializers.CharField(help_text="hot, warm, ready, or the step of a gate.")
    up = serializers.IntegerField()
    down = serializers.IntegerField()


class Band(serializers.Serializer[Any]):
    """How many leads have a score from here on, up to the next band."""

    begins = serializers.IntegerField()
    before = serializers.IntegerField()
    after = serializers.IntegerField()


class Moved(serializers.Serializer[Any]):
    """How many leads move by so much."""

    points = serializers.IntegerField()
    leads = serializers.IntegerField()


class PreviewedGate(serializers.Serializer[Any]):
    """A gate that was looked at."""

    step = serializers.CharField()
    name = serializers.CharField()


class Effect(serializers.Serializer[Any]):
    """What one change does by itself."""

    name = serializers.CharField()
    text = serializers.CharField()
    moved = serializers.IntegerField()
    crossings = Crossing(many=True)


class NamedLead(serializers.Serializer[Any]):
    """A lead that would change much."""

    lead = serializers.IntegerField()
    before = serializers.IntegerField()
    after = serializers.IntegerField()
    crosses = serializers.ListField(child=serializers.CharField(), help_text="hot+, ready- and so on.")
    reasons = serializers.ListField(child=serializers.CharField())


class Handovers(serializers.Serializer[Any]):
    """How many leads would be handed over in a week."""

    weeks = serializers.IntegerField()
    before = serializers.FloatField()
    after = serializers.FloatField()
    is_sample = serializers.BooleanField()


class Preview(serializers.Serializer[Any]):
    """What publishing would do; while it is not done, as far as it was looked at."""

    version = serializers.IntegerField()
    before = serializers.IntegerField(allow_null=True, help_text="The live version.")
    as_of = serializers.DateTimeField()
    is_done = serializers.BooleanField()
    token = serializers.CharField(allow_null=True, help_text="Send it to go on. Null: done.")
    share = serializers.FloatField(help_text="How much is done, 0 to 1.")
    leads = serializers.IntegerField()
    leads_total = serializers.IntegerField()
    moved = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    median_change = serializers.IntegerField()
    distribution = Band(many=True)
    changes = Moved(many=True)
    crossings = Crossing(many=True)
    gates = PreviewedGate(many=True)
    effects = Effect(many=True)
    effects_left_out = serializers.IntegerField()
    named = NamedLead(many=True)
    handovers_per_week = Handovers(allow_null=True)


class ImaginedActivity(serializers.Serializer[Any]):
    """Something that an imagined lead did."""

    type = serializers.CharField()
    occurred_at = serializers.DateTimeField(required=False, help_text="Default: as_of.")
    properties = serializers.DictField(required=False)


class TestLead(serializers.Serializer[Any]):
    """A lead that is picked, imagined, or picked and then changed."""

    lead = serializers.IntegerField(required=False, help_text="The id of a lead, to begin with.")
    facts = serializers.DictField(required=False, help_text="By name: job_title, company.industry.")
    activities = ImaginedActivity(many=True, required=False)
    as_of = serializers.DateTimeField(required=False, help_text="Default: now.")


class TestLine(serializers.Serializer[Any]):
    """One summand: a rule, or what a cap, a bound or rounding changed."""

    name = serializers.CharField()
    dimension = serializers.CharField(allow_null=True)
    group = serializers.CharField(allow_null=True)
    rule = serializers.IntegerField(allow_null=True)
    points = serializers.CharField(help_text="An exact decimal; all lines sum to the score.")
    raw_points = serializers.CharField(help_text="Before the cap of the rule.")
    evidence = serializers.CharField(allow_blank=True)
    matches = serializers.IntegerField(allow_null=True)
    newest = serializers.DateTimeField(allow_null=True)


class TestScore(serializers.Serializer[Any]):
    """What a version gives."""

    version = serializers.IntegerField()
    score = serializers.IntegerField()
    fit = serializers.IntegerField()
    engagement = serializers.IntegerField()
    grade = serializers.CharField()
    temperature = serializers.CharField()
    lines = TestLine(many=True)


class TestResult(serializers.Serializer[Any]):
    """What this version gives, and what the live one gives if that is another."""

    as_of = serializers.DateTimeField()
    version = TestScore()
    live = TestScore(allow_null=True)


class HeldBurst(serializers.Serializer[Any]):
    """A burst of activities that no person made."""

    id = serializers.IntegerField()
    lead = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=Quarantine.Kind.choices)
    reason = serializers.CharField()
    activities = serializers.IntegerField(help_text="How many.")
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField()
    found_at = serializers.DateTimeField()
    released_at = serializers.DateTimeField(allow_null=True)
    released_by = serializers.CharField(allow_null=True)


class HeldBurstPage(Page):
    """Some quarantines of a lead, the newest first."""

    results = HeldBurst(many=True)
