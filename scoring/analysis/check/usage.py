"""How rules, caps and bounds work out on the leads there are."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadapp.numbers import write_number
from leadapp.words import count_leads
from scoring.analysis.check.findings import Finding, Severity
from scoring.analysis.check.reach import uncapped
from scoring.analysis.check.sample import Sample
from scoring.analysis.check.subject import Subject
from scoring.analysis.check.words import number, quoted, share
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
    if sample.is_whole:
        return count_leads(sample.leads)
    return ngettext(
        "%(leads)s lead picked at random out of %(total)s",
        "%(leads)s leads picked at random out of %(total)s",
        sample.leads,
    ) % {"leads": write_number(sample.leads), "total": write_number(sample.leads_total)}


def _matching(subject: Subject, sample: Sample, rule: Rule) -> Iterator[Finding]:
    use = sample.uses[rule.id]
    matched, given = use.matched.bit_count(), use.given.bit_count()
    if not matched:
        yield Finding(
            severity=Severity.WARN,
            code="never_matches",
            rule_id=rule.id,
            title=_("%(rule)s never matches") % {"rule": quoted(rule.name)},
            text=_why_never(subject, sample, rule),
            mend=_mend_never(sample, rule),
        )
    elif not given and not rule.is_fit:
        yield Finding(
            severity=Severity.INFO,
            code="all_faded",
            rule_id=rule.id,
            title=_("%(rule)s gives nobody anything now") % {"rule": quoted(rule.name)},
            text=_("It matches %(matched)s of %(sample)s, but all its points have faded.")
            % {"matched": write_number(matched), "sample": looked_at(sample)},
            mend=_("Let it fade more slowly if the interest lasts longer."),
        )
    elif rule.conditions and matched >= EVERYBODY * sample.leads:
        yield Finding(
            severity=Severity.INFO,
            code="matches_everybody",
            rule_id=rule.id,
            title=_("%(rule)s matches nearly everybody") % {"rule": quoted(rule.name)},
            text=_("It holds for %(matched)s of %(sample)s: it moves all scores and sets nobody apart.")
            % {"matched": share(matched, sample.leads), "sample": looked_at(sample)},
            mend=_("Narrow it down, or move its points into the threshold."),
        )


def _why_never(subject: Subject, sample: Sample, rule: Rule) -> str:
    leads = looked_at(sample)
    if rule.is_fit:
        return _("Of %(leads)s it holds for none.") % {"leads": leads}
    activities, touched = sample.activities_of(rule), sample.uses[rule.id].touched
    if touched:
        return _too_seldom(rule, touched, leads)
    types = subject.say_types(rule)
    if not activities:
        return _("Among the %(activity_count)s activities of %(leads)s there is no %(types)s.") % {
            "activity_count": write_number(sample.activity_count),
            "leads": leads,
            "types": types,
        }
    return _(
        "None of the %(activities)s activities %(types)s of %(leads)s fits its conditions and window."
    ) % {"activities": write_number(activities), "types": types, "leads": leads}


def _too_seldom(rule: Rule, touched: int, leads: str) -> str:
    facts = {
        "leads": leads,
        "touched": write_number(touched),
        "times": write_number(rule.min_occurrences),
        "days": write_number(rule.window_days or 0),
    }
    if not rule.window_days:
        return (
            ngettext(
                "Of %(leads)s, %(touched)s has such activities, but none %(times)s times.",
                "Of %(leads)s, %(touched)s have such activities, but none %(times)s times.",
                touched,
            )
            % facts
        )
    return (
        ngettext(
            "Of %(leads)s, %(touched)s has such activities, but none %(times)s times within %(days)s days.",
            "Of %(leads)s, %(touched)s have such activities, but none %(times)s times within %(days)s days.",
            touched,
        )
        % facts
    )


def _mend_never(sample: Sample, rule: Rule) -> str:
    if rule.is_fit:
        return _("Correct the condition, or delete the rule.")
    if sample.uses[rule.id].touched:
        return _("Ask for fewer occurrences, or widen the window.")
    if not sample.activities_of(rule):
        return _("Have such events sent, choose another activity type, or delete the rule.")
    return _("Correct the conditions or the window, or delete the rule.")


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
        title=_("%(rule)s always hits its cap") % {"rule": quoted(rule.name)},
        text=_(
            "%(at_cap)s of the %(given)s leads that have points of it (%(at_cap_2)s) are"
            " at its %(max_points)s: one match or ten make no difference."
        )
        % {
            "at_cap": write_number(use.at_cap),
            "given": write_number(given),
            "at_cap_2": share(use.at_cap, given),
            "max_points": number(rule.max_points),
        },
        mend=_("Raise the cap, give fewer points a time, or count it once."),
    )


def _groups(subject: Subject, sample: Sample) -> Iterator[Finding]:
    for group in subject.definition.groups:
        held = sample.groups.get(group.id)
        if held and group.cap and held.of >= FEWEST and held.held >= ALWAYS * held.of:
            yield Finding(
                severity=Severity.WARN,
                code="group_cap_always_hit",
                group_id=group.id,
                title=_("%(group)s always hits its cap") % {"group": quoted(group.name)},
                text=_("%(held)s of the %(of)s leads that have points there (%(held_2)s) are at its %(cap)s.")
                % {
                    "held": write_number(held.held),
                    "of": write_number(held.of),
                    "held_2": share(held.held, held.of),
                    "cap": number(group.cap),
                },
                mend=_("Raise the cap of the group, or give fewer points in it."),
            )


def _bounds(subject: Subject, sample: Sample) -> Iterator[Finding]:
    definition = subject.definition
    for dimension, (low, high) in (
        (Dimension.FIT, definition.fit_bounds),
        (Dimension.ENGAGEMENT, definition.engagement_bounds),
    ):
        for end, bound, held, mend in (
            ("upper", high, sample.upper[dimension], _("Raise the bound, or give fewer points.")),
            ("lower", low, sample.lower[dimension], _("Lower the bound, or take fewer points.")),
        ):
            if bound != 0 and held >= TOO_MANY * sample.leads:
                what = dimension.label
                yield Finding(
                    severity=Severity.WARN,
                    code="bound_always_hit",
                    title=_("Most leads are at the %(end)s bound of %(what)s")
                    % {"end": end, "what": what.lower()},
                    text=_(
                        "%(what)s ends at %(bound)s; %(held)s of %(sample)s"
                        " (%(held_2)s) are there, and nothing sets them apart."
                    )
                    % {
                        "what": what,
                        "bound": number(bound),
                        "held": write_number(held),
                        "sample": looked_at(sample),
                        "held_2": share(held, sample.leads),
                    },
                    mend=mend,
                )


def _floor(sample: Sample) -> Iterator[Finding]:
    if sample.floored >= TOO_MANY * sample.leads:
        yield Finding(
            severity=Severity.WARN,
            code="fit_floors",
            title=_("Negative fit holds most leads at zero"),
            text=_(
                "Of %(sample)s, %(floored)s (%(floored_2)s) have"
                " so little fit that engagement cannot lift them above zero."
            )
            % {
                "sample": looked_at(sample),
                "floored": write_number(sample.floored),
                "floored_2": share(sample.floored, sample.leads),
            },
            mend=_("Take fewer points away, or raise the lower bound of fit."),
        )
