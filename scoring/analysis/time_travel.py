"""What a lead's score was at a moment in the past, and why: by the version, facts and activities of then."""

import copy
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.errors import Invalid
from leadapp.models import Activity, Company, CustomField, Lead
from scoring.engine.explanations import Explanation
from scoring.engine.imagined import ImaginedLead, explain_all_imagined
from scoring.engine.versions import version_at
from scoring.models import Cause, Publication, Rescore, ScoreChange, ScoringModel, ScoringModelVersion

UPDATED = "lead.updated"
ATTRIBUTE, COMPANY = "attributes.", "company."
COMPANY_FACTS = {
    "industry": gettext_lazy("Company industry"),
    "employees": gettext_lazy("Company employees"),
    "annual_revenue": gettext_lazy("Company annual revenue"),
    "country": gettext_lazy("Company country"),
}


@dataclass(frozen=True)
class Past:
    """A lead as it was at a moment.

    `explanation` is None if it had opted out of scoring then. `was_live` tells whether the version drove the
    list then. `imagined` gives the engine the lead of then. `stored` is the newest change of its score until
    then: what people saw in the list. `differing` are the facts that were other ones, as (name, then, now).
    """

    at: datetime
    lead: Lead
    version: ScoringModelVersion
    was_live: bool
    imagined: ImaginedLead
    explanation: Explanation | None
    stored: ScoreChange | None
    differing: tuple[tuple[str, Any, Any], ...]


def look_back(*, lead: Lead, at: datetime, version: ScoringModelVersion | None = None) -> Past:
    """Rebuild a lead as it was at a moment, and explain its score then.

    What was not written down stays as it is now: edits of a company by hand, and who worked where.
    Raises Invalid for a moment before the lead came in.
    """
    if at < lead.created_at:
        raise Invalid.field("as_of", _("%(lead)s came in later than that.") % {"lead": lead.name})
    past, differing = _facts_at(lead, at)
    stored = ScoreChange.objects.filter(lead=lead, at__lte=at).select_related("version__model")
    newest = stored.order_by("-at", "-id").first()
    model = _primary_then(at, newest)
    live = version_at(model, at)
    version = version or live or _first_of(model)
    imagined = ImaginedLead(copy_of=past, known_at=at)
    explained = explain_all_imagined(version=version, leads=[imagined], as_of=at)[0]
    return Past(
        at=at,
        lead=past,
        version=version,
        was_live=version == live,
        imagined=imagined,
        explanation=explained and replace(explained, lead_id=lead.pk),
        stored=newest,
        differing=differing,
    )


def _first_of(model: ScoringModel) -> ScoringModelVersion:
    """Return the version of a model that was live first: it counts before any was."""
    published = Publication.objects.filter(version__model=model).select_related("version__model")
    publication = published.order_by("at", "id").first()
    if publication is None:
        raise Invalid.field("as_of", _("No version of the scoring model was ever published."))
    return publication.version


def _primary_then(at: datetime, stored: ScoreChange | None) -> ScoringModel:
    """Return the model that drove the list then: that of the newest run over all leads, or of the score."""
    runs = Rescore.objects.filter(cause=Cause.PUBLISH, leads_total__gt=0, started_at__lte=at)
    run = runs.select_related("version__model").order_by("-started_at", "-id").first()
    if stored is not None and stored.version is not None and (run is None or stored.at > run.started_at):
        return stored.version.model
    return run.version.model if run else ScoringModel.objects.get(is_primary=True)


def _facts_at(lead: Lead, at: datetime) -> tuple[Lead, tuple[tuple[str, Any, Any], ...]]:
    """Undo what was changed since then, newest first; return the lead of then and what was different."""
    past = copy.copy(lead)
    past.attributes = dict(lead.attributes)
    past.company = copy.copy(lead.company)
    for record in _changes_since(lead, at):
        before = record.properties.get("before") or {}
        of_company = {name: value for name, value in before.items() if name.startswith(COMPANY)}
        _undo_company_facts(past, of_company)
        if record.lead_id == lead.pk:
            _undo_facts(past, before)
    return past, tuple(_differing(past, lead))


def _changes_since(lead: Lead, at: datetime) -> Iterable[Activity]:
    """Return the changes of the lead's facts, and those that colleagues' forms made to their company."""
    changes = Activity.objects.filter(type__slug=UPDATED, occurred_at__gt=at)
    whose = Q(lead=lead)
    if lead.company_id is not None:
        whose |= Q(lead__in=Lead.objects.filter(company=lead.company_id).values("pk"))
    return changes.filter(whose).order_by("-occurred_at", "-id")


def _undo_company_facts(past: Lead, before: dict[str, Any]) -> None:
    if past.company is not None:
        for name, value in before.items():
            column = name.removeprefix(COMPANY)
            if column in {"industry", "employees", "annual_revenue", "country"}:
                setattr(past.company, column, value)


def _undo_facts(past: Lead, before: dict[str, Any]) -> None:
    columns = {column.name for column in Lead._meta.concrete_fields}
    for name, value in before.items():
        if name.startswith(ATTRIBUTE):
            past.attributes.pop(name.removeprefix(ATTRIBUTE), None)
            if value is not None:
                past.attributes[name.removeprefix(ATTRIBUTE)] = value
        elif name == "company":
            past.company = _named(value)
        elif name in columns and not name.startswith(COMPANY):
            setattr(past, name, value)


def _named(name: str | None) -> Company | None:
    """Return the company that a lead had: only its name was written down, so it must be the only one."""
    if not name:
        return None
    found = list(Company.objects.filter(name__iexact=name)[:2])
    return found[0] if len(found) == 1 else Company(name=name)


def _differing(past: Lead, lead: Lead) -> Iterable[tuple[str, Any, Any]]:
    for column in Lead._meta.concrete_fields:
        name = column.name
        if column.is_relation or column.generated or name == "attributes":
            continue
        if getattr(past, name) != getattr(lead, name):
            yield str(column.verbose_name).capitalize(), getattr(past, name), getattr(lead, name)
    keys = {*past.attributes, *lead.attributes}
    other = sorted(key for key in keys if past.attributes.get(key) != lead.attributes.get(key))
    own = dict(CustomField.objects.filter(key__in=other).values_list("key", "label")) if other else {}
    for key in other:
        yield own.get(key, key.capitalize()), past.attributes.get(key), lead.attributes.get(key)
    before, now = past.company, lead.company
    if (before and before.name) != (now and now.name):
        yield _("Company"), before and before.name, now and now.name
    elif before is not None and now is not None:
        for name, label in COMPANY_FACTS.items():
            if getattr(before, name) != getattr(now, name):
                yield str(label), getattr(before, name), getattr(now, name)
