"""What differs between two versions, in plain sentences: "Pricing page view: 5 → 8 points, cap 20 → 30"."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.numbers import write_number
from leadapp.shipped import shown
from leadapp.words import lower_first
from scoring.analysis.rule_changes import Piece, pair_rules, pieces_of, say_order
from scoring.models import Dimension, RuleGroup, ScoringModelVersion, ScoringRule
from scoring.sentences import MINUS, read_rules, say_how, say_points, say_what

NEW, CHANGED, REMOVED = "new", "changed", "removed"
# What a version says beside its rules and groups: the text around the number.
NUMBERS = (
    ("fit_min", gettext_lazy("Fit"), gettext_lazy("at least")),
    ("fit_max", gettext_lazy("Fit"), gettext_lazy("at most")),
    ("engagement_min", gettext_lazy("Engagement"), gettext_lazy("at least")),
    ("engagement_max", gettext_lazy("Engagement"), gettext_lazy("at most")),
    ("fit_a", gettext_lazy("Fit A"), gettext_lazy("from")),
    ("fit_b", gettext_lazy("Fit B"), gettext_lazy("from")),
    ("fit_c", gettext_lazy("Fit C"), gettext_lazy("from")),
    ("engagement_1", gettext_lazy("Engagement 1"), gettext_lazy("from")),
    ("engagement_2", gettext_lazy("Engagement 2"), gettext_lazy("from")),
    ("engagement_3", gettext_lazy("Engagement 3"), gettext_lazy("from")),
    ("hot_from", gettext_lazy("Hot"), gettext_lazy("from")),
    ("warm_from", gettext_lazy("Warm"), gettext_lazy("from")),
    ("threshold", gettext_lazy("Ready for sales"), gettext_lazy("from")),
)

Pair = tuple[ScoringRule, ScoringRule]


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing that differs: a rule with all that was changed about it, a group, a bound or a band.

    `kind` is "new", "changed" or "removed"; `before` and `after` are the short texts of what differs, empty
    where there is nothing; `text` is the whole sentence.
    """

    kind: str
    what: str
    before: str = ""
    after: str = ""
    text: str
    rule_before_id: int | None = None
    rule_after_id: int | None = None
    is_rule: bool = False


@dataclass(frozen=True)
class Difference:
    """All that differs: rules in the order of the newer version, then groups, bounds and bands."""

    changes: tuple[Change, ...]

    @property
    def is_empty(self) -> bool:
        """Tell whether both say the same."""
        return not self.changes

    @property
    def rules(self) -> tuple[Change, ...]:
        """Return the changes of rules only."""
        return tuple(change for change in self.changes if change.is_rule)


def compare(before: ScoringModelVersion, after: ScoringModelVersion) -> Difference:
    """Say what differs between two versions, of one model or of two. Eight queries.

    A rule is the same if it has the same name, else if it says the same (then it was renamed). Notes, dates
    and people are not compared.
    """
    rules_before, rules_after = read_rules(before), read_rules(after)
    pairs, removed = pair_rules(rules_before, rules_after)
    groups_before, groups_after = _groups(before), _groups(after)
    same_group = _pair_groups(groups_before, groups_after, pairs)
    by_after = {rule_after.pk: rule_before for rule_before, rule_after in pairs}
    changes = [
        *(_changed_or_new(by_after.get(rule.pk), rule, same_group) for rule in rules_after),
        *(_removed_rule(rule) for rule in removed),
        *_order_changes(pairs, rules_before, rules_after, groups_after, same_group),
        *_group_changes(groups_before, groups_after, same_group),
        *_number_changes(before, after),
    ]
    return Difference(tuple(change for change in changes if change is not None))


def _groups(version: ScoringModelVersion) -> dict[int, RuleGroup]:
    return {group.pk: group for group in version.groups.order_by("dimension", "position", "name", "id")}


def _changed_or_new(
    before: ScoringRule | None, after: ScoringRule, same_group: Mapping[int, int]
) -> Change | None:
    if before is None:
        return Change(
            kind=NEW,
            what=shown(after.name),
            after=_whole(after),
            text=_("New rule “%(rule)s”: %(says)s") % {"rule": shown(after.name), "says": _whole(after)},
            rule_after_id=after.pk,
            is_rule=True,
        )
    pieces = pieces_of(before, after, same_group)
    if not pieces:
        return None
    return Change(
        kind=CHANGED,
        what=shown(after.name),
        before=_join([piece.before for piece in pieces]),
        after=_join([piece.after for piece in pieces]),
        text=f"{shown(after.name)}: {_sentence(pieces)}",
        rule_before_id=before.pk,
        rule_after_id=after.pk,
        is_rule=True,
    )


def _removed_rule(rule: ScoringRule) -> Change:
    return Change(
        kind=REMOVED,
        what=shown(rule.name),
        before=_whole(rule),
        text=_("Rule “%(rule)s” removed: %(says)s") % {"rule": shown(rule.name), "says": _whole(rule)},
        rule_before_id=rule.pk,
        is_rule=True,
    )


def _whole(rule: ScoringRule) -> str:
    """Write a whole rule: "+10 points, Page view where …, every time, at most 20, never fades"."""
    pieces = [_("%(points)s points") % {"points": say_points(rule.points)}, say_what(rule), *say_how(rule)]
    if rule.group:
        pieces.append(_("in the group “%(group)s”") % {"group": shown(rule.group.name)})
    if not rule.is_active:
        pieces.append(_("switched off"))
    return ", ".join(pieces)


def _sentence(pieces: Sequence[Piece]) -> str:
    """Join pieces with commas; those that hold commas themselves come last, after semicolons."""
    plain = ", ".join(piece.text for piece in pieces if not piece.is_long)
    return "; ".join([*([plain] if plain else []), *(piece.text for piece in pieces if piece.is_long)])


