"""How moments and spans of time are written in the UI, in the reader's language and by their clock."""

from datetime import date, datetime, timedelta
from functools import lru_cache

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from leadapp.numbers import write_number

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def write_work(span: timedelta, *, is_rough: bool = False) -> str:
    """Write a length of working time, which has no days: 38 min, 3 h 12 min (roughly 3 h), 60 h."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < HOUR:
        return _("%(minutes)s min") % {"minutes": seconds // MINUTE}
    hours, minutes = seconds // HOUR, seconds % HOUR // MINUTE
    if hours < 4 and minutes and not is_rough:
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": f"{minutes:02}"}
    return _("%(hours)s h") % {"hours": write_number(hours)}


def write_span(span: timedelta) -> str:
    """Write a length of time by the clock: 38 min, 3 h 12 min, 19 h, 4 days."""
    return write_work(span) if span < timedelta(days=2) else write_days(span.days)


def write_days(days: int) -> str:
    """Write a number of days: 1 day, 4 days."""
    return ngettext("%(days)s day", "%(days)s days", days) % {"days": write_number(days)}


def write_moment(moment: datetime, *, now: datetime) -> str:
    """Write when something was or will be, as short as it stays clear: 41 min ago, today 09:14, 3 Nov."""
    seconds = (now - moment).total_seconds()
    if 0 <= seconds < MINUTE:
        return _("just now")
    if 0 <= seconds < HOUR:
        return _("%(minutes)s min ago") % {"minutes": int(seconds // MINUTE)}
    if 0 <= seconds < 4 * HOUR:
        return _("%(hours)s h ago") % {"hours": int(seconds // HOUR)}
    local, today = timezone.localtime(moment), timezone.localtime(now).date()
    days = (local.date() - today).days
    if days == 0:
        return _("today %(time)s") % {"time": date_format(local, "TIME_FORMAT")}
    if days == 1:
        return _("tomorrow %(time)s") % {"time": date_format(local, "TIME_FORMAT")}
    if days == -1:
        return _("yesterday")
    if abs(days) < 7:
        return date_format(local, "WEEKDAY_FORMAT")
    return _written(local, "MONTH_DAY_FORMAT" if local.year == today.year else "SHORT_DATE_FORMAT")


def write_date(moment: datetime) -> str:
    """Write a moment in full: Sat 21 Nov 2026, 23:56."""
    return _written(timezone.localtime(moment), "FULL_DATETIME_FORMAT")


def _written(local: datetime, name: str) -> str:
    # By what the clock shows: one moment is another time of day elsewhere.
    return _format(local.replace(tzinfo=None), name, get_language())


@lru_cache(maxsize=20_000)
def _format(shown: datetime, name: str, language: str | None) -> str:
    """Write a date once; lists show the same ones to everybody, hundreds at a time."""
    return date_format(shown, name)


def write_day(day: datetime | date) -> str:
    """Write a day, or the day of a moment: 21 Nov 2026."""
    return date_format(_local_day(day), "SHORT_DATE_FORMAT")


def write_weekday(day: datetime | date, *, with_year: bool = True) -> str:
    """Write a day with its weekday within a sentence, where Dutch writes it small: Tuesday 26 January."""
    text = date_format(_local_day(day), "LONG_WEEKDAY_YEAR_FORMAT" if with_year else "LONG_WEEKDAY_FORMAT")
    return text.lower() if get_language() == "nl" else text


def _local_day(day: datetime | date) -> datetime | date:
    """Return a day as it is, and a moment as the reader's clock shows it."""
    return timezone.localtime(day) if isinstance(day, datetime) else day
