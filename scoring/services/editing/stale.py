"""Two people edit one draft: whoever saves second is told what the first one did."""

from dataclasses import fields

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from leadapp.access import Actor
from leadapp.errors import Conflict
from leadapp.models import ActivityType, ApiKey, User
from leadapp.shipped import shown
from leadapp.times import write_date
from leadapp.words import quote
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
    now = facts_of(rule)
    changes = differences(seen, now) if seen else ()
    what = "; ".join(changes) or _("it now says “%(now)s”") % {"now": say_facts(now, _labels(now))}
    raise Stale(_changed_by(rule, actor) % {"what": what}, revision=rule.revision, changes=changes)


def _changed_by(rule: ScoringRule, actor: Actor) -> str:
    """Return the sentence about who changed a rule; `what` is still to be filled in."""
    is_own = bool(rule.changed_by) and rule.changed_by == name_of(actor)
    facts = {
        "who": shown(rule.changed_by) or _("Somebody else"),
        "rule": shown(rule.name),
        "when": write_date(rule.changed_at) if rule.changed_at else "",
        "what": "%(what)s",
    }
    match is_own, bool(rule.changed_at):
        case True, True:
            says = _(
                "You changed “%(rule)s” on %(when)s, after it was opened here: %(what)s."
                " Nothing of yours was saved yet."
            )
        case True, False:
            says = _(
                "You changed “%(rule)s”, after it was opened here: %(what)s. Nothing of yours was saved yet."
            )
        case False, True:
            says = _(
                "%(who)s changed “%(rule)s” on %(when)s, after it was opened here: %(what)s."
                " Nothing of yours was saved yet."
            )
        case _unknown:
            says = _(
                "%(who)s changed “%(rule)s”, after it was opened here: %(what)s."
                " Nothing of yours was saved yet."
            )
    return says % {name: text if name == "what" else text.replace("%", "%%") for name, text in facts.items()}


def check_version_is_fresh(
    version: ScoringModelVersion, revision: int | None, *, seen: VersionFacts | None = None
) -> None:
    """Raise Stale unless note, bounds, bands and groups are still as whoever edits them saw them."""
    if revision is None or revision == version.revision:
        return
    changes = differences(seen, version_facts_of(version)) if seen else ()
    if changes:
        says = _(
            "Somebody else changed %(version)s after it was opened here: %(what)s."
            " Nothing of yours was saved yet."
        )
    else:
        says = _(
            "Somebody else changed %(version)s after it was opened here, its groups, bounds or bands."
            " Nothing of yours was saved yet."
        )
    text = says % {"version": version, "what": "; ".join(changes)}
    raise Stale(text, revision=version.revision, changes=changes)


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
        return quote(say_facts(facts, _labels(facts)))
    if isinstance(value, bool):
        return pgettext("setting", "on") if value else pgettext("setting", "off")
    return pgettext("setting", "none") if value is None or value == "" else str(value)


def _labels(facts: RuleFacts) -> dict[str, str]:
    types: QuerySet[ActivityType] = ActivityType.objects.filter(slug__in=facts.activity_types)
    return dict(types.values_list("slug", "label"))
