"""A marketer edits the rules of a draft; published rules are only read."""

import re
from html import unescape
from typing import Any
from urllib.parse import urljoin

import pytest
from django.urls import reverse
from django.utils import timezone

from leadapp.models import ActivityType, User
from scoring.models import ScoringModelVersion
from scoring.services.editing import open_draft
from scoring.services.publishing import publish
from tests.admin.build import (
    add_rule_url,
    definition,
    errors_of,
    goes_to,
    live,
    rule_of,
    rule_url,
    said,
    shown,
    version_url,
)
from tests.admin.conftest import As


def condition(**row: Any) -> dict[str, Any]:
    """Return the rows of a rule with one new condition."""
    rows: dict[str, Any] = {
        "conditions-TOTAL_FORMS": "1",
        "conditions-INITIAL_FORMS": "0",
        "conditions-MIN_NUM_FORMS": "0",
        "conditions-MAX_NUM_FORMS": "1000",
    }
    return rows | {f"conditions-0-{name}": value for name, value in row.items()}


def test_the_page_of_a_rule_says_what_it_does(as_: As, marketer: User, draft: ScoringModelVersion) -> None:
    page = as_(marketer).get(rule_url(rule_of(draft, "Viewed the pricing page")))
    text = page.content.decode()
    assert "+8" in text
    assert "Page view where Path contains pricing or Path contains /preise" in text
    for piece in ("every time", "at most 32", "halves every 14 days"):
        assert f"<span>{piece}</span>" in text


def test_an_edit_is_saved_and_shown_in_the_version(
    as_: As, marketer: User, draft: ScoringModelVersion
) -> None:
    client, rule = as_(marketer), rule_of(draft, "Viewed the pricing page")
    answer = client.post(rule_url(rule), shown(client.get(rule_url(rule)), points="12", max_points="40"))
    assert goes_to(answer) == f"{version_url(draft)}#rule-{rule.pk}"
    rule.refresh_from_db()
    assert (rule.points, rule.max_points, rule.conditions.count()) == (12, 40, 2)
    assert "+12" in client.get(version_url(draft)).content.decode()


def test_a_condition_is_changed_in_the_shape_that_the_operator_wants(
    as_: As, marketer: User, draft: ScoringModelVersion
) -> None:
    client, rule = as_(marketer), rule_of(draft, "200 to 999 employees")
    page = client.get(rule_url(rule))
    assert shown(page)["conditions-0-value"] == "200, 999"
    client.post(rule_url(rule), shown(page, **{"conditions-0-value": "250 to 1000"}))
    assert rule.conditions.get().value == [250, 1000]


@pytest.mark.parametrize(
    ("row", "place", "words"),
    [
        ({"field": "company.employees", "operator": "at_least", "value": "many"}, "value", "Give a number."),
        ({"field": "company.employees", "operator": "between", "value": "9"}, "value", "two numbers"),
        (
            {"field": "company.employees", "operator": "contains", "value": "9"},
            "operator",
            "cannot be compared",
        ),
        ({"field": "lead.seniority", "operator": "equals", "value": "wizard"}, "value", "is one of"),
        ({"field": "lead.job_title", "operator": "in", "value": " , "}, "value", "at least one value"),
        ({"field": "lead.score", "operator": "at_least", "value": "9"}, "field", "not one of the available"),
        (
            {"field": "property.path", "operator": "contains", "value": "x"},
            "field",
            "not one of the available",
        ),
        ({"field": "lead.job_title", "operator": "", "value": "x"}, "operator", "required"),
    ],
)
def test_an_invalid_condition_is_named_at_its_field_and_saves_nothing(
    as_: As, marketer: User, draft: ScoringModelVersion, row: dict[str, str], place: str, words: str
) -> None:
    client, before = as_(marketer), definition(draft)
    url = add_rule_url(draft, "fit")
    answer = client.post(url, shown(client.get(url), name="New", points="5", **condition(**row)))
    assert answer.status_code == 200
    assert words in " ".join(errors_of(answer)[f"conditions-0-{place}"])
    assert definition(draft) == before


def test_a_new_rule_goes_to_the_end_of_its_draft(as_: As, marketer: User, draft: ScoringModelVersion) -> None:
    client, url = as_(marketer), add_rule_url(draft, "engagement")
    page = client.get(url)
    types = ActivityType.objects.filter(slug__in=["page_view", "login"])
    changes = {
        "name": "Read the docs",
        "points": "3",
        "group": str(draft.groups.get(name="Website").pk),
        "activity_types": [str(kind.pk) for kind in types],
        "decay": "half_life",
        "decay_days": "14",
        **condition(field="property.", property_name="section", operator="in", value="docs; guides, all"),
    }
    answer = client.post(url, shown(page, **changes))
    assert answer.status_code == 302, errors_of(answer)
    rule = rule_of(draft, "Read the docs")
    assert (rule.dimension, rule.position) == ("engagement", max(r.position for r in draft.rules.all()))
    assert set(rule.activity_types.all()) == set(types)
    condition_ = rule.conditions.get()
    assert (condition_.field, condition_.value) == ("property.section", ["docs", "guides, all"])


