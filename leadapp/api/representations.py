"""How leads, activities and scores look from outside."""

from collections.abc import Sequence
from typing import Any

from leadapp.models import Activity, Company, Lead, LeadIdentifier, Status
from leadapp.services.facts import LEAD_FACTS
from leadapp.services.tags import tags_of
from qualification.models import Assignment, Deal, StageChange, WakeUp
from qualification.services.recycling.wake_ups import wake_ups_of
from scoring.engine import reasons_for
from scoring.models import ScoreOverride

FACTS = tuple(name for name in LEAD_FACTS if name not in {"email", "source"})


def leads_as_json(leads: Sequence[Lead]) -> list[dict[str, Any]]:
    """Return the leads, with company, owner and disqualify reason read before.

    Takes four statements for any number of them, and one more where some are in nurture.
    """
    tags = tags_of([lead.pk for lead in leads]) if leads else {}
    reasons = reasons_for(leads)
    resting = [lead.pk for lead in leads if lead.status == Status.NURTURE]
    wake_ups = wake_ups_of(resting) if resting else {}
    running = Assignment.objects.running().filter(lead__in=[lead.pk for lead in leads])
    clocks = {item.lead_id: item for item in running.filter(due_at__isnull=False)} if leads else {}
    external_ids: dict[int, list[str]] = {}
    identifiers = LeadIdentifier.objects.filter(
        lead__in=[lead.pk for lead in leads], kind=LeadIdentifier.Kind.EXTERNAL
    )
    for lead_id, value in identifiers.order_by("id").values_list("lead_id", "value") if leads else ():
        external_ids.setdefault(lead_id, []).append(value)
    return [
        _lead(lead, reasons.get(lead.pk, []), external_ids.get(lead.pk, []), wake_ups.get(lead.pk))
        | _clock(clocks.get(lead.pk))
        | {"tags": tags.get(lead.pk, [])}
        for lead in leads
    ]


def _lead(lead: Lead, reasons: list[str], external_ids: list[str], wake_up: WakeUp | None) -> dict[str, Any]:
    return {
        "id": lead.pk,
        "email": lead.email,
        "score": lead.score,
        "fit": lead.fit,
        "engagement": lead.engagement,
        "grade": lead.grade or None,
        "temperature": lead.temperature or None,
        "stage": lead.stage,
        "status": lead.status,
        "scored_at": lead.scored_at,
        "reasons": reasons,
        **{name: getattr(lead, name) for name in FACTS},
        "source": lead.source,
        "company": _company(lead.company),
        "attributes": lead.attributes,
        "external_ids": external_ids,
        "owner": lead.owner.username if lead.owner else None,
        "status_reason": lead.status_reason,
        "reason_code": lead.disqualify_reason.code if lead.disqualify_reason else None,
        "wake_on": wake_up.wake_on if wake_up else None,
        "wake_score": wake_up.wake_score if wake_up else None,
        "advocacy": lead.advocacy,
        "last_activity_at": lead.last_activity_at,
        "created_at": lead.created_at,
        "updated_at": lead.updated_at,
    }


def _clock(running: Assignment | None) -> dict[str, Any]:
    return {
        "waits_since": running.clock_started_at if running else None,
        "answer_due_at": running.due_at if running else None,
        "answered_at": running.answered_at if running else None,
    }


def _company(company: Company | None) -> dict[str, Any] | None:
    if company is None:
        return None
    names = ("id", "name", "domain", "industry", "employees", "annual_revenue", "country")
    return {name: getattr(company, name) for name in names}


def activity_as_json(activity: Activity) -> dict[str, Any]:
    """Return one line of the timeline."""
    return {
        "id": activity.pk,
        "lead": activity.lead_id,
        "type": activity.type.slug,
        "label": activity.type.label,
        "occurred_at": activity.occurred_at,
        "received_at": activity.received_at,
        "source": activity.source,
        "external_id": activity.external_id,
        "properties": activity.properties,
        "actor": activity.actor.username if activity.actor else None,
        "voided": None
        if activity.voided_at is None
        else {"at": activity.voided_at, "reason": activity.void_reason},
    }


def override_as_json(override: ScoreOverride | None) -> dict[str, Any] | None:
    """Return what a person said against a score; nothing where nobody did."""
    if override is None:
        return None
    return {
        "verdict": override.verdict,
        "reason": override.reason,
        "author": override.author.username if override.author else None,
        "score": override.score,
        "created_at": override.created_at,
        "expires_at": override.expires_at,
    }


def stage_change_as_json(change: StageChange) -> dict[str, Any]:
    """Return a move, with actor, key and code read before."""
    return {
        "id": change.pk,
        "lead": change.lead_id,
        "at": change.at,
        "move": change.move,
        "from_stage": change.from_stage,
        "to_stage": change.to_stage,
        "from_status": change.from_status,
        "to_status": change.to_status,
        "is_automatic": change.is_automatic,
        "actor": change.actor.username if change.actor else None,
        "api_key": change.api_key.name if change.api_key else None,
        "reason": change.reason,
        "reason_code": change.disqualify_reason.code if change.disqualify_reason else None,
        "score": change.score,
        "undoes": change.undoes_id,
    }


def deal_as_json(deal: Deal) -> dict[str, Any]:
    """Return a deal; amounts are texts, so that nothing is rounded on the way."""
    return {
        "id": deal.pk,
        "lead": deal.lead_id,
        "round": deal.round,
        "value": str(deal.value),
        "currency": deal.currency,
        "won_on": deal.won_on,
        "product": deal.product,
        "created_at": deal.created_at,
        "created_by": deal.created_by.username if deal.created_by else None,
        "voided_at": deal.voided_at,
        "void_reason": deal.void_reason,
    }
