"""Who would get the newest leads by the rules as they are: a look, nothing is written."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from leadapp.models import Lead, User
from leadapp.numbers import write_number
from leadapp.words import count_leads
from qualification.models import RoutingRule
from qualification.services.routing.router import Router
from qualification.services.routing.rules import matching_rules, read_rules
from qualification.services.routing.turns import Turns

LOOKED_BACK = timedelta(days=30)
MOST = 2_000


@dataclass
class Share:
    """What one rule, or none, would do with the newest leads."""

    rule: RoutingRule | None
    number: int = 0
    people: Counter[User | None] = field(default_factory=Counter)

    def __str__(self) -> str:
        name = self.rule.name if self.rule else _("No rule")
        who = ", ".join(
            _("%(number)s to %(user)s")
            % {"number": write_number(number), "user": user or _("the team queue")}
            for user, number in self.people.most_common()
        )
        facts = {"name": name, "leads": count_leads(self.number), "who": who}
        return _("%(name)s: %(leads)s (%(who)s).") % facts if who else _("%(name)s: %(leads)s.") % facts


def try_rules(*, now: datetime) -> list[Share]:
    """Return what each active rule would do with the leads that came in last, as if nobody had any yet.

    At most the newest MOST of the last LOOKED_BACK; account owners are left aside. The last line is for
    those leads that no rule holds for.
    """
    newest = Lead.objects.filter(created_at__gt=now - LOOKED_BACK).order_by("-created_at", "-pk")
    leads = list(newest.only("company_id")[:MOST])
    rules = read_rules()
    holding = matching_rules(rules, lead_ids=[lead.pk for lead in leads], now=now)
    router = Router(holding, {}, Turns.read(now=now).afresh())
    shares = {rule.pk: Share(rule) for rule in rules}
    rest = Share(None)
    for lead in reversed(leads):
        rule = holding.get(lead.pk)
        share = shares[rule.pk] if rule else rest
        share.number += 1
        share.people[router.in_turn(lead).rep] += 1
    return [*shares.values(), rest]
