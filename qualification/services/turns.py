"""Whose turn it is: leads that are handed over go to the available rep with the fewest open ones."""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from django.db import connection
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from leadapp.models import Lead, Stage, Status, User
from qualification.models import Assignment

# Two workers that hand over at the same time take turns, so that the second one counts what the first gave.
LOCK_FOR_TURNS = 7_240_531
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Turn:
    """Who gets the next lead, and why."""

    rep: User
    reason: str


class Turns:
    """The available reps in the order in which they get leads."""

    def __init__(self, reps: Iterable[tuple[int, datetime, User]]) -> None:
        # Fewest open leads first, then whoever has waited longest for one.
        self._heap = [(load, last, rep.pk, rep) for load, last, rep in reps]
        heapq.heapify(self._heap)

    @classmethod
    def available_reps(cls) -> QuerySet[User]:
        """Return the people who take leads now."""
        return User.objects.filter(groups__name="rep", is_active=True, is_available=True)

    @classmethod
    def locked(cls) -> Self:
        """Return the turns as they are now; nobody else hands over until the transaction ends.

        Always the last lock that a transaction takes.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_FOR_TURNS])
        open_leads = Lead.objects.filter(owner=OuterRef("pk"), stage=Stage.MQL, status=Status.OPEN).order_by()
        counted = open_leads.values("owner").annotate(number=Count("pk")).values("number")
        handed_over = Assignment.objects.filter(owner=OuterRef("pk"), due_at__isnull=False)
        newest = handed_over.order_by("-assigned_at").values("assigned_at")[:1]
        reps = cls.available_reps().annotate(
            load=Coalesce(Subquery(counted), 0), last=Coalesce(Subquery(newest), NEVER)
        )
        return cls((rep.load, rep.last, rep) for rep in reps)

    def next(self, now: datetime) -> Turn | None:
        """Return whose turn it is and count the lead as theirs; None if nobody is available."""
        if not self._heap:
            return None
        load, _, _, rep = heapq.heappop(self._heap)
        is_tie = bool(self._heap) and self._heap[0][0] == load
        reason = f"{rep} was next in turn" if is_tie else f"{rep} had the fewest open leads ({load})"
        heapq.heappush(self._heap, (load + 1, now, rep.pk, rep))
        return Turn(rep, reason)
