"""Publishing later: a draft waits for its moment and is left alone until then."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, transaction
from django.utils import timezone

from leadapp.celery import app
from leadapp.errors import Conflict, Invalid, NotAllowed
from leadapp.models import ApiKey, Lead, User
from scoring import tasks
from scoring.models import Publication, Rescore, ScoringModelVersion
from scoring.rules import facts_of, version_facts_of
from scoring.services.editing import Stale, add_rule, change_version, save_rule
from scoring.services.publishing import discard_draft, make_draft, publish, roll_back
from scoring.services.scheduling import cancel_schedule, publish_due, schedule_publish, why_late
from tests.scoring.build import DAY, NOW, make_lead, make_rule, make_version, the_live_version

pytestmark = pytest.mark.django_db

MONDAY = NOW + 4 * DAY


def someone(role: str) -> User:
    user = User.objects.create_user(f"a {role}")
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def mara() -> User:
    return someone("marketer")


@pytest.fixture
def draft() -> ScoringModelVersion:
    return make_draft(model=the_live_version().model, actor=None, now=NOW)


def schedule(draft: ScoringModelVersion, actor: Any, **options: Any) -> ScoringModelVersion:
    given: dict[str, Any] = {"at": MONDAY, "note": "For the fair", "now": NOW} | options
    return schedule_publish(version=draft, actor=actor, **given)


def state_of(version: ScoringModelVersion) -> tuple[Any, ...]:
    found = ScoringModelVersion.objects.get(pk=version.pk)
    return found.state, found.publish_at, found.scheduled_by


def test_a_draft_goes_live_at_its_moment_in_the_name_of_who_scheduled_it(
    draft: ScoringModelVersion, mara: User
) -> None:
    make_lead()
    before = the_live_version()
    schedule(draft, mara)
    assert state_of(draft) == ("draft", MONDAY, mara)
    assert publish_due(now=MONDAY - timedelta(seconds=1)) == 0
    assert the_live_version() == before
    late = MONDAY + timedelta(seconds=7)
    assert publish_due(now=late) == 1
    assert state_of(draft) == ("live", None, None)
    draft.refresh_from_db()
    assert (draft.published_at, draft.published_by, draft.note) == (late, mara, "For the fair")
    told = Publication.objects.get(version=draft)
    assert (told.at, told.actor, told.note, told.is_rollback) == (late, mara, "For the fair", False)
    assert Rescore.objects.get(finished_at=None).version == draft
    assert publish_due(now=late) == 0


def test_a_scheduled_draft_is_not_edited_and_not_discarded(draft: ScoringModelVersion, mara: User) -> None:
    rule = draft.rules.get(name="Phone known")
    facts = facts_of(rule)
    schedule(draft, mara)
    edits: list[Callable[[], object]] = [
        lambda: save_rule(rule=rule, facts=facts, revision=rule.revision, actor=mara, now=NOW),
        lambda: add_rule(version=draft, facts=facts, actor=mara, now=NOW),
        lambda: change_version(
            version=draft, facts=version_facts_of(draft), revision=None, actor=mara, now=NOW
        ),
        lambda: discard_draft(version=draft, actor=mara),
    ]
    for edit in edits:
        with pytest.raises(Conflict, match=r"(?i)cancel the schedule first"):
            edit()
    cancel_schedule(version=draft, actor=mara, now=NOW)
    save_rule(rule=rule, facts=facts, revision=rule.revision, actor=mara, now=NOW)
    discard_draft(version=draft, actor=mara)


def test_a_schedule_can_be_moved_and_cancelled(draft: ScoringModelVersion, mara: User) -> None:
    schedule(draft, mara)
    schedule(draft, mara, at=MONDAY + DAY, note="")
    assert state_of(draft) == ("draft", MONDAY + DAY, mara)
    assert draft.note == "For the fair"
    cancel_schedule(version=draft, actor=mara, now=NOW)
    assert state_of(draft) == ("draft", None, None)
    assert publish_due(now=MONDAY + 2 * DAY) == 0
    with pytest.raises(Conflict, match="is not scheduled"):
        cancel_schedule(version=draft, actor=mara, now=NOW)


def test_a_note_that_came_with_the_schedule_is_an_edit(draft: ScoringModelVersion, mara: User) -> None:
    """Whoever has the page of bands open still does not overwrite it unseen."""
    seen = version_facts_of(draft)
    schedule(draft, mara)
    cancel_schedule(version=draft, actor=mara, now=NOW)
    with pytest.raises(Stale):
        change_version(version=draft, facts=seen, revision=1, actor=mara, now=NOW, seen=seen)
    draft.refresh_from_db()
    assert draft.note == "For the fair"


def test_publishing_by_hand_ends_the_schedule(draft: ScoringModelVersion, mara: User) -> None:
    schedule(draft, mara)
    publish(version=draft, actor=mara, note="", now=NOW)
    assert state_of(draft) == ("live", None, None)
    assert publish_due(now=MONDAY) == 0
    actions: list[Callable[[], object]] = [
        lambda: schedule(draft, mara),
        lambda: cancel_schedule(version=draft, actor=mara, now=NOW),
    ]
    for action in actions:
        with pytest.raises(Conflict, match="no draft any more"):
            action()


def test_a_rollback_leaves_the_schedule_alone(mara: User) -> None:
    first = the_live_version()
    publish(version=make_draft(model=first.model, actor=None, now=NOW), actor=None, note="", now=NOW)
    draft = make_draft(model=first.model, actor=None, now=NOW)
    schedule(draft, mara)
    first.refresh_from_db()
    roll_back(version=first, actor=mara, note="", now=NOW + DAY)
    assert publish_due(now=MONDAY) == 1
    assert the_live_version() == draft


@pytest.mark.parametrize("at", [NOW - DAY, NOW, NOW + 400 * DAY])
def test_a_moment_that_makes_no_sense_is_refused(draft: ScoringModelVersion, mara: User, at: Any) -> None:
    with pytest.raises(Invalid) as refused:
        schedule(draft, mara, at=at)
    assert list(refused.value.errors) == ["at"]
    assert state_of(draft) == ("draft", None, None)


def test_others_neither_schedule_nor_cancel(draft: ScoringModelVersion, mara: User) -> None:
    key = ApiKey.objects.create(name="Reader", prefix="la_1", digest=b"x", scopes=["read", "write"])
    for actor in (someone("rep"), someone("manager"), key):
        with pytest.raises(NotAllowed):
            schedule(draft, actor)
    assert state_of(draft) == ("draft", None, None)
    schedule(draft, mara)
    for actor in (User.objects.get(username="a rep"), key):
        with pytest.raises(NotAllowed):
            cancel_schedule(version=draft, actor=actor, now=NOW)
    assert state_of(draft) == ("draft", MONDAY, mara)


def test_what_the_rule_check_calls_wrong_is_not_scheduled(draft: ScoringModelVersion, mara: User) -> None:
    draft.rules.all().delete()
    with pytest.raises(Invalid, match="cannot be published"):
        schedule(draft, mara)
    assert state_of(draft) == ("draft", None, None)


def test_who_lost_the_right_does_not_publish_and_the_page_says_so(
    draft: ScoringModelVersion, mara: User, caplog: pytest.LogCaptureFixture
) -> None:
    before = the_live_version()
    schedule(draft, mara)
    mara.groups.clear()
    with caplog.at_level(logging.WARNING):
        assert publish_due(now=MONDAY) == 0
    assert "is due and was not published" in caplog.text
    caplog.clear()
    assert publish_due(now=MONDAY + DAY) == 0
    assert caplog.text == ""  # said once, not every ten seconds for good
    assert the_live_version() == before
    assert not Rescore.objects.exists()
    draft.refresh_from_db()
    assert why_late(draft, now=MONDAY) == ""
    assert why_late(draft, now=MONDAY + DAY) == (
        "a marketer scheduled it and may not publish any more. Cancel the schedule."
    )
    mara.groups.add(Group.objects.get(name="marketer"))
    draft = ScoringModelVersion.objects.get(pk=draft.pk)
    assert why_late(draft, now=MONDAY + DAY) == "No worker has published it yet."
    assert publish_due(now=MONDAY + DAY) == 1
    draft.refresh_from_db()
    assert why_late(draft, now=MONDAY + DAY) == ""


def test_one_that_may_not_go_live_does_not_hold_up_the_others(draft: ScoringModelVersion, mara: User) -> None:
    other = make_version()
    make_rule(other, points=5)
    schedule(draft, mara)
    schedule(other, None, at=MONDAY + DAY)
    mara.groups.clear()
    assert publish_due(now=MONDAY + DAY) == 1
    assert state_of(other)[0] == "live"
    assert state_of(draft)[0] == "draft"


def test_the_database_lets_only_drafts_wait() -> None:
    live = the_live_version()
    with pytest.raises(DatabaseError), transaction.atomic():
        ScoringModelVersion.objects.filter(pk=live.pk).update(publish_at=MONDAY)


def test_the_task_publishes_and_wakes_workers_for_the_run(
    draft: ScoringModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []

    def send(task: str) -> bool:
        sent.append(task)
        return True

    monkeypatch.setattr(tasks, "send", send)
    make_lead()
    now = timezone.now()
    schedule(draft, None, at=now + DAY, now=now)
    tasks.publish_due()
    assert sent == []
    ScoringModelVersion.objects.filter(pk=draft.pk).update(publish_at=now)
    tasks.publish_due()
    assert sent == ["scoring.tasks.rescore_chunk"] * 2
    assert the_live_version() == draft


def test_beat_looks_for_due_drafts() -> None:
    schedule = {entry["task"]: entry["schedule"] for entry in app.conf.beat_schedule.values()}
    assert schedule["scoring.tasks.publish_due"] <= 10


@pytest.mark.worker
def test_beat_and_a_worker_publish_a_draft_at_its_moment(worker: Any, beat: Any, wait_for: Any) -> None:
    lead = make_lead()
    draft = make_draft(model=the_live_version().model, actor=None, now=timezone.now())
    draft.rules.filter(name="Business email address").update(points=9)
    now = timezone.now()
    schedule_publish(version=draft, at=now + timedelta(seconds=2), actor=None, note="", now=now)
    wait_for(lambda: state_of(draft)[0] == "live", timeout=60)
    wait_for(lambda: Lead.objects.get(pk=lead.pk).score == 9, timeout=60)
    published = Publication.objects.get(version=draft)
    assert published.at >= now + timedelta(seconds=2)
