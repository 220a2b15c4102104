"""How scoring models, versions, rules and what is found about them look from outside."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from leadapp.models import ApiKey, Quarantine, User
from scoring.analysis.capacity import Proposal
from scoring.analysis.check import Check, Finding
from scoring.analysis.diff import Change, Difference
from scoring.analysis.preview import Effect, Preview, WeeklyHandover
from scoring.engine import Explanation, Line
from scoring.models import (
    Publication,
    Rescore,
    RuleGroup,
    ScoringModel,
    ScoringModelVersion,
    ScoringRule,
)
from scoring.rules import as_data, facts_of, group_facts_of, version_facts_of
from scoring.sentences import say_how, say_points, say_what
from scoring.services.transfer import Start


def whole_list(results: Iterable[Any]) -> dict[str, Any]:
    """Return a list that always fits on one page, in the form of all lists."""
    return {"next": None, "previous": None, "results": list(results)}


def model_as_json(model: ScoringModel) -> dict[str, Any]:
    """Return a model that `scoring_finding.models` read."""
    current: Sequence[ScoringModelVersion] = model.current  # type: ignore[attr-defined]
    return {
        "slug": model.slug,
        "name": model.name,
        "is_primary": model.is_primary,
        "weekly_capacity": model.weekly_capacity,
        "created_at": model.created_at,
        "live": next((version.pk for version in current if version.is_live), None),
        "draft": next((version.pk for version in current if version.is_draft), None),
    }


def capacity_as_json(proposal: Proposal) -> dict[str, Any]:
    """Return the thresholds of a version beside those that fit what sales can call."""
    version, inflow = proposal.version, proposal.inflow
    weeks = zip(
        inflow.begins, inflow.crossing(version.threshold), inflow.crossing(proposal.threshold), strict=True
    )
    return {
        "version": version.pk,
        "weekly_capacity": proposal.weekly_capacity,
        "hot_from": version.hot_from,
        "threshold": version.threshold,
        "per_week": round(proposal.now_per_week, 2),
        "per_week_then": round(proposal.then_per_week, 2),
        "proposed_hot_from": proposal.hot_from,
        "proposed_threshold": proposal.threshold,
        "is_sample": inflow.is_sample,
        "warnings": list(proposal.warnings),
        "weeks": [
            {"begins": begins, "ready": round(now, 2), "ready_then": round(then, 2)}
            for begins, now, then in weeks
        ],
    }


def version_as_json(version: ScoringModelVersion) -> dict[str, Any]:
    """Return a version without its rules."""
    return {
        "id": version.pk,
        "model": version.model.slug,
        "number": version.number,
        "state": version.state,
        "revision": version.revision,
        "based_on": version.based_on_id,
        "created_at": version.created_at,
        "created_by": _name(version.created_by),
        "published_at": version.published_at,
        "published_by": _name(version.published_by),
        "retired_at": version.retired_at,
        "publish_at": version.publish_at,
        "scheduled_by": _name(version.scheduled_by),
        "publications": [_publication(each) for each in version.publications.all()],
        **as_data(version_facts_of(version)),
    }


def rule_as_json(rule: ScoringRule) -> dict[str, Any]:
    """Return a rule: what it says, and how people read it."""
    return {
        "id": rule.pk,
        "version": rule.version_id,
        "revision": rule.revision,
        "changed_at": rule.changed_at,
        "changed_by": rule.changed_by or None,
        "sentence": ", ".join([f"{say_points(rule.points)} {say_what(rule)}", *say_how(rule)]),
        **as_data(facts_of(rule)),
        "group": rule.group.name if rule.group else None,
    }


def group_as_json(group: RuleGroup, *, revision: int) -> dict[str, Any]:
    """Return a group; the revision is that of its version, which covers it."""
    return {
        "id": group.pk,
        "version": group.version_id,
        "revision": revision,
        **as_data(group_facts_of(group)),
    }


def start_as_json(start: Start) -> dict[str, Any]:
    """Return a model that comes with Leadapp."""
    return {
        "slug": start.slug,
        "name": start.name,
        "description": start.description,
        "rules": start.rules,
    }


def rescore_as_json(rescore: Rescore) -> dict[str, Any]:
    """Return how far a run over all leads is."""
    return {
        "id": rescore.pk,
        "version": rescore.version_id,
        "cause": rescore.cause,
        "started_at": rescore.started_at,
        "finished_at": rescore.finished_at,
        "leads_total": rescore.leads_total,
        "leads_done": rescore.leads_done,
    }


def check_as_json(check: Check) -> dict[str, Any]:
    """Return what the rule check found, the worst first."""
    return {
        "version": check.version.pk,
        "may_be_published": not check.blocking,
        "leads": check.sample.leads if check.sample else None,
        "findings": [_finding(finding) for finding in check.findings],
    }


def difference_as_json(
    before: ScoringModelVersion, after: ScoringModelVersion, difference: Difference
) -> dict[str, Any]:
    """Return what differs between two versions, in sentences."""
    return {
        "before": before.pk,
        "after": after.pk,
        "changes": [_change(change) for change in difference.changes],
    }


def explanation_as_json(explanation: Explanation) -> dict[str, Any]:
    """Return a score that is stored nowhere, with its lines."""
    return {
        "version": explanation.version.pk,
        "score": explanation.score,
        "fit": explanation.fit,
        "engagement": explanation.engagement,
        "grade": explanation.grade,
        "temperature": explanation.temperature,
        "lines": [_line(line) for line in explanation.lines],
    }


def preview_as_json(preview: Preview, *, visible: Collection[int]) -> dict[str, Any]:
    """Return what is known of a preview so far; leads that the caller may not see are not named."""
    bands = zip(preview.edges, preview.bands_before, preview.bands_after, strict=True)
    return {
        "version": preview.draft_id,
        "before": preview.before_id,
        "as_of": preview.as_of,
        "is_done": preview.is_done,
        "share": round(preview.share, 3),
        "leads": preview.leads,
        "leads_total": preview.leads_total,
        "moved": preview.moved,
        "unchanged": preview.unchanged,
        "median_change": preview.median_change,
        "distribution": [{"begins": edge, "before": old, "after": new} for edge, old, new in bands],
        "changes": [{"points": points, "leads": leads} for points, leads in sorted(preview.changes.items())],
        "crossings": _crossings(preview.whole),
        "gates": [{"step": step, "name": name} for step, name in preview.gates.items()],
        "effects": [
            {
                "name": effect.name,
                "text": effect.text,
                "moved": effect.moved,
                "crossings": _crossings(effect),
            }
            for effect in preview.effects
        ],
        "effects_left_out": preview.left_out,
        "named": [
            {
                "lead": named.lead_id,
                "before": named.before,
                "after": named.after,
                "crosses": list(named.crosses),
                "reasons": list(named.reasons),
            }
            for named in preview.named
            if named.lead_id in visible
        ],
        "handovers_per_week": _weekly(preview.weekly) if preview.weekly else None,
    }


def quarantine_as_json(quarantine: Quarantine) -> dict[str, Any]:
    """Return a burst that was taken out, or was and came back."""
    return {
        "id": quarantine.pk,
        "lead": quarantine.lead_id,
        "kind": quarantine.kind,
        "reason": quarantine.reason,
        "activities": quarantine.activity_count,
        "started_at": quarantine.started_at,
        "ended_at": quarantine.ended_at,
        "found_at": quarantine.found_at,
        "released_at": quarantine.released_at,
        "released_by": _name(quarantine.released_by),
    }


def _name(who: User | ApiKey | None) -> str | None:
    """Return the user name of a person, or the name of a key."""
    if who is None:
        return None
    return who.name if isinstance(who, ApiKey) else who.username


def _publication(publication: Publication) -> dict[str, Any]:
    return {
        "at": publication.at,
        "by": _name(publication.actor or publication.api_key),
        "note": publication.note,
        "is_rollback": publication.is_rollback,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "severity": finding.severity.value,
        "code": finding.code,
        "rule": finding.rule_id,
        "other_rule": finding.other_rule_id,
        "group": finding.group_id,
        "title": finding.title,
        "text": finding.text,
        "mend": finding.mend,
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "what": change.what,
        "text": change.text,
        "before": change.before,
        "after": change.after,
        "is_rule": change.is_rule,
        "rule_before": change.rule_before_id,
        "rule_after": change.rule_after_id,
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "name": line.name,
        "dimension": line.dimension or None,
        "group": line.group or None,
        "rule": line.rule_id,
        # Texts, as all exact decimals in JSON.
        "points": f"{line.points.normalize():f}",
        "raw_points": f"{line.raw.normalize():f}",
        "evidence": line.evidence,
        "matches": line.matches,
        "newest": line.newest,
    }


def _crossings(effect: Effect) -> list[dict[str, Any]]:
    return [
        {"line": line, "up": crossing.up, "down": crossing.down}
        for line, crossing in effect.crossings.items()
    ]


def _weekly(weekly: WeeklyHandover) -> dict[str, Any]:
    return {
        "weeks": weekly.weeks,
        "before": round(weekly.before, 2),
        "after": round(weekly.after, 2),
        "is_sample": weekly.sampled < weekly.active,
    }
