"""What people log about a lead by hand, and what they take back."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from leadapp.access import Actor
from leadapp.errors import Conflict, Invalid, NotAllowed
from leadapp.models import Activity, ApiKey, Lead, User
from leadapp.services.intake.events import read_event
from leadapp.services.intake.recording import record_activities
from leadapp.services.leads.leads import create_lead, find_lead, update_lead
from leadapp.services.work.activities import log_activity, void_activity
from qualification.models import Assignment
from scoring.models import ScoringRequest

pytestmark = pytest.mark.django_db


@pytest.fixture
def rep() -> User:
    user = User.objects.create_user(username="rep")
    user.groups.add(Group.objects.get(name="rep"))
    return user


@pytest.fixture
def lead(rep: User) -> Lead:
    return Lead.objects.create(email="jane@example.com", owner=rep)


def log(lead: Lead, actor: Actor, kind: str = "call_connected", **more: Any) -> Activity:
    return log_activity(
        lead=lead, type_slug=kind, properties={"note": "Busy"}, actor=actor, now=timezone.now(), **more
    )


def test_a_call_is_logged_and_lets_the_lead_be_scored(lead: Lead, rep: User) -> None:
    activity = log(lead, rep)

    assert (activity.lead, activity.type.slug, activity.actor) == (lead, "call_connected", rep)
    assert activity.properties == {"note": "Busy"}
    assert ScoringRequest.objects.filter(lead=lead).count() == 1


def test_a_touch_stops_the_response_clock_and_an_attempt_does_not(lead: Lead, rep: User) -> None:
    now = timezone.now()
    running = Assignment.objects.create(
        lead=lead,
        owner=rep,
        assigned_at=now - timedelta(hours=1),
        clock_started_at=now - timedelta(hours=1),
        due_at=now + timedelta(hours=23),
        reason="x",
    )
    log(lead, rep, "call_attempted")
    running.refresh_from_db()
    assert running.answered_at is None

    log(lead, rep, "call_connected")
    running.refresh_from_db()
    assert running.answered_at is not None


@pytest.mark.parametrize("kind", ["lead.updated", "unheard_of", ""])
def test_only_known_events_of_others_can_be_logged(lead: Lead, rep: User, kind: str) -> None:
    with pytest.raises(Invalid):
        log(lead, rep, kind)
    assert not Activity.objects.exists()


def test_nobody_logs_for_the_lead_of_somebody_else(lead: Lead) -> None:
    other = User.objects.create_user(username="other")
    other.groups.add(Group.objects.get(name="rep"))
    for actor in (other, ApiKey(name="k", scopes=["ingest"])):
        with pytest.raises(NotAllowed):
            log(lead, actor)
    assert not Activity.objects.exists()


def test_what_happened_earlier_can_be_logged_later(lead: Lead, rep: User) -> None:
    yesterday = timezone.now() - timedelta(days=1)
    assert log(lead, rep, occurred_at=yesterday.isoformat()).occurred_at == yesterday
    with pytest.raises(Invalid):
        log(lead, rep, occurred_at=(timezone.now() + timedelta(days=1)).isoformat())


def test_a_wrong_activity_is_voided_with_a_reason_and_stays(lead: Lead, rep: User) -> None:
    activity = log(lead, rep)
    ScoringRequest.objects.all().delete()
    now = timezone.now()

    void_activity(activity=activity, reason="Wrong number", actor=rep, now=now)

    activity.refresh_from_db()
    assert (activity.voided_at, activity.voided_by, activity.void_reason) == (now, rep, "Wrong number")
    assert ScoringRequest.objects.filter(lead=lead).exists()
    with pytest.raises(Conflict):
        void_activity(activity=activity, reason="Again", actor=rep, now=now)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "\x00"])
def test_voiding_needs_a_reason(lead: Lead, rep: User, reason: str) -> None:
    activity = log(lead, rep)
    with pytest.raises(Invalid):
        void_activity(activity=activity, reason=reason, actor=rep, now=timezone.now())
    activity.refresh_from_db()
    assert not activity.is_voided


def test_nobody_voids_what_belongs_to_the_lead_of_somebody_else(lead: Lead, rep: User) -> None:
    activity = log(lead, rep)
    other = User.objects.create_user(username="other")
    with pytest.raises(NotAllowed):
        void_activity(activity=activity, reason="No", actor=other, now=timezone.now())


def test_a_record_of_changed_facts_cannot_be_voided(rep: User) -> None:
    lead = create_lead(facts={"first_name": "Jane"}, source="test", actor=None, now=timezone.now())
    record = lead.activities.get()
    with pytest.raises(Invalid):
        void_activity(activity=record, reason="No", actor=None, now=timezone.now())


def test_a_lead_is_found_by_each_of_its_names() -> None:
    now = timezone.now()
    lead = create_lead(
        facts={"email": "jane@example.com", "external_id": "crm-1"}, source="test", actor=None, now=now
    )
    assert find_lead(email=" JANE@example.com ") == lead
    assert find_lead(external_id="crm-1") == lead
    assert find_lead(id=lead.pk) == lead
    assert find_lead(email="joe@example.com") is None
    assert find_lead() is None


def test_changing_a_lead_asks_for_the_right_to_work_on_it(lead: Lead, rep: User) -> None:
    facts = {"city": "Bonn"}
    now = timezone.now()
    update_lead(lead=lead, facts=facts, source="test", actor=rep, now=now)
    with pytest.raises(NotAllowed):
        update_lead(lead=lead, facts={"city": "Ulm"}, source="test", actor=ApiKey(scopes=["read"]), now=now)
    lead.refresh_from_db()
    assert lead.city == "Bonn"
    assert lead.activities.get(type__slug="lead.updated").actor == rep


def test_a_key_without_the_scope_records_nothing() -> None:
    now = timezone.now()
    event = read_event({"lead": {"email": "a@example.com"}, "type": "login"}, now=now)
    with pytest.raises(NotAllowed):
        record_activities(events=[event], source="x", actor=ApiKey(scopes=["read"]), now=now)
    assert not Lead.objects.exists()
