"""How data comes in: forms, API keys, imports; and consent."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from leadapp.models.activities import ActivityType
from leadapp.models.leads import Lead


class Form(models.Model):
    """A form on a website whose submissions become activities.

    `fields` is a list of {"name", "label", "required", "fact", "answer", "ruled_out", "unknown"}; `fact`
    names the lead fact that the value becomes, or is empty where the value stays with the activity only.
    `answer` names the dimension that sales asks about and that the field answers: a text listed in
    `ruled_out` or `unknown` says so, any other one confirms it.
    """

    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=100)
    activity_type = models.ForeignKey(ActivityType, on_delete=models.PROTECT, related_name="+")
    fields = models.JSONField(default=list)
    consent_text = models.TextField(
        blank=True, help_text="Shown beside the consent box; kept with each consent."
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="form_has_name")]

    def __str__(self) -> str:
        return self.name


class ApiKey(models.Model):
    """A REST client's key. Only its SHA-256 is kept; `prefix` finds it."""

    class Scope(models.TextChoices):
        """What a key may be used for."""

        INGEST = "ingest", "Push submissions and events"
        READ = "read", "Read leads and scores"
        WRITE = "write", "Create and change leads"
        SCORING = "scoring", "Change scoring models"

    name = models.CharField(max_length=100, unique=True)
    prefix = models.CharField(max_length=16, unique=True, editable=False)
    digest = models.BinaryField(max_length=32, editable=False)
    scopes = ArrayField(models.CharField(max_length=16, choices=Scope.choices))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, editable=False, help_text="To the hour.")

    class Meta:
        verbose_name = "API key"
        constraints = [
            models.CheckConstraint(
                condition=Q(scopes__contained_by=["ingest", "read", "write", "scoring"])
                & Q(scopes__len__gt=0),
                name="api_key_scopes_known",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("created_at")),
                name="api_key_expires_after_creation",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ConsentRecord(models.Model):
    """One answer to one consent question, with the words that were shown. Never changed."""

    class Purpose(models.TextChoices):
        """What the lead was asked for."""

        EMAIL = "email", "Marketing email"
        PHONE = "phone", "Phone calls"
        SCORING = "scoring", "Scoring"

    class How(models.TextChoices):
        """In which way it was given to somebody who wrote it down."""

        CALL = "call", "On the phone"
        EMAIL = "email", "By email"
        MEETING = "meeting", "In person"
        LETTER = "letter", "In writing"

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    granted = models.BooleanField()
    text = models.TextField(blank=True, help_text="The words that were shown.")
    source = models.CharField(max_length=100)
    how = models.CharField(
        max_length=16, choices=How.choices, blank=True, help_text="Empty where the lead gave it itself."
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
        help_text="Who wrote it down for the lead.",
    )
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(purpose__in=["email", "phone", "scoring"]), name="consent_purpose_known"
            ),
            models.CheckConstraint(condition=~Q(source=""), name="consent_has_source"),
            models.CheckConstraint(
                condition=Q(how__in=["", "call", "email", "meeting", "letter"]), name="consent_how_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {'yes' if self.granted else 'no'}"


class ImportJob(models.Model):
    """A file of leads being taken in."""

    class State(models.TextChoices):
        """Where the job stands."""

        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"
        FAILED = "failed", "Failed"

    file_name = models.CharField(max_length=255)
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    mapping = models.JSONField(default=dict, help_text="Column name to fact.")
    rows_total = models.PositiveIntegerField(null=True)
    rows_done = models.PositiveIntegerField(default=0)
    rows_refused = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "running", "done", "cancelled", "failed"]),
                name="import_state_known",
            ),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(finished_at__gte=F("created_at")),
                name="import_finishes_after_start",
            ),
            models.CheckConstraint(
                condition=Q(rows_total__isnull=True) | Q(rows_done__lte=F("rows_total")),
                name="import_rows_within_total",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name
