"""What reps said against scores, counted by rule for the marketer."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from leadapp.words import count_times
from scoring.models import OverriddenRule, ScoreOverride, ScoringModel, ScoringModelVersion, Verdict

LATELY = timedelta(days=90)


@dataclass
class Objections:
    """How often scores in which a rule counted were set aside, by verdict."""

    too_high: int = 0
    too_low: int = 0

    @property
    def total(self) -> int:
        """Return how often in all."""
        return self.too_high + self.too_low

    @property
    def words(self) -> str:
        """Say it: "set aside 3 times as too high"."""
        facts = {"high": count_times(self.too_high), "low": count_times(self.too_low)}
        if self.too_high and self.too_low:
            return _("set aside %(high)s as too high and %(low)s as too low") % facts
        if self.too_high:
            return _("set aside %(high)s as too high") % facts
        return _("set aside %(low)s as too low") % facts if self.too_low else ""


@dataclass
class RuleObjections:
    """A rule by its name, over all versions of a model, with what was said."""

    name: str
    counts: Objections = field(default_factory=Objections)
    overrides: list[ScoreOverride] = field(default_factory=list)


def objections_by_rule(version: ScoringModelVersion, now: datetime) -> dict[int, Objections]:
    """Return the objections of the last 90 days for each rule of a version that has any (two queries).

    Objections against a rule of the same name in other versions of the model count as well: a draft is a
    copy, and the reps' word outlives a publish.
    """
    counted = _counts(version.model_id, now)
    names = version.rules.filter(name__in=list(counted)).values_list("pk", "name") if counted else ()
    return {rule_id: counted[name] for rule_id, name in names}


def objections_of_model(model: ScoringModel, now: datetime, *, most: int = 3) -> list[RuleObjections]:
    """Return the rules that were objected to, most often first, each with its newest reasons (one query)."""
    found: dict[str, RuleObjections] = {}
    for blamed in (
        _blamed(model.pk, now)
        .select_related("rule", "override__author")
        .order_by("-override__created_at", "-override_id")
    ):
        name, override = blamed.rule.name, blamed.override
        rule = found.setdefault(name, RuleObjections(name))
        _add(rule.counts, override.verdict)
        if len(rule.overrides) < most:
            rule.overrides.append(override)
    return sorted(found.values(), key=lambda rule: (-rule.counts.total, rule.name))


def _blamed(model_id: int, now: datetime) -> QuerySet[OverriddenRule]:
    return OverriddenRule.objects.filter(
        rule__version__model=model_id,
        override__created_at__gt=now - LATELY,
        override__created_at__lte=now,
    )


def _counts(model_id: int, now: datetime) -> dict[str, Objections]:
    counted: dict[str, Objections] = defaultdict(Objections)
    verdicts = _blamed(model_id, now).values("rule__name", "override__verdict").annotate(times=Count("pk"))
    for row in verdicts.order_by():
        _add(counted[row["rule__name"]], row["override__verdict"], row["times"])
    return dict(counted)


def _add(counts: Objections, verdict: str, times: int = 1) -> None:
    if verdict == Verdict.TOO_HIGH:
        counts.too_high += times
    else:
        counts.too_low += times
