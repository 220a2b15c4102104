"""GET /api/v1/leads/ID/score and its history: why, when, by which version, and what would change it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from leadapp.services.leads.leads import create_lead
from scoring.models import ScoringModel, ScoringModelVersion
from scoring.services.queue import score_waiting
from tests.api.conftest import Caller, faults, stored
from tests.qualification.build import log
from tests.scoring.build import make_rule

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def lead(api: Caller) -> int:
    """Make a lead that came in ten days ago, asked for a demo five days ago, and was renamed today."""
    now = timezone.now()
    facts = {"email": "jane@acme.example", "job_title": "Student", "company": {"name": "Acme"}}
    made = create_lead(facts=facts, source="test", actor=None, now=now - 10 * DAY)
    score_waiting(now=now - 10 * DAY)
    log(made, "demo_requested", now - 5 * DAY)
    api.patch(f"leads/{made.pk}", {"job_title": "CEO"})
    score_waiting(now=timezone.now())
    return made.pk


def second_model(*, publish: bool = True) -> ScoringModelVersion:
    model = ScoringModel.objects.create(name="Service", slug="service")
    version = ScoringModelVersion.objects.create(model=model, number=1)
    make_rule(version, points=33)
    if publish:
        version.state, version.published_at = "live", timezone.now()
        version.save()
    return version


def then(days: float) -> str:
    return (timezone.now() - days * DAY).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_lines_carry_the_activities_behind_them(api: Caller, lead: int) -> None:
    body = api.get(f"leads/{lead}/score").json()
    assert body["is_stored"] is True
    assert parse_datetime(body["as_of"]) == parse_datetime(body["scored_at"])
    (demo,) = (line for line in body["lines"] if line["name"] == "Asked for a demo")
    (occurrence,) = demo["occurrences"]
    assert (occurrence["type"], occurrence["full_points"]) == ("demo_requested", 50)
    assert 0.9 < occurrence["share_left"] < 1
    assert Decimal(occurrence["points"]) == Decimal(demo["raw_points"])
    assert Decimal(demo["points"]) - Decimal(demo["raw_points"]) == Decimal(demo["capped"])
    assert all(line["occurrences"] == [] for line in body["lines"] if line["dimension"] == "fit")


def test_it_says_what_may_become_of_the_score_and_what_would_change_it(api: Caller, lead: int) -> None:
    body = api.get(f"leads/{lead}/score").json()
    assert body["forecast"]["sentence"].endswith("happens.")
    assert len(body["forecast"]["days"]) == 91
    assert body["forecast"]["days"][0]["score"] == body["score"]
    ways = body["ways_up"]
    assert ways["target"]["from"] - body["score"] == ways["missing"] > 0
    assert ways["ways"][0]["text"].startswith("+")
    assert {step["kind"] for way in ways["ways"] for step in way["steps"]} == {"activity", "fact"}
    assert any(way["suffices"] for way in ways["ways"])


def test_every_live_model_is_there(api: Caller, lead: int) -> None:
    second_model()
    body = api.get(f"leads/{lead}/score").json()
    assert [(each["model"], each["is_primary"], each["score"]) for each in body["models"]] == [
        (ScoringModel.objects.get(is_primary=True).slug, True, body["score"]),
        ("service", False, 33),
    ]


def test_a_past_score_is_that_of_its_facts_and_activities(api: Caller, lead: int) -> None:
    before = stored()
    past = api.get(f"leads/{lead}/score?as_of={then(6)}").json()
    assert past["is_stored"] is False
    assert sum(Decimal(line["points"]) for line in past["lines"]) == past["score"]
    names = {line["name"] for line in past["lines"]}
    assert "Student or intern" in names
    assert "Asked for a demo" not in names
    assert past["then"]["facts"] == [{"fact": "Job title", "then": "Student", "now": "CEO"}]
    assert "forecast" not in past
    # The demo was there a day ago, the title was not yet.
    yesterday = api.get(f"leads/{lead}/score?as_of={then(1)}").json()
    assert "Student or intern" in {line["name"] for line in yesterday["lines"]}
    assert stored() == before


def test_a_score_by_another_model_or_version(api: Caller, lead: int) -> None:
    second_model()
    by_model = api.get(f"leads/{lead}/score?model=service").json()
    assert (by_model["score"], by_model["model"], by_model["version"]) == (33, "Service", 1)
    assert api.get(f"leads/{lead}/score?model=service&version=1").json()["score"] == 33
    own = api.get(f"leads/{lead}/score?version=1").json()
    assert own["score"] == api.get(f"leads/{lead}/score").json()["score"]
    both = api.get(f"leads/{lead}/score?model=service&as_of={then(6)}").json()
    assert (both["score"], both["model"]) == (33, "Service")


@pytest.mark.parametrize(
    ("asked", "parameter"),
    [
        ("as_of=yesterday", "as_of"),
        ("as_of=2099-01-01", "as_of"),
        ("as_of=1999-01-01", "as_of"),
        ("model=nonsense", "model"),
        ("version=99", "version"),
        ("version=one", "version"),
        ("version=0", "version"),
        ("model=service", "model"),
        ("model=service&version=1", "model"),
        ("colour=red", "colour"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(
    api: Caller, lead: int, asked: str, parameter: str
) -> None:
    second_model(publish=False)  # a draft is nobody's score yet
    response = api.get(f"leads/{lead}/score?{asked}")
    assert response.status_code == 422
    assert set(faults(response)) == {f"#/{parameter}"}


def test_history_tells_what_moved_the_score_newest_first(api: Caller, lead: int) -> None:
    body = api.get(f"leads/{lead}/score/history").json()
    newest, oldest = body["results"]
    assert (oldest["score_before"], newest["score_before"]) == (None, oldest["score"])
    assert [event["text"] for event in newest["events"]] == ["Demo requested", "Job title changed"]
    assert [event["is_key"] for event in newest["events"]] == [True, False]
    assert newest["events"][1]["facts"] == ["job_title"]
    assert newest["because"] == "Demo requested, Job title changed"
    assert (newest["cause"], newest["version"]) == ("facts", 1)
    first = api.get(f"leads/{lead}/score/history?limit=1").json()
    assert first["results"] == [newest]
    assert api.get(first["next"]).json()["results"] == [oldest]


def test_a_lead_without_a_score_has_neither_lines_nor_history(api: Caller) -> None:
    number = api.post("leads", {"email": "new@acme.example", "do_not_score": True}).json()["id"]
    body = api.get(f"leads/{number}/score").json()
    assert (body["score"], body["lines"], body["opted_out"]) == (None, [], True)
    assert api.get(f"leads/{number}/score/history").json()["results"] == []


@pytest.mark.parametrize("path", ["score", "score?as_of=2026-01-01", "score/history"])
def test_a_lead_that_is_not_there_and_a_key_that_may_not_read(
    api: Caller, make_caller: Any, visitor: Caller, lead: int, path: str
) -> None:
    assert api.get(f"leads/987654321/{path}").status_code == 404
    assert api.get(f"leads/99999999999999999999/{path}").status_code == 404
    assert make_caller("ingest", name="pusher").get(f"leads/{lead}/{path}").status_code == 403
    assert visitor.get(f"leads/{lead}/{path}").status_code == 401
