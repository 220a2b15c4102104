"""What a gate says, to be read: "Score is at least 50, back below 40"."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leadapp.models import ActivityType, Operator
from qualification.models import GateCriterion, Step
from qualification.services.gates.checklists import GateLines
from qualification.services.gates.criteria import choice_label, field_label, say_number
from qualification.services.gates.happened import ACTIVITY

TAKEN = {
    Step.TO_MQL: "becomes MQL",
    Step.HANDOVER: "is handed over to sales",
    Step.TO_SQL: "becomes SQL",
    Step.TO_CUSTOMER: "becomes a customer",
}
# Where a lead that is in goes back.
BEYOND = {
    Operator.AT_LEAST: "below {}",
    Operator.GREATER: "at {} or less",
    Operator.AT_MOST: "above {}",
    Operator.LESS: "at {} or more",
}


@dataclass(frozen=True)
class LineText:
    """One line of the checklist: its name, and each of its alternatives in words."""

    label: str
    alternatives: tuple[str, ...]


@dataclass(frozen=True)
class GateText:
    """A gate in words."""

    heading: str
    lines: tuple[LineText, ...]
    stay: str


def describe_gate(gate: GateLines) -> GateText:
    """Return what a gate says (one query, for the names of activities)."""
    labels = dict(ActivityType.objects.values_list("slug", "label"))
    return GateText(
        heading=_heading(gate),
        lines=tuple(
            LineText(
                line.alternatives[0].label, tuple(say_criterion(each, labels) for each in line.alternatives)
            )
            for line in gate.lines
        ),
        stay=_stay(gate),
    )


def say_criteria(gates: Iterable[GateLines]) -> dict[int, str]:
    """Return every criterion of these gates in words, by its id (one query)."""
    labels = dict(ActivityType.objects.values_list("slug", "label"))
    return {each.pk: say_criterion(each, labels) for gate in gates for each in gate.criteria}


def say_criterion(criterion: GateCriterion, labels: Mapping[str, str]) -> str:
    """Write one criterion; `labels` are those of activity types."""
    if criterion.field == ACTIVITY:
        return _happened(criterion, labels)
    how = Operator(criterion.operator)
    said = f"{field_label(criterion.field)} {_compared(how, criterion)}".strip()
    if criterion.leave_value is None:
        return said
    return f"{said}; goes back {say_beyond(criterion)}"


def say_beyond(criterion: GateCriterion) -> str:
    """Write the far side of a criterion that has one: "below 40"."""
    return BEYOND[Operator(criterion.operator)].format(say_number(criterion.leave_value))


def write_hours(hours: int) -> str:
    """Write a minimum stay: "7 days", "36 hours"."""
    number, unit = (hours // 24, "day") if hours % 24 == 0 else (hours, "hour")
    return f"{number} {unit}" if number == 1 else f"{number:,} {unit}s"


def _heading(gate: GateLines) -> str:
    taken, is_automatic = f"A lead {TAKEN[gate.step]}", gate.gate.is_automatic
    if not gate.lines and is_automatic:
        return "Without criteria nobody takes this step by itself."
    if not gate.lines:
        return f"{taken} whenever somebody moves it: there are no criteria."
    when = "by itself when" if is_automatic else "when somebody moves it and"
    if len(gate.lines) == 1:
        return f"{taken} {when} this holds:"
    return f"{taken} {when} {'any of these holds' if gate.is_any else 'all of these hold'}:"


def _stay(gate: GateLines) -> str:
    if not gate.takes_back:
        return "Nobody goes back by itself."
    hours = gate.gate.minimum_stay_hours
    earliest = f", after {write_hours(hours)} at the earliest" if hours else ""
    return (
        f"Who came by itself goes back by itself once that holds no longer{earliest}; "
        "not while an answer is due, a task is open or somebody has confirmed something."
    )


def _compared(how: Operator, criterion: GateCriterion) -> str:
    field, value = criterion.field, criterion.value
    if how in (Operator.IS_SET, Operator.IS_EMPTY):
        return how.label
    if how == Operator.WITHIN_DAYS:
        return f"is within the last {value} days"
    if how == Operator.BETWEEN and isinstance(value, list) and len(value) == 2:
        return f"is between {say_number(value[0])} and {say_number(value[1])}"
    values = value if isinstance(value, list) else [value]
    return f"{how.label} {', '.join(_say(field, each) for each in values)}"


def _say(field: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return choice_label(field, value) if isinstance(value, str) else say_number(value)


def _happened(criterion: GateCriterion, labels: Mapping[str, str]) -> str:
    kinds = _or(labels.get(slug, slug) for slug in criterion.value or ())
    times = f" at least {criterion.min_occurrences:,} times" if criterion.min_occurrences > 1 else ""
    within = f" within the last {criterion.window_days:,} days" if criterion.window_days else ""
    if criterion.operator == Operator.IN:
        return f"{kinds}{times}{within}"
    return f"Not {kinds}{times}{within}"


def _or(names: Iterable[str]) -> str:
    known: Sequence[str] = list(names)
    return " or ".join(part for part in (", ".join(known[:-1]), known[-1] if known else "") if part)
