"""Writing rows: leads found or made, facts and what else they say, in a few statements."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from leadapp.models import Activity, ImportJob, ImportRow, OnKnown, User
from leadapp.services.identity.resolving import Overtaken, People, Person, Reference, look_up
from leadapp.services.imports import extras
from leadapp.services.imports.foreseeing import outcome_of, overwrite_of
from leadapp.services.imports.judging import Judged, Said
from leadapp.services.inserts import insert_unless_present
from leadapp.services.intake.arrivals import Arrived, settle, who_is_meant
from leadapp.services.leads.changes import Origin
from scoring.models import Cause
from scoring.services.queue import request_scoring

Outcome = ImportRow.Outcome


class Checked(NamedTuple):
    """A row that was checked."""

    pk: int
    number: int
    foreseen: str
    facts: dict[str, Any]


@dataclass
class Written:
    """What became of a row."""

    row: Checked
    outcome: str
    problems: list[dict[str, str]] = field(default_factory=list)
    lead_id: int | None = None
    record_id: int | None = None
    owner_before_id: int | None = None


def write_rows(
    rows: Sequence[Checked], *, job: ImportJob, actor: User | None, now: datetime
) -> list[Written]:
    """Write rows that were checked, in the caller's transaction. Raise Overtaken to be called again."""
    written = {row.pk: Written(row, Outcome.REFUSE) for row in rows}
    going = {row.pk: Said.from_json(row.facts) for row in rows if row.foreseen != Outcome.REFUSE}
    references = {pk: said.reference(job.match_by) for pk, said in going.items()}
    _refuse_unknown(written, going, references)
    if job.on_known == OnKnown.SKIP or not job.adds_new:
        for pk in _skipped(going, references, job):
            written[pk].outcome = Outcome.SKIP
            del going[pk]
    if going:
        _settle(written, going, references, job, actor, now)
    return list(written.values())


def _refuse_unknown(
    written: dict[int, Written], going: dict[int, Said], references: dict[int, Reference]
) -> None:
    """Refuse rows whose lead has gone since the file was checked."""
    by_id = {pk: one for pk, one in references.items() if pk in going and one.id is not None}
    people = look_up(by_id.values()) if by_id else People()
    for pk, reference in by_id.items():
        if people.find(reference) is None:
            written[pk].problems = [{"column": "", "text": _("No lead has this id.")}]
            del going[pk]


def _skipped(going: dict[int, Said], references: dict[int, Reference], job: ImportJob) -> list[int]:
    """Return the rows of those who are to be left alone, or are not to be added."""
    arrivals = [Arrived(references[pk]) for pk in going]
    persons = who_is_meant(arrivals, look_up(arrival.reference for arrival in arrivals))
    found, seen = [], set()
    for pk, person in zip(going, persons, strict=True):
        if person and outcome_of(person, is_first=id(person) not in seen, job=job) == Outcome.SKIP:
            found.append(pk)
        seen.add(id(person))
    return found


def _settle(
    written: dict[int, Written],
    going: dict[int, Said],
    references: dict[int, Reference],
    job: ImportJob,
    actor: User | None,
    now: datetime,
) -> None:
    origin = Origin(source=job.source, actor=actor, by="import", now=now)

    def make_ready(persons: Sequence[Person | None]) -> None:
        for person, said in zip(persons, going.values(), strict=True):
            if person is not None and person.is_new:
                person.lead.bought_list = job.bought_list
                person.lead.owner_id = person.lead.owner_id or said.owner_id

    arrivals = [Arrived(references[pk], said.facts) for pk, said in going.items()]
    settled = settle(arrivals, origin=origin, overwrite=overwrite_of(job), make_ready=make_ready)
    persons = [person for person in settled.persons if person]
    if job.on_known == OnKnown.SKIP and not all(person.is_new for person in persons):
        raise Overtaken  # somebody came in between, and is to be left alone
    records = _insert(settled.records)
    first: set[int] = set()
    for (pk, _said), person in zip(going.items(), persons, strict=True):
        one = written[pk]
        is_first = person.lead.pk not in first
        first.add(person.lead.pk)
        one.lead_id, one.record_id = person.lead.pk, records.get(person.lead.pk)
        one.outcome = Outcome.KEEP if one.record_id is None else Outcome.CHANGE
        if person.is_new and is_first:
            one.outcome = Outcome.CREATE
    added = _add_extras(written, going, persons, job, actor, now)
    news = added | records.keys()
    if news:
        request_scoring(lead_ids=sorted(news | settled.colleagues), cause=Cause.FACTS, now=now)


def _insert(records: Sequence[Activity]) -> dict[int, int]:
    """Insert what tells of the facts; return the ids by the leads."""
    inserted = insert_unless_present(records, returning=["lead", "id"])
    return dict(inserted)


def _add_extras(
    written: dict[int, Written],
    going: dict[int, Said],
    persons: Sequence[Person],
    job: ImportJob,
    actor: User | None,
    now: datetime,
) -> set[int]:
    """Write owner, tags and consents; return the leads that exist and got something of it."""
    rows = []
    for (pk, said), person in zip(going.items(), persons, strict=True):
        judged = Judged(written[pk].row.number, [], said, written[pk].problems)
        rows.append((judged, said, person.lead, person.is_new))
    found = extras.weigh(rows, job=job, actor=actor)
    before = extras.write(found, job=job, actor=actor, source=job.source, now=now)
    changed = set()
    for pk, extra in zip(going, found, strict=True):
        one = written[pk]
        one.owner_before_id = before.get(extra.lead.pk)
        if extra.is_something and one.outcome == Outcome.KEEP:
            one.outcome = Outcome.CHANGE
            changed.add(extra.lead.pk)
    return changed
