"""Rolling back: an earlier version is live again, itself, and every score is what it was."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db.models import F

from leadapp.errors import Conflict, Invalid, NotAllowed
from leadapp.models import ApiKey, Lead, User
from scoring.engine import stored_moments
from scoring.engine.versions import live_versions, version_at
from scoring.models import Cause, Publication, Rescore, ScoringModelVersion
from scoring.services.publishing import make_draft, publish, roll_back
from scoring.services.queue import request_scoring, score_waiting
from scoring.services.rescore import continue_rescores, start_rescore
from scoring.services.verification import Verified, verify_scores
from tests.scoring.build import DAY, NOW, make_lead, make_rule, make_version, the_live_version

pytestmark = pytest.mark.django_db


def someone(role: str) -> User:
    user = User.objects.create_user(f"a {role}")
    user.groups.add(Group.objects.get(name=role))
    return user


def finish(now: datetime) -> None:
    while continue_rescores(now=now):
        pass


def verified() -> Verified:
    found = Verified()
    for _ in verify_scores(found):
        pass
    return found


def changed_draft(**options: Any) -> ScoringModelVersion:
    """Return a draft that gives other points to nearly everybody."""
    draft = make_draft(model=the_live_version().model, actor=None, now=NOW, **options)
    draft.rules.filter(points__gt=0).update(points=F("points") + 7)
    draft.rules.filter(name="Viewed the pricing page").update(decay="none", decay_days=None)
    draft.rules.filter(name="Target country").delete()
    draft.groups.filter(name="Website").update(cap=10)
    ScoringModelVersion.objects.filter(pk=draft.pk).update(engagement_max=300, fit_a=75, hot_from=100)
    draft.refresh_from_db()
    return draft


def republished(**options: Any) -> tuple[ScoringModelVersion, ScoringModelVersion]:
    """Publish a changed draft; return the version before and the one after."""
    before = the_live_version()
    after = changed_draft()
    publish(version=after, actor=None, note="", now=NOW)
    finish(NOW)
    before.refresh_from_db()
    return before, after


def test_the_earlier_version_is_live_again_itself() -> None:
    mara = someone("marketer")
    first, second = republished()
    published_at = first.published_at
    run = roll_back(version=first, actor=mara, note="Too many hot leads", now=NOW + DAY)
    second.refresh_from_db()
    assert (first.state, first.retired_at, first.published_at) == ("live", None, published_at)
    assert (second.state, second.retired_at) == ("retired", NOW + DAY)
    assert (run.version, run.cause, run.started_at) == (first, "publish", NOW + DAY)
    assert the_live_version() == first
    told = Publication.objects.filter(version=first).latest("id")
    assert (told.at, told.actor, told.api_key, told.note, told.is_rollback) == (
        NOW + DAY, mara, None, "Too many hot leads", True,
    )  # fmt: skip


def test_forward_again_is_a_rollback_too() -> None:
    first = the_live_version()
    start = first.published_at
    assert start is not None
    second = changed_draft()
    publish(version=second, actor=None, note="", now=start + DAY)
    for days, version in ((2, first), (3, second)):
        version.refresh_from_db()
        roll_back(version=version, actor=None, note="", now=start + days * DAY)
    assert the_live_version() == second
    live = [version_at(first.model, start + days * DAY) for days in range(-1, 4)]
    assert live == [None, first, second, first, second]


def test_a_draft_stays_as_it_is() -> None:
    first, _ = republished()
    draft = make_draft(model=first.model, actor=None, now=NOW)
    draft.rules.filter(name="Phone known").update(points=9)
    roll_back(version=first, actor=None, note="", now=NOW + DAY)
    draft.refresh_from_db()
    assert (draft.state, draft.rules.get(name="Phone known").points) == ("draft", 9)


def test_a_key_is_remembered_as_who_rolled_back() -> None:
    key = ApiKey.objects.create(name="Campaigns", prefix="la_1", digest=b"x", scopes=["scoring"])
    first, _ = republished()
    roll_back(version=first, actor=key, note="", now=NOW + DAY)
    told = Publication.objects.filter(version=first).latest("id")
    assert (told.actor, told.api_key) == (None, key)


def test_what_cannot_be_rolled_back_to_is_refused_and_nothing_changes() -> None:
    first, second = republished()
    draft = make_draft(model=first.model, actor=None, now=NOW)
    told, runs = Publication.objects.count(), Rescore.objects.count()
    for version, text in ((second, "is live already"), (draft, "was never live")):
        with pytest.raises(Conflict, match=text):
            roll_back(version=version, actor=None, note="", now=NOW + DAY)
    with pytest.raises(Invalid, match="500 characters"):
        roll_back(version=first, actor=None, note="x" * 501, now=NOW + DAY)
    reading = ApiKey.objects.create(name="Reader", prefix="la_2", digest=b"y", scopes=["read", "write"])
    with pytest.raises(NotAllowed):
        roll_back(version=first, actor=reading, note="", now=NOW + DAY)
    for role in ("rep", "manager"):
        with pytest.raises(NotAllowed):
            roll_back(version=first, actor=someone(role), note="", now=NOW + DAY)
    assert the_live_version() == second
    assert (Publication.objects.count(), Rescore.objects.count()) == (told, runs)


def test_a_run_that_was_given_up_confirms_nothing_after_a_rollback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its version is live again, but it never came to these leads."""
    monkeypatch.setattr("scoring.services.rescore.LARGEST_CHUNK", 2)
    leads = [make_lead() for _ in range(6)]
    request_scoring(lead_ids=[lead.pk for lead in leads], cause=Cause.ACTIVITY, now=NOW)
    score_waiting(now=NOW)
    original = the_live_version()
    second = changed_draft()
    publish(version=second, actor=None, note="", now=NOW)
    continue_rescores(now=NOW)  # two of six
    third = make_draft(model=original.model, actor=None, now=NOW, source=original)
    publish(version=third, actor=None, note="", now=NOW + DAY)
    second.refresh_from_db()
    roll_back(version=second, actor=None, note="", now=NOW + 2 * DAY)
    explaining = stored_moments(Lead.objects.all())
    assert [explaining[lead.pk][0] for lead in leads] == [second] * 2 + [original] * 4
    assert verified().differing == 0
    finish(NOW + 2 * DAY)
    assert {version for version, _ in stored_moments(Lead.objects.all()).values()} == {second}
    assert verified().differing == 0


