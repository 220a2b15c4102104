"""Who changed which facts of a lead, when, and from what to what: read out of its activities.

A change of facts is an activity itself (`lead.updated`, never changed), written in one place for the web, the
admin, the API, forms and imports (changes.py). Those that a company got elsewhere are in its own history.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from leadapp.models import Activity, CompanyChange, Lead
from leadapp.services.leads.changes import UPDATED

MOST = 50
COMPANY = "company."


@dataclass(frozen=True, kw_only=True)
class FactChange:
    """One fact that became another. `record` is what keeps it; None where the company keeps it."""

    name: str
    at: datetime
    before: Any
    after: Any
    who: str
    record: Activity | None


def changes_of(*, lead: Lead, facts: Collection[str] = ()) -> list[FactChange]:
    """Return the newest changes of a lead's facts, or of some of them, newest first; two queries at most."""
    # The condition on the properties is that of the index activity_facts.
    records = Activity.objects.filter(lead=lead, type__slug=UPDATED, properties__has_key="after")
    if facts:
        records = records.filter(properties__after__has_any_keys=list(facts))
    newest = records.select_related("actor").order_by("-occurred_at", "-id")[:MOST]
    found = [
        change for record in newest for change in _of_record(record) if not facts or change.name in facts
    ]
    names = [name.removeprefix(COMPANY) for name in facts if name.startswith(COMPANY)]
    if lead.company_id is not None and (names or not facts):
        # What was brought along with the lead is in both histories: there it has the same moment.
        known = {(change.name, change.at) for change in found}
        found += [each for each in _of_company(lead, names) if (each.name, each.at) not in known]
    return sorted(found, key=lambda change: change.at, reverse=True)[:MOST]


def who_changed(record: Activity) -> str:
    """Name who brought facts: a person, an API key, a form or an import; "" when nobody knows."""
    if record.actor is not None:
        return str(record.actor)
    said = record.properties if isinstance(record.properties, dict) else {}
    if said.get("by") == "form":
        return _("the form %(name)s") % {"name": record.source}
    if said.get("by") == "import":
        return _("the import %(name)s") % {"name": record.source}
    if key := said.get("key"):
        return _("the API key %(name)s") % {"name": key}
    return record.source


def _of_record(record: Activity) -> Iterator[FactChange]:
    before, after = record.properties.get("before"), record.properties.get("after")
    if not isinstance(before, dict) or not isinstance(after, dict):
        return
    for name in after:
        yield FactChange(
            name=name,
            at=record.occurred_at,
            before=before.get(name),
            after=after[name],
            who=who_changed(record),
            record=record,
        )


def _of_company(lead: Lead, names: list[str]) -> Iterator[FactChange]:
    condition = Q(after__has_any_keys=names) if names else Q()
    newest = CompanyChange.objects.filter(condition, company=lead.company_id).select_related("actor")
    for change in newest.order_by("-at", "-id")[:MOST]:
        for each in change.after:
            if names and each not in names:
                continue
            yield FactChange(
                name=f"{COMPANY}{each}",
                at=change.at,
                before=change.before.get(each),
                after=change.after[each],
                who=str(change.actor or ""),
                record=None,
            )
