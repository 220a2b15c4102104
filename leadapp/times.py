"""How moments and spans of time are written in the UI."""

from datetime import datetime, timedelta

from django.utils import timezone

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def write_work(span: timedelta, *, is_rough: bool = False) -> str:
    """Write a length of working time, which has no days: 38 min, 3 h 12 min (roughly 3 h), 60 h."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < HOUR:
        return f"{seconds // MINUTE} min"
    hours, minutes = seconds // HOUR, seconds % HOUR // MINUTE
    if hours < 4 and minutes and not is_rough:
        return f"{hours} h {minutes:02} min"
    return f"{hours:,} h"


def write_span(span: timedelta) -> str:
    """Write a length of time by the clock: 38 min, 3 h 12 min, 19 h, 4 days."""
    return write_work(span) if span < timedelta(days=2) else f"{span.days} days"


def write_moment(moment: datetime, *, now: datetime) -> str:
    """Write when something was or will be, as short as it stays clear: 41 min ago, today 09:14, 3 Nov."""
    seconds = (now - moment).total_seconds()
    if 0 <= seconds < MINUTE:
        return "just now"
    if 0 <= seconds < HOUR:
        return f"{int(seconds // MINUTE)} min ago"
    if 0 <= seconds < 4 * HOUR:
        return f"{int(seconds // HOUR)} h ago"
    local, today = timezone.localtime(moment), timezone.localtime(now).date()
    days = (today - local.date()).days
    if days in NEAR_DAYS:
        return f"{NEAR_DAYS[days]} {local:%H:%M}".strip() if days != 1 else NEAR_DAYS[days]
    if abs(days) < 7:
        return f"{local:%a} {local.day} {local:%b}"
    if local.year == today.year:
        return f"{local.day} {local:%b}"
    return f"{local.day} {local:%b %Y}"


def write_date(moment: datetime) -> str:
    """Write a moment in full: Sat 21 Nov 2026, 23:56."""
    local = timezone.localtime(moment)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"


def write_day(moment: datetime) -> str:
    """Write the day of a moment: 21 Nov 2026."""
    local = timezone.localtime(moment)
    return f"{local.day} {local:%b %Y}"


NEAR_DAYS = {0: "today", 1: "yesterday", -1: "tomorrow"}
