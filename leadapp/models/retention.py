"""How long leads are kept: lists that were bought, and the record of what was erased."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class KeptFor(models.TextChoices):
    """Why a lead may be kept; each has a number of days of its own (RETENTION_DAYS)."""

    CUSTOMER = "customer", _("Customer")
    MARKETING = "marketing", _("Agreed to marketing")
    LIST = "list", _("Came with a list, has done nothing")
    ENQUIRY = "enquiry", _("Enquiry")


class BoughtList(models.Model):
    """A list of contacts that was bought, rented or passed on: where it came from and what allows its use."""

    name = models.CharField(max_length=100, unique=True)
    provider = models.CharField(max_length=200, help_text=_("Who sold it or passed it on."))
    obtained_on = models.DateField()
    basis = models.TextField(
        _("what allows its use"),
        help_text=_(
            "How these people agreed, or which interest outweighs theirs; what was promised to them."
        ),
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(provider="") & ~Q(basis=""), name="bought_list_is_described"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Erasure(models.Model):
    """How many leads were erased at once, and why. Says nothing about whom."""

    erased_at = models.DateTimeField()
    kept_for = models.CharField(max_length=16, choices=KeptFor.choices)
    days = models.PositiveIntegerField(help_text=_("For so many days they had been kept."))
    lead_count = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kept_for__in=KeptFor.values), name="erasure_kept_for_known"),
            models.CheckConstraint(condition=Q(lead_count__gt=0), name="erasure_has_leads"),
        ]

    def __str__(self) -> str:
        return _("%(count)s leads, %(kept_for)s") % {
            "count": self.lead_count,
            "kept_for": self.get_kept_for_display(),
        }
