"""Checking whole rules, groups and bands before they are written. Asks no database.

All that is wrong is said at once: `Invalid.errors` names each field, conditions as "conditions[1].value".
Values as programs send them are judged by type: points of "12", 1.5 or true are no whole number.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from django.utils.translation import gettext as _

from leadapp.errors import Invalid
from leadapp.models import Match
from scoring.engine.validation import validate_condition
from scoring.fields import Scope
from scoring.models import Counting, Decay, Dimension, ScoringModelVersion
from scoring.rules import ConditionFacts, GroupFacts, RuleFacts, VersionFacts, names_of

MOST_POINTS = 1000
LARGEST_CAP = 100_000
MOST_DAYS = 3650
MOST_TIMES = 10_000
MOST_CONDITIONS = 50
LARGEST_BOUND = 100_000
LONGEST_NAME, LONGEST_GROUP_NAME, LONGEST_NOTE = 150, 100, 500
# Each must be greater than the next.
ORDERS = (
    ("fit_max", "fit_min"),
    ("engagement_max", "engagement_min"),
    ("fit_a", "fit_b", "fit_c"),
    ("engagement_1", "engagement_2", "engagement_3"),
    ("hot_from", "warm_from"),
)

Errors = dict[str, list[str]]


def clean_rule(facts: RuleFacts) -> RuleFacts:
    """Return the rule in the shape that is stored; raise Invalid naming each field at fault.

    Whether the name is free, and the group and the types exist, only the version's draft can say.
    """
    errors: Errors = {}
    _check_choice(errors, "dimension", facts.dimension, Dimension.values, _("Say fit or engagement."))
    _check_choice(errors, "match", facts.match, Match.values, _("Say all or any."))
    name = _clean_text(errors, "name", facts.name, LONGEST_NAME, _("Give the rule a name."))
    if not _is_whole(facts.points) or not 0 < abs(facts.points) <= MOST_POINTS:
        errors["points"] = [
            _("Give points between −%(most_points)s and %(most_points)s, but not 0.")
            % {"most_points": MOST_POINTS}
        ]
    _check_cap(errors, "max_points", facts.max_points)
    if not isinstance(facts.is_active, bool):
        errors["is_active"] = [_("Say yes or no.")]
    group = _clean_text(errors, "group", facts.group, LONGEST_GROUP_NAME) if facts.group else ""
    decay_days = None if facts.decay == Decay.NONE else facts.decay_days
    cleaned = replace(facts, name=name, group=group, decay_days=decay_days)
    if facts.dimension == Dimension.FIT:
        _check_fit(errors, cleaned)
    elif facts.dimension == Dimension.ENGAGEMENT:
        _check_engagement(errors, cleaned)
    conditions = _clean_conditions(errors, facts)
    if errors:
        raise _invalid(_("The rule was not saved."), errors)
    return replace(cleaned, conditions=conditions, activity_types=tuple(sorted(set(facts.activity_types))))


def clean_group(facts: GroupFacts) -> GroupFacts:
    """Return the group in the shape that is stored; raise Invalid naming each field at fault."""
    errors: Errors = {}
    name = _clean_text(errors, "name", facts.name, LONGEST_GROUP_NAME, _("Give the group a name."))
    _check_choice(errors, "dimension", facts.dimension, Dimension.values, _("Say fit or engagement."))
    _check_cap(errors, "cap", facts.cap)
    if not _is_whole(facts.position) or not 0 <= facts.position <= 30_000:
        errors["position"] = [_("Give a whole number from 0 to 30000.")]
    if errors:
        raise _invalid(_("The group was not saved."), errors)
    return replace(facts, name=name)


def clean_version(facts: VersionFacts) -> VersionFacts:
    """Return note, bounds and bands as they are stored; raise Invalid naming each field at fault."""
    errors: Errors = {}
    note = facts.note.strip() if isinstance(facts.note, str) else ""
    if len(note) > LONGEST_NOTE or "\0" in note:
        errors["note"] = [
            _("Give a text of at most %(longest_note)s characters.") % {"longest_note": LONGEST_NOTE}
        ]
    for name in names_of(VersionFacts):
        value = getattr(facts, name)
        if name != "note" and not (_is_whole(value) and abs(value) <= LARGEST_BOUND):
            errors[name] = [
                _("Give a whole number between −%(largest_bound)s and %(largest_bound)s.")
                % {"largest_bound": LARGEST_BOUND}
            ]
    for order in ORDERS:
        for higher, lower in pairwise(order):
            if not errors.keys() & {higher, lower} and getattr(facts, higher) <= getattr(facts, lower):
                low = getattr(facts, lower)
                errors[higher] = [
                    _("Must be greater than “%(lower)s” (%(low)s).") % {"lower": _label(lower), "low": low}
                ]
    if "warm_from" not in errors and facts.warm_from < 1:
        errors["warm_from"] = [_("Must be 1 or more.")]
    if errors:
        raise _invalid(_("Bounds and bands were not saved."), errors)
    return replace(facts, note=note)


def _clean_conditions(errors: Errors, facts: RuleFacts) -> tuple[ConditionFacts, ...]:
    if len(facts.conditions) > MOST_CONDITIONS:
        errors["conditions"] = [
            _("Give at most %(most_conditions)s conditions.") % {"most_conditions": MOST_CONDITIONS}
        ]
        return ()
    scope = Scope.FIT if facts.dimension == Dimension.FIT else Scope.ENGAGEMENT
    cleaned = []
    for index, each in enumerate(facts.conditions):
        try:
            value = validate_condition(each.field, each.operator, each.value, scope=scope)
        except Invalid as refusal:
            for name, texts in (refusal.errors or {"value": [refusal.message]}).items():
                errors[f"conditions[{index}].{name}"] = list(texts)
        else:
            cleaned.append(ConditionFacts(each.field, each.operator, value))
    return tuple(cleaned)


def _check_fit(errors: Errors, facts: RuleFacts) -> None:
    if facts.activity_types:
        errors["activity_types"] = [_("A fit rule looks at facts; only engagement rules count activities.")]
    if facts.counting != Counting.EVERY or facts.min_occurrences != 1:
        errors["counting"] = [_("A fit rule does not count: a fact holds or it does not.")]
    if facts.window_days is not None:
        errors["window_days"] = [_("A fit rule has no days: facts have no age.")]
    if facts.decay != Decay.NONE:
        errors["decay"] = [_("A fit rule does not fade: facts have no age.")]


def _check_engagement(errors: Errors, facts: RuleFacts) -> None:
    if not facts.activity_types:
        errors["activity_types"] = [_("Choose at least one kind of activity.")]
    _check_choice(errors, "counting", facts.counting, Counting.values, _("Say every time, or once."))
    _check_choice(
        errors, "decay", facts.decay, Decay.values, _("Say how the points fade, or that they do not.")
    )
    if not _is_whole(facts.min_occurrences) or not 1 <= facts.min_occurrences <= MOST_TIMES:
        errors["min_occurrences"] = [_("Give 1 or more, up to %(most_times)s.") % {"most_times": MOST_TIMES}]
    if facts.decay != Decay.NONE and facts.decay_days is None:
        errors.setdefault("decay_days", [_("Say in how many days the points fade.")])
    for name, days in (("window_days", facts.window_days), ("decay_days", facts.decay_days)):
        if days is not None and not (_is_whole(days) and 1 <= days <= MOST_DAYS):
            errors[name] = [
                _("Give a number of days between 1 and %(most_days)s.") % {"most_days": MOST_DAYS}
            ]


def _check_choice(errors: Errors, name: str, value: str, known: Sequence[str], text: str) -> None:
    if value not in known:
        errors[name] = [text]


def _check_cap(errors: Errors, name: str, cap: int | None) -> None:
    if cap is not None and not (_is_whole(cap) and 1 <= cap <= LARGEST_CAP):
        errors[name] = [
            _("Give 1 or more, up to %(largest_cap)s, or leave it empty for no cap.")
            % {"largest_cap": LARGEST_CAP}
        ]


def _clean_text(errors: Errors, name: str, text: str, longest: int, missing: str = _("Give a text.")) -> str:
    cleaned = text.strip() if isinstance(text, str) else ""
    if not cleaned:
        errors[name] = [missing]
    elif len(cleaned) > longest or "\0" in cleaned:
        errors[name] = [_("Give a text of at most %(longest)s characters.") % {"longest": longest}]
    return cleaned


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _label(name: str) -> str:
    label = str(ScoringModelVersion._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    return label[:1].upper() + label[1:]


def _invalid(message: str, errors: Errors) -> Invalid:
    """Build the refusal; its message says the first thing that is wrong."""
    return Invalid(f"{message} {next(iter(errors.values()))[0]}", errors=errors)
