"""Who gets a lead: the first rule that holds, account owners first, and the team queue while nobody can."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from leadapp.models import Company, Lead, User
from qualification.models import Absence, Assignment, Notice, RoutingCriterion, RoutingRule, Team, TeamMember
from qualification.services.assignment import hand_out_queue, hand_over
from tests.qualification.build import DAY, NOW, everything, make_lead, make_user

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
TODAY = NOW.date()


@pytest.fixture
def benelux(db: None) -> Team:
    """Give a team of one: Lotte."""
    team = Team.objects.create(name="Benelux", time_zone="Europe/Amsterdam")
    lotte = make_user("lotte", "rep", first_name="Lotte", last_name="Visser")
    TeamMember.objects.create(team=team, user=lotte)
    return team


@pytest.fixture
def lotte(benelux: Team) -> User:
    """Give the one in Benelux."""
    return benelux.members.get().user


def make_rule(name: str, *criteria: tuple[str, str, Any], **facts: Any) -> RoutingRule:
    """Make a rule with these criteria."""
    rule = RoutingRule.objects.create(name=name, **facts)
    for field, operator, value in criteria:
        RoutingCriterion.objects.create(rule=rule, field=field, operator=operator, value=value)
    return rule


def handed_over(*, now: Any = NOW, **facts: Any) -> Assignment:
    """Hand over a lead with these facts."""
    lead = make_lead(stage="mql", **facts)
    return hand_over(lead_ids=[lead.pk], now=now)[0]


def test_a_rule_sends_leads_to_a_team(benelux: Team, lotte: User, rep: User) -> None:
    rule = make_rule("Low countries", ("lead.country", "in", ["NL", "BE"]), team=benelux)
    assignment = handed_over(country="NL")
    assert (assignment.owner, assignment.rule) == (lotte, rule)
    assert (
        assignment.reason == "Handed over; rule “Low countries”: Lotte Visser had the fewest open leads (0)"
    )
    elsewhere = handed_over(country="DE")
    assert (elsewhere.owner, elsewhere.rule) == (rep, None)


@pytest.mark.parametrize(
    ("criterion", "facts"),
    [
        (("company.industry", "in", ["Machinery"]), {"industry": "Machinery"}),
        (("lead.language", "starts_with", "nl"), {"language": "nl-BE"}),
        (("lead.city", "equals", "Utrecht"), {"city": "Utrecht"}),
        (("company.employees", "at_least", 500), {"employees": 800}),
        (("lead.source", "equals", "Hannover Messe"), {"source": "Hannover Messe"}),
        (("lead.attributes.product", "equals", "Crane"), {"attributes": {"product": "Crane"}}),
        (("lead.score", "at_least", 150), {"score": 163}),
        (("bant.budget", "equals", "unknown"), {}),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_rules_ask_what_gates_ask(
    criterion: tuple[str, str, Any], facts: dict[str, Any], lotte: User, rep: User
) -> None:
    rule = make_rule("Lotte's", criterion)
    rule.people.add(lotte)
    company = Company.objects.create(
        name="Demag", industry=facts.pop("industry", "Paper"), employees=facts.pop("employees", 20)
    )
    assert handed_over(company=company, **facts).owner == lotte


def test_the_first_rule_that_holds_decides(benelux: Team, lotte: User, rep: User) -> None:
    late = make_rule("Everybody else", position=9)
    late.people.add(rep)
    make_rule("Off", position=0, is_active=False).people.add(rep)
    make_rule("Dutch", ("lead.country", "equals", "NL"), position=1, team=benelux)
    assert handed_over(country="NL").owner == lotte
    assert handed_over(country="DE").rule == late


def test_all_or_any_of_the_criteria(lotte: User, rep: User) -> None:
    criteria = [("lead.country", "equals", "NL"), ("lead.language", "equals", "nl")]
    rule = make_rule("Dutch", *criteria)
    rule.people.add(lotte)
    assert handed_over(country="NL", language="en").rule is None
    RoutingRule.objects.update(match="any")
    assert handed_over(country="NL", language="en").rule == rule


def test_a_rule_that_makes_no_sense_holds_for_nobody(lotte: User, rep: User) -> None:
    make_rule("Broken", ("lead.shoe_size", "equals", 43)).people.add(lotte)
    assert handed_over().rule is None


def test_who_has_the_companys_other_leads_gets_the_next(rep: User, other_rep: User) -> None:
    company = Company.objects.create(name="Vögele")
    make_lead(company=company, owner=rep, stage="customer")
    make_lead(company=company, owner=rep)
    make_lead(company=company, owner=other_rep, stage="sql")
    make_lead(company=company, owner=other_rep, status="disqualified")
    assignment = handed_over(company=company)
    assert assignment.owner == rep
    assert assignment.reason == "Handed over; Jonas Wiegand has Vögele’s other leads"


def test_a_company_that_is_new_goes_to_one_rep(rep: User, other_rep: User) -> None:
    company = Company.objects.create(name="Vögele")
    leads = [make_lead(stage="mql", company=company) for _ in range(4)]
    given = hand_over(lead_ids=[lead.pk for lead in leads], now=NOW)
    assert {item.owner for item in given} == {rep}
    assert given[1].reason == "Handed over; Jonas Wiegand has Vögele’s other leads"


def test_a_rule_may_leave_account_owners_aside(rep: User, lotte: User) -> None:
    company = Company.objects.create(name="Vögele")
    make_lead(company=company, owner=rep)
    make_rule("Crane experts", account_owner_first=False).people.add(lotte)
    assert handed_over(company=company).owner == lotte


def test_an_account_owner_who_cannot_take_it_is_passed_by(rep: User, other_rep: User) -> None:
    company = Company.objects.create(name="Vögele")
    make_lead(company=company, owner=rep, stage="sql")
    TeamMember.objects.create(team=Team.objects.create(name="DACH"), user=rep, capacity=1)
    assignment = handed_over(company=company)
    assert assignment.owner == other_rep
    assert assignment.reason == (
        "Handed over; Jonas Wiegand has Vögele’s other leads but takes no more now; "
        "Priya Nair had the fewest open leads (0)"
    )
    User.objects.filter(pk=rep.pk).update(is_active=False)
    assert "Jonas" not in handed_over(company=company).reason


def test_the_stand_in_of_an_account_owner_gets_it(rep: User, other_rep: User, lotte: User) -> None:
    company = Company.objects.create(name="Vögele")
    make_lead(company=company, owner=rep)
    Absence.objects.create(user=rep, first_day=TODAY, last_day=TODAY + 3 * DAY, stand_in=lotte)
    assignment = handed_over(company=company)
    assert assignment.owner == lotte
    assert assignment.reason == (
        "Handed over; Jonas Wiegand has Vögele’s other leads and is away until 22 November; "
        "Lotte Visser stands in"
    )


def test_an_owner_who_is_away_is_stood_in_for(rep: User, other_rep: User, lotte: User) -> None:
    absence = Absence.objects.create(
        user=rep, first_day=TODAY, last_day=TODAY, stand_in=lotte, handed_over_at=NOW
    )
    assignment = handed_over(owner=rep)
    assert (assignment.owner, assignment.absence) == (lotte, absence)
    assert assignment.reason == "Handed over; Jonas Wiegand is away until 19 November; Lotte Visser stands in"


def test_nobody_in_the_team_of_a_rule_is_a_queue_of_its_own(
    benelux: Team, lotte: User, rep: User, manager: User
) -> None:
    make_rule("Low countries", ("lead.country", "equals", "NL"), team=benelux)
    User.objects.filter(pk=lotte.pk).update(is_available=False)
    waiting = handed_over(country="NL", now=NOW - HOUR)
    assert waiting.owner is None
    assert waiting.reason == "Handed over; rule “Low countries”: nobody in Benelux was available"
    assert handed_over(country="DE").owner == rep
    before = everything()
    assert hand_out_queue(now=NOW) == []  # although Jonas is there
    assert everything() == before

    User.objects.filter(pk=lotte.pk).update(is_available=True)
    [given] = hand_out_queue(now=NOW)
    assert given.owner == lotte
    assert given.reason == (
        "Waited in the team queue; rule “Low countries”: Lotte Visser had the fewest open leads (0)"
    )


def test_a_long_queue_of_one_team_does_not_hold_up_the_others(benelux: Team, lotte: User, rep: User) -> None:
    make_rule("Low countries", ("lead.country", "equals", "NL"), team=benelux)
    User.objects.update(is_available=False)
    for _ in range(5):
        handed_over(country="NL", now=NOW - HOUR)
    last = handed_over(country="DE")
    User.objects.filter(pk=rep.pk).update(is_available=True)
    assert [item.lead for item in hand_out_queue(now=NOW, limit=2)] == [last.lead]


def test_full_capacity_is_nobody_available(rep: User) -> None:
    TeamMember.objects.create(team=Team.objects.create(name="DACH"), user=rep, capacity=0)
    assignment = handed_over()
    assert assignment.owner is None
    assert assignment.reason == "Handed over; everybody has as many leads as they can work on"


def test_the_new_owner_is_told(rep: User) -> None:
    assignment = handed_over(first_name="Annelie", last_name="Großmann")
    notice = Notice.objects.get(user=rep)
    assert (notice.kind, notice.lead, notice.event) == (
        "handover", assignment.lead, f"assignment:{assignment.pk}",
    )  # fmt: skip
    assert (
        notice.text
        == "Annelie Großmann is yours now. Handed over; Jonas Wiegand had the fewest open leads (0)"
    )


def texts(manager: User) -> list[str]:
    """Return what the manager was told."""
    return list(Notice.objects.filter(user=manager).order_by("pk").values_list("text", flat=True))


def test_managers_are_told_once_while_leads_wait(manager: User, rep: User) -> None:
    User.objects.filter(pk=rep.pk).update(is_available=False)
    handed_over()
    assert texts(manager) == ["1 lead waits for an answer and nobody can take it."]
    for minutes in range(1, 7):
        handed_over(now=NOW + timedelta(minutes=minutes))
        hand_out_queue(now=NOW + timedelta(minutes=minutes))
    # One notice, which is kept up to date until somebody reads it.
    assert texts(manager) == ["7 leads wait for an answer and nobody can take them."]
    Notice.objects.update(read_at=NOW)
    handed_over(now=NOW + 10 * HOUR)
    hand_out_queue(now=NOW + 12 * HOUR)
    assert len(texts(manager)) == 1
    hand_out_queue(now=NOW + 25 * HOUR)
    hand_out_queue(now=NOW + 26 * HOUR)
    assert texts(manager)[1:] == ["8 leads wait for an answer and nobody can take them."]  # once more a day


def test_the_next_time_that_nobody_is_there_is_told_again(manager: User, rep: User) -> None:
    User.objects.filter(pk=rep.pk).update(is_available=False)
    handed_over()
    User.objects.filter(pk=rep.pk).update(is_available=True)
    hand_out_queue(now=NOW + HOUR)
    User.objects.filter(pk=rep.pk).update(is_available=False)
    handed_over(now=NOW + 3 * HOUR)
    assert len(texts(manager)) == 2


def test_managers_are_told_which_team(benelux: Team, lotte: User, rep: User, manager: User) -> None:
    make_rule("Low countries", team=benelux)
    User.objects.filter(pk=lotte.pk).update(is_available=False)
    handed_over()
    assert texts(manager) == [
        "1 lead waits for an answer and nobody in Benelux can take it (rule “Low countries”)."
    ]


@pytest.mark.parametrize("number", [1, 20])
def test_rules_and_queue_take_the_same_queries_for_any_number_of_leads(
    number: int, benelux: Team, lotte: User, rep: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for name in "abc":
        make_rule(name, ("lead.country", "equals", name.upper() * 2), team=benelux)
    User.objects.update(is_available=False)
    companies = [Company.objects.create(name=f"Company {place}") for place in range(number)]
    leads = [make_lead(stage="mql", country="BB", company=company) for company in companies]
    with django_assert_num_queries(19):
        hand_over(lead_ids=[lead.pk for lead in leads], now=NOW)
    User.objects.update(is_available=True)
    with django_assert_num_queries(30):
        assert len(hand_out_queue(now=NOW)) == number


@pytest.mark.parametrize(
    ("model", "facts"),
    [
        (RoutingRule, {"name": ""}),
        (RoutingRule, {"name": "Rule"}),
        (RoutingRule, {"name": "Other", "match": "most"}),
        (RoutingCriterion, {"field": "", "operator": "equals"}),
        (RoutingCriterion, {"field": "lead.city", "operator": "like"}),
    ],
    ids=str,
)
def test_the_database_refuses_rules_that_make_no_sense(model: Any, facts: dict[str, Any]) -> None:
    rule = RoutingRule.objects.create(name="Rule")
    facts = facts | ({"rule": rule} if model is RoutingCriterion else {})
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.create(**facts)


def test_a_rule_that_is_deleted_leaves_the_history(lotte: User) -> None:
    rule = make_rule("Everybody")
    assignment = handed_over()
    rule.delete()
    assignment.refresh_from_db()
    assert (assignment.rule, assignment.owner) == (None, lotte)
    assert "rule “Everybody”" in assignment.reason
    assert Lead.objects.get(pk=assignment.lead_id).owner == lotte
