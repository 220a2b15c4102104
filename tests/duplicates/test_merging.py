"""Two leads become one, with everything that belongs to them; an undo makes two of them again."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from leadapp.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from leadapp.models import (
    Activity,
    Company,
    ConsentRecord,
    DuplicatePair,
    Lead,
    LeadIdentifier,
    LeadTag,
    Merge,
    MergedRows,
    User,
)
from leadapp.services.duplicates.choices import FACTS
from leadapp.services.duplicates.merging import merge_leads
from leadapp.services.duplicates.tables import DERIVED, KEPT, RUNNING, columns
from leadapp.services.duplicates.undoing import undo_merge
from leadapp.services.leads.leads import find_lead
from leadapp.services.privacy.opt_out import opt_out
from qualification.models import Assignment, BantAnswer, Deal, Note, Notice, StageChange, Task, WakeUp
from scoring.models import ScoreChange, ScoreOverride, ScoringRequest
from scoring.services.queue import score_waiting
from scoring.services.verification import Verified, verify_scores
from tests.duplicates.build import LATER, fill, make_pair, rows
from tests.qualification.build import DAY, NOW, log, make_lead, make_user

pytestmark = pytest.mark.django_db

UNITED = (ConsentRecord, Note, Task, BantAnswer, Deal, StageChange, Assignment, ScoreOverride, WakeUp)


def merge(winner: Lead, loser: Lead, actor: User | None, **more: Any) -> Merge:
    return merge_leads(winner=winner, loser=loser, actor=actor, now=LATER, **more)


def differing() -> int:
    found = Verified()
    for _ in verify_scores(found):
        pass
    return found.differing


def test_everything_of_both_belongs_to_the_winner(manager: User) -> None:
    winner, loser = make_pair(manager)

    merge(winner, loser, manager)

    assert list(Lead.objects.values_list("pk", flat=True)) == [winner.pk]
    for model in UNITED:
        assert model.objects.filter(lead=winner).count() == 2, model
    assert Activity.objects.filter(lead=winner, type__slug="page_view").count() == 2
    assert set(winner.lead_tags.values_list("tag__name", flat=True)) == {"fair", "list"}
    assert {"external", "visitor", "phone", "email"} == set(winner.identifiers.values_list("kind", flat=True))
    assert set(ScoringRequest.objects.values_list("lead", flat=True)) == {winner.pk}


def test_every_table_with_a_lead_is_thought_of() -> None:
    """What runs once, is derived or kept is named; of all others rows move, and those that clash are kept."""
    known = {column.model for column in columns()}
    assert known >= DERIVED | KEPT | RUNNING.keys()


def test_all_names_of_the_loser_lead_to_the_winner(manager: User) -> None:
    winner, loser = make_pair(manager)
    email = loser.email

    merge(winner, loser, manager)

    for name in ({"id": loser.pk}, {"email": email}, {"external_id": f"crm-{loser.pk}"}):
        found = find_lead(**name)
        assert found is not None
        assert found.pk == winner.pk
    assert LeadIdentifier.objects.get(value="+4930901821").lead_id == winner.pk


def test_facts_are_chosen_one_by_one_and_gaps_are_filled(manager: User) -> None:
    acme = Company.objects.create(name="Acme")
    winner, loser = make_pair(manager, company=acme, attributes={"erp": "SAP"}, job_title="CTO")
    Lead.objects.filter(pk=winner.pk).update(job_title="Head of IT", attributes={"size": "L"})

    merge(winner, loser, manager, choices={"last_name": "loser", "email": "loser", "phone": "winner"})

    winner.refresh_from_db()
    assert (winner.last_name, winner.email, winner.phone) == ("Do", loser.email, "+4930901820")
    assert (winner.job_title, winner.city, winner.company) == ("Head of IT", "Bonn", acme)
    assert winner.attributes == {"size": "L", "erp": "SAP"}
    change = winner.activities.get(type__slug="lead.updated").properties
    assert change["after"]["company"] == "Acme"
    assert change["before"]["last_name"] == "Doe"


def test_the_stricter_consent_wins(manager: User) -> None:
    winner, loser = make_pair(manager, do_not_call=True, do_not_score=True)

    merge(winner, loser, manager, choices={"city": "winner"})

    winner.refresh_from_db()
    assert (winner.do_not_call, winner.do_not_score, winner.do_not_email) == (True, True, False)
    assert winner.city == ""


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        (("lead", "open"), ("mql", "open"), ("mql", "open")),
        (("mql", "open"), ("lead", "open"), ("mql", "open")),
        (("mql", "disqualified"), ("lead", "open"), ("lead", "open")),
        (("lead", "open"), ("sql", "nurture"), ("lead", "open")),
        (("customer", "nurture"), ("lead", "open"), ("customer", "nurture")),
        (("lead", "nurture"), ("sql", "nurture"), ("sql", "nurture")),
    ],
)
def test_who_is_worked_on_or_a_customer_says_where_the_lead_stands(
    manager: User, mine: tuple[str, str], theirs: tuple[str, str], expected: tuple[str, str]
) -> None:
    winner, loser = (make_lead(stage=stage, status=status) for stage, status in (mine, theirs))

    done = merge(winner, loser, manager)

    winner.refresh_from_db()
    assert (winner.stage, winner.status) == expected
    assert StageChange.objects.filter(lead=winner, move="merge").count() == int(mine != expected)
    undo_merge(merge=done, actor=manager, now=LATER)
    winner.refresh_from_db()
    assert (winner.stage, winner.status) == mine


def test_one_assignment_runs_and_whoever_waits_for_an_answer_still_does(manager: User) -> None:
    annelie, bert = make_user("annelie", "rep"), make_user("bert", "rep")
    winner, loser = make_lead(owner=annelie), make_lead(owner=bert)
    Assignment.objects.create(lead=winner, owner=annelie, assigned_at=NOW, reason="Took it")
    waiting = {"clock_started_at": NOW, "due_at": NOW + DAY}
    Assignment.objects.create(lead=loser, owner=bert, assigned_at=NOW, reason="Asked for a demo", **waiting)

    merge(winner, loser, manager)

    running = Assignment.objects.running().get()
    assert (running.lead_id, running.owner, running.clock_started_at) == (winner.pk, annelie, NOW)
    assert running.due_at is not None
    told = dict(Notice.objects.filter(kind="merge").values_list("user__username", "text"))
    assert set(told) == {"annelie", "bert"}
    assert "somebody else's" in told["bert"]


def test_the_owner_can_be_chosen(manager: User) -> None:
    annelie, bert = make_user("annelie", "rep"), make_user("bert", "rep")
    winner, loser = make_lead(owner=annelie), make_lead(owner=bert)
    for lead, owner in ((winner, annelie), (loser, bert)):
        Assignment.objects.create(lead=lead, owner=owner, assigned_at=NOW, reason="Took it")

    done = merge(winner, loser, manager, choices={"owner": "loser"})

    winner.refresh_from_db()
    assert winner.owner == bert
    assert Assignment.objects.running().get().owner == bert
    undo_merge(merge=done, actor=manager, now=LATER)
    assert set(Assignment.objects.running().values_list("lead", "owner")) == {
        (winner.pk, annelie.pk),
        (loser.pk, bert.pk),
    }


def test_the_timeline_tells_of_it(manager: User) -> None:
    winner, loser = make_pair(manager)
    done = merge(winner, loser, manager)
    undo_merge(merge=done, actor=manager, now=LATER)

    told = winner.activities.filter(type__slug__in=["lead.merged", "lead.unmerged"]).order_by("pk")
    assert [one.type.slug for one in told] == ["lead.merged", "lead.unmerged"]
    assert {one.properties["lead"] for one in told} == {loser.pk}
    assert loser.activities.get(type__slug="lead.unmerged").properties["lead"] == winner.pk


def test_an_undo_brings_back_every_row(manager: User) -> None:
    winner, loser = make_pair(manager)
    before = rows()

    done = merge(winner, loser, manager, choices={"email": "loser", "phone": "loser"})
    assert rows() != before
    undo_merge(merge=done, actor=manager, now=LATER)

    assert rows() == before


def test_what_came_after_the_merge_stays_with_the_winner(manager: User) -> None:
    winner, loser = make_pair(manager)
    done = merge(winner, loser, manager, choices={"city": "loser", "last_name": "loser"})
    log(winner, "login", LATER)
    Lead.objects.filter(pk=winner.pk).update(last_name="Smith")

    undo_merge(merge=done, actor=manager, now=LATER)

    winner.refresh_from_db()
    assert winner.activities.filter(type__slug="login").exists()
    assert (winner.last_name, winner.city) == ("Smith", "")


@pytest.mark.parametrize("said_before", [False, True])
def test_who_said_no_after_the_merge_said_it_for_both(manager: User, said_before: bool) -> None:
    winner, loser = make_pair(manager, do_not_email=said_before, do_not_score=said_before)
    done = merge(winner, loser, manager)
    one = Lead.objects.get(pk=winner.pk)
    opt_out(lead=one, purposes=["email", "scoring"], now=LATER + DAY)

    undo_merge(merge=done, actor=manager, now=LATER + 2 * DAY)

    both = Lead.objects.filter(pk__in=[winner.pk, loser.pk])
    assert [(lead.do_not_email, lead.do_not_score, lead.do_not_call) for lead in both] == [
        (True, True, False)
    ] * 2
    score_waiting(now=LATER + 2 * DAY)
    assert {lead.score for lead in both.all()} == {None}
    told = Lead.objects.get(pk=loser.pk).activities.filter(type__slug="lead.updated", properties__by="undo")
    assert told.exists() is not said_before


def test_an_opt_out_that_came_and_went_with_another_merge_is_nobody_elses(manager: User) -> None:
    winner, loser = make_pair(manager)
    other = make_lead(first_name="Jane", do_not_call=True)
    first = merge(winner, loser, manager)
    second = merge_leads(winner=winner, loser=other, actor=manager, now=LATER + DAY)
    undo_merge(merge=second, actor=manager, now=LATER + 2 * DAY)
    undo_merge(merge=first, actor=manager, now=LATER + 3 * DAY)
    wishes = Lead.objects.filter(do_not_call=True)
    assert list(wishes.values_list("pk", flat=True)) == [other.pk]


def test_scores_are_right_after_both(manager: User) -> None:
    winner, loser = make_pair(manager)
    done = merge(winner, loser, manager)
    score_waiting(now=LATER)
    assert differing() == 0
    united = Lead.objects.get(pk=winner.pk).engagement or 0

    undo_merge(merge=done, actor=manager, now=LATER)
    score_waiting(now=LATER)

    assert differing() == 0
    assert (Lead.objects.get(pk=winner.pk).engagement or 0) < united
    assert ScoreChange.objects.filter(lead=loser).count() >= 1


def test_the_two_are_not_taken_for_one_again(manager: User) -> None:
    winner, loser = make_pair(manager)
    undo_merge(merge=merge(winner, loser, manager), actor=manager, now=LATER)
    assert DuplicatePair.objects.get().state == "dismissed"


def test_who_is_not_the_loser_is_not_the_winner_either(manager: User) -> None:
    winner, loser, other = make_lead(), make_lead(), make_lead()
    dismissed = {"state": "dismissed", "decided_at": NOW, "decided_by": manager}
    DuplicatePair.objects.create(first=loser, second=other, **dismissed)

    done = merge(winner, loser, manager)

    pair = DuplicatePair.objects.get()
    assert (pair.first, pair.second, pair.state) == (winner, other, "dismissed")
    undo_merge(merge=done, actor=manager, now=LATER)
    assert DuplicatePair.objects.filter(first=loser, second=other, state="dismissed").exists()


def test_merges_in_a_row_are_undone_from_the_last(manager: User) -> None:
    one, two, three = make_lead(), make_lead(), make_lead()
    fill(one, manager)
    before = rows()
    first = merge(two, one, manager)
    second = merge(three, two, manager)

    assert (find_lead(id=one.pk), find_lead(id=two.pk)) == (three, three)
    with pytest.raises(Conflict):
        undo_merge(merge=first, actor=manager, now=LATER)
    undo_merge(merge=second, actor=manager, now=LATER)
    undo_merge(merge=first, actor=manager, now=LATER)

    assert rows() == before


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"choices": {"last_name": "nobody"}}, Invalid),
        ({"choices": {"score": "loser"}}, Invalid),
        ({"seen": "old"}, Conflict),
        ({"actor": "rep"}, NotAllowed),
        ({"loser": "winner"}, Invalid),
        ({"loser": "gone"}, NotFound),
    ],
    ids=str,
)
def test_a_refusal_writes_nothing(
    manager: User, rep: User, change: dict[str, Any], refusal: type[Refused]
) -> None:
    winner, loser = make_pair(manager)
    before = rows()
    if change.get("seen"):
        change = {"seen": {loser.pk: loser.updated_at - timedelta(seconds=1)}}
    if change.get("loser"):
        change = {"loser": winner if change["loser"] == "winner" else Lead(pk=2**40)}
    actor = rep if change.get("actor") else manager

    with pytest.raises(refusal):
        merge_leads(**{"winner": winner, "loser": loser, "now": LATER, **change, "actor": actor})

    assert rows() == before
    assert not Merge.objects.exists()


def test_doing_it_again_is_refused(manager: User) -> None:
    winner, loser = make_pair(manager)
    done = merge(winner, loser, manager)
    with pytest.raises(Conflict):
        merge(winner, loser, manager)
    undo_merge(merge=done, actor=manager, now=LATER)
    with pytest.raises(Conflict):
        undo_merge(merge=done, actor=manager, now=LATER)
    assert MergedRows.objects.exists()


def test_only_who_may_merge_undoes(manager: User, rep: User) -> None:
    winner, loser = make_pair(manager)
    done = merge(winner, loser, manager)
    with pytest.raises(NotAllowed):
        undo_merge(merge=done, actor=rep, now=LATER)


def test_a_winner_may_lose_to_whom_an_undo_brought_back(manager: User) -> None:
    winner, loser = make_pair(manager)
    undo_merge(merge=merge(winner, loser, manager), actor=manager, now=LATER)
    merge(loser, winner, manager)
    assert LeadTag.objects.filter(lead=loser).count() == 2


@settings(
    max_examples=10,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    choices=st.dictionaries(
        st.sampled_from([*FACTS, "company", "owner"]), st.sampled_from(["winner", "loser"])
    ),
    mine=st.sampled_from(["open", "nurture", "disqualified"]),
    theirs=st.sampled_from(["open", "nurture", "disqualified"]),
    stages=st.tuples(*[st.sampled_from(["lead", "mql", "sql", "customer"])] * 2),
    owned=st.booleans(),
)
def test_merge_and_undo_give_the_same_rows_whatever_was_chosen(
    manager: User, choices: dict[str, str], mine: str, theirs: str, stages: tuple[str, str], owned: bool
) -> None:
    Lead.objects.all().delete()
    more = {"owner": manager} if owned else {}
    winner, loser = make_pair(manager, status=theirs, stage=stages[0], **more)
    reason = "" if mine == "open" else "No project"
    Lead.objects.filter(pk=winner.pk).update(status=mine, stage=stages[1], status_reason=reason)
    before = rows()

    undo_merge(merge=merge(winner, loser, manager, choices=choices), actor=manager, now=LATER)

    after = rows()
    assert {name for name in before if before[name] != after[name]} == set()
