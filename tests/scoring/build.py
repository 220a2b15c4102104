"""Models, leads and activities for the tests of scoring."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from leadapp.models import Activity, ActivityType, Lead
from leadapp.services.previews import begin_preview, continue_preview
from scoring.analysis.preview import Preview
from scoring.analysis.time_travel import look_back
from scoring.engine import Explanation
from scoring.models import RuleCondition, RuleGroup, ScoringModel, ScoringModelVersion, ScoringRule
from scoring.services.versions import live_version

NOW = datetime(2026, 11, 19, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)

_numbers = count(1)

Condition = tuple[str, str, Any]


def make_version(**facts: Any) -> ScoringModelVersion:
    """Make the draft of a model of its own, with bounds out of the way unless the facts give some."""
    number = next(_numbers)
    model = ScoringModel.objects.create(name=f"Model {number}", slug=f"model-{number}")
    wide = {"fit_min": -10000, "fit_max": 10000, "engagement_min": -10000, "engagement_max": 10000}
    return ScoringModelVersion.objects.create(model=model, number=1, **(wide | facts))


def make_rule(
    version: ScoringModelVersion,
    *,
    types: Sequence[str] = (),
    conditions: Iterable[Condition] = (),
    **facts: Any,
) -> ScoringRule:
    """Add a rule to a draft: of engagement if it has activity types, else of fit."""
    facts = {
        "name": f"Rule {next(_numbers)}",
        "dimension": "engagement" if types else "fit",
        "points": 10,
    } | facts
    rule = ScoringRule.objects.create(version=version, **facts)
    rule.activity_types.set(ActivityType.objects.filter(slug__in=types))
    RuleCondition.objects.bulk_create(
        RuleCondition(rule=rule, field=field, operator=operator, value=value, position=position)
        for position, (field, operator, value) in enumerate(conditions)
    )
    return rule


def make_group(version: ScoringModelVersion, dimension: str, cap: int | None) -> RuleGroup:
    """Add a group to a draft."""
    name = f"Group {next(_numbers)}"
    return RuleGroup.objects.create(version=version, name=name, dimension=dimension, cap=cap)


def make_lead(**facts: Any) -> Lead:
    """Make a lead of whom only the address is known."""
    return Lead.objects.create(**({"email": f"lead{next(_numbers)}@example.com", "created_at": NOW} | facts))


def log(lead: Lead, slug: str, at: datetime = NOW, **facts: Any) -> Activity:
    """Record an activity."""
    kind = ActivityType.objects.get(slug=slug)
    received = facts.pop("received_at", max(at, NOW))
    return Activity.objects.create(
        lead=lead, type=kind, occurred_at=at, received_at=received, **({"source": "test"} | facts)
    )


def the_live_version() -> ScoringModelVersion:
    """Return the version that scores leads."""
    version = live_version()
    assert version is not None
    return version


def explain_at(*, lead: Lead, at: datetime, version: ScoringModelVersion | None = None) -> Explanation | None:
    """Explain the score at a moment, by the version that was live then unless another one is given."""
    return look_back(lead=lead, at=at, version=version).explanation


def whole_preview(*, draft: ScoringModelVersion, now: datetime) -> Preview:
    """Run a preview to its end."""
    preview = begin_preview(draft=draft, now=now)
    while not preview.is_done:
        preview = continue_preview(preview)
    return preview
