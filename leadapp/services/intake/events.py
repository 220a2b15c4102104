"""Events as they arrive from other systems: read and checked before anything is written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from leadapp.errors import Invalid
from leadapp.models import ActivityType, CustomField
from leadapp.numbers import LARGEST_ID, write_number
from leadapp.services.identity.resolving import Reference
from leadapp.services.leads.facts import SOFT_IN_EVENTS, Facts, clean_facts, custom_fields_for
from leadapp.services.privacy.opt_in.records import GivenConsent
from leadapp.services.texts import clean_text, json_fault
from qualification.services.evidence.answers import FormAnswer

AHEAD = timedelta(minutes=5)  # other people's clocks are wrong by so much
OLDEST = timedelta(days=3653)
MOST_EVENTS = 1_000
MOST_PROPERTIES = 100
EVENT_FIELDS = frozenset({"lead", "type", "occurred_at", "properties", "external_id", "source"})
REFERENCE_FIELDS = ("id", "email", "external_id", "visitor_id")


@dataclass(frozen=True)
class Event:
    """Something that a lead did, ready to be recorded.

    `source` is empty where the caller's counts; `path` goes in front of its fields in errors. `answers`
    are what it says about the dimensions that sales asks about, `consents` what the lead agreed to with it.
    """

    reference: Reference
    facts: Facts
    type: ActivityType
    occurred_at: datetime
    properties: dict[str, Any]
    external_id: str | None = None
    source: str = ""
    path: str = ""
    answers: tuple[FormAnswer, ...] = ()
    consents: tuple[GivenConsent, ...] = ()


def read_event(raw: object, *, now: datetime) -> Event:
    """Return the event that a client sent, or raise Invalid that names every fault."""
    event, errors = _Reader([raw], now).read(raw, "")
    if event is None:
        raise Invalid(_("The event cannot be taken."), errors=errors)
    return event


def read_events(raws: object, *, now: datetime) -> list[Event]:
    """Return the events of a batch, or raise Invalid that names every fault of every event."""
    if not isinstance(raws, list):
        raise Invalid(_("A batch is a list of events."), errors={"": [_("Must be a list of events.")]})
    if not raws:
        raise Invalid(_("The batch is empty."), errors={"": [_("Must hold at least one event.")]})
    if len(raws) > MOST_EVENTS:
        message = _("Holds %(count)s events; at most %(most_events)s are taken at once.") % {
            "count": write_number(len(raws)),
            "most_events": write_number(MOST_EVENTS),
        }
        raise Invalid(message, errors={"": [message]})
    reader = _Reader(raws, now)
    events: list[Event] = []
    errors: dict[str, list[str]] = {}
    for index, raw in enumerate(raws):
        event, faults = reader.read(raw, f"{index}.")
        if event is not None:
            events.append(event)
        errors.update(faults)
    if errors:
        faulty = len(raws) - len(events)
        message = _("%(faulty)s of %(count)s events cannot be taken, so none was.") % {
            "faulty": write_number(faulty),
            "count": write_number(len(raws)),
        }
        raise Invalid(message, errors=errors)
    return events


def read_moment(value: object, field: str, *, now: datetime) -> datetime:
    """Return when it happened; nothing given is now.

    Without a time zone UTC is meant, without a time midnight. Up to five minutes ahead counts as now.
    Further ahead, or older than ten years, is refused.
    """
    if value is None:
        return now
    try:
        moment = parse_datetime(value.strip()) if isinstance(value, str) else None
        if moment is not None:
            moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        moment = None
    if moment is None:
        raise Invalid.field(field, _("Must be a date and time (ISO 8601), such as 2026-01-31T09:30:00Z."))
    if moment > now + AHEAD:
        raise Invalid.field(field, _("Is in the future."))
    if moment < now - OLDEST:
        raise Invalid.field(field, _("Is more than ten years ago."))
    return min(moment, now)


def read_properties(value: object, field: str) -> dict[str, Any]:
    """Return what is told about an event: an object of whatever JSON can hold and PostgreSQL can store."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise Invalid.field(field, _("Must be an object."))
    if len(value) > MOST_PROPERTIES:
        raise Invalid.field(
            field, _("Has more than %(most_properties)s properties.") % {"most_properties": MOST_PROPERTIES}
        )
    if fault := json_fault(value):
        raise Invalid.field(field, fault)
    return dict(value)


