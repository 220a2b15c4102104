"""Two people edit one draft: whoever saves second is told what the first one did."""

from dataclasses import fields

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from leadapp.access import Actor
from leadapp.errors import Conflict
from leadapp.models import ActivityType, ApiKey, User
from leadapp.times import write_date
from scoring.models import ScoringModelVersion, ScoringRule
from scoring.rules import GroupFacts, RuleFacts, VersionFacts, facts_of, version_facts_of
from scoring.sentences import say_facts, say_setting

Facts = RuleFacts | GroupFacts | VersionFacts


class Stale(Conflict):
    """Somebody else saved first.

    `changes` says what they did, in pieces like "Points 50 → 70"; `revision` is the one that replaces it.
    """

    def __init__(self, message: str, *, revision: int, changes: tuple[str, ...] = ()) -> None:
        super().__init__(
            message, errors={"revision": [_("It is %(revision)s now.") % {"revision": revision}]}
        )
        self.revision = revision
        self.changes = changes


def name_of(actor: Actor) -> str:
    """Return the name under which an edit is remembered."""
    if isinstance(actor, User):
        return str(actor)[:150]
    return f"API key {actor.name}"[:150] if isinstance(actor, ApiKey) else "Leadapp"


def check_rule_is_fresh(
    rule: ScoringRule, revision: int | None, *, actor: Actor, seen: RuleFacts | None = None
) -> None:
    """Raise Stale unless the rule is still as whoever edits it saw it."""
    if revision is None or revision == rule.revision:
        return
    who = rule.changed_by or _("Somebody else")
    who = _("You") if who == name_of(actor) else who
    when = _(" on %(changed_at)s") % {"changed_at": write_date(rule.changed_at)} if rule.changed_at else ""
    now = facts_of(rule)
    changes = differences(seen, now) if seen else ()
    text = _("%(who)s changed “%(rule)s”%(when)s, after it was opened here") % {
        "who": who,
        "rule": rule.name,
        "when": when,
    }
    what = (
        "; ".join(changes) if changes else _("it now says “%(now)s”") % {"now": say_facts(now, _labels(now))}
    )
    raise Stale(
        _("%(text)s: %(what)s. Nothing of yours was saved yet.") % {"text": text, "what": what},
        revision=rule.revision,
        changes=changes,
    )


def check_version_is_fresh(
    version: ScoringModelVersion, revision: int | None, *, seen: VersionFacts | None = None
) -> None:
    """Raise Stale unless note, bounds, bands and groups are still as whoever edits them saw them."""
    if revision is None or revision == version.revision:
        return
    changes = differences(seen, version_facts_of(version)) if seen else ()
    text = _("Somebody else changed %(version)s after it was opened here") % {"version": version}
    what = f": {'; '.join(changes)}" if changes else _(", its groups, bounds or bands")
    raise Stale(
        _("%(text)s%(what)s. Nothing of yours was saved yet.") % {"text": text, "what": what},
        revision=version.revision,
        changes=changes,
    )


def differences(before: Facts, after: Facts) -> tuple[str, ...]:
    """Return what an edit changed: "Points 50 → 70"."""
    return tuple(
        f"{say_setting(each.name)} {_say(each.name, before)} → {_say(each.name, after)}"
        for each in fields(before)
        if getattr(before, each.name) != getattr(after, each.name)
    )


def _say(name: str, facts: Facts) -> str:
    """Write one setting as a person would."""
    value = getattr(facts, name)
    if isinstance(facts, RuleFacts) and name in ("conditions", "activity_types"):
        return f"“{say_facts(facts, _labels(facts))}”"
    if isinstance(value, bool):
        return "on" if value else "off"
    return "none" if value is None or value == "" else str(value)


def _labels(facts: RuleFacts) -> dict[str, str]:
    types: QuerySet[ActivityType] = ActivityType.objects.filter(slug__in=facts.activity_types)
    return dict(types.values_list("slug", "label"))
