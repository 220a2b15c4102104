"""What a row says beside facts: whose the lead is, its tags, and what it agreed to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from leadapp.access import may
from leadapp.models import ConsentRecord, ImportJob, Lead, OnKnown, User
from leadapp.services.imports.judging import Judged, Said
from leadapp.services.leads.tags import put_tags, tags_of
from leadapp.services.privacy.consents import OPT_OUT
from leadapp.services.privacy.opt_in.records import newest_consents
from qualification.models import Assignment
from qualification.services.assignment import new_assignment, replace_running
from qualification.services.locks import lock_leads

# Kept with assignments in English, and shown in the reader's language.
WHY = "Imported"


@dataclass
class Extra:
    """What is to be written for a row; nothing of it is there yet."""

    said: Said
    lead: Lead
    is_new: bool
    owner_id: int | None = None
    tags: list[str] = field(default_factory=list)
    consents: list[str] = field(default_factory=list)

    @property
    def is_something(self) -> bool:
        """Tell whether there is anything to write for a lead that exists."""
        return self.owner_id is not None or bool(self.tags or self.consents)


def weigh(
    rows: Sequence[tuple[Judged, Said, Lead, bool]], *, job: ImportJob, actor: User | None
) -> list[Extra]:
    """Return what each row adds to its lead, in three queries at most; what is left out is noted.

    A row comes with what it says, its lead, and whether that is new.
    """
    known = [lead.pk for _judged, _said, lead, is_new in rows if not is_new]
    wants_tags = bool(job.tags) or any(said.tags for _judged, said, _lead, _is_new in rows)
    tags = tags_of(known) if wants_tags else {}
    agrees = any(said.consents for _judged, said, _lead, _is_new in rows)
    consents = newest_consents(known) if agrees else {}
    may_reassign = may(actor, "leadapp.reassign_lead")
    found = []
    for judged, said, lead, is_new in rows:
        extra = Extra(said, lead, is_new)
        has = {name.lower() for name in tags.get(lead.pk, ())}
        extra.tags = [name for name in _each_once([*said.tags, *job.tags]) if name.lower() not in has]
        extra.consents = _new_consents(judged, said, lead, consents.get(lead.pk, {}))
        extra.owner_id = _new_owner(judged, said, extra, job, may_reassign)
        found.append(extra)
    return found


def _each_once(names: Sequence[str]) -> list[str]:
    return list({name.lower(): name for name in names}.values())


def _new_consents(judged: Judged, said: Said, lead: Lead, known: Mapping[str, ConsentRecord]) -> list[str]:
    """Return what was agreed to and is not known; whoever has said no since is not asked by a file."""
    found = []
    for purpose in said.consents:
        newest, flag = known.get(purpose), OPT_OUT.get(ConsentRecord.Purpose(purpose), "")
        if (flag and getattr(lead, flag)) or (newest is not None and not newest.granted):
            judged.note("", _("Has said no to this before: the consent is not taken, the no stays."))
        elif newest is None:
            found.append(purpose)
    return found


def _new_owner(judged: Judged, said: Said, extra: Extra, job: ImportJob, may_reassign: bool) -> int | None:
    has = extra.lead.owner_id
    if said.owner_id is None or (said.owner_id == has and not extra.is_new):
        return None
    if has in (None, said.owner_id):
        return said.owner_id
    if job.on_known != OnKnown.OVERWRITE:
        return None
    if not may_reassign:
        judged.note("", _("Its owner stays: you may not give leads of others away."))
        return None
    return said.owner_id


def write(
    extras: Sequence[Extra], *, job: ImportJob, actor: User | None, source: str, now: datetime
) -> dict[int, int | None]:
    """Write what rows add, in the caller's transaction; return whose the leads were that go to somebody else.

    New leads have their owner already.
    """
    tags: dict[int, list[str]] = {}
    for extra in extras:
        tags.setdefault(extra.lead.pk, []).extend(extra.tags)
    put_tags(tags={pk: names for pk, names in tags.items() if names}, actor=actor, now=now)
    ConsentRecord.objects.bulk_create(_consents(extras, job, actor, source, now))
    return _give(extras, actor, now)


def _consents(
    extras: Sequence[Extra], job: ImportJob, actor: User | None, source: str, now: datetime
) -> list[ConsentRecord]:
    text = job.consent_text
    given = {(extra.lead.pk, purpose): extra.said for extra in extras for purpose in extra.consents}
    return [
        ConsentRecord(
            lead_id=lead_id,
            purpose=purpose,
            granted=True,
            text=text.text if text else job.consent_words,
            text_version=text.version if text else None,
            source=source,
            how=job.consent_how,
            recorded_by=actor,
            recorded_at=said.agreed_on or now,
        )
        for (lead_id, purpose), said in given.items()
    ]


def _give(extras: Sequence[Extra], actor: User | None, now: datetime) -> dict[int, int | None]:
    given = {extra.lead.pk: extra for extra in extras if extra.owner_id is not None}
    before = {pk: extra.lead.owner_id for pk, extra in given.items() if not extra.is_new}
    lock_leads(before)
    has = dict(Lead.objects.filter(pk__in=before).values_list("pk", "owner_id")) if before else {}
    # Whoever was given somewhere else meanwhile stays there.
    before = {pk: owner for pk, owner in before.items() if has.get(pk) == owner}
    owners: Mapping[int, User] = User.objects.in_bulk({extra.owner_id for extra in given.values()})
    assignments = [
        new_assignment(extra.lead, owners.get(extra.owner_id or 0), WHY, now, by=actor)
        for extra in given.values()
    ]
    Assignment.objects.bulk_create(item for item in assignments if given[item.lead_id].is_new)
    # Whoever gets leads is told once, when all is done.
    replace_running([item for item in assignments if item.lead_id in before], now, is_told=False)
    return before
