"""What comes in, beside what sales can call: worked out by hand."""

from dataclasses import replace
from datetime import timedelta

import pytest

from leadapp.errors import Conflict, Invalid, NotAllowed
from leadapp.models import Lead, User
from scoring.analysis.capacity import Inflow, Rise, propose_thresholds, weekly_inflow
from scoring.engine.definition import read_definition
from scoring.models import ScoringModel, ScoringModelVersion
from scoring.services.capacity import set_weekly_capacity, use_lines
from scoring.services.publishing import make_draft, publish
from scoring.services.scheduling import schedule_publish
from tests.qualification.conftest import marketer, rep
from tests.scoring.build import DAY, NOW, log, make_lead, make_rule, make_version

__all__ = ["marketer", "rep"]

pytestmark = pytest.mark.django_db

WEEK = 7 * DAY


@pytest.fixture
def version() -> ScoringModelVersion:
    """Give a live version: a demo request 50 points, a page view 10; warm 20, hot 40, sales 50."""
    version = make_version(warm_from=20, hot_from=40, threshold=50)
    make_rule(version, name="Demo", points=50, types=["demo_requested"])
    make_rule(version, name="Page", points=10, types=["page_view"])
    publish(version=version, actor=None, note="", now=NOW - 100 * DAY)
    version.refresh_from_db()
    return version


def come_in(weeks_ago: int, number: int, slug: str = "demo_requested") -> list[Lead]:
    """Make leads that did something in the middle of a week."""
    made = []
    for _ in range(number):
        lead = make_lead(created_at=NOW - 80 * DAY, last_activity_at=NOW - WEEK * weeks_ago + 3 * DAY)
        log(lead, slug, NOW - WEEK * weeks_ago + 3 * DAY)
        made.append(lead)
    return made


def test_leads_count_in_the_week_in_which_they_cross(version: ScoringModelVersion) -> None:
    come_in(1, 3)
    come_in(2, 1)
    come_in(4, 2)
    come_in(1, 5, "page_view")  # 10 points cross nothing at 50
    (inflow,) = weekly_inflow(definitions=[read_definition(version)], now=NOW, weeks=4)
    assert inflow.crossing(50) == [2, 0, 1, 3]
    assert inflow.per_week(50) == 1.5
    assert inflow.crossing(51) == [0, 0, 0, 0]
    assert inflow.crossing(10) == [2, 0, 1, 8]
    assert (inflow.sampled, inflow.active, inflow.is_sample) == (11, 11, False)


def test_a_lead_that_is_new_crosses_when_it_is_there(version: ScoringModelVersion) -> None:
    draft = make_draft(model=version.model, actor=None, now=NOW)
    make_rule(draft, name="Germany", points=60, conditions=[("lead.country", "equals", "DE")])
    make_lead(country="DE", created_at=NOW - 10 * DAY, last_activity_at=NOW - 10 * DAY)
    (inflow,) = weekly_inflow(definitions=[read_definition(draft)], now=NOW, weeks=4)
    assert inflow.crossing(50) == [0, 0, 1, 0]


def test_above_the_sample_some_leads_stand_for_others(version: ScoringModelVersion) -> None:
    strong = come_in(1, 4)
    Lead.objects.filter(pk__in=[lead.pk for lead in strong]).update(
        score=50, fit=0, engagement=50, grade="D2", temperature="hot", scored_at=NOW, score_version=version
    )
    come_in(1, 8, "page_view")
    (inflow,) = weekly_inflow(definitions=[read_definition(version)], now=NOW, weeks=2, sample=4)
    assert (inflow.sampled, inflow.active, inflow.is_sample) == (8, 12, True)
    assert inflow.crossing(50) == [0, 4]  # each of the strongest stands for itself
    assert inflow.crossing(10) == [0, 12]  # four of the others stand for two each


def test_the_lowest_lines_that_fit_are_proposed(version: ScoringModelVersion) -> None:
    draft = make_draft(model=version.model, actor=None, now=NOW)
    ScoringModelVersion.objects.filter(pk=draft.pk).update(threshold=30, hot_from=25)
    draft.refresh_from_db()
    for week in range(1, 9):
        come_in(week, 2)  # 50 points
        for lead in come_in(week, 3, "page_view"):  # 40 points
            for _ in range(3):
                log(lead, "page_view", NOW - WEEK * week + 3 * DAY)
    proposal = propose_thresholds(version=draft, weekly_capacity=2, now=NOW)
    assert proposal.now_per_week == 5
    assert (proposal.hot_from, proposal.threshold) == (45, 45)  # five at 40 are more than four
    assert proposal.then_per_week == 2
    assert proposal.changes_something
    assert proposal.warnings == (
        "About 5 leads a week reach 30 points, and sales can call 2: every week 3 more would wait.",
    )
    assert propose_thresholds(version=draft, weekly_capacity=3, now=NOW).hot_from == 25
    generous = propose_thresholds(version=draft, weekly_capacity=50, now=NOW)
    assert (generous.hot_from, generous.threshold, generous.warnings) == (25, 25, ())


def test_without_a_capacity_nothing_is_proposed(version: ScoringModelVersion) -> None:
    come_in(1, 3)
    proposal = propose_thresholds(version=version, weekly_capacity=None, now=NOW)
    assert not proposal.changes_something
    assert proposal.warnings == ()


