"""Gates between the stages."""

from datetime import timedelta

from django.db import models
from django.db.models import F, Func, Q
from django.db.models.lookups import GreaterThan, LessThan
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.models import Lead, Match, Operator
from leadapp.shipped import shown


class Step(models.TextChoices):
    """The steps that a gate guards."""

    TO_MQL = "to_mql", gettext_lazy("Lead → MQL")
    HANDOVER = "handover", gettext_lazy("Handover to sales")
    TO_SQL = "to_sql", gettext_lazy("MQL → SQL")
    TO_CUSTOMER = "to_customer", gettext_lazy("SQL → Customer")


# The operators with a far side: "at least 50" can be left at 40.
RISING = (Operator.AT_LEAST, Operator.GREATER)
FALLING = (Operator.AT_MOST, Operator.LESS)
MOST_HOURS = 24 * 365
MOST_DAYS = 3650
MOST_TIMES = 10_000
MOST = 1e15


class Gate(models.Model):
    """What must hold before a lead takes a step, and whether it goes back when that holds no longer."""

    step = models.CharField(max_length=16, choices=Step.choices, unique=True)
    match = models.CharField(max_length=8, choices=Match.choices, default=Match.ALL)
    is_automatic = models.BooleanField(
        default=False, help_text=gettext_lazy("Leads that pass move by themselves.")
    )
    takes_back = models.BooleanField(
        default=False,
        help_text=gettext_lazy("Leads that came by themselves go back once the criteria hold no longer."),
    )
    minimum_stay_hours = models.PositiveSmallIntegerField(
        default=0, help_text=gettext_lazy("No lead goes back by itself before.")
    )
    edited_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(step__in=Step.values), name="gate_step_known"),
            models.CheckConstraint(condition=Q(match__in=Match.values), name="gate_match_known"),
            # A deal has a value and a date, which only a person knows.
            models.CheckConstraint(
                condition=Q(is_automatic=False) | ~Q(step="to_customer"), name="gate_customer_by_hand"
            ),
            models.CheckConstraint(
                condition=Q(takes_back=False) | Q(is_automatic=True, step__in=["to_mql", "to_sql"]),
                name="gate_takes_back_by_itself",
            ),
            models.CheckConstraint(
                condition=Q(minimum_stay_hours__lte=MOST_HOURS), name="gate_minimum_stay_within_a_year"
            ),
        ]
        permissions = [("override_gate", "Move a lead past a gate that does not pass, with a reason")]

    def __str__(self) -> str:
        return self.get_step_display()

    @property
    def minimum_stay(self) -> timedelta:
        """Return how long a lead stays at least before it may go back by itself."""
        return timedelta(hours=self.minimum_stay_hours)


# JSON numbers compare as numbers, and no cast can fail.
AS_JSON = Func(F("leave_value"), function="to_jsonb", output_field=models.JSONField())


class GateCriterion(models.Model):
    """One line of a gate's checklist; `field`, `operator` and `value` as in a rule condition.

    Criteria of a gate with the same word in `one_of` make up a single line, named by the first of them.
    """

    gate = models.ForeignKey(Gate, on_delete=models.CASCADE, related_name="criteria")
    label = models.CharField(max_length=150, help_text=gettext_lazy("As the checklist says it."))
    field = models.CharField(max_length=100)
    operator = models.CharField(max_length=16, choices=Operator.choices)
    value = models.JSONField(null=True, blank=True)
    leave_value = models.FloatField(
        null=True,
        blank=True,
        help_text=gettext_lazy("Where a lead that has passed goes back: 40 beside “at least 50”."),
    )
    min_occurrences = models.PositiveSmallIntegerField(
        default=1, help_text=gettext_lazy("Of activities: how many there must be.")
    )
    window_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=gettext_lazy("Of activities: only those of the last so many days.")
    )
    one_of = models.CharField(
        gettext_lazy("one of"),
        max_length=50,
        blank=True,
        help_text=gettext_lazy("Criteria with the same word here are alternatives: one of them is enough."),
    )
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name_plural = gettext_lazy("gate criteria")
        constraints = [
            models.CheckConstraint(
                condition=Q(operator__in=Operator.values), name="gate_criterion_operator_known"
            ),
            models.CheckConstraint(condition=~Q(field=""), name="gate_criterion_has_field"),
            models.CheckConstraint(condition=~Q(label=""), name="gate_criterion_has_label"),
            models.CheckConstraint(
                condition=Q(leave_value__isnull=True)
                | Q(leave_value__isnull=False, leave_value__range=(-MOST, MOST), value__isnull=False)
                & (
                    Q(operator__in=RISING) & LessThan(AS_JSON, F("value"))
                    | Q(operator__in=FALLING) & GreaterThan(AS_JSON, F("value"))
                ),
                name="gate_criterion_leaves_on_the_far_side",
            ),
            models.CheckConstraint(
                condition=Q(min_occurrences=1, window_days__isnull=True)
                | Q(field="activity", min_occurrences__range=(1, MOST_TIMES), window_days__isnull=True)
                | Q(
                    field="activity",
                    min_occurrences__range=(1, MOST_TIMES),
                    window_days__range=(1, MOST_DAYS),
                    window_days__isnull=False,
                ),
                name="gate_criterion_counts_activities",
            ),
        ]

    def __str__(self) -> str:
        return shown(self.label)


class GateHold(models.Model):
    """A lead behind a gate was seen to hold: only what holds can cease to.

    Seen under the gate as it was edited last, in this stay in the stage, and by the score of that change
    (0: without one). Any of them being another one now, it says nothing any more.
    """

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="+", db_index=False)
    gate = models.ForeignKey(Gate, on_delete=models.CASCADE, related_name="holds", db_index=False)
    edited_at = models.DateTimeField()
    stay_began_at = models.DateTimeField()
    score_change_id = models.BigIntegerField()

    class Meta:
        constraints = [
            # Also how a lead's is found.
            models.UniqueConstraint(fields=["lead", "gate"], name="gate_hold_unique"),
            models.CheckConstraint(condition=Q(score_change_id__gte=0), name="gate_hold_of_a_score"),
        ]

    def __str__(self) -> str:
        return _("lead %(lead_id)s holds for gate %(gate_id)s") % {
            "lead_id": self.lead_id,
            "gate_id": self.gate_id,
        }
