"""Response times by person, team and source against numbers worked out by hand, and the leads behind them."""

import csv
from datetime import timedelta
from io import StringIO
from itertools import count
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from leadapp.errors import NotAllowed
from leadapp.models import User
from qualification.models import Assignment, Team, TeamMember
from qualification.services.clock.report import BEHIND, Group, Numbers, Report, ask, clocks, measure
from tests.ui.build import make_lead, make_user
from tests.ui.conftest import As

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
PAGE = "/response-times/"
LEADS = "/response-times/leads/"

_numbers = count(1)


def clock(
    owner: User | None,
    *,
    ago: timedelta = 2 * DAY,
    within: timedelta = 4 * HOUR,
    took: timedelta | None = None,
    by_clock: timedelta | None = None,
    ended: timedelta | None = None,
    **facts: Any,
) -> Assignment:
    """Let a lead wait since so long ago: answered after so much work, or ended after so long, or neither."""
    started_at = timezone.now() - ago
    source = facts.pop("source", "webinar")
    lead = make_lead(150, last_name=f"Lead{next(_numbers)}", owner=owner, source=source)
    return Assignment.objects.create(
        lead=lead,
        owner=owner,
        assigned_at=started_at,
        reason="Handed over",
        clock_started_at=started_at,
        due_at=started_at + within,
        answered_at=None if took is None else started_at + (by_clock or took),
        answer_took=took,
        ended_at=None if ended is None else started_at + ended,
        **facts,
    )


def report_for(user: User, *, days: int = 30, team: Team | None = None) -> Report:
    now = timezone.now()
    asked = ask(user=user, since=now - days * DAY, until=now, team_id=team.pk if team else None)
    return measure(asked, now=now)


def by_name(groups: list[Group]) -> dict[str, Numbers]:
    return {group.name: group.numbers for group in groups}


def text_of(client: Client, path: str = PAGE) -> str:
    response = client.get(path)
    assert response.status_code == 200, response.status_code
    return " ".join(response.content.decode().split())


@pytest.fixture
def dach(rep: User) -> Team:
    team = Team.objects.create(name="DACH")
    TeamMember.objects.create(team=team, user=rep)
    return team


def test_medians_and_shares_are_those_worked_out_by_hand(manager: User, rep: User) -> None:
    # In time: 30 min, 2 h, 3 h of work. Late: 5 h of work, a night more by the clock.
    clock(rep, took=30 * MINUTE)
    clock(rep, took=2 * HOUR)
    clock(rep, took=3 * HOUR, by_clock=4 * HOUR)
    clock(rep, took=5 * HOUR, by_clock=20 * HOUR)
    total = report_for(manager).total
    assert (total.clocks, total.answered, total.in_time, total.late) == (4, 4, 3, 1)
    assert total.median_work == 2.5 * HOUR  # between 2 and 3
    assert total.median_clock == 3 * HOUR  # between 2 and 4
    assert total.share_in_time == 75


def test_who_waits_and_who_was_never_answered(manager: User, rep: User) -> None:
    clock(rep, ago=HOUR)  # waits, three hours are left
    clock(rep, ago=DAY)  # waits, late now
    clock(rep, ended=6 * HOUR)  # went to somebody else, late
    clock(rep, ended=HOUR)  # went to somebody else in time: counts for nobody
    clock(None, ago=DAY)  # late in the team queue
    report = report_for(manager)
    total = report.total
    assert (total.clocks, total.answered, total.late, total.waiting, total.overdue) == (4, 0, 3, 3, 2)
    assert (total.share_in_time, total.median_work) == (0, None)
    assert {name: numbers.overdue for name, numbers in by_name(report.people).items()} == {
        "Jonas Wiegand": 1, "Team queue": 1,
    }  # fmt: skip


def test_answers_are_spread_by_how_long_they_took(manager: User, rep: User) -> None:
    for hours in (0.5, 0.9, 1, 3, 4, 7, 9):
        clock(rep, within=10 * HOUR, took=hours * HOUR)
    clock(rep, within=10 * HOUR, took=11 * HOUR)
    assert report_for(manager).total.distribution == (2, 2, 2, 1, 1)


