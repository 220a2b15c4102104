"""Gates are edited as rules are; forms as rows of fields."""

from typing import Any

import pytest
from django.urls import reverse

from leadapp.models import ActivityType, CustomField, Form, Lead, User
from qualification.models import Gate
from scoring.models import ScoredLead
from tests.admin.build import errors_of, shown
from tests.admin.conftest import As
from tests.qualification.build import make_good_lead

ONE_FIELD = {"fields_list-count": "1", "fields_list-0-name": "email", "fields_list-0-fact": "email"}


def gate_url(step: str) -> str:
    return reverse("admin:qualification_gate_change", args=[Gate.objects.get(step=step).pk])


def form_url(slug: str) -> str:
    return reverse("admin:leadapp_form_change", args=[Form.objects.get(slug=slug).pk])


def test_a_criterion_is_edited_and_leads_are_looked_at_again(as_: As, marketer: User) -> None:
    waiting, set_aside = make_good_lead(), make_good_lead(status="nurture")
    client, url = as_(marketer), gate_url("to_mql")
    page = client.get(url)
    forms = page.context["inline_admin_formsets"][0].formset.forms
    row = next(form.prefix for form in forms if form.instance.field == "lead.score")
    assert (
        client.post(url, shown(page, **{f"{row}-value": "40", f"{row}-label": "Score of 40"})).status_code
        == 302
    )
    assert Gate.objects.get(step="to_mql").criteria.get(field="lead.score").value == 40
    assert set(ScoredLead.objects.values_list("lead", flat=True)) == {waiting.pk}
    assert set_aside.pk != waiting.pk


def test_an_unchanged_gate_wakes_nobody(as_: As, marketer: User) -> None:
    make_good_lead()
    client, url = as_(marketer), gate_url("to_mql")
    assert client.post(url, shown(client.get(url))).status_code == 302
    assert not ScoredLead.objects.exists()


@pytest.mark.parametrize(
    ("field", "operator", "value", "place"),
    [
        ("lead.score", "at_least", "high", "value"),
        ("bant.budget", "equals", "perhaps", "value"),
        ("bant.confirmed_count", "contains", "3", "operator"),
        ("activity", "in", "no_such_thing", "value"),
        ("property.path", "contains", "x", "field"),
    ],
)
def test_a_wrong_criterion_is_named_at_its_field(
    as_: As, marketer: User, field: str, operator: str, value: str, place: str
) -> None:
    client, url = as_(marketer), gate_url("to_sql")
    page = client.get(url)
    row = page.context["inline_admin_formsets"][0].formset.forms[-1].prefix
    new = {"label": "New", "field": field, "operator": operator, "value": value}
    answer = client.post(url, shown(page, **{f"{row}-{name}": text for name, text in new.items()}))
    assert f"{row}-{place}" in errors_of(answer)
    assert Gate.objects.get(step="to_sql").criteria.count() == 2


def test_a_manager_reads_gates(as_: As, manager: User) -> None:
    client = as_(manager)
    assert client.get(gate_url("to_mql")).status_code == 200
    assert client.post(gate_url("to_mql"), {}).status_code == 403


def test_fields_of_a_form_are_rows(as_: As, marketer: User) -> None:
    CustomField.objects.create(key="machines", label="Machines", kind="number")
    client, url = as_(marketer), form_url("newsletter")
    page = client.get(url)
    data = shown(page, name="Machine letter") | {
        "fields_list-count": "4",
        "fields_list-0-name": "email",
        "fields_list-0-label": "Your address",
        "fields_list-0-fact": "email",
        "fields_list-0-required": "on",
        "fields_list-2-name": "machines",
        "fields_list-2-fact": "attributes.machines",
    }
    assert client.post(url, data).status_code == 302
    assert Form.objects.get(slug="newsletter").fields == [
        {"name": "email", "label": "Your address", "fact": "email", "required": True},
        {"name": "machines", "label": "Machines", "fact": "attributes.machines", "required": False},
    ]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("name", "first_name")], "must become the email address"),
        ([("email", "email"), ("email", "")], "there twice"),
        ([("e mail", "email")], "begins with a letter"),
        ([("email", "email"), ("x", "password")], "no such fact"),
    ],
)
def test_wrong_fields_are_refused(as_: As, marketer: User, rows: list[tuple[str, str]], words: str) -> None:
    client, url = as_(marketer), form_url("contact")
    before = Form.objects.get(slug="contact").fields
    data = shown(client.get(url)) | {"fields_list-count": str(len(rows))}
    for index, (name, fact) in enumerate(rows):
        data |= {f"fields_list-{index}-name": name, f"fields_list-{index}-fact": fact}
    answer = client.post(url, data)
    assert words in " ".join(errors_of(answer)["fields_list"])
    assert Form.objects.get(slug="contact").fields == before


def test_a_field_answers_what_sales_asks_about(as_: As, marketer: User) -> None:
    client, url = as_(marketer), form_url("newsletter")
    row = "fields_list-1"
    data = shown(client.get(url)) | {
        "fields_list-count": "2",
        "fields_list-0-name": "email",
        "fields_list-0-fact": "email",
        f"{row}-name": "money",
        f"{row}-answer": "budget",
        f"{row}-ruled_out": "None; No, thanks",
        f"{row}-unknown": "",
    }
    assert client.post(url, data).status_code == 302
    assert Form.objects.get(slug="newsletter").fields[1] == {
        "name": "money", "label": "Money", "fact": "", "required": False,
        "answer": "budget", "ruled_out": ["None", "No, thanks"], "unknown": [],
    }  # fmt: skip
    assert 'value="None; No, thanks"' in client.get(url).content.decode()
    for wrong, words in (
        ({f"{row}-answer": "luck"}, "no such question"),
        ({f"{row}-answer": ""}, "choose what it answers"),
    ):
        assert words in " ".join(errors_of(client.post(url, data | wrong))["fields_list"])


