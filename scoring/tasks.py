"""Celery tasks of scoring: thin, because they may run twice, late or never."""

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from leadapp.nudging import send, send_soon, wake
from scoring.models import Cause, Rescore, ScoredLead, ScoringRequest
from scoring.services import queue, rescore, scheduling
from scoring.services.versions import live_version

LIMIT = 500
EVALUATE = "qualification.tasks.evaluate_waiting"


def nudge() -> None:
    """Wake a worker once the current transaction is committed, without waiting for the broker.

    The nudge carries nothing and may get lost: the queue is in the database, and `sweep` looks into it.
    """
    wake("scoring.tasks.score_waiting")


def nudge_rescore() -> None:
    """Wake a worker for a run over all leads once the current transaction is committed."""
    transaction.on_commit(lambda: send_soon(_send_for_chunks), robust=True)


@shared_task
def score_waiting() -> None:
    """Score leads that wait, and let the gates be looked at of those and of all others that wait for it."""
    count = queue.score_waiting(now=timezone.now(), limit=LIMIT)
    if count or ScoredLead.objects.exists():
        send(EVALUATE)
    if count >= LIMIT:
        send(score_waiting.name)


@shared_task
def rescore_chunk() -> None:
    """Do one chunk of a run over all leads."""
    if rescore.continue_rescores(now=timezone.now()):
        send(rescore_chunk.name)
        send(EVALUATE)


@shared_task
def sweep() -> None:
    """Wake the workers for what no nudge has served."""
    if ScoringRequest.objects.exists():
        send(score_waiting.name)
    if Rescore.objects.filter(finished_at=None).exists():
        send(rescore_chunk.name)


@shared_task
def refresh_decay() -> None:
    """Let scores fade: begin a run over all leads unless one is going on."""
    version = live_version()
    if version is None or Rescore.objects.filter(finished_at=None).exists():
        return
    rescore.start_rescore(version=version, cause=Cause.DECAY, now=timezone.now())
    _send_for_chunks()


@shared_task
def publish_due() -> None:
    """Publish the drafts that are scheduled and due."""
    if scheduling.publish_due(now=timezone.now()):
        _send_for_chunks()


def _send_for_chunks() -> bool:
    """Let as many workers begin as may work on chunks at once; each goes on as long as there is one."""
    return all(send(rescore_chunk.name) for _ in range(rescore.AT_ONCE))
