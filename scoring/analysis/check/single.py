"""What can be said of a rule without looking at leads."""

import re
from collections.abc import Callable, Iterator

from scoring.analysis.check.findings import Finding, Severity
from scoring.analysis.check.reach import reach_of_rule, uncapped
from scoring.analysis.check.subject import Subject
from scoring.analysis.check.words import count, number, quoted
from scoring.engine.definition import Rule
from scoring.fields import ATTRIBUTE, PROPERTY, find_field
from scoring.models import Counting, Decay
from scoring.sentences import say_points

# Nobody does these because they want to buy; own types are known by what they are called.
UNWANTED = {"unsubscribed", "email_bounced"}
UNWANTED_WORDS = re.compile(r"unsub|opt_?out|bounce|spam|complain|abuse|blocked|deleted|cancel")
# Own fields and properties that hold what nobody should be judged by.
SENSITIVE_WORDS = {
    "age",
    "birth",
    "birthday",
    "birthdate",
    "dob",
    "gender",
    "sex",
    "religion",
    "ethnicity",
    "race",
    "nationality",
    "disability",
    "health",
    "pregnant",
    "marital",
    "orientation",
}
# More often than that nobody comes in a day.
MOST_A_DAY = 5


def findings_of_rules(subject: Subject) -> Iterator[Finding]:
    """Yield what is to be said of each rule, in their order."""
    for fault in subject.faults:
        yield Finding(
            severity=Severity.BAD,
            code="unreadable",
            rule_id=fault.rule.id,
            title=f"{quoted(fault.rule.name)} cannot be evaluated",
            text=f"Its condition on {fault.field} makes no sense to the scoring: {fault.why}",
            mend="Correct the condition, or delete it.",
        )
    for rule in subject.definition.rules:
        for check in CHECKS:
            yield from check(subject, rule)
    for off in subject.switched_off:
        yield Finding(
            severity=Severity.INFO,
            code="switched_off",
            rule_id=off.pk,
            title=f"{quoted(off.name)} is switched off",
            text=f"It gives nobody its {say_points(off.points)} points.",
            mend="Switch it on, or delete it when nobody misses it.",
        )


def _no_types(subject: Subject, rule: Rule) -> Iterator[Finding]:
    if not rule.is_fit and not rule.type_ids:
        yield Finding(
            severity=Severity.WARN,
            code="no_types",
            rule_id=rule.id,
            title=f"{quoted(rule.name)} counts no activity",
            text=f"No activity type is chosen, so that nobody gets its {say_points(rule.points)} points.",
            mend="Choose the activity types that it counts.",
        )


def _unwanted(subject: Subject, rule: Rule) -> Iterator[Finding]:
    """Points for what a lead does not do to be called."""
    if rule.points < 0:
        return
    types = subject.types_of(rule)
    if unwanted := [kind for kind in types if kind.slug in UNWANTED or UNWANTED_WORDS.search(kind.slug)]:
        names = " and ".join(f"“{kind.label}”" for kind in unwanted)
        yield Finding(
            severity=Severity.WARN,
            code="rewards_unwanted",
            rule_id=rule.id,
            title=f"{quoted(rule.name)} rewards what should cost points",
            text=f"It gives {say_points(rule.points)} for {names}.",
            mend=f"Make it {say_points(-rule.points)}, or take {names} out of its activity types.",
        )
    if own := [kind for kind in types if kind.is_internal]:
        names = " and ".join(f"“{kind.label}”" for kind in own)
        yield Finding(
            severity=Severity.WARN,
            code="rewards_internal",
            rule_id=rule.id,
            title=f"{quoted(rule.name)} counts what Leadapp writes itself",
            text=f"It gives {say_points(rule.points)} for {names}, which no lead does.",
            mend="Choose something that the lead does.",
        )
    if touches := [kind for kind in types if kind.is_touch and not kind.is_signal]:
        names = " and ".join(f"“{kind.label}”" for kind in touches)
        yield Finding(
            severity=Severity.WARN,
            code="rewards_own_work",
            rule_id=rule.id,
            title=f"{quoted(rule.name)} rewards the rep, not the lead",
            text=f"It gives {say_points(rule.points)} for {names}: writing makes the lead hot.",
            mend="Count the answer instead of the attempt.",
        )


def _sensitive(subject: Subject, rule: Rule) -> Iterator[Finding]:
    labels = []
    for key in dict.fromkeys(key for key, _, _ in rule.conditions):
        found = find_field(key)
        if found is not None and (found.is_sensitive or _sounds_sensitive(key)):
            labels.append(found.label)
    if labels:
        names = " and ".join(f"“{label}”" for label in labels)
        yield Finding(
            severity=Severity.WARN,
            code="sensitive",
            rule_id=rule.id,
            title=f"{quoted(rule.name)} judges people by {names}",
            text=f"{say_points(rule.points)} points for a sensitive attribute. The law asks for a stated"
            " purpose, and a lead may ask for it.",
            mend="Switch the rule off unless the purpose is written down.",
        )


