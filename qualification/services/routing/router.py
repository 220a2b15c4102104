"""Who gets a lead: the account owner, else whoever is next in turn among those whom the first rule names."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from leadapp.models import Lead, User
from leadapp.shipped import in_english
from qualification.models import RoutingRule
from qualification.services.routing.accounts import account_owners
from qualification.services.routing.rules import matching_rules, read_rules
from qualification.services.routing.turns import Rep, Turns


@dataclass(frozen=True)
class Route:
    """Who gets a lead and why, or nobody: then it waits in the team queue."""

    rep: User | None
    reason: str
    rule: RoutingRule | None = None

    @property
    def rep_id(self) -> int | None:
        """Return the key of whoever gets it."""
        return self.rep.pk if self.rep else None


class Router:
    """The ways of these leads. What it gives it counts, so that the next one goes to somebody else."""

    def __init__(self, rules: dict[int, RoutingRule], owners: dict[int, User], turns: Turns) -> None:
        self._rules = rules
        self._owners = owners
        self.turns = turns

    @classmethod
    def locked(cls, leads: Sequence[Lead], *, now: datetime) -> Self:
        """Find the ways as they are now; nobody else hands over until the transaction ends.

        Takes the last lock of the transaction. The leads come with their companies.
        """
        rules = _rules(leads, now)
        turns = Turns.locked(now=now)
        # Who has the company's other leads is asked once nobody else gives any away.
        return cls(rules, _owners(leads), turns)

    @classmethod
    def read(cls, leads: Sequence[Lead], *, now: datetime) -> Self:
        """Find the ways as they are now, for a look."""
        return cls(_rules(leads, now), _owners(leads), Turns.read(now=now))

    @in_english()
    def route(self, lead: Lead, *, besides: User | None = None) -> Route:
        """Return who gets this lead, other than `besides`, and count it as theirs."""
        rule = self._rules.get(lead.pk)
        owner = self._account_owner(lead, rule)
        passed_by = ""
        if owner is not None and owner != besides:
            rep, clause = self._to_account_owner(owner)
            reason = f"{owner} has {lead.company}’s other leads{clause}"
            if rep is not None:
                self.turns.give(rep.pk)
                return Route(rep, reason, rule)
            passed_by = f"{reason}; "
        route = self.in_turn(lead, besides=besides)
        if route.rep is not None and lead.company_id is not None:
            self._owners.setdefault(lead.company_id, route.rep)
        return replace(route, reason=f"{passed_by}{route.reason}")

    @in_english()
    def in_turn(self, lead: Lead, *, besides: User | None = None) -> Route:
        """Return who is next in turn for this lead, whoever has the company's other leads; and count it."""
        rule = self._rules.get(lead.pk)
        among = [rep for rep in self._among(rule) if rep.user != besides]
        turn = self.turns.next(among)
        words = f"rule “{rule.name}”: " if rule else ""
        if turn is None:
            return Route(None, f"{words}{_nobody(rule, among)}", rule)
        return Route(turn.rep, f"{words}{turn.reason}", rule)

    @in_english()
    def instead_of(self, lead: Lead, absent: User) -> Route:
        """Return who takes over from somebody who is away: the stand-in, else whom routing finds."""
        presence = self.turns.presence
        why = f"{absent} is {presence.until(absent.pk)}"
        stand_in = presence.stand_in_for(absent.pk)
        if stand_in is not None:
            self.turns.give(stand_in.pk)
            return Route(stand_in, f"{why}; {stand_in} stands in")
        route = self.route(lead, besides=absent)
        return replace(route, reason=f"{why}; {route.reason}")

    def has_room_for(self, lead: Lead) -> bool:
        """Tell whether somebody could take this lead now."""
        rule = self._rules.get(lead.pk)
        owner = self._account_owner(lead, rule)
        if owner is not None and self._to_account_owner(owner)[0] is not None:
            return True
        return any(rep.has_room for rep in self._among(rule))

    def _among(self, rule: RoutingRule | None) -> list[Rep]:
        people = {person.pk for person in rule.people.all()} if rule else set()
        if rule is None or (rule.team_id is None and not people):
            return self.turns.everybody
        return self.turns.among(team_id=rule.team_id, people=people)

    def _account_owner(self, lead: Lead, rule: RoutingRule | None) -> User | None:
        if lead.company_id is None or (rule is not None and not rule.account_owner_first):
            return None
        return self._owners.get(lead.company_id)

    def _to_account_owner(self, owner: User) -> tuple[User | None, str]:
        """Return who gets the leads of an account owner, and what is to be said about that."""
        presence = self.turns.presence
        if presence.is_here(owner.pk):
            return (owner, "") if self.turns.has_room(owner.pk) else (None, " but takes no more now")
        stand_in = presence.stand_in_for(owner.pk)
        away = f" and is {presence.until(owner.pk)}"
        return (stand_in, f"{away}; {stand_in} stands in") if stand_in else (None, away)


def _rules(leads: Sequence[Lead], now: datetime) -> dict[int, RoutingRule]:
    return matching_rules(read_rules(), lead_ids=[lead.pk for lead in leads], now=now)


def _owners(leads: Sequence[Lead]) -> dict[int, User]:
    return account_owners({lead.company_id for lead in leads if lead.company_id is not None})


def _nobody(rule: RoutingRule | None, among: Sequence[Rep]) -> str:
    """Return why nobody gets it."""
    where = f" in {rule.team}" if rule and rule.team else ""
    if among:
        return f"everybody{where} has as many leads as they can work on"
    return f"nobody{where} was available"