def test_the_hourly_run_is_given_up_for_that_of_a_rollback() -> None:
    first, second = republished()
    for _ in range(2):
        make_lead()
    start_rescore(version=second, cause=Cause.DECAY, now=NOW + DAY)
    roll_back(version=first, actor=None, note="", now=NOW + 2 * DAY)
    going_on = Rescore.objects.filter(finished_at=None)
    assert [(run.version, run.cause) for run in going_on] == [(first, "publish")]


def test_the_version_of_a_moment_is_that_of_the_newest_publication() -> None:
    live = the_live_version()
    assert live.published_at is not None
    start = live.published_at
    assert version_at(live.model, start - timedelta(microseconds=1)) is None
    assert version_at(live.model, start) == live
    after = changed_draft()
    publish(version=after, actor=None, note="", now=start + DAY)
    assert version_at(live.model, start + DAY - timedelta(microseconds=1)) == live
    assert version_at(live.model, start + DAY) == after
    # Published and rolled back at the same moment: the later one counts.
    live.refresh_from_db()
    roll_back(version=live, actor=None, note="", now=start + DAY)
    assert version_at(live.model, start + DAY) == live


def test_versions_of_other_models_do_not_count() -> None:
    live, other = the_live_version(), make_version()
    make_rule(other, points=5)
    publish(version=other, actor=None, note="", now=NOW)
    assert version_at(other.model, NOW) == other
    assert version_at(live.model, NOW) != other
    assert live_versions() == [live, other]
