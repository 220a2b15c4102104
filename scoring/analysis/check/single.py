"""What can be said of a rule without looking at leads."""

import re
from collections.abc import Callable, Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadapp.times import write_days
from leadapp.words import join_and, quote
from scoring.analysis.check.findings import Finding, Severity
from scoring.analysis.check.reach import reach_of_rule, uncapped
from scoring.analysis.check.subject import Subject
from scoring.analysis.check.words import number, quoted
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
            title=_("%(rule)s cannot be evaluated") % {"rule": quoted(fault.rule.name)},
            text=_("Its condition on %(field)s makes no sense to the scoring: %(why)s")
            % {"field": fault.field, "why": fault.why},
            mend=_("Correct the condition, or delete it."),
        )
    for rule in subject.definition.rules:
        for check in CHECKS:
            yield from check(subject, rule)
    for off in subject.switched_off:
        yield Finding(
            severity=Severity.INFO,
            code="switched_off",
            rule_id=off.pk,
            title=_("%(off)s is switched off") % {"off": quoted(off.name)},
            text=_("It gives nobody its %(points)s points.") % {"points": say_points(off.points)},
            mend=_("Switch it on, or delete it when nobody misses it."),
        )


def _no_types(subject: Subject, rule: Rule) -> Iterator[Finding]:
    if not rule.is_fit and not rule.type_ids:
        yield Finding(
            severity=Severity.WARN,
            code="no_types",
            rule_id=rule.id,
            title=_("%(rule)s counts no activity") % {"rule": quoted(rule.name)},
            text=_("No activity type is chosen, so that nobody gets its %(points)s points.")
            % {"points": say_points(rule.points)},
            mend=_("Choose the activity types that it counts."),
        )


def _unwanted(subject: Subject, rule: Rule) -> Iterator[Finding]:
    """Points for what a lead does not do to be called."""
    if rule.points < 0:
        return
    types = subject.types_of(rule)
    if unwanted := [kind for kind in types if kind.slug in UNWANTED or UNWANTED_WORDS.search(kind.slug)]:
        names = join_and(quoted(kind.label) for kind in unwanted)
        yield Finding(
            severity=Severity.WARN,
            code="rewards_unwanted",
            rule_id=rule.id,
            title=_("%(rule)s rewards what should cost points") % {"rule": quoted(rule.name)},
            text=_("It gives %(points)s for %(names)s.")
            % {"points": say_points(rule.points), "names": names},
            mend=_("Make it %(points)s, or take %(names)s out of its activity types.")
            % {"points": say_points(-rule.points), "names": names},
        )
    if own := [kind for kind in types if kind.is_internal]:
        names = join_and(quoted(kind.label) for kind in own)
        yield Finding(
            severity=Severity.WARN,
            code="rewards_internal",
            rule_id=rule.id,
            title=_("%(rule)s counts what Leadapp writes itself") % {"rule": quoted(rule.name)},
            text=_("It gives %(points)s for %(names)s, which no lead does.")
            % {"points": say_points(rule.points), "names": names},
            mend=_("Choose something that the lead does."),
        )
    if touches := [kind for kind in types if kind.is_touch and not kind.is_signal]:
        names = join_and(quoted(kind.label) for kind in touches)
        yield Finding(
            severity=Severity.WARN,
            code="rewards_own_work",
            rule_id=rule.id,
            title=_("%(rule)s rewards the rep, not the lead") % {"rule": quoted(rule.name)},
            text=_("It gives %(points)s for %(names)s: writing makes the lead hot.")
            % {"points": say_points(rule.points), "names": names},
            mend=_("Count the answer instead of the attempt."),
        )


def _sensitive(subject: Subject, rule: Rule) -> Iterator[Finding]:
    labels = []
    for key in dict.fromkeys(key for key, *_rest in rule.conditions):
        found = find_field(key)
        if found is not None and (found.is_sensitive or _sounds_sensitive(key)):
            labels.append(found.label)
    if labels:
        names = join_and(quote(label) for label in labels)
        yield Finding(
            severity=Severity.WARN,
            code="sensitive",
            rule_id=rule.id,
            title=_("%(rule)s judges people by %(names)s") % {"rule": quoted(rule.name), "names": names},
            text=_(
                "%(points)s points for a sensitive attribute. The law asks for a stated"
                " purpose, and a lead may ask for it."
            )
            % {"points": say_points(rule.points)},
            mend=_("Switch the rule off unless the purpose is written down."),
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
            title=_("%(rule)s always hits its cap") % {"rule": quoted(rule.name)},
            text=_("A single match is worth %(points)s, the rule gives at most %(max_points)s.")
            % {"points": say_points(rule.points), "max_points": number(rule.max_points)},
            mend=_("Give %(max_points)s points, or raise the cap above %(points)s.")
            % {"max_points": number(rule.max_points), "points": number(abs(rule.points))},
        )
    elif 0 < most < rule.max_points:
        yield Finding(
            severity=Severity.INFO,
            code="cap_out_of_reach",
            rule_id=rule.id,
            title=_("%(rule)s cannot reach its cap") % {"rule": quoted(rule.name)},
            text=_("The cap is %(max_points)s, the rule gives at most %(most)s.")
            % {"max_points": number(rule.max_points), "most": number(most)},
            mend=_("Take the cap away, or let the rule count every time."),
        )


