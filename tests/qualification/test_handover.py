"""Handing over to sales: who gets a lead, why, until when, and what happens when nobody is there."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings

from leadapp.models import Lead, User
from qualification.models import Assignment
from qualification.services.assignment import (
    hand_out_queue,
    hand_over,
    take_lead,
)
from qualification.services.moves import disqualify_lead
from qualification.tasks import sweep
from tests.qualification.build import DAY, NOW, everything, make_lead, make_user

pytestmark = pytest.mark.django_db


def mqls(number: int, **facts: Any) -> list[Lead]:
    """Make leads that are ready to be handed over."""
    return [make_lead(score=163, **{"stage": "mql", **facts}) for _ in range(number)]


def ids(leads: list[Lead]) -> list[int]:
    """Return their ids."""
    return [lead.pk for lead in leads]


def test_every_rep_gets_a_fair_share(rep: User, other_rep: User) -> None:
    third = make_user("kim", "rep")
    hand_over(lead_ids=ids(mqls(4)), now=NOW)
    hand_over(lead_ids=ids(mqls(3)), now=NOW + DAY)
    hand_over(lead_ids=ids(mqls(4)), now=NOW + 2 * DAY)
    shares = Counter(Lead.objects.values_list("owner", flat=True))
    assert sorted(shares) == sorted([rep.pk, other_rep.pk, third.pk])
    assert max(shares.values()) - min(shares.values()) <= 1


def test_the_reason_says_why_this_person(rep: User, other_rep: User) -> None:
    lead, another, third = mqls(3)
    assignments = hand_over(lead_ids=ids([lead, another, third]), now=NOW)
    assert [assignment.reason for assignment in assignments] == [
        "Handed over at 163 points; Jonas Wiegand was next in turn",
        "Handed over at 163 points; Priya Nair had the fewest open leads (0)",
        "Handed over at 163 points; Jonas Wiegand was next in turn",
    ]


def test_whoever_has_the_fewest_open_leads_is_next(rep: User, other_rep: User) -> None:
    leads = mqls(6)
    hand_over(lead_ids=ids(leads), now=NOW)
    for lead in Lead.objects.filter(owner=other_rep)[:2]:
        disqualify_lead(lead=lead, seen_stage="mql", actor=None, reason="No", now=NOW)
    assignments = hand_over(lead_ids=ids(mqls(2)), now=NOW + DAY)
    assert {assignment.owner for assignment in assignments} == {other_rep}


def test_among_equals_whoever_has_waited_longest_is_next(rep: User, other_rep: User) -> None:
    [first] = hand_over(lead_ids=ids(mqls(1)), now=NOW)
    [second] = hand_over(lead_ids=ids(mqls(1)), now=NOW + timedelta(minutes=1))
    [third] = hand_over(lead_ids=ids(mqls(1)), now=NOW + timedelta(minutes=2))
    assert [first.owner, second.owner, third.owner] == [rep, other_rep, rep]


def test_only_available_active_reps_get_leads(rep: User, manager: User, marketer: User, admin: User) -> None:
    make_user("away", "rep", is_available=False)
    make_user("gone", "rep", is_active=False)
    assignments = hand_over(lead_ids=ids(mqls(4)), now=NOW)
    assert {assignment.owner for assignment in assignments} == {rep}


def test_the_clock_runs_for_as_many_hours_as_the_settings_say(rep: User, settings: Settings) -> None:
    settings.SLA_HOURS = 4
    [assignment] = hand_over(lead_ids=ids(mqls(1)), now=NOW)
    assert assignment.due_at == NOW + timedelta(hours=4)


def test_who_has_a_lead_keeps_it_and_gets_the_clock(rep: User, other_rep: User) -> None:
    [lead] = mqls(1)
    taken = take_lead(lead=lead, actor=other_rep, now=NOW)
    [assignment] = hand_over(lead_ids=[lead.pk], now=NOW + DAY)
    assert (assignment.owner, assignment.due_at) == (other_rep, NOW + 2 * DAY)
    assert assignment.reason == "Handed over at 163 points; Priya Nair has this lead"
    taken.refresh_from_db()
    assert taken.ended_at == NOW + DAY
    assert Assignment.objects.filter(lead=lead, ended_at=None).count() == 1


def test_an_owner_who_left_does_not_keep_it(rep: User, other_rep: User) -> None:
    User.objects.filter(pk=other_rep.pk).update(is_active=False)
    [lead] = mqls(1, owner=other_rep)
    hand_over(lead_ids=[lead.pk], now=NOW)
    assert Lead.objects.get(pk=lead.pk).owner == rep


@pytest.mark.parametrize(
    "facts", [{"stage": "lead"}, {"stage": "sql"}, {"stage": "customer"}, {"status": "nurture"}]
)
def test_only_open_mqls_are_handed_over(facts: dict[str, Any], rep: User) -> None:
    leads = mqls(1, **facts)
    before = everything()
    assert hand_over(lead_ids=ids(leads), now=NOW) == []
    assert everything() == before


def test_a_lead_is_handed_over_once(rep: User, other_rep: User) -> None:
    leads = mqls(3)
    hand_over(lead_ids=ids(leads), now=NOW)
    before = everything()
    assert hand_over(lead_ids=ids(leads), now=NOW + DAY) == []
    assert everything() == before


def test_while_nobody_is_available_leads_wait_in_the_team_queue(rep: User) -> None:
    User.objects.filter(pk=rep.pk).update(is_available=False)
    [lead] = mqls(1)
    [assignment] = hand_over(lead_ids=[lead.pk], now=NOW)
    assert (assignment.owner, assignment.due_at) == (None, NOW + DAY)
    assert assignment.reason == "Handed over at 163 points; nobody was available"
    assert Lead.objects.get(pk=lead.pk).owner is None
    assert list(Assignment.objects.queued()) == [assignment]

    before = everything()
    assert hand_out_queue(now=NOW) == []
    assert everything() == before


def test_the_queue_is_handed_out_once_somebody_is_available(rep: User, other_rep: User) -> None:
    User.objects.update(is_available=False)
    leads = mqls(4)
    for number, lead in enumerate(leads):
        hand_over(lead_ids=[lead.pk], now=NOW + timedelta(minutes=number))
    User.objects.update(is_available=True)

    now = NOW + timedelta(hours=1)
    assignments = hand_out_queue(now=now)

    assert [assignment.lead for assignment in assignments] == leads  # longest waiting first
    assert [assignment.owner for assignment in assignments] == [rep, other_rep, rep, other_rep]
    # The lead has waited since it was handed over, so the clock goes on.
    assert assignments[0].due_at == NOW + DAY
    assert assignments[0].reason == "Waited in the team queue; Jonas Wiegand was next in turn"
    assert not Assignment.objects.queued().exists()
    assert Lead.objects.filter(owner=None).count() == 0
    before = everything()
    assert hand_out_queue(now=now) == []
    assert everything() == before


def test_a_clock_that_ran_out_in_the_queue_starts_anew_for_the_rep(rep: User) -> None:
    User.objects.update(is_available=False)
    hand_over(lead_ids=ids(mqls(1)), now=NOW)
    User.objects.update(is_available=True)
    [assignment] = hand_out_queue(now=NOW + 3 * DAY)
    assert assignment.due_at == NOW + 4 * DAY
    queued = Assignment.objects.get(owner=None)
    assert queued.ended_at == NOW + 3 * DAY  # and the history shows that it ran out


def test_a_rep_may_take_a_lead_from_the_queue(rep: User) -> None:
    User.objects.update(is_available=False)
    [lead] = mqls(1)
    hand_over(lead_ids=[lead.pk], now=NOW)
    assignment = take_lead(lead=lead, actor=rep, now=NOW + timedelta(hours=2))
    assert (assignment.owner, assignment.due_at) == (rep, NOW + DAY)
    assert not Assignment.objects.queued().exists()


def test_a_lead_that_was_set_aside_leaves_the_queue(rep: User) -> None:
    User.objects.update(is_available=False)
    [lead] = mqls(1)
    hand_over(lead_ids=[lead.pk], now=NOW)
    disqualify_lead(lead=lead, seen_stage="mql", actor=None, reason="No", now=NOW)
    User.objects.update(is_available=True)
    assert hand_out_queue(now=NOW) == []


def test_the_sweep_hands_out_the_queue(rep: User) -> None:
    User.objects.update(is_available=False)
    [lead] = mqls(1)
    hand_over(lead_ids=[lead.pk], now=NOW)
    sweep()
    User.objects.update(is_available=True)
    sweep()
    assert Lead.objects.get(pk=lead.pk).owner == rep
