"""Write facts onto leads that exist, and keep what changed as an activity."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from django.utils.translation import gettext_lazy as _

from leadapp.access import Actor, key_of, user_of
from leadapp.models import Activity, ActivityType, Company, CompanyChange, EventType, Lead
from leadapp.outbox import announce
from leadapp.services.identity.companies import (
    Companies,
    Wanted,
    foresee_companies,
    resolve_companies,
    wanted_company,
)
from leadapp.services.inserts import update_rows
from leadapp.services.leads.facts import LEAD_FACTS, Facts

CREATED, UPDATED = "lead.created", "lead.updated"
OPT_OUTS = frozenset({"do_not_email", "do_not_call", "do_not_score"})
# Where a lead came from first; nobody types it, and coming back by another way does not change it.
FIRST_TOUCH = frozenset(
    {"source", "campaign", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"}
)
# What scoring wrote about a lead; none of it outlives the wish not to be scored.
NO_SCORE = {"fit": None, "engagement": None, "score": None, "grade": "", "temperature": ""}


class Overwrite(Enum):
    """When a fact that comes in replaces one that is known. An empty fact is always filled."""

    ALWAYS = "always"  # somebody edits the lead: a person, or a key with the scope write
    IMPORT = "import"  # a file that replaces what is known; an opt-out stays
    OWN_ANSWERS = _("own answers")  # a form: people may correct what they typed into a form before
    NEVER = "never"  # an event: facts come along by the way, and may be old


@dataclass(frozen=True)
class Origin:
    """Where facts and events come from. `by` is kept with them: form, event, edit, undo or import."""

    source: str
    actor: Actor
    by: str
    now: datetime


@dataclass(frozen=True)
class Change:
    """Facts for one lead."""

    lead_id: int
    facts: Facts
    overwrite: Overwrite


@dataclass
class Applied:
    """What became of the changes: activities that are still to be inserted, and who must be scored."""

    records: list[Activity] = field(default_factory=list)
    leads: dict[int, Lead] = field(default_factory=dict)
    to_score: set[int] = field(default_factory=set)


def brings_news(lead: Lead, facts: Facts, overwrite: Overwrite) -> bool:
    """Tell whether facts could change this lead; cheap, so that most events need no lock."""
    if overwrite is not Overwrite.NEVER:
        return True
    if any(value and not getattr(lead, name) for name, value in facts.lead.items()):
        return True
    if any(value is not None and key not in lead.attributes for key, value in facts.attributes.items()):
        return True
    return facts.company is not None and (lead.company_id is None or len(facts.company) > 1)


def apply_facts(*, changes: Sequence[Change], origin: Origin) -> Applied:
    """Write the facts onto their leads; any number of leads takes the same few statements.

    The leads are locked in the order of their ids, as the workers do.
    """
    applied = Applied()
    if not changes:
        return applied
    wanted = {
        index: one
        for index, change in enumerate(changes)
        if change.facts.company and (one := wanted_company(change.facts)) and (one.name or one.domain)
    }
    companies = resolve_companies(list(wanted.values()), now=origin.now)
    leads = Lead.objects.select_for_update(of=("self",), no_key=True).select_related("company")
    locked = {
        lead.pk: lead for lead in leads.filter(pk__in={change.lead_id for change in changes}).order_by("pk")
    }
    _share_companies(locked.values(), companies)
    typed = _typed_by_themselves(changes, locked)
    edits = {pk: _Edit(lead, typed.get(pk, frozenset())) for pk, lead in locked.items()}
    for index, change in enumerate(changes):
        if edit := edits.get(change.lead_id):
            edit.apply(change, companies, wanted.get(index))
    _save(edits.values(), applied, origin)
    changed = [edit for edit in edits.values() if edit.after]
    if changed:
        updated = ActivityType.objects.get(slug=UPDATED)
        applied.records = [_record(edit.lead, updated, origin, edit.after, edit.before) for edit in changed]
    applied.leads = locked
    return applied


def foresee_changes(changes: Sequence[Change], leads: Mapping[int, Lead]) -> list[bool]:
    """Tell of each change whether it would change its lead; nothing is written or locked.

    `leads` are in memory only, with their companies, and become what they would be.
    """
    wanted = {
        index: one
        for index, change in enumerate(changes)
        if change.facts.company and (one := wanted_company(change.facts)) and (one.name or one.domain)
    }
    companies = foresee_companies(list(wanted.values()))
    _share_companies(leads.values(), companies)
    found = []
    for index, change in enumerate(changes):
        edit = _Edit(leads[change.lead_id], frozenset())
        edit.apply(change, companies, wanted.get(index))
        found.append(bool(edit.after))
    return found


def records_of_new(leads: Iterable[Lead], origin: Origin) -> list[Activity]:
    """Build the activities that tell what was known of leads when they were made."""
    created = ActivityType.objects.get(slug=CREATED)
    return [_record(lead, created, origin, _known(lead)) for lead in leads]


def announce_new(leads: Iterable[Lead], origin: Origin) -> None:
    """Let other systems hear of leads that were made, and by whom: a form, an event, an edit or an import."""
    details = {lead.pk: {"by": origin.by} for lead in leads}
    announce(type=EventType.CREATED, details=details, now=origin.now)


def _known(lead: Lead) -> dict[str, Any]:
    facts = {name: value for name in LEAD_FACTS if (value := getattr(lead, name))}
    if lead.company is not None:
        facts["company"] = lead.company.name
    return facts | {f"attributes.{key}": value for key, value in lead.attributes.items()}


def _record(
    lead: Lead,
    kind: ActivityType,
    origin: Origin,
    after: Mapping[str, Any],
    before: Mapping[str, Any] | None = None,
) -> Activity:
    known: dict[str, Any] = {} if before is None else {"before": dict(before)}
    if key := key_of(origin.actor):
        known["key"] = key.name
    return Activity(
        lead=lead,
        type=kind,
        occurred_at=origin.now,
        received_at=origin.now,
        source=origin.source,
        properties={**known, "after": dict(after), "by": origin.by},
        actor=user_of(origin.actor),
    )


class _Edit:
    """A lead under change: what it was, what it becomes."""

    def __init__(self, lead: Lead, typed: frozenset[str]) -> None:
        self.lead = lead
        self.typed = typed
        self.before: dict[str, Any] = {}
        self.after: dict[str, Any] = {}
        self.columns: set[str] = set()
        self.company_columns: set[str] = set()

    def apply(self, change: Change, companies: Companies, wanted: Wanted | None) -> None:
        facts, overwrite = change.facts, change.overwrite
        for name, value in facts.lead.items():
            if self._wins(name, getattr(self.lead, name), value, overwrite):
                self._note(name, getattr(self.lead, name), value)
                setattr(self.lead, name, value)
                self.columns.add(name)
        for key, value in facts.attributes.items():
            known = self.lead.attributes.get(key)
            if self._wins(f"attributes.{key}", known, value, overwrite):
                self._note(f"attributes.{key}", known, value)
                self.lead.attributes = _with(self.lead.attributes, key, value)
                self.columns.add("attributes")
        if facts.company_given:
            self._apply_company(facts, overwrite, companies, wanted)
        if self.lead.do_not_score:
            for name, value in NO_SCORE.items():
                setattr(self.lead, name, value)
            self.columns.update(NO_SCORE if "do_not_score" in self.columns else ())

    def _apply_company(
        self, facts: Facts, overwrite: Overwrite, companies: Companies, wanted: Wanted | None
    ) -> None:
        known = self.lead.company
        named = companies.find(wanted) if wanted and not _names(known, wanted) else known
        company = named if facts.company else None
        if company != known and self._wins("company", known, company, overwrite):
            self._note("company", known and known.name, company and company.name)
            self.lead.company = company
            self.columns.add("company")
        if company is None or company != self.lead.company:
            return
        for name, value in (facts.company or {}).items():
            old = getattr(company, name)
            if name not in {"name", "domain"} and self._wins(f"company.{name}", old, value, overwrite):
                self._note(f"company.{name}", old, value)
                setattr(company, name, value)
                self.company_columns.add(name)

    def company_change(self, origin: Origin) -> CompanyChange | None:
        """Build the record of what this did to the company, for the history of the company itself."""
        names = [name for name in sorted(self.company_columns) if f"company.{name}" in self.after]
        if not names:
            return None
        return CompanyChange(
            company=self.lead.company,
            at=origin.now,
            before={name: self.before[f"company.{name}"] for name in names},
            after={name: self.after[f"company.{name}"] for name in names},
            actor=user_of(origin.actor),
        )

    def _wins(self, name: str, known: Any, value: Any, overwrite: Overwrite) -> bool:
        if known == value or (known in (None, "") and value in (None, "")):
            return False
        if overwrite is Overwrite.ALWAYS:
            return True
        if name in OPT_OUTS:
            return bool(value)  # an opt-out holds at once; only an edit takes it back
        if overwrite is Overwrite.IMPORT:
            return True
        if value in (None, ""):
            return False
        if known in (None, ""):
            return True
        return overwrite is Overwrite.OWN_ANSWERS and name in self.typed and name not in FIRST_TOUCH

    def _note(self, name: str, before: Any, after: Any) -> None:
        self.before.setdefault(name, before)
        self.after[name] = after
        if self.before[name] == after:
            del self.before[name], self.after[name]


def _names(known: Company | None, wanted: Wanted) -> bool:
    """Tell whether nothing but the name of the company that the lead has was given."""
    return known is not None and not wanted.domain and wanted.name.lower() == known.name.lower()


def _share_companies(leads: Iterable[Lead], companies: Companies) -> None:
    """Let colleagues have the same company object, so that what one brings is not lost by another."""
    found = (*companies.by_name.values(), *companies.by_domain.values())
    shared: dict[int, Company] = {company.pk: company for company in found}
    for lead in leads:
        if lead.company is not None:
            lead.company = shared.setdefault(lead.company.pk, lead.company)


def _with(attributes: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    changed = {**attributes, key: value}
    if value in (None, ""):
        del changed[key]
    return changed


def _save(edits: Iterable[_Edit], applied: Applied, origin: Origin) -> None:
    changed = [edit for edit in edits if edit.columns]
    if changed:
        columns = set().union(*(edit.columns for edit in changed))
        for edit in changed:
            edit.lead.updated_at = origin.now
        update_rows([edit.lead for edit in changed], sorted(columns | {"updated_at"}))
        applied.to_score.update(edit.lead.pk for edit in changed)
    companies: dict[int, Company] = {}
    columns = set()
    for edit in edits:
        if edit.company_columns and edit.lead.company is not None:
            companies[edit.lead.company.pk] = edit.lead.company
            columns |= edit.company_columns
    if companies:
        update_rows([companies[pk] for pk in sorted(companies)], sorted(columns))
        kept = [change for edit in edits if (change := edit.company_change(origin)) is not None]
        CompanyChange.objects.bulk_create(kept)
        applied.to_score |= who_works_at(companies)


def who_works_at(companies: Collection[int]) -> set[int]:
    """Return the leads of these companies: fit rules look at the company, so all are scored again."""
    if not companies:
        return set()
    return set(Lead.objects.filter(company__in=companies).values_list("pk", flat=True))


def _typed_by_themselves(changes: Sequence[Change], locked: Mapping[int, Lead]) -> dict[int, frozenset[str]]:
    """Return per lead the facts whose present value came from a form that the person filled in."""
    asked = {c.lead_id for c in changes if c.overwrite is Overwrite.OWN_ANSWERS and c.lead_id in locked}
    if not asked:
        return {}
    last_by: dict[int, dict[str, str]] = {}
    records = Activity.objects.filter(lead__in=asked, type__slug__in=[CREATED, UPDATED])
    for lead_id, properties in records.order_by("occurred_at", "id").values_list("lead_id", "properties"):
        last_by.setdefault(lead_id, {}).update(
            dict.fromkeys(properties.get("after", {}), properties.get("by", ""))
        )
    return {
        lead_id: frozenset(name for name, by in names.items() if by == "form")
        for lead_id, names in last_by.items()
    }
