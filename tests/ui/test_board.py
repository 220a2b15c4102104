"""The board: lanes of cards, what the next gate needs, moves that the server decides; no query a card."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leadapp.models import Lead, User
from qualification.models import Deal, StageChange, Team, TeamMember
from tests.qualification.build import confirm, everything, make_good_lead, make_lead
from tests.ui.conftest import As

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
Move = Callable[..., Any]


def shown(answer: Any) -> dict[str, list[int]]:
    """Return the leads of each lane."""
    return {lane.stage.value: [card.lead.pk for card in lane.cards] for lane in answer.context["lanes"]}


def text_of(answer: Any) -> str:
    """Return what a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def drop(client: Client, lead: Lead, to_stage: str, *, seen: str = "", **more: str) -> Any:
    """Drop a card on another lane."""
    data = {"lead": lead.pk, "to_stage": to_stage, "seen_stage": seen or lead.stage, "whose": "all", **more}
    return client.post(reverse("board-move"), data, headers=HTMX)


def ready_mql(**facts: Any) -> Lead:
    """Make an MQL that passes the gate to SQL."""
    lead = make_lead(stage="mql", first_name="Annelie", last_name="Großmann", **facts)
    confirm(lead, now=timezone.now())
    return lead


def test_open_leads_stand_in_their_lanes_highest_score_first(as_: As, rep: User) -> None:
    low, high = make_lead(owner=rep, score=20), make_lead(owner=rep, score=90)
    mql, customer = make_lead(owner=rep, stage="mql"), make_lead(owner=rep, stage="customer")
    make_lead(owner=rep, status="nurture")
    make_lead()
    answer = as_(rep).get("/board/")
    assert shown(answer) == {"lead": [high.pk, low.pk], "mql": [mql.pk], "sql": [], "customer": [customer.pk]}
    assert [lane.count for lane in answer.context["lanes"]] == ["2", "1", "0", "1"]


def test_reps_begin_with_their_own_leads_others_with_all_and_a_team_shares_a_board(
    as_: As, rep: User, other_rep: User, manager: User
) -> None:
    mine, mates, nobodys = make_lead(owner=rep), make_lead(owner=other_rep), make_lead()
    assert shown(as_(rep).get("/board/"))["lead"] == [mine.pk]
    assert "Team" not in text_of(as_(rep).get("/board/"))
    assert shown(as_(manager).get("/board/"))["lead"] == [nobodys.pk, mates.pk, mine.pk]
    team = Team.objects.create(name="North")
    for user in (rep, other_rep):
        TeamMember.objects.create(team=team, user=user)
    assert shown(as_(rep).get("/board/?whose=team"))["lead"] == [mates.pk, mine.pk]
    assert shown(as_(rep).get("/board/?whose=nonsense"))["lead"] == [mine.pk]


def test_nobody_sees_on_the_board_what_they_may_not_see(
    as_: As, rep: User, other_rep: User, settings: Any
) -> None:
    settings.REPS_SEE = "own"
    mine, foreign, nobodys = make_lead(owner=rep), make_lead(owner=other_rep), make_lead()
    assert shown(as_(rep).get("/board/?whose=all"))["lead"] == [nobodys.pk, mine.pk]
    assert drop(as_(rep), foreign, "mql").status_code == 404


def test_a_card_says_what_its_next_gate_needs(as_: As, manager: User) -> None:
    make_lead(first_name="Bram", last_name="Vos", email=None)
    ready_mql()
    make_lead(stage="mql")
    customer = make_lead(stage="customer")
    Deal.objects.create(lead=customer, value=58000, won_on=timezone.localdate())
    said = text_of(as_(manager).get("/board/"))
    assert re.search(r"For MQL: a way to reach the lead, business email address and \d more", said)
    assert "For SQL: ask about budget, authority, need or timeline" in said
    assert "Ready for SQL" in said
    assert "58,000 EUR" in said


