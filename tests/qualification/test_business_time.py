"""Working time over week-ends, holidays and changes of the clock, against cases worked out by hand."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.services.clock.business_time import NeverOpen, Span, WorkCalendar

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
KOLKATA = ZoneInfo("Asia/Kolkata")

NINE_TO_FIVE: dict[int, list[Span]] = {day: [(time(9), time(17))] for day in range(5)}
WITH_LUNCH: dict[int, list[Span]] = {day: [(time(9), time(12)), (time(13), time(17))] for day in range(5)}
# Nights, as they are stored: until midnight, and on from it.
NIGHTS: dict[int, list[Span]] = {day: [(time(0), time(6)), (time(22), time(0))] for day in range(7)}

OFFICE = WorkCalendar(BERLIN, NINE_TO_FIVE)
MINUTE = timedelta(minutes=1)


def at(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    """Return a moment by a clock on the wall, such as 2026-11-19 10:00."""
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def utc(text: str) -> datetime:
    """Return a moment by UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


@pytest.mark.parametrize(
    ("calendar", "start", "work", "due"),
    [
        # Within a day; 2026-11-19 is a Thursday.
        (OFFICE, at("2026-11-19 10:00"), 4, at("2026-11-19 14:00")),
        # All of the day is its end, not the next morning.
        (OFFICE, at("2026-11-19 09:00"), 8, at("2026-11-19 17:00")),
        # Over night: 3 h on Thursday, 1 h on Friday.
        (OFFICE, at("2026-11-19 14:00"), 4, at("2026-11-20 10:00")),
        # Over a week-end: 2 h on Friday, 8 h on Monday, 2 h on Tuesday.
        (OFFICE, at("2026-11-20 15:00"), 12, at("2026-11-24 11:00")),
        # Who asks at night, or on a Sunday, waits from the next opening on.
        (OFFICE, at("2026-11-19 23:30"), 1, at("2026-11-20 10:00")),
        (OFFICE, at("2026-11-22 03:00"), 1, at("2026-11-23 10:00")),
        # A break does not count: 1 h before lunch, 1 h after.
        (WorkCalendar(BERLIN, WITH_LUNCH), at("2026-11-19 11:00"), 2, at("2026-11-19 14:00")),
        # Holidays in a row: Friday 25 December, the week-end with Boxing Day, then Monday.
        (
            WorkCalendar(BERLIN, NINE_TO_FIVE, frozenset({date(2026, 12, 25), date(2026, 12, 26)})),
            at("2026-12-24 16:00"), 2, at("2026-12-28 10:00"),
        ),
        # Asked on a holiday.
        (
            WorkCalendar(BERLIN, NINE_TO_FIVE, frozenset({date(2026, 10, 5)})),
            at("2026-10-05 10:00"), 1, at("2026-10-06 10:00"),
        ),
        # Around the clock, with and without a holiday.
        (WorkCalendar(), at("2026-11-20 15:00"), 24, at("2026-11-21 15:00")),
        (
            WorkCalendar(BERLIN, {}, frozenset({date(2026, 11, 21)})),
            at("2026-11-20 15:00"), 24, at("2026-11-22 15:00"),
        ),
        # The same moment, by the clocks of other zones. 10:00 in Berlin is 04:00 in New York.
        (WorkCalendar(NEW_YORK, NINE_TO_FIVE), at("2026-11-19 10:00"), 1, at("2026-11-19 10:00", NEW_YORK)),
        # 10:00 in Berlin is 14:30 in Kolkata: 2:30 h are left there, then 1:30 h on Friday.
        (WorkCalendar(KOLKATA, NINE_TO_FIVE), at("2026-11-19 10:00"), 4, at("2026-11-20 10:30", KOLKATA)),
        # The clock goes back on Sunday 25 October, forward on Sunday 29 March: office hours are what the wall
        # says. Friday 16:00 + 2 h = Monday 10:00, an hour later, or earlier, by UTC.
        (OFFICE, utc("2026-10-23 14:00"), 2, utc("2026-10-26 09:00")),
        (OFFICE, utc("2026-03-27 15:00"), 2, utc("2026-03-30 08:00")),
        # Around the clock an hour is an hour: 24 h over the change is another time of day.
        (WorkCalendar(BERLIN, {}), at("2026-10-24 12:00"), 24, at("2026-10-25 11:00")),
        (WorkCalendar(BERLIN, {}), at("2026-03-28 12:00"), 24, at("2026-03-29 13:00")),
        # A night shift from 22:00: 9 hours when the clock goes back, 7 when it goes forward.
        (WorkCalendar(BERLIN, NIGHTS), at("2026-10-24 22:00"), 9, at("2026-10-25 06:00")),
        (WorkCalendar(BERLIN, NIGHTS), at("2026-03-28 22:00"), 7, at("2026-03-29 06:00")),
        # New York changes on other Sundays: 1 November and 8 March 2026.
        (
            WorkCalendar(NEW_YORK, NIGHTS),
            at("2026-10-31 22:00", NEW_YORK), 9, at("2026-11-01 06:00", NEW_YORK),
        ),
        # Nothing to do is done at once.
        (OFFICE, at("2026-11-22 03:00"), 0, at("2026-11-22 03:00")),
    ],
)  # fmt: skip
def test_due_after(calendar: WorkCalendar, start: datetime, work: float, due: datetime) -> None:
    assert calendar.due_after(start, hours(work)) == due
    assert calendar.worked_between(start, due) == hours(work)


