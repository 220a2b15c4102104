"""The board in a real browser: cards dragged and carried; accepted, refused, asked, taken back."""

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from leadapp.models import Lead, User
from qualification.models import StageChange
from qualification.services.moves import move_lead
from tests.qualification.build import confirm, make_lead, make_user
from tests.ui.axe import faults_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def rep(transactional_db: None) -> User:
    """Give a sales rep."""
    return make_user("jonas", "rep", first_name="Jonas", last_name="Wiegand")


def mql(rep: User, first_name: str, *, is_ready: bool, score: int = 60) -> Lead:
    """Make an MQL of this rep."""
    lead = make_lead(stage="mql", owner=rep, first_name=first_name, last_name="Vos", score=score)
    if is_ready:
        confirm(lead, now=timezone.now())
    return lead


@pytest.fixture
def board(page: Page, live_server: Any, sign_in: Any, rep: User) -> Page:
    """Give a page that is signed in; go to /board/ once there are leads."""
    sign_in(page, live_server.url, rep)
    page.goto(f"{live_server.url}/accounts/login/")
    return page


def go(page: Page, live_server: Any) -> None:
    """Open the board."""
    page.goto(f"{live_server.url}/board/")


def lane(page: Page, stage: str) -> Locator:
    """Return a lane."""
    return page.locator(f'.lane[data-stage="{stage}"]')


def card_in(page: Page, stage: str, lead: Lead) -> Locator:
    """Return the card of a lead, if it is in this lane."""
    return lane(page, stage).locator(f"#card-{lead.pk}")


def stage_of(lead: Lead) -> str:
    """Return the stage as it is stored."""
    return Lead.objects.get(pk=lead.pk).stage


def test_a_card_is_dragged_through_its_gate_and_taken_back(board: Page, live_server: Any, rep: User) -> None:
    lead, below = mql(rep, "Annelie", is_ready=True), mql(rep, "Bram", is_ready=True, score=40)
    move_lead(lead=below, to_stage="sql", seen_stage="mql", actor=rep, now=timezone.now())
    go(board, live_server)
    expect(card_in(board, "mql", lead)).to_contain_text("Ready for SQL")

    card_in(board, "mql", lead).drag_to(lane(board, "sql"))

    expect(board.locator(".toast")).to_contain_text("Annelie Vos is SQL now.")
    expect(card_in(board, "sql", lead)).to_be_visible()
    assert stage_of(lead) == "sql"
    # In the order of the lane, with the counts of now.
    expect(lane(board, "sql").locator(".kard__name")).to_have_text(["Annelie Vos", "Bram Vos"])
    expect(board.locator("#count-mql")).to_have_text("0")
    expect(board.locator("#count-sql")).to_have_text("2")

    board.get_by_role("button", name="Undo").click()
    expect(board.locator(".toast")).to_contain_text("Annelie Vos is MQL again.")
    expect(card_in(board, "mql", lead)).to_be_visible()
    assert stage_of(lead) == "mql"


def test_a_card_that_the_gate_refuses_snaps_back_and_says_what_is_missing(
    board: Page, live_server: Any, rep: User
) -> None:
    lead = mql(rep, "Annelie", is_ready=False)
    go(board, live_server)

    card_in(board, "mql", lead).drag_to(lane(board, "sql"))

    said = board.locator("#board-said [role=alert]")
    expect(said).to_contain_text(
        "Annelie Vos stays where it is. Missing for MQL → SQL: all but one confirmed"
    )
    expect(card_in(board, "mql", lead)).to_be_visible()
    expect(said.get_by_role("link", name="Open the lead")).to_have_attribute("href", f"/leads/{lead.pk}/")
    assert not StageChange.objects.exists()
    # It can be picked up again, and a colleague who was first is named.
    confirm(lead, now=timezone.now())
    other = make_user("olivia", "manager", first_name="Olivia")
    move_lead(lead=lead, to_stage="sql", seen_stage="mql", actor=other, now=timezone.now())
    card_in(board, "mql", lead).drag_to(lane(board, "sql"))
    expect(said).to_contain_text("moved this lead meanwhile: it is SQL now")
    expect(card_in(board, "sql", lead)).to_be_visible()
    assert faults_of(board) == []


