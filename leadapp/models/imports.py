"""Files of leads being taken in: the job, the file as it came, and one row for each of its rows."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leadapp.models.consents import ConsentRecord, ConsentText
from leadapp.models.retention import BoughtList


class OnKnown(models.TextChoices):
    """What a row does to somebody who is known already."""

    FILL = "fill", _("Fill in what is not known yet")
    OVERWRITE = "overwrite", _("Replace what is known by what the file says")
    SKIP = "skip", _("Leave them as they are")


class ImportJob(models.Model):
    """A file that somebody brought, what its columns mean, and how far it is.

    Workers check it (nothing is written to leads), then people look, then workers import it; each goes on
    from the last row that was committed. What it did can be taken back until the rows are forgotten.
    """

    class State(models.TextChoices):
        """Where it stands."""

        MAPPING = "mapping", _("Not begun")
        CHECKING = "checking", _("Being checked")
        CHECKED = "checked", _("Checked")
        IMPORTING = "importing", _("Being imported")
        STOPPED = "stopped", _("Stopped")
        DONE = "done", _("Imported")
        UNDOING = "undoing", _("Being undone")
        UNDONE = "undone", _("Undone")
        FAILED = "failed", _("Cannot be read")

    class FileFormat(models.TextChoices):
        """What kind of file."""

        CSV = "csv", "CSV"
        XLSX = "xlsx", _("Excel (XLSX)")

    # What workers have to do.
    AT_WORK = (State.CHECKING, State.IMPORTING, State.UNDOING)

    file_name = models.CharField(max_length=255)
    file_size = models.PositiveBigIntegerField(help_text=_("In bytes."))
    file_format = models.CharField(max_length=8, choices=FileFormat.choices)
    encoding = models.CharField(max_length=40, blank=True)
    delimiter = models.CharField(max_length=1, blank=True)
    sheet = models.CharField(max_length=255, blank=True)
    sheets = ArrayField(models.CharField(max_length=255), default=list, help_text=_("Of a workbook."))
    has_header = models.BooleanField(default=True, help_text=_("The first row names the columns."))
    columns = ArrayField(models.CharField(max_length=500), default=list)
    header_key = models.CharField(max_length=64, blank=True, help_text=_("The same for the same columns."))

    # How it is taken in.
    mapping = ArrayField(
        models.CharField(max_length=80, blank=True), default=list, help_text=_("What each column is.")
    )
    on_known = models.CharField(max_length=16, choices=OnKnown.choices, default=OnKnown.FILL)
    adds_new = models.BooleanField(default=True)
    clears_empty = models.BooleanField(
        default=False, help_text=_("An empty cell empties the fact; only where the file replaces facts.")
    )
    leaves_out = models.BooleanField(
        default=False, help_text=_("A cell that cannot be read is left out, instead of its whole row.")
    )
    match_by = ArrayField(
        models.CharField(max_length=16), default=list, help_text=_("Beside ids and addresses.")
    )
    source = models.CharField(max_length=100, help_text=_("Where new leads came from."))
    country = models.CharField(
        max_length=2, blank=True, help_text=_("Of phone numbers without a country code.")
    )
    tags = ArrayField(models.CharField(max_length=50), default=list)
    bought_list = models.ForeignKey(
        BoughtList, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    consent_text = models.ForeignKey(
        ConsentText, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    consent_words = models.TextField(blank=True, help_text=_("What these people agreed to."))
    consent_how = models.CharField(max_length=16, choices=ConsentRecord.How.choices, blank=True)

    state = models.CharField(max_length=16, choices=State.choices, default=State.MAPPING)
    failure = models.CharField(max_length=500, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    username = models.CharField(max_length=150, help_text=_("Stays when the person goes."))
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, help_text=_("When the first row was imported."))
    finished_at = models.DateTimeField(null=True)
    undo_asked_at = models.DateTimeField(null=True)
    undo_finished_at = models.DateTimeField(null=True)
    forgotten_at = models.DateTimeField(null=True, help_text=_("When the file and its rows were deleted."))

    # The check: how far it is, and what would happen.
    rows_total = models.PositiveIntegerField(null=True, help_text=_("Known once the file is read."))
    percent_read = models.PositiveSmallIntegerField(default=0)
    rows_read = models.PositiveIntegerField(default=0)
    to_create = models.PositiveIntegerField(default=0)
    to_change = models.PositiveIntegerField(default=0)
    to_keep = models.PositiveIntegerField(default=0)
    to_skip = models.PositiveIntegerField(default=0)
    to_refuse = models.PositiveIntegerField(default=0)
    # What happened. The position is the number of the last row that is committed.
    position = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    undone = models.PositiveIntegerField(default=0)
    not_undone = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        *("mapping", "checking", "checked", "importing", "stopped"),
                        *("done", "undoing", "undone", "failed"),
                    ]
                ),
                name="import_state_known",
            ),
            models.CheckConstraint(
                condition=Q(file_format__in=["csv", "xlsx"]), name="import_file_format_known"
            ),
            models.CheckConstraint(condition=Q(on_known__in=OnKnown.values), name="import_on_known_known"),
            models.CheckConstraint(
                condition=Q(match_by__contained_by=["linkedin", "phone"]), name="import_match_by_known"
            ),
            models.CheckConstraint(
                condition=Q(consent_how__in=["", "call", "email", "meeting", "letter"]),
                name="import_consent_how_known",
            ),
            models.CheckConstraint(
                condition=Q(clears_empty=False) | Q(on_known="overwrite"),
                name="import_clears_what_it_replaces",
            ),
            models.CheckConstraint(
                condition=Q(country="") | Q(country__regex="^[A-Z]{2}$"), name="import_country_iso"
            ),
            models.CheckConstraint(
                condition=~Q(file_name="") & ~Q(username="") & ~Q(source=""), name="import_is_named"
            ),
            models.CheckConstraint(condition=Q(state="failed") ^ Q(failure=""), name="import_failure"),
            models.CheckConstraint(
                condition=Q(started_at__isnull=True) | Q(started_at__gte=F("created_at")),
                name="import_starts_later",
            ),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(finished_at__gte=F("started_at")),
                name="import_finishes_after_start",
            ),
            models.CheckConstraint(
                condition=Q(undo_finished_at__isnull=True)
                | Q(undo_asked_at__isnull=False, undo_finished_at__gte=F("undo_asked_at")),
                name="import_undo_finishes_later",
            ),
            models.CheckConstraint(
                condition=Q(
                    rows_read=F("to_create") + F("to_change") + F("to_keep") + F("to_skip") + F("to_refuse")
                ),
                name="import_rows_add_up",
            ),
            models.CheckConstraint(
                condition=Q(rows_total__isnull=True)
                | Q(
                    rows_total__gte=F("created") + F("changed") + F("kept") + F("skipped") + F("refused"),
                    rows_read__lte=F("rows_total"),
                ),
                name="import_rows_within_total",
            ),
            models.CheckConstraint(condition=Q(percent_read__lte=100), name="import_percent_read"),
            models.CheckConstraint(
                condition=Q(undone__lte=F("created") + F("changed") - F("not_undone")),
                name="import_undone_of_done",
            ),
        ]
        indexes = [
            # What workers have still to do, oldest first.
            models.Index(
                fields=["created_at", "id"],
                condition=Q(state__in=["checking", "importing", "undoing"]),
                name="import_waiting",
            ),
            # How columns of the same names were mapped the last time.
            models.Index("header_key", F("id").desc(), name="import_same_columns"),
            # The list of imports, newest first; those whose file is to be deleted.
            models.Index(F("created_at").desc(), F("id").desc(), name="import_newest"),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_at_work(self) -> bool:
        """Tell whether workers have something to do."""
        return self.state in self.AT_WORK

    @property
    def rows_done(self) -> int:
        """Return how many rows were gone through."""
        return self.created + self.changed + self.kept + self.skipped + self.refused


class ImportPiece(models.Model):
    """A part of a file as it came; the parts in their order are the file."""

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="pieces", db_index=False)
    of_sheet = models.BooleanField(default=False, help_text=_("Of the chosen sheet of a workbook as CSV."))
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [
            # Also how a file is read.
            models.UniqueConstraint(fields=["job", "of_sheet", "number"], name="import_piece_once"),
        ]

    def __str__(self) -> str:
        return f"{self.job_id}: {self.number}"


class ImportRow(models.Model):
    """A row of a file: what it says, what was foreseen, what became of it, and what an undo needs."""

    class Outcome(models.TextChoices):
        """What a row does."""

        CREATE = "create", _("New lead")
        CHANGE = "change", _("Changes a lead")
        KEEP = "keep", _("Changes nothing")
        SKIP = "skip", _("Left as it is")
        REFUSE = "refuse", _("Refused")

    class Undo(models.TextChoices):
        """How it went when the import was taken back."""

        DONE = "done", _("Undone")
        KEPT = "kept", _("Not undone")

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="rows", db_index=False)
    number = models.PositiveIntegerField(help_text=_("Which row of the file; the first is 1."))
    cells = ArrayField(models.TextField())
    facts = models.JSONField(default=dict, help_text=_("What the cells say, in its normal form."))
    problems = models.JSONField(default=list, help_text=_("The column at fault, and what is wrong."))
    name = models.CharField(max_length=320, blank=True, help_text=_("The strongest name it gives."))
    foreseen = models.CharField(max_length=8, choices=Outcome.choices)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True)
    done_at = models.DateTimeField(null=True)
    # Without foreign keys: a lead may go, and this says which one it was.
    lead_id = models.BigIntegerField(null=True)
    record_id = models.BigIntegerField(null=True, help_text=_("The activity that says what it wrote."))
    owner_before_id = models.BigIntegerField(null=True)
    undo = models.CharField(max_length=8, choices=Undo.choices, blank=True)
    reason = models.CharField(max_length=500, blank=True, help_text=_("Why it was not undone."))

    class Meta:
        constraints = [
            # Also how rows are gone through, and shown.
            models.UniqueConstraint(fields=["job", "number"], name="import_row_once"),
            models.CheckConstraint(
                condition=Q(foreseen__in=["create", "change", "keep", "skip", "refuse"]),
                name="import_row_foreseen_known",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["", "create", "change", "keep", "skip", "refuse"]),
                name="import_row_outcome_known",
            ),
            models.CheckConstraint(condition=Q(undo__in=["", "done", "kept"]), name="import_row_undo_known"),
            models.CheckConstraint(
                condition=Q(undo="") | Q(outcome__in=["create", "change"]), name="import_row_undo_of_done"
            ),
            models.CheckConstraint(condition=Q(undo="kept") | Q(reason=""), name="import_row_reason"),
            models.CheckConstraint(
                condition=Q(outcome="") | Q(done_at__isnull=False), name="import_row_done_at"
            ),
            models.CheckConstraint(
                condition=~Q(outcome__in=["create", "change"]) | Q(lead_id__isnull=False),
                name="import_row_has_lead",
            ),
        ]
        indexes = [
            # The rows with problems, in the order of the file.
            models.Index(fields=["job", "number"], condition=~Q(problems=[]), name="import_row_problems"),
            # The next rows that an undo takes back.
            models.Index(
                fields=["job", "outcome", "number"],
                condition=Q(undo="", outcome__in=["create", "change"]),
                name="import_row_to_undo",
            ),
            # Rows of one import that are about the same lead, for its undo.
            models.Index(
                fields=["job", "lead_id"], condition=Q(lead_id__isnull=False), name="import_row_of_lead"
            ),
            # Rows of one import that name the same person.
            models.Index(fields=["job", "name"], condition=~Q(name=""), name="import_row_of_name"),
        ]

    def __str__(self) -> str:
        return f"{self.job_id}: {self.number}"

    @property
    def was_erased(self) -> bool:
        """Whether the lead that it made went with the undo."""
        return self.outcome == self.Outcome.CREATE and self.undo == self.Undo.DONE