def read_reference(raw: Mapping[str, object], path: str) -> Reference:
    """Return how a lead is named in a client's object."""
    number = raw.get("id")
    if number is not None and (not isinstance(number, int) or isinstance(number, bool)):
        raise Invalid.field(f"{path}id", _("Must be a whole number."))
    if number is not None and not 0 < number <= LARGEST_ID:
        raise Invalid.field(f"{path}id", _("No lead has this id."))
    return Reference(
        id=number,
        external_id=clean_text(raw.get("external_id"), f"{path}external_id", longest=200) or None,
        visitor_id=clean_text(raw.get("visitor_id"), f"{path}visitor_id", longest=200) or None,
    )


class _Reader:
    """Reads the events of one request; asks for types and custom fields once for all of them."""

    def __init__(self, raws: Sequence[object], now: datetime) -> None:
        events = [raw for raw in raws if isinstance(raw, Mapping)]
        self.types = _kinds_of({slug for raw in events if isinstance(slug := raw.get("type"), str)})
        leads = [lead for raw in events if isinstance(lead := raw.get("lead"), Mapping)]
        self.custom_fields: dict[str, CustomField] = custom_fields_for(leads)
        self.readers: tuple[tuple[str, Callable[[object, str], Any]], ...] = (
            ("lead", self._read_lead),
            ("type", self._read_type),
            ("occurred_at", lambda value, field: read_moment(value, field, now=now)),
            ("properties", read_properties),
            ("external_id", lambda value, field: clean_text(value, field, longest=200) or None),
            ("source", lambda value, field: clean_text(value, field, longest=100)),
        )

    def read(self, raw: object, path: str) -> tuple[Event | None, dict[str, list[str]]]:
        """Return the event, or None and its faults."""
        if not isinstance(raw, Mapping):
            return None, {path.rstrip("."): [_("Must be an object.")]}
        errors: dict[str, list[str]] = {
            f"{path}{name}": [_("Is not a field of an event.")] for name in raw if name not in EVENT_FIELDS
        }
        parts: dict[str, Any] = {}
        for name, reader in self.readers:
            try:
                parts[name] = reader(raw.get(name), f"{path}{name}")
            except Invalid as fault:
                errors.update({key: list(texts) for key, texts in fault.errors.items()})
        if errors:
            return None, errors
        reference, facts = parts.pop("lead")
        return Event(reference=reference, facts=facts, path=path, **parts), {}

    def _read_type(self, value: object, field: str) -> ActivityType:
        if not isinstance(value, str) or not value:
            raise Invalid.field(field, _("Name the type of the event, such as page_view."))
        kind = self.types.get(value)
        if kind is None:
            raise Invalid.field(field, _("Is not a type that is known here."))
        if kind.is_internal:
            raise Invalid.field(field, _("Is written by Leadapp itself and cannot be sent."))
        return kind

    def _read_lead(self, value: object, field: str) -> tuple[Reference, Facts]:
        if not isinstance(value, Mapping):
            raise Invalid.field(field, _('Must be an object that names the lead, such as {"email": …}.'))
        reference = read_reference(value, f"{field}.")
        facts = clean_facts(
            {name: inner for name, inner in value.items() if name not in REFERENCE_FIELDS or name == "email"},
            custom_fields=self.custom_fields,
            path=f"{field}.",
            soft=SOFT_IN_EVENTS,
        )
        reference = Reference.of(
            facts,
            id=reference.id,
            external_id=reference.external_id,
            visitor_id=reference.visitor_id,
        )
        if reference.id is None and not reference.keys:
            if odd := facts.not_understood.get("phone"):  # the only name that was given
                raise Invalid.field(f"{field}.phone", odd["reason"])
            raise Invalid.field(field, reference.unknown)
        return reference, facts


# Kinds stay, and keep their slugs and who may send them: a process asks for each of them once.
_kinds: dict[str, ActivityType] = {}


def _kinds_of(slugs: set[str]) -> Mapping[str, ActivityType]:
    """Return the kinds that are known, these and more, by their slugs."""
    new = [
        slug for slug in slugs - _kinds.keys() if slug.isascii() and "\x00" not in slug and len(slug) <= 64
    ]
    if new:
        _kinds.update((kind.slug, kind) for kind in ActivityType.objects.filter(slug__in=new))
    return _kinds


def forget_kinds() -> None:
    """Ask for them again: a test has made others."""
    _kinds.clear()
