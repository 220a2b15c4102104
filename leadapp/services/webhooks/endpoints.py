"""Endpoints: made, changed, given a new secret, switched off; and what was given up sent again."""

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from leadapp.access import Actor, require
from leadapp.errors import Conflict, Invalid
from leadapp.models import EventType, OutgoingEvent, WebhookDelivery, WebhookEndpoint
from leadapp.models.webhooks import LISTENABLE
from leadapp.outbox import nudge_delivery
from leadapp.services.people import holders_of
from leadapp.services.webhooks.signing import new_secret
from leadapp.services.webhooks.targets import is_literally_private, read_target
from qualification.models import NoticeKind
from qualification.services.notices import Telling, tell

State = WebhookDelivery.State
LONGEST_OVERLAP = timedelta(days=7)


def create_endpoint(*, url: str, events: Collection[str], actor: Actor, now: datetime) -> WebhookEndpoint:
    """Let an address hear of these events; its secret is shown this once."""
    require(actor, "leadapp.add_webhookendpoint", _("You may not add webhooks."))
    return WebhookEndpoint.objects.create(
        url=_checked_url(url), events=_checked_events(events), secret=new_secret(), created_at=now
    )


def change_endpoint(
    *, endpoint: WebhookEndpoint, url: str, events: Collection[str], is_active: bool, actor: Actor
) -> None:
    """Change where an endpoint is and what it hears of, or switch it off and on.

    What waits goes to the new address, and at once: how the old one behaved is forgotten.
    """
    require(actor, "leadapp.change_webhookendpoint", _("You may not change webhooks."))
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
        url=_checked_url(url),
        events=_checked_events(events),
        is_active=is_active,
        failures=0,
        failing_since=None,
        resting_until=None,
    )
    nudge_delivery()


def rotate_secret(
    *, endpoint: WebhookEndpoint, overlap: timedelta, actor: Actor, now: datetime
) -> WebhookEndpoint:
    """Give an endpoint a new secret; for the time of the overlap the old one signs too."""
    require(actor, "leadapp.change_webhookendpoint", _("You may not change webhooks."))
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        raise Invalid.field("overlap", _("Choose up to %(days)s days.") % {"days": LONGEST_OVERLAP.days})
    with transaction.atomic():
        locked: WebhookEndpoint = WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
        locked.old_secret = locked.secret if overlap else ""
        locked.old_secret_until = now + overlap if overlap else None
        locked.secret = new_secret()
        locked.save(update_fields=["secret", "old_secret", "old_secret_until"])
    return locked


def create_test(
    *, endpoint: WebhookEndpoint, claimed_until: datetime, actor: Actor, now: datetime
) -> WebhookDelivery:
    """Write a delivery that tests an endpoint; the caller sends it, and no worker before `claimed_until`."""
    require(actor, "leadapp.change_webhookendpoint", _("You may not test webhooks."))
    event = OutgoingEvent.objects.create(
        type=EventType.TEST, occurred_at=now, data={"message": _("This is a test by Leadapp.")}
    )
    return WebhookDelivery.objects.create(
        event=event, endpoint=endpoint, created_at=now, due_at=now, claimed_until=claimed_until
    )


def resend(*, deliveries: Collection[int], actor: Actor, now: datetime) -> int:
    """Send these again, under the webhook-id that they had; return how many."""
    return _resend(WebhookDelivery.objects.filter(pk__in=deliveries), actor, now)


def resend_since(*, endpoint: WebhookEndpoint, since: datetime, actor: Actor, now: datetime) -> int:
    """Send again all that an endpoint was not given since a moment; return how many."""
    dead = WebhookDelivery.objects.filter(endpoint=endpoint, state=State.DEAD, created_at__gte=since)
    return _resend(dead, actor, now)


def switch_off_gone(*, endpoint: WebhookEndpoint, now: datetime) -> None:
    """Switch off an endpoint that says it is gone for good (410), and tell the admins."""
    if WebhookEndpoint.objects.filter(pk=endpoint.pk, is_active=True).update(is_active=False):
        _tell_admins(partial(_gone, endpoint.url), f"webhook_gone:{endpoint.pk}:{now:%Y-%m-%d}", now)


def tell_failing(*, endpoint: WebhookEndpoint, since: datetime, now: datetime) -> None:
    """Tell the admins, once, that an endpoint has not answered for a day."""
    _tell_admins(
        partial(_failing, endpoint.url, since), f"webhook_failing:{endpoint.pk}:{since:%Y-%m-%dT%H:%M}", now
    )


def _gone(url: str) -> str:
    return _("%(url)s answered 410 Gone. Webhooks to it are switched off.") % {"url": url}


def _failing(url: str, since: datetime) -> str:
    return _("Webhooks to %(url)s fail since %(since)s UTC. The oldest were given up.") % {
        "url": url,
        "since": date_format(since.astimezone(UTC), "SHORT_DATETIME_FORMAT"),
    }


def _resend(deliveries: QuerySet[WebhookDelivery], actor: Actor, now: datetime) -> int:
    require(actor, "leadapp.change_webhookendpoint", _("You may not send webhooks again."))
    settled = deliveries.exclude(state=State.WAITING)
    with transaction.atomic():
        off = settled.filter(endpoint__is_active=False).values_list("endpoint__url", flat=True).first()
        if off:
            raise Conflict(_("%(off)s is switched off. Switch it on first.") % {"off": off})
        count = settled.update(
            state=State.WAITING, attempts=0, due_at=now, delivered_at=None, claimed_until=None, last_error=""
        )
        nudge_delivery()
    return count


def _tell_admins(write: Callable[[], str], event: str, now: datetime) -> None:
    people = holders_of("leadapp.change_webhookendpoint")
    tell((Telling(pk, NoticeKind.WEBHOOK, write, event) for pk in people), now=now)


def _checked_url(url: str) -> str:
    target = read_target(url)
    if is_literally_private(target):
        raise Invalid.field("url", _("This is a private address; webhooks go to public ones only."))
    return url


def _checked_events(events: Collection[str]) -> Sequence[str]:
    known = [str(each) for each in LISTENABLE]
    if not events or set(events) - set(known):
        raise Invalid.field("events", _("Choose one or more of: %(known)s.") % {"known": ", ".join(known)})
    return [each for each in known if each in events]
