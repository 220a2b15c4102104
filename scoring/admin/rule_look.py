"""What a rule says and matches while it is typed: the panel above its form, with or without JavaScript."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from leadapp.errors import Invalid, NotFound
from leadapp.models import ActivityType
from scoring.admin.rule_form import CONDITION, COUNTING, ConditionRows, RuleForm, condition_from
from scoring.analysis.matching import Matches, count_matches
from scoring.analysis.values import KnownValues, known_values
from scoring.cleaning import clean_rule
from scoring.models import ScoringRule
from scoring.rules import RuleFacts, facts_of
from scoring.sentences import say_how, say_points, say_what_facts

# Stands for what is not typed yet, so that the rest can be looked at.
NO_NAME, NO_POINTS = "…", 1


@dataclass(frozen=True)
class Look:
    """What the panel shows. Without `matches` there is a problem, or nobody counted."""

    points: str
    is_plus: bool
    what: str
    how: tuple[str, ...]
    matches: Matches | None = None
    problems: tuple[str, ...] = ()
    known: tuple[KnownValues, ...] = ()


def look_at_stored(rule: ScoringRule) -> Look | None:
    """Return what a stored rule says, without counting; nothing for one that is only begun."""
    return _say(facts_of(rule)) if rule.pk else None


def look_at_typed(form: RuleForm, rows: ConditionRows, *, now: datetime, with_values: bool) -> Look:
    """Return what is typed so far, how many leads it matches, and what is wrong with it.

    Rows that are only begun are left out. `with_values` adds the values that the data hold for each row.
    """
    facts, unfinished = _sketch(form, rows)
    known = tuple(_known(facts)) if with_values else ()
    try:
        facts = clean_rule(facts)
        matches = count_matches(facts, now=now)
    except Invalid as refusal:
        return replace(_say(facts, form), problems=(*_problems(refusal), *unfinished), known=known)
    return replace(_say(facts, form), matches=matches, problems=unfinished, known=known)


def _say(facts: RuleFacts, form: RuleForm | None = None) -> Look:
    labels = {kind.slug: str(kind) for kind in ActivityType.objects.filter(slug__in=facts.activity_types)}
    has_points = form is None or form.cleaned_data.get("points") is not None
    return Look(
        points=say_points(facts.points) if has_points else NO_NAME,
        is_plus=facts.points > 0,
        what=say_what_facts(facts, labels),
        how=say_how(facts) if facts.is_active else (*say_how(facts), _("switched off")),
    )


def _sketch(form: RuleForm, rows: ConditionRows) -> tuple[RuleFacts, tuple[str, ...]]:
    """Return what can be told from what is typed so far, and which rows cannot."""
    assert form.errors is not None  # fills cleaned_data
    typed, default = form.cleaned_data, RuleFacts(name=NO_NAME, dimension="", points=NO_POINTS)
    settings: dict[str, Any] = {
        name: typed[name]
        for name in ("match", "max_points", "is_active", *COUNTING)
        if typed.get(name) is not None
    }
    conditions, unfinished = [], []
    for number, row in enumerate(rows.kept(), 1):
        if row.is_valid():
            conditions.append(condition_from(row))
        else:
            unfinished.append(_("Condition %(number)s is not finished.") % {"number": number})
    facts = replace(
        default,
        dimension=form.instance.dimension,
        points=typed.get("points") or NO_POINTS,
        activity_types=tuple(sorted(kind.slug for kind in typed.get("activity_types") or ())),
        conditions=tuple(conditions),
        **settings,
    )
    return facts, tuple(unfinished)


def _problems(refusal: Invalid) -> Iterator[str]:
    for name, texts in refusal.errors.items():
        place = (
            _("Condition %(found)s: ") % {"found": int(found[1]) + 1}
            if (found := CONDITION.match(name))
            else ""
        )
        yield from (f"{place}{text}" for text in texts)


def _known(facts: RuleFacts) -> Iterator[KnownValues]:
    for field in dict.fromkeys(each.field for each in facts.conditions):
        try:
            yield known_values(field, types=facts.activity_types)
        except NotFound:
            continue
