"""Leads in the states that the tests need."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import Group

from leadapp.models import Activity, ActivityType, Company, Lead, Status, User
from qualification.models import (
    AdvocacyChange,
    Assignment,
    BantAnswer,
    Deal,
    Escalation,
    Note,
    Notice,
    StageChange,
    Task,
    WakeUp,
)
from qualification.services.evidence.answers import answer_bant
from scoring.models import ScoredLead, ScoringModelVersion

NOW = datetime(2026, 11, 19, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
BANT = ("budget", "authority", "need", "timeline")

_numbers = count(1)


def make_user(username: str, *roles: str, **facts: Any) -> User:
    """Make a person with these roles."""
    user = User.objects.create_user(username, **facts)
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


def make_lead(*, score: int | None = None, grade: str = "A1", **facts: Any) -> Lead:
    """Make a lead; with a score it is one that scoring wrote."""
    number = next(_numbers)
    facts = {
        "email": f"lead{number}@voegele.example",
        "created_at": NOW,
        "stage_changed_at": NOW - DAY,
    } | facts
    if facts.get("status", Status.OPEN) != Status.OPEN:
        facts.setdefault("status_reason", "No project")
    if score is not None:
        facts |= {
            "fit": score,
            "engagement": 0,
            "score": score,
            "grade": grade,
            "temperature": "hot",
            "scored_at": NOW,
            "score_version": live_version(),
        }
    return Lead.objects.create(**facts)


def make_good_lead(**facts: Any) -> Lead:
    """Make a lead that passes the gate to MQL, unless the facts say otherwise; each at its own company."""
    if "company" not in facts:
        facts["company"] = Company.objects.create(name=f"Vögele {next(_numbers)}", industry="Machinery")
    good: dict[str, Any] = {"first_name": "Annelie", "last_name": "Großmann", "country": "DE", "score": 60}
    return make_lead(**(good | facts))


def live_version() -> ScoringModelVersion:
    """Return the version that ships."""
    return ScoringModelVersion.objects.get(model__is_primary=True, state="live")


def confirm(lead: Lead, *dimensions: str, now: datetime = NOW) -> None:
    """Confirm these dimensions, all four when none is named."""
    for dimension in dimensions or BANT:
        answer_bant(lead=lead, dimension=dimension, state="confirmed", value="Yes", actor=None, now=now)


def log(
    lead: Lead, slug: str, at: datetime = NOW, *, received: datetime | None = None, **facts: Any
) -> Activity:
    """Record an activity as it came in, at once or later."""
    kind = ActivityType.objects.get(slug=slug)
    return Activity.objects.create(
        lead=lead, type=kind, occurred_at=at, received_at=received or at, source="test", **facts
    )


def wait_for_gates(*leads: Lead) -> None:
    """Put leads into the inbox of the gates, as scoring does."""
    ScoredLead.objects.bulk_create([ScoredLead(lead=lead, scored_at=NOW) for lead in leads])


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Return all that qualification may write, to show that a refusal wrote nothing."""
    models = [
        Lead,
        StageChange,
        BantAnswer,
        Assignment,
        Escalation,
        Deal,
        Task,
        Note,
        ScoredLead,
        WakeUp,
        AdvocacyChange,
        Notice,
    ]
    return {model.__name__: list(model._default_manager.order_by("pk").values_list()) for model in models}
