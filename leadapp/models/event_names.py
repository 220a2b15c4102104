"""What other systems call the things that leads do, and what they sent that could not be taken."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from leadapp.models.activities import ActivityType


class EventName(models.Model):
    """The name of an event, as analytics libraries send it, and the kind of activity that it is here.

    Capitals, spaces and marks do not count: `key` is the name without them. A page or screen without a
    name is every page or screen that has no row of its own.
    """

    class Call(models.TextChoices):
        """What a library calls to tell of it."""

        TRACK = "track", pgettext_lazy("a call of an analytics library", "Event")
        PAGE = "page", _("Page")
        SCREEN = "screen", _("Screen of an app")

    call = models.CharField(max_length=8, choices=Call.choices, default=Call.TRACK)
    name = models.CharField(
        max_length=200, blank=True, help_text=_("As it is sent. Empty for all pages, or all screens.")
    )
    key = models.CharField(max_length=200, blank=True, editable=False)
    activity_type = models.ForeignKey(
        ActivityType, on_delete=models.PROTECT, related_name="+", verbose_name=_("kind of activity")
    )
    # A name that nobody had entered: when it came first, and which key brought it.
    learnt_at = models.DateTimeField(_("came first"), null=True, editable=False)
    source = models.CharField(max_length=100, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["call", "key"], name="event_name_unique"),
            models.CheckConstraint(
                condition=Q(call__in=["track", "page", "screen"]), name="event_name_call_known"
            ),
            models.CheckConstraint(
                condition=Q(call__in=["page", "screen"]) | ~Q(key=""), name="event_name_has_key"
            ),
        ]
        indexes = [
            # How many names were learnt: there is an end to it (services/event_names.py).
            models.Index("learnt_at", condition=Q(learnt_at__isnull=False), name="event_name_learnt"),
        ]

    def __str__(self) -> str:
        return self.name or str(self.get_call_display())


class RefusedMessage(models.Model):
    """A message of another system that could not be taken, or only in parts: kept for a month.

    `message` is the JSON as text, for it may hold what no JSON column can.
    """

    received_at = models.DateTimeField(default=timezone.now)
    source = models.CharField(max_length=100, help_text=_("The key that it came with."))
    message_id = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=1000)
    message = models.TextField()

    class Meta:
        constraints = [
            # A message that is sent again is noted once.
            models.UniqueConstraint(
                fields=["source", "message_id"], condition=~Q(message_id=""), name="refused_message_once"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="refused_message_has_reason"),
        ]
        indexes = [
            # Those of a key: only so many are kept.
            models.Index("source", "id", name="refused_message_source"),
            # The list in the admin, newest first; and what is a month old.
            models.Index(F("received_at").desc(), F("id").desc(), name="refused_message_newest"),
        ]

    def __str__(self) -> str:
        return self.reason
