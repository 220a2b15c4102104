"""Read what the tracker of a website sends: times by our clock, addresses without what is secret in them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings

from leadapp.errors import Invalid
from leadapp.models import ActivityType, EventName, TrackedSite
from leadapp.services.forms.reading import CAMPAIGN_FIELDS, clean_place
from leadapp.services.identity.resolving import Reference
from leadapp.services.intake.arrivals import Arrived
from leadapp.services.intake.event_names import known_kinds
from leadapp.services.intake.events import Event, read_properties
from leadapp.services.leads.facts import LEAD_FACTS, Facts, clean_facts
from leadapp.services.texts import clean_text

PAGE_VIEW, READ_ON, CAME_BACK = "page_view", "time_on_page", "returning_visit"
MOST_EVENTS = 50
FIELDS = frozenset({"site", "sent_at", "visitor", "consent", "withdrawn", "first", "identify", "events"})
EVENT_FIELDS = frozenset({"id", "name", "at", "url", "title", "referrer", "properties"})
NUMBER = re.compile(r"[0-9A-Za-z-]{16,64}")
LONGEST_URL = 2_000
LONGEST_DAY = 24 * 3600
# What a website may say of somebody who signed in there. Whatever else is known comes by key.
MAY_TELL = frozenset({"email", "first_name", "last_name", "phone", "job_title", "company"})
# What sales does, and what mail programs do, is not told by websites: anybody can send what they send.
NOT_FROM_WEBSITES = (ActivityType.Channel.SALES, ActivityType.Channel.EMAIL, ActivityType.Channel.RECORD)


@dataclass(frozen=True)
class Agreement:
    """Which visitor agreed to which version of the website's words, and when."""

    visitor_id: str
    version: int
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What came in one request. Without an agreement it is of nobody: views to count, and nothing else.

    `left_out` are custom events whose name no activity type has.
    """

    agreement: Agreement | None = None
    is_withdrawn: bool = False
    events: list[Event] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    arrival: Arrived | None = None


def read_batch(raw: Mapping[str, Any], *, site: TrackedSite, now: datetime) -> Batch:
    """Return what the tracker sent, or raise Invalid that names the first fault of each part."""
    if unknown := sorted(set(raw) - FIELDS):
        raise Invalid.field(unknown[0][:100], "Is not known here.")
    # The clock of the browser may be wrong by any time; how long ago something was it tells rightly.
    shift = now - _moment(raw.get("sent_at"), "sent_at")
    events = _list(raw.get("events"))
    if not raw.get("visitor"):
        return Batch(events=_of_nobody(events, now, shift))
    agreement = _agreement(raw, now, shift)
    if raw.get("withdrawn") is True:
        return Batch(agreement=agreement, is_withdrawn=True)
    reference = Reference(visitor_id=agreement.visitor_id)
    facts = _first_touch(_object(raw.get("first") or {}, "first"), site)
    known, left_out = _events(events, reference, facts, now, shift)
    arrival = _arrival(raw["identify"], reference) if raw.get("identify") is not None else None
    return Batch(agreement=agreement, events=known, left_out=left_out, arrival=arrival)


def _agreement(raw: Mapping[str, Any], now: datetime, shift: timedelta) -> Agreement:
    visitor_id = _number(raw["visitor"], "visitor")
    consent = _object(raw.get("consent"), "consent")
    version = consent.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or not 0 < version < 2**31:
        raise Invalid.field("consent.version", "Name the version of the words that the visitor agreed to.")
    return Agreement(visitor_id, version, min(now, _moment(consent.get("at"), "consent.at") + shift))


def _events(
    raws: list[Mapping[str, Any]], reference: Reference, first: Facts, now: datetime, shift: timedelta
) -> tuple[list[Event], list[str]]:
    names = {name for raw in raws if isinstance(name := raw.get("name"), str) and "\x00" not in name}
    types = types_of(names)
    known: list[Event] = []
    left_out: list[str] = []
    for index, raw in enumerate(raws):
        path = f"events.{index}."
        name = clean_text(raw.get("name"), f"{path}name", longest=100)
        number, at = _number(raw.get("id"), f"{path}id"), _when(raw, path, now, shift)
        properties = _properties(raw, path)
        if name not in types:
            left_out.append(name)
        elif at > now - timedelta(days=settings.VISITOR_DAYS):
            facts = Facts() if known else first
            known.append(Event(reference, facts, types[name], at, properties, external_id=number))
    return known, left_out


def types_of(names: set[str]) -> dict[str, ActivityType]:
    """Return what events of these names become, as far as a website may tell of it.

    A name is that of an activity type, or one in the table of event names. Nothing is learnt: the key of a
    website is in everybody's hands.
    """
    types = {kind.slug: kind for kind in ActivityType.objects.filter(slug__in=names)}
    others = known_kinds((EventName.Call.TRACK, name) for name in names if name not in types)
    types |= {name: kind for (_call, name), kind in others.items()}
    return {name: kind for name, kind in types.items() if _is_of_websites(kind)}


def _is_of_websites(kind: ActivityType) -> bool:
    return not (kind.is_internal or kind.is_touch or kind.channel in NOT_FROM_WEBSITES)


def _of_nobody(raws: list[Mapping[str, Any]], now: datetime, shift: timedelta) -> list[Event]:
    """Return the page views, and of each no more than its page."""
    views = [(f"events.{index}.", raw) for index, raw in enumerate(raws) if raw.get("name") == PAGE_VIEW]
    kind = ActivityType(slug=PAGE_VIEW)
    return [
        Event(
            Reference(),
            Facts(),
            kind,
            _when(raw, path, now, shift),
            {"path": _place(raw.get("url"), f"{path}url").get("path", "/")},
            external_id=_number(raw.get("id"), f"{path}id"),
        )
        for path, raw in views
    ]


def _properties(raw: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Return what is told about an event, where it was, and how one came there."""
    if unknown := sorted(set(raw) - EVENT_FIELDS):
        raise Invalid.field(f"{path}{unknown[0][:100]}", "Is not a field of an event.")
    properties = read_properties(raw.get("properties"), f"{path}properties")
    seconds = properties.get("seconds")
    if raw.get("name") in (PAGE_VIEW, READ_ON) and seconds is not None:
        if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds < 0:
            raise Invalid.field(f"{path}properties.seconds", "Must be a number.")
        properties["seconds"] = min(round(seconds), LONGEST_DAY)
    title = clean_text(raw.get("title"), f"{path}title", longest=300)
    referrer = clean_place(raw.get("referrer"))
    told = {"title": title, "referrer": referrer}
    url = clean_text(raw.get("url"), f"{path}url", longest=LONGEST_URL)
    return properties | _place(url, f"{path}url") | _campaign(url) | {k: v for k, v in told.items() if v}


