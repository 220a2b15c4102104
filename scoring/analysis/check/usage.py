"""How rules, caps and bounds work out on the leads there are."""

from collections.abc import Iterator

from scoring.analysis.check.findings import Finding, Severity
from scoring.analysis.check.reach import uncapped
from scoring.analysis.check.sample import Sample
from scoring.analysis.check.subject import Subject
from scoring.analysis.check.words import count, number, quoted, share
from scoring.engine.definition import Rule
from scoring.models import Dimension

# Fewer leads than that are no habit.
FEWEST = 10
ALWAYS = 0.9
EVERYBODY = 0.98
# A bound is meant for the few at the end of the scale.
TOO_MANY = 0.5


def findings_of_use(subject: Subject, sample: Sample) -> Iterator[Finding]:
    """Yield rules that never or always match, caps that always hit, and what holds most leads down."""
    yield from _floor(sample)
    yield from _bounds(subject, sample)
    yield from _groups(subject, sample)
    for rule in subject.definition.rules:
        if rule.is_fit or rule.type_ids:
            yield from _matching(subject, sample, rule)
            yield from _cap(sample, rule)


def looked_at(sample: Sample) -> str:
    """Say which leads a number is about."""
    leads = count(sample.leads, "lead")
    return leads if sample.is_whole else f"{leads} picked at random out of {sample.leads_total:,}"


def _matching(subject: Subject, sample: Sample, rule: Rule) -> Iterator[Finding]:
    use = sample.uses[rule.id]
    matched, given = use.matched.bit_count(), use.given.bit_count()
    if not matched:
        yield Finding(
            severity=Severity.WARN,
            code="never_matches",
            rule_id=rule.id,
            title=f"{quoted(rule.name)} never matches",
            text=_why_never(subject, sample, rule),
            mend=_mend_never(sample, rule),
        )
    elif not given and not rule.is_fit:
        yield Finding(
            severity=Severity.INFO,
            code="all_faded",
            rule_id=rule.id,
            title=f"{quoted(rule.name)} gives nobody anything now",
            text=f"It matches {matched:,} of {looked_at(sample)}, but all its points have faded.",
            mend="Let it fade more slowly if the interest lasts longer.",
        )
    elif rule.conditions and matched >= EVERYBODY * sample.leads:
        yield Finding(
            severity=Severity.INFO,
            code="matches_everybody",
            rule_id=rule.id,
            title=f"{quoted(rule.name)} matches nearly everybody",
            text=f"It holds for {share(matched, sample.leads)} of {looked_at(sample)}:"
            " it moves all scores and sets nobody apart.",
            mend="Narrow it down, or move its points into the threshold.",
        )


def _why_never(subject: Subject, sample: Sample, rule: Rule) -> str:
    leads = looked_at(sample)
    if rule.is_fit:
        return f"Of {leads} it holds for none."
    activities, touched = sample.activities_of(rule), sample.uses[rule.id].touched
    if touched:
        times = count(rule.min_occurrences, "time")
        return f"Of {leads}, {count(touched, 'has', 'have')} such activities, but none {times}" + (
            f" within {count(rule.window_days, 'day')}." if rule.window_days else "."
        )
    types = subject.say_types(rule)
    if not activities:
        return f"Among the {sample.activity_count:,} activities of {leads} there is no {types}."
    return f"None of the {activities:,} activities {types} of {leads} fits its conditions and window."


def _mend_never(sample: Sample, rule: Rule) -> str:
    if rule.is_fit:
        return "Correct the condition, or delete the rule."
    if sample.uses[rule.id].touched:
        return "Ask for fewer occurrences, or widen the window."
    if not sample.activities_of(rule):
        return "Have such events sent, choose another activity type, or delete the rule."
    return "Correct the conditions or the window, or delete the rule."


def _cap(sample: Sample, rule: Rule) -> Iterator[Finding]:
    """A cap that holds nearly everybody; not one that a single match reaches, which is said without leads."""
    use = sample.uses[rule.id]
    given = use.given.bit_count()
    if rule.max_points is None or rule.max_points < abs(rule.points):
        return
    if uncapped(rule).furthest <= rule.max_points or given < FEWEST or use.at_cap < ALWAYS * given:
        return
    yield Finding(
        severity=Severity.WARN,
        code="cap_always_hit",
        rule_id=rule.id,
        title=f"{quoted(rule.name)} always hits its cap",
        text=f"{use.at_cap:,} of the {given:,} leads that have points of it ({share(use.at_cap, given)}) are"
        f" at its {number(rule.max_points)}: one match or ten make no difference.",
        mend="Raise the cap, give fewer points a time, or count it once.",
    )


def _groups(subject: Subject, sample: Sample) -> Iterator[Finding]:
    for group in subject.definition.groups:
        held = sample.groups.get(group.id)
        if held and group.cap and held.of >= FEWEST and held.held >= ALWAYS * held.of:
            yield Finding(
                severity=Severity.WARN,
                code="group_cap_always_hit",
                group_id=group.id,
                title=f"{quoted(group.name)} always hits its cap",
                text=f"{held.held:,} of the {held.of:,} leads that have points there"
                f" ({share(held.held, held.of)}) are at its {number(group.cap)}.",
                mend="Raise the cap of the group, or give fewer points in it.",
            )


def _bounds(subject: Subject, sample: Sample) -> Iterator[Finding]:
    definition = subject.definition
    for dimension, (low, high) in (
        (Dimension.FIT, definition.fit_bounds),
        (Dimension.ENGAGEMENT, definition.engagement_bounds),
    ):
        for end, bound, held, mend in (
            ("upper", high, sample.upper[dimension], "Raise the bound, or give fewer points."),
            ("lower", low, sample.lower[dimension], "Lower the bound, or take fewer points."),
        ):
            if bound != 0 and held >= TOO_MANY * sample.leads:
                what = dimension.label
                yield Finding(
                    severity=Severity.WARN,
                    code="bound_always_hit",
                    title=f"Most leads are at the {end} bound of {what.lower()}",
                    text=f"{what} ends at {number(bound)}; {held:,} of {looked_at(sample)}"
                    f" ({share(held, sample.leads)}) are there, and nothing sets them apart.",
                    mend=mend,
                )


def _floor(sample: Sample) -> Iterator[Finding]:
    if sample.floored >= TOO_MANY * sample.leads:
        yield Finding(
            severity=Severity.WARN,
            code="fit_floors",
            title="Negative fit holds most leads at zero",
            text=f"Of {looked_at(sample)}, {sample.floored:,} ({share(sample.floored, sample.leads)}) have"
            " so little fit that engagement cannot lift them above zero.",
            mend="Take fewer points away, or raise the lower bound of fit.",
        )