def test_only_those_who_work_a_lead_can_pick_it_up(
    as_: As, rep: User, other_rep: User, marketer: User
) -> None:
    make_lead(owner=other_rep)
    for user in (rep, marketer):
        page = as_(user).get("/board/?whose=all").content.decode()
        assert 'draggable="true"' not in page
        assert "Move to nurture" not in page
    assert 'draggable="true"' in as_(other_rep).get("/board/").content.decode()


def test_a_long_lane_goes_on_where_it_ended(as_: As, manager: User) -> None:
    leads = [make_lead(stage="mql", score=100 - number) for number in range(45)]
    client = as_(manager)
    seen: list[int] = []
    page = client.get("/board/").content.decode()
    while True:
        lane = page[page.index('data-stage="mql"') :] if "<main" in page else page
        seen += [int(pk) for pk in re.findall(r'id="card-(\d+)"', lane)]
        more = re.search(r'hx-get="([^"]+lane=mql[^"]+)"', page)
        if more is None:
            break
        page = client.get(more[1].replace("&amp;", "&"), headers=HTMX).content.decode()
    assert seen == [lead.pk for lead in leads]
    assert client.get("/board/?lane=mql&after=nonsense").status_code == 200


def test_the_board_asks_as_often_for_twenty_cards_a_lane_as_for_one(as_: As, manager: User) -> None:
    client = as_(manager)
    asked = []
    for number in (1, 19):
        for stage in ("lead", "mql", "sql", "customer"):
            for _ in range(number):
                lead = make_good_lead(stage=stage, owner=manager)
                if stage == "customer":
                    Deal.objects.create(lead=lead, value=1, won_on=timezone.localdate())
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/board/").status_code == 200
        asked.append(len(queries))
    assert asked == [17, 17]


def test_a_drop_through_a_gate_that_passes_moves_the_lead_and_offers_to_undo_it(
    as_: As, manager: User
) -> None:
    lead = ready_mql()
    answer = drop(as_(manager), lead, "sql")
    change = StageChange.objects.get(lead=lead)
    assert (answer.status_code, change.to_stage, change.actor) == (200, "sql", manager)
    page = answer.content.decode()
    assert f'id="card-{lead.pk}" data-lead="{lead.pk}" data-stage="sql"' in page
    assert reverse("lead-undo", args=[lead.pk, change.pk]) in page
    assert "Annelie Großmann is SQL now." in page
    assert '<span class="count" id="count-sql" hx-swap-oob="true">1</span>' in page


def test_a_drop_that_the_gate_refuses_says_what_is_missing_and_brings_the_card_back(
    as_: As, rep: User
) -> None:
    lead = make_lead(stage="mql", owner=rep)
    before = everything()
    answer = drop(as_(rep), lead, "sql")
    assert answer.status_code == 422
    assert answer.headers["HX-Retarget"] == "#board-said"
    assert "Missing for MQL → SQL: all but one confirmed" in text_of(answer)
    assert 'data-stage="mql"' in answer.content.decode()
    assert reverse("lead-detail", args=[lead.pk]) in answer.content.decode()
    assert everything() == before


@pytest.mark.parametrize(
    ("stage", "to_stage", "who"),
    [
        ("mql", "lead", "rep"),
        ("customer", "sql", "rep"),
        ("sql", "customer", "rep"),
        ("mql", "sql", "manager"),
    ],
)
def test_what_has_to_be_asked_first_is_asked_as_on_the_lead_page(
    stage: str, to_stage: str, who: str, as_: As, rep: User, manager: User
) -> None:
    lead = make_lead(stage=stage, owner=rep)
    client, before = as_({"rep": rep, "manager": manager}[who]), everything()
    answer = drop(client, lead, to_stage)
    assert answer.status_code == 204
    url = json.loads(answer.headers["HX-Trigger"])["leadapp:ask"]["url"]
    assert urlsplit(url).path == reverse("lead-move", args=[lead.pk, to_stage])
    assert parse_qs(urlsplit(url).query) == {"back": ["/board/?whose=all"]}
    assert client.get(url, headers=HTMX).status_code == 200
    assert everything() == before


