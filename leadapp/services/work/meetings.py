"""Meetings that are arranged: when they begin, written so that they can be found by it."""

from datetime import UTC, datetime
from typing import Any

from django.utils.dateparse import parse_datetime

BOOKED = "meeting_booked"
STARTS_AT = "starts_at"
FAULT = "Must be a date and time (ISO 8601), such as 2026-01-31T09:30:00Z."


def write_start(moment: datetime) -> str:
    """Write a moment as it is stored: in UTC and always in one form, so that texts compare as moments do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_start(value: object) -> datetime | None:
    """Return the moment that was given, without a time zone in UTC; None if it is none."""
    if not isinstance(value, str):
        return None
    try:
        moment = parse_datetime(value.strip())
        if moment is None or not 1970 <= moment.year <= 9998:
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def with_start(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of a meeting with its beginning as it is stored.

    The event is taken in any case: what is no moment is kept among what was not understood.
    """
    given = properties.get(STARTS_AT)
    if given is None:
        return properties
    moment = read_start(given)
    if moment is not None:
        return {**properties, STARTS_AT: write_start(moment)}
    others = properties.get("not_understood")
    rest = {name: value for name, value in properties.items() if name != STARTS_AT}
    told = {STARTS_AT: {"given": given, "reason": FAULT}}
    return {**rest, "not_understood": (others if isinstance(others, dict) else {}) | told}
