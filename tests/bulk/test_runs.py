"""The same with many leads: each judged by itself, written down, and taken back as far as it still stands."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from leadapp.errors import Conflict, Invalid, NotFound
from leadapp.models import BulkItem, BulkRun, Lead, LeadTag, User
from leadapp.services import bulk
from leadapp.services.bulk.running import BATCH, BATCHES
from leadapp.services.leads.tags import change_tags, tags_of
from qualification.models import Assignment, Notice, StageChange, Task
from qualification.services.assignment import assign_lead, hand_over
from qualification.services.moves import move_lead
from qualification.services.work import complete_task
from tests.bulk.build import ASKED, SOON, everything, reasons, run_over, ticked, undo
from tests.qualification.build import DAY, NOW, make_good_lead, make_lead

pytestmark = pytest.mark.django_db


def counts(run: BulkRun) -> tuple[int, int, int, int, int]:
    return (run.total, run.done, run.refused, run.undone, run.kept)


def untouched(before: dict[str, Any], *names: str) -> bool:
    """Tell whether everything but these is as it was."""
    return {k: v for k, v in everything().items() if k not in names} == {
        k: v for k, v in before.items() if k not in names
    }


def test_leads_are_moved_and_those_that_stand_are_moved_back(rep: User, other_rep: User) -> None:
    good, also, closed = make_good_lead(owner=rep), make_good_lead(owner=rep), make_lead(owner=rep)
    foreign = make_good_lead(owner=other_rep)
    run = run_over(rep, "move", good, also, closed, foreign)
    assert counts(run) == (4, 2, 2, 0, 0)
    assert [reason[:20] for reason in reasons(run)] == ["Missing for Lead → M", "This lead belongs to"]
    move_lead(lead=also, to_stage="lead", seen_stage="mql", reason="Not yet", actor=rep, now=SOON)
    run = undo(run)
    assert counts(run) == (4, 2, 2, 1, 1)
    assert "moved this lead since" in reasons(run)[0]
    assert Lead.objects.get(pk=good.pk).stage == "lead"


@pytest.mark.parametrize("action", ["nurture", "disqualify"])
def test_leads_are_set_aside_and_stand_again_as_they_did(action: str, rep: User) -> None:
    leads = [make_lead(stage="mql", owner=rep, score=170) for _ in range(2)]
    hand_over(lead_ids=[lead.pk for lead in leads], now=NOW - timedelta(hours=1))
    before = everything()
    run = undo(run_over(rep, action, *leads))
    assert counts(run) == (2, 2, 0, 2, 0)
    assert untouched(before, "StageChange", "ScoredLead")
    assert StageChange.objects.count() == 4


def test_leads_are_given_away_and_come_back_with_their_clock(
    rep: User, other_rep: User, manager: User
) -> None:
    owned, waiting, nobodys = make_lead(owner=rep), make_lead(stage="mql", score=170), make_lead()
    hand_over(lead_ids=[waiting.pk], now=NOW - timedelta(hours=1))  # to a rep, with a clock
    waiting.refresh_from_db()
    passed_on = make_lead(owner=rep)
    run = run_over(manager, "assign", owned, waiting, nobodys, passed_on, owner=other_rep.pk)
    done = 3 if waiting.owner == other_rep else 4
    assert counts(run)[:3] == (4, done, 4 - done)
    notice = Notice.objects.get(user=other_rep, event=f"bulk:{run.pk}")
    assert notice.text == f"{done} leads are yours now. Holiday"
    passed_on.refresh_from_db()
    assign_lead(lead=passed_on, owner=rep, actor=manager, reason="No", now=NOW)
    run = undo(run)
    assert counts(run)[3:] == (done - 1, 1)
    assert reasons(run)[-1] == "Since then this lead went to Jonas Wiegand."
    assert [Lead.objects.get(pk=lead.pk).owner for lead in (owned, nobodys)] == [rep, None]
    assert Lead.objects.get(pk=waiting.pk).owner == waiting.owner
    assert Assignment.objects.running().get(lead=waiting).due_at == NOW - timedelta(hours=1) + DAY
    assert not Assignment.objects.running().filter(lead=nobodys).exists()
    assert not Notice.objects.filter(event=f"bulk:{run.pk}").exists()


def test_whoever_gave_own_leads_away_takes_that_back(rep: User, other_rep: User) -> None:
    lead = make_lead(owner=rep)
    run = undo(run_over(rep, "assign", lead, owner=other_rep.pk))
    assert counts(run) == (1, 1, 0, 1, 0)
    assert Lead.objects.get(pk=lead.pk).owner == rep


def test_leads_are_tagged_and_tasks_are_set_and_both_are_taken_back(rep: User) -> None:
    leads = [make_lead(owner=rep), make_lead(owner=rep), make_lead()]
    change_tags(lead_ids=[lead.pk for lead in leads[:2]], add=["Old"], actor=rep, now=NOW)
    before = everything()
    run = run_over(rep, "tag", *leads, add=["Fair"], remove=["old"])
    assert counts(run)[:3] == (3, 2, 1)
    assert tags_of([leads[0].pk]) == {leads[0].pk: ["Fair"]}
    change_tags(lead_ids=[leads[1].pk], remove=["Fair"], actor=rep, now=NOW)
    assert counts(undo(run))[3:] == (2, 0)
    assert tags_of([lead.pk for lead in leads]) == {lead.pk: ["Old"] for lead in leads[:2]}
    run = run_over(rep, "task", *leads[:2])
    assert list(Task.objects.values_list("owner", "text")) == [(rep.pk, "Call")] * 2
    complete_task(task=Task.objects.get(lead=leads[0]), actor=rep, now=NOW)
    run = undo(run)
    assert counts(run)[3:] == (1, 1)
    assert reasons(run) == ["This task is done."]
    assert untouched(before, "Lead", "tags", "Task")


@pytest.mark.parametrize(
    ("action", "wrong"),
    [
        ("move", {"to_stage": "gold"}),
        ("nurture", {"reason": " "}),
        ("disqualify", {"reason_code": "other"}),
        ("assign", {"reason": ""}),
        ("assign", {"owner": 0}),
        ("tag", {"add": []}),
        ("task", {"text": ""}),
    ],
)
def test_what_makes_no_sense_for_all_is_refused_at_once(
    action: str, wrong: dict[str, Any], manager: User
) -> None:
    lead, before = make_lead(), everything()
    with pytest.raises(Invalid):
        run_over(manager, action, lead, **wrong)
    assert everything() == before
    assert not BulkRun.objects.exists()


def test_without_leads_or_with_an_unknown_action_nothing_begins(manager: User) -> None:
    with pytest.raises(Invalid):
        run_over(manager, "tag")
    with pytest.raises(Invalid):
        bulk.start_run(action="tag", asked=ASKED["tag"], actor=manager, now=NOW, leads=Lead.objects.none())
    with pytest.raises(NotFound):
        bulk.start_run(action="sell", asked={}, actor=manager, now=NOW, ticked=ticked(make_lead()))
    assert not BulkRun.objects.exists()


def test_a_filter_is_taken_as_of_the_moment_and_done_batch_by_batch(manager: User) -> None:
    leads = Lead.objects.bulk_create([Lead(last_name=f"N{number}") for number in range(BATCH + 1)])
    run = bulk.start_run(
        action="tag", asked=ASKED["tag"], actor=manager, now=NOW, leads=Lead.objects.filter(owner=None)
    )
    late = make_lead()
    run = bulk.finish_small(run, now=NOW)
    assert (run.total, run.done, run.is_running) == (BATCH + 1, 0, True)
    assert bulk.is_waiting()
    assert bulk.continue_runs(now=SOON)
    run.refresh_from_db()
    assert (run.done, run.finished_at, run.is_running) == (BATCH + 1, SOON, False)
    assert not bulk.continue_runs(now=SOON)
    assert LeadTag.objects.count() == len(leads)
    assert not LeadTag.objects.filter(lead=late).exists()


def test_an_undo_in_the_middle_leaves_the_rest_alone(manager: User) -> None:
    Lead.objects.bulk_create([Lead(last_name=f"N{number}") for number in range(BATCH * BATCHES + 1)])
    run = bulk.start_run(action="tag", asked=ASKED["tag"], actor=manager, now=NOW, leads=Lead.objects.all())
    bulk.continue_runs(now=NOW)
    run.refresh_from_db()
    assert (run.done, run.finished_at) == (BATCH * BATCHES, None)
    bulk.undo_run(run=run, actor=manager, now=SOON)
    while bulk.continue_runs(now=SOON):
        pass
    run.refresh_from_db()
    assert (run.undone, run.is_running) == (BATCH * BATCHES, False)
    assert not LeadTag.objects.exists()
    assert run.items.get(state=BulkItem.State.WAITING)


def test_an_undo_is_for_whoever_asked_once_and_in_time(rep: User, manager: User) -> None:
    run = run_over(rep, "tag", make_lead(owner=rep))
    with pytest.raises(NotFound):
        bulk.undo_run(run=run, actor=manager, now=SOON)
    with pytest.raises(Invalid):
        bulk.undo_run(run=run, actor=rep, now=NOW + bulk.UNDO_WITHIN + timedelta(seconds=1))
    undo(run)
    with pytest.raises(Conflict):
        bulk.undo_run(run=run, actor=rep, now=SOON)


def test_the_leads_of_runs_are_forgotten_and_the_runs_are_not(rep: User) -> None:
    run = run_over(rep, "tag", make_lead(owner=rep))
    assert bulk.forget_items(before=NOW) == 0
    assert bulk.forget_items(before=SOON) == 1
    assert BulkRun.objects.get().pk == run.pk


@pytest.mark.parametrize("action", list(ASKED))
def test_any_number_of_leads_takes_the_same_queries(action: str, rep: User, other_rep: User) -> None:
    rep = User.objects.get(pk=rep.pk)
    asked = ASKED[action] | ({"owner": other_rep.pk} if action == "assign" else {})

    def queries(number: int) -> tuple[int, int]:
        leads = [make_good_lead(owner=rep) for _ in range(number)]
        with CaptureQueriesContext(connection) as doing:
            run = run_over(rep, action, *leads, **asked, **({"is_told": False} if action == "assign" else {}))
        with CaptureQueriesContext(connection) as undoing:
            run = undo(run)
        assert counts(run) == (number, number, 0, number, 0)
        return len(doing), len(undoing)

    queries(2)
    assert queries(1) == queries(20)


@pytest.mark.parametrize(
    "facts",
    [
        {"action": "sell"},
        {"done": 2},
        {"total": 2, "done": 1, "undone": 1, "kept": 1},
        {"finished_at": NOW - DAY},
        {"undo_finished_at": NOW},
    ],
)
def test_the_database_forbids_runs_that_cannot_be(facts: dict[str, Any], rep: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        BulkRun.objects.create(**({"action": "tag", "actor": rep, "created_at": NOW, "total": 1} | facts))


def test_the_database_forbids_items_that_cannot_be(rep: User) -> None:
    run, lead = run_over(rep, "tag", make_lead(owner=rep)), make_lead()
    for facts in ({"state": "lost"}, {"state": "done", "reason": "No"}, {"lead": run.items.get().lead}):
        with pytest.raises(IntegrityError), transaction.atomic():
            BulkItem.objects.create(**({"run": run, "lead": lead} | facts))
