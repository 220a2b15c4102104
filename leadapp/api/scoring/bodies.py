"""Read what clients send about scoring: only known fields, each by its type; all faults are said at once."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from rest_framework.exceptions import ParseError
from rest_framework.request import Request

from leadapp.errors import Invalid
from leadapp.numbers import LARGEST_ID
from leadapp.services.texts import json_fault, text_fault
from scoring.rules import ConditionFacts, GroupFacts, RuleFacts, VersionFacts, names_of

RULE_TEXTS = ("name", "dimension", "match", "counting", "decay")
LARGEST_REVISION = 2**31 - 1


class Body:
    """The object of a request; collects what is wrong with it and says it all at once."""

    def __init__(self, request: Request, known: Collection[str], *, longest_text: int = 10_000) -> None:
        data = request.data
        if not isinstance(data, Mapping):
            raise ParseError("The body must be a JSON object.")
        if fault := json_fault(data, longest_text=longest_text):
            raise Invalid(f"The body cannot be stored. {fault}", errors={"": [fault]})
        self.data: Mapping[str, Any] = data
        said = f"Known: {', '.join(known)}." if known else "Nothing is to be sent here."
        self.errors: dict[str, list[str]] = {
            name: [f"Is not a field here. {said}"] for name in data if name not in known
        }

    def has(self, name: str) -> bool:
        """Tell whether the field was sent."""
        return name in self.data

    def text(self, name: str, *, longest: int = 500, default: str = "", needed: str = "") -> str:
        """Return a text; null is the default. `needed` is what to say where it is missing."""
        value = self.data.get(name)
        if value is None:
            if needed:
                self.errors[name] = [needed]
            return default
        if not isinstance(value, str):
            self.errors[name] = ["Must be a text."]
            return default
        if fault := text_fault(value, longest=longest):
            self.errors[name] = [fault]
            return default
        return value

    def whole(
        self, name: str, *, largest: int = LARGEST_ID, smallest: int = 0, needed: str = ""
    ) -> int | None:
        """Return a whole number, or None where none is sent."""
        value = self.data.get(name)
        if value is None:
            if needed:
                self.errors[name] = [needed]
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            self.errors[name] = ["Must be a whole number."]
            return None
        if not smallest <= value <= largest:
            self.errors[name] = [f"Must be between {smallest:,} and {largest:,}."]
            return None
        return value

    def flag(self, name: str) -> bool:
        """Return yes or no; no where nothing is sent."""
        value = self.data.get(name)
        if value is not None and not isinstance(value, bool):
            self.errors[name] = ["Must be true or false."]
        return value is True

    def moment(self, name: str, *, needed: str = "") -> datetime | None:
        """Return a moment, or None where none is sent; without a time zone UTC is meant."""
        value = self.data.get(name)
        if value is None:
            if needed:
                self.errors[name] = [needed]
            return None
        moment = read_moment(value) if isinstance(value, str) else None
        if moment is None:
            self.errors[name] = ["Must be a date and time (ISO 8601), such as 2026-01-31T09:30:00Z."]
        return moment

    def revision(self) -> int:
        """Return which state the client saw; one must be sent, so that nobody overwrites unseen edits."""
        needed = "Send the revision that you saw, so that nobody else's edit is lost."
        return self.whole("revision", largest=LARGEST_REVISION, needed=needed) or 0

    def check(self, message: str = "The body cannot be taken.") -> None:
        """Raise Invalid that names every fault."""
        if self.errors:
            raise Invalid(message, errors=self.errors)


def read_rule(body: Body, known: RuleFacts | None) -> RuleFacts:
    """Return what a rule is to say: what was sent, else what is known, else what the default is.

    Only types are looked at here; what makes no sense is refused where rules are written.
    """
    for name in () if known else ("name", "dimension", "points"):
        if body.data.get(name) is None:
            body.errors[name] = ["Is needed."]
    sent = {name: body.data[name] for name in names_of(RuleFacts) if name in body.data}
    for name in RULE_TEXTS:
        if name in sent and not isinstance(sent[name], str):
            body.errors.setdefault(name, ["Must be a text."])
    if "group" in sent:
        sent["group"] = body.text("group", longest=100)
    if "activity_types" in sent:
        sent["activity_types"] = _types(body)
    if "conditions" in sent:
        sent["conditions"] = _conditions(body)
    body.check("The rule cannot be taken.")
    return replace(known, **sent) if known else RuleFacts(**sent)


def read_group(body: Body, known: GroupFacts | None) -> GroupFacts:
    """Return what a group is to say: what was sent, else what is known."""
    sent = {name: body.data[name] for name in names_of(GroupFacts) if name in body.data}
    for name in ("name", "dimension"):
        if name in sent or known is None:
            sent[name] = body.text(name, needed="Is needed.")
    body.check("The group cannot be taken.")
    return replace(known, **sent) if known else GroupFacts(**sent)


def read_version(body: Body, known: VersionFacts) -> VersionFacts:
    """Return note, bounds and bands as they are to be: what was sent, else what is known."""
    sent = {name: body.data[name] for name in names_of(VersionFacts) if name in body.data}
    if "note" in sent:
        sent["note"] = body.text("note")
    body.check("The version cannot be taken.")
    return replace(known, **sent)


def read_moment(text: str) -> datetime | None:
    """Return a moment as ISO 8601 writes it, in UTC; None for anything else."""
    try:
        moment = parse_datetime(text.strip())
        if moment is None:
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _types(body: Body) -> tuple[str, ...]:
    value = body.data["activity_types"]
    if not isinstance(value, list) or not all(isinstance(slug, str) for slug in value):
        body.errors["activity_types"] = ["Must be a list of names, such as page_view."]
        return ()
    return tuple(value)


def _conditions(body: Body) -> tuple[ConditionFacts, ...]:
    value = body.data["conditions"]
    if not isinstance(value, list):
        body.errors["conditions"] = ["Must be a list of conditions."]
        return ()
    return tuple(_condition(body, each, f"conditions.{index}") for index, each in enumerate(value))


def _condition(body: Body, each: object, path: str) -> ConditionFacts:
    if not isinstance(each, Mapping):
        body.errors[path] = ["Must be an object of field, operator and value."]
        return ConditionFacts("", "")
    for name in each:
        if name not in ("field", "operator", "value"):
            body.errors[f"{path}.{name}"] = ["Is not a field of a condition."]
    for name in ("field", "operator"):
        if not isinstance(each.get(name), str):
            body.errors[f"{path}.{name}"] = ["Must be a text."]
    return ConditionFacts(str(each.get("field")), str(each.get("operator")), each.get("value"))
