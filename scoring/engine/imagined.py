"""Leads that are not stored, scored and explained by the very statements that score the stored ones.

Common table expressions stand in for the tables of leads, companies and activities.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from leadapp.errors import Invalid
from leadapp.models import ActivityType, Company, Lead
from leadapp.numbers import write_number
from scoring.engine.explanations import Explanation, explain_moments
from scoring.engine.fragments import Fragment
from scoring.engine.imagined_facts import Facts, clean_facts
from scoring.engine.scores import Score, score_moments
from scoring.models import ScoringModelVersion

MOST_ACTIVITIES = 1_000
LONGEST_PROPERTIES = 100_000
_NUL = re.compile(r"(?<!\\)(\\\\)*\\u0000")

# The names are those of the tables: whatever follows reads these instead. Inside its own definition such a
# name still means the table. Columns: what the statements of the engine read.
TABLES = """
WITH leadapp_company AS (
    SELECT * FROM jsonb_populate_recordset(NULL::leadapp_company, %s::jsonb)
), leadapp_lead AS (
    SELECT * FROM jsonb_populate_recordset(NULL::leadapp_lead, %s::jsonb)
), leadapp_activity AS (
    SELECT k.id AS lead_id, a.id, a.type_id, a.occurred_at, a.source, a.properties,
        CASE
            WHEN k.known_at IS NULL OR a.voided_at <= k.known_at THEN a.voided_at
            WHEN q.found_at <= k.known_at AND q.released_at > k.known_at THEN q.found_at
        END AS voided_at
    FROM jsonb_to_recordset(%s::jsonb) AS k (id bigint, copied_id bigint, known_at timestamptz)
    JOIN leadapp_activity a ON a.lead_id = k.copied_id
        AND (k.known_at IS NULL OR a.received_at <= k.known_at)
    LEFT JOIN leadapp_quarantine q ON q.id = a.quarantine_id
    UNION ALL
    SELECT lead_id, id, type_id, occurred_at, source, properties, voided_at
    FROM jsonb_populate_recordset(NULL::leadapp_activity, %s::jsonb)
)
"""


@dataclass(frozen=True, kw_only=True)
class ImaginedActivity:
    """Something that an imagined lead did; `type` is the name of an activity type, such as page_view."""

    type: str
    occurred_at: datetime
    properties: Mapping[str, Any] = field(default_factory=dict)
    source: str = "imagined"


@dataclass(frozen=True, kw_only=True)
class ImaginedLead:
    """A lead that is not stored: made up, or a copy of a stored one with other facts and more activities.

    `facts` go by the keys of the field registry (lead.job_title, company.industry, lead.attributes.erp); the
    columns of a lead also without "lead.". Of `copy_of` the facts count as they are in hand, and the
    activities as they are stored; with `known_at` only those that had come in and were not voided then.
    """

    facts: Mapping[str, Any] = field(default_factory=dict)
    activities: Sequence[ImaginedActivity] = ()
    copy_of: Lead | None = None
    known_at: datetime | None = None


def explain_imagined(*, version: ScoringModelVersion, lead: ImaginedLead, as_of: datetime) -> Explanation:
    """Explain the score that a lead would have. Raises Invalid that names the fact or activity at fault."""
    explained = explain_all_imagined(version=version, leads=[lead], as_of=as_of)[0]
    if explained is None:
        raise Invalid.field("lead.do_not_score", _("A lead that opted out of scoring has no score."))
    return explained


def explain_all_imagined(
    *, version: ScoringModelVersion, leads: Sequence[ImaginedLead], as_of: datetime
) -> list[Explanation | None]:
    """Explain leads in their order, None for one that opted out of scoring. Raises Invalid."""
    tables = tables_of(leads, as_of=as_of)
    found = {
        explanation.lead_id: explanation
        for explanation in explain_moments(version=version, moments=moments_of(leads, as_of), tables=tables)
    }
    return [found.get(lead_id) for lead_id, _ in moments_of(leads, as_of)]


def score_imagined(
    *, version: ScoringModelVersion, leads: Sequence[ImaginedLead], as_of: datetime
) -> list[Score | None]:
    """Score leads in their order, None for one that opted out of scoring; one query. Raises Invalid."""
    moments = moments_of(leads, as_of)
    scored = score_moments(version=version, moments=moments, tables=tables_of(leads, as_of=as_of))
    found = {lead_id: score for lead_id, _, score in scored}
    return [found.get(lead_id) for lead_id, _ in moments]


def moments_of(leads: Sequence[ImaginedLead], as_of: datetime) -> list[tuple[int, datetime]]:
    """Return the numbers under which `tables_of` knows the leads: -1, -2 and so on, as no stored one has."""
    return [(-number, as_of) for number in range(1, len(leads) + 1)]


def tables_of(leads: Sequence[ImaginedLead], *, as_of: datetime) -> Fragment:
    """Return SQL to put before a statement of the engine, so that it reads these leads. Raises Invalid."""
    type_ids = _type_ids(leads)
    lead_rows, company_rows, copied, activities = [], [], [], []
    for number, lead in enumerate(leads, 1):
        facts = clean_facts(lead.facts)
        lead_rows.append(_lead_row(lead, facts, -number, as_of))
        if (company := _company_row(lead, facts, -number)) is not None:
            company_rows.append(company)
        if lead.copy_of is not None:
            copied.append({"id": -number, "copied_id": lead.copy_of.pk, "known_at": lead.known_at})
        activities += _activity_rows(lead, -number, type_ids)
    rows = (company_rows, lead_rows, copied, activities)
    return Fragment(TABLES, tuple(json.dumps(table, default=_as_text) for table in rows))


def _type_ids(leads: Iterable[ImaginedLead]) -> dict[str, int]:
    slugs = {activity.type for lead in leads for activity in lead.activities}
    if not slugs:
        return {}
    return dict(ActivityType.objects.filter(slug__in=slugs).values_list("slug", "id"))


def _lead_row(lead: ImaginedLead, facts: Facts, number: int, as_of: datetime) -> dict[str, Any]:
    known = lead.copy_of or Lead(created_at=as_of)
    row = {column.attname: getattr(known, column.attname) for column in _stored_columns(Lead)}
    has_company = known.company_id is not None or known.company is not None or facts.company
    attributes = {**known.attributes, **facts.attributes}
    return {**row, "attributes": attributes, **facts.lead} | {
        "id": number,
        "company_id": number if has_company else None,
    }


def _company_row(lead: ImaginedLead, facts: Facts, number: int) -> dict[str, Any] | None:
    known = lead.copy_of.company if lead.copy_of else None
    if known is None and not facts.company:
        return None
    row = {column.attname: getattr(known or Company(), column.attname) for column in _stored_columns(Company)}
    return row | facts.company | {"id": number}


def _stored_columns(model: type[Lead | Company]) -> list[Any]:
    return [column for column in model._meta.concrete_fields if not column.generated]


def _activity_rows(lead: ImaginedLead, number: int, type_ids: Mapping[str, int]) -> list[dict[str, Any]]:
    if len(lead.activities) > MOST_ACTIVITIES:
        raise Invalid.field(
            "activities",
            _("Imagine at most %(most_activities)s activities.")
            % {"most_activities": write_number(MOST_ACTIVITIES)},
        )
    rows = []
    for index, activity in enumerate(lead.activities):
        name = f"activities.{index}"
        if activity.type not in type_ids:
            raise Invalid.field(
                f"{name}.type", _("There is no activity type %(type)s.") % {"type": activity.type}
            )
        if not isinstance(activity.occurred_at, datetime) or activity.occurred_at.tzinfo is None:
            raise Invalid.field(f"{name}.occurred_at", _("Must be a date and time with a time zone."))
        _check_properties(activity.properties, f"{name}.properties")
        rows.append(
            {
                "id": -index - 1,
                "lead_id": number,
                "type_id": type_ids[activity.type],
                "occurred_at": activity.occurred_at,
                "source": activity.source,
                "properties": dict(activity.properties),
            }
        )
    return rows


def _check_properties(properties: Any, name: str) -> None:
    """Refuse what PostgreSQL could not take as JSON."""
    fault = _("Must be an object that JSON can hold.")
    if not isinstance(properties, Mapping):
        raise Invalid.field(name, fault)
    try:
        text = json.dumps(dict(properties), allow_nan=False, ensure_ascii=False)
        text.encode()
    except (TypeError, ValueError, RecursionError):  # UnicodeEncodeError is a ValueError
        raise Invalid.field(name, fault) from None
    if _NUL.search(text):
        raise Invalid.field(name, _("Contains a NUL character."))
    if len(text) > LONGEST_PROPERTIES:
        raise Invalid.field(
            name,
            _("Is longer than %(longest_properties)s characters.")
            % {"longest_properties": write_number(LONGEST_PROPERTIES)},
        )


def _as_text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
