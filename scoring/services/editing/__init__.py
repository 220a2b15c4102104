"""Editing a draft: the one place where rules, groups, bounds and bands are written.

The admin, the studio and the API call these functions, so that all of them check and refuse alike. Each is
one transaction that locks the draft, so that edits wait for each other and for its publishing.

Everything here raises, and then has written nothing:

- NotAllowed: the actor may not edit scoring rules.
- NotFound: the draft was discarded, or the rule or group deleted, meanwhile.
- Conflict: the version was published meanwhile, or is scheduled to go live.
- Stale (a Conflict): somebody else saved first. It says who, when and what, and carries the `revision` to
  send again in order to replace what they did.
- Invalid: `errors` names each field at fault ("points", "conditions[1].value").

`revision` is the one of the rule (or, for groups and bands, of the version) that the person saw. It is None
only where a program edits that never showed anything to anybody. Saving what is stored already is no edit.
What a rule says travels as `scoring.rules.RuleFacts`:

    facts = replace(facts_of(rule), points=12)
    save_rule(rule=rule, facts=facts, revision=rule.revision, actor=request.user, now=timezone.now())
"""

from scoring.services.editing.bulk import (
    add_points,
    delete_rules,
    scale_points,
    set_cap,
    set_fading,
    switch_rules,
)
from scoring.services.editing.drafts import change_version, open_draft
from scoring.services.editing.groups import add_group, delete_group, save_group
from scoring.services.editing.rules import (
    add_rule,
    delete_rule,
    duplicate_rule,
    move_rule,
    place_of,
    save_rule,
)
from scoring.services.editing.stale import Stale

__all__ = [
    "Stale",
    "add_group",
    "add_points",
    "add_rule",
    "change_version",
    "delete_group",
    "delete_rule",
    "delete_rules",
    "duplicate_rule",
    "move_rule",
    "open_draft",
    "place_of",
    "save_group",
    "save_rule",
    "scale_points",
    "set_cap",
    "set_fading",
    "switch_rules",
]
