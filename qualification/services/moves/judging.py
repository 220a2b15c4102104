"""One move for one lead or for many: each is judged by itself, those that may move are written together."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from leadapp.errors import Invalid, NotFound, Refused
from leadapp.models import Lead
from leadapp.numbers import write_number
from qualification.models import StageChange
from qualification.services.locks import lock_whole

MOST_AT_ONCE = 200


@dataclass(frozen=True)
class Seen:
    """A lead that is to move, and where the person saw it; a status of None does not matter."""

    lead: Lead
    stage: str | None
    status: str | None = None


@dataclass(frozen=True)
class Outcome:
    """How it went with one lead: the move, or the refusal."""

    lead: Lead
    change: StageChange | None = None
    refused: Refused | None = None


class Judged:
    """The leads of one request, locked in id order; those refused have their refusal."""

    def __init__(self, asked: Sequence[Seen]) -> None:
        if len(asked) > MOST_AT_ONCE:
            raise Invalid(
                _("Move up to %(most_at_once)s leads at once; these are %(count)s.")
                % {"most_at_once": MOST_AT_ONCE, "count": write_number(len(asked))}
            )
        self.asked = {seen.lead.pk: seen for seen in asked}
        self.refusals: dict[int, Refused] = {}
        self.leads = lock_whole(self.asked)
        for lead_id in self.asked.keys() - self.leads.keys():
            self.refusals[lead_id] = NotFound(_("This lead does not exist any more."))

    @property
    def standing(self) -> list[Lead]:
        """Return the leads that nothing speaks against so far, in id order."""
        return [lead for lead_id, lead in self.leads.items() if lead_id not in self.refusals]

    def judge(self, guard: Callable[[Lead, Seen], object], only: Collection[Lead] | None = None) -> None:
        """Ask the guard about each lead; a refusal stops that lead alone."""
        for lead in self.standing if only is None else only:
            try:
                guard(lead, self.asked[lead.pk])
            except Refused as refusal:
                self.refusals[lead.pk] = refusal

    def outcomes(self, changes: Sequence[StageChange]) -> list[Outcome]:
        """Return how it went with each lead, in the order in which they were named."""
        moved = {change.lead_id: change for change in changes}
        return [
            Outcome(self.leads.get(pk, seen.lead), moved.get(pk), self.refusals.get(pk))
            for pk, seen in self.asked.items()
        ]


def only_change(outcomes: Sequence[Outcome]) -> StageChange:
    """Return the move of the one lead, or raise its refusal, which takes back what was written so far."""
    (outcome,) = outcomes
    if outcome.refused is not None:
        raise outcome.refused
    assert outcome.change is not None
    return outcome.change
