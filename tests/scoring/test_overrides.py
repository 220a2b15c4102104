"""Setting a score aside: who may, for how long, and that the score stays what it is."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from leadapp.errors import Conflict, Invalid, NotAllowed, NotFound
from leadapp.models import ApiKey, Lead, User
from leadapp.services.keys import create_api_key
from scoring.models import Cause, OverriddenRule, ScoreChange, ScoreOverride, ScoringRequest
from scoring.services.overrides import end_override, overrides_of, set_aside
from scoring.services.queue import request_scoring, score_waiting
from tests.scoring.build import DAY, NOW, log, make_lead, the_live_version
from tests.ui.build import make_user

pytestmark = pytest.mark.django_db

SCORE = ("fit", "engagement", "score", "grade", "temperature", "scored_at", "score_version_id", "priority")


@pytest.fixture
def rep() -> User:
    return make_user("jonas", "rep", first_name="Jonas")


@pytest.fixture
def lead(rep: User) -> Lead:
    """Give a scored lead of the rep: 50 for a demo, 15 for a country, and so on."""
    lead = make_lead(owner=rep, email="ada@firm.example", country="DE", job_title="Werkstudentin")
    log(lead, "demo_requested")
    log(lead, "unsubscribed")
    request_scoring(lead_ids=[lead.pk], cause=Cause.REQUEST, now=NOW)
    score_waiting(now=NOW)
    lead.refresh_from_db()
    return lead


def put_aside(lead: Lead, actor: Any, **changes: Any) -> ScoreOverride:
    facts: dict[str, Any] = {
        "verdict": "too_high",
        "reason": "Writes a thesis about us.",
        "expires_at": NOW + 14 * DAY,
        "now": NOW,
    } | changes
    return set_aside(lead=lead, actor=actor, **facts)


def written() -> list[Any]:
    models = (ScoreOverride, OverriddenRule, ScoreChange, ScoringRequest)
    return [list(model._default_manager.order_by("pk").values_list()) for model in models]


def test_a_rep_sets_the_score_of_an_own_lead_aside(lead: Lead, rep: User) -> None:
    override = put_aside(lead, rep, reason="  Writes a thesis about us. ")

    override.refresh_from_db()
    assert (override.verdict, override.reason) == ("too_high", "Writes a thesis about us.")
    assert (override.author, override.score, override.version) == (rep, lead.score, the_live_version())
    assert (override.created_at, override.expires_at) == (NOW, NOW + 14 * DAY)
    assert overrides_of([lead.pk], now=NOW) == {lead.pk: override}


def test_the_score_stays_and_nothing_is_scored_again(lead: Lead, rep: User) -> None:
    before = [getattr(lead, name) for name in SCORE]
    changes = ScoreChange.objects.count()

    put_aside(lead, rep)

    lead.refresh_from_db()
    assert [getattr(lead, name) for name in SCORE] == before
    assert ScoreChange.objects.count() == changes
    assert not ScoringRequest.objects.exists()


def test_the_rules_that_gave_most_answer_for_a_score_that_is_too_high(lead: Lead, rep: User) -> None:
    put_aside(lead, rep)

    blamed = OverriddenRule.objects.order_by("-points").values_list("rule__name", "points")
    assert list(blamed) == [
        ("Asked for a demo", Decimal(50)),
        ("Target country", Decimal(15)),
        ("Business email address", Decimal(8)),
    ]


def test_the_rules_that_took_most_answer_for_a_score_that_is_too_low(lead: Lead, rep: User) -> None:
    put_aside(lead, rep, verdict="too_low")

    blamed = OverriddenRule.objects.order_by("points").values_list("rule__name", "points")
    assert list(blamed) == [("Student or intern", Decimal(-30)), ("Unsubscribed", Decimal(-25))]


def test_a_score_may_be_too_low_without_any_rule_to_blame(rep: User) -> None:
    lead = make_lead(owner=rep)
    request_scoring(lead_ids=[lead.pk], cause=Cause.REQUEST, now=NOW)
    score_waiting(now=NOW)

    put_aside(lead, rep, verdict="too_low")

    assert not OverriddenRule.objects.exists()


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("verdict", {"verdict": "wrong"}),
        ("reason", {"reason": "   "}),
        ("reason", {"reason": "x" * 501}),
        ("reason", {"reason": "half \ud800"}),
        ("reason", {"reason": "nul \0"}),
        ("expires_at", {"expires_at": NOW}),
        ("expires_at", {"expires_at": NOW - DAY}),
        ("expires_at", {"expires_at": NOW + 90 * DAY + timedelta(seconds=1)}),
    ],
)
def test_what_makes_no_sense_is_refused(lead: Lead, rep: User, field: str, change: dict[str, Any]) -> None:
    before = written()
    with pytest.raises(Invalid) as refused:
        put_aside(lead, rep, **change)
    assert set(refused.value.errors) == {field}
    assert written() == before


def test_the_longest_reason_and_expiry_are_taken(lead: Lead, rep: User) -> None:
    put_aside(lead, rep, reason="x" * 500, expires_at=NOW + 90 * DAY)
    assert ScoreOverride.objects.count() == 1


def test_a_lead_without_a_score_has_none_to_set_aside(rep: User) -> None:
    lead, before = make_lead(owner=rep), written()
    with pytest.raises(Invalid, match="no score"):
        put_aside(lead, rep)
    assert written() == before


@pytest.mark.parametrize("role", ["rep", "marketer"])
def test_others_may_not(lead: Lead, role: str) -> None:
    other, before = make_user("priya", role), written()
    with pytest.raises(NotAllowed):
        put_aside(lead, other)
    assert written() == before


def test_nobodys_lead_is_taken_first(lead: Lead, rep: User) -> None:
    Lead.objects.filter(pk=lead.pk).update(owner=None)
    with pytest.raises(NotAllowed, match="Take it first"):
        put_aside(lead, rep)


def test_managers_may_for_any_lead(lead: Lead) -> None:
    manager = make_user("henrik", "manager")
    assert put_aside(lead, manager).author == manager


def test_keys_need_the_scope_write(lead: Lead) -> None:
    reading, _ = create_api_key(name="reader", scopes=("read",), actor=None, now=NOW)
    writing, _ = create_api_key(name="writer", scopes=("write",), actor=None, now=NOW)
    with pytest.raises(NotAllowed):
        put_aside(lead, reading)
    assert put_aside(lead, writing).author is None
    assert ApiKey.objects.count() == 2


def test_a_second_one_is_a_conflict_that_names_the_first(lead: Lead, rep: User) -> None:
    put_aside(lead, rep)
    before = written()
    with pytest.raises(Conflict, match="by Jonas: Writes a thesis"):
        put_aside(lead, make_user("henrik", "manager"), verdict="too_low", reason="No, really.")
    assert written() == before


def test_it_expires_by_itself(lead: Lead, rep: User) -> None:
    override = put_aside(lead, rep)
    assert overrides_of([lead.pk], now=override.expires_at - timedelta(seconds=1))
    assert not overrides_of([lead.pk], now=override.expires_at)


def test_after_it_expired_there_may_be_another_one(lead: Lead, rep: User) -> None:
    first = put_aside(lead, rep)
    later = NOW + 20 * DAY

    second = put_aside(lead, rep, now=later, expires_at=later + DAY)

    first.refresh_from_db()
    assert (first.ended_at, first.ended_by) == (first.expires_at, None)
    assert overrides_of([lead.pk], now=later) == {lead.pk: second}


def test_it_can_be_ended_and_begun_again(lead: Lead, rep: User) -> None:
    first = put_aside(lead, rep)

    end_override(lead=lead, actor=rep, now=NOW + DAY)

    first.refresh_from_db()
    assert (first.ended_at, first.ended_by) == (NOW + DAY, rep)
    assert not overrides_of([lead.pk], now=NOW + DAY)
    put_aside(lead, rep, now=NOW + DAY)


def test_ending_what_is_not_there_is_refused(lead: Lead, rep: User) -> None:
    with pytest.raises(NotFound):
        end_override(lead=lead, actor=rep, now=NOW)
    put_aside(lead, rep)
    before = written()
    with pytest.raises(NotFound):
        end_override(lead=lead, actor=rep, now=NOW + 15 * DAY)
    with pytest.raises(NotAllowed):
        end_override(lead=lead, actor=make_user("priya", "rep"), now=NOW)
    assert written() == before


def test_a_lead_that_is_gone_is_not_found(lead: Lead, rep: User) -> None:
    Lead.objects.filter(pk=lead.pk).delete()
    with pytest.raises(NotFound):
        put_aside(lead, rep)


def test_any_number_of_leads_takes_one_query(lead: Lead, rep: User, django_assert_num_queries: Any) -> None:
    put_aside(lead, rep)
    with django_assert_num_queries(1):
        found = overrides_of([lead.pk, *range(1, 50)], now=NOW)
        assert [str(override.author) for override in found.values()] == ["Jonas"]
