"""Make people and leads for the tests of the pages."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import Group
from django.utils import timezone

from leadapp.models import Activity, ActivityType, Company, Lead, User
from qualification.models import Assignment
from scoring.models import Cause, ScoreChange, ScoringModelVersion

_numbers = count(1)


def make_user(name: str, role: str, **fields: Any) -> User:
    user = User.objects.create_user(name, **fields)
    user.groups.add(Group.objects.get(name=role))
    return user


def live_version() -> ScoringModelVersion:
    return ScoringModelVersion.objects.get(state="live", model__is_primary=True)


def make_lead(score: int | None = None, *, company: str = "", **fields: Any) -> Lead:
    """Make a lead with a score as if it had just been scored."""
    number = next(_numbers)
    now = timezone.now()
    fields.setdefault("first_name", "Ada")
    fields.setdefault("last_name", f"Nr{number}")
    fields.setdefault("email", f"lead{number}@firm.example")
    fields.setdefault("last_activity_at", now - timedelta(minutes=number))
    if company:
        fields["company"] = Company.objects.get_or_create(name=company)[0]
    if score is not None:
        warmth = "hot" if score >= 120 else "warm" if score >= 50 else "cold"
        fields = {
            "fit": score // 2,
            "engagement": score - score // 2,
            "score": score,
            "grade": "B2",
            "temperature": warmth,
            "scored_at": now,
            "score_version": live_version(),
        } | fields
    return Lead.objects.create(**fields)


def make_activity(lead: Lead, slug: str = "page_view", *, at: datetime | None = None) -> Activity:
    kind = ActivityType.objects.get(slug=slug)
    at = at or timezone.now()
    return Activity.objects.create(lead=lead, type=kind, occurred_at=at, received_at=at, source="test")


def make_change(lead: Lead, before: int | None, after: int, *, days_ago: float) -> ScoreChange:
    return ScoreChange.objects.create(
        lead=lead,
        at=timezone.now() - timedelta(days=days_ago),
        score_before=before,
        score=after,
        fit=0,
        engagement=after,
        grade="B2",
        temperature="warm",
        version=live_version(),
        cause=Cause.ACTIVITY,
    )


def make_clock(lead: Lead, owner: User | None, *, due_in: timedelta) -> Assignment:
    now = timezone.now()
    started_at = now - timedelta(days=1, hours=1)
    return Assignment.objects.create(
        lead=lead,
        owner=owner,
        assigned_at=started_at,
        clock_started_at=started_at,
        due_at=now + due_in,
        reason="Their turn",
    )


def make_full_lead(score: int, owner: User | None) -> Lead:
    """Make a lead that fills every column of the list."""
    lead = make_lead(score, owner=owner, company="Vögele Präzisionstechnik", job_title="Head of Sales")
    make_activity(lead, "demo_requested")
    make_activity(lead, "page_view")
    make_change(lead, 10, 40, days_ago=12)
    make_change(lead, 40, score, days_ago=1)
    make_clock(lead, owner, due_in=timedelta(hours=2))
    return lead
