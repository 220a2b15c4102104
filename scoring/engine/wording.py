"""Plain words for rules and their evidence."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from leadapp.models import Operator, Seniority
from leadapp.numbers import write_number
from leadapp.shipped import shown
from leadapp.words import count_times
from scoring.engine.definition import Rule
from scoring.models import Counting, Decay

# With these the value says less than the name of the rule.
_NAMELESS = {Operator.IS_SET, Operator.IS_EMPTY, Operator.NOT_IN, Operator.NOT_EQUALS}
_UNSPEAKING = {"lead.email", "lead.phone", "lead.linkedin_url", "lead.first_name", "lead.last_name"}


def fact_evidence(rule: Rule, values: Sequence[str | None]) -> str:
    """Say what a fit rule found: "Machinery", "480 people"."""
    found = []
    for (field, *_rest), value in zip(rule.conditions, values, strict=True):
        text = _fact(field, value)
        if text not in found:
            found.append(text)
    return ", ".join(found)


def fact_reason(rule: Rule, values: Sequence[str | None]) -> str:
    """Say in two or three words why a fit rule gave points; its name where the facts say nothing."""
    speaking = [
        _fact(field, value)
        for (field, operator, _value), value in zip(rule.conditions, values, strict=True)
        if value and field not in _UNSPEAKING and Operator(operator) not in _NAMELESS
    ]
    return speaking[0] if speaking and rule.points > 0 else shown(rule.name)


def activity_name(rule: Rule, *, matches: int) -> str:
    """Say what somebody did, and how often where that counts: "Viewed the pricing page 4 times"."""
    return _once_or_often(rule, matches)


def _once_or_often(rule: Rule, matches: int) -> str:
    if matches == 1 or rule.counting == Counting.ONCE:
        return shown(rule.name)
    return _("%(name)s %(times)s") % {"name": shown(rule.name), "times": count_times(matches)}


def activity_reason(name: str, *, matches: int, newest: datetime, now: datetime) -> str:
    """Add when it was: "Asked for a demo 41 minutes ago"."""
    if matches > 1:
        return _("%(name)s, last %(ago)s") % {"name": name, "ago": ago(newest, now=now)}
    return _("%(name)s %(ago)s") % {"name": name, "ago": ago(newest, now=now)}


def activity_evidence(
    rule: Rule, *, matches: int, newest: datetime | None, raw: Decimal, points: Decimal, as_of: datetime
) -> str:
    """Say which activities a rule counted: "4 times, newest 12 Nov; 10 points each; halves every 14 days"."""
    if not matches or newest is None:
        return _("No activity")
    if matches < rule.min_occurrences:
        return _("%(matches)s; counts from %(min_occurrences)s on") % {
            "matches": count_times(matches),
            "min_occurrences": count_times(rule.min_occurrences),
        }
    date = day(newest, as_of=as_of)
    parts = [
        date
        if matches == 1
        else _("%(matches)s, newest %(date)s") % {"matches": count_times(matches), "date": date}
    ]
    if raw != points:
        parts.append(
            _("%(raw)s before the cap of %(max_points)s")
            % {"raw": write_number(raw, 1), "max_points": rule.max_points}
        )
    elif rule.counting == Counting.ONCE and matches > 1:
        parts.append(_("counts once"))
    elif matches > 1:
        parts.append(_("%(points)s points each") % {"points": signed(rule.points)})
    if rule.decay == Decay.HALF_LIFE:
        parts.append(say_halving(rule.decay_days or 0))
    elif rule.decay == Decay.LINEAR:
        parts.append(say_ending(rule.decay_days or 0))
    return "; ".join(parts)


def ago(moment: datetime, *, now: datetime) -> str:
    """Say how long ago something was: "just now", "41 minutes ago", "yesterday", "on 12 Nov"."""
    passed = now - moment
    minutes = int(passed / timedelta(minutes=1))
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return ngettext("%(count)s minute ago", "%(count)s minutes ago", minutes) % {"count": minutes}
    local, today = timezone.localtime(moment).date(), timezone.localtime(now).date()
    days = (today - local).days
    hours = minutes // 60
    if days == 0 or hours < 6:
        return ngettext("%(count)s hour ago", "%(count)s hours ago", hours) % {"count": hours}
    if days == 1:
        return _("yesterday")
    if days < 14:
        return _("%(days)s days ago") % {"days": days}
    return _("on %(day)s") % {"day": day(moment, as_of=now)}


def day(moment: datetime, *, as_of: datetime) -> str:
    """Return the date, with the year only if it is another one."""
    local = timezone.localtime(moment)
    is_this_year = local.year == timezone.localtime(as_of).year
    return _written(local.date(), "MONTH_DAY_FORMAT" if is_this_year else "SHORT_DATE_FORMAT", get_language())


@lru_cache(maxsize=5_000)
def _written(local: date, name: str, language: str | None) -> str:
    """Write a day once: the reasons of thousands of leads name the same ones."""
    return date_format(local, name)


def signed(points: int) -> str:
    """Return points with a real minus sign."""
    return str(points) if points >= 0 else f"\N{MINUS SIGN}{-points}"


def _fact(field: str, value: str | None) -> str:
    if not value:
        return _("Empty")
    if field == "company.employees":
        return _("%(value)s people") % {"value": write_number(int(value))}
    if field == "company.annual_revenue":
        return _revenue(int(value))
    if field == "lead.seniority":
        return str(Seniority(value).label)
    return value


def _revenue(euros: int) -> str:
    if euros >= 1_000_000:
        return _("€%(millions)s m") % {"millions": write_number(euros / 1_000_000)}
    return _("€%(euros)s") % {"euros": write_number(euros)}


def say_halving(days: int) -> str:
    """Say how points fade: "halves every 14 days"."""
    return ngettext("halves every day", "halves every %(days)s days", days) % {"days": write_number(days)}


def say_ending(days: int) -> str:
    """Say how points fade: "fades to zero over 60 days"."""
    return ngettext("fades to zero over a day", "fades to zero over %(days)s days", days) % {
        "days": write_number(days)
    }
