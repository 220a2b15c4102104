"""Models as JSON: written out, read in again, and the starts that come with Leadapp (docs/scoring.md).

A file carries what decides a score: groups, rules, bounds and bands. Activity types are named by slug, groups
by name; the order of the lists is the order of the rules.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from leadapp.access import Actor, require, user_of
from leadapp.errors import Invalid, NotFound
from leadapp.models import ActivityType
from scoring.models import RuleCondition, RuleGroup, ScoringModel, ScoringModelVersion, ScoringRule
from scoring.rules import (
    ConditionFacts,
    GroupFacts,
    RuleFacts,
    VersionFacts,
    facts_of,
    names_of,
    version_facts_of,
)
from scoring.sentences import read_rules
from scoring.services.editing.stale import name_of
from scoring.services.models import make_model
from scoring.services.publishing import EDIT, lock_model, next_number, refuse_second_draft
from scoring.services.transfer_reading import FORMAT, FORMAT_VERSION, ModelFacts, read_model

MOST_BYTES = 2_000_000
STARTS = Path(__file__).resolve().parents[1] / "starts"
# What has a column of its own in a rule: not its group, conditions and types.
SETTINGS = [name for name in names_of(RuleFacts) if name not in ("group", "conditions", "activity_types")]

Data = dict[str, Any]


@dataclass(frozen=True)
class Start:
    """A model that comes with Leadapp, to begin with."""

    slug: str
    name: str
    description: str
    rules: int


def export_version(version: ScoringModelVersion) -> Data:
    """Return a version, whatever its state, as data that JSON can carry and `import_version` reads."""
    groups = version.groups.order_by("position", "name", "id")
    settings = version_facts_of(version)
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "name": version.model.name,
        "note": version.note,
        "settings": {name: getattr(settings, name) for name in names_of(VersionFacts) if name != "note"},
        "groups": [_group_data(group) for group in groups],
        "rules": [_rule_data(rule) for rule in read_rules(version)],
    }


def write_json(data: Data) -> str:
    """Return exported data as the text of a file."""
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def read_json(text: str | bytes) -> object:
    """Return what a file says; raise Invalid with line and column if it is no JSON."""
    if len(text) > MOST_BYTES:
        raise Invalid.field(
            "file", _("The file is larger than %(most_bytes)s MB.") % {"most_bytes": MOST_BYTES // 1000000}
        )
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        where = _("line %(lineno)s, column %(colno)s") % {"lineno": error.lineno, "colno": error.colno}
        raise Invalid.field(
            "file", _("This is not JSON: %(msg)s (%(where)s).") % {"msg": error.msg, "where": where}
        ) from error
    except UnicodeDecodeError as error:
        raise Invalid.field("file", _("This is not a text in UTF-8.")) from error
    except (ValueError, RecursionError) as error:
        raise Invalid.field("file", _("This JSON cannot be read: %(error)s.") % {"error": error}) from error


def import_version(
    *, data: object, actor: Actor, now: datetime, model: ScoringModel | None = None, name: str = ""
) -> ScoringModelVersion:
    """Make a draft of what `export_version` returned: of a model, or of a new one with this name.

    Without a name a new model is called as the data say. All of it is checked before anything is written:
    `Invalid.errors` names each mistake by its path, like "rules[3].conditions[0].operator".
    """
    require(actor, EDIT, _("Only marketers change scoring rules."))
    types = dict(ActivityType.objects.filter(is_internal=False).values_list("slug", "id"))
    facts = read_model(data, types=types.keys())
    with transaction.atomic():
        model = model or make_model(name=name or facts.name, actor=actor, now=now)
        model = lock_model(model.pk)
        refuse_second_draft(model)
        draft = ScoringModelVersion.objects.create(
            model=model,
            number=next_number(model),
            created_by=user_of(actor),
            created_at=now,
            **{each: getattr(facts.version, each) for each in names_of(VersionFacts)},
        )
        _write_rules(draft, facts, types, by=name_of(actor), now=now)
    return draft


@lru_cache(maxsize=1)
def list_starts() -> tuple[Start, ...]:
    """Return the models that come with Leadapp, by name."""
    starts = []
    for path in STARTS.glob("*.json"):
        data = json.loads(path.read_bytes())
        starts.append(Start(path.stem, data["name"], data["description"], len(data["rules"])))
    return tuple(sorted(starts, key=lambda start: start.name))


def read_start(slug: str) -> Data:
    """Return a model that comes with Leadapp, for `import_version`; raise NotFound if there is none."""
    if slug not in {start.slug for start in list_starts()}:
        raise NotFound(_("There is no such start."))
    data: Data = json.loads((STARTS / f"{slug}.json").read_bytes())
    return data


def _group_data(group: RuleGroup) -> Data:
    return {"name": group.name, "dimension": group.dimension, "cap": group.cap}


def _rule_data(rule: ScoringRule) -> Data:
    """Return a rule without what is as usual: no window, no cap, and so on."""
    facts = facts_of(rule)
    usual = RuleFacts(name="", dimension="", points=0)
    said = {
        name: getattr(facts, name)
        for name in names_of(RuleFacts)
        if getattr(facts, name) != getattr(usual, name)
    }
    if facts.activity_types:
        said["activity_types"] = list(facts.activity_types)
    if facts.conditions:
        said["conditions"] = [_condition_data(each) for each in facts.conditions]
    return said


def _condition_data(condition: ConditionFacts) -> Data:
    data: Data = {"field": condition.field, "operator": condition.operator}
    return data if condition.value is None else data | {"value": condition.value}


def _write_rules(
    draft: ScoringModelVersion, facts: ModelFacts, types: dict[str, int], *, by: str, now: datetime
) -> None:
    groups = {
        group.name: RuleGroup(version=draft, **{name: getattr(group, name) for name in names_of(GroupFacts)})
        for group in facts.groups
    }
    RuleGroup.objects.bulk_create(groups.values())
    rules = [
        ScoringRule(
            version=draft,
            group=groups.get(rule.group),
            position=position,
            changed_at=now,
            changed_by=by,
            **{name: getattr(rule, name) for name in SETTINGS},
        )
        for position, rule in enumerate(facts.rules, 1)
    ]
    ScoringRule.objects.bulk_create(rules)
    RuleCondition.objects.bulk_create(
        RuleCondition(
            rule=rule, field=each.field, operator=each.operator, value=each.value, position=position
        )
        for rule, said in zip(rules, facts.rules, strict=True)
        for position, each in enumerate(said.conditions)
    )
    link = ScoringRule.activity_types.through
    link.objects.bulk_create(
        link(scoringrule_id=rule.pk, activitytype_id=types[slug])
        for rule, said in zip(rules, facts.rules, strict=True)
        for slug in said.activity_types
    )


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")
