"""Taking leads and giving them away."""

from datetime import timedelta
from typing import Any

import pytest

from leadapp.errors import Conflict, Invalid, NotAllowed, Refused
from leadapp.models import ApiKey, Lead, User
from qualification.models import Assignment
from qualification.services.assignment import assign_lead, hand_over, take_lead
from qualification.services.clock.answers import answer_clocks
from tests.qualification.build import DAY, NOW, everything, log, make_lead, make_user

pytestmark = pytest.mark.django_db


def refused(kind: type[Refused], service: Any, **asked: Any) -> Refused:
    """Ask for what must be refused, and show that nothing was written."""
    before = everything()
    with pytest.raises(kind) as caught:
        service(now=NOW, **asked)
    assert everything() == before
    return caught.value


def test_a_rep_takes_an_unassigned_lead(rep: User) -> None:
    lead = make_lead()
    assignment = take_lead(lead=lead, actor=rep, now=NOW)
    assert Lead.objects.get(pk=lead.pk).owner == rep
    stored = Assignment.objects.get(lead=lead)
    assert stored == assignment
    assert (stored.owner, stored.assigned_by, stored.due_at, stored.reason) == (rep, rep, None, "Took it")


def test_a_lead_is_taken_once(rep: User, other_rep: User) -> None:
    lead = make_lead()
    take_lead(lead=lead, actor=rep, now=NOW)
    assert "Jonas Wiegand has" in refused(Conflict, take_lead, lead=lead, actor=other_rep).message
    assert "You have" in refused(Conflict, take_lead, lead=lead, actor=rep).message


def test_others_do_not_take_leads(marketer: User, manager: User) -> None:
    lead = make_lead()
    for actor in (marketer, manager, None, ApiKey(name="Key", scopes=["write"])):
        refused(NotAllowed, take_lead, lead=lead, actor=actor)


def test_a_manager_gives_a_lead_to_somebody_else(rep: User, other_rep: User, manager: User) -> None:
    lead = make_lead()
    first = take_lead(lead=lead, actor=rep, now=NOW)
    assignment = assign_lead(
        lead=Lead.objects.get(pk=lead.pk),
        owner=other_rep,
        actor=manager,
        reason="Speaks Dutch",
        now=NOW + DAY,
    )
    assert Lead.objects.get(pk=lead.pk).owner == other_rep
    assert (assignment.assigned_by, assignment.reason) == (manager, "Speaks Dutch")
    first.refresh_from_db()
    assert first.ended_at == NOW + DAY


def test_a_rep_gives_away_an_own_lead_only(rep: User, other_rep: User) -> None:
    lead = make_lead(owner=rep)
    refused(NotAllowed, assign_lead, lead=lead, owner=other_rep, actor=other_rep, reason="Mine")
    assign_lead(lead=lead, owner=other_rep, actor=rep, reason="Holiday", now=NOW)
    assert Lead.objects.get(pk=lead.pk).owner == other_rep


def test_others_give_nothing_away(rep: User, other_rep: User, marketer: User) -> None:
    lead = make_lead(owner=rep)
    for actor in (marketer, ApiKey(name="Key", scopes=["read", "write", "ingest", "scoring"])):
        refused(NotAllowed, assign_lead, lead=lead, owner=other_rep, actor=actor, reason="Now")
    refused(NotAllowed, assign_lead, lead=make_lead(), owner=other_rep, actor=rep, reason="Not mine")


def test_a_reason_is_needed(rep: User, manager: User) -> None:
    for reason in ("", " ", "x" * 501):
        error = refused(Invalid, assign_lead, lead=make_lead(), owner=rep, actor=manager, reason=reason)
        assert "reason" in error.errors


def test_the_new_owner_works_on_leads(marketer: User, manager: User, rep: User) -> None:
    gone = make_user("gone", "rep", is_active=False)
    for owner in (marketer, gone):
        error = refused(Invalid, assign_lead, lead=make_lead(), owner=owner, actor=manager, reason="Now")
        assert "owner" in error.errors
    lead = make_lead(owner=rep)
    refused(Invalid, assign_lead, lead=lead, owner=rep, actor=manager, reason="Again")


def test_an_owner_who_changed_meanwhile_is_a_conflict(rep: User, other_rep: User, manager: User) -> None:
    lead = make_lead()
    Lead.objects.filter(pk=lead.pk).update(owner=rep)
    error = refused(Conflict, assign_lead, lead=lead, owner=other_rep, actor=manager, reason="Now")
    assert "Jonas Wiegand" in error.message
    fresh = Lead.objects.get(pk=lead.pk)
    for seen in (None, other_rep.pk):
        refused(
            Conflict, assign_lead, lead=fresh, owner=manager, actor=manager, reason="Now", seen_owner_id=seen
        )
    assign_lead(
        lead=lead, owner=other_rep, actor=manager, reason="Now", now=NOW, seen_owner_id=rep.pk
    )  # what the person saw counts, not what was loaded


def test_a_running_clock_goes_on_with_the_new_owner(rep: User, other_rep: User, manager: User) -> None:
    lead = make_lead(stage="mql", score=163)
    [first] = hand_over(lead_ids=[lead.pk], now=NOW)
    lead.refresh_from_db()
    later = NOW + timedelta(hours=5)
    second = assign_lead(lead=lead, owner=other_rep, actor=manager, reason="Territory", now=later)
    assert second.due_at == first.due_at

    much_later = NOW + 3 * DAY
    lead.refresh_from_db()
    third = assign_lead(lead=lead, owner=rep, actor=manager, reason="Late", now=much_later)
    assert third.due_at == much_later + DAY
    second.refresh_from_db()
    assert second.ended_at == much_later  # and the history shows that it ran out

    log(lead, "call_connected", much_later)
    answer_clocks(lead_ids=[lead.pk])
    lead.refresh_from_db()
    fourth = assign_lead(lead=lead, owner=other_rep, actor=manager, reason="Back", now=much_later)
    assert fourth.due_at is None
