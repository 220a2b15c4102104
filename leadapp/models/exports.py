"""Who took personal data out of Leadapp, when, and how much."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Export(models.Model):
    """A file of leads that somebody asked for. Written before the first row leaves, ended with the last.

    `rows` is how many left; without `finished_at` it broke off, or is still on its way.
    """

    class FileFormat(models.TextChoices):
        """What kind of file."""

        CSV = "csv", "CSV"
        XLSX = "xlsx", _("Excel (XLSX)")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
        verbose_name=_("user"),
    )
    username = models.CharField(_("user name"), max_length=150, help_text=_("Stays when the person goes."))
    at = models.DateTimeField(_("at"), default=timezone.now)
    file_format = models.CharField(_("format"), max_length=8, choices=FileFormat.choices)
    query = models.TextField(_("filter"), blank=True, help_text=_("What stands behind ? in the address."))
    columns = ArrayField(models.CharField(max_length=100), verbose_name=_("columns"))
    rows = models.PositiveIntegerField(_("rows"), default=0)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        constraints = [
            models.CheckConstraint(
                condition=Q(file_format__in=["csv", "xlsx"]), name="export_file_format_known"
            ),
            models.CheckConstraint(condition=~Q(username=""), name="export_has_username"),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(finished_at__gte=F("at")),
                name="export_finishes_later",
            ),
        ]
        indexes = [
            # The list of exports, newest first.
            models.Index(F("at").desc(), F("id").desc(), name="export_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.username}: {self.rows}"
