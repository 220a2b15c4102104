"""What leads do: immutable facts, and the types the system knows."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.fields.json import KT
from django.db.models.functions import Left
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leadapp.models.leads import Lead
from leadapp.shipped import shown


class ActivityType(models.Model):
    """A kind of activity that rules can count. Marketers add their own."""

    class Channel(models.TextChoices):
        """Where it happens; the timeline groups by it."""

        WEB = "web", _("Website")
        EMAIL = "email", _("Email")
        CONTENT = "content", _("Content")
        EVENT = "event", _("Events")
        SALES = "sales", _("Sales")
        SOCIAL = "social", _("Social")
        PRODUCT = "product", _("Product")
        RECORD = "record", _("Record")

    id = models.SmallAutoField(primary_key=True)
    slug = models.CharField(max_length=64, unique=True)
    label = models.CharField(max_length=100)
    channel = models.CharField(max_length=16, choices=Channel.choices)
    is_signal = models.BooleanField(
        _("key event"),
        default=False,
        help_text=_("Marked in the timeline: a demo or quote request, a meeting."),
    )
    is_touch = models.BooleanField(
        _("answers the lead"),
        default=False,
        help_text=_("A rep reached out: stops the response clock."),
    )
    starts_clock = models.BooleanField(
        _("asks for an answer"),
        default=False,
        help_text=_("The lead waits for an answer from then on: starts the response clock."),
    )
    is_internal = models.BooleanField(
        default=False, editable=False, help_text=_("Written by Leadapp itself; cannot be pushed.")
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(slug__regex=r"^[a-z][a-z0-9_.]*$"), name="activity_type_slug_form"
            ),
            models.CheckConstraint(
                condition=Q(
                    channel__in=["web", "email", "content", "event", "sales", "social", "product", "record"]
                ),
                name="activity_type_channel_known",
            ),
            models.CheckConstraint(
                condition=~Q(is_touch=True, starts_clock=True), name="activity_type_asks_or_answers"
            ),
        ]

    def __str__(self) -> str:
        return shown(self.label)


class Quarantine(models.Model):
    """A burst of activities that no person makes, like a mail scanner that opens every link.

    They are voided and give no points; releasing the quarantine brings them back for good.
    """

    class Kind(models.TextChoices):
        """What gave it away."""

        CLICKS = "clicks", _("Many links clicked within two seconds")
        VIEWS = "views", _("More page views than anybody can read")

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="quarantines")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    # The first and the last of the activities.
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    activity_count = models.PositiveIntegerField()
    found_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["clicks", "views"]), name="quarantine_kind_known"),
            models.CheckConstraint(
                condition=Q(ended_at__gte=F("started_at")), name="quarantine_ends_after_start"
            ),
            models.CheckConstraint(condition=Q(activity_count__gt=0), name="quarantine_has_activities"),
        ]

    def __str__(self) -> str:
        return _("%(count)s activities: %(kind)s") % {
            "count": self.activity_count,
            "kind": self.get_kind_display(),
        }

    @property
    def reason(self) -> str:
        """Say why nobody believes it; its activities are voided with these words."""
        return BURST_REASONS[self.Kind(self.kind)]

    @property
    def is_held(self) -> bool:
        """Tell whether its activities give no points, for nobody released it."""
        return self.released_at is None


BURST_REASONS = {
    Quarantine.Kind.CLICKS: "Many links within two seconds: a mail scanner, not a person.",
    Quarantine.Kind.VIEWS: "More page views than anybody can read: a program, not a person.",
}


class Activity(models.Model):
    """Something that a lead did, or that was done with a lead.

    Never changed after it was written (a trigger forbids it); a wrong one is voided with a reason and
    stays visible. `occurred_at` is never after `received_at`.
    """

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="activities", db_index=False)
    type = models.ForeignKey(ActivityType, on_delete=models.PROTECT, related_name="+", db_index=False)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField(default=timezone.now)
    source = models.CharField(max_length=100, help_text=_("The form, key or page that it came from."))
    # NULL where the sender gave none: those are never unique.
    external_id = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001
    properties = models.JSONField(default=dict, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    voided_at = models.DateTimeField(null=True, blank=True)
    voided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    void_reason = models.CharField(max_length=500, blank=True)
    # Stays when it is released, so that the same burst is not found again.
    quarantine = models.ForeignKey(
        Quarantine,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="activities",
        db_index=False,
    )

    class Meta:
        verbose_name_plural = _("activities")
        constraints = [
            # A retry of the same event is harmless.
            models.UniqueConstraint(
                fields=["source", "external_id"],
                condition=Q(external_id__isnull=False),
                name="activity_external_id_unique",
            ),
            models.CheckConstraint(
                condition=Q(external_id__isnull=True) | ~Q(external_id=""),
                name="activity_external_id_not_empty",
            ),
            models.CheckConstraint(condition=~Q(source=""), name="activity_has_source"),
            models.CheckConstraint(
                condition=Q(occurred_at__lte=F("received_at")), name="activity_not_in_the_future"
            ),
            models.CheckConstraint(
                condition=Q(voided_at__isnull=True, void_reason="")
                | (Q(voided_at__isnull=False) & ~Q(void_reason="")),
                name="activity_void_has_reason",
            ),
        ]
        indexes = [
            # The timeline of a lead, newest first; and the engine, lead by lead.
            models.Index("lead", F("occurred_at").desc(), F("id").desc(), name="activity_timeline"),
            # The meetings of a day. Their beginning is text that compares as a moment; others may send
            # anything, which must fit into an index.
            models.Index(
                Left(KT("properties__starts_at"), 20),
                condition=Q(properties__has_key="starts_at"),
                name="activity_starts_at",
            ),
            # What somebody logged today, for their day. Most activities are of nobody here.
            models.Index("actor", "occurred_at", condition=Q(actor__isnull=False), name="activity_of_person"),
            # The form that a lead came through first: the dashboard, and the list of its leads.
            models.Index(
                "lead", "occurred_at", "id", condition=Q(properties__has_key="form"), name="activity_form"
            ),
            # Who changed which facts of a lead, newest first (services/fact_history.py).
            models.Index(
                "lead",
                F("occurred_at").desc(),
                F("id").desc(),
                condition=Q(properties__has_key="after"),
                name="activity_facts",
            ),
            # What a quarantine holds.
            models.Index("quarantine", condition=Q(quarantine__isnull=False), name="activity_in_quarantine"),
        ]

    def __str__(self) -> str:
        return _("%(type)s on %(occurred_at)s") % {
            "type": self.type,
            "occurred_at": f"{self.occurred_at:%Y-%m-%d %H:%M}",
        }

    @property
    def is_voided(self) -> bool:
        """Tell whether this activity was declared wrong and gives no points."""
        return self.voided_at is not None
