"""Two people edit one draft; rules are checked while typed, duplicated, moved and changed several at once."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from leadapp.models import Company, Lead, User
from scoring.models import ScoringModelVersion, ScoringRule
from scoring.rules import facts_of
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
from tests.qualification.build import log, make_good_lead, make_user

CHECK, VALUES = "admin:scoring_rule_check", "admin:scoring_rule_values"


@pytest.fixture
def other(db: None) -> User:
    return make_user("tom", "marketer", first_name="Tom", last_name="Berg", is_staff=True)


def check_url(rule: ScoringRule) -> str:
    return f"{reverse(CHECK)}?rule={rule.pk}"


def duplicate_url(rule: ScoringRule) -> str:
    return reverse("admin:scoring_rule_duplicate", args=[rule.pk])


def move_url(rule: ScoringRule, place: object) -> str:
    return f"{reverse('admin:scoring_rule_move', args=[rule.pk])}?place={place}"


def bulk_url(version: ScoringModelVersion, what: str = "", *rules: ScoringRule) -> str:
    if not what:
        return reverse("admin:scoring_version_rules", args=[version.pk])
    ticked = ",".join(f"{rule.pk}:{rule.revision}" for rule in rules)
    return f"{reverse('admin:scoring_version_change_rules', args=[version.pk, what])}?rules={ticked}"


def test_whoever_saves_second_is_told_what_the_first_did_and_keeps_what_was_typed(
    as_: As, marketer: User, other: User, draft: ScoringModelVersion
) -> None:
    rule = rule_of(draft, "Viewed the pricing page")
    first, second = as_(marketer), as_(other)
    page, same_page = first.get(rule_url(rule)), second.get(rule_url(rule))
    first.post(rule_url(rule), shown(page, points="12", **{"conditions-0-value": "prices"}))
    before = definition(draft)

    answer = second.post(rule_url(rule), shown(same_page, points="3", name="Read the prices"))

    assert answer.status_code == 409
    text = answer.content.decode()
    assert "Mareike Ostermann changed “Viewed the pricing page”" in text
    assert "Points 8 → 12" in text
    assert "Path contains prices" in text
    assert shown(answer)["points"] == "3"
    assert shown(answer)["name"] == "Read the prices"
    assert definition(draft) == before
    # Whoever saves again has read it.
    assert second.post(rule_url(rule), shown(answer)).status_code == 302
    rule.refresh_from_db()
    assert (rule.points, rule.name, rule.changed_by) == (3, "Read the prices", "Tom Berg")


@pytest.mark.parametrize("seen", ["{nonsense", "[" * 100_000], ids=["cut off", "deep"])
def test_a_page_that_sends_no_revision_overwrites_nothing(
    as_: As, marketer: User, draft: ScoringModelVersion, seen: str
) -> None:
    client, rule = as_(marketer), rule_of(draft, "Asked for a demo")
    data = shown(client.get(rule_url(rule)), points="9", seen=seen, revision="")
    before = definition(draft)
    assert client.post(rule_url(rule), data).status_code == 409
    assert definition(draft) == before


def test_a_rule_that_was_deleted_meanwhile_stays_deleted(
    as_: As, marketer: User, other: User, draft: ScoringModelVersion
) -> None:
    client, rule = as_(marketer), rule_of(draft, "Asked for a demo")
    data = shown(client.get(rule_url(rule)), points="9")
    as_(other).post(reverse("admin:scoring_scoringrule_delete", args=[rule.pk]), {"post": "yes"})
    answer = client.post(rule_url(rule), data, follow=True)
    assert "Perhaps it was deleted" in said(answer)
    assert not ScoringRule.objects.filter(pk=rule.pk).exists()


def test_two_people_edit_the_bands(as_: As, marketer: User, other: User, draft: ScoringModelVersion) -> None:
    first, second = as_(marketer), as_(other)
    page, same_page = first.get(version_url(draft)), second.get(version_url(draft))
    first.post(version_url(draft), shown(page, hot_from="130"))
    before = definition(draft)
    answer = second.post(version_url(draft), shown(same_page, hot_from="110", note="Mine"))
    assert answer.status_code == 409
    assert "Hot from 120 → 130" in answer.content.decode()
    assert shown(answer)["note"] == "Mine"
    assert definition(draft) == before
    assert second.post(version_url(draft), shown(answer)).status_code == 302
    draft.refresh_from_db()
    assert (draft.hot_from, draft.note) == (110, "Mine")


def test_groups_are_renamed_and_deleted_and_faults_named_in_their_row(
    as_: As, marketer: User, draft: ScoringModelVersion
) -> None:
    client = as_(marketer)
    page = client.get(version_url(draft))
    forms = page.context["inline_admin_formsets"][0].formset.forms
    web, mail = (
        next(form.prefix for form in forms if form.instance.name == name)
        for name in ("Website", "Events and email")
    )
    before = definition(draft)
    answer = client.post(
        version_url(draft), shown(page, **{f"{web}-name": "Events and email", "hot_from": "140"})
    )
    assert "name already" in " ".join(errors_of(answer)[f"{web}-name"])
    answer = client.post(version_url(draft), shown(page, **{f"{web}-cap": "0"}))
    assert "no cap" in " ".join(errors_of(answer)[f"{web}-cap"])
    assert definition(draft) == before
    rule = draft.rules.filter(group__name="Events and email").first()
    client.post(version_url(draft), shown(page, **{f"{web}-name": "Site", f"{mail}-DELETE": "on"}))
    assert draft.groups.filter(name="Site").exists()
    assert not draft.groups.filter(name="Events and email").exists()
    assert rule is not None
    rule.refresh_from_db()
    assert rule.group is None


def test_a_scheduled_draft_is_read_only(as_: As, marketer: User, draft: ScoringModelVersion) -> None:
    client, rule = as_(marketer), rule_of(draft, "Asked for a demo")
    data, bands = shown(client.get(rule_url(rule))), shown(client.get(version_url(draft)))
    ScoringModelVersion.objects.filter(pk=draft.pk).update(publish_at=timezone.now())
    before = definition(draft)
    assert "goes live by itself" in client.get(rule_url(rule)).content.decode()
    assert "goes live by itself" in client.get(version_url(draft)).content.decode()
    assert client.post(rule_url(rule), data).status_code == 403
    assert client.post(version_url(draft), bands).status_code == 403
    for url in (duplicate_url(rule), move_url(rule, 0), bulk_url(draft, "delete", rule)):
        assert client.post(url).status_code == 302
    client.post(bulk_url(draft), {"do": "off", "rules": f"{rule.pk}:{rule.revision}"})
    assert client.post(add_rule_url(draft, "fit"), {"name": "New"}).status_code == 302
    assert definition(draft) == before


def test_check_without_a_script_says_and_counts_and_saves_nothing(
    as_: As, marketer: User, draft: ScoringModelVersion
) -> None:
    lead = make_good_lead()
    log(lead, "page_view", properties={"path": "/prices"})
    log(lead, "page_view", properties={"path": "/jobs"})
    client, rule = as_(marketer), rule_of(draft, "Viewed the pricing page")
    data = shown(
        client.get(rule_url(rule)), points="20", **{"conditions-0-value": "prices", "_check": "Check"}
    )
    del data["_save"]
    before = definition(draft)
    answer = client.post(rule_url(rule), data)
    text = answer.content.decode()
    assert "+20" in text
    assert "Matches 1 of 1 leads, 1 activities." in text
    assert "/jobs" in text  # a value that the data hold
    assert shown(answer)["conditions-0-value"] == "prices"
    assert "Please correct" not in text
    assert definition(draft) == before


def test_check_of_a_new_rule_that_is_only_begun_says_what_is_missing(
    as_: As, marketer: User, draft: ScoringModelVersion
) -> None:
    client, url = as_(marketer), f"{reverse(CHECK)}?version={draft.pk}&dimension=engagement"
    rows = {"conditions-TOTAL_FORMS": "2", "conditions-INITIAL_FORMS": "0"}
    rows |= {"conditions-0-field": "lead.country", "conditions-0-operator": "equals"}
    rows |= {"conditions-1-field": "lead.city"}
    text = client.post(url, {"match": "all", "counting": "every", "decay": "none", **rows}).content.decode()
    for words in (
        "No activity chosen",
        "Choose at least one kind",
        "Condition 1: Give a text",
        "Condition 2 is",
    ):
        assert words in text
    assert "Matches" not in text


@pytest.mark.parametrize("address", ["?rule=0", "?rule=x", "?version=1", ""])
def test_check_of_nothing_is_not_found(
    as_: As, marketer: User, draft: ScoringModelVersion, address: str
) -> None:
    assert as_(marketer).post(reverse(CHECK) + address, {}).status_code == 404
    assert as_(marketer).get(reverse(CHECK) + address).status_code == 405


def test_values_of_the_data_are_offered(as_: As, marketer: User) -> None:
    lead = make_good_lead()
    Company.objects.update(industry="<b>Machinery</b>", employees=300)
    client = as_(marketer)
    text = client.get(reverse(VALUES), {"field": "company.industry"}).content.decode()
    assert 'data-value="&lt;b&gt;Machinery&lt;/b&gt;"' in text
    assert "1 of 1 leads have one" in text
    assert "from 300 to 300" in client.get(reverse(VALUES), {"field": "company.employees"}).content.decode()
    assert (
        "Nothing like that"
        in client.get(reverse(VALUES), {"field": "company.industry", "q": "zzz"}).content.decode()
    )
    log(lead, "page_view", properties={"path": "/a"})
    log(lead, "login", properties={"path": "/b"})
    kind = lead.activities.get(properties__path="/b").type_id
    text = client.get(reverse(VALUES), {"field": "property.path", "type": [str(kind), "x"]}).content.decode()
    assert "/b" in text
    assert "/a" not in text
    assert client.get(reverse(VALUES), {"field": "lead.score"}).status_code == 404


def test_only_who_edits_rules_may_look_while_typing_duplicate_move_or_change(
    as_: As, manager: User, rep: User, draft: ScoringModelVersion
) -> None:
    rule, before = rule_of(draft, "Asked for a demo"), definition(draft)
    for user, refused in ((manager, 403), (rep, 302)):  # a rep is sent to the sign-in of the admin
        client = as_(user)
        assert client.post(check_url(rule), {}).status_code == refused
        assert client.get(reverse(VALUES), {"field": "lead.city"}).status_code == refused
        for url in (duplicate_url(rule), move_url(rule, 3), bulk_url(draft, "delete", rule)):
            assert client.post(url).status_code == 302
        client.post(bulk_url(draft), {"do": "off", "rules": f"{rule.pk}:{rule.revision}"})
    assert definition(draft) == before


def test_a_rule_is_duplicated_and_the_copy_opened(
    as_: As, marketer: User, draft: ScoringModelVersion
) -> None:
    client, rule = as_(marketer), rule_of(draft, "Viewed the pricing page")
    answer = client.post(f"{duplicate_url(rule)}?next=/scoring/")
    copy = rule_of(draft, "Viewed the pricing page (copy)")
    assert goes_to(answer) == f"{rule_url(copy)}?next=%2Fscoring%2F"
    assert facts_of(copy).conditions == facts_of(rule).conditions
    assert client.get(duplicate_url(rule)).status_code == 405
    assert "published meanwhile" in said(
        client.post(duplicate_url(rule_of(live(), "Viewed the pricing page")), follow=True)
    )


def test_a_rule_moves_up_and_down_in_its_group(as_: As, marketer: User, draft: ScoringModelVersion) -> None:
    client = as_(marketer)
    rules = list(draft.rules.filter(group__name="Website").order_by("position"))
    answer = client.post(move_url(rules[1], 0))
    assert goes_to(answer) == f"{version_url(draft)}#rule-{rules[1].pk}"
    moved = list(draft.rules.filter(group__name="Website").order_by("position"))
    assert moved == [rules[1], rules[0], *rules[2:]]
    page = client.get(version_url(draft)).content.decode()
    assert f"Move {rules[0].name} up" in page
    assert f"Move {rules[1].name} up" not in page
    for place in ("", "x", "-1", "1000000"):
        assert client.post(move_url(rules[1], place)).status_code == 404


def test_ticked_rules_are_switched(as_: As, marketer: User, draft: ScoringModelVersion) -> None:
    client = as_(marketer)
    rules = [rule_of(draft, name) for name in ("Asked for a demo", "Opened an email")]
    ticked = [f"{rule.pk}:{rule.revision}" for rule in rules]
    answer = client.post(bulk_url(draft), {"do": "off", "rules": ticked}, follow=True)
    assert "Switched 2 rules off." in said(answer)
    assert set(draft.rules.filter(is_active=False)) == set(rules)
    answer = client.post(bulk_url(draft), {"do": "on", "rules": ticked}, follow=True)
    assert "You changed" in said(answer)  # the page was stale
    assert draft.rules.filter(is_active=False).count() == 2
    assert "Tick the rules first" in said(client.post(bulk_url(draft), {"do": "on"}, follow=True))
    for data in ({"do": "on", "rules": "x"}, {"do": "dance", "rules": "1:1"}):
        assert client.post(bulk_url(draft), data).status_code == 404


@pytest.mark.parametrize(
    ("what", "typed", "after"),
    [
        ("points", {"factor": "1.5", "with_caps": "on"}, {"points": 12, "max_points": 48}),
        ("points", {"amount": "-3"}, {"points": 5, "max_points": 32}),
        ("cap", {"max_points": "20"}, {"max_points": 20}),
        ("cap", {"max_points": ""}, {"max_points": None}),
        ("fading", {"decay": "linear", "decay_days": "60"}, {"decay": "linear", "decay_days": 60}),
        ("fading", {"decay": "none"}, {"decay": "none", "decay_days": None}),
    ],
)
def test_ticked_rules_are_changed_after_a_question(
    as_: As,
    marketer: User,
    draft: ScoringModelVersion,
    what: str,
    typed: dict[str, str],
    after: dict[str, Any],
) -> None:
    client, rule = as_(marketer), rule_of(draft, "Viewed the pricing page")
    ticked = {"do": what, "rules": f"{rule.pk}:{rule.revision}"}
    url = goes_to(client.post(bulk_url(draft), ticked))
    assert "+8 Viewed the pricing page" in client.get(url).content.decode()
    answer = client.post(url, typed)
    assert goes_to(answer) == version_url(draft)
    rule.refresh_from_db()
    assert {name: getattr(rule, name) for name in after} == after


@pytest.mark.parametrize(
    ("what", "typed", "words"),
    [
        ("points", {}, "Fill in one of the two"),
        ("points", {"factor": "2", "amount": "3"}, "Fill in one of the two"),
        ("points", {"factor": "0.01"}, "Give points between"),
        ("points", {"factor": "many"}, "Enter a number"),
        ("cap", {"max_points": "0"}, "no cap"),
        ("fading", {"decay": "linear", "decay_days": ""}, "in how many days"),
        ("fading", {"decay": "none"}, ""),
    ],
)
def test_a_change_that_makes_no_sense_for_one_rule_is_said_and_changes_none(
    as_: As, marketer: User, draft: ScoringModelVersion, what: str, typed: dict[str, str], words: str
) -> None:
    client, before = as_(marketer), definition(draft)
    rules = [rule_of(draft, name) for name in ("Viewed the pricing page", "200 to 999 employees")]
    answer = client.post(bulk_url(draft, what, *rules), typed or {"with_caps": "on"})
    if not words:  # fit rules never fade already
        assert answer.status_code == 302
        return
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert definition(draft) == before


def test_ticked_rules_are_deleted_after_a_question(
    as_: As, marketer: User, draft: ScoringModelVersion
) -> None:
    client, rule = as_(marketer), rule_of(draft, "Opened an email")
    url = bulk_url(draft, "delete", rule)
    assert "Delete these rules?" in client.get(url).content.decode()
    assert draft.rules.filter(pk=rule.pk).exists()
    assert "Deleted one rule." in said(client.post(url, {}, follow=True))
    assert not draft.rules.filter(pk=rule.pk).exists()
    assert client.post(bulk_url(draft, "dance", rule)).status_code == 404


def test_the_page_goes_back_to_where_it_was_opened(
    as_: As, marketer: User, draft: ScoringModelVersion
) -> None:
    client, rule = as_(marketer), rule_of(draft, "Asked for a demo")
    url = f"{rule_url(rule)}?next=/scoring/default/%23rule-{rule.pk}"
    page = client.get(url)
    assert 'href="/scoring/default/#rule-' in page.content.decode()
    assert goes_to(client.post(url, shown(page, points="55"))) == f"/scoring/default/#rule-{rule.pk}"
    again = client.post(url, shown(client.get(url), _continue="1"))
    assert goes_to(again).startswith(f"{rule_url(rule)}?next=%2Fscoring%2F")
    delete = f"{reverse('admin:scoring_scoringrule_delete', args=[rule.pk])}?next=%2Fscoring%2F"
    assert delete in page.content.decode()
    for evil in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
        away = f"{rule_url(rule)}?next={evil}"
        assert goes_to(client.post(away, shown(client.get(away)))) == f"{version_url(draft)}#rule-{rule.pk}"
    group = draft.groups.get(name="Website")
    begun = client.get(f"{add_rule_url(draft, 'engagement')}&group={group.pk}")
    assert str(begun.context["adminform"].form["group"].value()) == str(group.pk)


def test_a_saved_rule_that_the_check_finds_fault_with_says_so(
    as_: As, marketer: User, draft: ScoringModelVersion
) -> None:
    Lead.objects.all().delete()
    client, rule = as_(marketer), rule_of(draft, "Viewed the pricing page")
    changes = {"conditions-0-field": "lead.gender", "conditions-0-operator": "equals"}
    data = shown(client.get(rule_url(rule)), **changes, **{"conditions-0-value": "female"})
    answer = client.post(rule_url(rule), data, follow=True)
    assert "gender" in said(answer).lower()
