"""Sums that cannot be: thresholds, bands, grades, bounds and group caps that no lead can reach."""

from collections.abc import Iterator
from math import inf

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
            title="The note is missing",
            text=f"Nobody can tell from the history why v{version.number} exists.",
            mend="Say in a sentence why. You are asked for it when you publish.",
        )


def _threshold(subject: Subject, total: Total) -> Iterator[Finding]:
    threshold = subject.version.threshold
    if total.score.high < threshold:
        yield Finding(
            severity=Severity.BAD,
            code="threshold_out_of_reach",
            title="No lead can ever be ready for sales",
            text=f"Sales gets a lead from {number(threshold)} points on. {_at_most(total)}",
            mend="Lower the threshold, raise points and caps, or switch more rules on.",
        )
    elif total.score.low >= threshold:
        yield Finding(
            severity=Severity.WARN,
            code="threshold_always_reached",
            title="Every lead is ready for sales",
            text=f"Nobody can have less than {number(total.score.low)} points; sales gets a lead"
            f" from {number(threshold)} on.",
            mend="Raise the threshold.",
        )


def _at_most(total: Total) -> str:
    fit, engagement = (total.bounded[dimension].high for dimension in Dimension)
    return (
        f"Fit gives at most {number(fit)} and engagement at most {number(engagement)},"
        f" {number(total.score.high)} together."
    )


def _bands(subject: Subject, total: Total) -> Iterator[Finding]:
    version = subject.version
    for band, start in (("warm", version.warm_from), ("hot", version.hot_from)):
        if total.score.high < start:
            yield Finding(
                severity=Severity.WARN,
                code=f"{band}_out_of_reach",
                title=f"No lead can ever be {band}",
                text=f"A lead is {band} from {number(start)} points on. {_at_most(total)}",
                mend=f"Lower the band to {number(total.score.high)} or less, or raise points and caps.",
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
                    title=f"No lead can ever have {what.lower()} {letter}",
                    text=f"{what} {letter} begins at {number(start)}; {what.lower()} gives at most"
                    f" {number(reach.high)}.",
                    mend=f"Let {letter} begin at {number(reach.high)} or less, or raise points and caps.",
                )
        if reach.low >= starts[-1]:
            yield Finding(
                severity=Severity.INFO,
                code="grade_never_given",
                title=f"No lead can ever have {what.lower()} {letters[-1]}",
                text=f"{what} is never below {number(reach.low)},"
                f" and {letters[-1]} ends at {number(starts[-1])}.",
                mend="Raise where the grades begin.",
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
                title=f"The group {quoted(group.name)} has no rules",
                text="No rule that is switched on belongs to it.",
                mend="Delete the group, or move rules into it.",
            )
        elif group.cap is not None and most < group.cap:
            yield Finding(
                severity=Severity.INFO,
                code="group_cap_out_of_reach",
                group_id=group.id,
                title=f"{quoted(group.name)} cannot reach its cap",
                text=f"The cap is {number(group.cap)}, its rules give at most {number(most)}.",
                mend="Take the cap away, or lower it to where it holds something back.",
            )


def _bounds(subject: Subject, total: Total) -> Iterator[Finding]:
    definition = subject.definition
    for dimension, (_, high) in (
        (Dimension.FIT, definition.fit_bounds),
        (Dimension.ENGAGEMENT, definition.engagement_bounds),
    ):
        most = total.sums[dimension].high
        if 0 < most < high and most != inf:
            what = dimension.label
            yield Finding(
                severity=Severity.INFO,
                code="bound_out_of_reach",
                title=f"{what} cannot reach its upper bound",
                text=f"The bound is {number(high)}, the rules give at most {amount(most)}.",
                mend=f"Lower the bound to {number(most)}, so that grades and scales mean what they say.",
            )
