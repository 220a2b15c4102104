"""Whose a lead is once two are united, and the clock of whoever waits for an answer."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from leadapp.access import Actor, user_of
from leadapp.models import Lead, Merge, Status
from qualification.models import Assignment, NoticeKind
from qualification.services.assignment.writing import new_assignment, replace_running
from qualification.services.clock.promises import Promises
from qualification.services.clock.times import carry_on
from qualification.services.notices import Telling, tell


class Ownership:
    """The running assignments of two locked leads, and which of them goes on under the owner who is left."""

    def __init__(self, winner: Lead, loser: Lead, *, owner_id: int | None, status: str) -> None:
        found = (
            Assignment.objects.running().filter(lead__in=[winner, loser]).order_by("clock_started_at", "pk")
        )
        self.running: Sequence[Assignment] = list(found)
        self.owner_id = owner_id
        self.waiting = [item for item in self.running if item.due_at is not None and item.answered_at is None]
        own = [item for item in self.running if item.owner_id == owner_id]
        goes_on = [item for item in own if item in self.waiting or not self.waiting]
        self.goes_on = goes_on[0] if goes_on and status == Status.OPEN else None
        self.is_open = status == Status.OPEN

    @property
    def ending(self) -> list[int]:
        """Return the leads whose running assignment ends."""
        return [item.lead_id for item in self.running if item is not self.goes_on]

    def write(self, winner: Lead, *, reason: str, actor: Actor, now: datetime) -> list[int]:
        """Give the lead to its owner where no assignment goes on; a clock does go on. Return new ids."""
        if self.goes_on or not self.running or not self.is_open:
            return []
        if self.owner_id is None and not self.waiting:
            return []
        clock = None
        if self.waiting:
            clock = carry_on(self.waiting[0], owner_id=self.owner_id, promises=Promises.read(), now=now)
        item = new_assignment(winner, winner.owner, reason, now, by=user_of(actor), clock=clock)
        return [written.pk for written in replace_running([item], now, is_told=False)]


def tell_owners(merge: Merge, winner: Lead, *, owners: Sequence[int | None], now: datetime) -> None:
    """Tell those who had one of the two leads and have it no more, and who has it now."""
    names = {"winner": winner.name, "loser": merge.loser_name}
    said = {
        owner_id: partial(
            _say, _("%(loser)s and %(winner)s are one lead now, and it is somebody else's."), names
        )
        for owner_id in owners
        if owner_id is not None and owner_id != winner.owner_id
    }
    if said and winner.owner_id is not None:
        said[winner.owner_id] = partial(_say, _("%(loser)s was merged into your lead %(winner)s."), names)
    _tell(merge, said, winner.pk, "merge", now)


def tell_of_undo(merge: Merge, winner: Lead, loser: Lead, *, now: datetime) -> None:
    """Tell the owners of both leads that these are two again."""
    names = {"winner": winner.name, "loser": loser.name}
    text = _("The merge of %(loser)s into %(winner)s was undone: they are two leads again.")
    said = {
        lead.owner_id: partial(_say, text, names) for lead in (winner, loser) if lead.owner_id is not None
    }
    if winner.owner_id != loser.owner_id:
        _tell(merge, said, loser.pk, "unmerge", now)


def _say(text: str, names: Mapping[str, str]) -> str:
    return gettext(text) % names


def _tell(
    merge: Merge, said: Mapping[int, Callable[[], str]], lead_id: int, event: str, now: datetime
) -> None:
    tell(
        [
            Telling(
                user_id=user_id,
                kind=NoticeKind.MERGE,
                text=text,
                event=f"{event}:{merge.pk}",
                lead_id=lead_id,
            )
            for user_id, text in said.items()
            if user_id != merge.actor_id or event == "unmerge"
        ],
        now=now,
    )
