"""The page of a discovery call: prompts out of what is known, and what is saved of what is typed."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import strip_tags

from leadapp.models import Activity, Lead, User
from qualification.models import BantAnswer, CallDraft, Framework, Note, Task
from qualification.services.evidence.answers import answer_bant
from tests.qualification.build import log
from tests.ui.lead_build import as_user, everything, make_people, new_lead

pytestmark = pytest.mark.django_db
People = dict[str, User]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def people() -> People:
    """Give a person of every role, and a second rep."""
    return make_people()


def address(lead: Lead, then: str = "") -> str:
    return f"/leads/{lead.pk}/call/{then}"


def words(response: Any) -> str:
    return " ".join(strip_tags(response.content.decode()).split())


def shown(client: Client, lead: Lead) -> dict[str, str]:
    """Return the fields of the page as a browser would send them."""
    response = client.get(address(lead))
    assert response.status_code == 200
    form = response.context["form"]
    values = {name: form[name].value() for name in form.fields}
    values["due"] = (
        values["due"].strftime("%Y-%m-%dT%H:%M") if hasattr(values["due"], "strftime") else values["due"]
    )
    return {name: str(value) for name, value in values.items() if value is not None}


def say(lead: Lead, owner: User, dimension: str, **facts: Any) -> BantAnswer:
    usual = {"state": "confirmed", "value": "€60,000", "source": "call", "now": timezone.now()}
    return answer_bant(lead=lead, dimension=dimension, actor=owner, **{**usual, **facts})


def test_open_questions_come_first_and_settled_ones_last(people: People) -> None:
    lead, owner = new_lead(people["owner"]), people["owner"]
    say(lead, owner, "budget")
    say(lead, owner, "authority", value="CFO", source="form", confidence="low")
    html = as_user(owner).get(address(lead)).content.decode()
    titles = re.findall(r"<legend><h2>(\w+)", html)
    assert titles[:4] == ["Need", "Timeline", "Authority", "Budget"]
    assert titles[4:] == ["Pain", "Urgency", "Competition", "Marketing", "Ideal"]


def test_prompts_begin_with_what_the_lead_did_and_said(people: People) -> None:
    lead, owner, now = new_lead(people["owner"]), people["owner"], timezone.now()
    for days in (1, 2, 3):
        log(
            lead, "page_view", now - timedelta(days=days), properties={"path": "/pricing", "title": "Pricing"}
        )
    log(lead, "demo_requested", now, properties={"message": "Does it work with SAP?"})
    say(lead, owner, "authority", value="CFO", source="form", now=now - timedelta(days=3))
    say(lead, owner, "authority", value="The board", state="ruled_out", now=now - timedelta(days=2))
    BantAnswer.objects.create(
        lead=lead, dimension_id="timeline", state="confirmed", value="start in Q3", source="form",
        answered_at=now - timedelta(days=99), expires_at=now - timedelta(days=9),
    )  # fmt: skip
    text = words(as_user(owner).get(address(lead)))
    assert "“You looked at “Pricing” 3 times. What would it be worth to you" in text
    assert "“You asked: “Does it work with SAP?” What happens today" in text
    assert "“Last time you said “start in Q3”. Does that still hold?”" in text
    assert "“You said “The board” on the phone and “CFO” in the form. Which of it is right today?”" in text
    assert "Was Confirmed: “start in Q3”. Form" in text
    assert "ran out" in text


def test_voided_and_old_activities_are_no_clues(people: People) -> None:
    lead, now = new_lead(people["owner"]), timezone.now()
    log(lead, "page_view", now - timedelta(days=181), properties={"title": "Pricing"})
    log(lead, "page_view", now, properties={"title": "Price list"}, voided_at=now, void_reason="Test")
    log(lead, "page_view", now, properties={"title": 7, "path": ["/pricing"]})
    assert "You looked at" not in words(as_user(people["owner"]).get(address(lead)))


def test_another_framework_asks_its_own_questions(people: People) -> None:
    Framework.objects.filter(is_in_use=True).update(is_in_use=False)
    Framework.objects.filter(name="CHAMP").update(is_in_use=True)
    html = as_user(people["owner"]).get(address(new_lead(people["owner"]))).content.decode()
    titles = re.findall(r"<legend><h2>(\w+)", html)
    assert titles[:4] == ["Challenges", "Authority", "Money", "Prioritization"]


def test_saving_writes_what_was_heard_and_nothing_else(people: People) -> None:
    lead, owner = new_lead(people["owner"]), people["owner"]
    say(lead, owner, "budget")
    client = as_user(owner)
    data = shown(client, lead) | {
        "need-state": "confirmed", "need-value": "Standstill", "need-sure": "high", "need-until": "180",
        "timeline-value": "Will ask the board", "notes": "SAP", "next": "Book a demo",
    }  # fmt: skip
    response = client.post(address(lead), data, follow=True)
    assert response.redirect_chain == [(f"/leads/{lead.pk}/", 302)]
    assert "The call is saved." in words(response)
    told = BantAnswer.objects.filter(lead=lead).order_by("pk")
    assert list(told.values_list("dimension", "state", "value", "confidence", "source")) == [
        ("budget", "confirmed", "€60,000", "medium", "call"),
        ("need", "confirmed", "Standstill", "high", "call"),
        ("timeline", "unknown", "Will ask the board", "medium", "call"),
    ]
    need = told[1]
    assert need.expires_at == need.answered_at + timedelta(days=180)
    assert Note.objects.get(lead=lead).text == "SAP"
    assert Task.objects.get(lead=lead).text == "Book a demo"
    assert Activity.objects.filter(lead=lead, type__slug="call_connected").count() == 1


def test_what_is_settled_is_renewed_by_a_new_end_or_changed_by_new_words(people: People) -> None:
    lead, owner = new_lead(people["owner"]), people["owner"]
    say(lead, owner, "budget", now=timezone.now() - timedelta(days=80))
    say(lead, owner, "need")
    client = as_user(owner)
    data = shown(client, lead)
    assert (data["budget-until"], data["budget-state"]) == ("keep", "confirmed")
    client.post(
        address(lead), data | {"budget-until": "90", "need-state": "ruled_out", "need-value": "Has one"}
    )
    newest = BantAnswer.objects.filter(lead=lead).order_by("-pk")[:2]
    assert {(one.dimension_id, one.state, one.value) for one in newest} == {
        ("budget", "confirmed", "€60,000"),
        ("need", "ruled_out", "Has one"),
    }
    assert BantAnswer.objects.filter(lead=lead).count() == 4


def test_what_ran_out_is_confirmed_again_without_writing_it_again(people: People) -> None:
    lead, owner, now = new_lead(people["owner"]), people["owner"], timezone.now()
    for key in ("budget", "need"):
        say(lead, owner, key, now=now - timedelta(days=91))
    client = as_user(owner)
    data = shown(client, lead)
    assert data["budget-value"] == ""
    assert 'placeholder="as before: €60,000"' in client.get(address(lead)).content.decode()
    client.post(address(lead), data | {"budget-state": "confirmed"})
    newest = BantAnswer.objects.filter(lead=lead).latest("pk")
    assert (newest.dimension_id, newest.state, newest.value) == ("budget", "confirmed", "€60,000")
    assert newest.expires_at is not None
    assert newest.expires_at > now
    assert BantAnswer.objects.filter(lead=lead).count() == 3
    refused = client.post(address(lead), shown(client, lead) | {"need-state": "ruled_out"})
    assert "need-value" in refused.context["form"].errors


def test_a_call_sent_twice_is_saved_once(people: People) -> None:
    lead, client = new_lead(people["owner"]), as_user(people["owner"])
    data = shown(client, lead) | {"need-state": "confirmed", "need-value": "Standstill", "notes": "SAP"}
    client.post(address(lead), data)
    before = everything()
    assert "saved already" in words(client.post(address(lead), data, follow=True))
    assert everything() == before


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"need-state": "confirmed"}, "need-value"),
        ({"need-state": "ruled_out"}, "need-value"),
        ({"need-state": "perhaps"}, "need-state"),
        ({"need-value": "x" * 501}, "need-value"),
        ({"need-value": "x", "need-until": "7"}, "need-until"),
        ({"outcome": "sold"}, "outcome"),
        ({"next": "Call again", "due": ""}, "due"),
        ({"next": "Call again", "due": "soon"}, "due"),
        ({"call_id": "1"}, "call_id"),
    ],
)
def test_what_makes_no_sense_is_told_and_kept_on_the_page(
    people: People, typed: dict[str, str], field: str
) -> None:
    lead, client = new_lead(people["owner"]), as_user(people["owner"])
    data = shown(client, lead) | {"notes": "Do not lose this"} | typed
    before = everything()
    response = client.post(address(lead), data)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert "Do not lose this" in response.content.decode()
    assert everything() == before


def test_save_and_move_goes_through_the_gate(people: People) -> None:
    lead, client = new_lead(people["owner"]), as_user(people["owner"])
    Lead.objects.filter(pk=lead.pk).update(stage="mql")
    heard = {
        f"{key}-{name}": text
        for key in ("budget", "need")
        for name, text in (("state", "confirmed"), ("value", "Yes"))
    }
    data = shown(client, lead) | heard | {"then": "move", "notes": "Do not lose this"}
    before = everything()
    response = client.post(address(lead), data)
    assert response.status_code == 422
    text = words(response)
    assert "Missing for MQL → SQL: all but one confirmed" in text
    assert "what you typed is still here" in text
    assert "Do not lose this" in text
    assert everything() == before
    done = client.post(
        address(lead), data | {"timeline-state": "confirmed", "timeline-value": "May"}, follow=True
    )
    assert f"The call is saved, and {lead.name} is SQL now." in words(done)
    lead.refresh_from_db()
    assert lead.stage == "sql"


def test_a_lead_that_somebody_else_moved_is_not_moved_twice(people: People) -> None:
    lead, client = new_lead(people["owner"]), as_user(people["owner"])
    Lead.objects.filter(pk=lead.pk).update(stage="mql")
    data = shown(client, lead) | {"then": "move", "seen_stage": "lead"}
    before = everything()
    assert client.post(address(lead), data).status_code == 409
    assert everything() == before


def test_typing_is_kept_and_tells_how_the_gate_would_stand(people: People) -> None:
    lead, client = new_lead(people["owner"]), as_user(people["owner"])
    Lead.objects.filter(pk=lead.pk).update(stage="mql")
    data = shown(client, lead) | {"notes": "SAP", "tab": "a"}
    first = client.post(address(lead, "draft/"), data).json()
    assert (first["version"], 'data-passes="no"' in first["ahead"]) == (1, True)
    for key in ("budget", "need", "timeline"):
        data |= {f"{key}-state": "confirmed", f"{key}-value": "Yes"}
    second = client.post(address(lead, "draft/"), data | {"version": "1"}).json()
    assert (second["version"], 'data-passes="yes"' in second["ahead"]) == (2, True)
    assert not BantAnswer.objects.exists()
    html = client.get(address(lead)).content.decode()
    assert "SAP" in html
    assert "go on where you were" in html
    assert 'name="version" value="2"' in html
    other = client.post(address(lead, "draft/"), data | {"version": "1", "tab": "b"})
    assert (other.status_code, other.json()["version"]) == (409, 2)
    assert CallDraft.objects.get().content["notes"] == "SAP"


def test_a_draft_of_a_saved_call_is_not_kept_any_more(people: People) -> None:
    lead, client = new_lead(people["owner"]), as_user(people["owner"])
    data = shown(client, lead)
    client.post(address(lead), data)
    late = client.post(address(lead, "draft/"), data | {"notes": "late"})
    assert (late.status_code, late.json()["saved"]) == (409, True)
    assert not CallDraft.objects.exists()
    assert shown(client, lead)["call_id"] != data["call_id"]


def test_a_damaged_or_huge_draft_is_refused(people: People) -> None:
    lead, client = new_lead(people["owner"]), as_user(people["owner"])
    data = shown(client, lead)
    assert client.post(address(lead, "draft/"), data | {"call_id": "x"}).status_code == 422
    assert client.post(address(lead, "draft/"), data | {"version": "-1"}).status_code == 422
    assert client.post(address(lead, "draft/"), data | {"notes": "x" * 60_001}).status_code == 422
    assert not CallDraft.objects.exists()


def test_what_was_typed_can_be_thrown_away(people: People) -> None:
    lead, client = new_lead(people["owner"]), as_user(people["owner"])
    client.post(address(lead, "draft/"), shown(client, lead) | {"notes": "SAP"})
    assert client.get(address(lead, "discard/")).status_code == 405
    client.post(address(lead, "discard/"))
    assert not CallDraft.objects.exists()
    assert "SAP" not in client.get(address(lead)).content.decode()


def test_htmx_goes_to_the_lead_and_shows_refusals_in_place(people: People) -> None:
    lead, client = new_lead(people["owner"]), as_user(people["owner"])
    data = shown(client, lead)
    refused = client.post(address(lead), data | {"outcome": "sold"}, headers=HTMX)
    assert (refused.status_code, refused["HX-Retarget"]) == (422, "#main")
    done = client.post(address(lead), data, headers=HTMX)
    assert (done.status_code, done["HX-Redirect"]) == (200, f"/leads/{lead.pk}/")


def test_who_may_not_work_on_the_lead_is_told_and_saves_nothing(people: People) -> None:
    lead, free = new_lead(people["owner"]), new_lead(email="free@voegele.example")
    for asked, person, told in (
        (lead, "colleague", "Owner has this lead"),
        (lead, "marketer", "Owner has this lead"),
        (free, "owner", "Nobody has this lead. Take it first"),
    ):
        client = as_user(people[person])
        page = client.get(address(asked))
        assert told in words(page)
        assert 'class="savebar"' not in page.content.decode()
        before = everything()
        data = {"call_id": str(uuid4()), "version": "0", "outcome": "reached"}
        answers = shown(client, asked) | data
        assert client.post(address(asked), answers).status_code == 403
        assert everything() == before


def test_a_lead_that_is_not_seen_is_not_found(people: People, settings: Any) -> None:
    settings.REPS_SEE = "own"
    lead, client = new_lead(people["owner"]), as_user(people["colleague"])
    for then in ("", "draft/", "discard/"):
        assert client.post(address(lead, then), {}).status_code == 404
    assert client.get(address(lead)).status_code == 404


def test_the_number_of_queries_does_not_depend_on_how_much_happened(people: People) -> None:
    busy, quiet = (new_lead(people["owner"], email=f"{name}@c.example") for name in "ab")
    for number in range(20):
        log(busy, "page_view", timezone.now(), properties={"title": f"Page {number}"})
        for dimension in ("budget", "need", "urgency"):
            say(busy, people["owner"], dimension)
    client, counts = as_user(people["owner"]), []
    for lead in (quiet, busy, quiet, busy):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address(lead)).status_code == 200
        counts.append(len(queries))
    # What is settled is compared with what was shown: one query more.
    assert counts[3] - counts[2] in (0, 1)
