"""How data goes out: events, the addresses that listen to them, and each delivery with its attempts."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.models.leads import Lead


class EventType(models.TextChoices):
    """What other systems can hear of."""

    CREATED = "lead.created", gettext_lazy("A lead came in")
    SCORED = "lead.scored", gettext_lazy("A lead got another grade or temperature")
    STAGE_CHANGED = "lead.stage_changed", gettext_lazy("A lead moved")
    ASSIGNED = "lead.assigned", gettext_lazy("A lead got another owner")
    WON = "lead.won", gettext_lazy("A deal was won")
    TEST = "leadapp.test", gettext_lazy("A test")


# What an endpoint can listen to; a test is sent to it whatever it listens to.
LISTENABLE = [EventType.CREATED, EventType.SCORED, EventType.STAGE_CHANGED, EventType.ASSIGNED, EventType.WON]
KEY_FORM = r"^whsec_[A-Za-z0-9+/]{32,88}={0,2}$"


class OutgoingEvent(models.Model):
    """Something happened that an endpoint listens to. Never changed; goes with its lead.

    `data` is what receivers get, as it was at that moment.
    """

    uuid = models.UUIDField(db_default=RandomUUID(), unique=True, editable=False)
    type = models.CharField(max_length=32, choices=EventType.choices)
    lead = models.ForeignKey(Lead, null=True, on_delete=models.CASCADE, related_name="+")
    occurred_at = models.DateTimeField(default=timezone.now)
    data = models.JSONField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(type__in=EventType.values), name="outgoing_event_type_known"),
        ]
        indexes = [
            # What is old enough to be forgotten.
            models.Index(fields=["occurred_at"], name="outgoing_event_age"),
        ]

    def __str__(self) -> str:
        return self.type

    @property
    def public_id(self) -> str:
        """Return the webhook-id: the same for every attempt, so that receivers can tell a repeat."""
        return f"evt_{self.uuid.hex}"


class WebhookEndpoint(models.Model):
    """An address that wants to hear of events.

    The secret is kept as it is, since every delivery is signed with it. After a rotation the old one
    signs too, until its end.
    """

    url = models.URLField(gettext_lazy("address"), max_length=500)
    events = ArrayField(models.CharField(max_length=32))
    is_active = models.BooleanField(gettext_lazy("active"), default=True)
    secret = models.CharField(max_length=100, editable=False)
    old_secret = models.CharField(max_length=100, blank=True, editable=False)
    old_secret_until = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # How it has answered lately.
    failures = models.PositiveIntegerField(default=0, editable=False, help_text=gettext_lazy("In a row."))
    failing_since = models.DateTimeField(null=True, blank=True, editable=False)
    resting_until = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text=gettext_lazy("It cannot be reached; nothing is sent before."),
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(url__regex="^https?://"), name="webhook_address_is_http"),
            models.CheckConstraint(
                condition=Q(events__len__gt=0, events__contained_by=[str(each) for each in LISTENABLE]),
                name="webhook_listens_to_something",
            ),
            models.CheckConstraint(condition=Q(secret__regex=KEY_FORM), name="webhook_secret_form"),
            models.CheckConstraint(
                condition=Q(old_secret="", old_secret_until__isnull=True)
                | Q(old_secret__regex=KEY_FORM, old_secret_until__isnull=False),
                name="webhook_old_secret_has_end",
            ),
            models.CheckConstraint(
                condition=Q(failures=0, failing_since__isnull=True, resting_until__isnull=True)
                | Q(failures__gt=0, failing_since__isnull=False),
                name="webhook_failing_since_failure",
            ),
        ]

    def __str__(self) -> str:
        return self.url


class WebhookDelivery(models.Model):
    """One event on its way to one endpoint. `lead` is the event's: a lead's events arrive in their order."""

    class State(models.TextChoices):
        """Where the delivery stands."""

        WAITING = "waiting", gettext_lazy("Waiting")
        DELIVERED = "delivered", gettext_lazy("Delivered")
        DEAD = "dead", gettext_lazy("Given up")

    event = models.ForeignKey(OutgoingEvent, on_delete=models.CASCADE, related_name="deliveries")
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    lead = models.ForeignKey(Lead, null=True, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(
        default=0, help_text=gettext_lazy("Since it was last put in line.")
    )
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    claimed_until = models.DateTimeField(null=True, help_text=gettext_lazy("A worker is sending it."))
    delivered_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name_plural = gettext_lazy("webhook deliveries")
        constraints = [
            models.UniqueConstraint(fields=["event", "endpoint"], name="webhook_delivery_once"),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "delivered", "dead"]), name="webhook_delivery_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="delivered", delivered_at__isnull=False)
                | (~Q(state="delivered") & Q(delivered_at__isnull=True)),
                name="webhook_delivered_has_date",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting") | Q(claimed_until__isnull=True),
                name="webhook_delivery_claimed_while_waiting",
            ),
        ]
        indexes = [
            # What is due at an endpoint.
            models.Index(
                fields=["endpoint", "due_at", "id"], condition=Q(state="waiting"), name="webhook_delivery_due"
            ),
            # Whether an earlier event of the lead is still on its way.
            models.Index(
                fields=["endpoint", "lead", "id"], condition=Q(state="waiting"), name="webhook_delivery_line"
            ),
            # How many are being sent to an endpoint.
            models.Index(
                fields=["endpoint", "claimed_until"],
                condition=Q(claimed_until__isnull=False),
                name="webhook_delivery_claimed",
            ),
            # What was given up, newest first, and all of an endpoint since some day.
            models.Index(
                "endpoint", F("created_at").desc(), condition=Q(state="dead"), name="webhook_delivery_dead"
            ),
        ]

    def __str__(self) -> str:
        return _("%(event)s to %(endpoint)s") % {"event": self.event, "endpoint": self.endpoint}


class WebhookAttempt(models.Model):
    """One try to deliver, and what came of it. Never changed."""

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="tries")
    at = models.DateTimeField(default=timezone.now)
    milliseconds = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True, help_text=gettext_lazy("None: there was no answer."))
    error = models.CharField(max_length=500, blank=True)
    answer = models.CharField(max_length=500, blank=True, help_text=gettext_lazy("How the answer begins."))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__isnull=False, status__range=(200, 299), error="")
                | (~Q(error="") & (Q(status__isnull=True) | ~Q(status__range=(200, 299)))),
                name="webhook_attempt_told",
            ),
        ]

    def __str__(self) -> str:
        return self.error or f"{self.status}"
