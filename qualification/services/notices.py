"""Telling people: a notice is written in the transaction of what it tells about."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from qualification.models import Notice, NoticeKind


@dataclass(frozen=True)
class Telling:
    """One thing that one person is to be told. `event` names what happened, such as assignment:17."""

    user_id: int
    kind: NoticeKind
    text: str
    event: str
    lead_id: int | None = None


def tell(tellings: Iterable[Telling], *, now: datetime) -> None:
    """Tell people, in the caller's transaction and in one statement; nobody is told twice of one event."""
    Notice.objects.bulk_create(
        [
            Notice(
                user_id=telling.user_id,
                kind=telling.kind,
                lead_id=telling.lead_id,
                text=telling.text[:500],
                event=telling.event,
                created_at=now,
            )
            for telling in tellings
        ],
        ignore_conflicts=True,
    )