def test_a_card_is_carried_by_keyboard_alone(board: Page, live_server: Any, rep: User) -> None:
    lead, refused = mql(rep, "Annelie", is_ready=True), mql(rep, "Bram", is_ready=False, score=40)
    go(board, live_server)
    name = card_in(board, "mql", lead).get_by_role("link")
    name.focus()
    live = board.locator("#board-live")
    for key, words in (
        (" ", "Annelie Vos is picked up from MQL."),
        ("ArrowRight", "Over SQL."),
        ("ArrowLeft", "Over MQL."),
        ("ArrowRight", "Over SQL."),
        ("Escape", "Annelie Vos is back in MQL."),
    ):
        board.keyboard.press(key)
        expect(live).to_have_text(words)
    expect(card_in(board, "mql", lead).get_by_role("link")).to_be_focused()
    assert stage_of(lead) == "mql"

    for key in (" ", "ArrowRight", "Enter"):
        board.keyboard.press(key)
    expect(board.locator(".toast")).to_contain_text("Annelie Vos is SQL now.")
    expect(card_in(board, "sql", lead).get_by_role("link")).to_be_focused()
    assert stage_of(lead) == "sql"

    card_in(board, "mql", refused).get_by_role("link").focus()
    for key in (" ", "ArrowRight", " "):
        board.keyboard.press(key)
    expect(board.locator("#board-said")).to_contain_text("Bram Vos stays where it is.")
    expect(card_in(board, "mql", refused).get_by_role("link")).to_be_focused()
    board.keyboard.press("Enter")  # not picked up: it opens the lead
    expect(board).to_have_url(f"{live_server.url}/leads/{refused.pk}/")


def test_a_move_that_needs_a_reason_asks_for_it_and_snaps_back_when_there_is_none(
    board: Page, live_server: Any, rep: User
) -> None:
    lead = mql(rep, "Annelie", is_ready=False)
    go(board, live_server)
    card_in(board, "mql", lead).drag_to(lane(board, "lead"))
    dialog = board.get_by_role("dialog")
    expect(dialog).to_contain_text("Move back to Lead?")
    board.keyboard.press("Escape")
    expect(card_in(board, "mql", lead)).to_be_visible()
    assert not StageChange.objects.exists()

    card_in(board, "mql", lead).drag_to(lane(board, "lead"))
    dialog.get_by_role("button", name="Move back to Lead").click()
    expect(dialog).to_contain_text("This field is required")
    dialog.locator("textarea").fill("No project before spring")
    dialog.get_by_role("button", name="Move back to Lead").click()
    expect(board.locator(".toast")).to_contain_text("Annelie Vos is Lead now.")
    expect(board.get_by_role("heading", name="Board")).to_be_visible()
    expect(card_in(board, "lead", lead)).to_be_visible()
    assert StageChange.objects.get(lead=lead).reason == "No project before spring"


@pytest.mark.parametrize("width", [390, 1440])
def test_everybody_can_use_the_board_also_by_the_menu(
    width: int, board: Page, live_server: Any, rep: User
) -> None:
    lead = mql(rep, "Annelie", is_ready=True)
    make_lead(stage="customer", owner=rep)
    board.set_viewport_size({"width": width, "height": 900})
    go(board, live_server)
    card_in(board, "mql", lead).locator("summary").click()
    board.get_by_role("link", name="Move to SQL…").click()
    board.get_by_role("dialog").get_by_role("button", name="Move to SQL").click()
    expect(card_in(board, "sql", lead)).to_be_visible()
    assert board.evaluate("document.documentElement.scrollWidth") <= width
