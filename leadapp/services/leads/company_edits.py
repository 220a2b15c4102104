"""Facts of a company that somebody edits by hand."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from leadapp.access import Actor, may, require, user_of
from leadapp.errors import Conflict, Invalid, NotAllowed, NotFound
from leadapp.models import Company, CompanyChange, Lead
from leadapp.services.leads.facts import COMPANY_FACTS
from scoring.models import Cause
from scoring.services.queue import request_scoring
from scoring.tasks import nudge


def may_edit_company(actor: Actor, company: Company) -> bool:
    """Tell whether the actor may edit the facts: whoever may work on any, or on one, of its leads."""
    if may(actor, "leadapp.change_company") or may(actor, "leadapp.work_any_lead"):
        return True
    user = user_of(actor)
    if user is None or not may(user, "leadapp.work_own_lead"):
        return False
    return Lead.objects.filter(company=company, owner=user).exists()


def save_company(*, company: Company, actor: Actor, now: datetime) -> None:
    """Write a company as it is in hand, and have everybody who works there scored again."""
    is_new = company.pk is None
    require(actor, f"leadapp.{'add' if is_new else 'change'}_company", _("You may not edit companies."))
    company.domain = (company.domain or "").strip().lower() or None
    with transaction.atomic():
        if is_new:
            company.save()
            return
        known = Company.objects.select_for_update(no_key=True).get(pk=company.pk)
        after = {name: getattr(company, name) for name in COMPANY_FACTS}
        _write(
            known, {name: value for name, value in after.items() if value != getattr(known, name)}, actor, now
        )
    nudge()


def edit_company(
    *, company: Company, facts: Mapping[str, object], seen: Mapping[str, str], actor: Actor, now: datetime
) -> Company:
    """Change these facts; raise Conflict if one of them is not what the person saw any more.

    `facts` holds only what the person changed, `seen` what was on the screen as text.
    """
    changes = _cleaned(facts)
    try:
        known = _edit(company, changes, seen, actor, now)
    except IntegrityError as error:
        # Both were written at once: the database let the first one through.
        raise Conflict(_("Another company has this name or domain since just now.")) from error
    nudge()
    return known


def facts_of_company(company: Company) -> dict[str, str]:
    """Return the facts that people edit as a form shows them."""
    return {name: _text(getattr(company, name)) for name in COMPANY_FACTS}


def _edit(
    company: Company, changes: dict[str, Any], seen: Mapping[str, str], actor: Actor, now: datetime
) -> Company:
    with transaction.atomic():
        known = Company.objects.select_for_update(no_key=True).filter(pk=company.pk).first()
        if known is None:
            raise NotFound(_("This company does not exist any more."))
        if not may_edit_company(actor, known):
            raise NotAllowed(_("Only people who work on one of its leads may edit a company."))
        others = [name for name in changes if name in seen and _text(getattr(known, name)) != seen[name]]
        if others:
            raise Conflict(
                _("Somebody changed this meanwhile. Nothing was saved; what you typed is still here."),
                errors={
                    name: [_("It is “%(value)s” now.") % {"value": _text(getattr(known, name)) or _("empty")}]
                    for name in others
                },
            )
        changes = {name: value for name, value in changes.items() if value != getattr(known, name)}
        _require_own_name(known, changes)
        _write(known, changes, actor, now)
        return known


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _cleaned(facts: Mapping[str, object]) -> dict[str, Any]:
    """Return the facts in their normal form, or raise Invalid that names every fault."""
    cleaned: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for name, value in facts.items():
        try:
            cleaned[name] = COMPANY_FACTS[name](value, name)
        except Invalid as fault:
            errors |= {key: list(sentences) for key, sentences in fault.errors.items()}
    if "name" in cleaned and not cleaned["name"]:
        errors["name"] = [_("A company has a name.")]
    if errors:
        raise Invalid(_("Some facts cannot be taken."), errors=errors)
    if "domain" in cleaned:
        cleaned["domain"] = cleaned["domain"] or None
    return cleaned


def _require_own_name(company: Company, changes: Mapping[str, Any]) -> None:
    """Refuse a domain, or a name without one, that another company has."""
    domain = changes.get("domain", company.domain)
    others = Company.objects.exclude(pk=company.pk)
    if "domain" in changes and domain and others.filter(domain=domain).exists():
        raise Conflict(
            _("Another company has this domain."), errors={"domain": [_("Another company has this domain.")]}
        )
    name = changes.get("name", company.name)
    is_named_anew = domain is None and bool(changes.keys() & {"name", "domain"})
    nameless = others.filter(domain=None).annotate(lower_name=Lower("name"))
    if is_named_anew and nameless.filter(lower_name=name.lower()).exists():
        raise Conflict(
            _("Another company has this name."),
            errors={"name": [_("Another company without a domain has this name.")]},
        )


def _write(company: Company, changes: Mapping[str, Any], actor: Actor, now: datetime) -> None:
    """Write the facts, keep what they were, and have everybody who works there scored again."""
    if not changes:
        return
    before = {name: getattr(company, name) for name in changes}
    for name, value in changes.items():
        setattr(company, name, value)
    company.save(update_fields=list(changes))
    CompanyChange.objects.create(
        company=company, at=now, before=before, after=dict(changes), actor=user_of(actor)
    )
    leads = Lead.objects.filter(company=company).order_by("pk").values_list("pk", flat=True)
    request_scoring(lead_ids=leads, cause=Cause.FACTS, now=now)