def _sounds_sensitive(key: str) -> bool:
    own = next((key.removeprefix(prefix) for prefix in (ATTRIBUTE, PROPERTY) if key.startswith(prefix)), "")
    return not SENSITIVE_WORDS.isdisjoint(re.split(r"[^a-z]+", own.lower()))


def _cap(subject: Subject, rule: Rule) -> Iterator[Finding]:
    """Caps that every occurrence hits, and caps that nothing ever does."""
    if rule.max_points is None:
        return
    most = uncapped(rule).furthest
    if rule.max_points < abs(rule.points):
        yield Finding(
            severity=Severity.WARN,
            code="cap_below_points",
            rule_id=rule.id,
            title=f"{quoted(rule.name)} always hits its cap",
            text=f"A single match is worth {say_points(rule.points)},"
            f" the rule gives at most {number(rule.max_points)}.",
            mend=f"Give {number(rule.max_points)} points, or raise the cap above {number(abs(rule.points))}.",
        )
    elif 0 < most < rule.max_points:
        yield Finding(
            severity=Severity.INFO,
            code="cap_out_of_reach",
            rule_id=rule.id,
            title=f"{quoted(rule.name)} cannot reach its cap",
            text=f"The cap is {number(rule.max_points)}, the rule gives at most {number(most)}.",
            mend="Take the cap away, or let the rule count every time.",
        )


def _fading(subject: Subject, rule: Rule) -> Iterator[Finding]:
    if rule.is_fit or rule.decay != Decay.NONE or rule.window_days is not None:
        return
    if rule.counting == Counting.EVERY:
        end = "" if rule.max_points is None else f", up to {number(rule.max_points)}"
        yield Finding(
            severity=Severity.WARN,
            code="never_fades",
            rule_id=rule.id,
            title=f"{quoted(rule.name)} adds up and never fades",
            text=f"Every occurrence counts {say_points(rule.points)} for good{end}: scores only ever"
            f" {'rise' if rule.points > 0 else 'fall'}.",
            mend="Let it fade, for example halve every 30 days, or count a window only.",
        )
    elif rule.points > 0:
        yield Finding(
            severity=Severity.INFO,
            code="never_fades",
            rule_id=rule.id,
            title=f"{quoted(rule.name)} never fades",
            text=f"Whoever did it once keeps {say_points(rule.points)} for good.",
            mend="Let it fade if interest of last year says little about today.",
        )


def _window(subject: Subject, rule: Rule) -> Iterator[Finding]:
    """Windows, minimum and fading that do not go together."""
    days, least = rule.window_days, rule.min_occurrences
    if days is not None and least > MOST_A_DAY * days:
        yield Finding(
            severity=Severity.WARN,
            code="window_too_short",
            rule_id=rule.id,
            title=f"{quoted(rule.name)} asks for too much in its window",
            text=f"{count(least, 'time')} within {count(days, 'day')} is"
            f" {number(least / days)} a day; people do not come that often.",
            mend="Widen the window, or ask for fewer occurrences.",
        )
    if days is None and least > 1 and not rule.is_fit:
        yield Finding(
            severity=Severity.INFO,
            code="minimum_without_window",
            rule_id=rule.id,
            title=f"{quoted(rule.name)} counts over all time",
            text=f"{count(least, 'time')} in ten years is as good as {count(least, 'time')} in a week.",
            mend="Add a window, such as 30 days.",
        )
    if days is not None and rule.decay == Decay.LINEAR and (rule.decay_days or 0) < days:
        yield Finding(
            severity=Severity.INFO,
            code="window_beyond_fading",
            rule_id=rule.id,
            title=f"The window of {quoted(rule.name)} never matters",
            text=f"Points are gone after {count(rule.decay_days or 0, 'day')},"
            f" the window ends after {count(days, 'day')}.",
            mend="Leave the window empty, or let the points fade more slowly.",
        )


def _group(subject: Subject, rule: Rule) -> Iterator[Finding]:
    """A cap of the group that this rule reaches by itself."""
    group = subject.group_of(rule)
    if group is None or group.cap is None:
        return
    least = min(abs(rule.points), reach_of_rule(rule).furthest)
    if least > group.cap:
        yield Finding(
            severity=Severity.WARN,
            code="group_cap_below_rule",
            rule_id=rule.id,
            group_id=group.id,
            title=f"{quoted(rule.name)} fills its group alone",
            text=f"{quoted(group.name)} gives at most {number(group.cap)}, a single match of this rule"
            f" is worth {number(least)}: the rest of the group adds nothing.",
            mend=f"Raise the cap of the group above {number(least)}, or move the rule out of it.",
        )


CHECKS: tuple[Callable[[Subject, Rule], Iterator[Finding]], ...] = (
    _no_types,
    _unwanted,
    _sensitive,
    _cap,
    _group,
    _fading,
    _window,
)
