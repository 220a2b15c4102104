"""Evidence is added and never changed; the newest answer counts until it runs out."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from pytest_django import DjangoAssertNumQueries

from leadapp.errors import Invalid, NotAllowed, NotFound
from leadapp.models import ApiKey, Lead, User
from qualification.models import BantAnswer, BantState
from qualification.services.evidence.answers import answer_bant, bant_of, bant_of_many
from scoring.models import ScoredLead
from tests.qualification.build import BANT, DAY, NOW, confirm, everything, make_lead

pytestmark = pytest.mark.django_db


def test_an_answer_keeps_what_was_said_by_whom_and_how(rep: User) -> None:
    lead = make_lead(owner=rep)
    answer = answer_bant(
        lead=lead, dimension="budget", state="confirmed", value=" €60,000 to €80,000 ", source="call",
        actor=rep, now=NOW,
    )  # fmt: skip
    stored = BantAnswer.objects.get()
    assert stored == answer
    assert (stored.dimension_id, stored.state, stored.value) == ("budget", "confirmed", "€60,000 to €80,000")
    assert (stored.source, stored.author, stored.answered_at) == ("call", rep, NOW)
    assert ScoredLead.objects.filter(lead=lead).exists()


def test_without_answers_everything_is_unknown() -> None:
    views = bant_of(lead=make_lead(), now=NOW)
    assert tuple(key for key, view in views.items() if view.dimension.counts) == BANT
    assert list(views)[4:] == ["pain_points", "urgency", "competition", "marketing_goals", "ideal_customer"]
    assert all(
        view.state == BantState.UNKNOWN and view.is_open and not view.answer for view in views.values()
    )


@pytest.mark.parametrize(
    ("dimension", "state", "days"),
    [
        ("budget", "confirmed", 90),
        ("need", "confirmed", 90),
        ("timeline", "confirmed", 90),
        ("authority", "confirmed", None),
        ("budget", "ruled_out", None),
        ("budget", "unknown", None),
    ],
)
def test_how_long_an_answer_is_good(dimension: str, state: str, days: int | None) -> None:
    answer = answer_bant(lead=make_lead(), dimension=dimension, state=state, actor=None, now=NOW)
    assert answer.expires_at == (None if days is None else NOW + days * DAY)


def test_the_end_can_be_chosen_or_left_out() -> None:
    lead = make_lead()
    asked: dict[str, Any] = {
        "lead": lead,
        "dimension": "budget",
        "state": "confirmed",
        "actor": None,
        "now": NOW,
    }
    assert answer_bant(expires_at=NOW + 7 * DAY, **asked).expires_at == NOW + 7 * DAY
    assert answer_bant(no_end=True, **asked).expires_at is None
    asked["state"] = "ruled_out"
    assert answer_bant(expires_at=NOW + 7 * DAY, **asked).expires_at == NOW + 7 * DAY


def test_an_answer_turns_stale_at_its_end_and_not_before() -> None:
    lead = make_lead()
    confirm(lead, "budget")
    before = bant_of(lead=lead, now=NOW + 90 * DAY - timedelta(seconds=1))["budget"]
    after = bant_of(lead=lead, now=NOW + 90 * DAY)["budget"]
    assert (before.is_stale, before.is_confirmed, before.is_open) == (False, True, False)
    assert (after.is_stale, after.is_confirmed, after.is_open) == (True, False, True)
    assert after.state == BantState.CONFIRMED  # what it was


def test_the_newest_answer_counts_and_all_are_kept(rep: User) -> None:
    lead = make_lead(owner=rep)
    confirm(lead, "budget")
    answer_bant(lead=lead, dimension="budget", state="ruled_out", value="Frozen", actor=rep, now=NOW + DAY)
    view = bant_of(lead=lead, now=NOW + DAY)["budget"]
    assert view.is_ruled_out
    assert view.answer is not None
    assert view.answer.value == "Frozen"
    assert BantAnswer.objects.filter(lead=lead).count() == 2


def test_the_database_keeps_answers_from_being_changed() -> None:
    lead = make_lead()
    confirm(lead, "budget")
    for change in (
        {"state": "unknown"},
        {"confidence": "high"},
        {"value": "No"},
        {"expires_at": None},
        {"answered_at": NOW - DAY},
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            BantAnswer.objects.filter(lead=lead).update(**change)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"dimension": "size"}, "dimension"),
        ({"state": "stale"}, "state"),
        ({"source": "rumour"}, "source"),
        ({"confidence": "total"}, "confidence"),
        ({"value": "x" * 501}, "value"),
        ({"value": "a\0b"}, "value"),
        ({"expires_at": NOW}, "expires_at"),
    ],
)
def test_answers_that_make_no_sense_are_refused(facts: dict[str, Any], field: str, admin: User) -> None:
    lead = make_lead()
    before = everything()
    with pytest.raises(Invalid) as caught:
        answer_bant(
            **{"lead": lead, "dimension": "need", "state": "confirmed", "actor": admin, "now": NOW, **facts}
        )
    assert set(caught.value.errors) == {field}
    assert everything() == before


def test_only_those_who_work_the_lead_answer(
    rep: User, other_rep: User, marketer: User, manager: User
) -> None:
    lead = make_lead(owner=rep)
    asked: dict[str, Any] = {"lead": lead, "dimension": "need", "state": "confirmed", "now": NOW}
    before = everything()
    for actor in (other_rep, marketer, ApiKey(name="Key", scopes=["ingest", "read", "scoring"])):
        with pytest.raises(NotAllowed):
            answer_bant(actor=actor, **asked)
    assert everything() == before
    assert answer_bant(actor=manager, **asked).author == manager
    assert answer_bant(actor=ApiKey(name="Key", scopes=["write"]), source="form", **asked).author is None


def test_a_lead_that_is_gone_is_not_found(admin: User) -> None:
    lead = make_lead()
    Lead.objects.filter(pk=lead.pk).delete()
    with pytest.raises(NotFound):
        answer_bant(lead=lead, dimension="need", state="confirmed", actor=admin, now=NOW)


@pytest.mark.parametrize("number", [1, 20])
def test_any_number_of_leads_takes_two_queries(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    leads = [make_lead() for _ in range(number)]
    for lead in leads:
        confirm(lead)
    with django_assert_num_queries(2):
        views = bant_of_many(lead_ids=[lead.pk for lead in leads], now=NOW)
    assert all(of_lead[key].is_confirmed for of_lead in views.values() for key in BANT)
