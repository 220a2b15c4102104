"""Which score of a lead is looked at: the stored one, that of a day in the past, or another model's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from leadapp.errors import Invalid
from leadapp.models import Lead
from scoring.analysis.time_travel import Past, look_back
from scoring.engine import Explanation, Score, explain_leads, explain_stored, score_leads
from scoring.engine.versions import live_versions
from scoring.models import ScoringModelVersion


@dataclass(frozen=True, kw_only=True)
class Look:
    """What is looked at. `error` says why it is not what was asked for."""

    explanation: Explanation | None
    past: Past | None = None
    day: date | None = None
    model: ScoringModelVersion | None = None
    error: str = ""

    @property
    def is_present(self) -> bool:
        """Tell whether it is the score that is stored and drives the list."""
        return self.past is None and self.model is None


@dataclass(frozen=True, kw_only=True)
class OtherScore:
    """What a lead scores by another live model."""

    version: ScoringModelVersion
    score: Score | None


def read_look(lead: Lead, asked: Mapping[str, str], *, now: datetime) -> Look:
    """Read what is to be looked at from ?as_of=2026-11-05 (the end of that day) or ?model=slug.

    What makes no sense shows the stored score with an error.
    """
    try:
        if asked.get("as_of"):
            return _past(lead, asked["as_of"], now)
        if asked.get("model"):
            return _by_model(lead, asked["model"], now)
    except Invalid as refused:
        return Look(explanation=explain_stored(lead), error=refused.message)
    return Look(explanation=explain_stored(lead))


def read_other_scores(lead: Lead, *, now: datetime) -> list[OtherScore]:
    """Score a lead by the live models that do not drive the list; one query, and one more per model."""
    return [
        OtherScore(version=version, score=score_leads(version=version, moments={lead.pk: now}).get(lead.pk))
        for version in live_versions()
        if not version.model.is_primary
    ]


def _past(lead: Lead, text: str, now: datetime) -> Look:
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise Invalid.field("as_of", _("Choose a date, such as 2026-01-31."))
    today = timezone.localtime(now).date()
    if day == today:
        return Look(explanation=explain_stored(lead))
    if day > today:
        raise Invalid.field("as_of", _("That day is still to come. The forecast says what it may bring."))
    if day < timezone.localtime(lead.created_at).date():
        raise Invalid.field("as_of", _("%(name)s came in later than that.") % {"name": lead.name})
    past = look_back(lead=lead, at=timezone.make_aware(datetime.combine(day, time.max)))
    return Look(explanation=past.explanation, past=past, day=day)


def _by_model(lead: Lead, slug: str, now: datetime) -> Look:
    for version in live_versions():
        if version.model.slug == slug:
            if version.model.is_primary:
                return Look(explanation=explain_stored(lead))
            explained = explain_leads(version=version, moments={lead.pk: now}).get(lead.pk)
            return Look(explanation=explained, model=version)
    raise Invalid.field("model", _("There is no such scoring model, or it is not live."))
