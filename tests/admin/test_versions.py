"""Drafts are made, edited, published and discarded; what is live is read."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from leadapp.models import User
from scoring.models import Rescore, RuleGroup, ScoringModelVersion
from scoring.services.queue import request_scoring, score_waiting
from scoring.services.rescore import continue_rescores
from tests.admin.build import (
    definition,
    errors_of,
    goes_to,
    live,
    model,
    rule_of,
    rule_url,
    said,
    shown,
    version_url,
)
from tests.admin.conftest import As
from tests.qualification.build import log, make_good_lead

NOTE = {"note": "More points for demos"}


def publish_url(version: ScoringModelVersion) -> str:
    return reverse("admin:scoring_version_publish", args=[version.pk])


def discard_url(version: ScoringModelVersion) -> str:
    return reverse("admin:scoring_version_discard", args=[version.pk])


def draft_url() -> str:
    return reverse("admin:scoring_model_draft", args=[model().pk])


def test_models_show_what_is_live_and_what_is_edited(
    as_: As, marketer: User, draft: ScoringModelVersion
) -> None:
    text = as_(marketer).get(reverse("admin:scoring_scoringmodel_changelist")).content.decode()
    assert f'<a href="{version_url(live())}">v1</a>' in text
    assert f'<a href="{version_url(draft)}">v2</a>' in text


def test_a_draft_is_made_once_and_then_opened(as_: As, marketer: User) -> None:
    client = as_(marketer)
    first = client.post(draft_url())
    made = ScoringModelVersion.objects.get(state="draft")
    assert goes_to(first) == version_url(made)
    assert made.created_by == marketer
    assert made.rules.count() == live().rules.count()
    assert goes_to(client.post(draft_url())) == version_url(made)
    assert client.get(draft_url()).status_code == 405


def test_a_live_version_reads_as_sentences(as_: As, marketer: User) -> None:
    page = as_(marketer).get(version_url(live()))
    text = page.content.decode()
    assert "Employees is between 200 and 999" in text
    assert "Webinar attended" in text
    assert "fades to zero over 60 days" in text
    assert "−25" in text
    assert "together at most 120" in text
    assert "Make a draft" in text
    assert "Add a rule" not in text


def test_a_live_version_is_never_changed(as_: As, marketer: User, draft: ScoringModelVersion) -> None:
    client, before = as_(marketer), definition(live())
    data = shown(client.get(version_url(draft)), threshold="10")
    assert client.post(version_url(live()), data).status_code == 403
    assert definition(live()) == before


def test_bands_of_a_draft_are_edited(as_: As, marketer: User, draft: ScoringModelVersion) -> None:
    client = as_(marketer)
    answer = client.post(
        version_url(draft), shown(client.get(version_url(draft)), threshold="140", hot_from="110")
    )
    assert goes_to(answer) == version_url(draft)
    draft.refresh_from_db()
    assert (draft.threshold, draft.hot_from, draft.state) == (140, 110, "draft")


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"hot_from": "20"}, "hot_from"),
        ({"fit_a": "30"}, "fit_a"),
        ({"engagement_2": "5"}, "engagement_2"),
        ({"fit_min": "500"}, "fit_max"),
        ({"warm_from": "0"}, "warm_from"),
        ({"threshold": ""}, "threshold"),
    ],
)
def test_bands_in_the_wrong_order_are_named(
    as_: As, marketer: User, draft: ScoringModelVersion, changes: dict[str, Any], place: str
) -> None:
    client, before = as_(marketer), definition(draft)
    answer = client.post(version_url(draft), shown(client.get(version_url(draft)), **changes))
    assert place in errors_of(answer)
    assert definition(draft) == before


def test_groups_are_added_and_capped(as_: As, marketer: User, draft: ScoringModelVersion) -> None:
    client = as_(marketer)
    page = client.get(version_url(draft))
    row = page.context["inline_admin_formsets"][0].formset.forms[-1].prefix
    new = {
        f"{row}-name": "Trials",
        f"{row}-dimension": "engagement",
        f"{row}-cap": "50",
        f"{row}-position": "9",
    }
    assert client.post(version_url(draft), shown(page, **new)).status_code == 302
    assert draft.groups.get(name="Trials").cap == 50


def test_a_group_with_rules_stays_in_its_dimension(
    as_: As, marketer: User, draft: ScoringModelVersion
) -> None:
    client = as_(marketer)
    page = client.get(version_url(draft))
    forms = page.context["inline_admin_formsets"][0].formset.forms
    row = next(form.prefix for form in forms if form.instance.name == "Website")
    answer = client.post(version_url(draft), shown(page, **{f"{row}-dimension": "fit"}))
    assert "Rules are in this group" in " ".join(errors_of(answer)[f"{row}-dimension"])
    assert RuleGroup.objects.get(version=draft, name="Website").dimension == "engagement"


def test_publishing_scores_the_leads_anew(as_: As, marketer: User, draft: ScoringModelVersion) -> None:
    now = timezone.now()
    lead = make_good_lead(score=None, created_at=now - timedelta(days=1))
    log(lead, "demo_requested", at=now - timedelta(minutes=1))
    request_scoring(lead_ids=[lead.pk], cause="request", now=now)  # type: ignore[arg-type]
    score_waiting(now=now)
    lead.refresh_from_db()
    before = lead.score or 0
    client, rule = as_(marketer), rule_of(draft, "Asked for a demo")
    client.post(rule_url(rule), shown(client.get(rule_url(rule)), points="80"))

    answer = client.post(publish_url(draft), NOTE, follow=True)

    assert "is live" in said(answer)
    draft.refresh_from_db()
    assert (draft.state, draft.note, draft.published_by) == ("live", NOTE["note"], marketer)
    assert ScoringModelVersion.objects.get(number=1).state == "retired"
    assert "0 of 1" in answer.content.decode()
    while continue_rescores(now=timezone.now()):
        pass
    lead.refresh_from_db()
    assert lead.score == before + 30
    assert lead.score_version == draft
    progress = client.get(reverse("admin:scoring_version_progress", args=[draft.pk])).content.decode()
    assert "All 1 leads were scored by this version" in progress
    assert "hx-get" not in progress


def test_publishing_twice_is_refused(as_: As, marketer: User, draft: ScoringModelVersion) -> None:
    client = as_(marketer)
    client.post(publish_url(draft), NOTE)
    answer = client.post(publish_url(draft), {"note": "Again"}, follow=True)
    assert "no draft any more" in said(answer)
    assert Rescore.objects.count() == 1


def test_only_who_may_publish_publishes(as_: As, manager: User, draft: ScoringModelVersion) -> None:
    answer = as_(manager).post(publish_url(draft), NOTE, follow=True)
    assert "Only marketers publish" in said(answer)
    draft.refresh_from_db()
    assert draft.is_draft
    assert not Rescore.objects.exists()


def test_publishing_needs_a_post(as_: As, marketer: User, draft: ScoringModelVersion) -> None:
    assert as_(marketer).get(publish_url(draft)).status_code == 405


def test_a_draft_is_discarded_after_a_question(as_: As, marketer: User, draft: ScoringModelVersion) -> None:
    client = as_(marketer)
    assert "gone for good" in client.get(discard_url(draft)).content.decode()
    assert ScoringModelVersion.objects.filter(pk=draft.pk).exists()
    client.post(discard_url(draft))
    assert not ScoringModelVersion.objects.filter(pk=draft.pk).exists()


def test_a_live_version_is_not_discarded(as_: As, marketer: User) -> None:
    before = definition(live())
    answer = as_(marketer).post(discard_url(live()), follow=True)
    assert "no draft any more" in said(answer)
    assert definition(live()) == before


def test_versions_cannot_be_deleted(as_: As, admin: User, draft: ScoringModelVersion) -> None:
    for version in (draft, live()):
        url = reverse("admin:scoring_scoringmodelversion_delete", args=[version.pk])
        assert as_(admin).post(url, {"post": "yes"}).status_code == 403