def test_a_rule_that_is_added_from_the_studio_is_saved_where_its_form_says(
    as_: As, marketer: User, draft: ScoringModelVersion
) -> None:
    client, studio = as_(marketer), "/scoring/default/"
    address = f"{add_rule_url(draft, 'fit')}&next={studio}"
    page = client.get(address)
    (action,) = re.findall(r'<form action="([^"]*)"[^>]*id="scoringrule_form"', page.content.decode())
    facts = condition(field="lead.country", operator="in", value="DE")

    answer = client.post(urljoin(address, unescape(action)), shown(page, name="Germany", points="5", **facts))

    assert answer.status_code == 302, errors_of(answer)
    assert goes_to(answer) == studio
    assert rule_of(draft, "Germany").points == 5


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"points": "0"}, "points"),
        ({"points": "5000"}, "points"),
        ({"decay": "linear", "decay_days": ""}, "decay_days"),
        ({"window_days": "0"}, "window_days"),
        ({"min_occurrences": "0"}, "min_occurrences"),
        ({"max_points": "0"}, "max_points"),
        ({"activity_types": []}, "activity_types"),
        ({"name": "Asked for a quote"}, "name"),
    ],
)
def test_what_the_database_would_refuse_is_said_at_the_field(
    as_: As, marketer: User, draft: ScoringModelVersion, changes: dict[str, Any], place: str
) -> None:
    client, rule, before = as_(marketer), rule_of(draft, "Asked for a demo"), definition(draft)
    answer = client.post(rule_url(rule), shown(client.get(rule_url(rule)), **changes))
    assert answer.status_code == 200
    assert place in errors_of(answer)
    assert definition(draft) == before


def test_a_group_of_another_version_is_refused(as_: As, marketer: User, draft: ScoringModelVersion) -> None:
    client, rule = as_(marketer), rule_of(draft, "Asked for a demo")
    other = live().groups.get(name="Website")
    answer = client.post(rule_url(rule), shown(client.get(rule_url(rule)), group=str(other.pk)))
    assert "group" in errors_of(answer)


def test_a_fit_rule_offers_neither_counting_nor_activities(
    as_: As, marketer: User, draft: ScoringModelVersion
) -> None:
    form = as_(marketer).get(add_rule_url(draft, "fit")).context["adminform"].form
    assert not {"activity_types", "counting", "decay", "window_days"} & form.fields.keys()


def test_a_rule_is_taken_out_of_a_draft(as_: As, marketer: User, draft: ScoringModelVersion) -> None:
    rule = rule_of(draft, "Opened an email")
    answer = as_(marketer).post(reverse("admin:scoring_scoringrule_delete", args=[rule.pk]), {"post": "yes"})
    assert goes_to(answer) == version_url(draft)
    assert not draft.rules.filter(name="Opened an email").exists()
    assert live().rules.filter(name="Opened an email").exists()


def test_a_live_rule_is_shown_and_never_changed(as_: As, marketer: User, draft: ScoringModelVersion) -> None:
    client, rule, before = as_(marketer), rule_of(live(), "Asked for a demo"), definition(live())
    data = shown(client.get(rule_url(rule_of(draft, "Asked for a demo"))), points="1")
    page = client.get(rule_url(rule))
    assert page.status_code == 200
    assert "never changes" in page.content.decode()
    assert client.post(rule_url(rule), data).status_code == 403
    delete = reverse("admin:scoring_scoringrule_delete", args=[rule.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403
    assert definition(live()) == before


def test_a_rule_cannot_be_added_to_a_live_version(as_: As, marketer: User) -> None:
    client, before = as_(marketer), definition(live())
    answer = client.post(
        add_rule_url(live(), "fit"), {"name": "New", "points": "5", **condition()}, follow=True
    )
    assert "is published" in said(answer)
    assert definition(live()) == before


@pytest.mark.parametrize(
    "address", ["", "?version=1", "?version=x&dimension=fit", "?version=99999&dimension=fit"]
)
def test_a_rule_without_its_draft_is_not_found(as_: As, marketer: User, address: str) -> None:
    assert as_(marketer).get(reverse("admin:scoring_scoringrule_add") + address).status_code == 404


def test_a_draft_that_is_published_during_the_edit_stays_as_published(
    as_: As, marketer: User, draft: ScoringModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scoring.services.editing import rules

    client, rule = as_(marketer), rule_of(draft, "Asked for a demo")
    data = shown(client.get(rule_url(rule)), points="99")

    def publish_first(**which: Any) -> Any:
        ScoringModelVersion.objects.filter(state="live").update(state="retired", retired_at=timezone.now())
        ScoringModelVersion.objects.filter(pk=draft.pk).update(state="live", published_at=timezone.now())
        return open_draft(**which)

    monkeypatch.setattr(rules, "open_draft", publish_first)
    answer = client.post(rule_url(rule), data, follow=True)
    assert "published meanwhile" in said(answer)
    rule.refresh_from_db()
    assert rule.points == 50


def test_a_refusal_of_the_database_becomes_a_message(
    as_: As, marketer: User, draft: ScoringModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scoring.services.editing import rules

    client, rule = as_(marketer), rule_of(draft, "Asked for a demo")
    data = shown(client.get(rule_url(rule)), name="Asked for a quote")
    # As if the other rule had got this name between the look and the write.
    monkeypatch.setattr(rules, "_look_up", lambda *_: (None, []))
    answer = client.post(rule_url(rule), data, follow=True)
    assert answer.status_code == 200
    assert "nothing was saved" in said(answer)
    rule.refresh_from_db()
    assert rule.name == "Asked for a demo"


def test_a_published_draft_keeps_the_edits(as_: As, marketer: User, draft: ScoringModelVersion) -> None:
    client, rule = as_(marketer), rule_of(draft, "Asked for a demo")
    client.post(rule_url(rule), shown(client.get(rule_url(rule)), points="70"))
    publish(version=draft, actor=marketer, note="More for demos", now=timezone.now())
    assert rule_of(live(), "Asked for a demo").points == 70
