"""Lists and pages ask the database as often for twenty rows as for one."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leadapp.models import Company, Lead, Quarantine, User
from qualification.models import Assignment, BantAnswer, Deal, StageChange
from scoring.models import Cause, ScoreChange, ScoringModelVersion
from tests.admin.build import live
from tests.admin.conftest import As
from tests.qualification.build import DAY, NOW, log, make_good_lead

Grow = Callable[[int, User], None]


def rows_of_everything(number: int, owner: User) -> None:
    """Make a lead with a company, an owner and one row of everything that has a list."""
    company = Company.objects.create(name=f"Company {number}", domain=f"c{number}.example")
    lead: Lead = make_good_lead(company=company, owner=owner)
    log(lead, "page_view")
    log(lead, "call_connected", actor=owner)
    clock = {"clock_started_at": NOW, "due_at": NOW + DAY}
    Assignment.objects.create(lead=lead, owner=owner, assigned_at=NOW, reason="Their turn", **clock)
    BantAnswer.objects.create(lead=lead, dimension_id="need", state="confirmed", author=owner)
    span = {"started_at": NOW, "ended_at": NOW, "found_at": NOW, "released_at": NOW, "released_by": owner}
    Quarantine.objects.create(lead=lead, kind="clicks", activity_count=7, **span)
    Deal.objects.create(lead=lead, value=1, won_on=NOW.date(), created_by=owner)
    statuses: dict[str, Any] = {"from_status": "open", "to_status": "open"}
    StageChange.objects.create(
        lead=lead, move="forward", from_stage="lead", to_stage="mql", actor=owner, **statuses
    )
    ScoreChange.objects.create(lead=lead, at=timezone.now(), score=60, version=live(), cause=Cause.ACTIVITY)


LISTS = [
    "leadapp_lead",
    "leadapp_activity",
    "leadapp_company",
    "leadapp_quarantine",
    "qualification_stagechange",
    "qualification_bantanswer",
    "qualification_assignment",
    "qualification_deal",
    "scoring_scorechange",
]


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


@pytest.mark.parametrize("page", LISTS)
def test_a_list_asks_as_often_for_twenty_as_for_one(as_: As, admin: User, rep: User, page: str) -> None:
    client, url = as_(admin), reverse(f"admin:{page}_changelist")
    rows_of_everything(0, rep)
    queries(client, url)  # content types are read once
    for_one = queries(client, url)
    for number in range(1, 20):
        rows_of_everything(number, rep)
    assert queries(client, url) == for_one
    assert for_one <= 9


def test_the_page_of_a_lead_asks_as_often_however_much_happened(as_: As, manager: User, rep: User) -> None:
    rows_of_everything(0, rep)
    lead = Lead.objects.get()
    client, url = as_(manager), reverse("admin:leadapp_lead_change", args=[lead.pk])
    queries(client, url)
    for_one = queries(client, url)
    for _ in range(20):
        log(lead, "page_view", actor=rep)
        BantAnswer.objects.create(lead=lead, dimension_id="need", state="confirmed", author=rep)
        ScoreChange.objects.create(
            lead=lead, at=timezone.now(), score=6, version=live(), cause=Cause.ACTIVITY
        )
    assert queries(client, url) == for_one
    assert for_one <= 27


def test_a_version_asks_as_often_for_forty_rules_as_for_one(
    as_: As, marketer: User, draft: ScoringModelVersion
) -> None:
    client = as_(marketer)
    many = reverse("admin:scoring_scoringmodelversion_change", args=[draft.pk])
    queries(client, many)
    for_many = queries(client, many)
    assert draft.rules.count() == 40
    draft.rules.exclude(name="Asked for a demo").delete()
    assert queries(client, many) == for_many


def test_the_list_of_leads_counts_no_further_than_it_must(as_: As, manager: User) -> None:
    make_good_lead()
    client, url = as_(manager), reverse("admin:leadapp_lead_changelist")
    with CaptureQueriesContext(connection) as captured:
        client.get(url)
    counts = [
        query["sql"] for query in captured if "COUNT(*)" in query["sql"] and "leadapp_lead" in query["sql"]
    ]
    assert counts
    assert all("LIMIT 10000" in sql for sql in counts)
