"""What is known of the lead that is left when two are united: fact by fact, one's or the other's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.utils.translation import gettext as _

from leadapp.errors import Invalid
from leadapp.models import CustomField, Lead, Stage, Status
from leadapp.services.leads.changes import OPT_OUTS
from leadapp.services.leads.facts import LEAD_FACTS

Side = Literal["winner", "loser"]
# Facts that people choose; what somebody opted out of is not one: the stricter wins.
FACTS = tuple(name for name in LEAD_FACTS if name not in OPT_OUTS)
LINKS = ("company", "owner")
ATTRIBUTE = "attributes."
STATUS_ORDER = (Status.DISQUALIFIED, Status.NURTURE, Status.OPEN)


@dataclass(frozen=True)
class Difference:
    """A fact of which the two leads say something else; `side` is what is taken unless somebody chooses."""

    name: str
    winner: Any
    loser: Any

    @property
    def side(self) -> Side:
        """Return the side that has it, and the winner's if both have."""
        return "winner" if self.winner not in (None, "") or self.loser in (None, "") else "loser"


def differences(winner: Lead, loser: Lead) -> list[Difference]:
    """Return the facts in which two leads differ, in the order in which they are shown."""
    mine, theirs = facts_of(winner), facts_of(loser)
    names = list(dict.fromkeys([*mine, *theirs]))
    found = [Difference(name, mine.get(name), theirs.get(name)) for name in names]
    return [one for one in found if (one.winner or None) != (one.loser or None)]


def facts_of(lead: Lead) -> dict[str, Any]:
    """Return what can be chosen, with links as ids and custom fields one by one."""
    return (
        {name: getattr(lead, name) for name in FACTS}
        | {name: getattr(lead, f"{name}_id") for name in LINKS}
        | {f"{ATTRIBUTE}{key}": value for key, value in sorted(lead.attributes.items())}
    )


def chosen(winner: Lead, loser: Lead, choices: Mapping[str, str]) -> dict[str, Any]:
    """Return the facts of the winner that become others, as they become.

    Raise Invalid for a choice of something else than one of the two. Opt-outs of either hold, and the
    earlier of the two is when the lead came in.
    """
    found = differences(winner, loser)
    names = {one.name for one in found}
    for name, side in choices.items():
        if side not in ("winner", "loser"):
            raise Invalid.field(name, _("Choose one of the two."))
        if name not in names and name not in FACTS and name not in LINKS and not _is_custom(name):
            raise Invalid.field(name, _("Is not a fact that can be chosen."))
    changed = {one.name: one.loser for one in found if choices.get(one.name, one.side) == "loser"}
    changed |= {name: True for name in sorted(OPT_OUTS) if getattr(loser, name) and not getattr(winner, name)}
    if loser.created_at < winner.created_at:
        changed["created_at"] = loser.created_at
    return changed


def _is_custom(name: str) -> bool:
    key = name.removeprefix(ATTRIBUTE)
    return name.startswith(ATTRIBUTE) and CustomField.objects.filter(key=key).exists()


def write(lead: Lead, facts: Mapping[str, Any]) -> list[str]:
    """Set facts on a lead, without saving it; return the columns that have to be."""
    columns: set[str] = set()
    for name, value in facts.items():
        if name.startswith(ATTRIBUTE):
            attributes = {**lead.attributes, name.removeprefix(ATTRIBUTE): value}
            lead.attributes = {key: one for key, one in attributes.items() if one is not None}
            columns.add("attributes")
        elif name in LINKS:
            setattr(lead, f"{name}_id", value)
            columns.add(name)
        else:
            setattr(lead, name, datetime.fromisoformat(value) if _is_moment(name, value) else value)
            columns.add(name)
    return sorted(columns)


def _is_moment(name: str, value: object) -> bool:
    return name.endswith("_at") and isinstance(value, str)


def stands_further(lead: Lead, other: Lead) -> bool:
    """Tell whether a lead's stage and status count: a customer's, else those of whoever is worked on."""
    return _standing(lead) > _standing(other)


def _standing(lead: Lead) -> tuple[bool, int, int]:
    status = STATUS_ORDER.index(Status(lead.status))
    return lead.stage == Stage.CUSTOMER, status, list(Stage).index(Stage(lead.stage))


def better_winner(one: Lead, other: Lead) -> tuple[Lead, Lead]:
    """Return the two, the one first that should be kept: whose standing counts, else who came first."""
    if stands_further(one, other):
        return one, other
    if stands_further(other, one):
        return other, one
    return (one, other) if (one.created_at, one.pk) <= (other.created_at, other.pk) else (other, one)
