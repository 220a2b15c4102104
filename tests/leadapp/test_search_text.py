"""What search looks through follows the lead, whoever writes it."""

import pytest
from django.db import connection

from leadapp.models import Company, Lead, LeadSearch, MatchRequest
from leadapp.search import find_leads
from scoring.models import Cause, ScoreChange
from scoring.services.queue import request_scoring, score_waiting
from tests.scoring.build import NOW, make_lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead() -> Lead:
    company = Company.objects.create(name="Vögele Präzisionstechnik")
    return make_lead(
        first_name="Annelie", last_name="Großmann", email="annelie@voegele.example", company=company
    )


def found(text: str) -> list[Lead]:
    return list(find_leads(Lead.objects.all(), text))


@pytest.mark.parametrize(
    "text",
    ["annelie", "GROSS".replace("SS", "ß"), "elie@voeg", "präzision", "annelie vögele", "gr", "a", "pr"],
)
def test_parts_of_names_addresses_and_companies_find_a_lead(lead: Lead, text: str) -> None:
    assert found(text) == [lead]


@pytest.mark.parametrize("text", ["bernd", "annelie bernd", "%", "nn", "_", "\\"])
def test_other_texts_do_not(lead: Lead, text: str) -> None:
    assert found(text) == []


def test_it_follows_changes_of_the_lead_and_of_its_company(lead: Lead) -> None:
    lead.last_name = "Vogel"
    lead.save()
    assert found("großmann") == []
    assert found("vogel") == [lead]
    Company.objects.update(name="Waterland")
    assert found("präzision") == []
    assert found("waterland") == [lead]
    Lead.objects.update(company=None)
    assert found("waterland") == []


def test_bulk_writes_count_as_well() -> None:
    Lead.objects.bulk_create([Lead(email="bulk@example.com", first_name="Femke")])
    Lead.objects.update(first_name="Sjoerd")
    assert [lead.email for lead in found("sjoerd")] == ["bulk@example.com"]


def test_a_lead_that_goes_takes_its_text_and_its_history_along(lead: Lead) -> None:
    request_scoring(lead_ids=[lead.pk], cause=Cause.FACTS, now=NOW)
    score_waiting(now=NOW)
    assert ScoreChange.objects.exists()
    MatchRequest.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM leadapp_lead WHERE id = %s", [lead.pk])
    assert not LeadSearch.objects.exists()
    assert not ScoreChange.objects.exists()
