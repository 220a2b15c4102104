"""Gates between the stages, and the evidence that opens them."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from leadapp.models import Lead, Match, Operator


class Step(models.TextChoices):
    """The steps that a gate guards."""

    TO_MQL = "to_mql", "Lead → MQL"
    HANDOVER = "handover", "Handover to sales"
    TO_SQL = "to_sql", "MQL → SQL"
    TO_CUSTOMER = "to_customer", "SQL → Customer"


class Gate(models.Model):
    """What must hold before a lead takes a step."""

    step = models.CharField(max_length=16, choices=Step.choices, unique=True)
    match = models.CharField(max_length=8, choices=Match.choices, default=Match.ALL)
    is_automatic = models.BooleanField(default=False, help_text="Leads that pass move by themselves.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(step__in=Step.values), name="gate_step_known"),
            models.CheckConstraint(condition=Q(match__in=Match.values), name="gate_match_known"),
            # A deal has a value and a date, which only a person knows.
            models.CheckConstraint(
                condition=Q(is_automatic=False) | ~Q(step="to_customer"), name="gate_customer_by_hand"
            ),
        ]
        permissions = [("override_gate", "Move a lead past a gate that does not pass, with a reason")]

    def __str__(self) -> str:
        return self.get_step_display()


class GateCriterion(models.Model):
    """One line of a gate's checklist; `field`, `operator` and `value` as in a rule condition.

    Criteria of a gate with the same word in `one_of` make up a single line, named by the first of them.
    """

    gate = models.ForeignKey(Gate, on_delete=models.CASCADE, related_name="criteria")
    label = models.CharField(max_length=150, help_text="As the checklist says it.")
    field = models.CharField(max_length=100)
    operator = models.CharField(max_length=16, choices=Operator.choices)
    value = models.JSONField(null=True, blank=True)
    one_of = models.CharField(
        "one of",
        max_length=50,
        blank=True,
        help_text="Criteria with the same word here are alternatives: one of them is enough.",
    )
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name_plural = "gate criteria"
        constraints = [
            models.CheckConstraint(
                condition=Q(operator__in=Operator.values), name="gate_criterion_operator_known"
            ),
            models.CheckConstraint(condition=~Q(field=""), name="gate_criterion_has_field"),
            models.CheckConstraint(condition=~Q(label=""), name="gate_criterion_has_label"),
        ]

    def __str__(self) -> str:
        return self.label


class BantDimension(models.TextChoices):
    """The four questions."""

    BUDGET = "budget", "Budget"
    AUTHORITY = "authority", "Authority"
    NEED = "need", "Need"
    TIMELINE = "timeline", "Timeline"


class BantState(models.TextChoices):
    """What an answer says."""

    UNKNOWN = "unknown", "Unknown"
    CONFIRMED = "confirmed", "Confirmed"
    RULED_OUT = "ruled_out", "Ruled out"


class BantAnswer(models.Model):
    """Evidence for one dimension. Never changed; the newest one that has not expired counts."""

    class Source(models.TextChoices):
        """Where the answer came from."""

        FORM = "form", "Form"
        CALL = "call", "Call"
        EMAIL = "email", "Email"
        REP = "rep", "Rep"

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="bant_answers", db_index=False)
    dimension = models.CharField(max_length=16, choices=BantDimension.choices)
    state = models.CharField(max_length=16, choices=BantState.choices)
    value = models.CharField(max_length=500, blank=True, help_text="Amount, role, pain or date.")
    source = models.CharField(max_length=16, choices=Source.choices, default=Source.REP)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    answered_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="From then on it is stale.")

    class Meta:
        verbose_name = "BANT answer"
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    dimension__in=BantDimension.values,
                    state__in=BantState.values,
                    source__in=["form", "call", "email", "rep"],
                ),
                name="bant_answer_known",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("answered_at")),
                name="bant_answer_expires_later",
            ),
        ]
        indexes = [
            # The newest answer per dimension of a lead.
            models.Index(
                "lead", "dimension", F("answered_at").desc(), F("id").desc(), name="bant_answer_newest"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_dimension_display()}: {self.get_state_display()}"