def test_every_group_has_its_own_numbers(manager: User, rep: User, other_rep: User, dach: Team) -> None:
    clock(rep, took=HOUR, team=dach, source="webinar")
    clock(rep, took=3 * HOUR, team=dach, source="fair")
    clock(other_rep, took=6 * HOUR, source="fair")
    clock(other_rep, source="", took=2 * HOUR)
    report = report_for(manager)
    people = {name: (n.clocks, n.median_work, n.share_in_time) for name, n in by_name(report.people).items()}
    assert people == {"Jonas Wiegand": (2, 2 * HOUR, 100), "Priya Nair": (2, 4 * HOUR, 50)}
    assert {name: n.clocks for name, n in by_name(report.teams).items()} == {"DACH": 2, "No team": 2}
    assert {name: n.median_work for name, n in by_name(report.sources).items()} == {
        "fair": 4.5 * HOUR, "webinar": HOUR, "Not known": 2 * HOUR,
    }  # fmt: skip
    assert report_for(manager, team=dach).total.clocks == 2


def test_only_clocks_of_the_period_count_beside_the_period_before(manager: User, rep: User) -> None:
    clock(rep, ago=2 * DAY, took=HOUR)
    clock(rep, ago=10 * DAY, took=2 * HOUR)
    clock(rep, ago=20 * DAY, took=9 * HOUR)
    report = report_for(manager, days=7)
    assert (report.total.clocks, report.total.median_work) == (1, HOUR)
    assert (report.before.clocks, report.before.median_work) == (1, 2 * HOUR)
    assert "1 h faster" in text_of_manager(manager)


def text_of_manager(manager: User) -> str:
    client = Client()
    client.force_login(manager)
    return text_of(client, f"{PAGE}?days=7")


def test_a_rep_sees_the_own_row_and_the_own_team(rep: User, other_rep: User, dach: Team) -> None:
    TeamMember.objects.create(team=dach, user=other_rep)
    clock(rep, took=HOUR, team=dach)
    clock(other_rep, took=3 * HOUR, team=dach)
    clock(make_user("tim", "rep"), took=HOUR)
    report = report_for(rep)
    assert list(by_name(report.people)) == ["Jonas Wiegand"]
    assert list(by_name(report.teams)) == ["DACH"]
    assert report.total.clocks == 2


def test_a_rep_in_no_team_sees_the_own_numbers(rep: User, other_rep: User) -> None:
    clock(rep, took=HOUR)
    clock(other_rep, took=3 * HOUR)
    assert report_for(rep).total.clocks == 1


@pytest.mark.parametrize(("role", "clocks_seen"), [("rep", 0), ("marketer", 1), ("manager", 1), ("admin", 1)])
def test_who_sees_what(role: str, clocks_seen: int, as_: As, rep: User) -> None:
    clock(rep, took=HOUR)
    somebody = make_user("somebody", role)
    assert report_for(somebody).total.clocks == clocks_seen
    page = text_of(as_(somebody))
    assert "Response times" in page
    assert (f"{LEADS}?" in page) == bool(clocks_seen)


def test_who_has_no_role_sees_nothing(as_: As) -> None:
    nobody = User.objects.create_user("nobody")
    with pytest.raises(NotAllowed):
        ask(user=nobody, since=timezone.now(), until=timezone.now())
    for path in (PAGE, LEADS, f"{PAGE}export/"):
        assert as_(nobody).get(path).status_code == 403
    assert "Response times" not in as_(nobody).get("/").content.decode()


def test_without_clocks_the_page_says_what_to_do(as_: As, manager: User) -> None:
    assert "Choose a longer period" in text_of(as_(manager))


def test_the_page_shows_figures_and_their_leads(as_: As, manager: User, rep: User, dach: Team) -> None:
    clock(rep, took=130 * MINUTE, team=dach)
    clock(rep, ago=DAY, team=dach)
    page = text_of(as_(manager))
    assert "1 lead waits longer than promised." in page
    assert "2 h 10 min" in page
    assert "50 %" in page
    assert f"what=waiting&amp;person={rep.pk}" in page
    assert "under 1 h 0, 1–4 h 1, 4–8 h 0, over 8 h 0, late 1" in page


@pytest.mark.parametrize("what", sorted(BEHIND))
def test_each_number_is_that_of_the_leads_behind_it(
    what: str, as_: As, manager: User, rep: User, dach: Team
) -> None:
    made = {
        "in_time": [clock(rep, took=HOUR, team=dach), clock(None, took=HOUR)],
        "late": [clock(rep, took=9 * HOUR, team=dach), clock(rep, ended=9 * HOUR), clock(rep, ago=DAY)],
        "waiting": [clock(rep, ago=HOUR)],
    }
    clock(rep, ended=HOUR)  # passed on
    outcomes = {row.pk: name for name, rows in made.items() for row in rows}
    now = timezone.now()
    asked = ask(user=manager, since=now - 30 * DAY, until=now)
    numbers = measure(asked, now=now).total
    expected = {"all": numbers.clocks}.get(what) or getattr(numbers, what, None)
    found = clocks(asked, now=now, what=what)
    assert found.count() == expected
    assert {row.pk for row in found} <= set(outcomes)
    page = text_of(as_(manager), f"{LEADS}?what={what}")
    assert all(row.lead.name in page for row in found)


