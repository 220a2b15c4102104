"""Gates over REST: what each step asks for, what a lead still lacks, and what would take it back."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from leadapp.models import Lead
from qualification.models import Gate, GateCriterion, StageChange
from qualification.services.gates.editing import record_edit
from tests.api.conftest import Caller
from tests.qualification.build import confirm, make_good_lead, make_lead, make_user

pytestmark = pytest.mark.django_db


def test_gates_are_listed_in_words_and_as_they_are_stored(api: Caller) -> None:
    results = api.get("gates").json()["results"]
    assert [gate["step"] for gate in results] == ["to_mql", "handover", "to_sql", "to_customer"]
    to_mql = results[0]
    assert (to_mql["from_stage"], to_mql["to_stage"], to_mql["is_automatic"]) == ("lead", "mql", True)
    market = to_mql["lines"][4]
    assert market["label"] == "Target industry or country"
    assert [each["field"] for each in market["alternatives"]] == [
        "company.industry",
        "lead.country",
        "company.country",
    ]
    assert to_mql["lines"][-1]["alternatives"] == [
        {
            "label": "Score at least 50",
            "field": "lead.score",
            "operator": "at_least",
            "value": 50,
            "leave_value": None,
            "min_occurrences": 1,
            "window_days": None,
            "text": "Score is at least 50",
        }
    ]


def test_a_lead_says_what_it_lacks_for_each_step(api: Caller) -> None:
    lead = make_good_lead(score=38, grade="C2")
    confirm(lead, "budget", now=timezone.now())
    told = api.get(f"leads/{lead.pk}/gates").json()
    assert (told["lead"], told["stage"], told["status"], told["way_back"]) == (lead.pk, "lead", "open", None)
    gates = {gate["step"]: gate for gate in told["gates"]}
    assert (gates["to_mql"]["passes"], gates["to_mql"]["items"][-1]) == (
        False,
        {
            "label": "Score at least 50",
            "state": "missing",
            "detail": "38 now; 12 more would do",
            "hint": "",
            "comes_with_move": False,
        },
    )
    assert gates["to_mql"]["items"][0]["state"] == "holds"
    assert gates["to_sql"]["items"][0]["hint"] == "Ask about authority, need or timeline."
    assert gates["to_customer"]["items"][-1]["comes_with_move"]


def test_a_lead_that_may_fall_back_says_when(api: Caller) -> None:
    now = timezone.now()
    lead = make_good_lead(score=60, stage="mql", stage_changed_at=now)
    StageChange.objects.create(
        lead=lead, move="forward", from_stage="lead", to_stage="mql", from_status="open", to_status="open",
        is_automatic=True, at=now,
    )  # fmt: skip
    GateCriterion.objects.filter(field="lead.score").update(leave_value=40)
    Gate.objects.filter(step="to_mql").update(takes_back=True, minimum_stay_hours=48)
    record_edit(gate=Gate.objects.get(step="to_mql"), now=now)
    back = api.get(f"leads/{lead.pk}/gates").json()["way_back"]
    assert (back["to_stage"], back["is_worked_on"]) == ("lead", False)
    assert back["text"].startswith(
        "Falls back to Lead with Score below 40, or once another criterion holds no longer, not before "
    )
    assert Lead.objects.get(pk=lead.pk).stage_changed_at + timedelta(days=2) == now + timedelta(days=2)


def test_who_may_not_read_is_refused(make_caller: Callable[..., Caller], visitor: Caller) -> None:
    lead = make_lead()
    for path in ("gates", f"leads/{lead.pk}/gates"):
        assert visitor.get(path).status_code == 401
        assert make_caller("ingest", name=f"i{path}").get(path).status_code == 403
    assert make_caller("scoring", name="s").get("gates").status_code == 200


def test_a_lead_that_is_not_there_or_not_seen_is_a_404(api: Caller, settings: Settings) -> None:
    settings.REPS_SEE = "own"
    other = make_lead(owner=make_user("priya", "rep"))
    assert api.get("leads/99999999/gates").status_code == 404
    client = Client()
    client.force_login(make_user("jonas", "rep"))
    assert client.get(f"/api/v1/leads/{other.pk}/gates").status_code == 404
    assert client.get("/api/v1/gates").status_code == 200


@pytest.mark.parametrize("path", ["gates?limit=2", "leads/{}/gates?as_of=2026-01-01"])
def test_parameters_that_are_not_known_are_named(api: Caller, path: str) -> None:
    assert api.get(path.format(make_lead().pk)).status_code == 422


def test_the_queries_are_counted(api: Caller, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    lead = make_good_lead(score=60)
    with django_assert_num_queries(4):
        assert api.get("gates").status_code == 200
    with django_assert_num_queries(6):
        assert api.get(f"leads/{lead.pk}/gates").status_code == 200
