"""Edit the facts of a lead without overwriting what others wrote meanwhile, and take that back."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leadapp.access import Actor, require_may_work
from leadapp.errors import Conflict, Invalid
from leadapp.models import Activity, Company, CustomField, Lead
from leadapp.services.leads.changes import UPDATED
from leadapp.services.leads.fact_history import changes_of
from leadapp.services.leads.leads import change_lead
from qualification.services.locks import lock_lead

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
NAMES = (*LEAD_FACTS, *(f"company.{name}" for name in COMPANY_FACTS))


def facts_of(lead: Lead, custom_fields: Iterable[CustomField] = ()) -> dict[str, object]:
    """Return the facts that people edit, as they are: `city`, `company.name`, `attributes.erp` and so on."""
    return {
        name: fact_of(lead, name) for name in (*NAMES, *(f"attributes.{own.key}" for own in custom_fields))
    }


def fact_of(lead: Lead, name: str) -> object:
    """Return one fact as it is."""
    part, _dot, rest = name.partition(".")
    if part == "attributes":
        return lead.attributes.get(rest)
    return getattr(lead.company or Company(), rest) if part == "company" else getattr(lead, name)


def edit_lead(
    *,
    lead: Lead,
    facts: Mapping[str, object],
    seen: Mapping[str, str],
    actor: Actor,
    now: datetime,
) -> Activity | None:
    """Change these facts; raise Conflict if one of them is not what the person saw any more.

    `facts` holds only what the person changed, `seen` what was on the screen as text. Return the record of
    what changed, which `undo_change` takes back; None if nothing did.
    """
    return _edit(lead, facts, seen, actor, now, by="edit")


def undo_change(*, change: Activity, fact: str = "", actor: Actor, now: datetime) -> Activity | None:
    """Give the facts that a change wrote, or one of them, the values that they had before.

    Raise Conflict if they have become something else since. The undoing is kept as a change itself.
    """
    if change.type.slug != UPDATED:
        raise Invalid(_("This is not a change of facts."))
    before, after = change.properties.get("before", {}), change.properties.get("after", {})
    names = [fact] if fact else list(after)
    if fact and fact not in after:
        raise Invalid(_("This change did not touch that fact."))
    for name in names:
        if name.startswith("company.") and before[name] in (None, ""):
            raise Invalid(_("It was empty before, and a fact of a company cannot be emptied here."))
    as_edited = {name: "company.name" if name == "company" else name for name in names}
    return _edit(
        change.lead,
        {as_edited[name]: before[name] for name in names},
        {as_edited[name]: as_text(after[name]) for name in names},
        actor,
        now,
        by="undo",
    )


def _edit(
    lead: Lead,
    facts: Mapping[str, object],
    seen: Mapping[str, str],
    actor: Actor,
    now: datetime,
    by: str,
) -> Activity | None:
    with transaction.atomic():
        locked = lock_lead(lead)
        require_may_work(actor, locked)
        _require_as_seen(locked, facts, seen)
        given: dict[str, object] = {name: value for name, value in facts.items() if "." not in name}
        if company := _part(facts, "company."):
            given["company"] = _company(locked, company)
        if attributes := _part(facts, "attributes."):
            given["attributes"] = attributes
        return change_lead(lead=locked, facts=given, source=OWN_PAGES, actor=actor, now=now, by=by)[1]


def _require_as_seen(lead: Lead, facts: Mapping[str, object], seen: Mapping[str, str]) -> None:
    """Raise Conflict that says what others wrote; whoever wants the very same is not in their way."""
    known = {name: as_text(fact_of(lead, name)) for name in facts}
    changed = [
        name for name in facts if name in seen and known[name] not in (seen[name], as_text(facts[name]))
    ]
    if changed:
        raise Conflict(
            _("Somebody changed this meanwhile. Nothing was saved; what you typed is still here."),
            errors={name: [_now_it_is(lead, name, known[name])] for name in changed},
        )


def _now_it_is(lead: Lead, name: str, value: str) -> str:
    newest = next(iter(changes_of(lead=lead, facts=["company" if name == "company.name" else name])), None)
    now_it_is = _("It is “%(value)s” now.") % {"value": value or _("empty")}
    if newest is None or not newest.who:
        return now_it_is
    return f"{now_it_is} {_('Changed by %(who)s.') % {'who': newest.who}}"


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
