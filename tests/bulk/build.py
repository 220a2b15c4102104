"""Runs over many leads, as the pages ask for them."""

from datetime import timedelta
from typing import Any

from leadapp.models import BulkItem, BulkRun, Lead, LeadTag, User
from leadapp.services import bulk
from leadapp.services.bulk import Chosen
from tests.qualification.build import NOW
from tests.qualification.build import everything as everything_of_qualification

SOON = NOW + timedelta(minutes=2)
ASKED: dict[str, dict[str, Any]] = {
    "move": {"to_stage": "mql", "reason": "", "past_gates": False},
    "nurture": {"reason": "Spring", "wake_on": None, "wake_score": None},
    "disqualify": {"reason_code": "no_budget", "reason": ""},
    "assign": {"owner": None, "reason": "Holiday"},
    "tag": {"add": ["Fair"], "remove": []},
    "task": {"owner": None, "text": "Call", "due_at": "2026-11-20T09:00:00+00:00"},
}


def ticked(*leads: Lead) -> list[Chosen]:
    """Return leads as somebody saw and ticked them."""
    return [Chosen(lead.pk, lead.stage, lead.status, lead.owner_id) for lead in leads]


def run_over(actor: User, action: str, *leads: Lead, **asked: Any) -> BulkRun:
    """Do the same with these leads, and be done with it."""
    run = bulk.start_run(
        action=action, asked=ASKED[action] | asked, actor=actor, now=NOW, ticked=ticked(*leads)
    )
    return bulk.finish_small(run, now=NOW)


def undo(run: BulkRun) -> BulkRun:
    """Take a run back."""
    return bulk.finish_small(bulk.undo_run(run=run, actor=run.actor, now=SOON), now=SOON)


def reasons(run: BulkRun) -> list[str]:
    """Return why leads were refused or not taken back, in the order of the leads."""
    return list(
        BulkItem.objects.filter(run=run).exclude(reason="").order_by("pk").values_list("reason", flat=True)
    )


def everything() -> dict[str, Any]:
    """Return all that a run may write to leads."""
    tags = list(LeadTag.objects.order_by("pk").values_list("lead", "tag__name", "added_by"))
    return everything_of_qualification() | {"tags": tags}
