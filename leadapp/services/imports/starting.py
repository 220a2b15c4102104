"""Bringing a file, saying what its columns are, and asking for what workers do with it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from leadapp.access import Actor, require, user_of
from leadapp.errors import Conflict, Invalid, NotFound
from leadapp.models import BoughtList, ConsentRecord, ConsentText, ImportJob, OnKnown
from leadapp.services.imports import detecting
from leadapp.services.imports.files import forget, store
from leadapp.services.imports.guessing import guess
from leadapp.services.imports.running import nudge_imports
from leadapp.services.imports.tables import detect, first_rows, name_columns, read_sheet
from leadapp.services.imports.targets import AGREED_AT, CONSENT, TAGS, all_targets, known_codes
from leadapp.services.leads.facts import LEAD_FACTS
from leadapp.services.leads.tags import clean_tags
from leadapp.services.texts import clean_text

IMPORT = "leadapp.import_lead"
State = ImportJob.State
# Where a file may still be mapped anew: nothing of it has been imported.
OPEN = (State.MAPPING, State.CHECKED, State.FAILED)
EXAMPLES = 50
LONGEST_WORDS = 2_000


@dataclass(frozen=True)
class Rules:
    """How a file is taken in: what each column is, and what happens to people who are known already."""

    mapping: Sequence[str]
    on_known: str = OnKnown.FILL
    adds_new: bool = True
    clears_empty: bool = False
    leaves_out: bool = False
    match_by: Sequence[str] = ("linkedin", "phone")
    source: str = "import"
    country: str = ""
    tags: Sequence[str] = ()
    bought_list: BoughtList | None = None
    consent_text: ConsentText | None = None
    consent_words: str = ""
    consent_how: str = ""


@dataclass(frozen=True)
class Reading:
    """How a file is read, where it was detected wrongly."""

    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    has_header: bool = True


def upload(*, name: str, chunks: Iterable[bytes], actor: Actor, now: datetime) -> ImportJob:
    """Keep a file and find out how it is read; raise Invalid where it cannot be, and nothing is kept.

    What its columns are is guessed: as they were mapped the last time, by their names, by what they hold.
    """
    require(actor, IMPORT, _("You may not import leads."))
    user = user_of(actor)
    file_name = clean_text(name.replace("\x00", ""), "file", longest=100_000)[-255:] or _("Unnamed")
    with transaction.atomic():
        job = ImportJob.objects.create(
            file_name=file_name,
            file_size=0,
            file_format=ImportJob.FileFormat.CSV,
            source=file_name.rpartition(".")[0][:100].strip() or "import",
            match_by=["linkedin", "phone"],
            created_by=user,
            username=user.username if user else "command",
            created_at=now,
        )
        store(job, chunks, most=largest_file())
        detect(job)
        _guess(job)
        job.save()
    return job


def largest_file() -> int:
    """Return how many bytes a file may have."""
    return int(settings.IMPORT_MAX_MB) * 1024**2


def read_again(*, job: ImportJob, reading: Reading, actor: Actor) -> ImportJob:
    """Read a file in another way than was detected; its columns are guessed anew if they change."""
    require(actor, IMPORT, _("You may not import leads."))
    with transaction.atomic():
        locked = _lock(job, OPEN)
        before = (locked.columns, locked.header_key)
        if locked.file_format == ImportJob.FileFormat.XLSX:
            if reading.sheet != locked.sheet:
                read_sheet(locked, reading.sheet)
        else:
            if reading.encoding not in detecting.ENCODINGS:
                raise Invalid.field("encoding", _("Choose an encoding."))
            if len(reading.delimiter) != 1 or reading.delimiter in '"\r\n\x00':
                raise Invalid.field("delimiter", _("Choose what stands between the cells."))
            locked.encoding, locked.delimiter = reading.encoding, reading.delimiter
        locked.has_header = reading.has_header
        name_columns(locked)
        if (locked.columns, locked.header_key) != before or locked.state == State.FAILED:
            _guess(locked)
        _forget_check(locked)
        locked.save()
    return locked


def check(*, job: ImportJob, rules: Rules, actor: Actor) -> ImportJob:
    """Ask for all rows to be checked by these rules; nothing is written to leads. Raise Invalid by field."""
    require(actor, IMPORT, _("You may not import leads."))
    with transaction.atomic():
        locked = _lock(job, OPEN)
        _apply(locked, rules)
        _forget_check(locked)
        locked.state = State.CHECKING
        locked.save()
        nudge_imports()
    return locked


def start(*, job: ImportJob, actor: Actor, now: datetime) -> ImportJob:
    """Ask for a file that was checked to be imported; one that was stopped goes on where it stood."""
    require(actor, IMPORT, _("You may not import leads."))
    with transaction.atomic():
        locked = _lock(job, (State.CHECKED, State.STOPPED))
        if locked.undo_asked_at is not None:
            raise Conflict(_("This was undone already."))
        if not locked.rows_total:
            raise Invalid(_("There is nothing to import."))
        locked.started_at = locked.started_at or max(now, locked.created_at)
        locked.finished_at = None
        locked.state = State.IMPORTING
        locked.save()
        nudge_imports()
    return locked


def stop(*, job: ImportJob, actor: Actor, now: datetime) -> ImportJob:
    """Stop what workers do with a file; what was imported stays, and can be undone or gone on with."""
    require(actor, IMPORT, _("You may not import leads."))
    with transaction.atomic():
        locked = _lock(job, (State.CHECKING, State.IMPORTING))
        if locked.state == State.CHECKING:
            _forget_check(locked)
        else:
            locked.state, locked.finished_at = State.STOPPED, max(now, locked.started_at or now)
        locked.save()
    return locked


def undo(*, job: ImportJob, actor: Actor, now: datetime) -> ImportJob:
    """Ask for what an import did to be taken back, as far as it still stands."""
    require(actor, IMPORT, _("You may not import leads."))
    with transaction.atomic():
        locked = _lock(job, (State.IMPORTING, State.STOPPED, State.DONE))
        if locked.forgotten_at is not None:
            raise Conflict(_("Which leads it was about is forgotten by now, so it cannot be undone."))
        locked.finished_at = locked.finished_at or max(now, locked.started_at or now)
        locked.undo_asked_at = max(now, locked.finished_at)
        locked.state = State.UNDOING
        locked.save()
        nudge_imports()
    return locked


def may_undo(job: ImportJob) -> bool:
    """Tell whether to offer the undo of an import."""
    is_done = job.state in (State.IMPORTING, State.STOPPED, State.DONE)
    return is_done and job.forgotten_at is None and job.created + job.changed > 0


def discard(*, job: ImportJob, actor: Actor) -> None:
    """Delete a file of which nothing was imported."""
    require(actor, IMPORT, _("You may not import leads."))
    with transaction.atomic():
        locked = _lock(job, (*OPEN, State.CHECKING))
        if locked.started_at is not None:
            raise Conflict(_("Some of this file was imported, so it stays in the list."))
        forget(locked)
        locked.delete()


def forget_old(*, now: datetime) -> int:
    """Delete files and rows of long ago; that there were imports stays. Return how many.

    Undoing needs the rows, so until then it can be undone.
    """
    before = now - timedelta(days=settings.IMPORT_DAYS)
    old = ImportJob.objects.filter(created_at__lt=before, forgotten_at=None)
    count = 0
    for job in old.exclude(state__in=ImportJob.AT_WORK).order_by("created_at"):
        forget(job)
        ImportJob.objects.filter(pk=job.pk).update(forgotten_at=now)
        count += 1
    return count


def examples(job: ImportJob, number: int = 3) -> list[list[str]]:
    """Return for each column the first cells that hold something."""
    rows = first_rows(job, EXAMPLES)[1 if job.has_header else 0 :]
    found: list[list[str]] = [[] for _column in job.columns]
    for _number, cells in rows:
        for column, cell in zip(found, cells, strict=False):
            if cell.strip() and len(column) < number and cell not in column:
                column.append(cell)
    return found


def _guess(job: ImportJob) -> None:
    rows = first_rows(job, EXAMPLES)[1 if job.has_header else 0 :]
    job.mapping = guess(job, [cells for _number, cells in rows], all_targets())


def _forget_check(job: ImportJob) -> None:
    job.rows.all()._raw_delete(job.rows.db)
    job.state, job.failure, job.rows_total = State.MAPPING, "", None
    job.rows_read = job.percent_read = 0
    job.to_create = job.to_change = job.to_keep = job.to_skip = job.to_refuse = 0


def _lock(job: ImportJob, states: Sequence[str]) -> ImportJob:
    locked: ImportJob | None = ImportJob.objects.select_for_update().filter(pk=job.pk).first()
    if locked is None:
        raise NotFound(_("There is no such import."))
    if locked.state not in states or locked.forgotten_at is not None:
        raise Conflict(_("This import is at another point by now. Look again."))
    return locked


def _apply(job: ImportJob, rules: Rules) -> None:
    errors: dict[str, list[str]] = {}

    def fault(name: str, text: str) -> None:
        errors.setdefault(name, []).append(text)

    mapping = list(rules.mapping)
    _check_mapping(job, mapping, fault)
    if rules.on_known not in OnKnown.values:
        fault("on_known", _("Choose what happens to people who are known already."))
    if rules.clears_empty and rules.on_known != OnKnown.OVERWRITE:
        fault("clears_empty", _("Empty cells can only empty facts where the file replaces facts."))
    if set(rules.match_by) - {"linkedin", "phone"}:
        fault("match_by", _("Choose among LinkedIn profile and phone number."))
    cleaned: dict[str, Any] = {}
    readers: dict[str, Callable[[], Any]] = {
        "source": lambda: LEAD_FACTS["source"](rules.source, "source"),
        "country": lambda: LEAD_FACTS["country"](rules.country, "country"),
        "tags": lambda: clean_tags(rules.tags),
        "consent_words": lambda: clean_text(rules.consent_words, "consent_words", longest=LONGEST_WORDS),
    }
    for name, read in readers.items():
        try:
            cleaned[name] = read()
        except Invalid as refused:
            fault(name, refused.message)
    if not cleaned.get("source", "."):
        fault("source", _("Say where these leads come from."))
    _check_consents(mapping, rules, fault)
    if errors:
        raise Invalid(_("The file cannot be imported like this."), errors=errors)
    for one in fields(Rules):
        setattr(job, one.name, cleaned.get(one.name, getattr(rules, one.name)))
    job.mapping, job.match_by = mapping, list(rules.match_by)


def _check_mapping(job: ImportJob, mapping: Sequence[str], fault: Any) -> None:
    if len(mapping) != len(job.columns) or set(mapping) - known_codes(all_targets()):
        fault("mapping", _("Choose for each column what it is."))
        return
    used = [code for code in mapping if code and code != TAGS]
    if not used:
        fault("mapping", _("Choose for at least one column what it is."))
    for code in sorted({code for code in used if used.count(code) > 1}):
        labels = {target.code: str(target.label) for target in all_targets()}
        fault("mapping", _("Two columns are “%(what)s”. Leave one out.") % {"what": labels[code]})


def _check_consents(mapping: Sequence[str], rules: Rules, fault: Any) -> None:
    purposes = {code.removeprefix(CONSENT) for code in mapping if code.startswith(CONSENT)}
    if not purposes:
        if AGREED_AT in mapping:
            fault("mapping", _("“Agreed on” needs a column that says what was agreed to."))
        return
    if rules.consent_how not in ("", *ConsentRecord.How.values):
        fault("consent_how", _("Choose how it was given."))
    if rules.consent_text is None and not rules.consent_words.strip():
        fault("consent_words", _("Write down what these people agreed to, or choose the words of a form."))
    if rules.consent_text is not None and purposes != {rules.consent_text.purpose}:
        fault("consent_text", _("These words are about something else than the columns say."))


def as_mapping(columns: Sequence[str], named: Mapping[str, str]) -> list[str]:
    """Return a mapping by the names of columns; columns that are not named are left out."""
    unknown = set(named) - set(columns)
    if unknown:
        raise Invalid.field("mapping", _("There is no column “%(name)s”.") % {"name": sorted(unknown)[0]})
    return [named.get(column, "") for column in columns]
