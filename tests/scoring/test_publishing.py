"""Drafts, publishing, discarding; and who may."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, transaction

from leadapp.errors import Conflict, NotAllowed
from leadapp.models import User
from scoring.engine import score_leads
from scoring.models import Rescore, RuleCondition, ScoringModelVersion, ScoringRule
from scoring.services.publishing import discard_draft, make_draft, publish
from tests.scoring.build import NOW, log, make_lead, the_live_version

pytestmark = pytest.mark.django_db

RULE = ["name", "dimension", "points", "match", "counting", "min_occurrences", "window_days", "decay"]
RULE += ["decay_days", "max_points", "position", "is_active"]


@pytest.fixture
def marketer() -> User:
    user = User.objects.create_user("mara")
    user.groups.add(Group.objects.get(name="marketer"))
    return user


@pytest.fixture
def rep() -> User:
    user = User.objects.create_user("jonas")
    user.groups.add(Group.objects.get(name="rep"))
    return user


def draft_of(actor: Any = None) -> ScoringModelVersion:
    return make_draft(model=the_live_version().model, actor=actor, now=NOW)


def rules_of(version: ScoringModelVersion) -> list[tuple[Any, ...]]:
    return [
        (
            *(getattr(rule, name) for name in RULE),
            rule.group and (rule.group.name, rule.group.dimension, rule.group.cap, rule.group.position),
            sorted(rule.activity_types.values_list("slug", flat=True)),
            list(rule.conditions.order_by("position").values_list("field", "operator", "value")),
        )
        for rule in version.rules.order_by("dimension", "position")
    ]


def test_a_draft_is_a_copy_of_the_live_version(marketer: User) -> None:
    live, draft = the_live_version(), draft_of(marketer)
    assert (draft.number, draft.state, draft.created_by) == (live.number + 1, "draft", marketer)
    assert rules_of(draft) == rules_of(live)
    assert len(rules_of(draft)) == 40
    for name in ("fit_min", "engagement_max", "fit_a", "engagement_3", "hot_from", "threshold"):
        assert getattr(draft, name) == getattr(live, name)


def test_a_copy_gives_the_same_scores() -> None:
    lead = make_lead(job_title="CEO", country="DE")
    log(lead, "page_view", properties={"path": "/pricing", "seconds": 90})
    moments = {lead.pk: NOW}
    live, draft = the_live_version(), draft_of()
    assert score_leads(version=draft, moments=moments) == score_leads(version=live, moments=moments)


def test_publishing_a_copy_of_an_earlier_version_brings_its_scores_back() -> None:
    lead = make_lead(job_title="CEO")
    first = the_live_version()
    before = score_leads(version=first, moments={lead.pk: NOW})
    second = draft_of()
    second.rules.filter(name="C-level or owner").update(points=1)
    publish(version=second, actor=None, note="", now=NOW)
    assert score_leads(version=the_live_version(), moments={lead.pk: NOW}) != before
    back = make_draft(model=first.model, actor=None, now=NOW, source=first)
    publish(version=back, actor=None, note="", now=NOW)
    assert the_live_version().number == 3
    assert score_leads(version=the_live_version(), moments={lead.pk: NOW}) == before


def test_there_is_one_draft_at_most() -> None:
    draft_of()
    with pytest.raises(Conflict):
        draft_of()


def test_publishing_retires_the_version_before(marketer: User) -> None:
    live, draft = the_live_version(), draft_of(marketer)
    publish(version=draft, actor=marketer, note="Fewer points for students", now=NOW)
    live.refresh_from_db()
    assert (live.state, live.retired_at) == ("retired", NOW)
    assert (draft.state, draft.published_at, draft.published_by) == ("live", NOW, marketer)
    assert draft.note == "Fewer points for students"
    assert the_live_version() == draft


def test_a_published_version_is_not_published_again() -> None:
    draft = draft_of()
    publish(version=draft, actor=None, note="", now=NOW)
    runs = Rescore.objects.count()
    with pytest.raises(Conflict):
        publish(version=draft, actor=None, note="", now=NOW)
    assert Rescore.objects.count() == runs


def test_a_draft_can_be_discarded_with_its_rules(marketer: User) -> None:
    draft = draft_of()
    discard_draft(version=draft, actor=marketer)
    assert not ScoringModelVersion.objects.filter(pk=draft.pk).exists()
    assert not ScoringRule.objects.filter(version_id=draft.pk).exists()
    with pytest.raises(Conflict):
        discard_draft(version=the_live_version(), actor=marketer)


def test_reps_neither_draft_nor_publish_nor_discard(rep: User) -> None:
    with pytest.raises(NotAllowed):
        draft_of(rep)
    draft = draft_of()
    with pytest.raises(NotAllowed):
        publish(version=draft, actor=rep, note="", now=NOW)
    with pytest.raises(NotAllowed):
        discard_draft(version=draft, actor=rep)
    draft.refresh_from_db()
    assert draft.is_draft
    assert not Rescore.objects.exists()


def test_nothing_of_a_published_version_can_be_changed() -> None:
    live = the_live_version()
    rule = live.rules.first()
    assert rule is not None
    condition = RuleCondition.objects.filter(rule__version=live).first()
    assert condition is not None
    changes: list[Callable[[], object]] = [
        lambda: ScoringRule.objects.filter(pk=rule.pk).update(points=99),
        rule.delete,
        lambda: ScoringRule.objects.create(version=live, name="New", dimension="fit", points=1),
        lambda: RuleCondition.objects.filter(pk=condition.pk).update(value=["x"]),
        lambda: ScoringModelVersion.objects.filter(pk=live.pk).update(hot_from=1000),
        live.delete,
    ]
    for change in changes:
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_what_was_compiled_for_a_draft_is_not_kept() -> None:
    lead = make_lead()
    draft = draft_of()
    before = score_leads(version=draft, moments={lead.pk: NOW})[lead.pk].fit
    draft.rules.filter(name="Business email address").update(points=18)
    assert score_leads(version=draft, moments={lead.pk: NOW})[lead.pk].fit == before + 10
