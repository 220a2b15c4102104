"""What stands below the facts of a lead: evidence, moves, scores, owners, activities; read-only."""

from datetime import datetime
from typing import Any

from leadapp.admin.lead_score import read_score_panel
from leadapp.models import Activity, Lead
from qualification.models import Assignment, Deal, StageChange
from qualification.services.evidence.answers import bant_of
from scoring.models import ScoreChange

LATEST = 10
LATEST_ACTIVITIES = 30


def panels_of(lead: Lead, *, now: datetime) -> dict[str, Any]:
    """Return why it scores what it scores, and the newest rows of everything else, one query each."""
    return {
        "score_panel": read_score_panel(lead, now=now),
        "bant": list(bant_of(lead=lead, now=now).values()),
        "stage_changes": list(
            StageChange.objects.filter(lead=lead)
            .select_related("actor", "api_key")
            .order_by("-at", "-id")[:LATEST]
        ),
        "deals": Deal.objects.filter(lead=lead)
        .select_related("created_by")
        .order_by("-won_on", "-id")[:LATEST],
        "score_changes": ScoreChange.objects.filter(lead=lead)
        .select_related("version__model")
        .order_by("-at", "-id")[:LATEST],
        "assignments": Assignment.objects.filter(lead=lead)
        .select_related("owner", "assigned_by")
        .order_by("-assigned_at", "-id")[:LATEST],
        "activities": Activity.objects.filter(lead=lead)
        .select_related("type", "actor", "voided_by")
        .order_by("-occurred_at", "-id")[:LATEST_ACTIVITIES],
    }
