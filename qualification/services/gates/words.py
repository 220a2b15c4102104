"""What a gate says, to be read: "Score is at least 50, back below 40"."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from leadapp.models import ActivityType, Operator
from leadapp.numbers import write_number
from leadapp.shipped import shown
from leadapp.times import write_days
from leadapp.words import join_or
from qualification.models import GateCriterion, Step
from qualification.services.gates.checklists import GateLines
from qualification.services.gates.criteria import choice_label, field_label, say_number
from qualification.services.gates.happened import ACTIVITY
from scoring.sentences import say_comparison

# Where a lead that is in goes back.
BEYOND = {
    Operator.AT_LEAST: gettext_lazy("below %(value)s"),
    Operator.GREATER: gettext_lazy("at %(value)s or less"),
    Operator.AT_MOST: gettext_lazy("above %(value)s"),
    Operator.LESS: gettext_lazy("at %(value)s or more"),
}
# Headings: by itself or by somebody, and whether one line, any or all of several have to hold.
BY_ITSELF = {
    Step.TO_MQL: gettext_lazy("A lead becomes MQL by itself when %(these)s:"),
    Step.HANDOVER: gettext_lazy("A lead is handed over to sales by itself when %(these)s:"),
    Step.TO_SQL: gettext_lazy("A lead becomes SQL by itself when %(these)s:"),
    Step.TO_CUSTOMER: gettext_lazy("A lead becomes a customer by itself when %(these)s:"),
}
BY_SOMEBODY = {
    Step.TO_MQL: gettext_lazy("A lead becomes MQL when somebody moves it and %(these)s:"),
    Step.HANDOVER: gettext_lazy("A lead is handed over to sales when somebody moves it and %(these)s:"),
    Step.TO_SQL: gettext_lazy("A lead becomes SQL when somebody moves it and %(these)s:"),
    Step.TO_CUSTOMER: gettext_lazy("A lead becomes a customer when somebody moves it and %(these)s:"),
}
WITHOUT_CRITERIA = {
    Step.TO_MQL: gettext_lazy("A lead becomes MQL whenever somebody moves it: there are no criteria."),
    Step.HANDOVER: gettext_lazy(
        "A lead is handed over to sales whenever somebody moves it: there are no criteria."
    ),
    Step.TO_SQL: gettext_lazy("A lead becomes SQL whenever somebody moves it: there are no criteria."),
    Step.TO_CUSTOMER: gettext_lazy(
        "A lead becomes a customer whenever somebody moves it: there are no criteria."
    ),
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
                shown(line.alternatives[0].label),
                tuple(say_criterion(each, labels) for each in line.alternatives),
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
    said = _compared(Operator(criterion.operator), criterion)
    if criterion.leave_value is None:
        return said
    return _("%(said)s; goes back %(criterion)s") % {"said": said, "criterion": say_beyond(criterion)}


def say_beyond(criterion: GateCriterion) -> str:
    """Write the far side of a criterion that has one: "below 40"."""
    return BEYOND[Operator(criterion.operator)] % {"value": say_number(criterion.leave_value)}


def write_hours(hours: int) -> str:
    """Write a minimum stay: "7 days", "36 hours"."""
    if hours % 24 == 0:
        return write_days(hours // 24)
    return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": write_number(hours)}


def _heading(gate: GateLines) -> str:
    step, is_automatic = gate.step, gate.gate.is_automatic
    if not gate.lines:
        without = _("Without criteria nobody takes this step by itself.")
        return without if is_automatic else str(WITHOUT_CRITERIA[step])
    if len(gate.lines) == 1:
        these = _("this holds")
    else:
        these = _("any of these holds") if gate.is_any else _("all of these hold")
    return (BY_ITSELF if is_automatic else BY_SOMEBODY)[step] % {"these": these}


def _stay(gate: GateLines) -> str:
    if not gate.takes_back:
        return _("Nobody goes back by itself.")
    hours = gate.gate.minimum_stay_hours
    if not hours:
        return _(
            "Who came by itself goes back by itself once that holds no longer;"
            " not while an answer is due, a task is open or somebody has confirmed something."
        )
    return _(
        "Who came by itself goes back by itself once that holds no longer, after %(hours)s at the earliest;"
        " not while an answer is due, a task is open or somebody has confirmed something."
    ) % {"hours": write_hours(hours)}


def _compared(how: Operator, criterion: GateCriterion) -> str:
    field, value = criterion.field, criterion.value
    values = value if isinstance(value, list) else [value]
    return say_comparison(field_label(field), how, [_say(field, each) for each in values])


def _say(field: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return choice_label(field, value) if isinstance(value, str) else say_number(value)


def _happened(criterion: GateCriterion, labels: Mapping[str, str]) -> str:
    kinds = join_or(shown(labels.get(slug, slug)) for slug in criterion.value or ())
    facts = {
        "kinds": kinds,
        "times": write_number(criterion.min_occurrences),
        "days": write_number(criterion.window_days or 0),
    }
    match criterion.min_occurrences > 1, bool(criterion.window_days):
        case True, True:
            said = _("%(kinds)s at least %(times)s times within the last %(days)s days") % facts
        case True, False:
            said = _("%(kinds)s at least %(times)s times") % facts
        case False, True:
            said = _("%(kinds)s within the last %(days)s days") % facts
        case _neither:
            said = kinds
    return said if criterion.operator == Operator.IN else _("Not %(happened)s") % {"happened": said}
