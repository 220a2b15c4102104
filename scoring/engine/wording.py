"""Plain words for rules and their evidence."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from leadapp.models import Operator, Seniority
from scoring.engine.definition import Rule
from scoring.models import Counting, Decay

# With these the value says less than the name of the rule.
_NAMELESS = {Operator.IS_SET, Operator.IS_EMPTY, Operator.NOT_IN, Operator.NOT_EQUALS}
_UNSPEAKING = {"lead.email", "lead.phone", "lead.linkedin_url", "lead.first_name", "lead.last_name"}


def fact_evidence(rule: Rule, values: Sequence[str | None]) -> str:
    """Say what a fit rule found: "Machinery", "480 people"."""
    found = []
    for (field, _, _), value in zip(rule.conditions, values, strict=True):
        text = _fact(field, value)
        if text not in found:
            found.append(text)
    return ", ".join(found)


def fact_reason(rule: Rule, values: Sequence[str | None]) -> str:
    """Say in two or three words why a fit rule gave points; its name where the facts say nothing."""
    speaking = [
        _fact(field, value)
        for (field, operator, _), value in zip(rule.conditions, values, strict=True)
        if value and field not in _UNSPEAKING and Operator(operator) not in _NAMELESS
    ]
    return speaking[0] if speaking and rule.points > 0 else rule.name


def activity_name(rule: Rule, *, matches: int) -> str:
    """Say what somebody did, and how often where that counts: "Viewed the pricing page 4 times"."""
    return rule.name if matches == 1 or rule.counting == Counting.ONCE else f"{rule.name} {_times(matches)}"


def activity_reason(name: str, *, matches: int, newest: datetime, now: datetime) -> str:
    """Add when it was: "Asked for a demo 41 minutes ago"."""
    return f"{name}{', last' if matches > 1 else ''} {ago(newest, now=now)}"


def activity_evidence(
    rule: Rule, *, matches: int, newest: datetime | None, raw: Decimal, points: Decimal, as_of: datetime
) -> str:
    """Say which activities a rule counted: "4 times, newest 12 Nov; 10 points each; halves every 14 days"."""
    if not matches or newest is None:
        return "No activity"
    if matches < rule.min_occurrences:
        return f"{_times(matches)}; counts from {_times(rule.min_occurrences)} on"
    date = day(newest, as_of=as_of)
    parts = [date if matches == 1 else f"{_times(matches)}, newest {date}"]
    if raw != points:
        parts.append(f"{raw:.1f} before the cap of {rule.max_points}")
    elif rule.counting == Counting.ONCE and matches > 1:
        parts.append("counts once")
    elif matches > 1:
        parts.append(f"{signed(rule.points)} points each")
    if rule.decay == Decay.HALF_LIFE:
        parts.append(f"halves every {_days(rule.decay_days)}")
    elif rule.decay == Decay.LINEAR:
        parts.append(f"fades to zero over {_days(rule.decay_days)}")
    return "; ".join(parts)


def ago(moment: datetime, *, now: datetime) -> str:
    """Say how long ago something was: "just now", "41 minutes ago", "yesterday", "on 12 Nov"."""
    passed = now - moment
    minutes = int(passed / timedelta(minutes=1))
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} minute{'s' if minutes > 1 else ''} ago"
    local, today = timezone.localtime(moment).date(), timezone.localtime(now).date()
    days = (today - local).days
    hours = minutes // 60
    if days == 0 or hours < 6:
        return f"{hours} hour{'s' if hours > 1 else ''} ago"
    if days == 1:
        return "yesterday"
    if days < 14:
        return f"{days} days ago"
    return f"on {day(moment, as_of=now)}"


def day(moment: datetime, *, as_of: datetime) -> str:
    """Return the date, with the year only if it is another one."""
    local = timezone.localtime(moment)
    year = "" if local.year == timezone.localtime(as_of).year else f" {local.year}"
    return f"{local.day} {local:%b}{year}"


def signed(points: int) -> str:
    """Return points with a real minus sign."""
    return str(points) if points >= 0 else f"\N{MINUS SIGN}{-points}"


def _fact(field: str, value: str | None) -> str:
    if not value:
        return "Empty"
    if field == "company.employees":
        return f"{int(value):,} people"
    if field == "company.annual_revenue":
        return f"€{int(value) / 1_000_000:,.0f} m" if int(value) >= 1_000_000 else f"€{int(value):,}"
    if field == "lead.seniority":
        return str(Seniority(value).label)
    return value


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _days(days: int | None) -> str:
    return "day" if days == 1 else f"{days} days"
