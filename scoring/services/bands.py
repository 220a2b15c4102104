"""Announce which leads got another grade or temperature."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from leadapp.models import EventType
from leadapp.outbox import announce, is_heard


@dataclass(frozen=True)
class BandChange:
    """A lead that was just scored, why, and what it had before."""

    lead_id: int
    cause: str
    score: int | None
    grade: str
    temperature: str


def bands_are_heard() -> bool:
    """Tell whether changes have to be looked for at all: a run over all leads makes many of them."""
    return is_heard(EventType.SCORED)


def announce_bands(changes: Iterable[BandChange], *, now: datetime) -> None:
    """Announce what these leads had before; what they have now is told with the lead."""
    details = {
        change.lead_id: {
            "before": {
                "score": change.score,
                "grade": change.grade or None,
                "temperature": change.temperature or None,
            },
            "cause": change.cause,
        }
        for change in changes
    }
    announce(type=EventType.SCORED, details=details, now=now)
