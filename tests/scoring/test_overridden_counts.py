"""How often reps said no to a score, counted by rule."""

from typing import Any

import pytest

from scoring.analysis.overridden import objections_by_rule, objections_of_model
from scoring.models import Cause, ScoringModel
from scoring.services.overrides import end_override, set_aside
from scoring.services.publishing import make_draft
from scoring.services.queue import request_scoring, score_waiting
from tests.scoring.build import DAY, NOW, log, make_lead, make_version, the_live_version
from tests.ui.build import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> Any:
    return make_user("henrik", "manager")


def put_aside(manager: Any, *, verdict: str = "too_high", now: Any = NOW, reason: str = "No.") -> Any:
    lead = make_lead()
    log(lead, "demo_requested", at=now)
    log(lead, "unsubscribed", at=now)
    request_scoring(lead_ids=[lead.pk], cause=Cause.REQUEST, now=now)
    score_waiting(now=now)
    return set_aside(lead=lead, verdict=verdict, reason=reason, expires_at=now + DAY, actor=manager, now=now)


def by_name(version: Any, now: Any = NOW) -> dict[str, tuple[int, int]]:
    names = dict(version.rules.values_list("pk", "name"))
    return {
        names[pk]: (counts.too_high, counts.too_low)
        for pk, counts in objections_by_rule(version, now).items()
    }


def test_each_rule_is_counted_by_verdict(manager: Any) -> None:
    put_aside(manager)
    put_aside(manager)
    put_aside(manager, verdict="too_low")

    counts = by_name(the_live_version())
    assert counts["Asked for a demo"] == (2, 0)
    assert counts["Unsubscribed"] == (0, 1)
    assert "Attended a webinar" not in counts


def test_what_was_ended_or_expired_still_counts_for_ninety_days(manager: Any) -> None:
    override = put_aside(manager)
    end_override(lead=override.lead, actor=manager, now=NOW)
    version = the_live_version()
    assert by_name(version, NOW + 89 * DAY)["Asked for a demo"] == (1, 0)
    assert by_name(version, NOW + 90 * DAY) == {}


def test_a_draft_shows_what_was_said_against_the_live_rule_of_its_name(manager: Any) -> None:
    put_aside(manager)
    draft = make_draft(model=the_live_version().model, actor=None, now=NOW)
    assert by_name(draft)["Asked for a demo"] == (1, 0)


def test_other_models_are_not_blamed(manager: Any) -> None:
    put_aside(manager)
    other = make_version()
    assert by_name(other) == {}
    assert objections_of_model(other.model, NOW) == []


def test_the_rules_come_with_the_newest_reasons(manager: Any) -> None:
    for number in range(4):
        put_aside(manager, reason=f"Reason {number}", now=NOW + number * DAY)
    put_aside(manager, verdict="too_low", reason="But interested", now=NOW + 4 * DAY)

    model = ScoringModel.objects.get(is_primary=True)
    (demo, *rest) = objections_of_model(model, NOW + 5 * DAY)

    assert demo.name == "Asked for a demo"
    assert demo.counts.words == "set aside 4 times as too high"
    assert [override.reason for override in demo.overrides] == ["Reason 3", "Reason 2", "Reason 1"]
    assert "Unsubscribed" in [rule.name for rule in rest]


def test_the_queries_do_not_grow(manager: Any, django_assert_num_queries: Any) -> None:
    for _ in range(3):
        put_aside(manager)
    version = the_live_version()
    with django_assert_num_queries(2):
        objections_by_rule(version, NOW)
    model = ScoringModel.objects.get(is_primary=True)
    with django_assert_num_queries(1):
        assert [str(each.overrides[0].author) for each in objections_of_model(model, NOW)]
