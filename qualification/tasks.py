"""What the workers do: look at gates. Thin, because a task may run twice, late or never."""

from celery import shared_task
from django.utils import timezone

from qualification.services import assignment, evaluation
from scoring.models import ScoredLead
from scoring.tasks import EVALUATE, send

LIMIT = 500


@shared_task(name=EVALUATE)
def evaluate_waiting() -> None:
    """Look at the gates of leads that wait for it."""
    if evaluation.evaluate_waiting(now=timezone.now(), limit=LIMIT) >= LIMIT:
        send(EVALUATE)


@shared_task
def sweep() -> None:
    """Wake the workers for what no nudge has served, and empty the team queue when somebody is available."""
    if ScoredLead.objects.exists():
        send(EVALUATE)
    assignment.hand_out_queue(now=timezone.now())
