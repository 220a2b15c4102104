"""What a row says: its cells read as facts, names, owner, tags and consents; or all that is wrong with it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cached_property
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from leadapp.errors import Invalid
from leadapp.models import CustomField, ImportJob, User
from leadapp.numbers import whole_number
from leadapp.services.identity.contacts import linkedin_profile
from leadapp.services.identity.resolving import Reference
from leadapp.services.imports.cells import OWN_READINGS, Reading, readings, yes_or_no
from leadapp.services.imports.tables import UNDECODED, storable
from leadapp.services.imports.targets import (
    AGREED_AT,
    COMPANY,
    CONSENT,
    EXTERNAL,
    FULL_NAME,
    ID,
    OWN,
    OWNER,
    TAGS,
)
from leadapp.services.leads.facts import LEAD_FACTS, Facts, clean_facts
from leadapp.services.leads.tags import clean_tags, read_tags
from leadapp.services.texts import clean_text
from qualification.services.assignment import can_own

# An empty cell never takes these away: a lead is known by its address, and nobody opts in by saying nothing.
STAYING = frozenset({"email", "do_not_email", "do_not_call", "do_not_score"})


NOT_KEPT = frozenset({"facts", "not_understood", "company_by_name"})


@dataclass
class Said:
    """What a row says about somebody."""

    facts: Facts
    id: int | None = None
    external_id: str | None = None
    owner_id: int | None = None
    tags: list[str] = field(default_factory=list)
    consents: list[str] = field(default_factory=list)
    agreed_at: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON keeps it, without what was not said."""
        kept = {**self.facts.__dict__, **self.__dict__}
        return {key: value for key, value in kept.items() if value and key not in NOT_KEPT}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Said":
        """Return what JSON kept."""
        known = dict(kept)
        facts = {
            key: known.pop(key) for key in ("lead", "company", "company_given", "attributes") if key in known
        }
        return cls(Facts(**facts, company_by_name=True), **known)

    def reference(self, match_by: Sequence[str]) -> Reference:
        """Return the names that the lead is looked for by; a number or profile also where it is alone."""
        phone = self.facts.lead.get("phone") or ""
        linkedin = linkedin_profile(self.facts.lead.get("linkedin_url") or "")
        is_named = self.id is not None or bool(self.facts.email or self.external_id)
        return Reference(
            id=self.id,
            email=self.facts.email,
            external_id=self.external_id,
            phone=phone if "phone" in match_by or not (is_named or linkedin) else "",
            linkedin=linkedin if "linkedin" in match_by or not is_named else "",
            full_name=(self.facts.lead.get("first_name") or "", self.facts.lead.get("last_name") or ""),
        )

    @property
    def agreed_on(self) -> datetime | None:
        """Return when it was agreed to; midnight of a day."""
        return datetime.combine(date.fromisoformat(self.agreed_at), time(), UTC) if self.agreed_at else None


@dataclass
class Judged:
    """A row of the file, what it says, and what is wrong with it. A refused row says nothing."""

    number: int
    cells: list[str]
    said: Said | None
    problems: list[dict[str, str]]

    def refuse(self, column: str, text: str) -> None:
        """Take nothing of it."""
        self.said = None
        self.note(column, text)

    def note(self, column: str, text: str) -> None:
        """Say what was left out."""
        self.problems.append({"column": storable(column), "text": storable(text)})


