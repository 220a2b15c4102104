"""What a checklist says, in plain words."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.models import Operator
from leadapp.numbers import write_number
from leadapp.shipped import shown
from leadapp.words import join_and, join_or
from qualification.models import GateCriterion
from qualification.services.evidence.frameworks import Asked, Questions
from qualification.services.gates.criteria import choice_label, field_label, say_number
from qualification.services.gates.fields import dimension_of
from qualification.services.gates.happened import ACTIVITY

# Without a score none of these is known.
SCORE_FIELDS = (
    "lead.score",
    "lead.fit",
    "lead.engagement",
    "lead.fit_grade",
    "lead.engagement_grade",
    "lead.temperature",
    "lead.ready_for_sales",
)
# How a number came to be on the wrong side; kept, so in English (leadapp/shipped.py).
FELL = {
    Operator.AT_LEAST: "fell to {}, below {}",
    Operator.GREATER: "fell to {}, not more than {}",
    Operator.AT_MOST: "rose to {}, above {}",
    Operator.LESS: "rose to {}, not less than {}",
}
NOT_GIVEN = gettext_lazy("Not given")
NUMBER_WORDS = (
    *(gettext_lazy("none"), gettext_lazy("one"), gettext_lazy("two"), gettext_lazy("three")),
    *(gettext_lazy("four"), gettext_lazy("five"), gettext_lazy("six"), gettext_lazy("seven")),
    *(gettext_lazy("eight"), gettext_lazy("nine")),
)
CONFIRMED = ("bant.confirmed_count", "bant.unconfirmed_count")


class ItemState(models.TextChoices):
    """How a line of a checklist stands."""

    HOLDS = "holds", gettext_lazy("Holds")
    MISSING = "missing", gettext_lazy("Missing")
    STALE = "stale", gettext_lazy("Stale")
    RULED_OUT = "ruled_out", gettext_lazy("Ruled out")


@dataclass(frozen=True)
class Reading:
    """A criterion, whether a lead meets it, what the lead has there, and how its evidence stands."""

    criterion: GateCriterion
    holds: bool
    value: Any
    bant: Mapping[str, str]
    questions: Questions
    is_readable: bool = True

    @property
    def state(self) -> ItemState:
        """Return how this criterion stands."""
        if self.holds:
            return ItemState.HOLDS
        if not self.is_readable:
            return ItemState.MISSING
        if self.criterion.field == "bant.ruled_out_count":
            return ItemState.RULED_OUT
        if self.criterion.field in CONFIRMED:
            would_do = self.confirmed + len(self.dimensions("stale")) >= self.wanted
            return ItemState.STALE if would_do else ItemState.MISSING
        if dimension_of(self.criterion.field):
            return {"stale": ItemState.STALE, "ruled_out": ItemState.RULED_OUT}.get(
                self.value, ItemState.MISSING
            )
        return ItemState.MISSING

    @property
    def confirmed(self) -> int:
        """Return how many dimensions are confirmed."""
        return len(self.dimensions("confirmed"))

    @property
    def wanted(self) -> int:
        """Return how many dimensions have to be confirmed."""
        value: Any = self.criterion.value
        numbers = [int(number) for number in value] if isinstance(value, list) else [int(value)]
        if self.criterion.field == "bant.unconfirmed_count":
            fewer = 1 if self.criterion.operator == Operator.LESS else 0
            return len(self.questions.counted) - numbers[-1] + fewer
        return numbers[0] + (1 if self.criterion.operator == Operator.GREATER else 0)

    def dimensions(self, *states: str) -> list[str]:
        """Return the names of the dimensions in one of these states, in the order of the framework."""
        return [
            shown(one.name) for one in self.questions.counted if self.bant.get(one.key, "unknown") in states
        ]

    @property
    def asked(self) -> Asked | None:
        """Return what a criterion over a single dimension asks about."""
        return self.questions.find(dimension_of(self.criterion.field))


@dataclass(frozen=True)
class Item:
    """One line of a checklist: a criterion, or several of which one is enough, as a lead stands to them.

    Its words are found when somebody reads them: a board counts lines of many leads and names a few.
    """

    readings: tuple[Reading, ...]

    @cached_property
    def _holding(self) -> Reading | None:
        return next((reading for reading in self.readings if reading.holds), None)

    @cached_property
    def state(self) -> ItemState:
        """Return how it stands."""
        return ItemState.HOLDS if self._holding else self.readings[0].state

    @property
    def holds(self) -> bool:
        """Tell whether this line is settled."""
        return self._holding is not None

    @property
    def comes_with_move(self) -> bool:
        """Tell whether the move itself writes what is missing: the deal."""
        return not self.holds and any(reading.criterion.field == "deal.count" for reading in self.readings)

    @property
    def label(self) -> str:
        """Return what it asks."""
        return shown(self.readings[0].criterion.label)

    @property
    def detail(self) -> str:
        """Return what is there."""
        if self._holding:
            return _detail(self._holding)
        details = dict.fromkeys(detail for reading in self.readings if (detail := _detail(reading)))
        if len(details) > 1:
            details.pop(str(NOT_GIVEN), None)
        return "; ".join(details)

    @property
    def hint(self) -> str:
        """Return what would make it hold."""
        if self.holds:
            return ""
        return _(" Or: ").join(dict.fromkeys(hint for reading in self.readings if (hint := _hint(reading))))

    def __str__(self) -> str:
        """Say the whole line: "Missing: Score at least 50 (38 now; 12 more)"."""
        return f"{self.state.label}: {self.label}" + (f" ({self.detail})" if self.detail else "")


def say_fall(reading: Reading) -> str:
    """Return how a lead ceased to meet a criterion: "Score fell to 38, below 40"."""
    criterion, value = reading.criterion, reading.value
    name = field_label(criterion.field)
    line = criterion.value if criterion.leave_value is None else criterion.leave_value
    if criterion.operator not in FELL or isinstance(value, bool) or not isinstance(value, int | float):
        return f"{'No longer' if reading.is_readable else 'Makes no sense'}: {criterion.label}"
    how = FELL[Operator(criterion.operator)]
    return f"{name} {how.format(say_number(value), say_number(line))}"


def _detail(reading: Reading) -> str:
    field = reading.criterion.field
    if not reading.is_readable:
        return _("This criterion makes no sense; mend it in the admin")
    if field in CONFIRMED:
        return _confirmed(reading)
    if field == "bant.ruled_out_count":
        return _sentence(join_and(reading.dimensions("ruled_out")))
    if field in ("bant.unsure_count", "bant.contradicted_count"):
        return "" if reading.holds else _("%(value)s now") % {"value": reading.value}
    if field == ACTIVITY:
        return _activity(reading)
    if field == "deal.count":
        return "" if reading.holds else _("None yet")
    return _fact(reading)


def _confirmed(reading: Reading) -> str:
    now = reading.confirmed
    if reading.holds:
        return _("%(now)s of %(count)s") % {"now": now, "count": len(reading.questions.counted)}
    lacking = reading.wanted - now
    open_ones = reading.dimensions("unknown", "stale", "ruled_out")
    facts: dict[str, object] = {"now": now, "all": join_and(open_ones), "any": join_or(open_ones)}
    if lacking >= len(open_ones):
        return _("%(now)s now; %(all)s still open") % facts
    if lacking == 1:
        return _("%(now)s now; %(any)s would do") % facts
    facts["number"] = NUMBER_WORDS[lacking] if 0 < lacking < len(NUMBER_WORDS) else lacking
    return _("%(now)s now; %(number)s of %(all)s would do") % facts


def _activity(reading: Reading) -> str:
    criterion, value = reading.criterion, reading.value
    days = criterion.window_days
    if not value:
        return _("None within %(days)s days") % {"days": days} if days else _("None yet")
    at = parse_datetime(value["at"])
    newest = shown(str(value["label"]))
    if at:
        newest += f", {date_format(timezone.localtime(at), 'MONTH_DAY_FORMAT')}"
    if criterion.min_occurrences == 1:
        return newest
    facts = {
        "count": write_number(value["count"]),
        "wanted": write_number(criterion.min_occurrences),
        "days": days,
        "newest": newest,
    }
    if days:
        return _("%(count)s of %(wanted)s within %(days)s days; %(newest)s") % facts
    return _("%(count)s of %(wanted)s; %(newest)s") % facts


def _fact(reading: Reading) -> str:
    criterion, value = reading.criterion, reading.value
    wanted: Any = criterion.value
    if isinstance(value, bool):
        return ""
    if value is None or value == "":
        if reading.holds:
            return ""
        return _("No score yet") if criterion.field in SCORE_FIELDS else str(NOT_GIVEN)
    text = choice_label(criterion.field, value)
    if reading.holds or criterion.field not in SCORE_FIELDS:
        return text
    if criterion.operator == Operator.AT_LEAST and isinstance(value, int | float):
        return _("%(value)s now; %(wanted)s more would do") % {
            "value": text,
            "wanted": f"{float(wanted) - value:g}",
        }
    return _("%(value)s now") % {"value": text}


HINTS = {
    "bant.ruled_out_count": gettext_lazy("Ask again, or move it to nurture."),
    "bant.unsure_count": gettext_lazy("Ask about what nobody is sure of."),
    "bant.contradicted_count": gettext_lazy("Ask which of the answers is right."),
    "deal.count": gettext_lazy("You give them with the move."),
}


def _hint(reading: Reading) -> str:
    field = reading.criterion.field
    if not reading.is_readable:
        return ""
    if field in CONFIRMED:
        stale = reading.dimensions("stale")
        unknown = reading.dimensions("unknown")
        if stale:
            return _("Ask again about %(what)s.") % {"what": join_and(stale)}
        return _("Ask about %(what)s.") % {"what": join_or(unknown)} if unknown else ""
    if dimension := dimension_of(field):
        what = shown(reading.asked.name) if reading.asked else dimension.replace("_", " ")
        return _("Ask about %(what)s.") % {"what": what}
    if field == ACTIVITY and reading.criterion.operator == Operator.IN:
        return _("Log it once it has happened.")
    return str(HINTS.get(field, ""))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
