"""Many leads of the list at once: asked once, each judged by itself, each refusal told by name."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leadapp.models import BulkRun, Lead, LeadTag, User
from leadapp.services import bulk
from qualification.models import StageChange, WakeUp
from tests.bulk.build import run_over
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
    page = as_(marketer).get("/?view=all").content.decode()
    assert 'form="bulk"' in page  # to export them
    assert 'value="move"' not in page


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
    page = client.post(URL, data, follow=True).content.decode()
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
    assert "0 of 1 done" in client.post(URL, data, follow=True).content.decode()
    assert "1 of 1 done" in client.post(URL, data | {"past_gates": "on"}, follow=True).content.decode()
    assert StageChange.objects.get().move == "override"


def test_leads_are_set_aside_disqualified_and_given_away(
    as_: As, manager: User, rep: User, other_rep: User
) -> None:
    one, two, client = make_lead(owner=rep), make_lead(), as_(manager)
    assert client.get(URL, {"what": "nurture", "lead": picked(one, two)}).status_code == 200
    data = {"what": "assign", "lead": picked(one, two), "owner": rep.pk, "reason": "Holiday"}
    page = client.post(URL, data, follow=True).content.decode()
    assert "1 of 2 done" in page
    assert "has this lead already" in page
    one.refresh_from_db()
    two.refresh_from_db()
    data = {"what": "nurture", "lead": picked(one, two), "reason": "Spring", "wake_on": "2999-01-01"}
    assert "0 of 2 done" in client.post(URL, data, follow=True).content.decode()
    data |= {"wake_on": "", "wake_score": "200"}
    assert "2 of 2 done" in client.post(URL, data, follow=True).content.decode()
    assert WakeUp.objects.filter(wake_score=200).count() == 2
    one.refresh_from_db()
    data = {"what": "disqualify", "lead": picked(one), "reason_code": "no_budget", "reason": ""}
    assert "1 of 1 done" in client.post(URL, data, follow=True).content.decode()


@pytest.mark.parametrize(
    "asked",
    [
        {"what": "move", "reason": ""},
        {"what": "move", "to_stage": "gold"},
        {"what": "nurture", "reason": " "},
        {"what": "disqualify", "reason_code": "other", "reason": ""},
        {"what": "assign", "reason": "x", "owner": "0"},
        {"what": "tag", "add": " , ", "remove": ""},
        {"what": "tag", "add": "x" * 51, "remove": ""},
        {"what": "task", "text": "", "due_at": "2999-01-01T09:00"},
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


def test_all_that_the_filter_finds_are_tagged_and_one_click_takes_it_back(as_: As, manager: User) -> None:
    leads = [make_lead(country="DE") for _ in range(3)]
    make_lead(country="AT")
    client = as_(manager)
    data = {"what": "tag", "all": "1", "of": "country=DE", "back": "/?country=DE"}
    page = client.get(URL, data).content.decode()
    assert "Tag 3 leads" in page
    assert 'name="number" value="3"' in page
    assert 'name="lead"' not in page
    response = client.post(URL, data | {"number": "3", "add": "Fair, Berlin", "remove": ""}, follow=True)
    assert response.redirect_chain == [("/?country=DE", 302)]
    page = response.content.decode()
    assert "3 of 3 done" in page
    assert LeadTag.objects.values("lead").distinct().count() == len(leads)
    run = BulkRun.objects.get()
    assert reverse("bulk-undo", args=[run.pk]) in page
    assert "It can be undone until" in client.get(reverse("bulk-run", args=[run.pk])).content.decode()
    page = client.post(reverse("bulk-undo", args=[run.pk]), {"back": "/"}, follow=True).content.decode()
    assert "Undone: 3 of 3 as before" in page
    assert not LeadTag.objects.exists()
    page = client.post(reverse("bulk-undo", args=[run.pk]), follow=True).content.decode()
    assert "This was undone already." in page


def test_when_clearly_other_leads_fit_by_now_people_look_again(as_: As, manager: User) -> None:
    make_lead(), make_lead()
    data = {"what": "tag", "all": "1", "of": "view=all", "add": "Fair", "remove": ""}
    for named in ("1", "", "x"):
        answer = as_(manager).post(URL, data | {"number": named})
        assert answer.status_code == 409
        assert "Tag 2 leads" in answer.content.decode()
        assert "Other leads fit the filter by now" in answer.content.decode()
    assert not BulkRun.objects.exists()


def test_many_leads_are_left_to_the_workers_and_the_page_follows(as_: As, manager: User) -> None:
    Lead.objects.bulk_create([Lead(last_name=f"N{number}") for number in range(201)])
    client = as_(manager)
    data = {"what": "task", "all": "1", "of": "view=all", "number": "201"}
    data |= {"text": "Call", "due_at": "2999-01-01T09:00", "owner": ""}
    answer = client.post(URL, data)
    run = BulkRun.objects.get()
    assert answer.headers["Location"] == f"/leads/bulk/{run.pk}/?back=%2F"
    page = client.get(f"/leads/bulk/{run.pk}/").content.decode()
    assert "0 of 201 done" in page
    assert 'hx-trigger="every 1s"' in page
    bulk.continue_runs(now=timezone.now())
    part = client.get(f"/leads/bulk/{run.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "201 of 201 done" in part
    assert "every 1s" not in part
    assert "<html" not in part
    assert 'hx-swap-oob="innerHTML"' in part  # and it is read out
    client.post(f"/leads/bulk/{run.pk}/undo/")
    bulk.continue_runs(now=timezone.now())
    assert "201 of 201 as before" in client.get(f"/leads/bulk/{run.pk}/").content.decode()


def test_of_many_refusals_the_reasons_are_counted(as_: As, rep: User) -> None:
    Lead.objects.bulk_create([Lead(last_name=f"N{number}") for number in range(202)])
    run = bulk.start_run(
        action="tag",
        asked={"add": ["Fair"], "remove": []},
        actor=rep,
        now=timezone.now(),
        leads=Lead.objects.all(),
    )
    bulk.continue_runs(now=timezone.now())
    page = as_(rep).get(f"/leads/bulk/{run.pk}/").content.decode()
    assert "<p>Nobody has this lead. Take it first, then it is yours to work on.</p><b>202</b>" in page
    assert "These are the first 200 of 202." in page


@pytest.mark.parametrize("number", [1, 20, 100])
def test_the_summary_takes_the_same_queries_for_any_number(
    number: int, as_: As, manager: User, rep: User
) -> None:
    leads = [make_lead(owner=rep) for _ in range(number)]
    run = run_over(manager, "nurture", *leads, *[make_lead(stage="customer") for _ in range(number)])
    client = as_(manager)
    client.get(f"/leads/bulk/{run.pk}/")
    with CaptureQueriesContext(connection) as queries:
        client.get(f"/leads/bulk/{run.pk}/")
    # Who it is (4), the run, those refused, those done.
    assert len(queries) == 7, [query["sql"][:90] for query in queries]


def test_runs_of_others_are_not_found(as_: As, manager: User, rep: User) -> None:
    run = run_over(manager, "tag", make_lead())
    assert as_(rep).get(f"/leads/bulk/{run.pk}/").status_code == 404
    assert as_(rep).post(f"/leads/bulk/{run.pk}/undo/").status_code == 404
    assert as_(manager).get(f"/leads/bulk/{run.pk}/undo/").status_code == 405
    run.refresh_from_db()
    assert run.undo_asked_at is None
