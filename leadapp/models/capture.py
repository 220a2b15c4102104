"""How data comes in: API keys, and answers that are kept."""

from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# For so long the text that a key had before may stay valid beside its new one.
LONGEST_OVERLAP = timedelta(days=30)


class ApiKey(models.Model):
    """A REST client's key. Only the SHA-256 of its text is kept; `prefix` finds it.

    `old_…` is the text that it had before the last rotation, which stays valid until `old_valid_until`.
    """

    class Scope(models.TextChoices):
        """What a key may be used for."""

        INGEST = "ingest", _("Push submissions and events")
        READ = "read", _("Read leads and scores")
        WRITE = "write", _("Create and change leads")
        SCORING = "scoring", _("Change scoring models")

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
    revoked_reason = models.CharField(max_length=200, blank=True)
    last_used_at = models.DateTimeField(null=True, editable=False, help_text=_("To the hour."))
    rotated_at = models.DateTimeField(null=True, editable=False)
    old_prefix = models.CharField(max_length=16, unique=True, null=True, editable=False)  # noqa: DJ001
    old_digest = models.BinaryField(max_length=32, null=True, editable=False)
    old_valid_until = models.DateTimeField(null=True, editable=False)
    old_used_at = models.DateTimeField(null=True, editable=False, help_text=_("To the hour."))
    requests_per_minute = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("Empty: as many as any other key.")
    )
    events_per_minute = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("Empty: as many as any other key.")
    )

    class Meta:
        verbose_name = _("API key")
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
            models.CheckConstraint(
                condition=Q(revoked_reason="") | Q(revoked_at__isnull=False),
                name="api_key_reason_if_revoked",
            ),
            models.CheckConstraint(
                condition=Q(
                    rotated_at__isnull=True,
                    old_prefix__isnull=True,
                    old_digest__isnull=True,
                    old_valid_until__isnull=True,
                    old_used_at__isnull=True,
                )
                | Q(
                    rotated_at__isnull=False,
                    old_prefix__isnull=False,
                    old_digest__isnull=False,
                    old_valid_until__isnull=False,
                ),
                name="api_key_old_text_whole",
            ),
            models.CheckConstraint(
                condition=Q(old_valid_until__isnull=True)
                | Q(
                    old_valid_until__gte=F("rotated_at"),
                    old_valid_until__lte=F("rotated_at") + LONGEST_OVERLAP,
                ),
                name="api_key_old_text_ends",
            ),
            models.CheckConstraint(
                condition=(Q(requests_per_minute__isnull=True) | Q(requests_per_minute__gt=0))
                & (Q(events_per_minute__isnull=True) | Q(events_per_minute__gt=0)),
                name="api_key_limits_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class KeptAnswer(models.Model):
    """The answer to a POST that carried an Idempotency-Key: it is given again when the same comes again.

    Written in the transaction of what it tells about. `caller` is a key or a person; without a body it was
    too long to be kept, or told about a lead when one was erased.
    """

    api_key = models.ForeignKey(ApiKey, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    # Nobody is deleted so often that an index of their answers would pay.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    path = models.CharField(max_length=500)
    name = models.CharField(max_length=255, help_text=_("What the header Idempotency-Key said."))
    fingerprint = models.BinaryField(max_length=32, help_text=_("SHA-256 of what was sent."))
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField(null=True)
    kept_at = models.DateTimeField()

    class Meta:
        constraints = [
            # Also how the answer is found.
            models.UniqueConstraint(
                fields=["api_key", "user", "path", "name"], nulls_distinct=False, name="kept_answer_once"
            ),
            models.CheckConstraint(
                condition=Q(api_key__isnull=True, user__isnull=False)
                | Q(api_key__isnull=False, user__isnull=True),
                name="kept_answer_of_one",
            ),
            models.CheckConstraint(condition=Q(status__range=(200, 299)), name="kept_answer_of_success"),
        ]
        indexes = [
            # What is forgotten after a day.
            models.Index(fields=["kept_at"], name="kept_answer_old"),
        ]

    def __str__(self) -> str:
        return f"{self.path}: {self.name}"
