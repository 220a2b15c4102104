"""What is compared: the live version, the draft, and the live version with one change each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from scoring.analysis.diff import Change, compare
from scoring.engine.definition import Definition, Group, Rule, read_definition
from scoring.models import ScoringModelVersion

# Of more changes, each by itself would keep people waiting; those of most points come first.
MOST_CHANGES = 12
# Every piece of a run needs the changes, which take as long to tell as a thousand leads to score: those of
# the last run are kept, by what `seen` says of both versions.
_taken_apart: dict[str, tuple["Side", ...]] = {}


@dataclass(frozen=True)
class Side:
    """A way to score all leads, and from where on they are ready for sales."""

    definition: Definition
    threshold: int
    name: str = ""
    text: str = ""


@dataclass(frozen=True)
class Sides:
    """The live version, the draft, and each change by itself; the rest of the changes is left out."""

    before: Side
    after: Side
    alone: tuple[Side, ...]
    left_out: int
    # Which versions these are, and whether they are live, drafts or retired.
    states: tuple[str, ...]

    @property
    def all(self) -> tuple[Side, ...]:
        """Return what has to be scored, the live version first and the draft second."""
        return (self.before, self.after, *(() if self.is_single else self.alone))

    @property
    def is_single(self) -> bool:
        """Tell whether there is one change only, which does what the draft does."""
        return len(self.alone) == 1

    @property
    def seen(self) -> str:
        """Return a mark of everything that decides the outcome, to notice an edit by."""
        said = repr([(side.definition, side.threshold) for side in (self.before, self.after)])
        said += repr(self.states)
        return sha256(said.encode()).hexdigest()[:20]


def read_sides(before: ScoringModelVersion | None, draft: ScoringModelVersion) -> Sides:
    """Read both versions, and take them apart."""
    after = Side(read_definition(draft), draft.threshold)
    if before is None:
        # Nothing gave points so far.
        nothing = replace(after.definition, rules=(), groups=(), fit_bounds=(0, 0), engagement_bounds=(0, 0))
        return Sides(Side(nothing, draft.threshold), after, (), 0, (str(draft.state),))
    live = Side(read_definition(before), before.threshold)
    whole = Sides(live, after, (), 0, (str(before.state), str(draft.state)))
    alone = _taken_apart.get(whole.seen)
    if alone is None:
        alone = tuple(_alone(live, after, compare(before, draft).changes))
        alone = tuple(sorted(alone, key=lambda side: -_weight(live.definition, side.definition)))
        _taken_apart.clear()
        _taken_apart[whole.seen] = alone
    return replace(whole, alone=alone[:MOST_CHANGES], left_out=max(0, len(alone) - MOST_CHANGES))


def _alone(live: Side, after: Side, changes: Iterable[Change]) -> Iterable[Side]:
    """Yield the live version with each changed rule by itself, then with all that is not in a rule."""
    old = {rule.id: rule for rule in live.definition.rules}
    new = {rule.id: rule for rule in after.definition.rules}
    rest = []
    for change in changes:
        if not change.is_rule:
            rest.append(change)
            continue
        definition = _with_rule(
            live.definition,
            after.definition,
            old.get(change.rule_before_id or 0),
            new.get(change.rule_after_id or 0),
        )
        if definition != live.definition:  # neither renamed nor switched off in both
            yield replace(live, definition=definition, name=change.what, text=change.text)
    definition = _with_limits(live.definition, after.definition)
    if rest and (definition, live.threshold) != (live.definition, after.threshold):
        texts = "; ".join(change.text for change in rest)
        yield Side(definition, after.threshold, "Bounds, bands and groups", texts)


def _with_rule(live: Definition, after: Definition, old: Rule | None, new: Rule | None) -> Definition:
    """Put the new rule in the place of the old one; a group that is not there yet comes with it."""
    if old is None and new is None:
        return live
    groups, put = live.groups, new
    if new is not None:
        group = _same_group(live.groups, after.groups, new.group_id)
        if group is not None and group not in groups:
            groups = (*groups, group)
        put = replace(new, id=old.id if old else new.id, group_id=group.id if group else None)
        put = replace(put, name=old.name) if old else put
    if old is None:
        rules = (*live.rules, put) if put else live.rules
    else:
        kept = (put if rule.id == old.id else rule for rule in live.rules)
        rules = tuple(rule for rule in kept if rule is not None)
    return replace(live, rules=rules, groups=groups)


def _same_group(live: Sequence[Group], after: Sequence[Group], group_id: int | None) -> Group | None:
    group = next((group for group in after if group.id == group_id), None)
    if group is None:
        return None
    known = (old for old in live if (old.dimension, old.name) == (group.dimension, group.name))
    return next(known, group)


def _with_limits(live: Definition, after: Definition) -> Definition:
    """Give the live version the bounds, bands and caps of groups that the draft has."""
    caps = {(group.dimension, group.name): group.cap for group in after.groups}
    groups = tuple(
        replace(group, cap=caps.get((group.dimension, group.name), group.cap)) for group in live.groups
    )
    return replace(after, rules=live.rules, groups=groups)


def _weight(live: Definition, changed: Definition) -> int:
    """Return how many points the rules that differ give, to know which changes to look at first."""
    rules = [rule for rule in changed.rules if rule not in live.rules]
    rules += [rule for rule in live.rules if rule not in changed.rules]
    return max((abs(rule.points) for rule in rules), default=0)
