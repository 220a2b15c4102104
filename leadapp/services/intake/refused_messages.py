"""Messages of other systems that could not be taken: kept for a while, for somebody to mend it."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from leadapp.models import RefusedMessage
from leadapp.services.inserts import insert_unless_present

logger = logging.getLogger(__name__)

KEPT = timedelta(days=30)
# Of each key; a client that sends nothing but nonsense fills no disk.
MOST_KEPT = 1_000
LONGEST_REASON = 1_000
LONGEST_MESSAGE = 10_000


@dataclass(frozen=True)
class Refusal:
    """What could not be taken, as it came, and why."""

    reason: str
    message: str
    message_id: str = ""


def keep_refused(*, refusals: Sequence[Refusal], source: str, now: datetime) -> None:
    """Keep refused messages: each once, and of each source the first MOST_KEPT of a month."""
    if not refusals:
        return
    kept = RefusedMessage.objects.filter(source=source)[:MOST_KEPT].count()
    room = max(MOST_KEPT - kept, 0)
    if room < len(refusals):
        logger.warning("%s sends more that is refused than is kept: %s", source, refusals[-1].reason)
    rows = [
        RefusedMessage(
            received_at=now,
            source=source,
            message_id=one.message_id,
            reason=one.reason[:LONGEST_REASON],
            message=one.message[:LONGEST_MESSAGE],
        )
        for one in sorted(refusals, key=lambda one: one.message_id)[:room]
    ]
    insert_unless_present(rows, returning=["id"])


def forget_refused(*, now: datetime) -> int:
    """Delete what was refused so long ago that nobody mends it any more."""
    return RefusedMessage.objects.filter(received_at__lt=now - KEPT).delete()[0]
