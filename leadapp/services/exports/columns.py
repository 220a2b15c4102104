"""The columns of an exported list: what one column of the list shows may be several of a file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, TextChoices, Value
from django.db.models.functions import Coalesce, Concat, NullIf, Trim
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leadapp.models import Stage, Status, Temperature
from leadapp.models.querysets import LeadQuerySet
from leadapp.services.exports import Cell
from leadapp.services.lists.columns import Column
from leadapp.services.lists.rows import Row


@dataclass(frozen=True)
class ExportColumn:
    """A column of a file."""

    label: str | Promise
    value: Callable[[Row], Cell]


def with_names(leads: LeadQuerySet) -> LeadQuerySet:
    """Read the names of companies and owners along, without an object for each."""
    full = Concat("owner__first_name", Value(" "), "owner__last_name")
    return leads.annotate(
        company_name=Coalesce(F("company__name"), Value("")),
        company_industry=Coalesce(F("company__industry"), Value("")),
        owner_name=Coalesce(NullIf(Trim(full), Value("")), F("owner__username"), Value("")),
    )


def _fact(label: str | Promise, value: Callable[[Any], Cell]) -> ExportColumn:
    return ExportColumn(label, lambda row: value(row.lead))


def _label(name: str, choices: type[TextChoices]) -> Callable[[Any], Cell]:
    """Return what writes a code in words. Django's own way looks through all choices each time."""
    words = dict(choices.choices)

    def in_words(lead: Any) -> Cell:
        code = getattr(lead, name)
        return str(words.get(code, code))

    return in_words


NUMBER = _fact(_("Leadapp ID"), lambda lead: lead.pk)
GRADE = _fact(_("Grade"), lambda lead: lead.grade)
TEMPERATURE = _fact(_("Temperature"), _label("temperature", Temperature))
STATUS = _fact(_("Status"), _label("status", Status))
JOB_TITLE = _fact(_("Job title"), lambda lead: lead.job_title)
COMPANY = _fact(_("Company"), lambda lead: lead.company_name)

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
    "stage": [_fact(_("Stage"), _label("stage", Stage)), STATUS],
    "due": [
        ExportColumn(_("Answer by"), lambda row: row.clock.due_at if row.clock else None),
        ExportColumn(_("Answered at"), lambda row: row.clock.answered_at if row.clock else None),
    ],
    "active": [
        _fact(_("Last activity at"), lambda lead: lead.last_activity_at),
        ExportColumn(_("Last activity"), lambda row: row.last_activity),
    ],
    "owner": [_fact(_("Owner"), lambda lead: lead.owner_name)],
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
    "industry": [_fact(_("Industry"), lambda lead: lead.company_industry)],
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
