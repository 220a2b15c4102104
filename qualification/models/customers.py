"""Customers: what they bought, how often, and whether they speak for us."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leadapp.models import Advocacy, Lead


class Deal(models.Model):
    """A lead bought something. Never changed; a wrong one is voided with a reason and stays visible.

    `round` counts how many times the lead has set out to become a customer: each round has deals of its own.
    """

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="deals")
    round = models.PositiveSmallIntegerField(
        default=1, help_text=_("The lead became a customer so many times.")
    )
    value = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3, default="EUR", help_text=_("ISO 4217 code."))
    won_on = models.DateField()
    product = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
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

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(value__gte=0), name="deal_value_not_negative"),
            models.CheckConstraint(condition=Q(currency__regex="^[A-Z]{3}$"), name="deal_currency_iso"),
            models.CheckConstraint(condition=Q(round__gte=1), name="deal_round_from_one"),
            models.CheckConstraint(
                condition=Q(voided_at__isnull=True, void_reason="")
                | (Q(voided_at__isnull=False) & ~Q(void_reason="")),
                name="deal_void_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(voided_at__isnull=True) | Q(voided_at__gte=F("created_at")),
                name="deal_voided_later",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.value} {self.currency}"

    @property
    def is_voided(self) -> bool:
        """Tell whether this deal was declared wrong and does not count."""
        return self.voided_at is not None


class AdvocacyChange(models.Model):
    """A customer became a fan or a reference, or ceased to be one. Never changed itself."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="advocacy_changes", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    before = models.CharField(max_length=16, choices=Advocacy.choices)
    after = models.CharField(max_length=16, choices=Advocacy.choices)
    note = models.CharField(max_length=500, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(before__in=Advocacy.values, after__in=Advocacy.values),
                name="advocacy_change_known",
            ),
            models.CheckConstraint(condition=~Q(before=F("after")), name="advocacy_change_changes_something"),
        ]
        indexes = [
            # The history of a customer.
            models.Index("lead", F("at").desc(), F("id").desc(), name="advocacy_change_history"),
        ]

    def __str__(self) -> str:
        return f"{self.get_before_display()} → {self.get_after_display()}"
