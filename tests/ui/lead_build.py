"""Leads, people and answers for the tests of the lead page."""

from datetime import datetime
from typing import Any

from django.test import Client
from django.utils import timezone

from leadapp.models import Activity, Company, CompanyChange, Lead, User
from leadapp.services.leads.leads import create_lead
from qualification.models import (
    AdvocacyChange,
    Assignment,
    BantAnswer,
    Deal,
    Note,
    StageChange,
    Task,
    WakeUp,
)
from qualification.services.assignment import assign_lead
from scoring.models import ScoreChange, ScoredLead, ScoringRequest
from scoring.services.queue import score_waiting
from tests.qualification.build import make_user

ROLES = {
    "owner": ("rep",),
    "colleague": ("rep",),
    "marketer": ("marketer",),
    "manager": ("manager",),
    "admin": ("admin",),
}
FACTS: dict[str, Any] = {
    "first_name": "Annelie",
    "last_name": "Großmann",
    "job_title": "Head of Operations",
    "email": "annelie@voegele.example",
    "phone": "+497131555014",
    "country": "DE",
    "company": {"name": "Vögele", "domain": "voegele.example", "industry": "Machinery", "employees": 480},
}


def make_people() -> dict[str, User]:
    """Make a person of every role, and a second rep."""
    return {name: make_user(name, *roles, first_name=name.capitalize()) for name, roles in ROLES.items()}


def new_lead(owner: User | None = None, *, now: datetime | None = None, **facts: Any) -> Lead:
    """Make a lead as a client does, score it as a worker does, and give it to somebody."""
    now = now or timezone.now()
    lead = create_lead(facts=FACTS | facts, source="test", actor=None, now=now)
    score_waiting(now=now)
    lead.refresh_from_db()
    if owner is not None:
        assign_lead(lead=lead, owner=owner, actor=None, reason="Test", now=now)
        lead.refresh_from_db()
    return lead


def as_user(user: User) -> Client:
    """Return a client of somebody who is signed in."""
    client = Client()
    client.force_login(user)
    return client


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Return all that an action on the lead page may write, to show that a refusal wrote nothing."""
    models = [
        Activity,
        AdvocacyChange,
        Assignment,
        BantAnswer,
        Company,
        CompanyChange,
        Deal,
        Lead,
        Note,
        ScoreChange,
        ScoredLead,
        ScoringRequest,
        StageChange,
        Task,
        WakeUp,
    ]
    return {model.__name__: list(model._default_manager.order_by("pk").values_list()) for model in models}
