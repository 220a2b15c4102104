"""Giving many leads away at once: each is judged by itself, and none is lost to a colleague's refusal."""

import pytest
from pytest_django import DjangoAssertNumQueries

from leadapp.errors import Conflict, Invalid, NotAllowed, NotFound
from leadapp.models import Lead, User
from qualification.models import Absence, Assignment
from qualification.services.assignment import SeenOwner, assign_lead, assign_leads, hand_over
from tests.qualification.build import DAY, NOW, everything, make_lead, make_user

pytestmark = pytest.mark.django_db


def seen(*leads: Lead) -> list[SeenOwner]:
    """Return these leads as somebody saw them."""
    return [SeenOwner(lead, lead.owner_id) for lead in leads]


def test_a_manager_gives_many_leads_to_one_rep(rep: User, other_rep: User, manager: User) -> None:
    leads = [make_lead(owner=rep), make_lead(), make_lead(owner=other_rep), make_lead(owner=rep)]
    asked = [*seen(*leads[:3]), SeenOwner(leads[3], None)]
    gone = make_lead()
    asked.append(SeenOwner(Lead(pk=gone.pk + 1), None))
    outcomes = assign_leads(leads=asked, owner=other_rep, actor=manager, reason="Fair", now=NOW)
    assert [type(outcome.refused) for outcome in outcomes] == [
        type(None), type(None), Invalid, Conflict, NotFound,
    ]  # fmt: skip
    assert [outcome.lead.pk for outcome in outcomes] == [item.lead.pk for item in asked]
    assert dict(Assignment.objects.values_list("lead", "owner")) == {
        leads[0].pk: other_rep.pk,
        leads[1].pk: other_rep.pk,
    }
    assert Lead.objects.get(pk=leads[3].pk).owner == rep
    assert Assignment.objects.filter(assigned_by=manager, reason="Fair").count() == 2


def test_without_an_owner_each_goes_to_who_is_next(rep: User, other_rep: User, manager: User) -> None:
    third = make_user("kim", "rep")
    leads = [make_lead(owner=rep, stage="mql", score=163) for _ in range(4)]
    hand_over(lead_ids=[lead.pk for lead in leads], now=NOW)
    outcomes = assign_leads(leads=seen(*leads), owner=None, actor=manager, reason="Left us", now=NOW)
    owners = [outcome.assignment.owner for outcome in outcomes if outcome.assignment]
    assert sorted(map(str, owners)) == ["Priya Nair", "Priya Nair", str(third), str(third)]
    first = outcomes[0].assignment
    assert first is not None
    assert first.reason == "Left us; Priya Nair was next in turn"
    assert first.due_at == NOW + DAY  # the clock goes on


def test_nobody_to_give_it_to_is_a_refusal(rep: User, manager: User) -> None:
    lead = make_lead(owner=rep)
    before = everything()
    [outcome] = assign_leads(leads=seen(lead), owner=None, actor=manager, reason="Left us", now=NOW)
    assert outcome.refused is not None
    assert outcome.refused.message == "It stays where it is: nobody was available."
    assert everything() == before


def test_rights_are_asked_for_each_lead(rep: User, other_rep: User, marketer: User) -> None:
    mine, theirs, nobodys = make_lead(owner=rep), make_lead(owner=other_rep), make_lead()
    outcomes = assign_leads(
        leads=seen(mine, theirs, nobodys), owner=other_rep, actor=rep, reason="Holiday", now=NOW
    )
    assert [type(outcome.refused) for outcome in outcomes] == [type(None), NotAllowed, NotAllowed]
    before = everything()
    [outcome] = assign_leads(leads=seen(theirs), owner=rep, actor=marketer, reason="Mine", now=NOW)
    assert isinstance(outcome.refused, NotAllowed)
    assert everything() == before


def test_nobody_gives_a_lead_to_somebody_who_is_away(rep: User, other_rep: User, manager: User) -> None:
    today = NOW.date()
    Absence.objects.create(user=rep, first_day=today, last_day=today)
    before = everything()
    with pytest.raises(Invalid) as refused:
        assign_lead(lead=make_lead(pk=7), owner=rep, actor=manager, reason="Now", now=NOW)
    assert refused.value.errors == {
        "owner": ["Jonas Wiegand is away until 19 November. Choose somebody who is here."]
    }
    Lead.objects.filter(pk=7).delete()
    assert everything() == before


def test_too_many_at_once_are_refused(rep: User, manager: User) -> None:
    lead = make_lead()
    with pytest.raises(Invalid):
        assign_leads(leads=seen(lead) * 201, owner=rep, actor=manager, reason="All", now=NOW)


@pytest.mark.parametrize("number", [1, 20])
def test_any_number_of_leads_takes_the_same_queries(
    number: int, rep: User, other_rep: User, manager: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    leads = [make_lead(owner=rep, stage="mql") for _ in range(number)]
    manager = User.objects.get(pk=manager.pk)
    with django_assert_num_queries(17):
        assign_leads(leads=seen(*leads), owner=other_rep, actor=manager, reason="Fair", now=NOW)
    leads = list(Lead.objects.order_by("pk"))
    with django_assert_num_queries(17):
        outcomes = assign_leads(leads=seen(*leads), owner=None, actor=manager, reason="Fair", now=NOW)
    assert all(outcome.refused is None for outcome in outcomes)