def _place(value: object, name: str) -> dict[str, str]:
    """Return address and path of a page; the part of a page behind # is its path in some applications."""
    url = clean_text(value, name, longest=LONGEST_URL)
    if not url:
        return {}
    place = clean_place(url[:LONGEST_URL])
    if not place:
        raise Invalid.field(name, "Is not the address of a page.")
    parts = urlsplit(url)
    part = parts.fragment.partition("?")[0]
    path = (parts.path or "/") + (f"#{part}" if part.startswith("/") else "")
    return {"url": place, "path": path[:500]}


def _campaign(url: str) -> dict[str, str]:
    try:
        found = dict(parse_qsl(urlsplit(url).query))
    except ValueError:
        return {}
    return {
        name: found[name][:200] for name in CAMPAIGN_FIELDS if found.get(name) and "\x00" not in found[name]
    }


def _first_touch(raw: Mapping[str, Any], site: TrackedSite) -> Facts:
    """Return where the visitor came from the first time: the campaign, else the website that led here."""
    url = clean_text(raw.get("url"), "first.url", longest=LONGEST_URL)
    referrer = clean_place(raw.get("referrer"))
    campaign = _campaign(url)
    led = urlsplit(referrer)
    is_own = f"{led.scheme}://{led.netloc}" in site.origins
    told = {
        **{name: text for name, text in campaign.items() if name in LEAD_FACTS},
        "source": campaign.get("utm_source") or ("" if is_own else led.hostname or ""),
        "campaign": campaign.get("campaign") or campaign.get("utm_campaign") or "",
    }
    given = {name: text[:100] for name, text in told.items() if text}
    return clean_facts(given, custom_fields={}, path="first.", soft=given.keys())


def _arrival(value: object, visitor: Reference) -> Arrived:
    told = _object(value, "identify")
    if unknown := sorted(set(told) - MAY_TELL):
        raise Invalid.field(f"identify.{unknown[0][:100]}", "A website cannot tell this of somebody.")
    facts = clean_facts(told, custom_fields={}, path="identify.", soft={"phone"})
    if facts.email is None:
        raise Invalid.field("identify.email", "Give an email address.")
    return Arrived(Reference.of(facts, visitor_id=visitor.visitor_id), facts, path="identify.")


def _when(raw: Mapping[str, Any], path: str, now: datetime, shift: timedelta) -> datetime:
    return min(now, _moment(raw.get("at"), f"{path}at") + shift)


def _moment(value: object, name: str) -> datetime:
    """Return a moment that was given in milliseconds since 1970, within a century."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < 4e12:
        raise Invalid.field(name, "Must be milliseconds since 1970.")
    return datetime.fromtimestamp(value / 1000, tz=UTC)


def _number(value: object, name: str) -> str:
    if not isinstance(value, str) or not NUMBER.fullmatch(value):
        raise Invalid.field(name, "Must be 16 to 64 letters, digits and dashes.")
    return value


def _object(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Invalid.field(name, "Must be an object.")
    return value


def _list(value: object) -> list[Mapping[str, Any]]:
    events = [] if value is None else value
    if not isinstance(events, list) or len(events) > MOST_EVENTS:
        raise Invalid.field("events", f"Must be a list of at most {MOST_EVENTS} events.")
    return [_object(event, f"events.{index}") for index, event in enumerate(events)]
