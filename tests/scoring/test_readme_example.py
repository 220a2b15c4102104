"""The worked example of the README, computed by the engine with the model that ships."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from leadapp.models import Activity, ActivityType, Company, Lead
from scoring.engine import explain_leads
from scoring.models import ScoringModelVersion

pytestmark = pytest.mark.django_db

TODAY = datetime(2026, 6, 15, 12, tzinfo=UTC)


def test_the_example_in_the_readme_is_what_the_shipped_model_gives() -> None:
    company = Company.objects.create(
        name="Harbour Machinery", industry="Machinery", employees=480, country="DE"
    )
    grace = Lead.objects.create(
        email="grace@harbour-machinery.example",
        first_name="Grace",
        last_name="Hopper",
        job_title="CTO",
        phone="+49301234567",
        company=company,
        created_at=TODAY,
    )
    for slug, days, properties in [
        ("demo_requested", 0, {}),
        ("page_view", 0, {"path": "/pricing"}),
        ("page_view", 14, {"path": "/pricing"}),
        ("webinar_attended", 15, {}),
    ]:
        Activity.objects.create(
            lead=grace,
            type=ActivityType.objects.get(slug=slug),
            occurred_at=TODAY - timedelta(days=days),
            source="test",
            properties=properties,
        )

    version = ScoringModelVersion.objects.get(state="live", model__is_primary=True)
    explanation = explain_leads(version=version, moments={grace.pk: TODAY})[grace.pk]

    assert {line.name: line.points for line in explanation.lines} == {
        "Target industry": Decimal(20),
        "200 to 999 employees": Decimal(20),
        "C-level or owner": Decimal(25),
        "Business email address": Decimal(8),
        "Phone known": Decimal(4),
        "First and last name known": Decimal(4),
        "Target country": Decimal(15),
        "Asked for a demo": Decimal(50),
        "Viewed the pricing page": Decimal(12),
        "Viewed a page": Decimal("1.5"),
        "Attended a webinar": Decimal(15),
        "Rounding": Decimal("0.5"),
    }
    assert (explanation.fit, explanation.engagement, explanation.score) == (96, 79, 175)
    assert (explanation.grade, explanation.temperature) == ("A2", "hot")
    assert explanation.score >= version.threshold == 150
