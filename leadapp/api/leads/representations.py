"""How leads, activities and scores look from outside."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from leadapp.api.leads.fields import ALL, Fields
from leadapp.models import Activity, Lead, LeadIdentifier, Status
from leadapp.services.leads.facts import LEAD_FACTS
from leadapp.services.leads.tags import tags_of
from qualification.models import Assignment, Deal, StageChange, WakeUp
from qualification.services.recycling.wake_ups import wake_ups_of
from scoring.engine import reasons_for
from scoring.models import ScoreOverride

FACTS = tuple(name for name in LEAD_FACTS if name not in {"email", "source"})


def related_of(fields: Fields) -> list[str]:
    """Return what has to be read along with leads that are shown with these fields."""
    return [column for name, column in RELATED.items() if fields.have(name)]


def leads_as_json(leads: Sequence[Lead], fields: Fields = ALL) -> list[dict[str, Any]]:
    """Return the leads, with what `related_of` names read before.

    Takes four statements for any number of them, and one more where some are in nurture; fewer where what
    they read is not among the fields.
    """
    ids = [lead.pk for lead in leads]
    tags = tags_of(ids) if ids and fields.have("tags") else {}
    reasons = reasons_for(leads) if fields.have("reasons") else {}
    resting = [lead.pk for lead in leads if lead.status == Status.NURTURE]
    wake_ups = wake_ups_of(resting) if resting and fields.have("wake_on", "wake_score") else {}
    clocks = _clocks(ids) if ids and fields.have(*CLOCK) else {}
    external_ids = _external_ids(ids) if ids and fields.have("external_ids") else {}
    return [
        fields.cut(
            _lead(lead, reasons.get(lead.pk, []), external_ids.get(lead.pk, []), wake_ups.get(lead.pk))
            | {name: read(lead) for name, read in READERS.items() if fields.have(name)}
            | _clock(clocks.get(lead.pk))
            | {"tags": tags.get(lead.pk, [])}
        )
        for lead in leads
    ]


def _clocks(ids: Sequence[int]) -> dict[int, Assignment]:
    running = Assignment.objects.running().filter(lead__in=ids, due_at__isnull=False)
    return {item.lead_id: item for item in running}


def _external_ids(ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    identifiers = LeadIdentifier.objects.filter(lead__in=ids, kind=LeadIdentifier.Kind.EXTERNAL)
    for lead_id, value in identifiers.order_by("id").values_list("lead_id", "value"):
        found.setdefault(lead_id, []).append(value)
    return found


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
        "attributes": lead.attributes,
        "external_ids": external_ids,
        "status_reason": lead.status_reason,
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


def _company(lead: Lead) -> dict[str, Any] | None:
    company = lead.company
    if company is None:
        return None
    names = ("id", "name", "domain", "industry", "employees", "annual_revenue", "country")
    return {name: getattr(company, name) for name in names}


# What stands in other tables: read along, or not at all.
RELATED = {"company": "company", "owner": "owner", "reason_code": "disqualify_reason"}
READERS: Mapping[str, Callable[[Lead], Any]] = {
    "company": _company,
    "owner": lambda lead: lead.owner.username if lead.owner else None,
    "reason_code": lambda lead: lead.disqualify_reason.code if lead.disqualify_reason else None,
}
CLOCK = ("waits_since", "answer_due_at", "answered_at")


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
