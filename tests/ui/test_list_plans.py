"""How the database reads a page of the lead list: from an index in the order of the list, and no further."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from leadapp.models import User
from leadapp.paging import Page, read_place, turn_to
from leadapp.services.lists.filters import in_order, leads_of, read_address
from leadapp.views.my_day.day import Day
from leadapp.views.my_day.finding import going_cold, hot_arrivals
from tests.ui.build import live_version
from tests.ui.conftest import As

LEADS = 6_000

# Scores from 0 to 199, one owner for one lead in thirty, one lead in twenty past the first stage.
MANY = """
INSERT INTO leadapp_lead (
    email, first_name, last_name, phone, linkedin_url, job_title, seniority, city, country, language, gender,
    attributes, source, campaign, utm_source, utm_medium, utm_campaign, utm_term, utm_content, do_not_email,
    do_not_call, do_not_score, owner_id, stage, stage_changed_at, status, status_reason, created_at,
    updated_at, fit, engagement, score, grade, temperature, scored_at, score_version_id, advocacy,
    last_activity_at
)
SELECT 'lead' || i || '@firm.example', 'Ada', 'Number ' || i, '', '', '', '', '', 'DE', '', '', '{}',
    'website', '', '', '', '', '', '', FALSE, FALSE, FALSE, CASE WHEN i %% 30 = 0 THEN %(rep)s END,
    CASE WHEN i %% 20 = 1 THEN 'mql' ELSE 'lead' END, %(now)s, 'open', '',
    %(now)s - make_interval(mins => i * 10), %(now)s, 0, score, score, 'B2',
    CASE WHEN score >= 120 THEN 'hot' WHEN score >= 50 THEN 'warm' ELSE 'cold' END, %(now)s, %(version)s,
    'none', %(now)s - make_interval(mins => i * 7 %% 50000)
FROM (SELECT i, i * 7919 %% 200 AS score FROM generate_series(1, %(leads)s) i) made
"""


@pytest.fixture
def many(rep: User) -> None:
    """Make thousands of leads."""
    values: dict[str, Any] = {
        "rep": rep.pk,
        "version": live_version().pk,
        "now": timezone.now(),
        "leads": LEADS,
    }
    with connection.cursor() as cursor:
        cursor.execute(MANY, values)
        cursor.execute("ANALYZE leadapp_lead, leadapp_leadsearch")


def plans_of(read: Callable[[], object]) -> dict[str, str]:
    """Return how the database carries out what is asked of it, by the statement."""
    plans: dict[str, str] = {}

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        with connection.connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {sql}", params)
            plans[sql] = "\n".join(line for (line,) in cursor.fetchall())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        read()
    return plans


def plan_of(user: User, query: str, after: str = "") -> str:
    """Return how the database reads a page of a list."""
    asked = read_address(QueryDict(query), user)
    assert not asked.problems
    found = in_order(leads_of(asked, user, now=timezone.now()), asked)
    pages: list[Page] = []
    plans = plans_of(
        lambda: pages.append(turn_to(found, asked.order, read_place(asked.order, after, ""), size=50))
    )
    assert len(pages[0].rows) == 50
    return "\n".join(plans.values())


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("view=all", "lead_list"),
        ("view=mine", "lead_list_owner"),
        ("view=hot", "lead_list"),
        ("view=unassigned", "lead_list"),
        ("stage=mql", "lead_list_stage"),
        ("temperature=warm", "lead_list"),
        ("country=DE&status=open&source=website", "lead_list"),
        ("score=20-60", "lead_list"),
        ("view=all&sort=-score", "lead_list"),
        ("view=all&sort=active", "lead_list_active"),
        ("view=all&sort=-active", "lead_list_active"),
        ("view=all&sort=created", "lead_search_created"),
        ("view=all&sort=-created", "lead_search_created"),
        ("view=all&sort=name", "lead_search_name"),
        ("view=all&sort=-name", "lead_search_name"),
    ],
)
def test_a_page_is_read_from_an_index_in_its_order(many: None, rep: User, query: str, index: str) -> None:
    plan = plan_of(rep, query)

    assert re.search(rf"Index Scan (Backward )?using {index} ", plan), plan
    # The versions of the model (u0), of which there are few, may be sorted.
    assert not re.search(r"Sort Key: (?!u0)|Seq Scan on leadapp_lead\b", plan), plan


def test_scores_and_later_pages_begin_where_they_are_and_not_at_the_top(many: None, rep: User) -> None:
    within = plan_of(rep, "score=20-60")
    later = plan_of(rep, "view=all", after="50.1700000000000000.900.5000")

    assert re.search(r"Index Cond: \(\(priority >= 20\) AND \(priority <= 60\)\)", within), within
    assert re.search(r"Index Cond: \(ROW\(priority, last_activity_at, id\) < ROW\(50,", later), later


# Each lead scored a little more three weeks ago, and less before.
HISTORY = """
INSERT INTO scoring_scorechange (lead_id, at, score, fit, engagement, grade, temperature, version_id, cause)
SELECT id, %(now)s - make_interval(days => 21 * step), score + 20 / step, 0, score, 'B2', temperature,
    score_version_id, 'activity'
FROM leadapp_lead CROSS JOIN generate_series(1, 3) step
"""


def test_the_score_of_two_weeks_ago_is_read_from_the_index_of_the_history(many: None, rep: User) -> None:
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(HISTORY, {"now": now})
        cursor.execute("ANALYZE scoring_scorechange")
        # Nothing has vacuumed these rows yet, which is when an index alone does not suffice.
        cursor.execute("SET LOCAL enable_bitmapscan = off")
    day = Day.of(rep, now=now)
    fallen, left_alone = plans_of(lambda: going_cold(day, without=set())).values()

    assert "Index Only Scan using score_change_history" in fallen, fallen
    assert "Index Only Scan using lead_list_owner" in fallen, fallen
    assert "Seq Scan on leadapp_lead" not in left_alone, left_alone


def test_of_the_hot_leads_of_a_day_nothing_is_read_below_the_line_of_hot(many: None, rep: User) -> None:
    day = Day.of(rep, now=timezone.now())
    (plan,) = plans_of(lambda: hot_arrivals(day, most=10)).values()

    assert re.search(r"Index Cond: .*owner_id = .* AND \(priority >= ", plan), plan


def test_who_has_no_team_finds_nothing_and_reads_nothing(
    many: None, manager: User, as_: As, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    asked = read_address(QueryDict("view=team"), manager)
    manager.has_perm("leadapp.view_lead")
    with django_assert_num_queries(1):  # who is in the team
        assert not list(leads_of(asked, manager, now=timezone.now()))
