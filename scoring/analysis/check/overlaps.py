"""Rules that say the same thing twice."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from django.utils.translation import gettext as _

from leadapp.numbers import write_number
from scoring.analysis.check.findings import Finding, Severity
from scoring.analysis.check.sample import Sample
from scoring.analysis.check.subject import Subject
from scoring.analysis.check.usage import FEWEST, looked_at
from scoring.analysis.check.words import quoted, share
from scoring.engine.definition import Rule
from scoring.sentences import say_points

OVERLAP = 0.95
# The larger of two rules that are as good as one has hardly more leads than the smaller.
SAME_SIZE = 0.8
# With what nearly everybody has, every rule overlaps; and with what most have, every rule of other things.
COMMON = 0.9
USUAL = 0.5
MOST = 10


def identical_rules(subject: Subject) -> Iterator[Finding]:
    """Yield pairs of rules that ask for exactly the same."""
    for first, second in _same(subject.definition.rules):
        points = first.points + second.points
        yield Finding(
            severity=Severity.WARN,
            code="identical",
            rule_id=second.id,
            other_rule_id=first.id,
            title=_("%(second)s asks for the same as %(first)s")
            % {"second": quoted(second.name), "first": quoted(first.name)},
            text=_("Whoever matches one matches the other: %(points)s and %(points_2)s make %(points_3)s.")
            % {
                "points": say_points(first.points),
                "points_2": say_points(second.points),
                "points_3": say_points(points),
            },
            mend=_("Keep one rule that gives %(points)s.") % {"points": say_points(points)}
            if points
            else _("Delete both: they cancel each other out."),
        )


def overlapping_rules(subject: Subject, sample: Sample) -> Iterator[Finding]:
    """Yield pairs of one dimension that give, or take, points for the same leads; the closest first."""
    told = {(first.id, second.id) for first, second in _same(subject.definition.rules)}
    found = [
        finding
        for pair in combinations(subject.definition.rules, 2)
        if (pair[0].id, pair[1].id) not in told and (finding := _overlap(subject, sample, *pair)) is not None
    ]
    found.sort(key=lambda item: -item[0])
    yield from (finding for _, finding in found[:MOST])


def _same(rules: Sequence[Rule]) -> list[tuple[Rule, Rule]]:
    """Return the pairs of rules that ask for the same."""
    asks = {rule.id: _asks(rule) for rule in rules}
    return [pair for pair in combinations(rules, 2) if asks[pair[0].id] == asks[pair[1].id]]


def _asks(rule: Rule) -> tuple[object, ...]:
    conditions = sorted(repr(condition) for condition in rule.conditions)
    # With one condition it is the same whether all or any must hold.
    match = rule.match if len(conditions) > 1 else ""
    return (
        rule.dimension,
        rule.type_ids,
        conditions,
        match,
        rule.min_occurrences,
        rule.window_days,
    )


def _overlap(subject: Subject, sample: Sample, first: Rule, second: Rule) -> tuple[float, Finding] | None:
    if first.dimension != second.dimension or (first.points > 0) != (second.points > 0):
        return None
    smaller, larger = sorted((first, second), key=lambda rule: sample.uses[rule.id].matched.bit_count())
    few, many = sample.uses[smaller.id].matched, sample.uses[larger.id].matched
    both = (few & many).bit_count()
    if few.bit_count() < FEWEST or many.bit_count() >= COMMON * sample.leads:
        return None
    if both < OVERLAP * few.bit_count():
        return None
    are_one = few.bit_count() >= SAME_SIZE * many.bit_count()
    capped = _share_a_cap(subject, first, second)
    if not are_one and (capped or not _look_alike(first, second, many.bit_count() / sample.leads)):
        return None
    return both / few.bit_count(), Finding(
        severity=Severity.WARN if are_one and not capped else Severity.INFO,
        code="overlap",
        rule_id=smaller.id,
        other_rule_id=larger.id,
        title=_title(are_one, first.points > 0)
        % {"smaller": quoted(smaller.name), "larger": quoted(larger.name)},
        text=_(
            "%(both)s of the %(few)s leads with the first (%(both_2)s) have"
            " the second too, which %(many)s have in all, of %(sample)s."
        )
        % {
            "both": write_number(both),
            "few": write_number(few.bit_count()),
            "both_2": share(both, few.bit_count()),
            "many": write_number(many.bit_count()),
            "sample": looked_at(sample),
        },
        mend=_("Keep one of them, or put both into a group with a cap.")
        if not capped
        else _("Their group holds them back; keep one of them if they mean the same."),
    )


def _title(are_one: bool, rewards: bool) -> str:
    if not are_one:
        return _("Whoever has %(smaller)s has %(larger)s too")
    if rewards:
        return _("%(smaller)s and %(larger)s reward the same leads")
    return _("%(smaller)s and %(larger)s punish the same leads")


def _look_alike(first: Rule, second: Rule, share_of_larger: float) -> bool:
    """Tell whether it means something that the leads of one rule are among those of another."""
    if share_of_larger <= USUAL or not set(first.type_ids).isdisjoint(second.type_ids):
        return True
    fields = [{key for key, _, _ in rule.conditions} for rule in (first, second)]
    return first.is_fit and not fields[0].isdisjoint(fields[1])


def _share_a_cap(subject: Subject, first: Rule, second: Rule) -> bool:
    group = subject.group_of(first)
    return group is not None and group.cap is not None and group == subject.group_of(second)
