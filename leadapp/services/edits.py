"""Edit the facts of a lead without overwriting what others wrote while they were on the screen."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction

from leadapp.access import Actor, require_may_work
from leadapp.errors import Conflict, NotFound
from leadapp.models import Company, CustomField, Lead
from leadapp.services.leads import update_lead

OWN_PAGES = "leadapp"
LEAD_FACTS = (
    "first_name",
    "last_name",
    "job_title",
    "seniority",
    "email",
    "phone",
    "linkedin_url",
    "city",
    "country",
    "language",
    "source",
    "campaign",
    "do_not_email",
    "do_not_call",
    "do_not_score",
)
COMPANY_FACTS = ("name", "industry", "employees", "annual_revenue", "country")


def facts_of(lead: Lead, custom_fields: Iterable[CustomField] = ()) -> dict[str, object]:
    """Return the facts that people edit, as they are: `city`, `company.name`, `attributes.erp` and so on."""
    company = lead.company or Company()
    return (
        {name: getattr(lead, name) for name in LEAD_FACTS}
        | {f"company.{name}": getattr(company, name) for name in COMPANY_FACTS}
        | {f"attributes.{custom.key}": lead.attributes.get(custom.key) for custom in custom_fields}
    )


def edit_lead(
    *,
    lead: Lead,
    facts: Mapping[str, object],
    seen: Mapping[str, str],
    actor: Actor,
    now: datetime,
) -> Lead:
    """Change these facts; raise Conflict if one of them is not what the person saw any more.

    `facts` holds only what the person changed, `seen` what was on the screen as text.
    """
    with transaction.atomic():
        rows = Lead.objects.select_for_update(of=("self",), no_key=True).select_related("company")
        locked = rows.filter(pk=lead.pk).first()
        if locked is None:
            raise NotFound("This lead does not exist any more.")
        require_may_work(actor, locked)
        known = facts_of(locked, CustomField.objects.all())
        changed = [name for name in facts if name in seen and as_text(known.get(name)) != seen[name]]
        if changed:
            raise Conflict(
                "Somebody changed this meanwhile. Nothing was saved; what you typed is still here.",
                errors={name: [f"It is “{as_text(known.get(name)) or 'empty'}” now."] for name in changed},
            )
        given: dict[str, object] = {name: value for name, value in facts.items() if "." not in name}
        if company := _part(facts, "company."):
            given["company"] = _company(locked, company)
        if attributes := _part(facts, "attributes."):
            given["attributes"] = attributes
        return update_lead(lead=locked, facts=given, source=OWN_PAGES, actor=actor, now=now)


def as_text(value: object) -> str:
    """Return a fact as a form shows it, so that what was seen can be compared with what is."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _part(facts: Mapping[str, object], prefix: str) -> dict[str, object]:
    return {name.removeprefix(prefix): value for name, value in facts.items() if name.startswith(prefix)}


def _company(lead: Lead, changes: Mapping[str, object]) -> Mapping[str, object] | None:
    """Name the company that is meant: the one the lead has, unless its name or domain was changed."""
    if "name" in changes and not changes["name"]:
        return None
    if lead.company is None or "name" in changes:
        return changes
    return {"name": lead.company.name, "domain": lead.company.domain} | dict(changes)
