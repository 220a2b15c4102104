"""Whoever is told something has it in the app at once, and by e-mail as they chose."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from qualification.models import ByEmail, DigestHour, Notice, NoticeChoice, NoticeKind, NoticeMail
from qualification.services.notices import Telling, tell
from tests.notices.build import NOW, choose_for, join_team, make_rep, told

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("by_email", ByEmail)
@pytest.mark.parametrize("kind", NoticeKind)
def test_every_kind_comes_as_it_was_chosen(kind: NoticeKind, by_email: ByEmail) -> None:
    rep = make_rep()
    choose_for(rep, kind, by_email)
    notice = told(rep, kind=kind)
    mails = list(NoticeMail.objects.values_list("notice", "is_digest", "due_at", "state"))
    tomorrow_at_eight = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    assert (
        mails
        == {
            ByEmail.IMMEDIATE: [(notice.pk, False, NOW, "waiting")],
            ByEmail.DIGEST: [(notice.pk, True, tomorrow_at_eight, "waiting")],
            ByEmail.NONE: [],
        }[by_email]
    )


@pytest.mark.parametrize(
    ("kind", "is_digest"),
    [
        (NoticeKind.HANDOVER, False),
        (NoticeKind.DUE_SOON, None),
        (NoticeKind.BREACH, False),
        (NoticeKind.HOT_LEAD, False),
        (NoticeKind.MENTION, True),
        (NoticeKind.WAKE_UP, True),
        (NoticeKind.NOBODY_AVAILABLE, False),
        (NoticeKind.ABSENCE, True),
        (NoticeKind.MERGE, True),
        (NoticeKind.WEBHOOK, False),
        (NoticeKind.KEY, True),
        (NoticeKind.EXPORT, None),
    ],
)
def test_what_holds_for_whoever_has_chosen_nothing(kind: NoticeKind, is_digest: bool | None) -> None:
    told(make_rep(), kind=kind)
    assert list(NoticeMail.objects.values_list("is_digest", flat=True)) == (
        [] if is_digest is None else [is_digest]
    )


@pytest.mark.parametrize(
    ("zone", "hour", "now", "due_at"),
    [
        # 10:00 UTC is 11:00 in Berlin: after eight, so tomorrow; before noon, so today.
        ("Europe/Berlin", 8, NOW, datetime(2026, 11, 20, 7, 0, tzinfo=UTC)),
        ("Europe/Berlin", 12, NOW, datetime(2026, 11, 19, 11, 0, tzinfo=UTC)),
        # Five in the morning in New York.
        ("America/New_York", 8, NOW, datetime(2026, 11, 19, 13, 0, tzinfo=UTC)),
        # The clocks go forward in the night: eight o'clock is an hour earlier.
        (
            "Europe/Berlin",
            8,
            datetime(2026, 3, 28, 10, 0, tzinfo=UTC),
            datetime(2026, 3, 29, 6, 0, tzinfo=UTC),
        ),
        # On the stroke of the hour: the next day's.
        (
            "Europe/Berlin",
            8,
            datetime(2026, 11, 19, 7, 0, tzinfo=UTC),
            datetime(2026, 11, 20, 7, 0, tzinfo=UTC),
        ),
    ],
)
def test_a_digest_comes_at_the_hour_by_the_clock_of_the_team(
    zone: str, hour: int, now: datetime, due_at: datetime
) -> None:
    rep = make_rep()
    join_team(rep, zone)
    DigestHour.objects.create(user=rep, hour=hour)
    told(rep, kind=NoticeKind.MENTION, now=now)
    assert NoticeMail.objects.get().due_at == due_at


def test_nobody_is_told_twice_of_one_event() -> None:
    rep = make_rep()
    told(rep, event="assignment:1")
    told(rep, event="assignment:1")
    assert Notice.objects.count() == NoticeMail.objects.count() == 1


def test_who_has_left_is_told_nothing_and_who_has_no_address_only_in_the_app() -> None:
    gone, silent = make_rep("gone", is_active=False), make_rep("silent", email="")
    tell(
        [Telling(user.pk, NoticeKind.HANDOVER, "Yours.", "assignment:1") for user in (gone, silent)], now=NOW
    )
    assert list(Notice.objects.values_list("user", flat=True)) == [silent.pk]
    assert not NoticeMail.objects.exists()


@pytest.mark.parametrize("count", [0, 1, 20])
def test_any_number_of_people_takes_one_statement(
    count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    people = [make_rep(f"rep{number}") for number in range(count)]
    with django_assert_num_queries(1 if count else 0):
        tell((Telling(one.pk, NoticeKind.BREACH, "Late.", "clock:1") for one in people), now=NOW)
    assert Notice.objects.count() == count


def test_the_database_refuses_what_makes_no_sense() -> None:
    rep = make_rep()
    notice = told(rep, kind=NoticeKind.DUE_SOON)
    wrong: list[Callable[[], object]] = [
        lambda: NoticeChoice.objects.create(user=rep, kind="gossip", by_email="none"),
        lambda: NoticeChoice.objects.create(user=rep, kind="breach", by_email="pigeon"),
        lambda: DigestHour.objects.create(user=rep, hour=24),
        lambda: NoticeMail.objects.create(notice=notice, user=rep, due_at=NOW, state="sent"),
        lambda: NoticeMail.objects.create(notice=notice, user=rep, due_at=NOW, sent_at=NOW),
        lambda: NoticeMail.objects.create(
            notice=notice, user=rep, due_at=NOW, state="failed", claimed_until=NOW
        ),
    ]
    for write in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            write()
