"""Taking an import back: leads that nobody touched since are erased, facts that nobody changed go back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from leadapp.models import (
    Activity,
    BulkItem,
    Company,
    CompanyChange,
    ConsentRecord,
    DuplicatePair,
    ImportJob,
    ImportRow,
    Lead,
    LeadIdentifier,
    LeadTag,
    Merge,
    OutgoingEvent,
    User,
    WebhookDelivery,
)
from leadapp.services.duplicates.tables import DERIVED, KEPT, columns
from leadapp.services.imports.extras import WHY
from leadapp.services.imports.targets import all_targets
from leadapp.services.inserts import update_rows
from leadapp.services.leads.changes import Change, Origin, Overwrite, apply_facts, who_works_at
from leadapp.services.leads.edits import as_text, fact_of
from leadapp.services.leads.facts import Facts
from leadapp.services.privacy.erasing import RECORDS, erase_leads
from leadapp.services.privacy.opt_out import said_no_since
from qualification.models import Assignment, Notice, StageChange
from qualification.services.assignment import undo_assignments
from qualification.services.locks import lock_leads
from scoring.models import Cause
from scoring.services.queue import request_scoring

# How many rows are taken back together.
CHUNK = 1_000
Outcome, Undo = ImportRow.Outcome, ImportRow.Undo
# Rows that come by themselves say nothing about whether anybody worked on a lead.
BY_THEMSELVES = {
    *DERIVED,
    *KEPT,
    BulkItem,
    DuplicatePair,
    LeadIdentifier,
    Notice,
    OutgoingEvent,
    WebhookDelivery,
}
WRITE = """
UPDATE leadapp_importrow r SET undo = w.undo, reason = w.reason
FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS w (id, undo, reason) WHERE r.id = w.id
"""


def undo_rows(job: ImportJob, *, actor: User | None, now: datetime) -> int:
    """Take the next rows back, in the caller's transaction; return how many there were.

    Leads that were made come first, then changes, the last one first; then the facts of companies that filled
    their gaps, which belong to no row.
    """
    waiting = job.rows.filter(undo="").defer("cells", "facts")
    rows = list(waiting.filter(outcome=Outcome.CREATE).order_by("number")[:CHUNK])
    if rows:
        kept = _take_away(rows, job, actor)
    else:
        rows = list(waiting.filter(outcome=Outcome.CHANGE).order_by("-number")[:CHUNK])
        kept = _take_back(rows, job, actor, now) if rows else {}
    if rows:
        _write(rows, kept)
        number = sum(1 for row in rows if row.lead_id in kept)
        job.not_undone += number
        job.undone += len(rows) - number
    else:
        _companies_back(job, actor, now)
    return len(rows)


def _write(rows: Sequence[ImportRow], kept: Mapping[int, str]) -> None:
    values = [
        (row.pk, str(Undo.KEPT if row.lead_id in kept else Undo.DONE), kept.get(row.lead_id or 0, "")[:500])
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [list(column) for column in zip(*values, strict=True)])


def _take_away(rows: Sequence[ImportRow], job: ImportJob, actor: User | None) -> dict[int, str]:
    """Erase the leads that nobody touched; return why the others stay."""
    lead_ids = {row.lead_id for row in rows if row.lead_id is not None}
    there = {standing.pk for standing in lock_leads(lead_ids)}
    touched = _touched(there, job, actor)
    leads = Lead.objects.filter(pk__in=there - touched, company__isnull=False)
    companies = set(leads.values_list("company_id", flat=True))
    erase_leads(there - touched)
    # Those that came with the import, also with another row of it.
    came_along = Company.objects.filter(pk__in=companies, created_at__gte=job.started_at, leads__isnull=True)
    came_along.filter(created_at__lte=job.finished_at or job.undo_asked_at).delete()
    return {pk: _("Somebody has worked on it since, so it stays.") for pk in touched} | _merged(
        lead_ids - there
    )


def _merged(gone: set[int]) -> dict[int, str]:
    """Say of leads that are another one by now that what they brought stays."""
    merges = Merge.objects.filter(loser_id__in=gone, undone_at=None)
    return {
        pk: _("Was merged with another lead since, so it stays.")
        for pk in merges.values_list("loser_id", flat=True)
    }


def _touched(lead_ids: set[int], job: ImportJob, actor: User | None) -> set[int]:
    """Return the leads of which anything says that somebody worked on them since they were made."""
    own = job.rows.filter(lead_id__in=lead_ids)
    records = set(own.filter(record_id__isnull=False).values_list("record_id", flat=True))
    moments = set(own.values_list("done_at", flat=True))
    by_us: dict[type, Q] = {
        Activity: Q(pk__in=records) & Q(type__slug__in=RECORDS),
        Assignment: Q(assigned_by=actor, reason=WHY, assigned_at__in=moments)
        | Q(assigned_by=None, answered_at=None),
        ConsentRecord: Q(recorded_by=actor, source=job.source),
        LeadTag: Q(added_by=actor, added_at__in=moments),
        StageChange: Q(is_automatic=True),
    }
    touched: set[int] = set()
    for column in columns():
        if column.model in BY_THEMSELVES:
            continue
        rows = column.model._base_manager.filter(**{f"{column.name}__in": lead_ids})
        if column.model in by_us:
            rows = rows.exclude(by_us[column.model])
        touched |= set(rows.values_list(column.name, flat=True))
    return touched


@dataclass
class _Back:
    """What goes back with one lead, and what does not."""

    lead: Lead
    said_no: set[str]
    facts: dict[str, Any] = field(default_factory=dict)
    staying: list[str] = field(default_factory=list)

    def go_back(self, record: Activity) -> None:
        """Give each fact its value of before, unless it is another one by now or an opt-out came since."""
        before, after = record.properties.get("before", {}), record.properties.get("after", {})
        for name in after:
            now_it_is = self.facts[name] if name in self.facts else _known(self.lead, name)
            if name not in self.said_no and as_text(now_it_is) == as_text(after[name]):
                self.facts[name] = before.get(name)
            else:
                self.staying.append(name)

    def as_facts(self) -> Facts:
        """Return what is to be written."""
        facts = Facts()
        for name, value in self.facts.items():
            part, _dot, rest = name.partition(".")
            if part == "attributes":
                facts.attributes[rest] = value
            elif not rest and name != "company":
                facts.lead[name] = value
        self._company(facts)
        return facts

    def _company(self, facts: Facts) -> None:
        if "company" in self.facts:
            facts.company_given = True
            facts.company = {"name": self.facts["company"]} if self.facts["company"] else None
        elif self.lead.company is not None:
            own = {
                name.removeprefix("company."): value
                for name, value in self.facts.items()
                if name.startswith("company.")
            }
            if own:
                facts.company_given = True
                facts.company = {"name": self.lead.company.name, **own}


def _known(lead: Lead, name: str) -> object:
    return (lead.company.name if lead.company else None) if name == "company" else fact_of(lead, name)


def _take_back(
    rows: Sequence[ImportRow], job: ImportJob, actor: User | None, now: datetime
) -> dict[int, str]:
    """Give the leads back what they had; return what could not be, by lead."""
    lead_ids = {row.lead_id for row in rows if row.lead_id is not None}
    made = job.rows.filter(lead_id__in=lead_ids, outcome=Outcome.CREATE, undo=Undo.KEPT)
    # A lead that this import made and somebody worked on stays whole.
    kept: dict[int, str] = {
        pk: _("Somebody has worked on it since, so it stays.")
        for pk in made.values_list("lead_id", flat=True)
        if pk is not None
    }
    there = {standing.pk for standing in lock_leads(lead_ids - kept.keys())}
    kept |= _merged(lead_ids - kept.keys() - there)
    rows = [row for row in rows if row.lead_id in there]
    own = {row.record_id for row in rows if row.record_id}
    since = min((row.done_at for row in rows if row.done_at), default=now)
    said_no = said_no_since(lead_ids=there, since=since, but_for=own)
    leads = Lead.objects.filter(pk__in=there).select_related("company")
    backs = {lead.pk: _Back(lead, said_no.get(lead.pk, set())) for lead in leads}
    records = Activity.objects.filter(pk__in=own)
    for record in records.order_by("-pk"):
        backs[record.lead_id].go_back(record)
    changes = [Change(pk, back.as_facts(), Overwrite.ALWAYS) for pk, back in backs.items() if back.facts]
    applied = apply_facts(changes=changes, origin=Origin(source=job.source, actor=actor, by="undo", now=now))
    Activity.objects.bulk_create(applied.records)
    kept |= _not_back(rows, backs, job, actor, now)
    request_scoring(lead_ids=sorted(there | applied.to_score), cause=Cause.FACTS, now=now)
    return kept


def _not_back(
    rows: Sequence[ImportRow],
    backs: Mapping[int, _Back],
    job: ImportJob,
    actor: User | None,
    now: datetime,
) -> dict[int, str]:
    """Take back tags, names and owners; return what stays, by lead."""
    of_rows = Q(pk__in=[])
    for moment in {row.done_at for row in rows if row.done_at is not None}:
        leads = [row.lead_id for row in rows if row.done_at == moment]
        of_rows |= Q(lead__in=leads) & Q(created_at=moment)
    LeadIdentifier.objects.filter(of_rows, kind__in=("external", "email")).delete()
    moments = {row.done_at for row in rows if row.done_at is not None}
    LeadTag.objects.filter(lead__in=backs, added_by=actor, added_at__in=moments).delete()
    reasons: dict[int, list[str]] = {}
    called = _labels() if any(back.staying for back in backs.values()) else {}
    for pk, back in backs.items():
        if back.staying:
            names = ", ".join(sorted({called.get(name, name) for name in back.staying}))
            reasons[pk] = [_("Changed since, so it stays: %(names)s.") % {"names": names}]
    for pk, text in _owners_back(rows, actor, now):
        reasons.setdefault(pk, []).append(text)
    consents = ConsentRecord.objects.filter(lead__in=backs, recorded_by=actor, source=job.source)
    for pk in set(consents.values_list("lead_id", flat=True)):
        reasons.setdefault(pk, []).append(_("What was agreed to stays written down."))
    return {pk: " ".join(texts) for pk, texts in reasons.items()}


def _labels() -> dict[str, str]:
    """Return what people call the facts, by their names in the history of a lead."""
    called = {target.code: str(target.label) for target in all_targets()}
    return called | {"company": called["company.name"]}


def _owners_back(rows: Sequence[ImportRow], actor: User | None, now: datetime) -> Iterable[tuple[int, str]]:
    moments = {row.done_at for row in rows if row.done_at is not None}
    leads = {row.lead_id: row.owner_before_id for row in rows}
    given = Assignment.objects.filter(
        lead__in=leads, assigned_by=actor, reason=WHY, assigned_at__in=moments
    ).order_by("pk")
    assignments = {item.lead_id: item.pk for item in given}
    if not assignments:
        return []
    outcomes = undo_assignments(
        given=assignments, owners={pk: leads[pk] for pk in assignments}, actor=actor, now=now
    )
    return [(one.lead.pk, one.refused.message) for one in outcomes if one.refused is not None]


def _companies_back(job: ImportJob, actor: User | None, now: datetime) -> None:
    """Give companies back what they knew before new leads of theirs came, unless it is another by now."""
    moments = job.rows.filter(outcome=Outcome.CREATE).values("done_at")
    changes = CompanyChange.objects.filter(actor=actor, at__in=moments).order_by("company", "-pk")
    companies = Company.objects.select_for_update(no_key=True).in_bulk(
        sorted(set(changes.values_list("company_id", flat=True)))
    )
    undone = []
    for change in changes.iterator():
        company = companies[change.company_id]
        names = [name for name, value in change.after.items() if getattr(company, name) == value]
        before = {name: change.before[name] for name in names}
        for name in names:
            setattr(company, name, before[name])
        if names:
            after = {name: change.after[name] for name in names}
            undone.append(CompanyChange(company=company, at=now, before=after, after=before, actor=actor))
    names = sorted({name for change in undone for name in change.after})
    update_rows(list({change.company_id: change.company for change in undone}.values()), names)
    CompanyChange.objects.bulk_create(undone)
    colleagues = who_works_at({change.company_id for change in undone})
    if colleagues:
        request_scoring(lead_ids=sorted(colleagues), cause=Cause.FACTS, now=now)
