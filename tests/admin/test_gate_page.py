"""The page of a gate: it says what it says, tries an edit before it is saved, and refuses nonsense."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from leadapp.models import CustomField, Lead, User
from qualification.models import Gate, GateCriterion, GateHold, StageChange
from scoring.models import ScoredLead
from tests.admin.build import errors_of, shown
from tests.admin.conftest import As
from tests.qualification.build import make_good_lead, make_lead

PREVIEW = {"_save": None, "_preview": "Who would pass today"}


def gate_url(step: str) -> str:
    return reverse("admin:qualification_gate_change", args=[Gate.objects.get(step=step).pk])


def trial_url(step: str) -> str:
    return reverse("admin:qualification_gate_trial", args=[Gate.objects.get(step=step).pk])


def rows(page: Any) -> dict[str, str]:
    """Return the prefix of each criterion's row by its field; of the empty row under "new"."""
    forms = page.context["inline_admin_formsets"][0].formset.forms
    return {form.instance.field or "new": form.prefix for form in forms}


def edited(page: Any, row: str, /, **cells: str) -> dict[str, Any]:
    """Return what the browser posts after some cells of a row were changed."""
    return shown(page, **{f"{row}-{name}": text for name, text in cells.items()})


def stored() -> list[Any]:
    return [list(model.objects.order_by("pk").values_list()) for model in (Gate, GateCriterion, ScoredLead)]


def trying(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (data | PREVIEW).items() if value is not None}


@pytest.mark.parametrize("url", [gate_url, trial_url])
def test_an_edit_is_tried_and_not_saved(as_: As, marketer: User, url: Any) -> None:
    lead = make_good_lead(score=45, first_name="Ada", last_name="Brenner")
    make_good_lead(score=20)
    client = as_(marketer)
    page = client.get(gate_url("to_mql"))
    before = stored()
    answer = client.post(url("to_mql"), trying(edited(page, rows(page)["lead.score"], value="40")))
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "1 of 2 open leads in front of the gate passes; 0 by what is stored." in text
    assert "Saving moves 1 lead to MQL within seconds." in text
    assert f'<a href="/leads/{lead.pk}/">Ada Brenner</a>' in text
    assert "Score at least 50" in text
    assert stored() == before


def test_what_was_typed_is_still_there_after_a_try(as_: As, marketer: User) -> None:
    client = as_(marketer)
    page = client.get(gate_url("to_mql"))
    row = rows(page)["lead.score"]
    answer = client.post(gate_url("to_mql"), trying(edited(page, row, value="40")))
    assert shown(answer)[f"{row}-value"] == "40"
    assert not errors_of(answer)
    assert client.post(gate_url("to_mql"), shown(answer)).status_code == 302
    assert GateCriterion.objects.get(gate__step="to_mql", field="lead.score").value == 40


def test_rows_that_are_taken_out_or_added_count(as_: As, marketer: User) -> None:
    make_lead(score=60, email="x@gmail.com", city="Bonn")
    client = as_(marketer)
    page = client.get(gate_url("to_mql"))
    data = edited(page, rows(page)["new"], label="Bonn", field="lead.city", operator="equals", value="bonn")
    kept = {"lead.reachable", "lead.score"}
    data |= {f"{row}-DELETE": "on" for field, row in rows(page).items() if field not in {*kept, "new"}}
    answer = client.post(trial_url("to_mql"), trying(data))
    assert "1 of 1 open lead in front of the gate passes" in answer.content.decode()


@pytest.mark.parametrize("url", [gate_url, trial_url])
def test_a_form_that_is_not_finished_says_what_is_missing(as_: As, marketer: User, url: Any) -> None:
    client = as_(marketer)
    page = client.get(gate_url("to_sql"))
    row = rows(page)["new"]
    answer = client.post(url("to_sql"), trying(edited(page, row, label="New", operator="equals")))
    assert "This cannot be counted yet" in answer.content.decode()
    assert "Criterion 3, Field: This field is required." in answer.content.decode()
    answer = client.post(
        url("to_sql"),
        trying(edited(page, row, label="New", field="lead.score", operator="at_least", value="high")),
    )
    assert "Criterion 3, Value: Give a number." in answer.content.decode()


def test_a_gate_by_hand_says_that_people_move_leads(as_: As, marketer: User) -> None:
    client = as_(marketer)
    answer = client.post(trial_url("to_sql"), trying(shown(client.get(gate_url("to_sql")))))
    assert "Saving moves nobody: people move leads through this gate." in answer.content.decode()


def test_only_who_may_edit_gates_tries_them(as_: As, manager: User, rep: User, marketer: User) -> None:
    data = trying(shown(as_(marketer).get(gate_url("to_mql"))))
    for user in (manager, rep):
        assert as_(user).post(trial_url("to_mql"), data).status_code in (302, 403)
        assert as_(user).post(gate_url("to_mql"), data).status_code in (302, 403)
    assert as_(marketer).get(trial_url("to_mql")).status_code == 405
    missing = reverse("admin:qualification_gate_trial", args=[99])
    assert as_(marketer).post(missing, data).status_code == 404


def test_a_manager_reads_what_a_gate_says(as_: As, manager: User) -> None:
    text = as_(manager).get(gate_url("to_mql")).content.decode()
    assert "A lead becomes MQL by itself when all of these hold:" in text
    assert "Fit grade is one of A, B" in text
    assert "Who would pass today" not in text


