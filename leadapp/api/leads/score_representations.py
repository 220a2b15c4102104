"""How a score, its history and what may become of it look from outside."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils import timezone

from leadapp.api.leads.representations import override_as_json
from leadapp.models import Lead
from scoring.analysis.forecast import Forecast
from scoring.analysis.history import Event, Move
from scoring.analysis.time_travel import Past
from scoring.analysis.ways import Way, Ways
from scoring.engine import Explanation, Line
from scoring.engine.occurrences import Occurrence
from scoring.models import ScoreOverride

# How many activities of a rule are listed; what the older ones gave is summed up.
LISTED = 100


def score_as_json(
    lead: Lead,
    explanation: Explanation | None,
    occurrences: Mapping[int, Sequence[Occurrence]],
    *,
    is_stored: bool,
    override: ScoreOverride | None,
) -> dict[str, Any]:
    """Return a score with its lines, whose points sum exactly to it, and what a person says against it."""
    told: Any = lead if is_stored else explanation
    known = {
        "lead": lead.pk,
        **{name: getattr(told, name, None) for name in ("score", "fit", "engagement")},
        "grade": getattr(told, "grade", "") or None,
        "temperature": getattr(told, "temperature", "") or None,
        "scored_at": lead.scored_at,
        "as_of": explanation.as_of if explanation else None,
        "is_stored": is_stored,
        "opted_out": lead.do_not_score,
        "override": override_as_json(override),
    }
    if explanation is None:
        return {**known, "model": None, "version": None, "lines": []}
    version = explanation.version
    return {
        **known,
        "model": version.model.name,
        "version": version.number,
        "lines": [_line(line, occurrences.get(line.rule_id or 0, ())) for line in explanation.lines],
    }


def _line(line: Line, occurrences: Sequence[Occurrence]) -> dict[str, Any]:
    return {
        "name": line.name,
        "dimension": line.dimension or None,
        "group": line.group or None,
        "is_rule": line.is_rule,
        "rule": line.rule_id,
        "points": _exact(line.points),
        "raw_points": _exact(line.raw),
        "capped": _exact(line.capped),
        "evidence": line.evidence,
        "matches": line.matches,
        "newest": line.newest,
        "occurrences": [
            {
                "activity": each.activity_id,
                "type": each.type,
                "label": each.label,
                "occurred_at": each.occurred_at,
                "full_points": each.before,
                "share_left": round(each.share, 6),
                "points": _exact(each.points),
            }
            for each in occurrences[:LISTED]
        ],
        "older": {
            "activities": len(occurrences[LISTED:]),
            "points": _exact(sum((each.points for each in occurrences[LISTED:]), Decimal(0))),
        },
    }


def _exact(value: Decimal) -> str:
    """Write an exact decimal as a text, as all of them in JSON."""
    return f"{value.normalize():f}"


def past_as_json(past: Past) -> dict[str, Any]:
    """Return what else is known of the moment that is looked at."""
    stored = past.stored
    return {
        "stored_score": stored.score if stored else None,
        "stored_at": stored.at if stored else None,
        "facts": [{"fact": name, "then": then, "now": now} for name, then, now in past.differing],
    }


def forecast_as_json(forecast: Forecast | None) -> dict[str, Any] | None:
    """Return what becomes of a score if nothing happens, day by day."""
    if forecast is None:
        return None
    return {
        "sentence": forecast.sentence,
        "crossings": [
            {
                "kind": crossing.kind,
                "on": timezone.localtime(crossing.at).date(),
                "score": crossing.score,
                "before": crossing.before,
                "after": crossing.after,
            }
            for crossing in forecast.crossings
        ],
        "days": [
            {"on": timezone.localtime(at).date(), "score": score.score, "temperature": score.temperature}
            for at, score in forecast.days
        ],
    }


def ways_as_json(ways: Ways) -> dict[str, Any]:
    """Return the shortest ways to the next line."""
    target = ways.target
    return {
        "target": {"name": target.name, "from": target.at} if target else None,
        "missing": ways.missing,
        "ways": [_way(way) for way in ways.ways],
    }


def _way(way: Way) -> dict[str, Any]:
    steps = [{"kind": step.kind, "rule": step.rule_id, "text": step.text} for step in way.steps]
    return {
        "text": way.sentence,
        "gain": way.gain,
        "score": way.score,
        "suffices": way.suffices,
        "steps": steps,
    }


def move_as_json(move: Move) -> dict[str, Any]:
    """Return a change of the score and what came in since the one before."""
    change = move.change
    version = change.version
    return {
        "at": change.at,
        "score_before": change.score_before,
        "score": change.score,
        "fit": change.fit,
        "engagement": change.engagement,
        "grade": change.grade or None,
        "temperature": change.temperature or None,
        "cause": change.cause,
        "because": move.because,
        "model": version.model.name if version else None,
        "version": version.number if version else None,
        "events": [_event(event) for event in move.events],
    }


def _event(event: Event) -> dict[str, Any]:
    activity = event.activity
    return {
        "activity": activity.pk,
        "type": activity.type.slug,
        "text": event.text,
        "occurred_at": activity.occurred_at,
        "is_key": event.is_key,
        "voided": event.is_voiding,
        "facts": list(event.facts),
    }
