"""What people are told about, one row a person and event; how they want to hear of it; and their e-mails."""

from collections.abc import Mapping

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leadapp.models import Lead
from qualification.models.querysets import NoticeQuerySet


class NoticeKind(models.TextChoices):
    """What somebody can be told about, and chooses how."""

    HANDOVER = "handover", _("A lead was given to me")
    DUE_SOON = "due_soon", _("An answer is due soon")
    BREACH = "breach", _("An answer is late")
    HOT_LEAD = "hot_lead", _("A lead of mine is hot now")
    MENTION = "mention", _("Somebody mentioned me")
    WAKE_UP = "wake_up", _("A lead woke up from nurture")
    NOBODY_AVAILABLE = "nobody_available", _("A lead waits and nobody is available")
    ABSENCE = "absence", _("Work was handed over or back")
    MERGE = "merge", _("A lead of mine was merged, or that was undone")
    WEBHOOK = "webhook", _("A webhook address does not answer")
    KEY = "key", _("An API key expires soon")
    EXPORT = "export", _("A file of leads that I asked for is ready")


class ByEmail(models.TextChoices):
    """How a notice comes by e-mail; in the app it always is."""

    IMMEDIATE = "immediate", _("At once")
    DIGEST = "digest", _("In the daily digest")
    NONE = "none", _("Not by e-mail")


# What holds for whoever has chosen nothing: at once what cannot wait, once a day what can.
BY_EMAIL_UNLESS_CHOSEN: Mapping[str, ByEmail] = {
    NoticeKind.HANDOVER: ByEmail.IMMEDIATE,
    NoticeKind.DUE_SOON: ByEmail.NONE,
    NoticeKind.BREACH: ByEmail.IMMEDIATE,
    NoticeKind.HOT_LEAD: ByEmail.IMMEDIATE,
    NoticeKind.MENTION: ByEmail.DIGEST,
    NoticeKind.WAKE_UP: ByEmail.DIGEST,
    NoticeKind.NOBODY_AVAILABLE: ByEmail.IMMEDIATE,
    NoticeKind.ABSENCE: ByEmail.DIGEST,
    NoticeKind.MERGE: ByEmail.DIGEST,
    NoticeKind.WEBHOOK: ByEmail.IMMEDIATE,
    NoticeKind.KEY: ByEmail.DIGEST,
    NoticeKind.EXPORT: ByEmail.NONE,
}
DIGEST_HOUR = 8


class Notice(models.Model):
    """Somebody is told about something. `event` names what happened, so that nobody is told twice."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices", db_index=False
    )
    kind = models.CharField(max_length=24, choices=NoticeKind.choices)
    lead = models.ForeignKey(Lead, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    text = models.CharField(max_length=500)
    event = models.CharField(max_length=100, help_text=_("Such as assignment:17; once per person and kind."))
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

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


class NoticeChoice(models.Model):
    """How somebody wants to hear of one kind by e-mail; without a row BY_EMAIL_UNLESS_CHOSEN holds."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notice_choices", db_index=False
    )
    kind = models.CharField(max_length=24, choices=NoticeKind.choices)
    by_email = models.CharField(max_length=16, choices=ByEmail.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="notice_choice_once"),
            models.CheckConstraint(condition=Q(kind__in=NoticeKind.values), name="notice_choice_kind_known"),
            models.CheckConstraint(
                condition=Q(by_email__in=ByEmail.values), name="notice_choice_by_email_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.get_by_email_display()}"


class DigestHour(models.Model):
    """The hour at which somebody's digest comes, by the clock of their team; without a row at DIGEST_HOUR."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="digest_hour", primary_key=True
    )
    hour = models.PositiveSmallIntegerField(default=DIGEST_HOUR)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(hour__range=(0, 23)), name="digest_hour_of_a_day")]

    def __str__(self) -> str:
        return f"{self.hour:02}:00"


class NoticeMail(models.Model):
    """A notice that goes out by e-mail, once it is due. What is due to one person goes in one e-mail."""

    class State(models.TextChoices):
        """Where it stands."""

        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        DROPPED = "dropped", _("Not needed any more")
        FAILED = "failed", _("Given up")

    notice = models.OneToOneField(Notice, on_delete=models.CASCADE, related_name="mail", primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    is_digest = models.BooleanField(default=False)
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    due_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True, help_text=_("A worker is sending it."))
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "sent", "dropped", "failed"]),
                name="notice_mail_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False)
                | (~Q(state="sent") & Q(sent_at__isnull=True)),
                name="notice_mail_sent_has_date",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting") | Q(claimed_until__isnull=True),
                name="notice_mail_claimed_while_waiting",
            ),
        ]
        indexes = [
            # The sender polls for what is due.
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="notice_mail_due"),
            # What is still to come for somebody, when they choose otherwise or get an e-mail.
            models.Index(fields=["user", "due_at"], condition=Q(state="waiting"), name="notice_mail_of_user"),
        ]

    def __str__(self) -> str:
        return f"{self.notice} ({self.get_state_display()})"
