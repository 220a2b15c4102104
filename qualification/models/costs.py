"""What it costs to be found: the spending that cost per lead is worked out from."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class Cost(models.Model):
    """Money spent on a source, on a campaign, or on a campaign within a source, over a span of days.

    A report of a part of these days counts the same part of the amount.
    """

    source = models.CharField(max_length=100, blank=True, help_text=gettext_lazy("As leads have it."))
    campaign = models.CharField(max_length=200, blank=True, help_text=gettext_lazy("As leads have it."))
    first_day = models.DateField()
    last_day = models.DateField()
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3, default="EUR", help_text=gettext_lazy("ISO 4217 code."))
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(source="") | ~Q(campaign=""), name="cost_is_for_something"),
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="cost_days_in_order"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="cost_amount_positive"),
            models.CheckConstraint(condition=Q(currency__regex="^[A-Z]{3}$"), name="cost_currency_iso"),
        ]
        indexes = [
            # Read by the dashboard: what was spent in a period. Most costs ended long ago.
            models.Index(fields=["last_day", "first_day"], name="cost_days"),
        ]

    def __str__(self) -> str:
        return _("%(amount)s %(currency)s for %(value)s") % {
            "amount": self.amount,
            "currency": self.currency,
            "value": self.campaign or self.source,
        }