def _fading(subject: Subject, rule: Rule) -> Iterator[Finding]:
    if rule.is_fit or rule.decay != Decay.NONE or rule.window_days is not None:
        return
    if rule.counting == Counting.EVERY:
        yield Finding(
            severity=Severity.WARN,
            code="never_fades",
            rule_id=rule.id,
            title=_("%(rule)s adds up and never fades") % {"rule": quoted(rule.name)},
            text=_adds_up(rule),
            mend=_("Let it fade, for example halve every 30 days, or count a window only."),
        )
    elif rule.points > 0:
        yield Finding(
            severity=Severity.INFO,
            code="never_fades",
            rule_id=rule.id,
            title=_("%(rule)s never fades") % {"rule": quoted(rule.name)},
            text=_("Whoever did it once keeps %(points)s for good.") % {"points": say_points(rule.points)},
            mend=_("Let it fade if interest of last year says little about today."),
        )


def _adds_up(rule: Rule) -> str:
    facts = {"points": say_points(rule.points), "most": number(rule.max_points or 0)}
    match rule.points > 0, rule.max_points:
        case True, None:
            return _("Every occurrence counts %(points)s for good: scores only ever rise.") % facts
        case False, None:
            return _("Every occurrence counts %(points)s for good: scores only ever fall.") % facts
        case True, _most:
            return (
                _("Every occurrence counts %(points)s for good, up to %(most)s: scores only ever rise.")
                % facts
            )
    return _("Every occurrence counts %(points)s for good, up to %(most)s: scores only ever fall.") % facts


def _window(subject: Subject, rule: Rule) -> Iterator[Finding]:
    """Windows, minimum and fading that do not go together."""
    days, least = rule.window_days, rule.min_occurrences
    if days is not None and least > MOST_A_DAY * days:
        yield Finding(
            severity=Severity.WARN,
            code="window_too_short",
            rule_id=rule.id,
            title=_("%(rule)s asks for too much in its window") % {"rule": quoted(rule.name)},
            text=ngettext(
                "%(times)s times within %(days)s day is %(number)s a day; people do not come that often.",
                "%(times)s times within %(days)s days is %(number)s a day; people do not come that often.",
                days,
            )
            % {"times": number(least), "days": number(days), "number": number(least / days)},
            mend=_("Widen the window, or ask for fewer occurrences."),
        )
    if days is None and least > 1 and not rule.is_fit:
        yield Finding(
            severity=Severity.INFO,
            code="minimum_without_window",
            rule_id=rule.id,
            title=_("%(rule)s counts over all time") % {"rule": quoted(rule.name)},
            text=_("%(times)s times in ten years is as good as %(times)s times in a week.")
            % {"times": number(least)},
            mend=_("Add a window, such as 30 days."),
        )
    if days is not None and rule.decay == Decay.LINEAR and (rule.decay_days or 0) < days:
        yield Finding(
            severity=Severity.INFO,
            code="window_beyond_fading",
            rule_id=rule.id,
            title=_("The window of %(rule)s never matters") % {"rule": quoted(rule.name)},
            text=_("Points are gone after %(fading)s, the window ends after %(window)s.")
            % {"fading": write_days(rule.decay_days or 0), "window": write_days(days)},
            mend=_("Leave the window empty, or let the points fade more slowly."),
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
            title=_("%(rule)s fills its group alone") % {"rule": quoted(rule.name)},
            text=_(
                "%(group)s gives at most %(cap)s, a single match of this rule"
                " is worth %(least)s: the rest of the group adds nothing."
            )
            % {"group": quoted(group.name), "cap": number(group.cap), "least": number(least)},
            mend=_("Raise the cap of the group above %(least)s, or move the rule out of it.")
            % {"least": number(least)},
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
