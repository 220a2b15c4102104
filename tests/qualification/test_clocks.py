"""The response clock as lists and pages show it."""

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from leadapp.models import Lead, User
from qualification.services.assignment import hand_over, take_lead
from qualification.services.clock.answers import answer_clocks
from qualification.services.moves import nurture_lead
from qualification.services.sla import Clock, clocks_of
from tests.qualification.build import NOW, log, make_lead

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def answer(lead_id: int, hours: float) -> None:
    """Call the lead so many hours after NOW."""
    log(Lead.objects.get(pk=lead_id), "call_connected", NOW + hours * HOUR)
    answer_clocks(lead_ids=[lead_id])


def handed_over(rep: User) -> int:
    """Hand a lead over at NOW and return its id."""
    lead = make_lead(stage="mql", score=163)
    hand_over(lead_ids=[lead.pk], now=NOW)
    return lead.pk


def clock(lead_id: int, hours: float) -> Clock:
    """Return its clock so many hours after NOW."""
    return clocks_of(lead_ids=[lead_id], now=NOW + hours * HOUR)[lead_id]


def test_the_clock_runs_down(rep: User) -> None:
    lead_id = handed_over(rep)
    seen = [(c.left, c.is_soon, c.is_late) for c in (clock(lead_id, h) for h in (0, 20, 24, 25))]
    assert seen == [
        (24 * HOUR, False, False),
        (4 * HOUR, True, False),
        (0 * HOUR, True, False),
        (-1 * HOUR, False, True),
    ]
    assert clock(lead_id, 1).assigned_at == NOW
    assert clock(lead_id, 1).took is None


def test_an_answer_in_time_stays_in_time(rep: User) -> None:
    lead_id = handed_over(rep)
    answer(lead_id, 2)
    answered = clock(lead_id, 100)
    assert (answered.is_answered, answered.is_late, answered.is_soon, answered.took) == (
        True, False, False, 2 * HOUR,
    )  # fmt: skip


def test_an_answer_after_the_end_was_late(rep: User) -> None:
    lead_id = handed_over(rep)
    answer(lead_id, 30)
    assert clock(lead_id, 31).is_late


def test_a_lead_without_a_rep_is_marked(manager: User, rep: User) -> None:
    assert not clock(handed_over(rep), 0).is_queued
    User.objects.update(is_available=False)
    assert clock(handed_over(rep), 0).is_queued


def test_leads_that_were_not_handed_over_or_set_aside_have_no_clock(rep: User) -> None:
    taken, aside = make_lead(), make_lead(stage="mql")
    take_lead(lead=taken, actor=rep, now=NOW)
    hand_over(lead_ids=[aside.pk], now=NOW)
    nurture_lead(lead=aside, seen_stage="mql", actor=None, reason="Spring", now=NOW)
    assert clocks_of(lead_ids=[taken.pk, aside.pk], now=NOW) == {}


@pytest.mark.parametrize("number", [1, 20])
def test_any_number_of_leads_takes_one_query(
    number: int, rep: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ids = [handed_over(rep) for _ in range(number)]
    with django_assert_num_queries(1):
        clocks = clocks_of(lead_ids=ids, now=NOW)
        assert len([c for c in clocks.values() if not c.is_queued]) == number
