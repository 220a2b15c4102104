"""What the workers do: look at gates, send e-mails. Thin, because a task may run twice, late or never."""

from celery import shared_task
from django.utils import timezone

from leadapp.nudging import send
from qualification.services import absences, assignment
from qualification.services.clock.escalation import escalate_due
from qualification.services.evidence import answers
from qualification.services.gates import evaluation, waking
from qualification.services.notices import mails
from qualification.services.notices.telling import SEND_MAILS
from qualification.services.recycling import wake_ups
from scoring.models import ScoredLead
from scoring.tasks import EVALUATE

LIMIT, MAILS = 500, 200


@shared_task(name=EVALUATE)
def evaluate_waiting() -> None:
    """Look at the gates of leads that wait for it."""
    if evaluation.evaluate_waiting(now=timezone.now(), limit=LIMIT) >= LIMIT:
        send(EVALUATE)


@shared_task
def wake_gates() -> None:
    """Look at the gates of leads that time alone moves."""
    if waking.wake_gates(now=timezone.now()):
        send(EVALUATE)


@shared_task
def escalate() -> None:
    """Tell people that answers are due soon, or late."""
    if escalate_due(now=timezone.now(), limit=LIMIT) >= LIMIT:
        send(escalate.name)


@shared_task
def sweep() -> None:
    """Serve what no nudge has served and what time brought: ends of evidence, wake-ups, absences."""
    answers.see_ends(now=timezone.now())
    if ScoredLead.objects.exists():
        send(EVALUATE)
    wake_ups.wake_due(now=timezone.now(), limit=LIMIT)
    absences.look_after_absences(now=timezone.now())
    assignment.hand_out_queue(now=timezone.now())


@shared_task(name=SEND_MAILS)
def send_notice_mails() -> None:
    """Send the e-mails of notices that are due."""
    if mails.send_due(now=timezone.now(), limit=MAILS) >= MAILS:
        send(SEND_MAILS)
