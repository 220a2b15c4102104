"""Sums that cannot be: thresholds, bands, grades, bounds and group caps that no lead can reach."""

from collections.abc import Iterator
from math import inf

from django.utils.translation import gettext as _

from scoring.analysis.check.findings import NO_NOTE, Finding, Severity
from scoring.analysis.check.reach import Total, reach_of_rules, reach_of_total
from scoring.analysis.check.subject import Subject
from scoring.analysis.check.words import amount, number, quoted
from scoring.models import Dimension


def findings_of_sums(subject: Subject) -> Iterator[Finding]:
    """Yield what is to be said of a version as a whole."""
    yield from _note(subject)
    total = reach_of_total(subject.definition)
    yield from _threshold(subject, total)
    yield from _bands(subject, total)
    yield from _grades(subject, total)
    yield from _groups(subject)
    yield from _bounds(subject, total)


def _note(subject: Subject) -> Iterator[Finding]:
    version = subject.version
    if version.is_draft and not version.note.strip():
        yield Finding(
            severity=Severity.BAD,
            code=NO_NOTE,
            title=_("The note is missing"),
            text=_("Nobody can tell from the history why v%(number)s exists.") % {"number": version.number},
            mend=_("Say in a sentence why. You are asked for it when you publish."),
        )


def _threshold(subject: Subject, total: Total) -> Iterator[Finding]:
    threshold = subject.version.threshold
    if total.score.high < threshold:
        yield Finding(
            severity=Severity.BAD,
            code="threshold_out_of_reach",
            title=_("No lead can ever be ready for sales"),
            text=_("Sales gets a lead from %(threshold)s points on. %(total)s")
            % {"threshold": number(threshold), "total": _at_most(total)},
            mend=_("Lower the threshold, raise points and caps, or switch more rules on."),
        )
    elif total.score.low >= threshold:
        yield Finding(
            severity=Severity.WARN,
            code="threshold_always_reached",
            title=_("Every lead is ready for sales"),
            text=_("Nobody can have less than %(low)s points; sales gets a lead from %(threshold)s on.")
            % {"low": number(total.score.low), "threshold": number(threshold)},
            mend=_("Raise the threshold."),
        )


def _at_most(total: Total) -> str:
    fit, engagement = (total.bounded[dimension].high for dimension in Dimension)
    return _("Fit gives at most %(fit)s and engagement at most %(engagement)s, %(high)s together.") % {
        "fit": number(fit),
        "engagement": number(engagement),
        "high": number(total.score.high),
    }


def _bands(subject: Subject, total: Total) -> Iterator[Finding]:
    version = subject.version
    for band, start in (("warm", version.warm_from), ("hot", version.hot_from)):
        if total.score.high < start:
            yield Finding(
                severity=Severity.WARN,
                code=f"{band}_out_of_reach",
                title=_("No lead can ever be %(band)s") % {"band": band},
                text=_("A lead is %(band)s from %(start)s points on. %(total)s")
                % {"band": band, "start": number(start), "total": _at_most(total)},
                mend=_("Lower the band to %(high)s or less, or raise points and caps.")
                % {"high": number(total.score.high)},
            )


def _grades(subject: Subject, total: Total) -> Iterator[Finding]:
    definition = subject.definition
    for dimension, letters, starts in (
        (Dimension.FIT, "ABCD", definition.fit_grades),
        (Dimension.ENGAGEMENT, "1234", definition.engagement_grades),
    ):
        reach, what = total.bounded[dimension], dimension.label
        for letter, start in zip(letters, starts, strict=False):
            if reach.high < start:
                yield Finding(
                    severity=Severity.WARN,
                    code="grade_out_of_reach",
                    title=_("No lead can ever have %(what)s %(letter)s")
                    % {"what": what.lower(), "letter": letter},
                    text=_("%(what)s %(letter)s begins at %(start)s; %(what_2)s gives at most %(high)s.")
                    % {
                        "what": what,
                        "letter": letter,
                        "start": number(start),
                        "what_2": what.lower(),
                        "high": number(reach.high),
                    },
                    mend=_("Let %(letter)s begin at %(high)s or less, or raise points and caps.")
                    % {"letter": letter, "high": number(reach.high)},
                )
        if reach.low >= starts[-1]:
            yield Finding(
                severity=Severity.INFO,
                code="grade_never_given",
                title=_("No lead can ever have %(what)s %(letters)s")
                % {"what": what.lower(), "letters": letters[-1]},
                text=_("%(what)s is never below %(low)s, and %(letters)s ends at %(starts)s.")
                % {
                    "what": what,
                    "low": number(reach.low),
                    "letters": letters[-1],
                    "starts": number(starts[-1]),
                },
                mend=_("Raise where the grades begin."),
            )


def _groups(subject: Subject) -> Iterator[Finding]:
    for group in subject.definition.groups:
        members = [
            rule
            for rule in subject.definition.rules
            if rule.group_id == group.id and rule.dimension == group.dimension
        ]
        most = reach_of_rules(members).furthest
        if not members:
            yield Finding(
                severity=Severity.INFO,
                code="group_empty",
                group_id=group.id,
                title=_("The group %(group)s has no rules") % {"group": quoted(group.name)},
                text=_("No rule that is switched on belongs to it."),
                mend=_("Delete the group, or move rules into it."),
            )
        elif group.cap is not None and most < group.cap:
            yield Finding(
                severity=Severity.INFO,
                code="group_cap_out_of_reach",
                group_id=group.id,
                title=_("%(group)s cannot reach its cap") % {"group": quoted(group.name)},
                text=_("The cap is %(cap)s, its rules give at most %(most)s.")
                % {"cap": number(group.cap), "most": number(most)},
                mend=_("Take the cap away, or lower it to where it holds something back."),
            )


def _bounds(subject: Subject, total: Total) -> Iterator[Finding]:
    definition = subject.definition
    for dimension, (_low, high) in (
        (Dimension.FIT, definition.fit_bounds),
        (Dimension.ENGAGEMENT, definition.engagement_bounds),
    ):
        most = total.sums[dimension].high
        if 0 < most < high and most != inf:
            what = dimension.label
            yield Finding(
                severity=Severity.INFO,
                code="bound_out_of_reach",
                title=_("%(what)s cannot reach its upper bound") % {"what": what},
                text=_("The bound is %(high)s, the rules give at most %(most)s.")
                % {"high": number(high), "most": amount(most)},
                mend=_("Lower the bound to %(most)s, so that grades and scales mean what they say.")
                % {"most": number(most)},
            )
