"""Who would go through which gate by a draft of the rules, worked out by hand."""

from datetime import timedelta

import pytest
from django.db import connection

from leadapp.models import Lead, Stage, Status
from qualification.models import Gate, GateCriterion, Move, StageChange, Step
from qualification.services.gates.checklists import passing
from qualification.services.gates.preview import scored_gates
from scoring.analysis.preview import Preview
from scoring.engine.fragments import Fragment
from scoring.models import ScoringModel, ScoringModelVersion, ScoringRule
from scoring.services.publishing import make_draft, publish
from tests.qualification.build import DAY, NOW
from tests.scoring.build import log, make_rule, whole_preview
from tests.scoring.build import make_lead as make_scored_lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft() -> ScoringModelVersion:
    """Give a draft in which a page view gives 15 instead of 10; MQL from 30 points, sales from 50."""
    model = ScoringModel.objects.get(is_primary=True)
    version = make_draft(model=model, actor=None, now=NOW - 20 * DAY)
    version.rules.all().delete()
    make_rule(version, name="Viewed a page", points=10, types=["page_view"])
    ScoringModelVersion.objects.filter(pk=version.pk).update(warm_from=20, hot_from=40, threshold=50)
    publish(version=version, actor=None, note="Simple", now=NOW - 10 * DAY)
    GateCriterion.objects.filter(gate__step=Step.TO_MQL).delete()
    gate = Gate.objects.get(step=Step.TO_MQL)
    gate.criteria.create(label="Score", field="lead.score", operator="at_least", value=30)
    gate.criteria.create(label="Name", field="lead.first_name", operator="is_set", value=None)
    draft = make_draft(model=model, actor=None, now=NOW - DAY)
    ScoringRule.objects.filter(version=draft).update(points=15)
    return draft


def make_lead(views: int, **facts: object) -> Lead:
    lead = make_scored_lead(**({"first_name": "Anna"} | facts))
    for _ in range(views):
        log(lead, "page_view", NOW - timedelta(hours=1))
    return lead


def crossed(preview: Preview, step: Step) -> tuple[int, int]:
    crossing = preview.whole.crossing(step)
    return crossing.up, crossing.down


def test_leads_that_pass_only_by_the_draft_become_mql(draft: ScoringModelVersion) -> None:
    make_lead(2)  # 20, then 30
    make_lead(3)  # passes already
    make_lead(1)  # 15 is not enough
    make_lead(2, first_name="")  # the other criterion still fails
    make_lead(2, stage=Stage.MQL)  # is one already
    make_lead(2, status=Status.NURTURE, status_reason="No project")
    preview = whole_preview(draft=draft, now=NOW)
    assert crossed(preview, Step.TO_MQL) == (1, 0)
    assert list(preview.gates) == [Step.TO_MQL, Step.HANDOVER]


def test_a_lead_that_somebody_moved_back_lately_stays(draft: ScoringModelVersion) -> None:
    lead = make_lead(2)
    StageChange.objects.create(
        lead=lead,
        at=NOW - 3 * DAY,
        move=Move.BACKWARD,
        from_stage=Stage.MQL,
        to_stage=Stage.LEAD,
        from_status=Status.OPEN,
        to_status=Status.OPEN,
        reason="Too early",
    )
    assert crossed(whole_preview(draft=draft, now=NOW), Step.TO_MQL) == (0, 0)


def test_handover_takes_mqls_and_those_who_become_one_at_once(draft: ScoringModelVersion) -> None:
    make_lead(4, stage=Stage.MQL)  # 40, then 60
    make_lead(4)  # an MQL by then
    make_lead(4, first_name="")  # never becomes one
    make_lead(5, stage=Stage.MQL)  # was handed over long ago
    make_lead(4, stage=Stage.SQL)  # is beyond it
    assert crossed(whole_preview(draft=draft, now=NOW), Step.HANDOVER) == (2, 0)


def test_a_higher_threshold_is_that_of_the_draft_only(draft: ScoringModelVersion) -> None:
    make_lead(4, stage=Stage.MQL)  # 60 is less than 70
    make_lead(5, stage=Stage.MQL)  # 75 by the draft
    ScoringModelVersion.objects.filter(pk=draft.pk).update(threshold=80)
    preview = whole_preview(draft=draft, now=NOW)
    assert crossed(preview, Step.HANDOVER) == (0, 1)
    alone = {effect.name: effect for effect in preview.effects}
    assert alone["Viewed a page"].crossing(Step.HANDOVER).up == 1
    assert alone["Bounds, bands and groups"].crossing(Step.HANDOVER).down == 1


def test_leads_that_would_no_longer_pass_are_counted(draft: ScoringModelVersion) -> None:
    make_lead(3)
    make_lead(3, stage=Stage.MQL)
    make_lead(3, stage=Stage.CUSTOMER)
    ScoringRule.objects.filter(version=draft).update(points=5)
    assert crossed(whole_preview(draft=draft, now=NOW), Step.TO_MQL) == (0, 2)


def test_named_leads_say_which_gates_open(draft: ScoringModelVersion) -> None:
    lead = make_lead(4)
    (named,) = whole_preview(draft=draft, now=NOW).named
    assert (named.lead_id, named.before, named.after) == (lead.pk, 40, 60)
    assert named.crosses == ("handover+", "ready+")


def test_gates_that_do_not_ask_for_scores_are_left_out(draft: ScoringModelVersion) -> None:
    Gate.objects.get(step=Step.HANDOVER).criteria.all().delete()
    assert list(scored_gates(now=NOW).gates) == [Step.TO_MQL]


def test_evidence_is_asked_where_a_gate_wants_it(draft: ScoringModelVersion) -> None:
    gate = Gate.objects.get(step=Step.TO_MQL)
    gate.criteria.create(label="Nothing ruled out", field="bant.ruled_out_count", operator="at_most", value=0)
    make_lead(2)
    assert crossed(whole_preview(draft=draft, now=NOW), Step.TO_MQL) == (1, 0)


def test_another_model_opens_no_gates(draft: ScoringModelVersion) -> None:
    model = ScoringModel.objects.create(name="Other", slug="other")
    other = make_draft(model=model, actor=None, now=NOW)
    make_rule(other, name="Viewed a page", points=10, types=["page_view"])
    make_lead(9, stage=Stage.MQL)
    preview = whole_preview(draft=other, now=NOW)
    assert preview.moved == 1
    assert preview.gates == {}


def test_with_the_stored_numbers_it_says_what_gates_say(draft: ScoringModelVersion) -> None:
    leads = [make_lead(views) for views in range(7)]
    for views, lead in enumerate(leads):
        Lead.objects.filter(pk=lead.pk).update(
            score=10 * views, fit=0, engagement=10 * views, grade="D1", temperature="hot", scored_at=NOW,
            score_version=draft.based_on,
        )  # fmt: skip
    gates = scored_gates(now=NOW)
    stored = "(SELECT id AS lead_id, 0 AS side, fit, engagement, score, grade, temperature FROM leadapp_lead)"
    query = gates.select(numbers=stored, threshold=50, leads=Fragment("TRUE"))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT lead_id FROM ({query.sql}) q WHERE passes_to_mql", query.bind())  # noqa: S608
        found = {lead_id for (lead_id,) in cursor.fetchall()}
    assert found == passing(step=Step.TO_MQL, lead_ids=[lead.pk for lead in leads], now=NOW)
    assert found == {lead.pk for lead in leads[3:]}