def inflow_of(*weeks: int) -> Inflow:
    rises = tuple(tuple(Rise(0, 60, 1.0) for _ in range(number)) for number in weeks)
    return Inflow(tuple(NOW - WEEK * n for n in range(len(weeks))), rises, 1, 1)


@pytest.mark.parametrize(
    ("weeks", "said"),
    [
        ((1, 1, 1, 1), ""),
        ((9, 9, 9, 9), "every week 5 more would wait"),
        ((1, 1, 5, 5), "In the last 2 weeks about 5 leads a week"),
        ((1, 1, 3, 3), "In a week it is more than the 4"),
        ((3, 3, 1, 1), ""),
    ],
)
def test_it_warns_when_inflow_outgrows_capacity(
    version: ScoringModelVersion, weeks: tuple[int, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scoring.analysis.capacity.weekly_inflow", lambda **asked: [inflow_of(*weeks)])
    warnings = propose_thresholds(version=version, weekly_capacity=4, now=NOW).warnings
    assert [said in warning for warning in warnings] == ([True] if said else [])


class TestSaying:
    """How many leads sales can call."""

    def test_a_marketer_says_it(self, version: ScoringModelVersion, marketer: User) -> None:
        set_weekly_capacity(model=version.model, leads_per_week=40, actor=marketer, now=NOW)
        assert ScoringModel.objects.get(pk=version.model_id).weekly_capacity == 40
        set_weekly_capacity(model=version.model, leads_per_week=None, actor=marketer, now=NOW)
        assert ScoringModel.objects.get(pk=version.model_id).weekly_capacity is None

    def test_a_rep_does_not(self, version: ScoringModelVersion, rep: User) -> None:
        with pytest.raises(NotAllowed):
            set_weekly_capacity(model=version.model, leads_per_week=40, actor=rep, now=NOW)
        assert ScoringModel.objects.get(pk=version.model_id).weekly_capacity is None

    @pytest.mark.parametrize("number", [0, -1, 1_000_001])
    def test_numbers_that_make_no_sense_are_refused(
        self, version: ScoringModelVersion, marketer: User, number: int
    ) -> None:
        with pytest.raises(Invalid) as refused:
            set_weekly_capacity(model=version.model, leads_per_week=number, actor=marketer, now=NOW)
        assert "weekly_capacity" in refused.value.errors
        assert ScoringModel.objects.get(pk=version.model_id).weekly_capacity is None


class TestUsingAProposal:
    """Lines go into the draft; what is live stays."""

    def test_a_draft_is_made_where_there_is_none(self, version: ScoringModelVersion, marketer: User) -> None:
        draft = use_lines(version=version, hot_from=45, threshold=60, actor=marketer, now=NOW)
        assert (draft.is_draft, draft.hot_from, draft.threshold) == (True, 45, 60)
        assert draft.rules.count() == 2
        version.refresh_from_db()
        assert (version.hot_from, version.threshold) == (40, 50)

    def test_the_draft_that_is_there_gets_them(self, version: ScoringModelVersion, marketer: User) -> None:
        draft = make_draft(model=version.model, actor=None, now=NOW)
        used = use_lines(version=draft, hot_from=45, threshold=60, actor=marketer, now=NOW)
        assert used.pk == draft.pk
        draft.refresh_from_db()
        assert (draft.hot_from, draft.threshold, draft.revision) == (45, 60, 2)

    def test_a_rep_may_not(self, version: ScoringModelVersion, rep: User) -> None:
        with pytest.raises(NotAllowed):
            use_lines(version=version, hot_from=45, threshold=60, actor=rep, now=NOW)
        assert not ScoringModelVersion.objects.filter(model=version.model, state="draft").exists()

    def test_lines_in_the_wrong_order_are_refused(self, version: ScoringModelVersion, marketer: User) -> None:
        with pytest.raises(Invalid):
            use_lines(version=version, hot_from=10, threshold=60, actor=marketer, now=NOW)
        assert not ScoringModelVersion.objects.filter(model=version.model, state="draft").exists()

    def test_a_draft_that_somebody_began_meanwhile_is_left_alone(
        self, version: ScoringModelVersion, marketer: User
    ) -> None:
        draft = make_draft(model=version.model, actor=None, now=NOW)
        with pytest.raises(Conflict):
            use_lines(version=version, hot_from=45, threshold=60, actor=marketer, now=NOW)
        draft.refresh_from_db()
        assert (draft.hot_from, draft.threshold) == (40, 50)

    def test_a_scheduled_draft_is_left_alone(self, version: ScoringModelVersion, marketer: User) -> None:
        draft = make_draft(model=version.model, actor=None, now=NOW)
        schedule_publish(version=draft, at=NOW + timedelta(hours=1), actor=marketer, note="Later", now=NOW)
        with pytest.raises(Conflict):
            use_lines(version=draft, hot_from=45, threshold=60, actor=marketer, now=NOW)
        draft.refresh_from_db()
        assert (draft.hot_from, draft.threshold) == (40, 50)


def test_a_proposal_may_be_asked_for_any_version(version: ScoringModelVersion) -> None:
    come_in(1, 1)
    proposal = propose_thresholds(version=version, weekly_capacity=1, now=NOW)
    assert replace(proposal, weekly_capacity=2).inflow == proposal.inflow
