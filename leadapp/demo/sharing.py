"""How the demo's work is shared: rules by territory, weights, and a colleague who is away these days."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.contrib.auth.models import Group

from leadapp.models import Lead, Operator, Stage, Status, User
from qualification.models import RoutingRule, Team, TeamMember
from qualification.services.absences import enter_absence
from qualification.services.assignment import SeenOwner, assign_leads

# rule, team that gets its leads, countries
TERRITORIES = (("Low countries", "Benelux", ["NL", "BE"]), ("German-speaking", "DACH", ["DE", "AT", "CH"]))
ON_LOAN = 4


def share_work(people: Mapping[str, User], *, now: datetime) -> None:
    """Write the rules that are missing; let Lieke, who signs in nowhere, be away with work on loan."""
    for position, (name, team_name, countries) in enumerate(TERRITORIES):
        rule, is_new = RoutingRule.objects.get_or_create(
            name=name, defaults={"position": position, "team": Team.objects.get(name=team_name)}
        )
        if is_new:
            rule.criteria.create(field="lead.country", operator=Operator.IN, value=countries)
    lieke, is_new = User.objects.get_or_create(
        username="lieke",
        defaults={"first_name": "Lieke", "last_name": "Verhagen", "email": "lieke@leadapp.example"},
    )
    if is_new:
        lieke.set_unusable_password()
        lieke.save(update_fields=["password"])
        lieke.groups.add(Group.objects.get(name="rep"))
        team = Team.objects.get(name="Benelux")
        TeamMember.objects.create(user=lieke, team=team, weight=50, capacity=25)
        _let_be_away(lieke, stand_in=people["rep2"], manager=people["manager"], now=now)


def _let_be_away(person: User, *, stand_in: User, manager: User, now: datetime) -> None:
    """Give somebody a few leads three days ago, and let them be away since yesterday."""
    worked_on = Lead.objects.filter(owner=stand_in, status=Status.OPEN, stage__in=[Stage.MQL, Stage.SQL])
    leads = list(worked_on.order_by("-stage_changed_at", "pk")[:ON_LOAN])
    assign_leads(
        leads=[SeenOwner(lead, lead.owner_id) for lead in leads],
        owner=person,
        actor=manager,
        reason="Lieke speaks Dutch",
        now=now - timedelta(days=3),
    )
    today = now.date()
    enter_absence(
        user=person,
        first_day=today - timedelta(days=1),
        last_day=today + timedelta(days=3),
        stand_in=stand_in,
        note="Moving house",
        actor=person,
        now=now,
    )