def _join(texts: Iterable[str]) -> str:
    return ", ".join(text for text in texts if text)


def _pair_groups(
    before: Mapping[int, RuleGroup], after: Mapping[int, RuleGroup], pairs: Sequence[Pair]
) -> dict[int, int]:
    """Return which group after is which one before: by name, else by the rules that are in both."""
    names = {(group.dimension, group.name): pk for pk, group in after.items()}
    same = {
        pk: names[group.dimension, group.name]
        for pk, group in before.items()
        if (group.dimension, group.name) in names
    }
    shared = Counter((old.group_id, new.group_id) for old, new in pairs if old.group_id and new.group_id)
    members = Counter(old.group_id for old, _ in pairs)
    # Most rules in common first; then in their order, in which a Counter keeps them.
    for (old_id, new_id), count in shared.most_common():
        is_free = old_id not in same and new_id not in same.values()
        if is_free and count * 2 >= members[old_id]:
            same[old_id] = new_id
    return same


def _group_changes(
    before: Mapping[int, RuleGroup], after: Mapping[int, RuleGroup], same: Mapping[int, int]
) -> Iterable[Change]:
    known = {new: before[old] for old, new in same.items()}
    for pk, group in after.items():
        if pk not in known:
            cap = _cap(group)
            text = _("New group “%(group)s” for %(dimension)s rules, %(cap)s") % {
                "group": shown(group.name),
                "dimension": _half(group.dimension),
                "cap": cap,
            }
            yield Change(kind=NEW, what=shown(group.name), after=cap, text=text)
        elif pieces := list(_group_pieces(known[pk], group)):
            yield Change(
                kind=CHANGED,
                what=shown(group.name),
                before=_join(piece.before for piece in pieces),
                after=_join(piece.after for piece in pieces),
                text=_("Group “%(group)s”: %(pieces)s")
                % {"group": shown(group.name), "pieces": _sentence(pieces)},
            )
    for pk, group in before.items():
        if pk not in same:
            cap = _cap(group)
            text = _("Group “%(group)s” removed, %(cap)s before") % {"group": shown(group.name), "cap": cap}
            yield Change(kind=REMOVED, what=shown(group.name), before=cap, text=text)
    yield from _group_order(before, after, same)


def _group_pieces(before: RuleGroup, after: RuleGroup) -> Iterable[Piece]:
    if before.name != after.name:
        yield Piece(_("renamed from “%(before)s”") % {"before": before.name}, before.name, after.name)
    if before.cap != after.cap:
        text = f"{_cap(before)} → {_cap(after)}"
        if before.cap is not None and after.cap is not None:
            caps = {"old": write_number(before.cap), "new": write_number(after.cap)}
            text = _("cap %(old)s → %(new)s") % caps
        yield Piece(text, _cap(before), _cap(after))


def _group_order(
    before: Mapping[int, RuleGroup], after: Mapping[int, RuleGroup], same: Mapping[int, int]
) -> Iterable[Change]:
    for dimension in Dimension:
        earlier = [
            same[pk] for pk, group in before.items() if pk in same and group.dimension == dimension.value
        ]
        later = [pk for pk in after if pk in earlier]
        if text := say_order(earlier, later, {pk: shown(group.name) for pk, group in after.items()}):
            what = _("Order of the %(dimension)s groups") % {"dimension": _half(dimension)}
            yield Change(kind=CHANGED, what=what, after=text, text=f"{what}: {text}")


def _order_changes(
    pairs: Sequence[Pair],
    rules_before: Sequence[ScoringRule],
    rules_after: Sequence[ScoringRule],
    groups: Mapping[int, RuleGroup],
    same_group: Mapping[int, int],
) -> Iterable[Change]:
    """Yield per group what stands elsewhere now. An order changes no score."""
    stayed = {
        old.pk: new
        for old, new in pairs
        if (same_group.get(old.group_id, 0) if old.group_id else None) == new.group_id
    }
    names = {rule.pk: shown(rule.name) for rule in rules_after}
    places = dict.fromkeys((rule.dimension, rule.group_id) for rule in rules_after)
    for place in places:
        earlier = [
            stayed[rule.pk].pk
            for rule in rules_before
            if rule.pk in stayed and (rule.dimension, stayed[rule.pk].group_id) == place
        ]
        later = [rule.pk for rule in rules_after if rule.pk in set(earlier)]
        if text := say_order(earlier, later, names):
            dimension, group_id = place
            what = (
                _("Order in “%(group)s”") % {"group": shown(groups[group_id].name)}
                if group_id
                else _("Order of %(dimension)s rules without a group") % {"dimension": _half(dimension)}
            )
            yield Change(kind=CHANGED, what=what, after=text, text=f"{what}: {text}")


def _number_changes(before: ScoringModelVersion, after: ScoringModelVersion) -> Iterable[Change]:
    for name, what, how in NUMBERS:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield Change(
                kind=CHANGED,
                what=str(what),
                before=f"{how} {_number(old)}",
                after=f"{how} {_number(new)}",
                text=_("%(what)s: %(how)s %(old)s → %(new)s points")
                % {"what": what, "how": how, "old": _number(old), "new": _number(new)},
            )


def _half(dimension: str) -> str:
    return lower_first(str(Dimension(dimension).label))


def _cap(group: RuleGroup) -> str:
    return _("no cap") if group.cap is None else _("cap %(cap)s") % {"cap": write_number(group.cap)}


def _number(value: int) -> str:
    return f"{MINUS if value < 0 else ''}{write_number(abs(value))}"
