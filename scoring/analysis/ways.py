"""The shortest ways up: what one more activity or one more known fact would do to a score."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

from django.utils.translation import gettext as _

from leadapp.errors import Invalid
from leadapp.models import ActivityType, Lead
from leadapp.shipped import shown
from scoring.analysis.satisfying import missing_facts, satisfying_activity
from scoring.engine.definition import Definition, Rule
from scoring.engine.explanations import Explanation, Line, explain_leads
from scoring.engine.imagined import ImaginedActivity, ImaginedLead, score_imagined
from scoring.engine.imagined_facts import clean_facts
from scoring.engine.scores import compiled
from scoring.models import ScoringModelVersion

# How often somebody could do the same thing, and how many of the largest steps are put together.
MOST_TIMES, PAIRED = 10, 6
APART = timedelta(minutes=1)
# Of a lead that did a lot fewer copies are made: each reads all its activities.
BUSY, TRIED_FOR_BUSY = 2_000, 10


@dataclass(frozen=True)
class Step:
    """One thing that would raise the score: an activity, or a fact that is not known yet."""

    kind: str
    text: str
    rule_id: int
    lead: ImaginedLead
    # What it could bring at most; the engine says what it does bring.
    hope: int
    # Only one of the steps that fill the same gap can come true.
    gap: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Way:
    """One or two steps, by how much they raise the score, to what, and whether that is enough."""

    steps: tuple[Step, ...]
    gain: int
    score: int
    suffices: bool

    @property
    def text(self) -> str:
        """Say what has to happen: "Asked for a demo"."""
        return _(", and ").join(step.text for step in self.steps)

    @property
    def sentence(self) -> str:
        """Say it with the points: "+12: asked for a demo"."""
        return f"+{self.gain}: {self.text}"


@dataclass(frozen=True)
class Target:
    """The next line above a score."""

    name: str
    at: int


@dataclass(frozen=True)
class Ways:
    """The next line, how many points it is away, and the ways there; the others are the best there are.

    `target` is None for a score above all lines.
    """

    score: int
    target: Target | None
    missing: int
    ways: tuple[Way, ...]

    @property
    def sufficing(self) -> tuple[Way, ...]:
        """Return the ways that lead to the next line."""
        return tuple(way for way in self.ways if way.suffices)


def ways_up(*, lead: Lead, version: ScoringModelVersion, now: datetime) -> Ways | None:
    """Return the shortest ways to the next line, computed by the engine on copies of the lead.

    First the single steps that are enough, the smallest ahead; if there is none, the smallest pair that is.
    Then the largest of the others. None for a lead that opted out of scoring.
    """
    explanation = explain_leads(version=version, moments={lead.pk: now}).get(lead.pk)
    if explanation is None:
        return None
    return ways_from(explanation, lead=lead)


def ways_from(explanation: Explanation, *, lead: Lead) -> Ways:
    """Return the ways up from a score that was explained already; one query, and two for activity types."""
    target = next_line(explanation.version, explanation.score)
    if target is None:
        return Ways(explanation.score, None, 0, ())
    steps = sorted(_steps(lead, explanation), key=lambda step: -step.hope)
    pairs = [pair for pair in combinations(steps[:PAIRED], 2) if not pair[0].gap & pair[1].gap]
    if sum(line.matches or 0 for line in explanation.lines) > BUSY:
        steps, pairs = steps[:TRIED_FOR_BUSY], []
    found = _simulated([*((step,) for step in steps), *pairs], explanation, target)
    ways = _best_per_gap([way for way in found if len(way.steps) == 1])
    if not any(way.suffices for way in ways):
        enough = [way for way in found if way.suffices]
        ways = [*sorted(enough, key=_shortest)[:1], *ways]
    return Ways(explanation.score, target, target.at - explanation.score, tuple(ways))


def next_line(version: ScoringModelVersion, score: int) -> Target | None:
    """Return the nearest line above a score: warm, hot or ready for sales."""
    lines = [
        Target(_("warm"), version.warm_from),
        Target(_("hot"), version.hot_from),
        Target(_("ready for sales"), version.threshold),
    ]
    return min((line for line in lines if line.at > score), key=lambda line: line.at, default=None)


def _steps(lead: Lead, explanation: Explanation) -> Iterator[Step]:
    """Yield what could happen next: for each rule that gives points one more of what it counts."""
    definition = compiled(explanation.version).definition
    slugs = _slugs(definition)
    matches = {line.rule_id: line for line in explanation.all_lines}
    for rule in definition.rules:
        if rule.points <= 0:
            continue
        line = matches[rule.id]
        if rule.is_fit:
            yield from _fact_step(rule, lead, explanation) if not line.points else ()
        else:
            yield from _activity_step(rule, lead, slugs, line, explanation.as_of)


def _slugs(definition: Definition) -> Mapping[int, str]:
    """Return the names of the activity types that people or their reps bring about."""
    wanted = {type_id for rule in definition.rules for type_id in rule.type_ids}
    kinds = ActivityType.objects.filter(pk__in=wanted, is_internal=False)
    return dict(kinds.values_list("pk", "slug"))


def _activity_step(
    rule: Rule, lead: Lead, slugs: Mapping[int, str], line: Line, as_of: datetime
) -> Iterator[Step]:
    matches = line.matches or 0
    kinds = [slugs[type_id] for type_id in rule.type_ids if type_id in slugs]
    facts = satisfying_activity(rule, as_of)
    times = max(1, rule.min_occurrences - matches)
    if not kinds or facts is None or times > MOST_TIMES:
        return
    activities = [
        ImaginedActivity(type=kinds[0], occurred_at=as_of - number * APART, **facts)
        for number in range(times)
    ]
    facts = {"what": shown(rule.name), "times": times}
    if times == 1 and not matches:
        text = facts["what"]
    elif times == 1:
        text = _("%(what)s once more") % facts
    else:
        text = (_("%(what)s %(times)s more times") if matches else _("%(what)s %(times)s times")) % facts
    left = int(rule.max_points - line.points) if rule.max_points else rule.points * times
    hope = max(0, min(rule.points * times, left))
    yield Step("activity", text, rule.id, ImaginedLead(copy_of=lead, activities=activities), hope)


def _fact_step(rule: Rule, lead: Lead, explanation: Explanation) -> Iterator[Step]:
    facts = missing_facts(rule, lead, explanation.as_of)
    if not facts:
        return
    try:
        clean_facts(facts)
    except Invalid:  # a rule may ask for what no lead can have
        return
    copy = ImaginedLead(copy_of=lead, facts=facts)
    yield Step("fact", shown(rule.name), rule.id, copy, rule.points, frozenset(facts))


def _simulated(candidates: Sequence[tuple[Step, ...]], explanation: Explanation, target: Target) -> list[Way]:
    """Let the engine score a copy of the lead per candidate, all in one query; keep those that gain."""
    if not candidates:
        return []
    leads = [_together(steps) for steps in candidates]
    scores = score_imagined(version=explanation.version, leads=leads, as_of=explanation.as_of)
    return [
        Way(steps, gain, score.score, score.score >= target.at)
        for steps, score in zip(candidates, scores, strict=True)
        if score is not None and (gain := score.score - explanation.score) > 0
    ]


def _together(steps: Sequence[Step]) -> ImaginedLead:
    facts: dict[str, Any] = {}
    activities: list[ImaginedActivity] = []
    for step in steps:
        facts |= step.lead.facts
        activities += step.lead.activities
    return ImaginedLead(copy_of=steps[0].lead.copy_of, facts=facts, activities=activities)


def _best_per_gap(ways: Sequence[Way]) -> list[Way]:
    """Sort the ways, and of those that fill the same gap keep the first: a title is one thing or another."""
    kept: list[Way] = []
    for way in sorted(ways, key=_shortest):
        (step,) = way.steps
        if not any(step.gap & other.steps[0].gap for other in kept):
            kept.append(way)
    return kept


def _shortest(way: Way) -> tuple[bool, int]:
    return not way.suffices, way.gain if way.suffices else -way.gain
