"""How an import stands, in numbers, problems and rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.models import ImportJob, ImportRow
from leadapp.numbers import whole_number, write_number
from leadapp.services.imports.reporting import PROBLEMS, Kind, kinds_of, rows_of

ON_A_PAGE = 50
State, Outcome = ImportJob.State, ImportRow.Outcome
FORESEEN = ("to_create", "to_change", "to_keep", "to_skip", "to_refuse")
HAPPENED = ("created", "changed", "kept", "skipped", "refused")
LABELS: Sequence[tuple[str, str | Promise]] = (
    (Outcome.CREATE, gettext_lazy("New leads")),
    (Outcome.CHANGE, gettext_lazy("Leads that change")),
    (Outcome.KEEP, gettext_lazy("Nothing new")),
    (Outcome.SKIP, gettext_lazy("Left as they are")),
    (Outcome.REFUSE, gettext_lazy("Refused")),
)


@dataclass(frozen=True)
class Figure:
    """How many rows do one thing; `show` opens them."""

    label: str | Promise
    number: int
    show: str
    is_open: bool


@dataclass(frozen=True)
class Report:
    """What is told about an import."""

    title: str
    percent: int
    figures: Sequence[Figure]
    kinds: Sequence[Kind]
    rows: Sequence[ImportRow]
    show: str
    older: int | None


def report_of(job: ImportJob, *, show: str, after: str) -> Report:
    """Read how an import stands; three queries at most."""
    show = show if show in (*Outcome.values, PROBLEMS) else ""
    names = HAPPENED if job.started_at else FORESEEN
    figures = [
        Figure(label, getattr(job, name), str(outcome), show == outcome)
        for (outcome, label), name in zip(LABELS, names, strict=True)
    ]
    is_told = not job.is_at_work and job.forgotten_at is None
    rows = rows_of(job, show)
    number = whole_number(after)
    if number is not None:
        rows = rows.filter(number__gt=number)
    found = list(rows[: ON_A_PAGE + 1]) if is_told else []
    return Report(
        title=_title(job),
        percent=_percent(job),
        figures=figures,
        kinds=kinds_of(job) if is_told else [],
        rows=found[:ON_A_PAGE],
        show=show,
        older=found[ON_A_PAGE - 1].number if len(found) > ON_A_PAGE else None,
    )


def _title(job: ImportJob) -> str:
    numbers = {
        "read": write_number(job.rows_read),
        "done": write_number(job.rows_done),
        "total": write_number(job.rows_total or 0),
        "undone": write_number(job.undone),
        "written": write_number(job.created + job.changed),
    }
    texts = {
        State.CHECKING: _("%(read)s rows checked"),
        State.CHECKED: _("%(total)s rows checked: this would happen"),
        State.IMPORTING: _("%(done)s of %(total)s rows imported"),
        State.STOPPED: _("Stopped: %(done)s of %(total)s rows imported"),
        State.DONE: _("%(done)s rows imported"),
        State.UNDOING: _("%(undone)s of %(written)s rows undone"),
        State.UNDONE: _("%(undone)s of %(written)s rows undone"),
    }
    return texts.get(State(job.state), str(State(job.state).label)) % numbers


def _percent(job: ImportJob) -> int:
    if job.state == State.CHECKING:
        return job.percent_read
    if job.state == State.UNDOING:
        return 100 * (job.undone + job.not_undone) // max(job.created + job.changed, 1)
    return 100 * job.rows_done // max(job.rows_total or 0, 1)
