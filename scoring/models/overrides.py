"""What reps think of a score: kept beside it, never in its place."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from leadapp.models import Lead
from scoring.models.definition import ScoringModelVersion, ScoringRule


class Verdict(models.TextChoices):
    """What is wrong with the score, in the rep's eyes."""

    TOO_HIGH = "too_high", _("Too high")
    TOO_LOW = "too_low", _("Too low")


class ScoreOverride(models.Model):
    """A rep sets the score of a lead aside for a while, with a reason. The score itself stays as it is."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="overrides", db_index=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    reason = models.CharField(max_length=500)
    # What was set aside.
    score = models.IntegerField()
    version = models.ForeignKey(ScoringModelVersion, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict__in=["too_high", "too_low"]), name="override_verdict_known"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="override_has_reason"),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="override_expires_after_start"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("created_at")),
                name="override_ends_after_start",
            ),
            models.UniqueConstraint(
                fields=["lead"], condition=Q(ended_at__isnull=True), name="override_one_open_per_lead"
            ),
        ]
        indexes = [
            # What was said about a lead.
            models.Index("lead", F("created_at").desc(), name="override_history"),
        ]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()}: {self.reason}"


class OverriddenRule(models.Model):
    """A rule that was among the strongest of a score that was set aside; marketers count these."""

    override = models.ForeignKey(ScoreOverride, on_delete=models.CASCADE, related_name="rules")
    rule = models.ForeignKey(ScoringRule, on_delete=models.PROTECT, related_name="overridden")
    points = models.DecimalField(max_digits=10, decimal_places=6)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["override", "rule"], name="overridden_rule_once"),
        ]

    def __str__(self) -> str:
        return f"{self.rule}: {self.points}"
