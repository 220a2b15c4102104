"""Which period the dashboard is about, as its address says."""

from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.periods import Period

USUAL = "quarter"
LABELS = {
    "30": gettext_lazy("30 days"),
    "90": gettext_lazy("90 days"),
    "365": gettext_lazy("365 days"),
    "quarter": gettext_lazy("Quarter"),
    "year": gettext_lazy("Year"),
}


@dataclass(frozen=True)
class Choice:
    """A period that can be chosen at a click."""

    label: str
    query: str
    is_current: bool


@dataclass(frozen=True)
class Picked:
    """The period that is asked for, and what is wrong with the days that somebody gave."""

    name: str
    period: Period
    problem: str = ""

    @property
    def choices(self) -> list[Choice]:
        """Return what can be chosen at a click."""
        return [
            Choice(str(label), urlencode({"period": name}), name == self.name)
            for name, label in LABELS.items()
        ]


def read_period(query: QueryDict, *, today: date) -> Picked:
    """Read the period: own days (from, to), a name, or the quarter that runs."""
    first, last = query.get("from", ""), query.get("to", "")
    if first or last:
        own = Period.between(first, last or str(today))
        if own is not None:
            return Picked("", own)
        problem = _("Give two days, the earlier one first. This is the quarter that runs.")
        return Picked(USUAL, _named(USUAL, today), problem)
    name = query.get("period", USUAL)
    name = name if name in LABELS else USUAL
    return Picked(name, _named(name, today))


def _named(name: str, today: date) -> Period:
    if name == "year":
        return Period(today.replace(month=1, day=1), today)
    if name == "quarter":
        return Period(today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1), today)
    return Period(today - timedelta(days=int(name) - 1), today)
