"""Many leads of the list at once: asked once, each judged by itself, each refusal told by name."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from leadapp.models import Lead, User
from qualification.models import StageChange, WakeUp
from tests.qualification.build import confirm, everything, make_lead
from tests.ui.conftest import As

pytestmark = pytest.mark.django_db

URL = "/leads/bulk/"


def picked(*leads: Lead) -> list[str]:
    """Return leads as the list sends them."""
    return [f"{lead.pk}.{lead.stage}.{lead.status}.{lead.owner_id or ''}" for lead in leads]


def mql(name: str, *, is_ready: bool = True, **facts: Any) -> Lead:
    """Make an MQL."""
    lead = make_lead(stage="mql", first_name=name, last_name="Vos", **facts)
    if is_ready:
        confirm(lead, now=timezone.now())
    return lead


def test_the_list_lets_those_who_work_choose_leads(as_: As, rep: User, marketer: User) -> None:
    lead = make_lead(owner=rep)
    assert f'form="bulk" value="{picked(lead)[0]}"' in as_(rep).get("/").content.decode()
    assert 'form="bulk"' not in as_(marketer).get("/?view=all").content.decode()


def test_leads_move_and_each_refusal_is_told_by_name_with_what_is_missing(as_: As, rep: User) -> None:
    good, closed = mql("Annelie", owner=rep), mql("Bram", is_ready=False, owner=rep)
    moved, foreign = mql("Carla", owner=rep), mql("Dirk")
    chosen = picked(good, closed, moved, foreign)
    Lead.objects.filter(pk=moved.pk).update(stage="sql")
    client = as_(rep)
    page = client.get(URL, {"what": "move", "lead": chosen, "back": "/?view=mine"}).content.decode()
    assert "Move 4 leads" in page
    assert "Also past gates" not in page
    data = {"what": "move", "lead": chosen, "to_stage": "sql", "reason": "", "back": "/?view=mine"}
    page = client.post(URL, data).content.decode()
    assert "1 of 4 done" in page
    assert "Bram Vos</a>: Missing for MQL → SQL: all but one confirmed" in page
    assert "Carla Vos</a>: Somebody moved this lead meanwhile: it is SQL now" in page
    assert "Dirk Vos</a>: Nobody has this lead." in page
    assert 'href="/?view=mine"' in page
    change = StageChange.objects.get()
    assert change.lead == good
    assert reverse("lead-undo", args=[good.pk, change.pk]) in page


def test_a_manager_says_that_gates_are_passed_over(as_: As, manager: User) -> None:
    lead, client = mql("Annelie", is_ready=False), as_(manager)
    data = {"what": "move", "lead": picked(lead), "to_stage": "sql", "reason": "The fair"}
    assert "0 of 1 done" in client.post(URL, data).content.decode()
    assert "1 of 1 done" in client.post(URL, data | {"past_gates": "on"}).content.decode()
    assert StageChange.objects.get().move == "override"


def test_leads_are_set_aside_disqualified_and_given_away(
    as_: As, manager: User, rep: User, other_rep: User
) -> None:
    one, two, client = make_lead(owner=rep), make_lead(), as_(manager)
    assert client.get(URL, {"what": "nurture", "lead": picked(one, two)}).status_code == 200
    data = {"what": "assign", "lead": picked(one, two), "owner": rep.pk, "reason": "Holiday"}
    page = client.post(URL, data).content.decode()
    assert "1 of 2 done" in page
    assert "has this lead already" in page
    one.refresh_from_db()
    two.refresh_from_db()
    data = {"what": "nurture", "lead": picked(one, two), "reason": "Spring", "wake_on": "2999-01-01"}
    assert "0 of 2 done" in client.post(URL, data).content.decode()
    data |= {"wake_on": "", "wake_score": "200"}
    assert "2 of 2 done" in client.post(URL, data).content.decode()
    assert WakeUp.objects.filter(wake_score=200).count() == 2
    one.refresh_from_db()
    data = {"what": "disqualify", "lead": picked(one), "reason_code": "no_budget", "reason": ""}
    assert "1 of 1 done" in client.post(URL, data).content.decode()


@pytest.mark.parametrize(
    "asked",
    [
        {"what": "move", "reason": ""},
        {"what": "move", "to_stage": "gold"},
        {"what": "nurture", "reason": " "},
        {"what": "disqualify", "reason_code": "other", "reason": ""},
        {"what": "assign", "reason": "x", "owner": "0"},
    ],
)
def test_what_is_missing_from_the_answer_is_asked_for_and_nothing_happens(
    asked: dict[str, str], as_: As, manager: User
) -> None:
    lead = make_lead(stage="mql")
    before = everything()
    answer = as_(manager).post(URL, {**asked, "lead": picked(lead)})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert everything() == before


def test_what_there_is_not_is_not_found_and_hidden_leads_are_left_out(
    as_: As, rep: User, other_rep: User, settings: Any
) -> None:
    settings.REPS_SEE = "own"
    hidden, client = make_lead(owner=other_rep), as_(rep)
    assert client.get(URL, {"what": "sell", "lead": picked(hidden)}).status_code == 404
    for chosen in ([], ["x"], picked(hidden)):
        assert client.get(URL, {"what": "move", "lead": chosen}).headers["Location"] == "/"
    many = [f"{number}.lead.open." for number in range(201)]
    assert client.get(URL, {"what": "move", "lead": many}).status_code == 404
