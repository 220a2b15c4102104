"""Who changed which facts of a company, and what they were before."""

from django.conf import settings
from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leadapp.models.leads import Company


class CompanyChange(models.Model):
    """Facts of a company became others, or were learnt. Never changed itself."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="changes", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    before = models.JSONField(help_text=_("The facts that changed, as they were."))
    after = models.JSONField(help_text=_("The same facts, as they became."))
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
            models.CheckConstraint(condition=~models.Q(before=F("after")), name="company_change_changes"),
        ]
        indexes = [
            # The history of a company, newest first.
            models.Index("company", F("at").desc(), F("id").desc(), name="company_change_history"),
        ]

    def __str__(self) -> str:
        return f"{self.company}: {', '.join(self.after)}"
