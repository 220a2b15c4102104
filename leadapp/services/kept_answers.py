"""Answers to requests that may come again: each request is carried out once, whoever repeats it.

The answer is written in the transaction of what was done. So there is never one without the other,
whatever is killed meanwhile.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import QuerySet

from leadapp.access import Actor, key_of, user_of
from leadapp.models import KeptAnswer

KEPT = timedelta(hours=24)
# Bytes; a longer answer is not kept, only that it was given.
LONGEST_BODY = 1024 * 1024
EVENTS = "/api/v1/activities"


@dataclass(frozen=True)
class Repeatable:
    """A request that its sender may repeat: who sends it, where to, and by which name."""

    caller: Actor
    path: str
    name: str

    @property
    def lock(self) -> int:
        """Return the number of the lock of whoever carries it out."""
        key, user = key_of(self.caller), user_of(self.caller)
        who = f"key {key.pk}" if key else f"user {user.pk if user else None}"
        digest = hashlib.sha256(f"{who}\n{self.path}\n{self.name}".encode()).digest()
        return int.from_bytes(digest[:8], signed=True)


def take_turn(request: Repeatable) -> bool:
    """Tell whether nobody else carries out the request; nobody will until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [request.lock])
        return bool(cursor.fetchone()[0])


def kept_answer(request: Repeatable, *, now: datetime) -> KeptAnswer | None:
    """Return the answer that was given to it within the last day; ask after taking the turn."""
    answer = _answers(request).first()
    if answer is not None and answer.kept_at <= now - KEPT:
        answer.delete()
        return None
    return answer


def keep_answer(
    request: Repeatable,
    *,
    fingerprint: bytes,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
) -> None:
    """Keep the answer for a day, in the transaction of what it tells about."""
    KeptAnswer.objects.create(
        api_key=key_of(request.caller),
        user=user_of(request.caller),
        path=request.path,
        name=request.name,
        fingerprint=fingerprint,
        status=status,
        headers=dict(headers),
        body=body if len(body) <= LONGEST_BODY else None,
        kept_at=now,
    )


def forget_what_answers_said() -> None:
    """Forget what answers said about leads, and only keep that they were given: somebody is being erased.

    Answers to events name no more than ids.
    """
    about_leads = KeptAnswer.objects.filter(body__isnull=False).exclude(path__startswith=EVENTS)
    about_leads.update(body=None)


def forget_answers(*, before: datetime) -> int:
    """Forget answers that were kept before a moment; return how many."""
    return KeptAnswer.objects.filter(kept_at__lte=before).delete()[0]


def _answers(request: Repeatable) -> QuerySet[KeptAnswer]:
    return KeptAnswer.objects.filter(
        api_key=key_of(request.caller), user=user_of(request.caller), path=request.path, name=request.name
    )
