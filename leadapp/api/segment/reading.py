"""Turn the messages of a request into events, people and aliases; one that cannot be taken stops no other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from django.utils.dateparse import parse_datetime

from leadapp.api.bodies import KILOBYTE
from leadapp.api.segment.bodies import LARGEST_MESSAGE, as_json, size_of
from leadapp.api.segment.traits import facts_of
from leadapp.errors import Invalid
from leadapp.models import ActivityType, CustomField, EventName
from leadapp.services.identity.contacts import clean_email
from leadapp.services.identity.resolving import Reference
from leadapp.services.intake.arrivals import Arrived
from leadapp.services.intake.event_names import Name, kinds_of
from leadapp.services.intake.events import OLDEST, Event, read_properties
from leadapp.services.intake.refused_messages import Refusal
from leadapp.services.leads.facts import Facts
from leadapp.services.texts import clean_text

Message = Mapping[str, Any]
CALLS = ("identify", "track", "page", "screen", "group", "alias")
DOING = frozenset(EventName.Call.values)  # calls that tell what somebody did
# What programs send in place of an id that they do not know: a name of everybody, thus of nobody.
NOBODY = frozenset({"", "null", "undefined", "none", "nan", "[object object]"})
PAGE = ("path", "url", "title", "referrer", "search")
LONGEST_ID = 200
LONGEST_AGENT = 1_000


@dataclass(frozen=True)
class Alias:
    """Two names of one person: the one before, of which nobody says what sort it is, and the present one."""

    previous: str
    current: Reference


@dataclass
class Read:
    """What a request holds. `refused` goes by the place of the message in its batch."""

    events: list[Event] = field(default_factory=list)
    arrivals: list[Arrived] = field(default_factory=list)
    aliases: list[Alias] = field(default_factory=list)
    refused: dict[int, Refusal] = field(default_factory=dict)
    taken_in_part: list[Refusal] = field(default_factory=list)


def read_messages(messages: Sequence[object], *, source: str, sent_at: object, now: datetime) -> Read:
    """Read the messages of a request that came now. Names of events that are new become kinds of activity."""
    reader = _Reader(now, sent_at)
    found = Read()
    sound: dict[int, Message] = {}
    for index, message in enumerate(messages):
        try:
            sound[index] = _checked(message)
        except Invalid as fault:
            found.refused[index] = _refusal(message, _reason(fault))
    reader.kinds = kinds_of(_names(sound.values()), source=source, now=now)
    for index, message in sound.items():
        try:
            reader.read(message, found)
        except Invalid as fault:
            found.refused[index] = _refusal(message, _reason(fault))
    return found


def _checked(message: object) -> Message:
    """Return a message that says what it is, within the size; or raise Invalid."""
    if not isinstance(message, Mapping):
        raise Invalid("The message is no JSON object.")
    said = {name: value for name, value in message.items() if name != "type"}  # the address may say that
    if not 0 < size_of(said) <= LARGEST_MESSAGE:
        raise Invalid(f"The message is larger than {LARGEST_MESSAGE // KILOBYTE} kB.")
    if message.get("type") not in CALLS:
        raise Invalid.field("type", f"Must be one of: {', '.join(CALLS)}.")
    if message["type"] == "track" and not _name(message):
        raise Invalid.field("event", "Must name the event.")
    return message


def _names(messages: Iterable[Message]) -> set[Name]:
    return {(message["type"], _name(message)) for message in messages if message["type"] in DOING}


def _name(message: Message) -> str:
    """Return what an event, page or screen is called."""
    field_name = "event" if message["type"] == "track" else "name"
    value = message.get(field_name)
    return clean_text(value, field_name, longest=LARGEST_MESSAGE) if isinstance(value, str) else ""


class _Reader:
    """Reads the messages of one request; asks for custom fields once, and only where somebody has traits."""

    kinds: Mapping[Name, ActivityType]

    def __init__(self, now: datetime, sent_at: object) -> None:
        self.now = now
        self.sent_at = sent_at

    @cached_property
    def custom_fields(self) -> dict[str, CustomField]:
        return {custom.key: custom for custom in CustomField.objects.all()}

    def read(self, message: Message, found: Read) -> None:
        """Add what the message says."""
        call = message["type"]
        if call == "alias":
            found.aliases.append(self._alias(message))
            return
        facts = self._facts(message)
        reference = _reference(message, facts)
        if call in DOING:
            found.events.append(self._event(message, reference, facts))
            return
        found.arrivals.append(Arrived(reference, facts))
        if facts.not_understood:
            reasons = [f"{name}: {one['reason']}" for name, one in facts.not_understood.items()]
            found.taken_in_part.append(_refusal(message, f"Taken without {'; '.join(reasons)}"))

    def _alias(self, message: Message) -> Alias:
        previous = _id(message, "previousId")
        if not previous:
            raise Invalid.field("previousId", "Must name who it was.")
        return Alias(previous, _reference(message, Facts()))

    def _facts(self, message: Message) -> Facts:
        context = _object(message, "context")
        traits = _object(message, "traits")
        known = _object(context, "traits")
        campaign = _object(context, "campaign")
        company = traits if message["type"] == "group" else None
        person = known if company is not None else {**known, **traits}
        if isinstance(locale := context.get("locale"), str):
            person = {"locale": locale, **person}
        if not (person or company or campaign):
            return Facts()
        return facts_of(person, company, campaign, custom_fields=self.custom_fields, now=self.now)

    def _event(self, message: Message, reference: Reference, facts: Facts) -> Event:
        return Event(
            reference=reference,
            facts=facts,
            type=self.kinds[message["type"], _name(message)],
            occurred_at=self._occurred_at(message),
            properties=_properties(message),
            external_id=_id(message, "messageId") or None,
        )

    def _occurred_at(self, message: Message) -> datetime:
        """Return when it happened by our clock: the sender's may be wrong, and its messages may come late."""
        occurred = _moment(message.get("originalTimestamp")) or _moment(message.get("timestamp"))
        sent = _moment(message.get("sentAt")) or _moment(self.sent_at)
        if occurred is None:
            return self.now
        if sent is not None:
            try:
                occurred += self.now - sent
            except OverflowError:
                return self.now
        if occurred < self.now - OLDEST:
            raise Invalid.field("timestamp", "Is more than ten years ago.")
        return min(occurred, self.now)


