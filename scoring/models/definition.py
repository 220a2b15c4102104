"""What marketers write: models, their versions, rules and conditions. A published version never changes."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.models import ActivityType, ApiKey, Match, Operator
from leadapp.shipped import shown


class Dimension(models.TextChoices):
    """Who they are, or what they do."""

    FIT = "fit", gettext_lazy("Fit")
    ENGAGEMENT = "engagement", gettext_lazy("Engagement")


class Counting(models.TextChoices):
    """Which of the matching activities give points."""

    EVERY = "every", gettext_lazy("every time")
    ONCE = "once", gettext_lazy("once")


class Decay(models.TextChoices):
    """How points fade with the age of an activity."""

    NONE = "none", gettext_lazy("never fades")
    HALF_LIFE = "half_life", gettext_lazy("halves every")
    LINEAR = "linear", gettext_lazy("to zero over")


class ScoringModel(models.Model):
    """A way to score leads; the primary one drives the list."""

    name = models.CharField(max_length=100, unique=True)
    slug = models.SlugField(max_length=50, unique=True)
    is_primary = models.BooleanField(default=False)
    weekly_capacity = models.PositiveIntegerField(
        gettext_lazy("leads that sales can call per week"),
        null=True,
        blank=True,
        help_text=gettext_lazy(
            "Thresholds are proposed, and warnings given, by this number. Empty: not known."
        ),
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_primary"], condition=Q(is_primary=True), name="scoring_model_one_primary"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="scoring_model_has_name"),
            models.CheckConstraint(
                condition=Q(weekly_capacity__isnull=True) | Q(weekly_capacity__gt=0),
                name="scoring_model_capacity_positive",
            ),
        ]

    def __str__(self) -> str:
        return shown(self.name)


class ScoringModelVersion(models.Model):
    """One state of a scoring model: its rules, bounds and bands. Points are whole numbers.

    Only a draft can be changed (a trigger forbids the rest); publishing makes it live and retires the
    version before it. Rolling back makes a retired one live again. `Publication` remembers both.
    """

    class State(models.TextChoices):
        """Where the version stands."""

        DRAFT = "draft", gettext_lazy("Draft")
        LIVE = "live", gettext_lazy("Live")
        RETIRED = "retired", gettext_lazy("Retired")

    model = models.ForeignKey(ScoringModel, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    note = models.CharField(
        max_length=500, blank=True, help_text=gettext_lazy("Why this version exists. Reps read it.")
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    published_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    based_on = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # Counts edits of the bounds, bands and note: whoever saves says which one they saw.
    revision = models.PositiveIntegerField(default=1, editable=False)
    publish_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text=gettext_lazy("A draft that goes live then, and cannot be edited until then."),
    )
    scheduled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    fit_min = models.IntegerField(default=-100)
    fit_max = models.IntegerField(default=100)
    engagement_min = models.IntegerField(default=-100)
    engagement_max = models.IntegerField(default=200)
    fit_a = models.IntegerField(gettext_lazy("fit A from"), default=60)
    fit_b = models.IntegerField(gettext_lazy("fit B from"), default=40)
    fit_c = models.IntegerField(gettext_lazy("fit C from"), default=20)
    engagement_1 = models.IntegerField(gettext_lazy("engagement 1 from"), default=80)
    engagement_2 = models.IntegerField(gettext_lazy("engagement 2 from"), default=40)
    engagement_3 = models.IntegerField(gettext_lazy("engagement 3 from"), default=10)
    hot_from = models.IntegerField(default=120)
    warm_from = models.IntegerField(default=50)
    threshold = models.IntegerField(
        gettext_lazy("ready for sales from"),
        default=150,
        help_text=gettext_lazy("At this total a lead is handed over to sales."),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model", "number"], name="version_number_unique"),
            models.UniqueConstraint(fields=["model"], condition=Q(state="live"), name="version_one_live"),
            models.UniqueConstraint(fields=["model"], condition=Q(state="draft"), name="version_one_draft"),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "live", "retired"]), name="version_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="draft", published_at__isnull=True, retired_at__isnull=True)
                | Q(state="live", published_at__isnull=False, retired_at__isnull=True)
                | Q(state="retired", published_at__isnull=False, retired_at__isnull=False),
                name="version_dates_fit_state",
            ),
            models.CheckConstraint(
                condition=Q(publish_at__isnull=True) | Q(state="draft"), name="version_only_drafts_wait"
            ),
            models.CheckConstraint(
                condition=Q(fit_min__lt=F("fit_max")) & Q(engagement_min__lt=F("engagement_max")),
                name="version_bounds_ordered",
            ),
            models.CheckConstraint(
                condition=Q(fit_a__gt=F("fit_b"))
                & Q(fit_b__gt=F("fit_c"))
                & Q(engagement_1__gt=F("engagement_2"))
                & Q(engagement_2__gt=F("engagement_3")),
                name="version_grades_ordered",
            ),
            models.CheckConstraint(
                condition=Q(hot_from__gt=F("warm_from")) & Q(warm_from__gt=0), name="version_bands_ordered"
            ),
        ]
        indexes = [
            # Beat looks for drafts that are due.
            models.Index("publish_at", condition=Q(publish_at__isnull=False), name="version_due"),
        ]
        permissions = [("publish_version", "Publish and roll back scoring versions")]

    def __str__(self) -> str:
        return f"{self.model} v{self.number}"

    @property
    def is_draft(self) -> bool:
        """Tell whether it can still be changed."""
        return self.state == self.State.DRAFT

    @property
    def is_live(self) -> bool:
        """Tell whether leads are scored by it now."""
        return self.state == self.State.LIVE


class Publication(models.Model):
    """A version went live, for the first time or again. Never changed.

    The version that was live at a moment is that of the newest publication of its model up to then.
    """

    version = models.ForeignKey(ScoringModelVersion, on_delete=models.PROTECT, related_name="publications")
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    api_key = models.ForeignKey(ApiKey, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    note = models.CharField(max_length=500, blank=True)
    is_rollback = models.BooleanField(default=False)

    class Meta:
        indexes = [
            # Which version was live then.
            models.Index("version", F("at").desc(), name="publication_when"),
        ]

    def __str__(self) -> str:
        return _("%(version)s on %(at)s") % {"version": self.version, "at": f"{self.at:%Y-%m-%d %H:%M}"}


class RuleGroup(models.Model):
    """Rules of one dimension that share a cap, on the absolute value of their sum."""

    version = models.ForeignKey(ScoringModelVersion, on_delete=models.CASCADE, related_name="groups")
    name = models.CharField(max_length=100)
    dimension = models.CharField(max_length=16, choices=Dimension.choices)
    cap = models.PositiveIntegerField(
        null=True, blank=True, help_text=gettext_lazy("Points; empty for no cap.")
    )
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "name"], name="rule_group_name_unique"),
            models.CheckConstraint(
                condition=Q(dimension__in=Dimension.values), name="rule_group_dimension_known"
            ),
            models.CheckConstraint(
                condition=Q(cap__isnull=True) | Q(cap__gt=0), name="rule_group_cap_positive"
            ),
        ]

    def __str__(self) -> str:
        return shown(self.name)


class ScoringRule(models.Model):
    """Points for a fact (fit) or for activities (engagement)."""

    version = models.ForeignKey(ScoringModelVersion, on_delete=models.CASCADE, related_name="rules")
    group = models.ForeignKey(
        RuleGroup, null=True, blank=True, on_delete=models.SET_NULL, related_name="rules"
    )
    name = models.CharField(max_length=150)
    dimension = models.CharField(max_length=16, choices=Dimension.choices)
    points = models.IntegerField()
    match = models.CharField(max_length=8, choices=Match.choices, default=Match.ALL)
    activity_types = models.ManyToManyField(ActivityType, blank=True, related_name="+")
    counting = models.CharField(max_length=8, choices=Counting.choices, default=Counting.EVERY)
    min_occurrences = models.PositiveSmallIntegerField(
        default=1, help_text=gettext_lazy("Gives nothing below this number of matching activities.")
    )
    window_days = models.PositiveIntegerField(
        null=True, blank=True, help_text=gettext_lazy("Only activities of the last so many days.")
    )
    decay = models.CharField(max_length=16, choices=Decay.choices, default=Decay.NONE)
    decay_days = models.PositiveIntegerField(null=True, blank=True)
    max_points = models.PositiveIntegerField(
        null=True, blank=True, help_text=gettext_lazy("The cap of this rule, on its absolute value.")
    )
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    # Counts edits: whoever saves says which one they saw. A name, because a published rule never changes,
    # not even when a person is deleted.
    revision = models.PositiveIntegerField(default=1, editable=False)
    changed_at = models.DateTimeField(null=True, blank=True, editable=False)
    changed_by = models.CharField(max_length=150, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "name"], name="rule_name_unique"),
            models.CheckConstraint(condition=Q(dimension__in=Dimension.values), name="rule_dimension_known"),
            models.CheckConstraint(condition=Q(match__in=Match.values), name="rule_match_known"),
            models.CheckConstraint(condition=Q(counting__in=Counting.values), name="rule_counting_known"),
            models.CheckConstraint(
                condition=Q(points__range=(-1000, 1000)) & ~Q(points=0), name="rule_points_range"
            ),
            models.CheckConstraint(
                condition=Q(decay="none", decay_days__isnull=True)
                | (
                    Q(decay__in=["half_life", "linear"])
                    & Q(decay_days__isnull=False, decay_days__range=(1, 3650))
                ),
                name="rule_decay_has_days",
            ),
            models.CheckConstraint(
                condition=Q(window_days__isnull=True) | Q(window_days__range=(1, 3650)),
                name="rule_window_range",
            ),
            models.CheckConstraint(condition=Q(min_occurrences__gte=1), name="rule_min_occurrences_positive"),
            models.CheckConstraint(
                condition=Q(max_points__isnull=True) | Q(max_points__gt=0), name="rule_max_points_positive"
            ),
            # What counts activities means nothing for a fact.
            models.CheckConstraint(
                condition=Q(dimension="engagement")
                | Q(counting="every", min_occurrences=1, window_days__isnull=True, decay="none"),
                name="rule_fit_does_not_count",
            ),
        ]

    def __str__(self) -> str:
        return shown(self.name)


class RuleCondition(models.Model):
    """A test of a field: of the lead and its company, or of an activity's properties.

    `field` is a key of the registry in `scoring.fields`; `value` has the shape that `operator` says.
    """

    rule = models.ForeignKey(ScoringRule, on_delete=models.CASCADE, related_name="conditions")
    field = models.CharField(max_length=100)
    operator = models.CharField(max_length=16, choices=Operator.choices)
    value = models.JSONField(null=True, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(operator__in=Operator.values), name="rule_condition_operator_known"
            ),
            models.CheckConstraint(condition=~Q(field=""), name="rule_condition_has_field"),
        ]

    def __str__(self) -> str:
        return (
            f"{self.field} {self.get_operator_display()} {'' if self.value is None else self.value}".strip()
        )