def test_a_question_that_came_from_the_board_goes_back_to_it(as_: As, rep: User) -> None:
    lead = make_lead(stage="mql", owner=rep)
    client, url = as_(rep), reverse("lead-move", args=[lead.pk, "lead"])
    page = client.get(f"{url}?back=/board/%3Fwhose%3Dall").content.decode()
    assert '<input type="hidden" name="back" value="/board/?whose=all">' in page
    data = {"seen_stage": "mql", "seen_status": "open", "reason": "No budget", "back": "/board/?whose=all"}
    assert client.post(url, data).headers["Location"] == "/board/?whose=all"
    for elsewhere in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        data = {"seen_stage": "lead", "seen_status": "open", "reason": "x", "back": elsewhere}
        answer = client.post(reverse("lead-nurture", args=[lead.pk]), data)
        assert answer.headers["Location"] == reverse("lead-detail", args=[lead.pk])
        client.post(
            reverse("lead-reopen", args=[lead.pk]),
            {"seen_stage": "lead", "seen_status": "nurture", "reason": "x"},
        )


def test_a_lead_that_somebody_else_moved_first_is_shown_where_it_is_now(
    as_: As, rep: User, manager: User
) -> None:
    lead = ready_mql(owner=rep)
    drop(as_(manager), lead, "sql")
    before = everything()
    answer = drop(as_(rep), lead, "sql", seen="mql")
    assert answer.status_code == 409
    assert "Henrik Adler moved this lead meanwhile: it is SQL now, not MQL." in text_of(answer)
    assert 'data-stage="sql"' in answer.content.decode()
    assert everything() == before


def test_a_lead_that_left_the_board_loses_its_card(as_: As, manager: User) -> None:
    lead = ready_mql()
    Lead.objects.filter(pk=lead.pk).update(status="nurture", status_reason="Spring")
    answer = drop(as_(manager), lead, "sql")
    assert answer.status_code == 422
    assert f'<div id="card-{lead.pk}" hx-swap-oob="delete"></div>' in answer.content.decode()


@pytest.mark.parametrize(("to_stage", "status"), [("customer", 422), ("mql", 422)])
def test_a_skipped_stage_and_the_same_stage_are_refused(
    to_stage: str, status: int, as_: As, manager: User
) -> None:
    lead = make_lead(stage="mql")
    before = everything()
    assert drop(as_(manager), lead, to_stage).status_code == status
    assert everything() == before


def test_somebody_elses_lead_is_refused(as_: As, rep: User, other_rep: User, marketer: User) -> None:
    lead = ready_mql(owner=other_rep)
    before = everything()
    for user in (rep, marketer):
        answer = drop(as_(user), lead, "sql")
        assert answer.status_code == 403
        assert "belongs to somebody else" in text_of(answer)
    assert everything() == before


@pytest.mark.parametrize(
    "data",
    [
        {"lead": "x"},
        {"lead": "9" * 30},
        {"lead": "999999999"},
        {"to_stage": "gold"},
        {"seen_stage": ""},
    ],
)
def test_what_there_is_not_is_not_found(data: dict[str, str], as_: As, manager: User) -> None:
    lead = ready_mql()
    asked = {"lead": str(lead.pk), "to_stage": "sql", "seen_stage": "mql", **data}
    client = as_(manager)
    assert client.post(reverse("board-move"), asked, headers=HTMX).status_code == 404
    assert client.get(reverse("board-move")).status_code == 405
    assert not StageChange.objects.exists()


def test_who_is_signed_out_is_asked_to_sign_in(client: Client) -> None:
    assert client.get("/board/").headers["Location"].startswith("/accounts/login/")


def test_an_empty_board_says_what_to_do(as_: As, rep: User, manager: User) -> None:
    assert "No open lead is yours" in text_of(as_(rep).get("/board/"))
    assert "There are no open leads" in text_of(as_(manager).get("/board/"))
