"""What the workers do: look at gates. Each task only calls a service and may run twice, late or never."""

from celery import shared_task
from django.utils import timezone

from qualification.services import assignment, evaluation

LIMIT = 500


@shared_task(name="qualification.tasks.evaluate_waiting")
def evaluate_waiting() -> None:
    """Serve the leads that wait for their gates to be looked at."""
    while evaluation.evaluate_waiting(now=timezone.now(), limit=LIMIT) == LIMIT:
        pass


@shared_task(name="qualification.tasks.sweep")
def sweep() -> None:
    """Serve what no nudge has served, and hand out the team queue to whoever is available now."""
    evaluate_waiting()
    assignment.hand_out_queue(now=timezone.now())
