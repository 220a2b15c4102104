"""Leads are moved, many at once too, and moves taken back and listed; refusals write nothing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from leadapp.models import Lead, User
from qualification.models import Deal, StageChange, WakeUp
from tests.api.conftest import Caller, faults
from tests.qualification.build import confirm, everything, log, make_good_lead, make_lead, make_user

pytestmark = pytest.mark.django_db


def mql(**facts: Any) -> Lead:
    """Make an MQL that passes the gate to SQL."""
    lead = make_lead(stage="mql", **facts)
    confirm(lead, now=timezone.now())
    return lead


def person(user: User) -> Callable[[str, dict[str, Any]], Any]:
    """Return how somebody who is signed in posts."""
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return lambda path, body: client.post(f"/api/v1/{path}", body, content_type="application/json")


def refused(response: Any, status: int, before: dict[str, Any]) -> dict[str, str]:
    """Show that it was refused and nothing written; return the faults by field."""
    assert response.status_code == status, response.content
    assert everything() == before
    return faults(response)


def test_a_key_moves_a_lead_through_its_gate_and_is_named(api: Caller) -> None:
    lead = mql(score=80)
    response = api.post(f"leads/{lead.pk}/move", {"to_stage": "sql", "seen_stage": "mql"})
    assert response.status_code == 201
    said = response.json()
    assert said == {
        "id": StageChange.objects.get().pk, "lead": lead.pk, "at": said["at"], "move": "forward",
        "from_stage": "mql", "to_stage": "sql", "from_status": "open", "to_status": "open",
        "is_automatic": False, "actor": None, "api_key": "tracker", "reason": "", "reason_code": None,
        "score": 80, "undoes": None,
    }  # fmt: skip
    assert api.get(f"leads/{lead.pk}").json()["stage"] == "sql"
    assert api.get(f"leads/{lead.pk}/moves").json()["results"] == [said]


def test_the_same_move_sent_again_is_a_conflict_that_tells_the_stage_and_doubles_nothing(api: Caller) -> None:
    lead = mql()
    body = {"to_stage": "sql", "seen_stage": "mql"}
    api.post(f"leads/{lead.pk}/move", body)
    before = everything()
    response = api.post(f"leads/{lead.pk}/move", body)
    refused(response, 409, before)
    detail = "tracker moved this lead meanwhile: it is SQL now, not MQL."
    assert response.json()["detail"] == detail


def test_a_closed_gate_names_each_thing_that_is_missing(api: Caller) -> None:
    lead = make_lead(last_name="Lee")
    before = everything()
    response = api.post(f"leads/{lead.pk}/move", {"to_stage": "mql", "seen_stage": "lead", "reason": "Go"})
    assert refused(response, 422, before)["#/to_stage"] == "first name (Not given)"
    details = [error["detail"] for error in response.json()["errors"]]
    assert "score at least 50 (No score yet)" in details
    assert len(details) > 2


def test_keys_and_reps_never_go_past_a_gate_and_managers_do(api: Caller) -> None:
    rep, manager = make_user("jonas", "rep"), make_user("olivia", "manager")
    lead = make_lead(owner=rep)
    body = {"to_stage": "mql", "seen_stage": "lead", "reason": "The fair", "past_gate": True}
    before = everything()
    refused(api.post(f"leads/{lead.pk}/move", body), 403, before)
    refused(person(rep)(f"leads/{lead.pk}/move", body), 403, before)
    said = person(manager)(f"leads/{lead.pk}/move", body).json()
    assert (said["move"], said["actor"], said["api_key"]) == ("override", "olivia", None)


def test_the_deal_comes_with_the_move_to_customer(api: Caller) -> None:
    lead = make_lead(stage="sql")
    confirm(lead, now=timezone.now())
    log(lead, "meeting_held", timezone.now())
    body = {"to_stage": "customer", "seen_stage": "sql"}
    before = everything()
    assert set(refused(api.post(f"leads/{lead.pk}/move", body), 422, before)) == {
        "#/deal/value",
        "#/deal/won_on",
    }
    deal = {"value": "58000.50", "won_on": "2026-01-31", "product": "Line 4"}
    assert api.post(f"leads/{lead.pk}/move", body | {"deal": deal}).status_code == 201
    stored = Deal.objects.get(lead=lead)
    assert (str(stored.value), stored.currency, stored.product) == ("58000.50", "EUR", "Line 4")


@pytest.mark.parametrize(
    ("deal", "named"),
    [
        ("58000", {"#/deal"}),
        ({"value": 1, "won_on": "2026-01-31", "colour": "red"}, {"#/deal"}),
        ({}, {"#/deal/value", "#/deal/won_on"}),
        ({"value": "much", "won_on": "soon"}, {"#/deal/value", "#/deal/won_on"}),
        ({"value": True, "won_on": "2026-01-31"}, {"#/deal/value"}),
        ({"value": "NaN", "won_on": "2026-01-31"}, {"#/deal/value"}),
        ({"value": -1, "won_on": "2026-01-31"}, {"#/deal/value"}),
        ({"value": 1, "won_on": "2999-01-31"}, {"#/deal/won_on"}),
        ({"value": 1, "won_on": "2026-01-31", "currency": "euro"}, {"#/deal/currency"}),
        ({"value": 1, "won_on": "2026-01-31", "currency": 5, "product": []}, {"#/deal/currency"}),
    ],
)
def test_a_deal_that_cannot_be_taken_names_the_field(api: Caller, deal: Any, named: set[str]) -> None:
    lead = make_lead(stage="sql")
    before = everything()
    response = api.post(f"leads/{lead.pk}/move", {"to_stage": "customer", "seen_stage": "sql", "deal": deal})
    assert set(refused(response, 422, before)) == named


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, {"#/to_stage", "#/seen_stage"}),
        ({"to_stage": "sql", "seen_stage": "MQL"}, {"#/seen_stage"}),
        ({"to_stage": "gold", "seen_stage": "mql"}, {"#/to_stage"}),
        ({"to_stage": "sql", "seen_stage": "mql", "seen_status": "shut"}, {"#/seen_status"}),
        ({"to_stage": "lead", "seen_stage": "mql"}, {"#/reason"}),
        ({"to_stage": "lead", "seen_stage": "mql", "reason": "x" * 501}, {"#/reason"}),
        ({"to_stage": "sql", "seen_stage": "mql", "past_gate": "yes"}, {"#/past_gate"}),
        ({"to_stage": "sql", "seen_stage": "mql", "stage": "sql"}, {"#/stage"}),
    ],
)
def test_a_move_that_cannot_be_taken_names_the_field(
    api: Caller, body: dict[str, Any], named: set[str]
) -> None:
    lead = mql()
    before = everything()
    assert set(refused(api.post(f"leads/{lead.pk}/move", body), 422, before)) == named


def test_a_lead_is_set_aside_reopened_disqualified_and_each_asks_a_reason(api: Caller) -> None:
    lead = mql()
    steps = [
        ("nurture", "open", "nurture"),
        ("reopen", "nurture", "open"),
        ("disqualify", "open", "disqualified"),
    ]
    for call, seen, becomes in steps:
        body = {"seen_stage": "mql", "seen_status": seen}
        before = everything()
        assert set(refused(api.post(f"leads/{lead.pk}/{call}", body), 422, before)) == {"#/reason"}
        said = api.post(f"leads/{lead.pk}/{call}", body | {"reason": "Spring"}).json()
        assert (said["move"], said["to_status"], said["reason"]) == (call, becomes, "Spring")
        before = everything()
        refused(api.post(f"leads/{lead.pk}/{call}", body | {"reason": "Spring"}), 409, before)


def test_nurture_has_an_end_and_a_disqualification_a_code(api: Caller) -> None:
    lead, before = make_lead(score=40), everything()
    body: dict[str, Any] = {"seen_stage": "lead", "reason": "Spring"}
    for wrong in ({"wake_on": "soon"}, {"wake_on": "2020-01-01"}, {"wake_score": 0}, {"wake_score": 40}):
        (name,) = wrong
        assert set(refused(api.post(f"leads/{lead.pk}/nurture", body | wrong), 422, everything())) == {
            f"#/{name}"
        }
    assert {**everything()} == {**before}
    assert api.post(f"leads/{lead.pk}/nurture", body | {"wake_score": 41}).status_code == 201
    assert WakeUp.objects.get(lead=lead).wake_score == 41
    out = {"seen_stage": "lead", "reason_code": "sunspots"}
    assert set(refused(api.post(f"leads/{lead.pk}/disqualify", out), 422, everything())) == {"#/reason_code"}
    said = api.post(f"leads/{lead.pk}/disqualify", out | {"reason_code": "no_budget"}).json()
    assert (said["reason"], said["reason_code"]) == ("No budget", "no_budget")


def test_a_key_takes_back_its_own_move_once(api: Caller, make_caller: Callable[..., Caller]) -> None:
    lead = mql()
    move = api.post(f"leads/{lead.pk}/move", {"to_stage": "sql", "seen_stage": "mql"}).json()
    before = everything()
    other = make_caller("write", name="other")
    refused(other.post(f"leads/{lead.pk}/undo", {"move": move["id"], "reason": "Ours"}), 403, before)
    assert set(refused(api.post(f"leads/{lead.pk}/undo", {}), 422, before)) == {"#/move"}
    refused(api.post(f"leads/{mql().pk}/undo", {"move": move["id"]}), 404, everything())
    undone = api.post(f"leads/{lead.pk}/undo", {"move": move["id"]}).json()
    assert (undone["move"], undone["undoes"], undone["to_stage"]) == ("undo", move["id"], "mql")
    refused(api.post(f"leads/{lead.pk}/undo", {"move": move["id"]}), 409, everything())


def test_a_manager_undoes_what_somebody_else_did_with_a_reason(api: Caller) -> None:
    lead = mql()
    move = api.post(f"leads/{lead.pk}/move", {"to_stage": "sql", "seen_stage": "mql"}).json()
    post, before = person(make_user("olivia", "manager")), everything()
    refused(post(f"leads/{lead.pk}/undo", {"move": move["id"]}), 422, before)
    assert post(f"leads/{lead.pk}/undo", {"move": move["id"], "reason": "A test"}).status_code == 201


def test_the_history_comes_in_pages_and_takes_as_many_queries_for_twenty_as_for_one(api: Caller) -> None:
    one, many = mql(), make_lead()
    now = timezone.now()
    for number in range(20):
        for lead in (one, many)[number > 0 :]:
            StageChange.objects.create(
                lead=lead, at=now + timedelta(minutes=number), move="forward", from_stage="lead",
                to_stage="mql", from_status="open", to_status="open", actor=make_user(f"{lead.pk}-{number}"),
            )  # fmt: skip
    asked = []
    for lead in (one, many):
        with CaptureQueriesContext(connection) as queries:
            assert api.get(f"leads/{lead.pk}/moves").status_code == 200
        asked.append(len(queries))
    assert asked == [3, 3]
    page = api.get(f"leads/{many.pk}/moves?limit=15").json()
    rest = api.get(page["next"]).json()
    ids = [row["id"] for row in [*page["results"], *rest["results"]]]
    assert ids == sorted(ids, reverse=True)
    assert (len(ids), rest["next"]) == (20, None)


def test_many_leads_move_and_each_refusal_is_among_the_results(api: Caller) -> None:
    good, closed, moved = mql(), make_lead(stage="mql"), mql()
    Lead.objects.filter(pk=moved.pk).update(stage="sql")
    rows = [{"id": pk, "seen_stage": "mql"} for pk in (good.pk, closed.pk, moved.pk, 999_999_999)]
    response = api.post("leads/moves", {"action": "move", "to_stage": "sql", "leads": rows})
    assert response.status_code == 200
    said = response.json()
    assert (said["moved"], said["refused"]) == (1, 3)
    assert [result["lead"] for result in said["results"]] == [row["id"] for row in rows]
    assert said["results"][0]["move"]["to_stage"] == "sql"
    problems = [result["problem"] for result in said["results"]]
    assert [problem and problem["status"] for problem in problems] == [None, 422, 409, 404]
    assert problems[1]["errors"][0]["pointer"] == "#/to_stage"


def test_a_rep_moves_only_own_leads_and_does_not_hear_of_hidden_ones(settings: Any) -> None:
    settings.REPS_SEE = "own"
    rep, other = make_user("jonas", "rep"), make_user("priya", "rep")
    own, foreign, nobodys = make_lead(owner=rep), make_lead(owner=other), make_lead()
    rows = [{"id": lead.pk, "seen_stage": "lead"} for lead in (own, foreign, nobodys)]
    said = person(rep)("leads/moves", {"action": "nurture", "reason": "Spring", "leads": rows}).json()
    assert [result["problem"] and result["problem"]["status"] for result in said["results"]] == [
        None,
        404,
        403,
    ]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, {"#/action", "#/leads"}),
        ({"action": "sell", "leads": [{"id": 1, "seen_stage": "mql"}]}, {"#/action"}),
        ({"action": "move", "leads": [{"id": 1, "seen_stage": "mql"}]}, {"#/to_stage"}),
        ({"action": "nurture", "reason": "x", "leads": []}, {"#/leads"}),
        (
            {
                "action": "nurture",
                "reason": "x",
                "leads": [{"id": n, "seen_stage": "mql"} for n in range(201)],
            },
            {"#/leads"},
        ),
        ({"action": "nurture", "reason": "x", "leads": [5]}, {"#/leads/0"}),
        (
            {
                "action": "nurture",
                "reason": "x",
                "leads": [
                    {"id": "1", "seen_stage": "mql"},
                    {"id": 1},
                    {"id": 2, "seen_stage": "mql", "seen_status": "shut"},
                    {"id": 3, "seen_stage": "mql"},
                    {"id": 3, "seen_stage": "mql"},
                ],
            },
            {"#/leads/0/id", "#/leads/1/seen_stage", "#/leads/2/seen_status", "#/leads/4/id"},
        ),
        ({"action": "reopen", "leads": [{"id": 1, "seen_stage": "mql"}]}, {"#/reason"}),
    ],
)
def test_moves_that_cannot_be_taken_name_the_field(
    api: Caller, body: dict[str, Any], named: set[str]
) -> None:
    before = everything()
    response = api.post("leads/moves", body)
    assert set(refused(response, 422, before)) == named


@pytest.mark.parametrize("call", ["move", "nurture", "disqualify", "reopen", "undo"])
def test_the_scope_write_and_a_known_lead_are_needed(
    call: str, api: Caller, visitor: Caller, make_caller: Callable[..., Caller]
) -> None:
    lead = make_good_lead()
    body = {"to_stage": "mql", "seen_stage": "lead"}
    before = everything()
    refused(make_caller("read", "ingest", name="reader").post(f"leads/{lead.pk}/{call}", body), 403, before)
    refused(visitor.post(f"leads/{lead.pk}/{call}", body), 401, before)
    refused(api.post(f"leads/99999999999999999999/{call}", body), 404, before)
    assert api.get(f"leads/{lead.pk}/{call}").status_code == 405


def test_the_answers_are_as_the_schema_says(api: Caller) -> None:
    schema = Client().get("/api/v1/schema/?format=json").json()

    def check(response: Any, path: str, method: str) -> None:
        answers = schema["paths"][f"/api/v1/{path}"][method]["responses"]
        (shape,) = answers[str(response.status_code)]["content"].values()
        Draft202012Validator({**shape["schema"], "components": schema["components"]}).validate(
            response.json()
        )

    good, closed = mql(), make_lead(stage="mql")
    rows = [{"id": lead.pk, "seen_stage": "mql"} for lead in (good, closed)]
    check(
        api.post("leads/moves", {"action": "move", "to_stage": "sql", "leads": rows}), "leads/moves", "post"
    )
    check(api.get(f"leads/{good.pk}/moves"), "leads/{id}/moves", "get")
    body = {"to_stage": "sql", "seen_stage": "mql"}
    check(api.post(f"leads/{closed.pk}/move", body), "leads/{id}/move", "post")
    check(api.post(f"leads/{mql().pk}/move", body), "leads/{id}/move", "post")
    check(api.post(f"leads/{good.pk}/move", body), "leads/{id}/move", "post")
    for call in ("move", "nurture", "disqualify", "reopen"):
        content = schema["paths"][f"/api/v1/leads/{{id}}/{call}"]["post"]["requestBody"]["content"]
        for example in content["application/json"]["examples"].values():
            assert api.post(f"leads/{mql().pk}/{call}", example["value"]).status_code in {201, 409, 422}
