"""What was changed about single rules: which rule is which, and the pieces of the sentence."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from leadapp.models import Match, Operator
from leadapp.numbers import write_number
from leadapp.shipped import shown
from leadapp.words import quote
from scoring.models import Counting, Decay, ScoringRule
from scoring.rules import ConditionFacts, RuleFacts, facts_of
from scoring.sentences import MINUS, say_condition, say_field, say_value

# Of more values, and more rules that stand elsewhere, only the number is said.
MOST_NAMED, MOST_MOVED = 12, 3
_SETS = {Operator.IN.value, Operator.NOT_IN.value, Operator.MATCHES_LIST.value}

Key = Callable[[ScoringRule], Hashable]


@dataclass(frozen=True)
class Piece:
    """One thing that differs about a rule; a long one holds commas of its own."""

    text: str
    before: str = ""
    after: str = ""
    is_long: bool = False


def pair_rules(
    before: Sequence[ScoringRule], after: Sequence[ScoringRule]
) -> tuple[list[tuple[ScoringRule, ScoringRule]], list[ScoringRule]]:
    """Return the rules that are the same, and those that were removed; all others are new.

    The same name tells; then the same content, wherever a single rule has it; then the same conditions and
    activities. A rule never changes from fit to engagement.
    """
    pairs: list[tuple[ScoringRule, ScoringRule]] = []
    removed, new = list(before), list(after)
    keys: tuple[Key, ...] = (lambda rule: (rule.dimension, rule.name), _content, _meaning)
    for key in keys:
        found = _pair_by(key, removed, new)
        pairs += found
        gone = {rule.pk for pair in found for rule in pair}
        removed = [rule for rule in removed if rule.pk not in gone]
        new = [rule for rule in new if rule.pk not in gone]
    return pairs, removed


def pieces_of(before: ScoringRule, after: ScoringRule, same_group: Mapping[int, int]) -> list[Piece]:
    """Return what differs about a rule; `same_group` tells which group after is which one before."""
    old, new = facts_of(before), facts_of(after)
    pieces: list[Piece] = []
    if old.name != new.name:
        pieces.append(Piece(_("renamed from “%(old)s”") % {"old": shown(old.name)}, old.name, new.name))
    if old.is_active != new.is_active:
        words = {True: _("switched on"), False: _("switched off")}
        pieces.append(Piece(words[new.is_active], words[old.is_active], words[new.is_active]))
    if old.points != new.points:
        low, high = _number(old.points), _number(new.points)
        pieces.append(
            Piece(
                _("%(low)s → %(high)s points") % {"low": low, "high": high},
                _("%(low)s points") % {"low": low},
                _("%(high)s points") % {"high": high},
            )
        )
    pieces += _limits(old, new)
    # A group that is gone is another one than none.
    if (same_group.get(before.group_id, 0) if before.group_id else None) != after.group_id:
        pieces.append(_moved(old.group, new.group))
    pieces += _types(before, after)
    pieces += _conditions(old, new)
    return pieces


def say_order(before: Sequence[int], after: Sequence[int], names: Mapping[int, str]) -> str:
    """Say which of the same things stand elsewhere now; nothing if the order is the same."""
    stayed = _in_order(after, {each: index for index, each in enumerate(before)})
    moved = [each for each in after if each not in stayed]
    if not moved:
        return ""
    if len(moved) > MOST_MOVED:
        return _("%(count)s stand elsewhere now") % {"count": len(moved)}
    return ", ".join(_stands(each, after, names) for each in moved)


def _stands(each: int, after: Sequence[int], names: Mapping[int, str]) -> str:
    index = after.index(each)
    if not index:
        return _("“%(name)s” now first") % {"name": names[each]}
    return _("“%(name)s” now after “%(other)s”") % {"name": names[each], "other": names[after[index - 1]]}


def _in_order(after: Sequence[int], place: Mapping[int, int]) -> set[int]:
    """Return the most things that are still in their order (the longest increasing subsequence)."""
    ends: list[int] = []
    chains: list[list[int]] = []
    for each in after:
        at = bisect_left(ends, place[each])
        chain = [*(chains[at - 1] if at else []), each]
        ends[at : at + 1], chains[at : at + 1] = [place[each]], [chain]
    return set(chains[-1]) if chains else set()


def _pair_by(
    key: Key, before: Iterable[ScoringRule], after: Iterable[ScoringRule]
) -> list[tuple[ScoringRule, ScoringRule]]:
    """Pair rules whose key no other rule of either version has."""
    old, new = _by(key, before), _by(key, after)
    return [
        (old[each][0], new[each][0]) for each in old if len(old[each]) == 1 and len(new.get(each, ())) == 1
    ]


def _by(key: Key, rules: Iterable[ScoringRule]) -> dict[Hashable, list[ScoringRule]]:
    found: dict[Hashable, list[ScoringRule]] = defaultdict(list)
    for rule in rules:
        found[key(rule)].append(rule)
    return found


def _content(rule: ScoringRule) -> Hashable:
    facts = replace(facts_of(rule), name="", group="", conditions=())
    return facts, _meaning(rule)


def _meaning(rule: ScoringRule) -> Hashable:
    facts = facts_of(rule)
    conditions = frozenset(Counter(map(_comparable, facts.conditions)).items())
    return facts.dimension, facts.match, facts.activity_types, conditions


def _comparable(condition: ConditionFacts) -> Hashable:
    """Return a condition without the order of its values, where that says nothing."""
    value = condition.value
    if not isinstance(value, list):
        return condition.field, condition.operator, type(value).__name__, value
    if condition.operator in _SETS:
        return condition.field, condition.operator, frozenset(map(_folded, value))
    return condition.field, condition.operator, tuple(value)


def _folded(value: object) -> str:
    return str(value).casefold()


def _limits(old: RuleFacts, new: RuleFacts) -> Iterable[Piece]:
    """Yield what differs about cap, counting, window and fading."""
    if old.max_points != new.max_points:
        yield _or_none(_("cap {}"), _("no cap"), old.max_points, new.max_points)
    if old.counting != new.counting:
        before, after = str(Counting(old.counting).label), str(Counting(new.counting).label)
        yield Piece(
            _("counts %(before)s → %(after)s") % {"before": before, "after": after},
            _("counts %(before)s") % {"before": before},
            _("counts %(after)s") % {"after": after},
        )
    if old.min_occurrences != new.min_occurrences:
        yield _or_none(_("counts from {} times on"), "", old.min_occurrences, new.min_occurrences)
    if old.window_days != new.window_days:
        yield _or_none(_("within {} days"), _("of any age"), old.window_days, new.window_days)
    if (old.decay, old.decay_days) != (new.decay, new.decay_days):
        yield _fading(old, new)


def _or_none(text: str, nothing: str, old: int | None, new: int | None) -> Piece:
    before = nothing if old is None else text.format(write_number(old))
    after = nothing if new is None else text.format(write_number(new))
    if old is not None and new is not None:
        return Piece(text.format(f"{write_number(old)} → {write_number(new)}"), before, after)
    return Piece(f"{before} → {after}", before, after)


def _fading(old: RuleFacts, new: RuleFacts) -> Piece:
    words = {
        Decay.NONE.value: _("never fades"),
        Decay.HALF_LIFE.value: _("halves every {} days"),
        Decay.LINEAR.value: _("fades to zero over {} days"),
    }
    before, after = words[old.decay].format(old.decay_days), words[new.decay].format(new.decay_days)
    if old.decay == new.decay:
        return Piece(words[new.decay].format(f"{old.decay_days} → {new.decay_days}"), before, after)
    return Piece(f"{before} → {after}", before, after)


def _moved(old: str, new: str) -> Piece:
    old, new = shown(old), shown(new)
    if old and new:
        return Piece(
            _("moved from “%(old)s” to “%(new)s”") % {"old": old, "new": new},
            _("in “%(old)s”") % {"old": old},
            _("in “%(new)s”") % {"new": new},
        )
    if new:
        return Piece(
            _("put into “%(new)s”") % {"new": new}, _("in no group"), _("in “%(new)s”") % {"new": new}
        )
    return Piece(
        _("taken out of “%(old)s”") % {"old": old}, _("in “%(old)s”") % {"old": old}, _("in no group")
    )


def _types(before: ScoringRule, after: ScoringRule) -> Iterable[Piece]:
    old = {kind.slug: shown(kind.label) for kind in before.activity_types.all()}
    new = {kind.slug: shown(kind.label) for kind in after.activity_types.all()}
    added = [label for slug, label in new.items() if slug not in old]
    removed = [label for slug, label in old.items() if slug not in new]
    if added:
        names = {"names": ", ".join(added)}
        yield Piece(_("also counts %(names)s") % names, "", _("counts %(names)s") % names, is_long=True)
    if removed:
        names = {"names": ", ".join(removed)}
        yield Piece(_("no longer counts %(names)s") % names, _("counts %(names)s") % names, "", is_long=True)


def _conditions(old: RuleFacts, new: RuleFacts) -> Iterable[Piece]:
    """Yield what differs about the conditions: those of the same field and comparison first."""
    several = max(len(old.conditions), len(new.conditions)) > 1
    if old.match != new.match and several:
        words = {Match.ALL.value: _("all conditions needed"), Match.ANY.value: _("any condition is enough")}
        before, after = words[old.match], words[new.match]
        yield Piece(f"{before} → {after}", before, after)
    same = Counter(map(_comparable, old.conditions)) & Counter(map(_comparable, new.conditions))
    gone, come = _without(old.conditions, same), _without(new.conditions, same)
    # Field and comparison tell which condition became which one; else the field alone.
    for key in (_field_and_operator, _field):
        for left, became in _alike(key, gone, come):
            gone.remove(left)
            come.remove(became)
            yield _condition(left, became)
    for each in come:
        yield Piece(
            _("with the condition “%(each)s”") % {"each": _say(each)}, "", f"“{_say(each)}”", is_long=True
        )
    for each in gone:
        yield Piece(
            _("without the condition “%(each)s”") % {"each": _say(each)}, f"“{_say(each)}”", "", is_long=True
        )


def _without(conditions: Iterable[ConditionFacts], same: Counter[Hashable]) -> list[ConditionFacts]:
    left = Counter(same)
    rest = []
    for each in conditions:
        if left[_comparable(each)]:
            left[_comparable(each)] -= 1
        else:
            rest.append(each)
    return rest


def _field_and_operator(condition: ConditionFacts) -> Hashable:
    return condition.field, condition.operator


def _field(condition: ConditionFacts) -> Hashable:
    return condition.field


def _alike(
    key: Callable[[ConditionFacts], Hashable],
    gone: Sequence[ConditionFacts],
    come: Sequence[ConditionFacts],
) -> list[tuple[ConditionFacts, ConditionFacts]]:
    """Return the conditions that became another one: those whose key is there once before and after."""
    before, after = Counter(map(key, gone)), Counter(map(key, come))
    return [
        (old, new)
        for old in gone
        for new in come
        if key(old) == key(new) and before[key(old)] == after[key(new)] == 1
    ]


def _condition(old: ConditionFacts, new: ConditionFacts) -> Piece:
    before, after = _say(old), _say(new)
    if old.operator != new.operator:
        before, after = quote(before), quote(after)
        return Piece(f"{before} → {after}", before, after, is_long=True)
    if isinstance(old.value, list) and isinstance(new.value, list) and new.operator in _SETS:
        return _values(old, new, old.value, new.value)
    return Piece(f"{before} → {say_value(new.field, new.value)}", before, after, is_long=True)


def _values(
    old: ConditionFacts, new: ConditionFacts, before: Sequence[object], after: Sequence[object]
) -> Piece:
    known, wanted = {_folded(value) for value in before}, {_folded(value) for value in after}
    added = [say_value(new.field, value) for value in after if _folded(value) not in known]
    removed = [say_value(old.field, value) for value in before if _folded(value) not in wanted]
    said = [
        *([_("%(values)s added") % {"values": _some(added)}] if added else []),
        *([_("%(values)s removed") % {"values": _some(removed)}] if removed else []),
    ]
    text = f"{say_field(new.field)} {Operator(new.operator).label}: {', '.join(said)}"
    return Piece(text, _some(removed), _some(added), is_long=True)


def _some(values: Sequence[str]) -> str:
    rest = len(values) - MOST_NAMED
    named = ", ".join(values[:MOST_NAMED])
    return _("%(named)s and %(rest)s more") % {"named": named, "rest": rest} if rest > 0 else named


def _say(condition: ConditionFacts) -> str:
    return say_condition(condition.field, condition.operator, condition.value)


def _number(points: int) -> str:
    return write_number(points) if points >= 0 else f"{MINUS}{write_number(-points)}"
