"""Facts are edited where they stand on the lead page; who changed what is told, and can be taken back."""

import re
from typing import Any

import pytest
from django.utils import timezone

from leadapp.models import Activity, CustomField, DuplicatePair, Lead, User
from leadapp.services.leads.edits import edit_lead
from leadapp.services.leads.leads import update_lead
from scoring.models import ScoringRequest
from tests.ui.lead_build import as_user, everything, make_people, new_lead

pytestmark = pytest.mark.django_db

People = dict[str, User]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def people(db: None) -> People:
    """Give a person of every role, and a second rep."""
    return make_people()


def words(html: str) -> str:
    """Return what can be read."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def open_fact(user: User, lead: Lead, key: str) -> dict[str, str]:
    """Open a line of facts in place and return what its form holds."""
    response = as_user(user).get(f"/leads/{lead.pk}/facts/{key}/", headers=HTMX)
    assert response.status_code == 200
    form = response.context["form"]
    return {name: "" if form[name].value() is None else str(form[name].value()) for name in form.fields}


def save(user: User, lead: Lead, key: str, data: dict[str, str], **headers: str) -> Any:
    """Post a line of facts as htmx does."""
    return as_user(user).post(f"/leads/{lead.pk}/facts/{key}/", data, headers=HTMX | headers)


@pytest.mark.parametrize(
    ("key", "typed", "stored"),
    [
        ("name", {"first_name": "Anna", "last_name": "Groß"}, {"first_name": "Anna", "last_name": "Groß"}),
        ("job_title", {"job_title": "CIO"}, {"job_title": "CIO"}),
        ("email", {"email": "Anna@Voegele.example"}, {"email": "anna@voegele.example"}),
        ("phone", {"phone": "07131 555099"}, {"phone": "+497131555099"}),
        ("seniority", {"seniority": "c_level"}, {"seniority": "c_level"}),
        ("place", {"city": "Ulm", "country": "at"}, {"city": "Ulm", "country": "AT"}),
        ("origin", {"source": "Fair", "campaign": "2026"}, {"source": "Fair", "campaign": "2026"}),
        ("attributes.erp", {"attributes.erp": "SAP"}, {"attributes": {"erp": "SAP"}}),
        ("company.employees", {"company.employees": "490"}, {"company__employees": 490}),
        ("company.name", {"company.name": "Acme"}, {"company__name": "Acme"}),
    ],
)
def test_a_line_is_saved_as_the_form_saves_it(
    people: People, key: str, typed: dict[str, str], stored: dict[str, Any]
) -> None:
    CustomField.objects.create(key="erp", label="ERP system")
    lead = new_lead(people["owner"])
    data = open_fact(people["owner"], lead, key)
    ScoringRequest.objects.all().delete()
    response = save(people["owner"], lead, key, data | typed)
    assert response.status_code == 200
    assert Lead.objects.filter(pk=lead.pk, **stored).exists()
    html = response.content.decode()
    assert f'id="fact-{key.replace(".", "-")}"' in html
    assert "Saved. The score follows in a moment." in html
    assert ScoringRequest.objects.filter(lead=lead).exists()
    assert 'hx-trigger="load delay:3s"' in html  # the head asks again until it is there
    # Nothing but this line was sent along as seen.
    assert set(data) - {"seen"} == set(typed)


def test_what_was_saved_can_be_undone_at_once(people: People) -> None:
    lead, owner = new_lead(people["owner"]), people["owner"]
    save(owner, lead, "job_title", open_fact(owner, lead, "job_title") | {"job_title": "CIO"})
    change = Activity.objects.get(lead=lead, type__slug="lead.updated")
    client = as_user(owner)
    question = client.get(f"/leads/{lead.pk}/changes/{change.pk}/undo/").content.decode()
    assert "Job title becomes “Head of Operations” again." in words(question)
    assert client.post(f"/leads/{lead.pk}/changes/{change.pk}/undo/").status_code == 302
    lead.refresh_from_db()
    assert lead.job_title == "Head of Operations"


def test_own_facts_are_called_by_their_labels_in_the_timeline_and_when_undone(people: People) -> None:
    CustomField.objects.create(key="erp", label="ERP in use")
    lead, client = new_lead(people["owner"]), as_user(people["owner"])
    facts = {"attributes": {"erp": "abas"}}
    update_lead(lead=lead, facts=facts, source="leadapp", actor=people["owner"], now=timezone.now())
    timeline = client.get(f"/leads/{lead.pk}/timeline/").content.decode()
    assert "ERP in use changed from nothing to abas" in words(timeline)
    change = Activity.objects.get(lead=lead, type__slug="lead.updated")
    question = client.get(f"/leads/{lead.pk}/changes/{change.pk}/undo/").content.decode()
    assert "ERP in use becomes “nothing” again." in words(question)


def test_of_two_who_change_the_same_fact_the_second_is_told(people: People) -> None:
    lead, owner, manager = new_lead(people["owner"]), people["owner"], people["manager"]
    mine, theirs = (open_fact(user, lead, "job_title") for user in (owner, manager))
    assert save(manager, lead, "job_title", theirs | {"job_title": "CIO"}).status_code == 200
    before = everything()
    response = save(owner, lead, "job_title", mine | {"job_title": "CEO"})
    html = response.content.decode()
    assert response.status_code == 409
    assert response["HX-Retarget"] == "#fact-job_title"
    assert "It is “CIO” now. Changed by Manager." in words(html)
    assert 'value="CEO"' in html
    assert everything() == before
    again = {"job_title": "CEO", "seen": response.context["form"]["seen"].value()}
    assert save(owner, lead, "job_title", again).status_code == 200
    lead.refresh_from_db()
    assert lead.job_title == "CEO"


def test_the_edit_form_names_who_wrote_meanwhile(people: People) -> None:
    lead, owner = new_lead(people["owner"]), people["owner"]
    form = as_user(owner).get(f"/leads/{lead.pk}/edit/").context["form"]
    seen = {"first_name": "Annelie", "last_name": "Großmann", "seen": form["seen"].value()}
    edit_lead(lead=lead, facts={"first_name": "Anna"}, seen={}, actor=people["manager"], now=timezone.now())
    response = as_user(owner).post(f"/leads/{lead.pk}/edit/", seen | {"first_name": "Anne"})
    assert response.status_code == 409
    assert "It is “Anna” now. Changed by Manager." in words(response.content.decode())


@pytest.mark.parametrize(
    ("key", "typed"),
    [
        ("phone", {"phone": "seven"}),
        ("email", {"email": "nobody"}),
        ("place", {"country": "Germany", "city": "Ulm"}),
        ("company.industry", {"company.industry": ""}),
        ("company.employees", {"company.employees": "many"}),
        ("job_title", {"job_title": "CIO", "seen": "damaged"}),
    ],
)
def test_what_makes_no_sense_is_told_in_its_field(people: People, key: str, typed: dict[str, str]) -> None:
    lead = new_lead(people["owner"])
    data = open_fact(people["owner"], lead, key)
    before = everything()
    response = save(people["owner"], lead, key, data | typed)
    assert response.status_code == 422
    assert response["HX-Retarget"] == f"#fact-{key.replace('.', '-')}"
    assert response.context["form"].errors
    assert everything() == before


def test_without_javascript_a_line_is_a_page(people: People) -> None:
    lead = new_lead(people["owner"])
    client = as_user(people["owner"])
    page = client.get(f"/leads/{lead.pk}/facts/phone/")
    assert "Phone of Annelie Großmann" in page.content.decode()
    data = {"phone": "+4930901820", "seen": page.context["form"]["seen"].value()}
    assert client.post(f"/leads/{lead.pk}/facts/phone/", data).status_code == 302
    lead.refresh_from_db()
    assert lead.phone == "+4930901820"


@pytest.mark.parametrize(
    "key", ["owner", "score", "attributes.none", "company.domain", "do_not_score", "x" * 300]
)
def test_what_is_no_fact_does_not_exist(people: People, key: str) -> None:
    lead = new_lead(people["owner"])
    assert as_user(people["owner"]).get(f"/leads/{lead.pk}/facts/{key}/").status_code == 404


def test_facts_of_no_company_do_not_exist(people: People) -> None:
    lead = Lead.objects.create(first_name="Nina", owner=people["owner"])
    client = as_user(people["owner"])
    assert client.get(f"/leads/{lead.pk}/facts/company.industry/").status_code == 404
    assert client.get(f"/leads/{lead.pk}/facts/company.name/").status_code == 200


def test_others_look_and_do_not_change(people: People, settings: Any) -> None:
    lead = new_lead(people["owner"])
    data = open_fact(people["owner"], lead, "phone") | {"phone": "+4930901820"}
    before = everything()
    for name in ("colleague", "marketer"):
        assert "fact__edit" not in as_user(people[name]).get(f"/leads/{lead.pk}/").content.decode()
        assert save(people[name], lead, "phone", data).status_code == 403
    settings.REPS_SEE = "own"
    for address in ("facts/phone/", "facts/", "band/", "people/", "tags/", "consents/new/"):
        assert as_user(people["colleague"]).get(f"/leads/{lead.pk}/{address}").status_code == 404
    assert everything() == before


def test_the_history_tells_who_changed_what_and_offers_to_undo_it(people: People) -> None:
    lead, owner = new_lead(people["owner"]), people["owner"]
    empty = as_user(owner).get(f"/leads/{lead.pk}/facts/").content.decode()
    assert "Nobody has changed a fact yet." in empty
    edit_lead(lead=lead, facts={"job_title": "CIO"}, seen={}, actor=owner, now=timezone.now())
    told = words(as_user(owner).get(f"/leads/{lead.pk}/facts/", headers=HTMX).content.decode())
    assert told == "just now , Owner: Job title from Head of Operations → to CIO Undo…"
    assert "Undo" not in as_user(people["marketer"]).get(f"/leads/{lead.pk}/facts/").content.decode()
    field = words(as_user(owner).get(f"/leads/{lead.pk}/facts/job_title/", headers=HTMX).content.decode())
    assert "Was Head of Operations until just now . Changed by Owner." in field


def test_the_timeline_names_who_changed_facts(people: People) -> None:
    lead = new_lead(people["owner"])
    update_lead(lead=lead, facts={"city": "Ulm"}, source="crm", actor=None, now=timezone.now())
    text = words(as_user(people["owner"]).get(f"/leads/{lead.pk}/timeline/?show=record").content.decode())
    assert "City changed from nothing to Ulm , by crm" in text


def test_the_head_says_what_the_score_was_once_it_changed(people: People) -> None:
    lead = new_lead(people["owner"])
    client = as_user(people["owner"])
    assert f"Now {lead.score}, it was 3." in client.get(f"/leads/{lead.pk}/band/?was=3").content.decode()
    same = client.get(f"/leads/{lead.pk}/band/?was={lead.score}").content.decode()
    assert "it was" not in same
    assert "hx-trigger" not in same


def test_the_company_card_shows_the_best_of_the_other_leads(people: People, settings: Any) -> None:
    lead = new_lead(people["owner"])
    for number in range(7):
        owner = people["colleague"] if number else None
        new_lead(owner, email=f"p{number}@voegele.example", first_name=f"Person{number}")
    html = as_user(people["owner"]).get(f"/leads/{lead.pk}/").content.decode()
    assert html.count('class="lead-mates__end"') == 5
    assert "Show all 7 other leads" in html
    settings.REPS_SEE = "own"
    html = as_user(people["owner"]).get(f"/leads/{lead.pk}/").content.decode()
    assert html.count('class="lead-mates__end"') == 1
    assert "other leads" not in html


def test_twenty_other_leads_take_as_many_queries_as_one(
    people: People, django_assert_num_queries: Any
) -> None:
    lead = new_lead(people["owner"])
    new_lead(None, email="p@voegele.example")
    client = as_user(people["owner"])
    client.get(f"/leads/{lead.pk}/stages/")
    for _ in range(2):
        with django_assert_num_queries(24):
            client.get(f"/leads/{lead.pk}/stages/")
        Lead.objects.bulk_create(Lead(first_name=f"P{n}", company=lead.company) for n in range(20))


def test_tags_are_changed_and_that_is_undone(people: People) -> None:
    lead, client = new_lead(people["owner"]), as_user(people["owner"])
    assert client.post(f"/leads/{lead.pk}/tags/", {"tags": "Fair, VIP", "seen": ""}).status_code == 302
    assert (
        client.post(f"/leads/{lead.pk}/tags/", {"tags": "vip, New", "seen": "Fair, VIP"}).status_code == 302
    )
    html = client.get(f"/leads/{lead.pk}/").content.decode()
    assert re.findall(r'<li class="tag">([^<]+)</li>', html) == ["New", "VIP"]
    undo = re.findall(r'action="(/leads/\d+/tags/[^"]+)"', html)[-1]
    client.post(undo.replace("&amp;", "&"))
    html = client.get(f"/leads/{lead.pk}/").content.decode()
    assert re.findall(r'<li class="tag">([^<]+)</li>', html) == ["Fair", "VIP"]
    before = everything()
    wrong = client.post(f"/leads/{lead.pk}/tags/", {"tags": "x" * 60, "seen": "Fair, VIP"})
    assert wrong.status_code == 422
    assert as_user(people["marketer"]).post(f"/leads/{lead.pk}/tags/", {"tags": "Mine"}).status_code == 403
    assert everything() == before


def test_consents_are_shown_with_their_words_and_recorded(people: People) -> None:
    lead, client = new_lead(people["owner"]), as_user(people["owner"])
    text = words(client.get(f"/leads/{lead.pk}/").content.decode())
    assert "Marketing email : not asked" in text
    given = {"purpose": "phone", "granted": "yes", "how": "call", "text": "May we call you?"}
    assert client.post(f"/leads/{lead.pk}/consents/new/", given).status_code == 302
    text = words(client.get(f"/leads/{lead.pk}/").content.decode())
    assert "Phone calls : yes, just now" in text
    assert "On the phone, written down by Owner" in text
    assert "May we call you?" in text
    assert client.post(f"/leads/{lead.pk}/consents/new/", given | {"granted": "no"}).status_code == 302
    text = words(client.get(f"/leads/{lead.pk}/").content.decode())
    assert "Phone calls : no, just now . No calls" in text
    before = everything()
    refused = client.post(f"/leads/{lead.pk}/consents/new/", given | {"text": ""})
    assert refused.status_code == 422
    assert everything() == before


def test_leads_that_may_be_the_same_person_stand_at_the_side(people: People, settings: Any) -> None:
    lead, twin = new_lead(people["owner"]), new_lead(people["colleague"], email="a@voegele.example")
    first, second = sorted([lead, twin], key=lambda one: one.pk)
    pair = DuplicatePair.objects.create(first=first, second=second, probability=0.934)
    client = as_user(people["owner"])
    text = words(client.get(f"/leads/{lead.pk}/").content.decode())
    assert "May be here twice Annelie Großmann Vögele 93% sure" in text
    settings.REPS_SEE = "own"
    assert "May be here twice" not in client.get(f"/leads/{lead.pk}/").content.decode()
    settings.REPS_SEE = "all"
    DuplicatePair.objects.filter(pk=pair.pk).update(state="dismissed", decided_at=timezone.now())
    assert "May be here twice" not in client.get(f"/leads/{lead.pk}/").content.decode()
