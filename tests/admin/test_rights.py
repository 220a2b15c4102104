"""Who may open and who may change what in the admin (DESIGN section 6)."""

import pytest
from django.test import Client
from django.urls import reverse

from leadapp.models import ApiKey, CustomField, Form, User
from qualification.models import Gate
from tests.admin.build import goes_to, live
from tests.admin.conftest import As
from tests.qualification.build import make_good_lead, make_user

# page: who may look (200), who is refused (403)
LISTS = {
    "leadapp_lead": "marketer manager admin",
    "leadapp_activity": "marketer manager admin",
    "leadapp_activitytype": "marketer manager admin",
    "leadapp_company": "marketer manager admin",
    "leadapp_consentrecord": "marketer manager admin",
    "leadapp_customfield": "marketer manager admin",
    "leadapp_boughtlist": "marketer manager admin",
    "leadapp_erasure": "admin",
    "leadapp_form": "marketer manager admin",
    "leadapp_quarantine": "marketer manager admin",
    "leadapp_user": "manager admin",
    "leadapp_apikey": "admin",
    "leadapp_webhookendpoint": "admin",
    "leadapp_webhookdelivery": "admin",
    "qualification_gate": "marketer manager admin",
    "qualification_stagechange": "marketer manager admin",
    "qualification_bantanswer": "marketer manager admin",
    "qualification_assignment": "marketer manager admin",
    "qualification_escalation": "marketer manager admin",
    "qualification_team": "marketer manager admin",
    "qualification_teammember": "marketer manager admin",
    "qualification_absence": "marketer manager admin",
    "qualification_routingrule": "marketer manager admin",
    "qualification_deal": "marketer manager admin",
    "scoring_scoringmodel": "marketer manager admin",
    "scoring_scoringmodelversion": "marketer manager admin",
    "scoring_scorechange": "marketer manager admin",
    "scoring_rescore": "marketer manager admin",
}
ADDING = {
    "leadapp_lead": "manager admin",
    "leadapp_activity": "",
    "leadapp_activitytype": "marketer admin",
    "leadapp_company": "admin",
    "leadapp_consentrecord": "",
    "leadapp_customfield": "marketer admin",
    "leadapp_boughtlist": "marketer admin",
    "leadapp_erasure": "",
    "leadapp_form": "marketer admin",
    "leadapp_quarantine": "",
    "leadapp_user": "admin",
    "leadapp_apikey": "admin",
    "leadapp_webhookendpoint": "admin",
    "leadapp_webhookdelivery": "",
    "qualification_gate": "",
    "qualification_stagechange": "",
    "qualification_bantanswer": "",
    "qualification_assignment": "",
    "qualification_escalation": "",
    "qualification_team": "manager admin",
    "qualification_teammember": "manager admin",
    "qualification_absence": "manager admin",
    "qualification_routingrule": "manager admin",
    "qualification_deal": "",
    "scoring_scoringmodel": "marketer admin",
    "scoring_scoringmodelversion": "",
    "scoring_scorechange": "",
    "scoring_rescore": "",
}
CHANGING = {
    "leadapp_lead": "manager admin",
    "leadapp_customfield": "marketer admin",
    "leadapp_form": "marketer admin",
    "qualification_gate": "marketer admin",
    "scoring_scoringmodel": "marketer admin",
    "scoring_scoringmodelversion": "",
    "leadapp_apikey": "",
}
ROLES = ("marketer", "manager", "admin")


@pytest.fixture
def people(db: None) -> dict[str, User]:
    return {role: make_user(f"a-{role}", role, is_staff=True) for role in ROLES}


@pytest.mark.parametrize("page", LISTS)
def test_lists_open_for_who_may_see_them(as_: As, people: dict[str, User], page: str) -> None:
    url = reverse(f"admin:{page}_changelist")
    found = {role: as_(people[role]).get(url).status_code for role in ROLES}
    assert found == {role: 200 if role in LISTS[page].split() else 403 for role in ROLES}


@pytest.mark.parametrize("page", ADDING)
def test_rows_are_added_by_who_may_add_them(as_: As, people: dict[str, User], page: str) -> None:
    url = reverse(f"admin:{page}_add")
    found = {role: as_(people[role]).get(url).status_code for role in ROLES}
    assert found == {role: 200 if role in ADDING[page].split() else 403 for role in ROLES}


@pytest.mark.parametrize("page", CHANGING)
def test_rows_are_changed_by_who_may_change_them(as_: As, people: dict[str, User], page: str) -> None:
    rows = {
        "leadapp_lead": make_good_lead().pk,
        "leadapp_customfield": CustomField.objects.create(key="erp", label="ERP").pk,
        "leadapp_form": Form.objects.earliest("id").pk,
        "qualification_gate": Gate.objects.earliest("id").pk,
        "scoring_scoringmodel": live().model_id,
        "scoring_scoringmodelversion": live().pk,
        "leadapp_apikey": ApiKey.objects.create(name="Shop", prefix="la_1", digest=b"x", scopes=["read"]).pk,
    }
    url = reverse(f"admin:{page}_change", args=[rows[page]])
    found = {role: as_(people[role]).post(url, {}).status_code for role in ROLES}
    # An empty post is answered with the form and its errors, or saved, by who may change it.
    allowed = {role for role, status in found.items() if status != 403}
    assert allowed == set(CHANGING[page].split())


def test_a_rep_has_no_admin(as_: As, rep: User) -> None:
    answer = as_(rep).get(reverse("admin:index"))
    assert answer.status_code == 302
    assert "login" in goes_to(answer)


def test_nobody_sees_the_admin_without_signing_in(db: None) -> None:
    for url in ("/admin/", reverse("admin:leadapp_lead_changelist"), reverse("admin:leadapp_lead_move")):
        answer = Client().get(url)
        assert answer.status_code == 302
        assert "login" in goes_to(answer)


def test_marketers_see_no_buttons_for_what_they_may_not_do(as_: As, marketer: User, manager: User) -> None:
    lead = make_good_lead()
    url = reverse("admin:leadapp_lead_change", args=[lead.pk])
    assert "Move or set aside" not in as_(marketer).get(url).content.decode()
    assert "Move or set aside" in as_(manager).get(url).content.decode()
    version = reverse("admin:scoring_scoringmodelversion_change", args=[live().pk])
    assert "Make a draft" in as_(marketer).get(version).content.decode()
    assert "Make a draft" not in as_(manager).get(version).content.decode()
