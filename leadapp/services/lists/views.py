"""The views of the lead list: those that ship, and those that people keep. A view is filters with a name."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.translation import gettext as _

from leadapp.access import may
from leadapp.models import SavedView, User
from leadapp.numbers import whole_number
from leadapp.services.lists.columns import read_columns
from leadapp.services.lists.filter_kinds import Filter, Values, Words, read_values
from leadapp.services.lists.orders import ORDERS

OPEN = {"status": ["open"]}
IN_SALES = {"stage": ["lead", "mql", "sql"]}
# What has been quiet for so long loses its warmth.
QUIET_DAYS = "14"


@dataclass(frozen=True)
class View:
    """Filters, an order and columns with a name. `name` is that of the address."""

    name: str
    label: Words
    values: Values
    text: str = ""
    sort: str = ""
    columns: tuple[str, ...] = ()
    saved: SavedView | None = field(default=None, compare=False)


def built_in_views(user: User) -> dict[str, View]:
    """Return the views that ship. A rep answers own leads and those of nobody; others see all that wait."""
    waiting: Values = {"owner": ["me", "none"]} if is_rep(user) else {}
    mine: Values = {"owner": ["me"]} if is_rep(user) else {}
    cooling = {"temperature": ["hot", "warm"], "quiet": [QUIET_DAYS]}
    views = [
        View("mine", _("My leads"), {"owner": ["me"], **IN_SALES, **OPEN}),
        View("team", _("My team"), {"owner": ["team"], **IN_SALES, **OPEN}),
        View("answer", _("Answer first"), {**waiting, "due": ["waiting"]}),
        View("hot", _("Hot"), {**IN_SALES, **OPEN, "temperature": ["hot"]}),
        View("unassigned", _("Unassigned"), {"owner": ["none"], **IN_SALES, **OPEN}),
        View("cooling", _("Going cold"), {**mine, **IN_SALES, **OPEN, **cooling}),
        View("new", _("New today"), {"created": ["today"]}, sort="created"),
        View("all", _("All"), {}),
    ]
    return {view.name: view for view in views}


def own_views(user: User) -> list[SavedView]:
    """Return somebody's own views in their order."""
    return list(user.saved_views.kept().in_order())


def find_saved(user: User, name: str) -> SavedView | None:
    """Return the saved view of an address that this person may see: an own one, or one that is shared."""
    number = whole_number(name)
    if number is None:
        return None
    return SavedView.objects.visible_to(user).select_related("owner").filter(pk=number).first()


def read_saved(saved: SavedView, known: Mapping[str, Filter]) -> View:
    """Read what a saved view asks for; what makes no sense any more is left out."""
    query = QueryDict(saved.query)
    return View(
        name=str(saved.pk),
        label=saved.name,
        values=read_values(query, known, []),
        text=query.get("q", ""),
        sort=read_sort(query.get("sort", "")),
        columns=read_columns(query.get("columns", "")),
        saved=saved,
    )


def read_sort(text: str) -> str:
    """Return the order that an address names, or nothing where there is no such order."""
    return text if text.removeprefix("-") in ORDERS and not text.startswith("--") else ""


def is_rep(user: User) -> bool:
    """Tell whether this person works on own leads only."""
    return may(user, "leadapp.work_own_lead") and not may(user, "leadapp.work_any_lead")
