"""A call is saved once, all of it or nothing."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from leadapp.errors import Conflict, Invalid, NotAllowed
from leadapp.models import Activity, Lead, User
from leadapp.services.work.calls import OUTCOMES, Call, FollowUp, gate_after, is_saved, save_call
from qualification.models import Assignment, BantAnswer, CallDraft, Note, StageChange, Task
from qualification.services.evidence.answers import NewAnswer
from qualification.services.evidence.call_drafts import DraftChanged, discard_draft, draft_of, keep_draft
from qualification.services.moves import GateClosed
from tests.qualification.build import DAY, NOW, confirm, everything, make_lead

pytestmark = pytest.mark.django_db
CALL_ID = UUID("11111111-1111-1111-1111-111111111111")


def answers(*dimensions: str, state: str = "confirmed") -> tuple[NewAnswer, ...]:
    return tuple(NewAnswer(dimension=one, state=state, value="Yes", source="call") for one in dimensions)


def make_call(**facts: Any) -> Call:
    usual: dict[str, Any] = {
        "call_id": CALL_ID,
        "outcome": "reached",
        "answers": answers("budget", "need"),
        "note": " SAP connector is a must. ",
        "follow_up": FollowUp(text="Send a summary", due_at=NOW + DAY),
    }
    return Call(**{**usual, **facts})


def written() -> dict[str, list[Any]]:
    rows = {model.__name__: list(model._default_manager.values_list()) for model in (Activity, CallDraft)}
    return {**everything(), **rows}


def test_a_call_brings_everything_at_once(rep: User) -> None:
    lead = make_lead(owner=rep, stage="mql")
    Assignment.objects.create(
        lead=lead, owner=rep, assigned_at=NOW - DAY, reason="Their turn",
        clock_started_at=NOW - DAY, due_at=NOW + DAY,
    )  # fmt: skip
    keep_draft(lead=lead, author=rep, call_id=CALL_ID, content={"notes": "SAP"}, version=0, now=NOW)
    assert save_call(lead=lead, call=make_call(), actor=rep, now=NOW)
    activity = Activity.objects.get(lead=lead)
    assert (activity.type.slug, activity.actor, activity.external_id) == (
        "call_connected",
        rep,
        f"call-{CALL_ID}",
    )
    kept = BantAnswer.objects.filter(lead=lead).order_by("pk")
    assert list(kept.values_list("dimension", "source", "author")) == [
        ("budget", "call", rep.pk),
        ("need", "call", rep.pk),
    ]
    assert Note.objects.get(lead=lead).text == "SAP connector is a must."
    task = Task.objects.get(lead=lead)
    assert (task.text, task.owner, task.due_at) == ("Send a summary", rep, NOW + DAY)
    assert Assignment.objects.get(lead=lead).answered_at == NOW
    assert not CallDraft.objects.exists()


@pytest.mark.parametrize("outcome", [outcome for outcome in OUTCOMES if outcome != "reached"])
def test_who_was_not_reached_is_not_answered(rep: User, outcome: str) -> None:
    lead = make_lead(owner=rep)
    save_call(lead=lead, call=make_call(outcome=outcome, answers=(), follow_up=None), actor=rep, now=NOW)
    activity = Activity.objects.get(lead=lead)
    assert activity.type.slug == "call_attempted"
    assert activity.properties == {"outcome": OUTCOMES[outcome].lower()}
    assert not Task.objects.exists()


def test_a_call_that_is_saved_again_writes_nothing(rep: User) -> None:
    lead = make_lead(owner=rep)
    assert save_call(lead=lead, call=make_call(), actor=rep, now=NOW)
    before = written()
    again = make_call(note="Otherwise", answers=answers("timeline"))
    assert not save_call(lead=lead, call=again, actor=rep, now=NOW + DAY)
    assert written() == before
    assert is_saved(lead=lead, call_id=CALL_ID)
    assert not is_saved(lead=lead, call_id=uuid4())
    assert not is_saved(lead=make_lead(), call_id=CALL_ID)


def test_a_call_can_move_the_lead_through_its_gate(rep: User) -> None:
    lead = make_lead(owner=rep, stage="mql")
    call = make_call(answers=answers("budget", "need", "timeline"))
    save_call(lead=lead, call=call, actor=rep, now=NOW, move_to="sql", seen_stage="mql")
    lead.refresh_from_db()
    assert lead.stage == "sql"
    assert StageChange.objects.get(lead=lead).actor == rep


def test_a_refused_move_writes_nothing_of_the_call(rep: User) -> None:
    lead = make_lead(owner=rep, stage="mql")
    keep_draft(lead=lead, author=rep, call_id=CALL_ID, content={"notes": "SAP"}, version=0, now=NOW)
    before = written()
    with pytest.raises(GateClosed):
        save_call(lead=lead, call=make_call(), actor=rep, now=NOW, move_to="sql", seen_stage="mql")
    assert written() == before
    Lead.objects.filter(pk=lead.pk).update(stage="sql")
    before = written()
    with pytest.raises(Conflict):
        save_call(lead=lead, call=make_call(), actor=rep, now=NOW, move_to="sql", seen_stage="mql")
    assert written() == before


@pytest.mark.parametrize(
    "facts",
    [
        {"outcome": "sold"},
        {"answers": answers("luck")},
        {"note": "x" * 10_001},
        {"follow_up": FollowUp(text=" ", due_at=NOW)},
    ],
    ids=["outcome", "answer", "note", "task"],
)
def test_a_call_that_makes_no_sense_writes_nothing(rep: User, facts: dict[str, Any]) -> None:
    lead = make_lead(owner=rep)
    before = written()
    with pytest.raises(Invalid):
        save_call(lead=lead, call=make_call(**facts), actor=rep, now=NOW)
    assert written() == before


def test_only_who_works_on_the_lead_saves_calls(rep: User, other_rep: User, marketer: User) -> None:
    lead, free = make_lead(owner=rep), make_lead()
    before = written()
    for asked, actor in ((lead, other_rep), (lead, marketer), (free, rep)):
        with pytest.raises(NotAllowed):
            save_call(lead=asked, call=make_call(), actor=actor, now=NOW)
    assert written() == before


def test_how_the_gate_would_stand_is_asked_of_the_gate_and_writes_nothing(rep: User) -> None:
    lead = make_lead(owner=rep, stage="mql")
    confirm(lead, "budget")
    before = written()
    few = gate_after(lead=lead, call=make_call(answers=answers("need")), now=NOW)
    enough = gate_after(lead=lead, call=make_call(answers=answers("need", "timeline")), now=NOW)
    assert few is not None
    assert enough is not None
    assert (few.passes, enough.passes) == (False, True)
    assert str(few.items[0]) == "Missing: All but one confirmed (2 now; authority or timeline would do)"
    assert written() == before
    assert gate_after(lead=make_lead(stage="customer"), call=make_call(), now=NOW) is None


def test_a_draft_is_kept_over_the_version_that_was_seen(rep: User, other_rep: User) -> None:
    lead = make_lead()
    asked: dict[str, Any] = {"lead": lead, "author": rep, "call_id": CALL_ID, "now": NOW}
    first = keep_draft(content={"notes": "a", "tab": "1"}, version=0, **asked)
    second = keep_draft(content={"notes": "ab", "tab": "1"}, version=1, **asked)
    assert (first.version, second.version) == (1, 2)
    for version in (0, 1, 3):
        with pytest.raises(DraftChanged) as caught:
            keep_draft(content={"notes": "x", "tab": "2"}, version=version, **asked)
        assert caught.value.version == 2
    # The same window comes again because the answer got lost.
    assert keep_draft(content={"notes": "abc", "tab": "1"}, version=1, **asked).version == 3
    stored = draft_of(lead=lead, author=rep)
    assert stored is not None
    assert stored.content["notes"] == "abc"
    assert keep_draft(**{**asked, "author": other_rep}, content={"notes": "mine"}, version=0).version == 1
    discard_draft(lead=lead, author=rep)
    discard_draft(lead=lead, author=rep)
    assert draft_of(lead=lead, author=rep) is None
    with pytest.raises(DraftChanged):
        keep_draft(content={"notes": "late"}, version=3, **asked)
    assert CallDraft.objects.get().author == other_rep


def test_a_draft_has_its_limit(rep: User) -> None:
    with pytest.raises(Invalid):
        keep_draft(
            lead=make_lead(), author=rep, call_id=CALL_ID, content={"notes": "x" * 60_001}, version=0, now=NOW
        )


def test_a_call_of_yesterday_is_another_call(rep: User) -> None:
    lead = make_lead(owner=rep)
    save_call(lead=lead, call=make_call(answers=answers("budget")), actor=rep, now=NOW - DAY)
    assert save_call(lead=lead, call=make_call(call_id=uuid4()), actor=rep, now=NOW)
    assert Activity.objects.filter(lead=lead).count() == 2
    assert BantAnswer.objects.filter(lead=lead, dimension="budget").count() == 2
    assert BantAnswer.objects.filter(expires_at=NOW + timedelta(days=90)).count() == 2
