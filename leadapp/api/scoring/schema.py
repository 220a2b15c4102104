"""The shapes of the scoring API that the OpenAPI schema shows. Services check what comes in, not these."""

from typing import Any

from rest_framework import serializers

from leadapp.models import Match, Operator
from scoring.analysis.check import Severity
from scoring.models import Cause, Counting, Decay, Dimension, ScoringModelVersion


class Page(serializers.Serializer[Any]):
    """Some rows of a list."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class ScoringModel(serializers.Serializer[Any]):
    """A way to score leads."""

    slug = serializers.CharField()
    name = serializers.CharField()
    is_primary = serializers.BooleanField(help_text="It drives the list of leads.")
    weekly_capacity = serializers.IntegerField(
        allow_null=True, help_text="How many leads sales can call per week."
    )
    created_at = serializers.DateTimeField()
    live = serializers.IntegerField(allow_null=True, help_text="The version that scores leads.")
    draft = serializers.IntegerField(allow_null=True, help_text="The version that can be edited.")


class ScoringModelPage(Page):
    """All models."""

    results = ScoringModel(many=True)


class NewModel(serializers.Serializer[Any]):
    """A model to be made, of an export or of a start."""

    name = serializers.CharField(max_length=100)
    start = serializers.CharField(required=False, help_text="The name of a start, instead of data.")
    data = serializers.DictField(required=False, help_text="What an export gave.")  # type: ignore[assignment]


class Export(serializers.Serializer[Any]):
    """A version as a file: all that decides a score."""

    format = serializers.ChoiceField(choices=["leadapp-scoring-model"])
    format_version = serializers.ChoiceField(choices=[1])
    name = serializers.CharField(max_length=100)
    description = serializers.CharField(required=False)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)
    settings = serializers.DictField(child=serializers.IntegerField(), required=False)
    groups = serializers.ListField(child=serializers.DictField(), required=False)
    rules = serializers.ListField(child=serializers.DictField())


class Start(serializers.Serializer[Any]):
    """A model to start from."""

    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    rules = serializers.IntegerField(help_text="How many.")


class StartPage(Page):
    """All starts."""

    results = Start(many=True)


class Capacity(serializers.Serializer[Any]):
    """How many leads sales can call per week."""

    weekly_capacity = serializers.IntegerField(min_value=1, allow_null=True)


class Week(serializers.Serializer[Any]):
    """How many leads reached the thresholds in a week."""

    begins = serializers.DateTimeField()
    ready = serializers.FloatField(help_text="Reached the present threshold.")
    ready_then = serializers.FloatField(help_text="Would reach the proposed one.")


class Proposal(serializers.Serializer[Any]):
    """Thresholds that fit what sales can call."""

    version = serializers.IntegerField()
    weekly_capacity = serializers.IntegerField(allow_null=True)
    hot_from = serializers.IntegerField()
    threshold = serializers.IntegerField()
    per_week = serializers.FloatField()
    per_week_then = serializers.FloatField()
    proposed_hot_from = serializers.IntegerField()
    proposed_threshold = serializers.IntegerField()
    is_sample = serializers.BooleanField(help_text="Some leads stand for others.")
    warnings = serializers.ListField(child=serializers.CharField())
    weeks = Week(many=True)


class VersionSettings(serializers.Serializer[Any]):
    """Note, bounds and bands of a version."""

    note = serializers.CharField(max_length=500, allow_blank=True)
    fit_min = serializers.IntegerField()
    fit_max = serializers.IntegerField()
    engagement_min = serializers.IntegerField()
    engagement_max = serializers.IntegerField()
    fit_a = serializers.IntegerField()
    fit_b = serializers.IntegerField()
    fit_c = serializers.IntegerField()
    engagement_1 = serializers.IntegerField()
    engagement_2 = serializers.IntegerField()
    engagement_3 = serializers.IntegerField()
    hot_from = serializers.IntegerField()
    warm_from = serializers.IntegerField()
    threshold = serializers.IntegerField(help_text="At this total a lead is handed over to sales.")


class ChangedVersion(VersionSettings):
    """What is to be another in a draft; what is left out stays."""

    revision = serializers.IntegerField(help_text="The one that you saw; required.")


class Publication(serializers.Serializer[Any]):
    """The version went live."""

    at = serializers.DateTimeField()
    by = serializers.CharField(allow_null=True)
    note = serializers.CharField(allow_blank=True)
    is_rollback = serializers.BooleanField()


class Version(VersionSettings):
    """A state of a model. Only a draft can be changed."""

    id = serializers.IntegerField()
    model = serializers.CharField()
    number = serializers.IntegerField()
    state = serializers.ChoiceField(choices=ScoringModelVersion.State.choices)
    revision = serializers.IntegerField(help_text="Counts edits of the settings and groups.")
    based_on = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField(allow_null=True)
    published_at = serializers.DateTimeField(allow_null=True)
    published_by = serializers.CharField(allow_null=True)
    retired_at = serializers.DateTimeField(allow_null=True)
    publish_at = serializers.DateTimeField(allow_null=True, help_text="When it goes live by itself.")
    scheduled_by = serializers.CharField(allow_null=True)
    publications = Publication(many=True)


class VersionPage(Page):
    """Some versions, the newest first."""

    results = Version(many=True)


class NewDraft(serializers.Serializer[Any]):
    """Of what the draft is a copy."""

    source = serializers.IntegerField(  # type: ignore[assignment]
        required=False, allow_null=True, help_text="The id of a published version. Default: the live one."
    )


class Note(serializers.Serializer[Any]):
    """Why."""

    note = serializers.CharField(max_length=500, required=False)


class Schedule(Note):
    """When a draft goes live by itself."""

    at = serializers.DateTimeField()


class Rescore(serializers.Serializer[Any]):
    """A run over all leads."""

    id = serializers.IntegerField()
    version = serializers.IntegerField()
    cause = serializers.ChoiceField(choices=Cause.choices)
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    leads_total = serializers.IntegerField()
    leads_done = serializers.IntegerField()


class WentLive(serializers.Serializer[Any]):
    """The version is live; the leads are being scored by it."""

    version = Version()
    rescore = Rescore()


class MadePrimary(serializers.Serializer[Any]):
    """The model drives the list; the leads are being scored by it."""

    model = ScoringModel()
    rescore = Rescore()


class Finding(serializers.Serializer[Any]):
    """One thing to know about a version."""

    severity = serializers.ChoiceField(choices=[each.value for each in Severity])
    code = serializers.CharField()
    rule = serializers.IntegerField(allow_null=True)
    other_rule = serializers.IntegerField(allow_null=True)
    group = serializers.IntegerField(allow_null=True)
    title = serializers.CharField()
    text = serializers.CharField()
    mend = serializers.CharField(allow_blank=True)


class Check(serializers.Serializer[Any]):
    """What the rule check found."""

    version = serializers.IntegerField()
    may_be_published = serializers.BooleanField()
    leads = serializers.IntegerField(allow_null=True, help_text="Looked at. Null: too few to say anything.")
    findings = Finding(many=True)


class Change(serializers.Serializer[Any]):
    """One thing that differs."""

    kind = serializers.ChoiceField(choices=["new", "changed", "removed"])
    what = serializers.CharField()
    text = serializers.CharField(help_text="The whole sentence.")
    before = serializers.CharField(allow_blank=True)
    after = serializers.CharField(allow_blank=True)
    is_rule = serializers.BooleanField()
    rule_before = serializers.IntegerField(allow_null=True)
    rule_after = serializers.IntegerField(allow_null=True)


class Difference(serializers.Serializer[Any]):
    """What differs between two versions."""

    before = serializers.IntegerField()
    after = serializers.IntegerField()
    changes = Change(many=True)


class Condition(serializers.Serializer[Any]):
    """A test of a field."""

    field = serializers.CharField()
    operator = serializers.ChoiceField(choices=Operator.choices)
    value = serializers.JSONField(required=False, help_text="In the shape that the operator wants.")


class RuleSettings(serializers.Serializer[Any]):
    """What a rule says."""

    name = serializers.CharField(max_length=150)
    dimension = serializers.ChoiceField(choices=Dimension.choices)
    points = serializers.IntegerField(min_value=-1000, max_value=1000)
    group = serializers.CharField(required=False, allow_null=True, help_text="The name of a group.")
    match = serializers.ChoiceField(choices=Match.choices, required=False)
    conditions = Condition(many=True, required=False)
    activity_types = serializers.ListField(child=serializers.CharField(), required=False)
    counting = serializers.ChoiceField(choices=Counting.choices, required=False)
    min_occurrences = serializers.IntegerField(min_value=1, required=False)
    window_days = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    decay = serializers.ChoiceField(choices=Decay.choices, required=False)
    decay_days = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    max_points = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    is_active = serializers.BooleanField(required=False)


class SeenRule(RuleSettings):
    """What a rule is to say."""

    revision = serializers.IntegerField(help_text="The one that you saw; required.")


class Rule(RuleSettings):
    """A rule."""

    id = serializers.IntegerField()
    version = serializers.IntegerField()
    revision = serializers.IntegerField(help_text="Send it back with an edit.")
    changed_at = serializers.DateTimeField(allow_null=True)
    changed_by = serializers.CharField(allow_null=True)
    sentence = serializers.CharField(help_text="How people read it.")


class RulePage(Page):
    """All rules of a version, in their order."""

    results = Rule(many=True)


class Place(serializers.Serializer[Any]):
    """Where a rule is to stand."""

    place = serializers.IntegerField(min_value=0, help_text="Among the rules of its group; 0 is the first.")


class GroupSettings(serializers.Serializer[Any]):
    """What a group says."""

    name = serializers.CharField(max_length=100)
    dimension = serializers.ChoiceField(choices=Dimension.choices)
    cap = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    position = serializers.IntegerField(min_value=0, required=False)


class SeenGroup(GroupSettings):
    """What a group is to say."""

    revision = serializers.IntegerField(help_text="That of the version, which you saw; required.")


class Group(GroupSettings):
    """A group of rules that share a cap."""

    id = serializers.IntegerField()
    version = serializers.IntegerField()
    revision = serializers.IntegerField(help_text="That of the version, which covers its groups.")


class GroupPage(Page):
    """All groups of a version, in their order."""

    results = Group(many=True)
