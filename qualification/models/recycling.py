"""What becomes of leads that nobody works on now: why they are out, and when they come back."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.models import Lead
from leadapp.shipped import shown


class DisqualifyReason(models.Model):
    """Why leads are disqualified, in the words of the team; reports count by it.

    One that is not offered any more stays with the leads that have it.
    """

    code = models.SlugField(max_length=32, unique=True, help_text=gettext_lazy("What other systems call it."))
    label = models.CharField(max_length=100, unique=True)
    needs_detail = models.BooleanField(
        gettext_lazy("needs a word more"),
        default=False,
        help_text=gettext_lazy("Whoever chooses it has to say more."),
    )
    is_active = models.BooleanField(gettext_lazy("offered"), default=True)
    position = models.PositiveSmallIntegerField(default=0, help_text=gettext_lazy("Lowest first."))

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(code=""), name="disqualify_reason_has_code"),
            models.CheckConstraint(condition=~Q(label=""), name="disqualify_reason_has_label"),
        ]

    def __str__(self) -> str:
        return shown(self.label)


class WakeUp(models.Model):
    """When a lead in nurture is worked on again: on a day, or from a score on, whichever comes first.

    The running one has no `ended_at`. The day is one of the calendar of the owner's team.
    """

    class Outcome(models.TextChoices):
        """How it ended."""

        DAY = "day", gettext_lazy("Its day came")
        SCORE = "score", gettext_lazy("It reached the score")
        BY_HAND = "by_hand", gettext_lazy("Somebody was first")
        CHANGED = "changed", gettext_lazy("Set anew")

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="wake_ups")
    wake_on = models.DateField(gettext_lazy("wakes on"), null=True, blank=True)
    wake_score = models.PositiveIntegerField(gettext_lazy("wakes from a score of"), null=True, blank=True)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    set_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lead"], condition=Q(ended_at__isnull=True), name="wake_up_one_running"
            ),
            models.CheckConstraint(
                condition=Q(wake_on__isnull=False) | Q(wake_score__isnull=False), name="wake_up_has_a_way"
            ),
            models.CheckConstraint(
                condition=Q(wake_score__isnull=True) | Q(wake_score__gt=0), name="wake_up_score_positive"
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["", "day", "score", "by_hand", "changed"]),
                name="wake_up_outcome_known",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, outcome="") | (Q(ended_at__isnull=False) & ~Q(outcome="")),
                name="wake_up_ends_with_outcome",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("set_at")), name="wake_up_ends_later"
            ),
        ]
        indexes = [
            # Whose day has come.
            models.Index(
                fields=["wake_on"],
                condition=Q(ended_at__isnull=True, wake_on__isnull=False),
                name="wake_up_due",
            ),
        ]

    def __str__(self) -> str:
        facts = {
            "day": date_format(self.wake_on, "LONG_DATE_FORMAT") if self.wake_on else "",
            "score": self.wake_score,
        }
        match self.wake_on, self.wake_score:
            case None, _score:
                return _("from %(score)s points") % facts
            case _day, None:
                return _("until %(day)s") % facts
        return _("until %(day)s, or from %(score)s points") % facts
