"""The columns of an exported list: what one column of the list shows may be several of a file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leadapp.models import Lead
from leadapp.services.exports import Cell
from leadapp.views.list_columns import Column
from leadapp.views.list_rows import Row


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
    "grade": [GRADE],
    "temperature": [TEMPERATURE],
    "status": [STATUS],
    "company": [COMPANY],
    "job_title": [JOB_TITLE],
    "tags": [ExportColumn(_("Tags"), lambda row: ", ".join(row.tags))],
    "source": [_fact(_("Source"), lambda lead: lead.source)],
    "campaign": [_fact(_("Campaign"), lambda lead: lead.campaign)],
    "country": [_fact(_("Country"), lambda lead: lead.country)],
    "industry": [_fact(_("Industry"), lambda lead: lead.company.industry if lead.company else "")],
    "created": [_fact(_("Came in at"), lambda lead: lead.created_at)],
}


def export_columns(columns: Sequence[Column]) -> list[ExportColumn]:
    """Return the columns of the file for these columns of the list, each once."""
    found = [NUMBER]
    for column in columns:
        wanted = [_own(column)] if column.field else COLUMNS[column.key]
        found += [one for one in wanted if one not in found]
    return found


def _own(column: Column) -> ExportColumn:
    """Return the column of a team's own field."""
    return _fact(column.label, lambda lead: lead.attributes.get(column.field))
