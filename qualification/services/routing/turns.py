"""Whose turn it is: fair shares of the open leads by weight, and nobody who has room is passed over for long.

The rule is the quota method of Balinski and Young, which schedulers know as "earliest eligible virtual
deadline first": everybody has a share by weight; who is at or above it waits; among those below it, next is
whose following lead is due soonest. In a burst nobody is ever a whole lead off their share.
"""

from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil
from typing import Self

from django.db import connection
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from leadapp.models import Lead, Stage, Status, User
from qualification.models import Assignment
from qualification.services.routing.presence import Presence

# Two workers that hand over at the same time take turns, so that the second one counts what the first gave.
LOCK_FOR_TURNS = 7_240_531
USUAL_WEIGHT = 100
# Who has room and saw so many of their turns go by is next, however many open leads they have.
PATIENCE = 4
# "Lately" is the leads that were handed over last: at least so many.
LATELY = 100


@dataclass
class Rep:
    """Somebody who takes leads: how many are open, how many they got lately, how many went by since."""

    user: User
    load: int = 0
    got: int = 0
    passed: int = 0
    weight: int = USUAL_WEIGHT
    capacity: int | None = None
    team_id: int | None = None

    @property
    def has_room(self) -> bool:
        """Tell whether another lead fits in."""
        return self.capacity is None or self.load < self.capacity


@dataclass(frozen=True)
class Turn:
    """Who gets the next lead, and why."""

    rep: User
    reason: str


class Turns:
    """The people who take leads now, and whose turn it is among all or some of them."""

    def __init__(self, reps: Iterable[Rep], presence: Presence) -> None:
        self._reps = {rep.user.pk: rep for rep in reps}
        self.presence = presence

    @classmethod
    def locked(cls, *, now: datetime) -> Self:
        """Return the turns as they are now; nobody else hands over until the transaction ends.

        Always the last lock that a transaction takes.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_FOR_TURNS])
        return cls.read(now=now)

    @classmethod
    def read(cls, *, now: datetime) -> Self:
        """Return the turns as they are now, for a look."""
        presence = Presence.read(now=now)
        users = available_reps().select_related("membership").annotate(load=_open_leads())
        reps = [_rep(user, user.load) for user in users if presence.is_here(user.pk)]
        _count_lately(reps)
        return cls(reps, presence)

    def afresh(self) -> Self:
        """Return the turns of the same people as if nobody had any leads, or room for so many only."""
        reps = [replace(rep, load=0, got=0, passed=0, capacity=None) for rep in self.everybody]
        return type(self)(reps, self.presence)

    @property
    def everybody(self) -> list[Rep]:
        """Return all who take leads now."""
        return list(self._reps.values())

    def has_room(self, user_id: int) -> bool:
        """Tell whether somebody takes leads now and another one fits in."""
        rep = self._reps.get(user_id)
        return rep is not None and rep.has_room

    def among(self, *, team_id: int | None, people: Container[int]) -> list[Rep]:
        """Return those who belong to a team, or are named."""
        return [
            rep
            for user_id, rep in self._reps.items()
            if user_id in people or (team_id is not None and rep.team_id == team_id)
        ]

    def give(self, user_id: int) -> None:
        """Count a lead as somebody's."""
        for rep in self._reps.values():
            rep.passed += 1
        if user_id in self._reps:
            rep = self._reps[user_id]
            rep.load, rep.got, rep.passed = rep.load + 1, rep.got + 1, 0

    def next(self, among: Iterable[Rep] | None = None) -> Turn | None:
        """Return whose turn it is and count the lead as theirs; None if nobody has room."""
        room = [rep for rep in (self.everybody if among is None else among) if rep.has_room]
        if not room:
            return None
        turn = _next(room)
        self.give(turn.rep.pk)
        return turn


def _next(room: list[Rep]) -> Turn:
    weights = sum(rep.weight for rep in room)
    forgotten = [rep for rep in room if rep.passed * rep.weight >= PATIENCE * weights]
    below = forgotten or _below_share(room, weights)
    chosen = min(below, key=lambda rep: ((rep.got + 1) / rep.weight, -rep.passed, rep.user.pk))
    if forgotten:
        return Turn(chosen.user, f"{chosen.user} had waited longest")
    if len(below) > 1:
        return Turn(chosen.user, f"{chosen.user} was next in turn")
    share = " for their share" if len({rep.weight for rep in room}) > 1 else ""
    return Turn(chosen.user, f"{chosen.user} had the fewest open leads{share} ({chosen.load})")


def _below_share(room: list[Rep], weights: int) -> list[Rep]:
    """Return who is below their share of the open leads, the next one counted.

    Of them, if there are any, only those who are not ahead with what they got lately either.
    """
    loads, got = sum(rep.load for rep in room) + 1, sum(rep.got for rep in room) + 1
    below = [rep for rep in room if rep.load * weights < loads * rep.weight]
    return [rep for rep in below if rep.got * weights < got * rep.weight] or below


def available_reps() -> QuerySet[User]:
    """Return the people who take leads, whether they are away or not."""
    return User.objects.filter(groups__name="rep", is_active=True, is_available=True).order_by("pk")


def _rep(user: User, load: int) -> Rep:
    membership = getattr(user, "membership", None)
    if membership is None:
        return Rep(user, load=load)
    return Rep(
        user,
        load=load,
        weight=membership.weight,
        capacity=membership.capacity,
        team_id=membership.team_id,
    )


def _open_leads() -> Coalesce:
    leads = Lead.objects.filter(
        owner=OuterRef("pk"), stage__in=[Stage.MQL, Stage.SQL], status=Status.OPEN
    ).order_by()
    return Coalesce(Subquery(leads.values("owner").annotate(number=Count("pk")).values("number")), 0)


def _count_lately(reps: list[Rep]) -> None:
    """Count who got how many of the leads that were handed over last, and how many went by since.

    So many leads that PATIENCE turns of the one with the smallest share are among them. What is on loan
    while somebody is away counts for nobody.
    """
    if not reps:
        return
    turns = ceil(PATIENCE * sum(rep.weight for rep in reps) / min(rep.weight for rep in reps))
    handed_over = Assignment.objects.filter(
        due_at__isnull=False, owner__isnull=False, absence__isnull=True
    ).order_by("-assigned_at", "-id")
    owners = list(handed_over.values_list("owner_id", flat=True)[: max(LATELY, turns)])
    got = Counter(owners)
    newest = {owner: place for place, owner in reversed(list(enumerate(owners)))}
    for rep in reps:
        rep.got, rep.passed = got[rep.user.pk], newest.get(rep.user.pk, len(owners))
