"""The columns of an exported list: what one column of the list shows may be several of a file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leadapp.models import Lead
from leadapp.services.exports import Cell
from leadapp.views.list_choice import Choice
from leadapp.views.list_rows import Row

USUAL = ("score", "name", "reasons", "stage", "due", "active", "owner", "trend")


@dataclass(frozen=True)
class ExportColumn:
    """A column of a file."""

    label: str | Promise
    value: Callable[[Row], Cell]


def _fact(label: str | Promise, value: Callable[[Lead], Cell]) -> ExportColumn:
    return ExportColumn(label, lambda row: value(row.lead))


NUMBER = _fact(_("ID"), lambda lead: lead.pk)
GRADE = _fact(_("Grade"), lambda lead: lead.grade)
TEMPERATURE = _fact(_("Temperature"), lambda lead: lead.get_temperature_display())
STATUS = _fact(_("Status"), lambda lead: lead.get_status_display())
JOB_TITLE = _fact(_("Job title"), lambda lead: lead.job_title)
COMPANY = _fact(_("Company"), lambda lead: lead.company.name if lead.company else "")

# By the column of the list. Whoever gets the file also sees who does not want to be written to or called.
COLUMNS: Mapping[str, Sequence[ExportColumn]] = {
    "score": [_fact(_("Score"), lambda lead: lead.score), GRADE, TEMPERATURE],
    "name": [
        _fact(_("First name"), lambda lead: lead.first_name),
        _fact(_("Last name"), lambda lead: lead.last_name),
        _fact(_("Email"), lambda lead: lead.email),
        _fact(_("Do not email"), lambda lead: lead.do_not_email),
        _fact(_("Phone"), lambda lead: lead.phone),
        _fact(_("Do not call"), lambda lead: lead.do_not_call),
        JOB_TITLE,
        COMPANY,
    ],
    "reasons": [ExportColumn(_("Why"), lambda row: " · ".join(row.reasons))],
    "stage": [_fact(_("Stage"), lambda lead: lead.get_stage_display()), STATUS],
    "due": [
        ExportColumn(_("Answer by"), lambda row: row.clock.due_at if row.clock else None),
        ExportColumn(_("Answered at"), lambda row: row.clock.answered_at if row.clock else None),
    ],
    "active": [
        _fact(_("Last activity at"), lambda lead: lead.last_activity_at),
        ExportColumn(_("Last activity"), lambda row: row.last_activity),
    ],
    "owner": [_fact(_("Owner"), lambda lead: str(lead.owner) if lead.owner else "")],
    "trend": [ExportColumn(_("Change in 30 days"), lambda row: row.trend.change if row.trend else None)],
}


def export_columns(choice: Choice) -> list[ExportColumn]:
    """Return the columns of the file for the columns that somebody sees, each once."""
    found = [NUMBER]
    for key in USUAL:
        found += [column for column in COLUMNS[key] if column not in found]
    return found
