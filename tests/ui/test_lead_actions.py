"""Every action on the lead page: who may do it, what it writes, and that a refusal writes nothing."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from leadapp.models import Activity, CustomField, Lead, Stage, User
from leadapp.services.leads.edits import as_text, facts_of
from leadapp.services.leads.leads import update_lead
from leadapp.services.work.activities import log_activity
from qualification.models import Assignment, BantAnswer, Deal, Note, StageChange, Task
from qualification.services.assignment import assign_lead, hand_over
from qualification.services.moves import move_lead, nurture_lead
from qualification.services.work import add_task
from tests.qualification.build import confirm, log
from tests.ui.lead_build import as_user, everything, make_people, new_lead

pytestmark = pytest.mark.django_db

People = dict[str, User]
WORKERS = ("owner", "manager", "admin")
OTHERS = ("colleague", "marketer")


@pytest.fixture
def people(db: None) -> People:
    """Give a person of every role, and a second rep."""
    return make_people()


def post(client: Client, lead: Lead, path: str, **data: Any) -> Any:
    """Send an answer as the form of the page would."""
    return client.post(f"/leads/{lead.pk}/{path}", data)


def ready(lead: Lead, stage: str) -> Lead:
    """Put a lead into a stage with all that the next gate asks for."""
    Lead.objects.filter(pk=lead.pk).update(stage=stage)
    confirm(lead, now=timezone.now())
    log(lead, "call_connected", timezone.now())
    lead.refresh_from_db()
    return lead


def seen(lead: Lead) -> dict[str, str]:
    """Return what a form says that the person saw."""
    return {"seen_stage": lead.stage, "seen_status": lead.status}


def facts_form(lead: Lead, **changes: Any) -> dict[str, Any]:
    """Return the facts form as the page shows it, with these changes."""
    html = as_user(User.objects.get(username="admin")).get(f"/leads/{lead.pk}/edit/")
    shown = {
        name: as_text(value) for name, value in facts_of(lead).items() if not isinstance(value, bool) or value
    }
    return {"seen": html.context["form"]["seen"].value(), **shown, **changes}


def arrange(action: str, lead: Lead, people: People) -> tuple[str, dict[str, Any]]:
    """Bring a lead where the action makes sense, and return its path and data."""
    if action in ("move", "override"):
        ready(lead, Stage.MQL)
        return "move/sql/", seen(lead)
    if action == "customer":
        ready(lead, Stage.SQL)
        return "move/customer/", seen(lead) | {"value": "58000", "currency": "eur", "won_on": "2026-01-05"}
    if action == "back":
        ready(lead, Stage.SQL)
        return "move/mql/", seen(lead) | {"reason": "Too early"}
    if action in ("deal", "void deal", "opportunity", "advocacy"):
        return arrange_customer(action, lead)
    if action in ("reopen", "wake up"):
        nurture_lead(lead=lead, seen_stage=lead.stage, actor=None, reason="Later", now=timezone.now())
        lead.refresh_from_db()
        asleep = "wake-up/", {"wake_on": "2030-03-03"}
        return asleep if action == "wake up" else ("reopen/", seen(lead) | {"reason": "They called"})
    if action == "void":
        activity = log(lead, "email_clicked", timezone.now())
        return f"activities/{activity.pk}/void/", {"reason": "A mail scanner clicked"}
    if action == "edit":
        return "edit/", facts_form(lead, job_title="CEO")
    if action == "task done":
        me = people["owner"]
        task = add_task(
            lead=lead, owner=me, text="Send it", due_at=timezone.now(), actor=None, now=timezone.now()
        )
        return f"tasks/{task.pk}/done/", {}
    return {
        "nurture": ("nurture/", seen(lead) | {"reason": "No project", "wake_on": "2030-03-03"}),
        "disqualify": ("disqualify/", seen(lead) | {"reason_code": "no_need", "reason": "They build it"}),
        "call": ("log/call/", {"outcome": "connected", "minutes": "11", "notes": "Budget is there"}),
        "email": ("log/email/", {"direction": "sent", "subject": "Case study"}),
        "meeting": ("log/meeting/", {"state": "held", "subject": "Demo", "minutes": "45"}),
        "bant": (
            "bant/budget/",
            {"state": "confirmed", "value": "€60,000", "source": "call", "good_for": "90"},
        ),
        "note": ("notes/new/", {"text": "Asks about SAP"}),
        "task": ("tasks/new/", {"text": "Call again", "due_at": "2027-01-05T09:00"}),
    }[action]


def arrange_customer(action: str, lead: Lead) -> tuple[str, dict[str, Any]]:
    """Make the lead a customer, and return the path and data of the action."""
    Lead.objects.filter(pk=lead.pk).update(stage=Stage.CUSTOMER)
    lead.refresh_from_db()
    deal = Deal.objects.create(lead=lead, value=58000, won_on=date(2026, 1, 5))
    return {
        "deal": ("deals/new/", {"value": "1200.50", "currency": "chf", "won_on": "2026-01-05"}),
        "void deal": (f"deals/{deal.pk}/void/", {"reason": "Typed twice"}),
        "opportunity": ("opportunity/", seen(lead) | {"to_stage": "sql", "reason": "Second plant"}),
        "advocacy": ("advocacy/", {"advocacy": "reference", "note": "Takes calls"}),
    }[action]


ACTIONS = (
    "edit",
    "call",
    "email",
    "meeting",
    "void",
    "bant",
    "move",
    "customer",
    "back",
    "nurture",
    "disqualify",
    "reopen",
    "wake up",
    "deal",
    "void deal",
    "opportunity",
    "advocacy",
    "note",
    "task",
    "task done",
)


@pytest.mark.parametrize("role", WORKERS)
@pytest.mark.parametrize("action", ACTIONS)
def test_who_works_on_the_lead_may_do_it(people: People, action: str, role: str) -> None:
    lead = new_lead(people["owner"])
    path, data = arrange(action, lead, people)
    before = everything()
    client = as_user(people[role])
    assert client.get(f"/leads/{lead.pk}/{path}").status_code == 200
    assert everything() == before
    response = post(client, lead, path, **data)
    assert response.status_code == 302, response.context["form"].errors
    assert everything() != before
    page = client.get(response["Location"])
    assert page.status_code == 200
    assert 'class="toast"' in page.content.decode()


@pytest.mark.parametrize("action", ACTIONS)
def test_others_are_refused_and_nothing_is_written(people: People, action: str) -> None:
    lead = new_lead(people["owner"])
    path, data = arrange(action, lead, people)
    before = everything()
    for role in OTHERS:
        response = post(as_user(people[role]), lead, path, **data)
        assert response.status_code == 403, role
        assert "Nothing was saved" in response.content.decode()
        assert everything() == before, role
    # Nor does somebody who is not signed in, or another method.
    response = post(Client(), lead, path, **data)
    assert response.status_code == 401
    assert 'name="password"' in response.content.decode()
    assert as_user(people["owner"]).delete(f"/leads/{lead.pk}/{path}").status_code == 405
    assert everything() == before


@pytest.mark.parametrize("action", ACTIONS)
def test_a_lead_that_nobody_has_must_be_taken_first(people: People, action: str) -> None:
    lead = new_lead()
    path, data = arrange(action, lead, people)
    before = everything()
    response = post(as_user(people["colleague"]), lead, path, **data)
    assert response.status_code == 403
    assert everything() == before


@pytest.mark.parametrize("action", [*ACTIONS, "take", "owner"])
def test_an_invisible_lead_does_not_exist(people: People, action: str, settings: Any) -> None:
    lead = new_lead(people["owner"])
    path, data = f"{action}/", dict[str, Any]()
    if action not in ("take", "owner"):
        path, data = arrange(action, lead, people)
    settings.REPS_SEE = "own"
    before = everything()
    client = as_user(people["colleague"])
    assert client.get(f"/leads/{lead.pk}/{path}").status_code == 404
    assert post(client, lead, path, **data).status_code == 404
    assert everything() == before


@pytest.mark.parametrize(
    "action", [name for name in ACTIONS if name not in ("move", "task done", "edit", "wake up")]
)
def test_an_empty_answer_is_asked_again(people: People, action: str) -> None:
    lead = new_lead(people["owner"])
    path, _ = arrange(action, lead, people)
    before = everything()
    response = post(as_user(people["owner"]), lead, path)
    assert response.status_code == 422
    assert response.context["form"].errors
    assert everything() == before


@pytest.mark.parametrize(
    ("path", "data", "field"),
    [
        ("log/call/", {"outcome": "connected", "minutes": "soon"}, "minutes"),
        ("log/call/", {"outcome": "connected", "minutes": "-1"}, "minutes"),
        ("log/call/", {"outcome": "shouted"}, "outcome"),
        ("log/email/", {"direction": "sent", "subject": "x" * 201}, "subject"),
        ("bant/need/", {"state": "confirmed", "source": "call", "good_for": "90"}, "value"),
        ("bant/need/", {"state": "maybe", "value": "x", "source": "call"}, "state"),
        ("tasks/new/", {"text": "Call", "due_at": "tomorrow"}, "due_at"),
        ("notes/new/", {"text": "   "}, "text"),
        ("notes/new/", {"text": "a\0b"}, "text"),
    ],
)
def test_what_makes_no_sense_is_told_beside_its_field(
    people: People, path: str, data: dict[str, str], field: str
) -> None:
    lead = new_lead(people["owner"])
    before = everything()
    response = post(as_user(people["owner"]), lead, path, **data)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert everything() == before


@pytest.mark.parametrize(
    "path", ["log/fax/", "bant/mood/", "move/legend/", "activities/1/void/", "tasks/1/done/"]
)
def test_what_does_not_exist_is_not_found(people: People, path: str) -> None:
    lead = new_lead(people["owner"])
    client = as_user(people["owner"])
    assert client.get(f"/leads/{lead.pk}/{path}").status_code == 404
    assert post(client, lead, path).status_code == 404


def test_activities_and_tasks_of_another_lead_are_not_found(people: People) -> None:
    mine, other = new_lead(people["owner"]), new_lead(people["colleague"], email="other@x.example")
    activity = log(other, "email_clicked", timezone.now())
    task = add_task(
        lead=other, owner=people["colleague"], text="x", due_at=timezone.now(), actor=None, now=timezone.now()
    )
    before = everything()
    client = as_user(people["owner"])
    assert post(client, mine, f"activities/{activity.pk}/void/", reason="x").status_code == 404
    assert post(client, mine, f"tasks/{task.pk}/done/").status_code == 404
    assert everything() == before


# What is written


def test_a_call_stops_the_clock_and_is_in_the_timeline(people: People) -> None:
    lead = new_lead(people["owner"])
    Lead.objects.filter(pk=lead.pk).update(stage=Stage.MQL)
    hand_over(lead_ids=[lead.pk], now=timezone.now())
    client = as_user(people["owner"])
    post(client, lead, "log/call/", outcome="connected", minutes="11", notes="Budget is there")
    assert Assignment.objects.get(lead=lead, ended_at=None).answered_at is not None
    activity = Activity.objects.get(lead=lead, type__slug="call_connected")
    assert activity.properties == {"minutes": 11, "notes": "Budget is there"}
    assert activity.actor == people["owner"]
    assert "Budget is there" in client.get(f"/leads/{lead.pk}/timeline/").content.decode()


def test_a_call_that_nobody_answered_leaves_the_clock_running(people: People) -> None:
    lead = new_lead(people["owner"])
    Lead.objects.filter(pk=lead.pk).update(stage=Stage.MQL)
    hand_over(lead_ids=[lead.pk], now=timezone.now())
    post(as_user(people["owner"]), lead, "log/call/", outcome="voicemail")
    assert Assignment.objects.get(lead=lead, ended_at=None).answered_at is None
    assert Activity.objects.get(lead=lead, type__slug="call_attempted").properties == {"outcome": "voicemail"}


@pytest.mark.parametrize(
    ("path", "data", "slug"),
    [
        ("log/email/", {"direction": "replied", "subject": "Re: offer"}, "email_replied"),
        ("log/meeting/", {"state": "held", "subject": "Demo"}, "meeting_held"),
        (
            "log/meeting/",
            {"state": "booked", "subject": "Demo", "meeting_at": "2027-01-05T09:00"},
            "meeting_booked",
        ),
    ],
)
def test_emails_and_meetings_become_their_types(
    people: People, path: str, data: dict[str, str], slug: str
) -> None:
    lead = new_lead(people["owner"])
    post(as_user(people["owner"]), lead, path, **data)
    assert Activity.objects.filter(lead=lead, type__slug=slug).count() == 1


def test_a_voided_activity_stays_visible_with_the_reason(people: People) -> None:
    lead = new_lead(people["owner"])
    activity = log(lead, "email_clicked", timezone.now())
    client = as_user(people["owner"])
    post(client, lead, f"activities/{activity.pk}/void/", reason="A mail scanner clicked")
    html = client.get(f"/leads/{lead.pk}/timeline/").content.decode()
    assert "Voided by Owner: A mail scanner clicked" in html
    assert "<del>Clicked a link</del>" in html
    before = everything()
    assert post(client, lead, f"activities/{activity.pk}/void/", reason="Again").status_code == 409
    assert everything() == before


def test_a_record_of_facts_cannot_be_voided(people: People) -> None:
    lead = new_lead(people["owner"])
    record = Activity.objects.get(lead=lead, type__slug="lead.created")
    before = everything()
    response = post(as_user(people["owner"]), lead, f"activities/{record.pk}/void/", reason="x")
    assert response.status_code == 422
    assert everything() == before


def test_an_answer_is_added_with_its_source_and_end(people: People) -> None:
    lead = new_lead(people["owner"])
    client = as_user(people["owner"])
    post(client, lead, "bant/need/", state="confirmed", value="Standstill", source="call", good_for="180")
    post(client, lead, "bant/need/", state="ruled_out", value="Solved it", source="email", good_for="")
    first, second = BantAnswer.objects.filter(lead=lead).order_by("pk")
    assert (first.state, first.value, first.source, first.author) == (
        "confirmed",
        "Standstill",
        "call",
        people["owner"],
    )
    assert first.expires_at == first.answered_at + timedelta(days=180)
    assert (second.state, second.expires_at) == ("ruled_out", None)


def test_a_deal_is_written_with_the_move_to_customer(people: People) -> None:
    lead = ready(new_lead(people["owner"]), Stage.SQL)
    data = seen(lead) | {"value": "58000.50", "currency": "eur", "won_on": "2026-01-05", "product": "Plant"}
    post(as_user(people["owner"]), lead, "move/customer/", **data)
    lead.refresh_from_db()
    deal = Deal.objects.get(lead=lead)
    assert lead.stage == Stage.CUSTOMER
    assert (str(deal.value), deal.currency, str(deal.won_on), deal.product) == (
        "58000.50",
        "EUR",
        "2026-01-05",
        "Plant",
    )


def test_the_gate_holds_a_rep_back_and_says_what_is_missing(people: People) -> None:
    lead = new_lead(people["owner"])
    Lead.objects.filter(pk=lead.pk).update(stage=Stage.MQL)
    lead.refresh_from_db()
    client = as_user(people["owner"])
    page = client.get(f"/leads/{lead.pk}/move/sql/").content.decode()
    assert "Not ready for SQL" in page
    assert "All but one confirmed" in page
    assert 'type="submit">Move to SQL' not in page
    before = everything()
    for extra in ({}, {"reason": "I know them"}):
        assert post(client, lead, "move/sql/", **seen(lead), **extra).status_code in (403, 422)
        assert everything() == before


def test_a_manager_moves_past_the_gate_with_a_reason(people: People) -> None:
    lead = new_lead(people["owner"])
    Lead.objects.filter(pk=lead.pk).update(stage=Stage.MQL)
    lead.refresh_from_db()
    client = as_user(people["manager"])
    before = everything()
    assert post(client, lead, "move/sql/", **seen(lead)).status_code == 422
    assert everything() == before
    assert post(client, lead, "move/sql/", **seen(lead), reason="Knows the board").status_code == 302
    change = StageChange.objects.get(lead=lead)
    assert (change.move, change.reason, change.actor) == ("override", "Knows the board", people["manager"])
    assert "Past the gate" in client.get(f"/leads/{lead.pk}/stages/").content.decode()


def test_a_move_that_somebody_else_made_first_is_a_conflict(people: People) -> None:
    lead = ready(new_lead(people["owner"]), Stage.MQL)
    form = seen(lead)
    move_lead(lead=lead, to_stage="sql", seen_stage="mql", actor=people["manager"], now=timezone.now())
    before = everything()
    response = post(as_user(people["owner"]), lead, "move/sql/", **form)
    html = response.content.decode()
    assert response.status_code == 409
    assert "it is SQL now, not MQL" in html
    assert "Show it as it is now" in html
    assert response.context["form"]["seen_stage"].value() == "sql"
    assert everything() == before


def test_the_reason_survives_a_conflict(people: People) -> None:
    lead = ready(new_lead(people["owner"]), Stage.MQL)
    form = seen(lead) | {"reason_code": "no_need", "reason": "No project before 2028"}
    move_lead(lead=lead, to_stage="sql", seen_stage="mql", actor=people["manager"], now=timezone.now())
    client = as_user(people["owner"])
    response = post(client, lead, "disqualify/", **form)
    assert response.status_code == 409
    assert "No project before 2028" in response.content.decode()
    again = {name: response.context["form"][name].value() for name in form}
    assert post(client, lead, "disqualify/", **again).status_code == 302


def test_a_rep_takes_a_lead_and_the_second_is_too_late(people: People) -> None:
    lead = new_lead()
    assert post(as_user(people["owner"]), lead, "take/").status_code == 302
    lead.refresh_from_db()
    assert lead.owner == people["owner"]
    before = everything()
    response = post(as_user(people["colleague"]), lead, "take/")
    assert response.status_code == 409
    assert "Owner has this lead already" in response.content.decode()
    assert everything() == before


@pytest.mark.parametrize("role", ["marketer", "manager"])
def test_only_reps_take_leads(people: People, role: str) -> None:
    lead = new_lead()
    before = everything()
    assert post(as_user(people[role]), lead, "take/").status_code == 403
    assert everything() == before


@pytest.mark.parametrize(
    ("role", "status"), [("owner", 302), ("manager", 302), ("colleague", 403), ("marketer", 403)]
)
def test_who_may_give_a_lead_away(people: People, role: str, status: int) -> None:
    lead = new_lead(people["owner"])
    before = everything()
    data = {"owner": people["colleague"].pk, "reason": "On leave", "seen_owner_id": lead.owner_id}
    assert post(as_user(people[role]), lead, "owner/", **data).status_code == status
    lead.refresh_from_db()
    assert lead.owner == people["colleague" if status == 302 else "owner"]
    assert (everything() == before) == (status != 302)


def test_a_lead_that_got_a_new_owner_in_nurture_can_be_reopened(people: People) -> None:
    lead = new_lead(people["owner"])
    nurture_lead(lead=lead, seen_stage=lead.stage, actor=None, reason="Later", now=timezone.now())
    assign_lead(lead=lead, owner=people["colleague"], actor=None, reason="On leave", now=timezone.now())
    lead.refresh_from_db()
    response = post(as_user(people["colleague"]), lead, "reopen/", **seen(lead), reason="They called")
    assert response.status_code == 302
    lead.refresh_from_db()
    assert lead.is_open
    assert Assignment.objects.get(lead=lead, ended_at=None).owner == people["colleague"]


def test_an_owner_who_changed_meanwhile_is_a_conflict(people: People) -> None:
    lead = new_lead(people["owner"])
    seen_owner = lead.owner_id
    assign_lead(lead=lead, owner=people["admin"], actor=None, reason="Test", now=timezone.now())
    before = everything()
    data = {"owner": people["colleague"].pk, "reason": "On leave", "seen_owner_id": seen_owner}
    assert post(as_user(people["manager"]), lead, "owner/", **data).status_code == 409
    assert everything() == before


def test_notes_and_tasks_appear_and_tasks_are_ticked_off(people: People) -> None:
    lead = new_lead(people["owner"])
    client = as_user(people["owner"])
    post(client, lead, "notes/new/", text="Asks about SAP\nsecond line")
    post(client, lead, "tasks/new/", text="Call again", due_at="2027-01-05T09:00")
    html = client.get(f"/leads/{lead.pk}/notes/").content.decode()
    assert "Asks about SAP<br>second line" in html
    assert "Call again" in html
    task = Task.objects.get(lead=lead)
    assert task.owner == people["owner"]
    for _ in range(2):
        assert post(client, lead, f"tasks/{task.pk}/done/").status_code == 302
    task.refresh_from_db()
    assert task.done_at is not None
    assert Note.objects.get(lead=lead).author == people["owner"]


# Facts


def test_changed_facts_are_written_with_before_and_after(people: People) -> None:
    lead = new_lead(people["owner"])
    client = as_user(people["owner"])
    data = facts_form(lead, job_title="CEO", **{"company.employees": "520"})
    assert post(client, lead, "edit/", **data).status_code == 302
    lead.refresh_from_db()
    assert (lead.job_title, lead.company and lead.company.employees) == ("CEO", 520)
    record = Activity.objects.get(lead=lead, type__slug="lead.updated")
    assert record.properties["before"] == {"job_title": "Head of Operations", "company.employees": 480}
    assert record.actor == people["owner"]
    html = client.get(f"/leads/{lead.pk}/timeline/").content.decode()
    assert "<del>Head of Operations</del>" in html
    assert "<ins>CEO</ins>" in html


def test_custom_fields_are_edited_by_their_kind(people: People) -> None:
    kinds = {"erp": "text", "machines": "number", "visited": "boolean", "renewal": "date"}
    for key, kind in kinds.items():
        CustomField.objects.create(key=key, label=key.capitalize(), kind=kind)
    lead = new_lead(people["owner"], attributes={"erp": "SAP", "machines": 12})
    client = as_user(people["owner"])
    data = facts_form(lead, **{"attributes.erp": "SAP", "attributes.machines": "12"})
    before = everything()
    assert post(client, lead, "edit/", **data).status_code == 302
    assert everything() == before
    changes = {
        "attributes.erp": "",
        "attributes.machines": "37",
        "attributes.visited": "true",
        "attributes.renewal": "2027-01-31",
    }
    assert post(client, lead, "edit/", **(data | changes)).status_code == 302
    lead.refresh_from_db()
    assert lead.attributes == {"machines": 37, "visited": True, "renewal": "2027-01-31"}
    page = re.sub(r"<[^>]+>", " ", client.get(f"/leads/{lead.pk}/").content.decode())
    assert re.search(r"Machines\s+37", page)
    assert re.search(r"Visited\s+Yes", page)
    before = everything()
    assert post(client, lead, "edit/", **(data | {"attributes.machines": "many"})).status_code == 422
    assert everything() == before


def test_facts_that_stay_the_same_write_nothing(people: People) -> None:
    lead = new_lead(people["owner"])
    data = facts_form(lead)
    before = everything()
    assert post(as_user(people["owner"]), lead, "edit/", **data).status_code == 302
    assert everything() == before


def test_two_people_who_edit_different_facts_do_not_disturb_each_other(people: People) -> None:
    lead = new_lead(people["owner"])
    data = facts_form(lead, job_title="CEO")
    update_lead(lead=lead, facts={"city": "Ulm"}, source="test", actor=None, now=timezone.now())
    assert post(as_user(people["owner"]), lead, "edit/", **data).status_code == 302
    lead.refresh_from_db()
    assert (lead.job_title, lead.city) == ("CEO", "Ulm")


def test_a_fact_that_somebody_else_changed_is_a_conflict(people: People) -> None:
    lead = new_lead(people["owner"])
    data = facts_form(lead, job_title="CEO")
    update_lead(lead=lead, facts={"job_title": "CTO"}, source="test", actor=None, now=timezone.now())
    before = everything()
    client = as_user(people["owner"])
    response = post(client, lead, "edit/", **data)
    html = response.content.decode()
    assert response.status_code == 409
    assert "It is “CTO” now." in html
    assert 'value="CEO"' in html
    assert everything() == before
    again = data | {"seen": response.context["form"]["seen"].value()}
    assert post(client, lead, "edit/", **again).status_code == 302
    lead.refresh_from_db()
    assert lead.job_title == "CEO"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"phone": "twelve"}, "phone"),
        ({"country": "Germany"}, "country"),
        ({"linkedin_url": "https://example.com"}, "linkedin_url"),
        ({"company.employees": "many"}, "company.employees"),
        ({"company.country": "D"}, "company.country"),
        ({"company.employees": ""}, "company.employees"),
        ({"seen": "{"}, "seen"),
        ({"seen": "[]"}, "seen"),
        ({"seen": "[" * 100_000}, "seen"),
    ],
)
def test_a_wrong_fact_is_told_beside_its_field(people: People, changes: dict[str, str], field: str) -> None:
    lead = new_lead(people["owner"])
    data = facts_form(lead, **changes)
    before = everything()
    response = post(as_user(people["owner"]), lead, "edit/", **data)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert everything() == before


def test_an_address_that_another_lead_has_is_a_conflict(people: People) -> None:
    new_lead(email="taken@x.example")
    lead = new_lead(people["owner"])
    data = facts_form(lead, email="taken@x.example")
    before = everything()
    response = post(as_user(people["owner"]), lead, "edit/", **data)
    assert response.status_code == 409
    assert "email" in response.context["form"].errors
    assert everything() == before


# With htmx


def test_a_question_comes_as_a_dialog(people: People) -> None:
    lead = new_lead(people["owner"])
    response = as_user(people["owner"]).get(f"/leads/{lead.pk}/log/call/", headers={"HX-Request": "true"})
    html = response.content.decode().strip()
    assert html.startswith("<dialog")
    assert response["HX-Retarget"] == "#dialog"


@pytest.mark.parametrize("role", ["owner", "colleague"])
def test_a_refusal_goes_back_into_the_dialog(people: People, role: str) -> None:
    lead = new_lead(people["owner"])
    data = {"outcome": "connected", "minutes": "soon"} if role == "owner" else {"outcome": "connected"}
    response = as_user(people[role]).post(f"/leads/{lead.pk}/log/call/", data, headers={"HX-Request": "true"})
    assert response.status_code == (422 if role == "owner" else 403)
    assert response["HX-Retarget"] == "#dialog"
    assert response["HX-Reselect"] == "#question"
    assert "<dialog" in response.content.decode()


def test_a_page_that_is_not_sent_by_the_site_is_refused(people: People) -> None:
    lead = new_lead(people["owner"])
    client = Client(enforce_csrf_checks=True)
    client.force_login(people["owner"])
    before = everything()
    assert post(client, lead, "notes/new/", text="x").status_code == 403
    assert everything() == before


def test_a_deleted_lead_is_gone(people: People) -> None:
    lead = new_lead(people["owner"])
    log_activity(lead=lead, type_slug="page_view", properties={}, actor=None, now=timezone.now())
    path = f"/leads/{lead.pk}/"
    Lead.objects.filter(pk=lead.pk).delete()
    assert as_user(people["owner"]).get(path).status_code == 404
