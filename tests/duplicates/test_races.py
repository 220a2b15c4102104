"""Merges while others are at work: one wins, no event is lost, and a killed worker leaves all as it was."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from leadapp.errors import Refused
from leadapp.models import Activity, ActivityType, DuplicatePair, Lead, MatchRequest, Merge, User
from leadapp.services.duplicates import finding
from leadapp.services.duplicates.merging import merge_leads
from leadapp.services.identity.resolving import Reference
from leadapp.services.intake.events import Event
from leadapp.services.intake.recording import record_activities
from leadapp.services.leads.facts import Facts
from leadapp.services.privacy.erasing import erase_leads
from scoring.services.queue import score_waiting
from scoring.services.verification import Verified, verify_scores
from tests.qualification.build import NOW, make_lead, make_user
from tests.support.database import somebody_waits
from tests.support.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """Make the calls in threads of their own; an answer is what was returned or raised."""
    start = threading.Barrier(len(calls))
    answers: list[Any] = [None] * len(calls)

    def run(index: int, call: Callable[[], Any]) -> None:
        try:
            start.wait(60)
            answers[index] = call()
        except Refused as refusal:
            answers[index] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def merging(winner: Lead, loser: Lead, actor: User) -> Callable[[], Any]:
    return lambda: merge_leads(winner=winner, loser=loser, actor=actor, now=timezone.now())


def pushing(lead: Lead, number: int) -> Callable[[], Any]:
    def push() -> Any:
        now = timezone.now()
        event = Event(
            reference=Reference(email=lead.email),
            facts=Facts(lead={"email": lead.email}),
            type=ActivityType.objects.get(slug="page_view"),
            occurred_at=now,
            properties={},
            external_id=f"e{number}",
        )
        return record_activities(events=[event], source="site", actor=None, now=now)

    return push


def test_two_people_merge_the_same_pair() -> None:
    one, other = make_lead(), make_lead()
    mona, max_ = make_user("mona", "manager"), make_user("max", "manager")

    answers = at_once([merging(one, other, mona), merging(other, one, max_)] * 2)

    assert sum(isinstance(answer, Merge) for answer in answers) == 1
    assert sum(isinstance(answer, Refused) for answer in answers) == 3
    assert Lead.objects.get().pk == Merge.objects.get().winner_id


def test_no_event_is_lost_while_its_lead_is_merged() -> None:
    winner, loser = make_lead(), make_lead()
    calls = [merging(winner, loser, make_user("mona", "manager"))]

    answers = at_once([*(pushing(loser, number) for number in range(7)), *calls])

    assert None not in answers
    assert not any(isinstance(answer, Refused) for answer in answers), answers
    assert Activity.objects.filter(lead=winner, type__slug="page_view").count() == 7
    while score_waiting(now=timezone.now()):
        pass
    found = Verified()
    list(verify_scores(found))
    assert found.differing == 0


def test_a_worker_that_dies_half_way_leaves_all_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        make_lead(first_name="Jane", last_name="Doe", phone="+4930901820")

    def die(*args: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(finding, "_keep", die)
        with pytest.raises(SystemExit):
            finding.compare_waiting(now=NOW)
    assert MatchRequest.objects.count() == 2

    assert finding.compare_waiting(now=NOW) == 2
    assert DuplicatePair.objects.exists()


def test_two_workers_share_the_work() -> None:
    for number in range(40):
        make_lead(first_name=f"Jane{number % 4}", last_name="Doe", phone="+4930901820")

    def work() -> int:
        done = 0
        while some := finding.compare_waiting(now=NOW, limit=5):
            done += some
        return done

    assert sum(at_once([work, work])) == 40
    with transaction.atomic():
        assert not finding.is_waiting()


JANE: dict[str, Any] = {"first_name": "Jane", "last_name": "Doe", "phone": "+4930901820"}


def two_alike() -> tuple[Lead, Lead]:
    """Return one that was compared and one like it that waits for that."""
    known = make_lead(**JANE)
    finding.compare_waiting(now=NOW)
    return known, make_lead(**JANE)


@pytest.mark.parametrize("which", [(0,), (1,), (0, 1)])
def test_leads_are_erased_while_they_are_compared(
    which: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    leads = two_alike()
    keep, is_weighed = finding._keep, threading.Event()

    def keep_later(*args: Any) -> None:
        is_weighed.set()
        wait_for(lambda: somebody_waits() or Lead.objects.count() < 2)
        keep(*args)

    def erase() -> int:
        assert is_weighed.wait(60)
        return erase_leads([leads[index].pk for index in which])

    monkeypatch.setattr(finding, "_keep", keep_later)
    answers = at_once([lambda: finding.compare_waiting(now=NOW), erase])

    assert answers == [1, len(which)]
    assert Lead.objects.count() == 2 - len(which)
    assert not DuplicatePair.objects.exists()
    assert not MatchRequest.objects.exists()


@pytest.mark.parametrize("is_erased", [True, False])
@pytest.mark.parametrize("index", [0, 1])
def test_who_is_being_erased_is_compared_later_if_at_all(index: int, is_erased: bool) -> None:
    leads = two_alike()
    is_locked, may_end = threading.Event(), threading.Event()

    def erase() -> None:
        with transaction.atomic():
            erase_leads([leads[index].pk])
            is_locked.set()
            assert may_end.wait(60)
            transaction.set_rollback(not is_erased)

    def compare() -> None:
        assert is_locked.wait(60)
        finding.compare_waiting(now=NOW)
        may_end.set()

    at_once([erase, compare])

    assert MatchRequest.objects.count() == (0 if is_erased and index == 1 else 1)
    while finding.compare_waiting(now=NOW):
        pass
    assert DuplicatePair.objects.exists() is not is_erased
    assert not MatchRequest.objects.exists()
