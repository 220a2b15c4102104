"""What the workers do for the core: webhooks, bulk runs, imports, exports, retention. May run twice."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from leadapp.advisory import one_of
from leadapp.nudging import send
from leadapp.outbox import DELIVER
from leadapp.services import bulk, imports
from leadapp.services.bulk.running import WORK
from leadapp.services.duplicates.finding import compare_waiting
from leadapp.services.duplicates.reviewing import merge_certain
from leadapp.services.exports import keeping
from leadapp.services.exports import running as exporting
from leadapp.services.exports.running import WORK as EXPORT
from leadapp.services.forms.held import forget_discarded
from leadapp.services.identity.visitors import forget_waiting
from leadapp.services.imports.running import WORK as IMPORT
from leadapp.services.intake.refused_messages import forget_refused
from leadapp.services.kept_answers import KEPT as ANSWERS_KEPT
from leadapp.services.kept_answers import forget_answers
from leadapp.services.key_expiry import tell_of_expiring
from leadapp.services.privacy.opt_in import mails
from leadapp.services.privacy.opt_in.nudging import SEND_MAILS
from leadapp.services.privacy.retention import erase_due
from leadapp.services.webhooks import delivery
from leadapp.services.webhooks.retention import forget_old

KEPT = timedelta(days=30)
AT_ONCE = 10_000
COMPARED = 200
# The space of the lock of those who compare ("dupl").
COMPARING = 0x6475706C


@shared_task(name=DELIVER)
def deliver_webhooks() -> None:
    """Deliver what is due."""
    delivery.deliver_due(clock=timezone.now)


@shared_task(name=WORK)
def continue_bulk_runs() -> None:
    """Go on with what somebody asked for with many leads."""
    if bulk.continue_runs(now=timezone.now()):
        send(WORK)


@shared_task(name=IMPORT)
def continue_imports() -> None:
    """Go on with a file that somebody brought."""
    if imports.continue_imports(clock=timezone.now):
        send(IMPORT)


@shared_task(name=EXPORT)
def continue_exports() -> None:
    """Go on with a file that somebody asked for."""
    if exporting.continue_exports(clock=timezone.now):
        send(EXPORT)


@shared_task
def sweep() -> None:
    """Wake a worker for deliveries that are due, for runs over many leads, for imports and exports."""
    if delivery.is_due(now=timezone.now()):
        send(DELIVER)
    if bulk.is_waiting():
        send(WORK)
    if imports.is_waiting():
        send(IMPORT)
    if exporting.is_waiting():
        send(EXPORT)


@shared_task
def forget_old_events() -> None:
    """Forget events, leads in runs, refused messages and files of long ago."""
    forget_old(before=timezone.now() - KEPT)
    forget_refused(now=timezone.now())
    bulk.forget_items(before=timezone.now() - KEPT)
    imports.forget_old(now=timezone.now())
    keeping.forget_old(now=timezone.now())


@shared_task(name=SEND_MAILS)
def send_consent_mails() -> None:
    """Send the e-mails in which leads confirm what they agreed to."""
    mails.send_due(now=timezone.now())


@shared_task
def erase_past_retention() -> None:
    """Erase leads whose time is over, and submissions that were discarded long ago."""
    now = timezone.now()
    forget_discarded(now=now)
    erase_due(now=now)


@shared_task
def forget_old_visitors() -> None:
    """Forget what visitors did whom nobody came to know."""
    before = timezone.now() - timedelta(days=settings.VISITOR_DAYS)
    while forget_waiting(before=before, limit=AT_ONCE) >= AT_ONCE:
        pass


@shared_task
def forget_old_answers() -> None:
    """Forget answers that were kept for requests that might come again."""
    forget_answers(before=timezone.now() - ANSWERS_KEPT)


@shared_task
def tell_of_expiring_keys() -> None:
    """Tell those who manage API keys which of them expire soon."""
    tell_of_expiring(now=timezone.now())


@shared_task
def find_duplicates() -> None:
    """Compare leads that are new or changed with those like them; merge what is certain, if wanted.

    One worker at a time: after an import they wait for hours, and scores must not wait for them.
    """
    now = timezone.now()
    with one_of(COMPARING, [0]) as turn:
        if turn is None:
            return
        goes_on = compare_waiting(now=now, limit=COMPARED) >= COMPARED
        merge_certain(now=now)
    if goes_on:
        send(find_duplicates.name)
