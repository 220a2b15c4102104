"""What people are told about: one row a person and event."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from leadapp.models import Lead


class NoticeKind(models.TextChoices):
    """What somebody can be told about, and chooses how."""

    HANDOVER = "handover", "A lead was given to me"
    DUE_SOON = "due_soon", "An answer is due soon"
    BREACH = "breach", "An answer is late"
    HOT_LEAD = "hot_lead", "A lead of mine is hot now"
    MENTION = "mention", "Somebody mentioned me"
    WAKE_UP = "wake_up", "A lead woke up from nurture"
    NOBODY_AVAILABLE = "nobody_available", "A lead waits and nobody is available"
    ABSENCE = "absence", "Work was handed over or back"


class Notice(models.Model):
    """Somebody is told about something. `event` names what happened, so that nobody is told twice."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices", db_index=False
    )
    kind = models.CharField(max_length=24, choices=NoticeKind.choices)
    lead = models.ForeignKey(Lead, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    text = models.CharField(max_length=500)
    event = models.CharField(max_length=100, help_text="Such as assignment:17; once per person and kind.")
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=NoticeKind.values), name="notice_kind_known"),
            models.CheckConstraint(condition=~Q(text=""), name="notice_has_text"),
            models.CheckConstraint(condition=~Q(event=""), name="notice_has_event"),
            models.UniqueConstraint(fields=["user", "kind", "event"], name="notice_once"),
        ]
        indexes = [
            # Somebody's notices, newest first.
            models.Index("user", F("created_at").desc(), F("id").desc(), name="notice_newest"),
            # How many they have not read.
            models.Index(fields=["user"], condition=Q(read_at__isnull=True), name="notice_unread"),
        ]

    def __str__(self) -> str:
        return self.text
