"""Several models live at once: one drives the list."""

from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group

from leadapp.errors import Conflict, Invalid, NotAllowed
from leadapp.models import Lead, User
from scoring.engine import score_leads, stored_moments
from scoring.engine.versions import live_versions
from scoring.models import Cause, Rescore, ScoringModel, ScoringModelVersion
from scoring.services.models import make_model
from scoring.services.primary import make_primary
from scoring.services.publishing import make_draft, publish
from scoring.services.queue import request_scoring, score_waiting
from scoring.services.rescore import continue_rescores, start_rescore
from scoring.services.verification import Verified, verify_scores
from tests.scoring.build import DAY, NOW, log, make_lead, make_rule, make_version, the_live_version

pytestmark = pytest.mark.django_db


def someone(role: str) -> User:
    user = User.objects.create_user(f"a {role}")
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def other() -> ScoringModelVersion:
    """Return the live version of a second model: 30 points for a demo, 5 for everybody."""
    version = make_version()
    make_rule(version, types=["demo_requested"], points=30)
    make_rule(version, points=5)
    publish(version=version, actor=None, note="", now=NOW)
    return version


@pytest.fixture
def leads() -> list[Lead]:
    leads = [make_lead() for _ in range(3)]
    log(leads[0], "demo_requested")
    request_scoring(lead_ids=[lead.pk for lead in leads], cause=Cause.ACTIVITY, now=NOW)
    score_waiting(now=NOW)
    return leads


def finish(now: datetime) -> None:
    while continue_rescores(now=now):
        pass


def scores() -> list[int | None]:
    return list(Lead.objects.order_by("pk").values_list("score", flat=True))


def differing() -> int:
    found = Verified()
    for _ in verify_scores(found):
        pass
    return found.differing


def test_the_chosen_model_drives_the_list(leads: list[Lead], other: ScoringModelVersion) -> None:
    before = the_live_version()
    assert scores() == [58, 8, 8]
    run = make_primary(model=other.model, actor=someone("marketer"), now=NOW + DAY)
    assert (run.version, run.cause, run.leads_total) == (other, "publish", 3)
    finish(NOW + DAY)
    assert scores() == [35, 5, 5]
    assert the_live_version() == other
    assert [version.model.is_primary for version in live_versions()] == [True, False]
    assert live_versions() == [other, before]
    assert differing() == 0
    assert {version for version, _ in stored_moments(Lead.objects.all()).values()} == {other}


def test_each_lead_has_a_score_by_every_live_model(leads: list[Lead], other: ScoringModelVersion) -> None:
    moments = {lead.pk: NOW for lead in leads}
    by_model = [score_leads(version=version, moments=moments) for version in live_versions()]
    assert [scored[leads[0].pk].score for scored in by_model] == [58, 35]


def test_back_again_restores_every_score(leads: list[Lead], other: ScoringModelVersion) -> None:
    model = the_live_version().model
    make_primary(model=other.model, actor=None, now=NOW)
    finish(NOW)
    make_primary(model=model, actor=None, now=NOW)
    finish(NOW)
    assert scores() == [58, 8, 8]
    assert differing() == 0


def test_runs_of_the_model_before_end(
    leads: list[Lead], other: ScoringModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scoring.services.rescore.LARGEST_CHUNK", 1)
    start_rescore(version=the_live_version(), cause=Cause.DECAY, now=NOW + DAY)
    continue_rescores(now=NOW + DAY)
    make_primary(model=other.model, actor=None, now=NOW + DAY)
    assert [run.version for run in Rescore.objects.filter(finished_at=None)] == [other]
    assert differing() == 0
    finish(NOW + DAY)
    assert scores() == [35, 5, 5]
    assert differing() == 0


def test_a_new_version_of_the_other_model_leaves_the_list_alone(
    leads: list[Lead], other: ScoringModelVersion
) -> None:
    draft = make_draft(model=other.model, actor=None, now=NOW)
    draft.rules.update(points=99)
    run = publish(version=draft, actor=None, note="", now=NOW + DAY)
    assert run.finished_at is not None
    finish(NOW + DAY)
    assert scores() == [58, 8, 8]
    assert len(live_versions()) == 2


def test_what_cannot_drive_the_list_is_refused_and_nothing_changes(
    leads: list[Lead], other: ScoringModelVersion
) -> None:
    live, runs = the_live_version(), Rescore.objects.count()
    for model, text in ((live.model, "drives the list already"), (make_version().model, "no live version")):
        with pytest.raises(Conflict, match=text):
            make_primary(model=model, actor=None, now=NOW)
    for role in ("rep", "manager"):
        with pytest.raises(NotAllowed):
            make_primary(model=other.model, actor=someone(role), now=NOW)
    assert the_live_version() == live
    assert ScoringModel.objects.filter(is_primary=True).count() == 1
    assert Rescore.objects.count() == runs


def test_a_new_model_has_a_name_and_an_address_of_its_own() -> None:
    model = make_model(name="  Spare   parts ", actor=someone("marketer"), now=NOW)
    assert (model.name, model.slug, model.is_primary, model.created_at) == (
        "Spare parts", "spare-parts", False, NOW,
    )  # fmt: skip
    assert make_model(name="Spare-Parts!", actor=None, now=NOW).slug == "spare-parts-2"
    assert make_model(name="Ersatzteile ü", actor=None, now=NOW).slug == "ersatzteile-u"
    assert make_model(name="备件", actor=None, now=NOW).slug == "model"
    assert make_model(name="New", actor=None, now=NOW).slug == "new-2"
    assert make_draft(model=model, actor=None, now=NOW).rules.count() == 0


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\0b", "spare PARTS"])
def test_a_name_that_is_none_or_taken_is_refused(name: str) -> None:
    make_model(name="Spare parts", actor=None, now=NOW)
    before = ScoringModel.objects.count()
    with pytest.raises(Invalid) as refused:
        make_model(name=name, actor=None, now=NOW)
    assert list(refused.value.errors) == ["name"]
    assert ScoringModel.objects.count() == before


def test_reps_make_no_models() -> None:
    with pytest.raises(NotAllowed):
        make_model(name="Mine", actor=someone("rep"), now=NOW)
    assert not ScoringModel.objects.filter(name="Mine").exists()


def test_a_draft_copies_only_versions_of_its_own_model(other: ScoringModelVersion) -> None:
    model: Any = the_live_version().model
    for source in (other, make_version()):
        with pytest.raises(Invalid):
            make_draft(model=model, actor=None, now=NOW, source=source)
    assert not model.versions.filter(state="draft").exists()
