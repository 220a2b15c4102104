"""What scoring itself writes: the queue, the history, and long runs."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.models import Lead, Temperature
from scoring.models.definition import ScoringModelVersion


class Cause(models.TextChoices):
    """Why a lead is scored."""

    ACTIVITY = "activity", gettext_lazy("Activity")
    FACTS = "facts", gettext_lazy("Facts changed")
    PUBLISH = "publish", gettext_lazy("New version")
    DECAY = "decay", gettext_lazy("Time passed")
    REQUEST = "request", gettext_lazy("Asked for")


class ScoringRequest(models.Model):
    """A lead waits to be scored: the queue of record. Rows are only added and deleted.

    Any number of rows may wait for one lead; serving one serves them all.
    """

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="+")
    cause = models.CharField(max_length=16, choices=Cause.choices)
    requested_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(cause__in=Cause.values), name="scoring_request_cause_known")
        ]

    def __str__(self) -> str:
        return _("lead %(lead_id)s: %(cause)s") % {"lead_id": self.lead_id, "cause": self.cause}


class ScoredLead(models.Model):
    """A lead was scored and its gates wait to be looked at: qualification's inbox.

    Written in the transaction that scores, deleted in the one that evaluates the gates. No foreign key: a
    row lives for a second, and one of a lead that is gone is thrown away.
    """

    lead = models.ForeignKey(
        Lead, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    scored_at = models.DateTimeField()

    def __str__(self) -> str:
        return _("lead %(lead_id)s") % {"lead_id": self.lead_id}


class ScoreChange(models.Model):
    """The score of a lead changed. Never changed itself; NULL means no score."""

    # No foreign key in the database: the lead is locked when this is written, and a trigger deletes this
    # with the lead. A check per row would be a sixth of a run over all leads.
    lead = models.ForeignKey(
        Lead, on_delete=models.CASCADE, related_name="score_changes", db_index=False, db_constraint=False
    )
    at = models.DateTimeField()
    score_before = models.IntegerField(null=True)
    score = models.IntegerField(null=True)
    fit = models.IntegerField(null=True)
    engagement = models.IntegerField(null=True)
    grade = models.CharField(max_length=2, blank=True)
    temperature = models.CharField(max_length=8, choices=Temperature.choices, blank=True)
    version = models.ForeignKey(
        ScoringModelVersion,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        # A published version cannot be deleted (a trigger).
        db_constraint=False,
    )
    cause = models.CharField(max_length=16, choices=Cause.choices)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(cause__in=Cause.values), name="score_change_cause_known"),
        ]
        indexes = [
            # The score history of a lead. With what it was then, for the leads of a day that slip away.
            models.Index(
                fields=["lead", "-at", "-id"],
                include=["score", "temperature"],
                name="score_change_history",
            ),
        ]

    def __str__(self) -> str:
        before, after = ("–" if score is None else score for score in (self.score_before, self.score))
        return f"{before} → {after}"


class Rescore(models.Model):
    """A run over all leads, in chunks that any number of workers take; what is left survives a kill."""

    version = models.ForeignKey(ScoringModelVersion, on_delete=models.PROTECT, related_name="rescores")
    cause = models.CharField(max_length=16, choices=Cause.choices)
    started_at = models.DateTimeField(default=timezone.now)
    leads_total = models.PositiveIntegerField(default=0)
    leads_done = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(cause__in=Cause.values), name="rescore_cause_known"),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(finished_at__gte=F("started_at")),
                name="rescore_finishes_after_start",
            ),
            # A newer publish takes over; two decay runs never overlap.
            models.UniqueConstraint(
                fields=["cause"], condition=Q(finished_at__isnull=True), name="rescore_one_running_per_cause"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_cause_display()} {self.started_at:%Y-%m-%d %H:%M}"


class RescoreChunk(models.Model):
    """Leads that a run has still to score. Deleted in the transaction that scores them."""

    rescore = models.ForeignKey(Rescore, on_delete=models.CASCADE, related_name="chunks", db_index=False)
    first_lead_id = models.BigIntegerField()
    last_lead_id = models.BigIntegerField()

    class Meta:
        constraints = [
            # Also how a worker finds the next one.
            models.UniqueConstraint(fields=["rescore", "first_lead_id"], name="rescore_chunk_unique"),
            models.CheckConstraint(
                condition=Q(last_lead_id__gte=F("first_lead_id")), name="rescore_chunk_ordered"
            ),
        ]

    def __str__(self) -> str:
        return _("leads %(first_lead_id)s to %(last_lead_id)s") % {
            "first_lead_id": self.first_lead_id,
            "last_lead_id": self.last_lead_id,
        }