def test_the_leads_of_a_group(as_: As, manager: User, rep: User, other_rep: User, dach: Team) -> None:
    mine = clock(rep, took=HOUR, team=dach, source="Fair, Köln & more")
    theirs = clock(other_rep, took=HOUR, source="")
    queued = clock(None)
    client = as_(manager)

    def found(**group: str | int) -> set[str]:
        names = {row.lead.name for row in (mine, theirs, queued)}
        response = client.get(LEADS, group)
        assert response.status_code == 200
        text = response.content.decode()
        return {name for name in names if f"{name}</a>" in text}

    assert found(person=rep.pk) == {mine.lead.name}
    assert found(person="") == {queued.lead.name}
    assert found(in_team=dach.pk) == {mine.lead.name}
    assert found(in_team="") == {theirs.lead.name, queued.lead.name}
    assert found(source="Fair, Köln & more") == {mine.lead.name}
    assert found(source="") == {theirs.lead.name}
    assert found(source="webinar", person=rep.pk) == set()


@pytest.mark.parametrize("query", ["what=all_of_them", "person=jonas", "in_team=-1", f"person={10**19}"])
def test_what_makes_no_sense_is_not_there(query: str, as_: As, manager: User) -> None:
    assert as_(manager).get(f"{LEADS}?{query}").status_code == 404


@pytest.mark.parametrize("query", ["days=13", "days=x", "team=x", "team=99"])
def test_a_filter_that_makes_no_sense_is_left_out(query: str, as_: As, manager: User, rep: User) -> None:
    clock(rep, took=HOUR)
    assert as_(manager).get(f"{PAGE}?{query}").status_code == 200


def test_the_leads_behind_a_number_come_in_pages(as_: As, manager: User, rep: User) -> None:
    for number in range(60):
        clock(rep, ago=DAY + number * MINUTE, took=HOUR)
    client = as_(manager)
    first = client.get(f"{LEADS}?what=in_time&person={rep.pk}&days=7")
    assert (len(first.context["rows"]), first.context["text"]) == (50, "1 to 50")
    second = client.get(first.context["next_url"])
    assert (len(second.context["rows"]), second.context["text"]) == (10, "51 to 60")
    again = client.get(second.context["previous_url"])
    assert [row.pk for row, _ in again.context["rows"]] == [row.pk for row, _ in first.context["rows"]]


def test_a_rep_does_not_see_leads_of_others_behind_a_number(
    as_: As, rep: User, other_rep: User, dach: Team, settings: Settings
) -> None:
    settings.REPS_SEE = "own"
    TeamMember.objects.create(team=dach, user=other_rep)
    mine, theirs = clock(rep, took=HOUR, team=dach), clock(other_rep, took=HOUR, team=dach)
    page = text_of(as_(rep), LEADS)
    assert mine.lead.name in page
    assert theirs.lead.name not in page


def test_the_export_is_safe_to_open_in_a_spreadsheet(as_: As, manager: User, rep: User) -> None:
    clock(rep, took=HOUR, source="=HYPERLINK(evil)")
    clock(rep, took=2 * HOUR, source="-1+1")
    response = as_(manager).get(f"{PAGE}export/?days=7")
    assert response["Content-Type"].startswith("text/csv")
    assert "attachment" in response["Content-Disposition"]
    rows = list(csv.reader(StringIO(response.content.decode())))
    assert rows[1][:8] == ["All", "All", "2", "2", "90", "90", "2", "0"]
    assert {row[1] for row in rows if row[0] == "Source"} == {"'=HYPERLINK(evil)", "'-1+1"}


@pytest.mark.parametrize("number", [1, 20])
def test_the_number_of_queries_does_not_depend_on_the_clocks(
    number: int, as_: As, manager: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for index in range(number):
        team = Team.objects.create(name=f"Team {index}")
        clock(make_user(f"rep{index}", "rep"), took=HOUR, team=team, source=f"source {index}")
    client = as_(manager)
    with django_assert_num_queries(10):
        client.get(PAGE)
    with django_assert_num_queries(7):
        client.get(LEADS)


def test_the_address_is_in_the_navigation_of_those_who_may(as_: As, rep: User, marketer: User) -> None:
    for user in (rep, marketer):
        assert f'href="{reverse("response-times")}"' in as_(user).get("/").content.decode()
