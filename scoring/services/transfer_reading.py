"""Checking a model that came as JSON: everything that is wrong with it, each by its path."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from leadapp.errors import Invalid
from scoring.cleaning import LONGEST_GROUP_NAME, clean_group, clean_rule, clean_version
from scoring.models import ScoringModelVersion
from scoring.rules import ConditionFacts, GroupFacts, RuleFacts, VersionFacts, names_of

FORMAT, FORMAT_VERSION = "leadapp-scoring-model", 1
MOST_RULES, MOST_GROUPS = 500, 100
# Of more mistakes nobody reads the rest.
MOST_MISTAKES = 100
DEEPEST = 8

TOP = ("format", "format_version", "name", "description", "note", "settings", "groups", "rules")
GROUP = ("name", "dimension", "cap")
CONDITION = tuple(each.name for each in fields(ConditionFacts))

Errors = dict[str, list[str]]
Cleaned = TypeVar("Cleaned", GroupFacts, RuleFacts, VersionFacts)


@dataclass(frozen=True)
class ModelFacts:
    """A whole model as plain values."""

    name: str
    version: VersionFacts
    groups: tuple[GroupFacts, ...]
    rules: tuple[RuleFacts, ...]


def read_model(data: object, *, types: Collection[str]) -> ModelFacts:
    """Return a model that came as data; `types` are the slugs of the activity types that rules may count.

    Raises Invalid, whose `errors` name every mistake by its path: "rules[3].conditions[0].operator".
    """
    if not isinstance(data, dict):
        raise Invalid.field("file", _("A scoring model is an object with “format”, “rules” and more."))
    errors: Errors = {}
    _check_format(errors, data)
    _check_texts(errors, data)
    if errors:
        raise _invalid(errors)
    _check_keys(errors, data, "", TOP)
    name = _text(errors, data, "name", longest=LONGEST_GROUP_NAME)
    _text(errors, data, "description", longest=2_000)
    version = _read_settings(errors, data)
    groups = _read_groups(errors, data)
    rules = _read_rules(errors, data, groups, types)
    if errors or version is None:
        raise _invalid(errors)
    return ModelFacts(name, version, tuple(groups), tuple(rules))


def _check_format(errors: Errors, data: Mapping[str, Any]) -> None:
    if data.get("format") != FORMAT:
        errors["format"] = [
            _("This is not a scoring model: “format” is not “%(format)s”.") % {"format": FORMAT}
        ]
    elif data.get("format_version") != FORMAT_VERSION or data["format_version"] is True:
        errors["format_version"] = [
            _("This Leadapp reads version %(format_version)s of the format.")
            % {"format_version": FORMAT_VERSION}
        ]


def _check_texts(errors: Errors, value: object, path: str = "", depth: int = 0) -> None:
    """Find texts that no database takes, wherever they are."""
    if len(errors) >= MOST_MISTAKES:
        return
    if depth > DEEPEST:
        errors[path] = [_("This lies too deep.")]
    elif isinstance(value, str):
        # Half of a character that takes two, as broken software writes it.
        if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            errors[path or "file"] = [_("This text holds a character that cannot be stored.")]
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check_texts(errors, key, path, depth)
            _check_texts(errors, inner, f"{path}.{key}" if path else str(key), depth + 1)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _check_texts(errors, inner, f"{path}[{index}]", depth + 1)


def _check_keys(errors: Errors, data: Mapping[str, Any], path: str, known: Sequence[str]) -> None:
    """Refuse what nobody would read: a word that is misspelt would be left out without a sound."""
    for key in data.keys() - set(known):
        where = f"{path}.{key}" if path else str(key)
        errors[where[:300]] = [
            _("There is no such thing here. Known are %(known)s.") % {"known": ", ".join(known)}
        ]


def _text(errors: Errors, data: Mapping[str, Any], key: str, *, longest: int) -> str:
    value = data.get(key, "")
    if not isinstance(value, str) or len(value) > longest:
        errors[key] = [_("Give a text of at most %(longest)s characters.") % {"longest": longest}]
        return ""
    return value.strip()


def _read_settings(errors: Errors, data: Mapping[str, Any]) -> VersionFacts | None:
    """Return note, bounds and bands; what is not said is as in a new model."""
    settings = data.get("settings", {})
    names = [name for name in names_of(VersionFacts) if name != "note"]
    if not isinstance(settings, dict):
        errors["settings"] = [_("Give an object with %(known)s.") % {"known": ", ".join(names)}]
        return None
    _check_keys(errors, settings, "settings", names)
    usual = ScoringModelVersion()
    said = {name: settings.get(name, getattr(usual, name)) for name in names}
    facts = VersionFacts(note="", **said)
    note = _text(errors, data, "note", longest=500)
    cleaned = _clean(errors, "settings.", clean_version, facts)
    return replace(cleaned, note=note) if cleaned else None


def _read_groups(errors: Errors, data: Mapping[str, Any]) -> list[GroupFacts]:
    groups: list[GroupFacts] = []
    for index, item in enumerate(_list(errors, data, "groups", most=MOST_GROUPS)):
        path = f"groups[{index}]"
        if not _is_object(errors, item, path, GROUP):
            continue
        facts = GroupFacts(
            name=item.get("name", ""),
            dimension=item.get("dimension", ""),
            cap=item.get("cap"),
            position=index,
        )
        if cleaned := _clean(errors, f"{path}.", clean_group, facts):
            if any(cleaned.name == other.name for other in groups):
                errors[f"{path}.name"] = [
                    _("Another group is called “%(cleaned)s” already.") % {"cleaned": cleaned.name}
                ]
            groups.append(cleaned)
    return groups


def _read_rules(
    errors: Errors, data: Mapping[str, Any], groups: Sequence[GroupFacts], types: Collection[str]
) -> list[RuleFacts]:
    if "rules" not in data:
        errors["rules"] = [_("Give a list of rules; it may be empty.")]
    dimensions = {group.name: group.dimension for group in groups}
    # Groups that are wrong themselves are said once, not again for each of their rules.
    are_groups_known = not any(path.startswith("groups") for path in errors)
    rules: list[RuleFacts] = []
    names: set[str] = set()
    for index, item in enumerate(_list(errors, data, "rules", most=MOST_RULES)):
        path = f"rules[{index}]"
        facts = _rule_facts(errors, item, path)
        cleaned = _clean(errors, f"{path}.", clean_rule, facts) if facts else None
        if cleaned is None:
            continue
        if cleaned.name in names:
            errors[f"{path}.name"] = [
                _("Another rule is called “%(cleaned)s” already.") % {"cleaned": cleaned.name}
            ]
        if cleaned.group and are_groups_known:
            _check_group(errors, f"{path}.group", cleaned, dimensions)
        if missing := [slug for slug in cleaned.activity_types if slug not in types]:
            known = ", ".join(sorted(types))
            errors[f"{path}.activity_types"] = [
                _("There is no kind of activity “%(slug)s”. Known are %(known)s.")
                % {"slug": slug, "known": known}
                for slug in missing
            ]
        names.add(cleaned.name)
        rules.append(cleaned)
    return rules


def _check_group(errors: Errors, path: str, rule: RuleFacts, dimensions: Mapping[str, str]) -> None:
    if rule.group not in dimensions:
        errors[path] = [_("There is no group “%(group)s” in this file.") % {"group": rule.group}]
    elif dimensions[rule.group] != rule.dimension:
        errors[path] = [
            _("“%(group)s” is a group for %(dimensions)s rules.")
            % {"group": rule.group, "dimensions": dimensions[rule.group]}
        ]


def _rule_facts(errors: Errors, item: object, path: str) -> RuleFacts | None:
    """Return what a rule says, as far as its parts are lists and objects at all."""
    if not _is_object(errors, item, path, names_of(RuleFacts)):
        return None
    assert isinstance(item, dict)
    types, conditions = item.get("activity_types", []), item.get("conditions", [])
    if not isinstance(types, list) or not all(isinstance(slug, str) for slug in types):
        errors[f"{path}.activity_types"] = [_("Give a list of texts.")]
        return None
    if not isinstance(conditions, list):
        errors[f"{path}.conditions"] = [_("Give a list of objects with field, operator and value.")]
        return None
    read = [_condition(errors, each, f"{path}.conditions[{place}]") for place, each in enumerate(conditions)]
    if not all(read):  # has been said, and the places of the others would not be right any more
        return None
    said: dict[str, Any] = {"name": "", "dimension": "", "points": None} | item
    said |= {"activity_types": tuple(types), "conditions": tuple(read)}
    return RuleFacts(**{key: said[key] for key in names_of(RuleFacts) if key in said})


def _condition(errors: Errors, item: object, path: str) -> ConditionFacts | None:
    if not _is_object(errors, item, path, CONDITION):
        return None
    assert isinstance(item, dict)
    for key in ("field", "operator"):
        if not isinstance(item.get(key), str):
            errors[f"{path}.{key}"] = [_("Give a text.")]
            return None
    return ConditionFacts(item["field"], item["operator"], item.get("value"))


def _clean(errors: Errors, path: str, clean: Callable[[Cleaned], Cleaned], facts: Cleaned) -> Cleaned | None:
    """Return the facts as they are stored, or note what is wrong below this path."""
    try:
        return clean(facts)
    except Invalid as refusal:
        for name, texts in refusal.errors.items():
            errors[f"{path}{name}"] = list(texts)
        return None


def _list(errors: Errors, data: Mapping[str, Any], key: str, *, most: int) -> list[Any]:
    value = data.get(key, [])
    if not isinstance(value, list):
        errors[key] = [_("Give a list.")]
        return []
    if len(value) > most:
        errors[key] = [_("Give at most %(most)s; here are %(count)s.") % {"most": most, "count": len(value)}]
        return []
    return value


def _is_object(errors: Errors, item: object, path: str, known: Sequence[str]) -> bool:
    if not isinstance(item, dict):
        errors[path] = [_("Give an object with %(known)s.") % {"known": ", ".join(known)}]
        return False
    _check_keys(errors, item, path, known)
    return True


def _invalid(errors: Errors) -> Invalid:
    """Build the refusal; its message says the first mistake and how many there are."""
    path, texts = next(iter(errors.items()))
    shown = dict(list(errors.items())[:MOST_MISTAKES])
    facts = {"path": path, "fault": texts[0], "count": len(errors) - 1}
    if len(errors) > 1:
        message = _("Nothing was imported. %(path)s: %(fault)s (and %(count)s more)") % facts
    else:
        message = _("Nothing was imported. %(path)s: %(fault)s") % facts
    return Invalid(message, errors=shown)
