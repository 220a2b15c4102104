"""How a run went, in words: the numbers, each refusal by the lead's name, and how often each reason came."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _

from leadapp.models import BulkAction, BulkItem, BulkRun
from leadapp.numbers import write_number

# So many leads are named; of more, how often each reason came says enough.
MOST_NAMED = 200
MOST_REASONS = 20

State = BulkItem.State
MOVES = (BulkAction.MOVE, BulkAction.NURTURE, BulkAction.DISQUALIFY)


@dataclass(frozen=True)
class Line:
    """A lead, why it was left as it is, and the address that takes back what was done with it alone."""

    item: BulkItem
    undo_url: str = ""


@dataclass(frozen=True)
class Summary:
    """What is told about a run."""

    title: str
    percent: int
    is_small: bool
    refused: Sequence[Line]
    kept: Sequence[Line]
    done: Sequence[Line]
    reasons: Sequence[tuple[str, int]]


def summary_of(run: BulkRun) -> Summary:
    """Read how a run went (up to four queries, however many leads it had)."""
    is_over = not run.is_running
    reasons = run.items.filter(state__in=[State.REFUSED, State.KEPT]).values_list("reason")
    is_many = run.refused + run.kept > MOST_NAMED
    return Summary(
        title=_title(run),
        percent=_percent(run),
        is_small=run.total <= MOST_NAMED,
        refused=_lines(run, State.REFUSED) if run.refused and is_over else [],
        kept=_lines(run, State.KEPT) if run.kept and is_over else [],
        done=_lines(run, State.DONE) if is_over and run.total <= MOST_NAMED else [],
        reasons=list(reasons.annotate(number=Count("pk")).order_by("-number", "reason")[:MOST_REASONS])
        if is_many and is_over
        else [],
    )


def _lines(run: BulkRun, state: str) -> list[Line]:
    items = run.items.filter(state=state).select_related("lead").order_by("pk")[:MOST_NAMED]
    is_move = run.action in MOVES and state == State.DONE
    return [
        Line(item, reverse("lead-undo", args=[item.lead_id, item.made[0]]) if is_move and item.made else "")
        for item in items
    ]


def _title(run: BulkRun) -> str:
    numbers = {name: write_number(getattr(run, name)) for name in ("done", "total", "undone")}
    if run.undo_asked_at is not None:
        return _("%(undone)s of %(done)s as before") % numbers
    return _("%(done)s of %(total)s done") % numbers


def _percent(run: BulkRun) -> int:
    if run.is_being_undone:
        return 100 * (run.undone + run.kept) // max(run.done, 1)
    return 100 * (run.done + run.refused) // max(run.total, 1)