def test_leaving_is_edited_and_nobody_goes_back_by_it(as_: As, marketer: User) -> None:
    lead = make_good_lead(score=45, stage="mql")
    StageChange.objects.create(
        lead=lead, move="forward", from_stage="lead", to_stage="mql", from_status="open", to_status="open",
        is_automatic=True, at=lead.stage_changed_at,
    )  # fmt: skip
    client = as_(marketer)
    page = client.get(gate_url("to_mql"))
    data = edited(page, rows(page)["lead.score"], leave_value="40")
    data |= {"takes_back": "on", "stay": "2", "stay_unit": "days"}
    assert client.post(gate_url("to_mql"), data).status_code == 302
    gate = Gate.objects.get(step="to_mql")
    assert (gate.takes_back, gate.minimum_stay) == (True, timedelta(days=2))
    assert gate.criteria.get(field="lead.score").leave_value == 40
    assert GateHold.objects.get(lead=lead).edited_at == gate.edited_at
    assert Lead.objects.get(pk=lead.pk).stage == "mql"
    page = client.get(gate_url("to_mql"))
    assert (shown(page)["stay"], shown(page)["stay_unit"]) == (2, "days")
    client.post(gate_url("to_mql"), shown(page, stay="36", stay_unit="hours"))
    gate.refresh_from_db()
    assert gate.minimum_stay == timedelta(hours=36)


@pytest.mark.parametrize(
    ("step", "gate_facts", "cells", "place"),
    [
        ("to_mql", {"takes_back": "on"}, {}, "lead.score-leave_value"),
        ("to_mql", {"takes_back": "on"}, {"leave_value": "50"}, "lead.score-leave_value"),
        ("to_mql", {}, {"leave_value": "60"}, "lead.score-leave_value"),
        ("to_mql", {}, {"leave_value": "1e400"}, "lead.score-leave_value"),
        ("to_mql", {}, {"leave_value": "nan"}, "lead.score-leave_value"),
        ("to_mql", {}, {"leave_value": "1e16"}, "lead.score-leave_value"),
        ("to_mql", {}, {"window_days": "7"}, "lead.score-window_days"),
        ("to_mql", {}, {"min_occurrences": "2"}, "lead.score-min_occurrences"),
        ("to_mql", {}, {"value": "nan"}, "lead.score-value"),
        ("to_mql", {}, {"value": "1e16"}, "lead.score-value"),
        ("to_mql", {}, {"value": "4\0"}, "lead.score-value"),
        ("to_mql", {}, {"label": "a\0"}, "lead.score-label"),
        ("to_mql", {}, {"one_of": "a\0"}, "lead.score-one_of"),
        ("to_mql", {}, {"operator": "within_days"}, "lead.score-operator"),
        ("to_mql", {"stay": "366", "stay_unit": "days"}, {}, "stay"),
        ("to_mql", {"stay": "-1"}, {}, "stay"),
        ("to_mql", {"stay": "9" * 30}, {}, "stay"),
        ("to_mql", {"takes_back": "on", "is_automatic": None}, {"leave_value": "40"}, "takes_back"),
    ],
)
def test_what_makes_no_sense_is_named_at_its_place(
    as_: As, marketer: User, step: str, gate_facts: dict[str, Any], cells: dict[str, str], place: str
) -> None:
    client = as_(marketer)
    page = client.get(gate_url(step))
    before = stored()
    data = edited(page, rows(page)["lead.score"], **cells) | gate_facts
    answer = client.post(gate_url(step), {k: v for k, v in data.items() if v is not None})
    field, _, cell = place.rpartition("-")
    assert (f"{rows(page)[field]}-{cell}" if field else cell) in errors_of(answer)
    assert stored() == before


@pytest.mark.parametrize(
    ("cells", "kept"),
    [
        (
            {"field": "activity", "operator": "in", "value": "Page view, demo_requested",
             "min_occurrences": "3", "window_days": "30"},
            (["page_view", "demo_requested"], 3, 30),
        ),
        ({"field": "activity", "operator": "not_in", "value": "Unsubscribed"}, (["unsubscribed"], 1, None)),
        ({"field": "lead.attributes.machines", "operator": "at_least", "value": "5"}, (5, 1, None)),
        ({"field": "lead.attributes.iso", "operator": "equals", "value": "yes"}, (True, 1, None)),
        ({"field": "lead.attributes.since", "operator": "within_days", "value": "90"}, (90, 1, None)),
        ({"field": "lead.attributes.plan", "operator": "in", "value": "Gold; Silver, old"},
         (["Gold", "Silver, old"], 1, None)),
    ],
)  # fmt: skip
def test_activities_and_own_fields_are_asked(
    as_: As, marketer: User, cells: dict[str, str], kept: tuple[Any, int, int | None]
) -> None:
    for key, kind in (("machines", "number"), ("iso", "boolean"), ("since", "date"), ("plan", "text")):
        CustomField.objects.create(key=key, label=key.title(), kind=kind)
    client = as_(marketer)
    page = client.get(gate_url("to_sql"))
    data = edited(page, rows(page)["new"], label="New", **cells)
    assert client.post(gate_url("to_sql"), data).status_code == 302
    new = Gate.objects.get(step="to_sql").criteria.get(label="New")
    assert (new.value, new.min_occurrences, new.window_days) == kept
    assert new.position == 2


def test_a_criterion_is_shown_as_it_was_typed(as_: As, marketer: User) -> None:
    gate = Gate.objects.get(step="to_sql")
    gate.criteria.create(
        label="Visits", field="activity", operator="in", value=["page_view"], min_occurrences=3,
        window_days=7, position=5,
    )  # fmt: skip
    client, said = as_(marketer), gate.criteria.order_by("pk").values_list("field", "value", "window_days")
    page, before = client.get(gate_url("to_sql")), list(said)
    edited_at = gate.edited_at
    assert client.post(gate_url("to_sql"), shown(page)).status_code == 302
    gate.refresh_from_db()
    assert (list(said), gate.edited_at) == (before, edited_at)
