"""What rows would do: who is meant, and whether anything about them would change. Nothing is written."""

from collections.abc import Iterator, Sequence

from django.db import models
from django.utils.translation import gettext as _

from leadapp.models import ImportJob, ImportRow, OnKnown, User
from leadapp.services.identity.resolving import Person, look_up
from leadapp.services.imports import extras
from leadapp.services.imports.judging import Judged, Said
from leadapp.services.intake.arrivals import Arrived, who_is_meant
from leadapp.services.leads.changes import Change, Overwrite, foresee_changes
from leadapp.services.leads.facts import Facts

Outcome = ImportRow.Outcome


def foresee(judged: Sequence[Judged], *, job: ImportJob, actor: User | None) -> list[str]:
    """Return what each row would do; any number of rows takes the same few statements."""
    persons = _who(judged, job)
    outcomes: list[str] = [Outcome.REFUSE] * len(judged)
    known: list[tuple[int, Person, Facts]] = []
    seen: set[int] = set()
    facts = {id(person): iter(person.facts) for person in persons if person}
    for index, person in enumerate(persons):
        if person is None:
            continue
        told = next(facts[id(person)])
        outcomes[index] = outcome_of(person, is_first=id(person) not in seen, job=job)
        seen.add(id(person))
        if outcomes[index] == Outcome.KEEP:
            known.append((index, person, told))
    _compare(judged, known, outcomes, job)
    _weigh(judged, persons, outcomes, job, actor)
    return outcomes


def outcome_of(person: Person, *, is_first: bool, job: ImportJob) -> str:
    """Return what a row does to somebody, whatever would change: KEEP is a lead that exists."""
    if person.is_new and not job.adds_new:
        return Outcome.SKIP
    if person.is_new and is_first:
        return Outcome.CREATE
    if job.on_known == OnKnown.SKIP:
        return Outcome.SKIP
    return Outcome.CHANGE if person.is_new else Outcome.KEEP


def overwrite_of(job: ImportJob) -> Overwrite:
    """Return what a row may do to a fact that is known."""
    return Overwrite.IMPORT if job.on_known == OnKnown.OVERWRITE else Overwrite.NEVER


def _who(judged: Sequence[Judged], job: ImportJob) -> list[Person | None]:
    """Return who each row is about; rows whose id calls nobody are refused."""
    references = {row.number: row.said.reference(job.match_by) for row in judged if row.said is not None}
    people = look_up(references.values())
    for row in judged:
        reference = references.get(row.number)
        if reference is not None and reference.id is not None and people.find(reference) is None:
            row.refuse("", _("No lead has this id."))
    said = list(_standing(judged))
    found = who_is_meant([Arrived(references[row.number], one.facts) for row, one in said], people)
    by_row = {row.number: person for (row, _said), person in zip(said, found, strict=True)}
    return [by_row.get(row.number) for row in judged]


def _standing(judged: Sequence[Judged]) -> Iterator[tuple[Judged, Said]]:
    return ((row, row.said) for row in judged if row.said is not None)


def _compare(
    judged: Sequence[Judged],
    known: Sequence[tuple[int, Person, Facts]],
    outcomes: list[str],
    job: ImportJob,
) -> None:
    leads = {person.lead.pk: person.lead for _index, person, _facts in known}
    models.prefetch_related_objects(list(leads.values()), "company")
    changes = [Change(person.lead.pk, facts, overwrite_of(job)) for _index, person, facts in known]
    for (index, _person, _facts), changes_it in zip(known, foresee_changes(changes, leads), strict=True):
        if changes_it:
            outcomes[index] = Outcome.CHANGE


def _weigh(
    judged: Sequence[Judged],
    persons: Sequence[Person | None],
    outcomes: list[str],
    job: ImportJob,
    actor: User | None,
) -> None:
    rows, places = [], []
    for index, (row, person) in enumerate(zip(judged, persons, strict=True)):
        if person and row.said and outcomes[index] in (Outcome.CREATE, Outcome.CHANGE, Outcome.KEEP):
            rows.append((row, row.said, person.lead, person.is_new))
            places.append(index)
    for index, extra in zip(places, extras.weigh(rows, job=job, actor=actor), strict=True):
        if outcomes[index] == Outcome.KEEP and extra.is_something:
            outcomes[index] = Outcome.CHANGE
