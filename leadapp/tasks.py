"""What the workers do for other systems: deliver webhooks. Thin: a task may run twice, late or never."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from leadapp.nudging import send
from leadapp.outbox import DELIVER
from leadapp.services.webhooks import delivery
from leadapp.services.webhooks.retention import forget_old

KEPT = timedelta(days=30)


@shared_task(name=DELIVER)
def deliver_webhooks() -> None:
    """Deliver what is due."""
    delivery.deliver_due(clock=timezone.now)


@shared_task
def sweep() -> None:
    """Wake a worker for deliveries that are due."""
    if delivery.is_due(now=timezone.now()):
        send(DELIVER)


@shared_task
def forget_old_events() -> None:
    """Forget events of the past."""
    forget_old(before=timezone.now() - KEPT)
