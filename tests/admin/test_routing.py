"""Managers edit rules, shares and absences; absences go through the services."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from leadapp.models import Lead, User
from qualification.models import Absence, RoutingRule, Team, TeamMember
from tests.admin.build import errors_of, shown
from tests.admin.conftest import As
from tests.qualification.build import make_lead, make_user

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def rep(db: None) -> User:
    return make_user("jonas", "rep", first_name="Jonas", last_name="Wiegand")


def add(model: str) -> str:
    return reverse(f"admin:qualification_{model}_add")


def test_a_manager_writes_a_rule(as_: As, manager: User, rep: User) -> None:
    client = as_(manager)
    page = client.get(add("routingrule"))
    row = page.context["inline_admin_formsets"][0].formset.forms[0].prefix
    asked = {"name": "Low countries", "position": "1", "people": [rep.pk]}
    asked |= {f"{row}-field": "lead.country", f"{row}-operator": "in", f"{row}-value": "NL, BE"}
    assert client.post(add("routingrule"), shown(page, **asked)).status_code == 302
    rule = RoutingRule.objects.get()
    assert list(rule.people.all()) == [rep]
    assert rule.criteria.get().value == ["NL", "BE"]
    listed = client.get(reverse("admin:qualification_routingrule_changelist")).content.decode()
    assert "Jonas Wiegand" in listed


def test_a_criterion_that_makes_no_sense_is_named_at_its_field(as_: As, manager: User) -> None:
    client = as_(manager)
    page = client.get(add("routingrule"))
    row = page.context["inline_admin_formsets"][0].formset.forms[0].prefix
    asked = {"name": "Big", f"{row}-field": "company.employees", f"{row}-operator": "at_least"}
    answer = client.post(add("routingrule"), shown(page, **asked, **{f"{row}-value": "many"}))
    assert answer.status_code == 200
    assert list(errors_of(answer)) == [f"{row}-value"]
    assert not RoutingRule.objects.exists()


def test_rules_are_tried_on_the_newest_leads(as_: As, manager: User, rep: User) -> None:
    rule = RoutingRule.objects.create(name="Dutch")
    rule.criteria.create(field="lead.country", operator="equals", value="NL")
    for country in ("NL", "NL", "DE"):
        make_lead(country=country, created_at=timezone.now() - DAY)
    make_lead(country="NL", created_at=timezone.now() - 40 * DAY)
    asked = {"action": "preview", "_selected_action": [rule.pk]}
    answer = as_(manager).post(reverse("admin:qualification_routingrule_changelist"), asked, follow=True)
    told = [str(message) for message in answer.context["messages"]]
    assert told == ["Dutch: 2 leads (2 to Jonas Wiegand).", "No rule: 1 lead (1 to Jonas Wiegand)."]
    assert not Lead.objects.filter(owner=rep).exists()


def test_a_manager_sets_shares(as_: As, manager: User, rep: User) -> None:
    team = Team.objects.create(name="DACH")
    asked = {"user": rep.pk, "team": team.pk, "weight": "50", "capacity": "12"}
    assert as_(manager).post(add("teammember"), asked).status_code == 302
    member = TeamMember.objects.get()
    assert (member.user, member.weight, member.capacity) == (rep, 50, 12)
    assert as_(manager).post(add("teammember"), asked | {"weight": "0"}).status_code == 200


def test_an_absence_goes_through_the_services(as_: As, manager: User, rep: User) -> None:
    stand_in = make_user("priya", "rep")
    lead = make_lead(stage="sql", owner=rep)
    today = timezone.now().date()
    client = as_(manager)
    asked = {
        "user": rep.pk,
        "first_day": today.isoformat(),
        "last_day": (today + DAY).isoformat(),
        "stand_in": stand_in.pk,
    }
    assert client.post(add("absence"), asked).status_code == 302
    absence = Absence.objects.get()
    assert absence.handed_over_at is not None
    assert Lead.objects.get(pk=lead.pk).owner == stand_in

    again = client.post(add("absence"), asked)
    assert again.status_code == 200
    assert "first_day" in again.context["adminform"].form.errors

    cancelled = {"action": "cancel", "_selected_action": [absence.pk]}
    client.post(reverse("admin:qualification_absence_changelist"), cancelled)
    assert Lead.objects.get(pk=lead.pk).owner == rep
    page = client.get(reverse("admin:qualification_absence_change", args=[absence.pk]))
    assert page.status_code == 200
    assert "_save" not in page.content.decode()  # it is over
