"""Candidates for a merge: the list that people review, and what they decide."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from leadapp.access import Actor, require, user_of
from leadapp.errors import Conflict, NotFound
from leadapp.models import DuplicatePair, Lead, User
from leadapp.services.duplicates.choices import better_winner
from leadapp.services.duplicates.finding import WORTH_A_LOOK
from leadapp.services.duplicates.merging import MERGE, merge_leads

MOST_SHOWN = 5
MOST_AT_ONCE = 50


@dataclass(frozen=True)
class Candidate:
    """Another lead that may be the same person, with the pair that says how probable it is and why."""

    pair: DuplicatePair
    lead: Lead

    @property
    def percent(self) -> int:
        """Return the probability in whole percent; certain is never said."""
        return min(99, int(self.pair.probability * 100))


def pairs_to_review(user: User | None) -> QuerySet[DuplicatePair]:
    """Return the pairs that nobody has decided on, of leads that the person sees (None: all of them)."""
    found = DuplicatePair.objects.filter(state=DuplicatePair.State.OPEN, probability__gte=WORTH_A_LOOK)
    return _visible(found, user).select_related("first__company", "second__company")


def duplicates_of(lead: Lead, *, user: User | None = None) -> list[Candidate]:
    """Return the most probable duplicates of a lead that the person may see, in one query, at most five."""
    found = DuplicatePair.objects.filter(
        Q(first=lead) | Q(second=lead),
        state=DuplicatePair.State.OPEN,
        probability__gte=WORTH_A_LOOK,
    )
    pairs = _visible(found, user).select_related("first__company", "second__company")
    return [
        Candidate(pair, pair.second if pair.first_id == lead.pk else pair.first)
        for pair in pairs.order_by("-probability", "-pk")[:MOST_SHOWN]
    ]


def _visible(pairs: QuerySet[DuplicatePair], user: User | None) -> QuerySet[DuplicatePair]:
    if user is None:
        return pairs
    leads = Lead.objects.visible_to(user).values("pk")
    return pairs.filter(first__in=leads, second__in=leads)


def dismiss_pair(*, pair: DuplicatePair, actor: Actor, now: datetime) -> DuplicatePair:
    """Remember that two leads are not the same person. Doing so again changes nothing."""
    return _decide(pair, actor, DuplicatePair.State.DISMISSED, now)


def reopen_pair(*, pair: DuplicatePair, actor: Actor, now: datetime) -> DuplicatePair:
    """Take back that two leads are not the same person."""
    return _decide(pair, actor, DuplicatePair.State.OPEN, now)


def _decide(pair: DuplicatePair, actor: Actor, state: str, now: datetime) -> DuplicatePair:
    require(actor, MERGE, _("You may not decide which leads are one person."))
    with transaction.atomic():
        locked = DuplicatePair.objects.select_for_update(no_key=True).filter(pk=pair.pk).first()
        if locked is None:
            raise NotFound(_("One of these leads was merged or deleted meanwhile."))
        if locked.state != state:
            is_open = state == DuplicatePair.State.OPEN
            locked.state = state
            locked.decided_at = None if is_open else now
            locked.decided_by = None if is_open else user_of(actor)
            locked.save(update_fields=["state", "decided_at", "decided_by"])
        return locked


def merge_certain(*, now: datetime, limit: int = MOST_AT_ONCE) -> int:
    """Merge the pairs that are certain enough to need nobody's look; return how many.

    MERGE_AUTOMATICALLY_FROM says from which probability on; 0 is never. Leads of two different owners are
    left to people.
    """
    level: float = settings.MERGE_AUTOMATICALLY_FROM
    if not level:
        return 0
    certain = pairs_to_review(None).filter(probability__gte=level).exclude(_of_two_owners())
    merged = 0
    for pair in certain.order_by("-probability", "-pk")[:limit]:
        winner, loser = better_winner(pair.first, pair.second)
        try:
            merge_leads(winner=winner, loser=loser, actor=None, now=now, probability=pair.probability)
        except (Conflict, NotFound):
            continue  # somebody was first
        merged += 1
    return merged


def _of_two_owners() -> Q:
    both = Q(first__owner__isnull=False, second__owner__isnull=False)
    return both & ~Q(first__owner=F("second__owner"))