@pytest.mark.parametrize(
    ("calendar", "start", "end", "worked"),
    [
        # A week has five days of eight hours.
        (OFFICE, at("2026-11-16 00:00"), at("2026-11-23 00:00"), 40),
        # From one night to the next; from a Saturday to a Sunday.
        (OFFICE, at("2026-11-19 20:00"), at("2026-11-20 20:00"), 8),
        (OFFICE, at("2026-11-21 08:00"), at("2026-11-22 20:00"), 0),
        # The days on which the clock changes have 25 and 23 hours.
        (WorkCalendar(BERLIN, {}, frozenset({date(2026, 1, 1)})),
         at("2026-10-25 00:00"), at("2026-10-26 00:00"), 25),
        (WorkCalendar(BERLIN, {}, frozenset({date(2026, 1, 1)})),
         at("2026-03-29 00:00"), at("2026-03-30 00:00"), 23),
        # The end lies before the start.
        (OFFICE, at("2026-11-20 12:00"), at("2026-11-19 12:00"), 0),
        (WorkCalendar(), at("2026-11-20 12:00"), at("2026-11-19 12:00"), 0),
    ],
)  # fmt: skip
def test_worked_between(calendar: WorkCalendar, start: datetime, end: datetime, worked: float) -> None:
    assert calendar.worked_between(start, end) == hours(worked)


def test_spans_that_touch_or_overlap_are_one() -> None:
    split = WorkCalendar(
        BERLIN, {3: [(time(12), time(17)), (time(9), time(12)), (time(11), time(13)), (time(20), time(0))]}
    )
    assert split.spans_of(date(2026, 11, 19)) == [
        (at("2026-11-19 09:00"), at("2026-11-19 17:00")),
        (at("2026-11-19 20:00"), at("2026-11-20 00:00")),
    ]


def test_a_time_that_the_clock_shows_twice_is_the_first_and_one_it_skips_is_later() -> None:
    early = WorkCalendar(BERLIN, {6: [(time(1), time(2, 30))]})
    # 02:30 comes at 00:30 and at 01:30 by UTC.
    assert early.spans_of(date(2026, 10, 25)) == [(utc("2026-10-24 23:00"), utc("2026-10-25 00:30"))]
    # There is no 02:30: an hour and a half after 01:00 it is 03:30.
    assert early.spans_of(date(2026, 3, 29)) == [(utc("2026-03-29 00:00"), utc("2026-03-29 01:30"))]


def test_a_calendar_that_never_opens_is_refused() -> None:
    whole_year = frozenset(date(2026, 11, 19) + timedelta(days=day) for day in range(400))
    with pytest.raises(NeverOpen, match="no hour of work within a year"):
        WorkCalendar(BERLIN, NINE_TO_FIVE, whole_year).due_after(at("2026-11-19 10:00"), hours(1))
    assert WorkCalendar(BERLIN, NINE_TO_FIVE, whole_year).worked_between(
        at("2026-11-19 10:00"), at("2026-12-19 10:00")
    ) == hours(0)


def test_eleven_months_of_holidays_are_waited_for() -> None:
    most = frozenset(date(2026, 1, 1) + timedelta(days=day) for day in range(330))
    calendar = WorkCalendar(BERLIN, NINE_TO_FIVE, most)
    # 27 November 2026 is a Friday, day 330 of the year counted from 0.
    assert calendar.due_after(at("2026-01-01 10:00"), hours(1)) == at("2026-11-27 10:00")


zones = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Santiago"]
).map(ZoneInfo)
moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
quarters = st.integers(0, 95).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))


@st.composite
def calendars(draw: st.DrawFn) -> WorkCalendar:
    """Draw a calendar that opens at least once a week."""
    spans = st.tuples(quarters, quarters).filter(lambda span: span[1] > span[0] or span[1] == time(0))
    days = st.dictionaries(st.integers(0, 6), st.lists(spans, min_size=1, max_size=3), min_size=1)
    closed = draw(st.sets(st.dates(date(2025, 1, 1), date(2027, 12, 31)), max_size=5))
    return WorkCalendar(draw(zones), draw(days), frozenset(closed))


@given(calendars(), moments, st.integers(0, 60 * 200))
def test_as_much_is_worked_until_it_is_due(calendar: WorkCalendar, start: datetime, minutes: int) -> None:
    due = calendar.due_after(start, minutes * MINUTE)
    assert calendar.worked_between(start, due) == minutes * MINUTE
    # And not a moment earlier.
    if minutes:
        assert calendar.worked_between(start, due - timedelta(microseconds=1)) < minutes * MINUTE


@given(calendars(), moments, st.integers(0, 60 * 24 * 60), st.integers(0, 60 * 24 * 60))
def test_time_adds_up(calendar: WorkCalendar, start: datetime, first: int, second: int) -> None:
    between, end = start + first * MINUTE, start + (first + second) * MINUTE
    whole = calendar.worked_between(start, end)
    assert whole == calendar.worked_between(start, between) + calendar.worked_between(between, end)
    assert timedelta() <= whole <= end - start


@given(calendars(), moments, st.integers(1, 6000), st.integers(0, 6000))
def test_more_work_is_due_later(calendar: WorkCalendar, start: datetime, work: int, more: int) -> None:
    assert calendar.due_after(start, (work + more) * MINUTE) >= calendar.due_after(start, work * MINUTE)
    later = start + more * MINUTE
    assert calendar.due_after(later, work * MINUTE) >= calendar.due_after(start, work * MINUTE)
