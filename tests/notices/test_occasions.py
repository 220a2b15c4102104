"""Who is told of handovers, hot leads and mentions, and who is not."""

from datetime import timedelta
from typing import Any

import pytest

from leadapp.models import Lead, User
from qualification.models import Notice
from qualification.services.assignment import assign_lead, hand_over, take_lead
from qualification.services.gates.evaluation import evaluate_waiting
from qualification.services.work import add_note
from scoring.models import Cause, ScoreChange, ScoredLead
from tests.notices.build import NOW, make_rep
from tests.qualification.build import live_version, make_lead

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


def told() -> list[tuple[str, str, str]]:
    return list(Notice.objects.order_by("pk").values_list("user__username", "kind", "text"))


def test_a_worker_that_hands_over_tells_the_rep() -> None:
    make_rep()
    lead = make_lead(score=163, stage="mql", first_name="Annelie")
    (assignment,) = hand_over(lead_ids=[lead.pk], now=NOW)
    assert told() == [("jonas", "handover", f"Annelie is yours now. {assignment.reason}")]


def test_a_colleague_who_gives_a_lead_away_tells_the_new_owner() -> None:
    rep, other, manager = make_rep(), make_rep("priya"), make_rep("henrik", "manager")
    lead = make_lead(owner=rep, first_name="Annelie")
    assign_lead(lead=lead, owner=other, actor=manager, reason="Speaks French", now=NOW)
    assert told() == [("priya", "handover", "Annelie is yours now. Speaks French")]


def test_taking_a_lead_tells_nobody() -> None:
    rep = make_rep()
    take_lead(lead=make_lead(), actor=rep, now=NOW)
    assert told() == []


def test_a_lead_in_the_team_queue_tells_nobody_that_it_is_theirs() -> None:
    lead = make_lead(score=163, stage="mql")
    hand_over(lead_ids=[lead.pk], now=NOW)
    assert [kind for _, kind, _ in told() if kind == "handover"] == []


def scored(lead: Lead, *changes: tuple[str, str]) -> None:
    """Write what scoring writes: a change each of (temperature, cause), and that gates wait for the last."""
    for number, (temperature, cause) in enumerate(changes):
        at = NOW + number * SECOND
        ScoreChange.objects.create(
            lead=lead,
            at=at,
            score=130,
            fit=100,
            engagement=30,
            grade="A2",
            temperature=temperature,
            version=live_version(),
            cause=cause,
        )
    ScoredLead.objects.create(lead=lead, scored_at=at)


@pytest.mark.parametrize(
    ("changes", "is_told"),
    [
        ([("hot", Cause.ACTIVITY)], True),
        ([("warm", Cause.ACTIVITY), ("hot", Cause.ACTIVITY)], True),
        ([("warm", Cause.ACTIVITY), ("hot", Cause.FACTS)], True),
        ([("hot", Cause.ACTIVITY), ("hot", Cause.ACTIVITY)], False),
        ([("hot", Cause.ACTIVITY), ("warm", Cause.DECAY), ("hot", Cause.ACTIVITY)], True),
        ([("hot", Cause.ACTIVITY), ("warm", Cause.DECAY)], False),
        ([("warm", Cause.ACTIVITY), ("hot", Cause.PUBLISH)], False),
    ],
    ids=["new", "warmer", "by facts", "still hot", "again", "cooler", "other rules"],
)
def test_the_owner_of_a_lead_that_turns_hot_is_told(changes: Any, is_told: bool) -> None:
    lead = make_lead(owner=make_rep(), first_name="Annelie")
    scored(lead, *changes)
    evaluate_waiting(now=NOW)
    assert told() == ([("jonas", "hot_lead", "Annelie is hot now: 130 points.")] if is_told else [])


def test_a_hot_lead_is_told_of_once() -> None:
    lead = make_lead(owner=make_rep())
    scored(lead, ("hot", Cause.ACTIVITY))
    ScoredLead.objects.create(lead=lead, scored_at=NOW)
    evaluate_waiting(now=NOW)
    ScoredLead.objects.create(lead=lead, scored_at=NOW)
    evaluate_waiting(now=NOW)
    assert len(told()) == 1


@pytest.mark.parametrize("facts", [{}, {"status": "disqualified"}], ids=["nobody's", "set aside"])
def test_nobody_is_told_of_a_hot_lead_that_nobody_works_on(facts: dict[str, Any]) -> None:
    owner = make_rep() if facts else None
    scored(make_lead(owner=owner, **facts), ("hot", Cause.ACTIVITY))
    evaluate_waiting(now=NOW)
    assert told() == []


@pytest.fixture
def rep() -> User:
    return make_rep(first_name="Jonas", last_name="Wiegand")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@priya, can you call?", ["priya"]),
        ("Ask @Priya.", ["Priya"]),
        ("(@priya) and @henrik: look", ["henrik", "priya"]),
        ("priya@vendor.example wrote", []),
        ("@nobody knows", []),
        ("@gone has left", []),
        ("@ priya", []),
        ("@priya @priya @priya", ["priya"]),
    ],
)
def test_a_note_mentions_colleagues_by_their_names(rep: User, text: str, names: list[str]) -> None:
    make_rep("priya")
    make_rep("henrik", "manager")
    make_rep("gone", is_active=False)
    note = add_note(lead=make_lead(owner=rep), text=text, actor=rep, now=NOW)
    assert note.mentions == names
    assert sorted(user for user, kind, _ in told()) == sorted(name.lower() for name in names)


def test_a_mention_says_who_where_and_what(rep: User) -> None:
    make_rep("priya")
    lead = make_lead(owner=rep, first_name="Annelie")
    add_note(lead=lead, text="Over to @priya:\n\nshe knows them.", actor=rep, now=NOW)
    assert told() == [
        (
            "priya",
            "mention",
            "Jonas Wiegand mentioned you in a note on Annelie: Over to @priya: she knows them.",
        )
    ]
    assert Notice.objects.get().lead == lead


def test_who_may_not_see_the_lead_is_not_told(rep: User, settings: Any) -> None:
    settings.REPS_SEE = "own"
    make_rep("priya")
    note = add_note(lead=make_lead(owner=rep), text="@priya", actor=rep, now=NOW)
    assert note.mentions == []
    assert told() == []


def test_who_mentions_themselves_is_not_told(rep: User) -> None:
    note = add_note(lead=make_lead(owner=rep), text="@jonas was here", actor=rep, now=NOW)
    assert note.mentions == ["jonas"]
    assert told() == []