class Judge:
    """Reads the rows of one file; asks for own fields and people once."""

    def __init__(self, job: ImportJob) -> None:
        self.job = job
        self.custom_fields = {one.key: one for one in CustomField.objects.all()}
        self.wanted = [(index, code) for index, code in enumerate(job.mapping) if code]
        self.columns = {code: job.columns[index] for index, code in self.wanted}
        self.soft = frozenset(self.columns) if job.leaves_out else frozenset()
        self.readings = {code: self._reading(code) for _index, code in self.wanted}
        self.today = timezone.now().date()

    def _reading(self, code: str) -> Reading | None:
        if code.startswith(OWN):
            own = self.custom_fields.get(code.removeprefix(OWN))
            return OWN_READINGS.get(own.kind) if own else None
        return readings().get(code)

    def judge(self, number: int, cells: list[str]) -> Judged:
        """Read a row."""
        judged = Judged(number, cells, None, [])
        width = len(self.job.columns)
        if any(cells[width:]):
            judged.note("", _("Holds more cells than there are columns: look for a delimiter inside a cell."))
        if UNDECODED.search("".join(cells)):
            judged.note("", _("Holds characters that are not of this encoding."))
            judged.cells = [UNDECODED.sub("\ufffd", cell) for cell in cells]
        if judged.problems:
            return judged
        try:
            judged.said = self._read(cells, judged)
        except Invalid as fault:
            for name, texts in (fault.errors or {"": [fault.message]}).items():
                for text in texts:
                    judged.note(self.columns.get(name, ""), text)
        return judged

    def _read(self, cells: Sequence[str], judged: Judged) -> Said:
        given: dict[str, str] = {}
        tags: list[str] = []
        for index, code in self.wanted:
            cell = cells[index].strip() if index < len(cells) else ""
            if cell and code == TAGS:
                tags.extend(read_tags(cell.replace(";", ",")))
            elif cell or (self.job.clears_empty and code not in STAYING):
                reading = self.readings[code]
                given[code] = reading(cell) if reading and cell else cell
        _split_name(given)
        errors: dict[str, list[str]] = {}
        said = Said(self._facts(given, errors))
        for code, read in self._others(said).items():
            if given.get(code):
                self._attempt(code, lambda: read(given[code]), said, errors)  # noqa: B023
        self._attempt(TAGS, lambda: setattr(said, "tags", clean_tags(tags)), said, errors)
        if errors:
            raise Invalid(_("This row cannot be taken."), errors=errors)
        for name, odd in said.facts.not_understood.items():
            judged.note(self.columns.get(name, name), odd["reason"])
        self._require_name(said)
        return said

    def _facts(self, given: Mapping[str, str], errors: dict[str, list[str]]) -> Facts:
        raw: dict[str, object] = {name: cell for name, cell in given.items() if name in LEAD_FACTS}
        company = {
            code.removeprefix(COMPANY): cell for code, cell in given.items() if code.startswith(COMPANY)
        }
        if any(company.values()) or company.get("name") == "":
            raw["company"] = {name: cell for name, cell in company.items() if cell}
        own = {code.removeprefix(OWN): cell for code, cell in given.items() if code.startswith(OWN)}
        if own:
            raw["attributes"] = own
        try:
            facts = clean_facts(raw, custom_fields=self.custom_fields, soft=self.soft, home=self.job.country)
        except Invalid as fault:
            errors.update({name: list(texts) for name, texts in fault.errors.items()})
            return Facts()
        facts.company_by_name = True
        return facts

    def _others(self, said: Said) -> dict[str, Callable[[str], None]]:
        found: dict[str, Callable[[str], None]] = {
            ID: lambda cell: setattr(said, "id", _id(cell)),
            EXTERNAL: lambda cell: setattr(said, "external_id", clean_text(cell, EXTERNAL, longest=200)),
            OWNER: lambda cell: setattr(said, "owner_id", self._owner(cell)),
            AGREED_AT: lambda cell: setattr(said, "agreed_at", self._past_day(cell)),
        }
        for code in self.columns:
            if code.startswith(CONSENT):
                found[code] = lambda cell, code=code: self._consent(said, code, cell)  # type: ignore[misc]
        return found

    def _attempt(
        self, code: str, read: Callable[[], object], said: Said, errors: dict[str, list[str]]
    ) -> None:
        try:
            read()
        except Invalid as fault:
            if code in self.soft and code != ID:
                said.facts.not_understood[code] = {"given": "", "reason": fault.message}
            else:
                errors[code] = [fault.message]

    def _consent(self, said: Said, code: str, cell: str) -> None:
        answer = yes_or_no(cell)
        if answer not in ("true", "false"):
            raise Invalid.field(code, _("Must be yes or no."))
        if answer == "true":
            said.consents.append(code.removeprefix(CONSENT))

    def _past_day(self, cell: str) -> str:
        try:
            day = date.fromisoformat(cell)
        except ValueError:
            raise Invalid.field(AGREED_AT, _("Must be a date, such as 2026-01-31.")) from None
        if day > self.today:
            raise Invalid.field(AGREED_AT, _("Is in the future."))
        return day.isoformat()

    def _require_name(self, said: Said) -> None:
        reference = said.reference(self.job.match_by)
        if reference.id is None and not reference.can_create:
            raise Invalid(
                _("Names nobody: give an email, phone number, LinkedIn profile, external id or Leadapp ID.")
            )

    @cached_property
    def _people(self) -> dict[str, list[User]]:
        found: dict[str, list[User]] = {}
        for user in User.objects.filter(is_active=True).order_by("pk"):
            for name in {user.username.casefold(), user.email.casefold(), str(user).casefold()} - {""}:
                found.setdefault(name, []).append(user)
        return found

    def _owner(self, cell: str) -> int:
        people = self._people.get(" ".join(cell.split()).casefold(), [])
        if len(people) > 1:
            raise Invalid.field(OWNER, _("Several people are called this. Give the user name or email."))
        if not people or not self._can_own(people[0]):
            raise Invalid.field(OWNER, _("Nobody of this name works on leads here."))
        return people[0].pk

    def _can_own(self, user: User) -> bool:
        if user.pk not in self._owners:
            self._owners[user.pk] = can_own(user)
        return self._owners[user.pk]

    @cached_property
    def _owners(self) -> dict[int, bool]:
        return {}


def _id(cell: str) -> int:
    number = whole_number(cell)
    if not number:
        raise Invalid.field(ID, _("No lead has this id."))
    return number


def _split_name(given: dict[str, str]) -> None:
    """Cut a whole name in two: the last word is the last name, or what stands before a comma."""
    whole = " ".join(given.pop(FULL_NAME, "").split())
    if not whole or given.get("first_name") or given.get("last_name"):
        return
    last, comma, first = whole.partition(", ")
    if not comma:
        first, _space, last = whole.rpartition(" ")
    given["first_name"], given["last_name"] = first, last
