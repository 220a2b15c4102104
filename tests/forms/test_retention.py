"""Leads are kept for as long as there is a reason, and then erased with everything about them."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection

from leadapp.models import Activity, BoughtList, Company, ConsentRecord, Erasure, KeptFor, Lead, Purpose
from leadapp.services.intake.events import read_event
from leadapp.services.intake.recording import record_activities
from leadapp.services.privacy.retention import Retention, erase_due, preview, retention_from, with_reason
from tests.forms.build import DAY, JANE, NOW, make_form, send
from tests.qualification.build import make_lead

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def days(settings: Any) -> None:
    settings.RETENTION_DAYS = {"customer": "0", "marketing": "1000", "list": "100", "enquiry": "500"}


def old(days: int, **fields: Any) -> Lead:
    at = NOW - timedelta(days=days)
    return make_lead(created_at=at, last_activity_at=at, **fields)


def agreed(lead: Lead) -> Lead:
    ConsentRecord.objects.create(lead=lead, purpose=Purpose.EMAIL, granted=True, source="form")
    return lead


def bought() -> BoughtList:
    made, _ = BoughtList.objects.get_or_create(
        name="Fair 2026",
        defaults={"provider": "Fairs Ltd", "obtained_on": date(2026, 1, 1), "basis": "Opt-in"},
    )
    return made


def retention_of(lead: Lead) -> Retention:
    """Return why this lead is kept, and until when if nothing happens any more."""
    known = with_reason(Lead.objects.filter(pk=lead.pk)).values_list("kept_for", "kept_since")
    return retention_from(*known.get())


def test_each_lead_has_a_reason_and_a_date() -> None:
    expected = NOW.date() - timedelta(days=10)
    rows = [
        (old(10), KeptFor.ENQUIRY, 500),
        (agreed(old(10)), KeptFor.MARKETING, 1000),
        (agreed(old(10, do_not_email=True)), KeptFor.ENQUIRY, 500),
        (old(10, bought_list=bought()), KeptFor.LIST, 100),
        (old(10, stage="customer"), KeptFor.CUSTOMER, None),
    ]
    for lead, reason, days in rows:
        kept = retention_of(lead)
        assert kept.kept_for == reason
        assert kept.until == (expected + timedelta(days=days) if days else None)


def test_whoever_came_with_a_list_and_did_something_asked_for_it() -> None:
    lead = old(10, bought_list=bought(), email=JANE["email"])
    send(make_form())
    assert retention_of(lead).kept_for == KeptFor.ENQUIRY


def test_only_those_are_erased_whose_time_is_over_and_it_is_recorded() -> None:
    kept = [old(499), agreed(old(999)), old(99, bought_list=bought()), old(5000, stage="customer")]
    # In Leadapp for a few days only, whatever it did years ago.
    kept.append(make_lead(created_at=NOW - DAY, last_activity_at=NOW - 5000 * DAY))
    gone = [old(501), old(900), agreed(old(1001)), old(101, bought_list=bought())]
    outlook = {one.kept_for: (one.due, one.soon) for one in preview(now=NOW)}
    assert outlook == {
        KeptFor.ENQUIRY: (2, 1),
        KeptFor.MARKETING: (1, 1),
        KeptFor.LIST: (1, 1),
        KeptFor.CUSTOMER: (0, 0),
    }
    assert erase_due(now=NOW) == 4
    assert erase_due(now=NOW) == 0
    assert set(Lead.objects.all()) == set(kept)
    assert not Lead.objects.filter(pk__in=[lead.pk for lead in gone]).exists()
    recorded = Erasure.objects.order_by("kept_for").values_list("kept_for", "days", "lead_count")
    assert list(recorded) == [("enquiry", 500, 2), ("list", 100, 1), ("marketing", 1000, 1)]


def test_nothing_about_an_erased_lead_is_left() -> None:
    form = make_form(consent_text="Yes")
    send(form, JANE | {"consent": "on", "company": "Acme Pumps", "message": "hello"}, now=NOW - 1001 * DAY)
    lead = Lead.objects.get()
    raw = {"lead": {"id": lead.pk}, "type": "page_view", "properties": {"path": "/secret"}}
    record_activities(
        events=[read_event(raw, now=NOW - 1001 * DAY)], source="t", actor=None, now=NOW - 1001 * DAY
    )
    Lead.objects.filter(pk=lead.pk).update(last_activity_at=NOW - 1001 * DAY)
    assert erase_due(now=NOW) == 1
    assert not Activity.objects.exists()
    assert not Company.objects.filter(name="Acme Pumps").exists()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.columns"
            " WHERE column_name = 'lead_id' AND table_schema = 'public'"
        )
        for (table,) in cursor.fetchall():
            statement = f'SELECT count(*) FROM "{table}" WHERE lead_id = %s'  # noqa: S608
            cursor.execute(statement, [lead.pk])
            assert cursor.fetchone() == (0,), table


def test_a_company_where_others_work_or_that_was_there_before_stays() -> None:
    at = NOW - 600 * DAY
    shared = Company.objects.create(name="Shared", created_at=at)
    before = Company.objects.create(name="Before", created_at=at - DAY)
    old(600, company=shared)
    old(10, company=shared)
    old(600, company=before)
    assert erase_due(now=NOW) == 2
    assert Company.objects.count() == 2


def test_zero_days_is_for_ever(settings: Any) -> None:
    settings.RETENTION_DAYS = dict.fromkeys(("customer", "marketing", "list", "enquiry"), "0")
    old(9999)
    assert erase_due(now=NOW) == 0
    assert [one.due for one in preview(now=NOW)] == [0, 0, 0, 0]


def test_many_leads_go_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leadapp.services.privacy.retention.BATCH", 2)
    for _ in range(5):
        old(600)
    assert erase_due(now=NOW) == 5
    assert [erasure.lead_count for erasure in Erasure.objects.order_by("pk")] == [2, 2, 1]
