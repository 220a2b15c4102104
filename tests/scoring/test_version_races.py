"""Several people and workers change what is live at the same moment, on real connections."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections, transaction

from leadapp.errors import Conflict
from leadapp.models import Lead
from scoring.engine import stored_moments
from scoring.models import Cause, Publication, Rescore, ScoringModel, ScoringModelVersion
from scoring.rules import facts_of
from scoring.services.editing import open_draft, save_rule
from scoring.services.primary import make_primary
from scoring.services.publishing import make_draft, publish, roll_back
from scoring.services.queue import request_scoring, score_waiting
from scoring.services.rescore import continue_rescores
from scoring.services.scheduling import cancel_schedule, publish_due, schedule_publish
from scoring.services.versions import keep_live_version
from tests.scoring.build import DAY, NOW, make_lead, make_rule, make_version, the_live_version
from tests.support.database import somebody_waits

pytestmark = pytest.mark.django_db(transaction=True)

Beside = Callable[[Callable[[], Any]], Future[Any]]


@pytest.fixture
def beside() -> Iterator[Beside]:
    """Run a function in a thread of its own with a connection of its own."""
    with ThreadPoolExecutor(8) as pool:

        def run(action: Callable[[], Any]) -> Future[Any]:
            def closing() -> Any:
                try:
                    return action()
                finally:
                    connections.close_all()

            return pool.submit(closing)

        yield run


def at_once(beside: Beside, *actions: Callable[[], Any]) -> list[Any]:
    """Let all begin at the same moment; return what each gave, or the refusal it met."""
    barrier = threading.Barrier(len(actions))

    def begin(action: Callable[[], Any]) -> Any:
        barrier.wait(timeout=60)
        try:
            return action()
        except Conflict as refusal:
            return refusal

    running = [beside(lambda action=action: begin(action)) for action in actions]  # type: ignore[misc]
    return [future.result(timeout=60) for future in running]


def new_draft() -> ScoringModelVersion:
    return make_draft(model=the_live_version().model, actor=None, now=NOW)


def again(version: ScoringModelVersion) -> ScoringModelVersion:
    return ScoringModelVersion.objects.select_related("model").get(pk=version.pk)


def live_is_one() -> None:
    assert ScoringModelVersion.objects.filter(state="live", model__is_primary=True).count() == 1
    newest = Publication.objects.filter(version__model__is_primary=True).latest("id")
    assert newest.version == the_live_version()


def test_a_draft_is_published_once_however_many_try(beside: Beside) -> None:
    draft = new_draft()

    def try_it() -> Rescore:
        return publish(version=again(draft), actor=None, note="", now=NOW)

    results = at_once(beside, *[try_it] * 4)
    assert sum(isinstance(result, Rescore) for result in results) == 1
    assert Publication.objects.filter(version=draft).count() == 1
    live_is_one()


def test_publishing_and_rolling_back_at_once_leaves_one_version_live(beside: Beside) -> None:
    first = the_live_version()
    publish(version=new_draft(), actor=None, note="", now=NOW)
    third = new_draft()
    results = at_once(
        beside,
        lambda: publish(version=again(third), actor=None, note="", now=NOW),
        lambda: roll_back(version=again(first), actor=None, note="", now=NOW),
        lambda: roll_back(version=again(first), actor=None, note="", now=NOW),
    )
    # The second rollback may come after the publish: then the first version was retired again.
    assert sum(isinstance(result, Rescore) for result in results) in (2, 3)
    assert Publication.objects.count() == 2 + sum(isinstance(result, Rescore) for result in results)
    live_is_one()


def test_there_is_one_draft_however_many_begin_one(beside: Beside) -> None:
    results = at_once(beside, *[new_draft] * 4)
    assert sum(isinstance(result, ScoringModelVersion) for result in results) == 1
    assert ScoringModelVersion.objects.filter(state="draft").count() == 1


def test_a_due_draft_is_published_once_however_many_workers_look(beside: Beside) -> None:
    draft = new_draft()
    schedule_publish(version=draft, at=NOW + DAY, actor=None, note="", now=NOW)
    results = at_once(beside, *[lambda: publish_due(now=NOW + DAY)] * 4)
    assert sorted(results) == [0, 0, 0, 1]
    assert Publication.objects.filter(version=draft).count() == 1
    live_is_one()


def test_a_draft_that_is_taken_off_the_schedule_in_time_is_not_published(
    beside: Beside, wait_for: Any
) -> None:
    """The worker has found it already, and looks again once it has the lock."""
    draft, live = new_draft(), the_live_version()
    schedule_publish(version=draft, at=NOW + DAY, actor=None, note="", now=NOW)
    with transaction.atomic():
        cancel_schedule(version=again(draft), actor=None, now=NOW)
        publishing = beside(lambda: publish_due(now=NOW + DAY))
        wait_for(somebody_waits)
    assert publishing.result(timeout=60) == 0
    assert the_live_version() == live


def test_an_edit_that_was_begun_before_a_publish_is_part_of_it(beside: Beside, wait_for: Any) -> None:
    draft = new_draft()
    with transaction.atomic():
        open_draft(version_id=draft.pk, actor=None)
        publishing = beside(lambda: publish(version=again(draft), actor=None, note="", now=NOW))
        wait_for(somebody_waits)
        rule = draft.rules.get(name="Phone known")
        rule.points = 9
        rule.save()
    publishing.result(timeout=60)
    assert the_live_version() == draft
    assert draft.rules.get(name="Phone known").points == 9


def test_an_edit_that_came_too_late_is_refused(beside: Beside, wait_for: Any) -> None:
    draft = new_draft()
    rule = draft.rules.get(name="Phone known")
    facts, revision = facts_of(rule), rule.revision
    with transaction.atomic():
        publish(version=again(draft), actor=None, note="", now=NOW)
        editing = beside(lambda: save_rule(rule=rule, facts=facts, revision=revision, actor=None, now=NOW))
        wait_for(somebody_waits)
    with pytest.raises(Conflict, match="published meanwhile"):
        editing.result(timeout=60)
    assert draft.rules.get(name="Phone known").points == 4


@pytest.mark.parametrize("how", ["publish", "roll back", "make primary"])
def test_what_is_live_changes_only_once_those_who_write_scores_by_it_are_done(
    beside: Beside, wait_for: Any, how: str
) -> None:
    first = the_live_version()
    publish(version=new_draft(), actor=None, note="", now=NOW)
    third, other = new_draft(), make_version()
    make_rule(other, points=5)
    publish(version=other, actor=None, note="", now=NOW)
    actions: dict[str, Callable[[], Rescore]] = {
        "publish": lambda: publish(version=again(third), actor=None, note="", now=NOW),
        "roll back": lambda: roll_back(version=again(first), actor=None, note="", now=NOW),
        "make primary": lambda: make_primary(model=again(other).model, actor=None, now=NOW),
    }
    with transaction.atomic():
        live = keep_live_version()
        waiting = beside(actions[how])
        wait_for(somebody_waits)
        assert the_live_version() == live  # whoever writes scores now writes them by this one
    waiting.result(timeout=60)
    assert the_live_version() != live


def test_scores_end_up_by_the_version_that_is_live_in_the_end(
    beside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Published, rolled back and switched in turns while workers go on scoring."""
    monkeypatch.setattr("scoring.services.rescore.LARGEST_CHUNK", 5)
    leads = [make_lead() for _ in range(30)]
    first, other = the_live_version(), make_version()
    make_rule(other, points=5)
    publish(version=other, actor=None, note="", now=NOW)
    second = new_draft()
    second.rules.filter(name="Business email address").update(points=30)
    publish(version=again(second), actor=None, note="", now=NOW)
    models = {model.pk: model for model in ScoringModel.objects.all()}
    done = threading.Event()

    def switch() -> None:
        for turn in range(6):
            version = (first, second)[turn % 2]
            roll_back(version=again(version), actor=None, note="", now=NOW)
            model = models[(other, first)[turn % 2].model_id]
            make_primary(model=model, actor=None, now=NOW)
        done.set()

    def work() -> None:
        while not done.is_set():
            lead = leads[threading.get_ident() % len(leads)]
            request_scoring(lead_ids=[lead.pk], cause=Cause.REQUEST, now=NOW)
            score_waiting(now=NOW)
            continue_rescores(now=NOW)

    running = [beside(switch), beside(work), beside(work)]
    try:
        running[0].result(timeout=60)
    finally:
        done.set()
    for future in running[1:]:
        future.result(timeout=60)
    while continue_rescores(now=NOW) or score_waiting(now=NOW):
        pass
    live_is_one()
    live = the_live_version()
    assert {version for version, _ in stored_moments(Lead.objects.all()).values()} == {live}
    assert set(Lead.objects.values_list("score", flat=True)) == {20}  # the cap of its group