def test_a_marketer_adds_a_kind_of_activity(as_: As, marketer: User) -> None:
    client, url = as_(marketer), reverse("admin:leadapp_activitytype_add")
    data = {"label": "Visited the booth", "slug": "booth_visit", "channel": "event"}
    assert client.post(url, data).status_code == 302
    assert client.post(url, {**data, "slug": "Booth Visit!"}).status_code == 200
    assert ActivityType.objects.filter(label="Visited the booth").count() == 1


def test_what_leadapp_writes_itself_is_not_changed(as_: As, admin: User) -> None:
    own = ActivityType.objects.get(slug="lead.created")
    url = reverse("admin:leadapp_activitytype_change", args=[own.pk])
    assert as_(admin).post(url, {"label": "x"}).status_code == 403


def test_fields_have_types_lists_and_hidden_values(as_: As, marketer: User) -> None:
    client, url = as_(marketer), form_url("newsletter")
    rows = [
        {"name": "email", "fact": "email", "type": "email", "required": "on"},
        {"name": "size", "type": "select", "content": "Small; Large"},
        {"name": "product", "type": "hidden", "content": "pump; 2"},
        {"name": "when", "type": "date", "content": "left out"},
    ]
    data = shown(client.get(url)) | {"fields_list-count": str(len(rows))}
    for index, row in enumerate(rows):
        data |= {f"fields_list-{index}-{column}": text for column, text in row.items()}
    assert client.post(url, data).status_code == 302
    fields = Form.objects.get(slug="newsletter").fields
    assert [field.get("type") for field in fields] == ["email", "select", "hidden", "date"]
    assert [field.get("options") for field in fields] == [None, ["Small", "Large"], None, None]
    assert [field.get("value") for field in fields] == [None, None, "pump; 2", None]
    page = client.get(url).content.decode()
    assert 'value="Small; Large"' in page
    assert 'value="pump; 2"' in page
    wrong = client.post(url, data | {"fields_list-1-content": "", "fields_list-3-type": "colour"})
    said = " ".join(errors_of(wrong)["fields_list"])
    assert "say what the list offers" in said
    assert "there is no such type" in said


def test_other_words_of_consent_are_a_new_version(as_: As, marketer: User) -> None:
    client, url = as_(marketer), form_url("newsletter")
    for version, text in ((1, "First"), (1, "First"), (2, "Second")):
        data = shown(client.get(url)) | ONE_FIELD | {"consent_text": text, "double_opt_in": "on"}
        assert client.post(url, data).status_code == 302
        form = Form.objects.get(slug="newsletter")
        assert (form.consent_version, form.consent_text, form.double_opt_in) == (version, text, True)
    assert list(form.consent_texts.order_by("version").values_list("text", flat=True)) == ["First", "Second"]


def test_a_form_leads_only_to_websites_of_the_team_and_keeps_its_own_names(
    as_: As, marketer: User, settings: Any
) -> None:
    settings.FORM_HOSTS = ["www.shop.example", "*.acme.example", "localhost:3000"]
    client, url = as_(marketer), form_url("newsletter")
    data = shown(client.get(url)) | ONE_FIELD
    for address in (
        "https://evil.example/",
        "https://shop.example/",
        "https://www.shop.example@evil.example/",
    ):
        assert "redirect_url" in errors_of(client.post(url, data | {"redirect_url": address}))
    for address in ("https://www.shop.example/x", "https://a.acme.example/", "http://localhost:3000/thanks"):
        assert client.post(url, data | {"redirect_url": address}).status_code == 302
    assert "double_opt_in" in errors_of(client.post(url, data | {"double_opt_in": "on", "consent_text": ""}))
    own = client.post(url, data | {"fields_list-count": "2", "fields_list-1-name": "contact_by_fax"})
    assert "Leadapp itself uses" in " ".join(errors_of(own)["fields_list"])


def test_a_form_that_was_used_is_switched_off_and_not_deleted(as_: As, admin: User) -> None:
    client = as_(admin)
    used = Form.objects.get(slug="newsletter")
    Form.objects.filter(pk=used.pk).update(first_submitted_at=used.created_at)
    for slug, status in (("newsletter", 403), ("contact", 200)):
        pk = Form.objects.get(slug=slug).pk
        assert client.get(reverse("admin:leadapp_form_delete", args=[pk])).status_code == status


def test_the_admin_sees_what_will_be_erased(as_: As, admin: User) -> None:
    old = make_good_lead()
    long_ago = old.created_at.replace(year=2020)
    Lead.objects.filter(pk=old.pk).update(created_at=long_ago, last_activity_at=long_ago)
    page = as_(admin).get(reverse("admin:leadapp_erasure_changelist")).content.decode()
    assert "What will be erased" in page
    assert f'href="/leads/{old.pk}/"' in page
    assert Lead.objects.filter(pk=old.pk).exists()
