"""Who took personal data out of Leadapp, when, and how much."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Export(models.Model):
    """A file of leads that somebody asked for. Written before the first row leaves, ended with the last.

    `rows` is how many are in the file; without `finished_at` it broke off, or is still on its way.
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
            # Somebody's own exports, newest first.
            models.Index("user", F("at").desc(), F("id").desc(), name="export_of_user"),
        ]

    def __str__(self) -> str:
        return f"{self.username}: {self.rows}"


class ExportRun(models.Model):
    """An export that workers write into a file, part by part, for whoever asked to fetch it for a while."""

    class State(models.TextChoices):
        """Where it stands."""

        RUNNING = "running", _("Being written")
        DONE = "done", _("Ready")
        STOPPED = "stopped", _("Stopped")
        FAILED = "failed", _("Given up")

    export = models.OneToOneField(Export, on_delete=models.CASCADE, primary_key=True, related_name="run")
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    failure = models.CharField(max_length=500, blank=True, help_text=_("Why it was given up."))
    columns = ArrayField(models.CharField(max_length=100), help_text=_("Of the list, in their order."))
    language = models.CharField(max_length=16, help_text=_("In which the file is written."))
    total = models.PositiveIntegerField(default=0, help_text=_("How many leads were chosen."))
    # Each written together with the part that it counts.
    position = models.PositiveIntegerField(default=0, help_text=_("How many parts are written."))
    gone_through = models.PositiveIntegerField(default=0, help_text=_("How many leads those parts are."))
    rows = models.PositiveIntegerField(default=0, help_text=_("How many of them were still there."))
    size = models.PositiveBigIntegerField(default=0, help_text=_("In bytes."))
    place = models.JSONField(default=dict, help_text=_("Where the file stands, for its next part."))
    ended_at = models.DateTimeField(null=True)
    forgotten_at = models.DateTimeField(null=True, help_text=_("When the file was deleted."))
    fetched_at = models.DateTimeField(null=True, help_text=_("When the file was fetched last."))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["running", "done", "stopped", "failed"]), name="export_run_state_known"
            ),
            models.CheckConstraint(condition=Q(state="failed") ^ Q(failure=""), name="export_run_failure"),
            models.CheckConstraint(
                condition=Q(state="running") ^ Q(ended_at__isnull=False), name="export_run_ends"
            ),
            models.CheckConstraint(
                condition=Q(gone_through__lte=F("total")) & Q(rows__lte=F("gone_through")),
                name="export_run_rows_of_total",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(gone_through=F("total")), name="export_run_done_is_whole"
            ),
            models.CheckConstraint(
                condition=Q(forgotten_at__isnull=True) | Q(forgotten_at__gte=F("ended_at")),
                name="export_run_forgotten_later",
            ),
            models.CheckConstraint(
                condition=Q(fetched_at__isnull=True) | Q(state="done", fetched_at__gte=F("ended_at")),
                name="export_run_fetched_when_done",
            ),
        ]
        indexes = [
            # What workers have still to do, oldest first.
            models.Index(fields=["export"], condition=Q(state="running"), name="export_run_waiting"),
            # Whose file is to be deleted.
            models.Index(
                fields=["ended_at"],
                condition=Q(ended_at__isnull=False, forgotten_at__isnull=True),
                name="export_run_kept",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.export_id}: {self.get_state_display()}"

    @property
    def is_running(self) -> bool:
        """Tell whether workers have still something to do."""
        return self.state == self.State.RUNNING

    @property
    def percent(self) -> int:
        """Return how far it is."""
        return 100 * self.gone_through // max(self.total, 1)


class ExportPart(models.Model):
    """Some of the chosen leads in the order of the file and, once it is written, their part of it."""

    run = models.ForeignKey(ExportRun, on_delete=models.CASCADE, related_name="parts", db_index=False)
    number = models.PositiveIntegerField(help_text=_("The first is 0."))
    # Without foreign keys: a lead may go, and is then left out. All are read when leads are erased: there are
    # no more than those of the files of a few days.
    lead_ids = ArrayField(models.BigIntegerField())
    data = models.BinaryField(null=True)

    class Meta:
        constraints = [
            # Also how a file is written and read.
            models.UniqueConstraint(fields=["run", "number"], name="export_part_once"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.number}"