def _reference(message: Message, facts: Facts) -> Reference:
    """Return who is meant. A user id that is an address is one, so that forms and products meet."""
    user, visitor = _id(message, "userId"), _id(message, "anonymousId")
    if user and "email" not in facts.lead and "@" in user and (email := _as_email(user)):
        facts.lead["email"] = email
    reference = Reference.of(facts, external_id=user or None, visitor_id=visitor or None)
    if not reference.keys:
        raise Invalid.field("userId", "Give userId, anonymousId, or an address among the traits.")
    return reference


def _as_email(text: str) -> str | None:
    try:
        return clean_email(text)
    except Invalid:
        return None


def _id(message: Message, name: str) -> str:
    value = message.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    text = clean_text(value, name, longest=LONGEST_ID)
    return "" if text.lower() in NOBODY else text


def _object(message: Message, name: str) -> Message:
    value = message.get(name)
    return value if isinstance(value, Mapping) else {}


def _properties(message: Message) -> dict[str, Any]:
    """Return what is told about the event: its properties, its name, and the page and campaign around it."""
    context = _object(message, "context")
    given = read_properties(message.get("properties"), "properties")
    properties = {name: value for name, value in given.items() if value is not None}
    page, campaign = _object(context, "page"), _object(context, "campaign")
    around: dict[str, object] = {
        "event" if message["type"] == "track" else "name": _name(message),
        "category": message.get("category"),
        "user_agent": str(context.get("userAgent") or "")[:LONGEST_AGENT],
        **{name: page.get(name) for name in PAGE},
        **{f"utm_{'campaign' if name == 'name' else name}": value for name, value in campaign.items()},
    }
    told = {name: value for name, value in around.items() if isinstance(value, str) and value}
    return properties | read_properties({name: properties.get(name, told[name]) for name in told}, "context")


def _moment(value: object) -> datetime | None:
    """Return a moment as libraries write it, or None: the time of arrival is better than nothing."""
    if not isinstance(value, str):
        return None
    try:
        moment = parse_datetime(value.strip())
        return moment and (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _reason(fault: Invalid) -> str:
    """Say why a message was refused, in one line."""
    return "; ".join(f"{name}: {texts[0]}" for name, texts in fault.errors.items()) or fault.message


def _refusal(message: object, reason: str) -> Refusal:
    number = message.get("messageId") if isinstance(message, Mapping) else None
    storable = isinstance(number, str) and number.isprintable() and len(number) <= LONGEST_ID
    # Printed as ASCII: it may hold what no column can.
    return Refusal(
        reason=reason.encode("ascii", "backslashreplace").decode().replace("\x00", "\\x00"),
        message=as_json(message),
        message_id=str(number) if storable else "",
    )
