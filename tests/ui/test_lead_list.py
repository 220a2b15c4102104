"""The prioritised list: what it shows, in which order, to whom, and with how many queries."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from leadapp.models import Lead, User
from qualification.models import Team, TeamMember
from scoring.models import ScoringModelVersion
from tests.ui.build import make_activity, make_change, make_clock, make_full_lead, make_lead
from tests.ui.conftest import As


def names(client: Client, path: str) -> list[str]:
    """Return the last names in the order of the page."""
    page = client.get(path).content.decode()
    return re.findall(r'class="leads__name"[^>]*>Ada ([^<]*)</a>', page)


def text_of(client: Client, path: str) -> str:
    """Return the page without tags, with single spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", client.get(path).content.decode()))


def test_the_highest_score_is_on_top_and_unscored_leads_are_last(as_: As, rep: User) -> None:
    make_lead(None, last_name="unscored", do_not_score=True)
    make_lead(40, last_name="cold")
    make_lead(200, last_name="hot")
    make_lead(0, last_name="zero")

    assert names(as_(rep), "/?view=all") == ["hot", "cold", "zero", "unscored"]


def test_ties_go_to_the_most_recent_activity_and_then_to_the_newer_lead(as_: As, rep: User) -> None:
    moment = timezone.now() - timedelta(days=1)
    make_lead(50, last_name="older lead", last_activity_at=moment)
    make_lead(50, last_name="newer lead", last_activity_at=moment)
    make_lead(50, last_name="recent", last_activity_at=moment + timedelta(hours=1))

    assert names(as_(rep), "/?view=all") == ["recent", "newer lead", "older lead"]


def test_a_row_says_everything_about_a_lead(as_: As, rep: User) -> None:
    make_full_lead(186, rep)

    page = text_of(as_(rep), "/")

    assert "186 B2 Hot" in page
    assert "Head of Sales, Vögele Präzisionstechnik" in page
    assert "1 h 59 min left" in page
    assert "Page view" in page
    assert "Jonas" in page
    assert "+176" in page
    assert "1 to 1 of 1" in page


def test_the_reasons_come_from_scoring(as_: As, rep: User) -> None:
    lead = make_lead(100)
    make_activity(lead, "demo_requested", at=timezone.now() - timedelta(minutes=41))
    Lead.objects.filter(pk=lead.pk).update(scored_at=timezone.now())

    assert "Asked for a demo 41 minutes ago" in text_of(as_(rep), "/?view=all")


def test_what_is_not_known_is_said(as_: As, rep: User) -> None:
    make_lead(10, first_name="", last_name="", email="someone@firm.example")
    make_lead(None, do_not_score=True, status="nurture", status_reason="Next year")
    make_lead(None)

    page = text_of(as_(rep), "/?view=all")

    assert "someone@firm.example" in page
    assert "No title, no company" in page
    assert "Opted out of scoring" in page
    assert "Not scored yet" in page
    assert "Nurture" in page
    assert "Nobody" in page
    assert "No deadline" in page


def test_names_are_shown_and_not_obeyed(as_: As, rep: User) -> None:
    make_lead(10, last_name="<script>alert(1)</script>", company="A & <b>B</b>", job_title='"x"')

    page = as_(rep).get("/?view=all").content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "A &amp; &lt;b&gt;B&lt;/b&gt;" in page


def test_the_trend_is_the_sum_of_thirty_days(as_: As, rep: User) -> None:
    falling = make_lead(20)
    make_change(falling, 90, 60, days_ago=29)
    make_change(falling, 60, 20, days_ago=2)
    make_change(falling, 500, 90, days_ago=40)

    assert "−70" in text_of(as_(rep), "/?view=all")


def test_a_clock_that_ran_out_says_how_late_it_is(as_: As, rep: User) -> None:
    make_clock(make_lead(150, owner=rep), rep, due_in=-timedelta(hours=1, minutes=5))
    made = make_clock(make_lead(140, owner=rep), rep, due_in=timedelta(hours=1))
    made.answered_at = made.assigned_at + timedelta(minutes=38)
    made.answer_took = timedelta(minutes=38)
    made.save()

    page = text_of(as_(rep), "/")

    assert "1 h 05 min late" in page
    assert "Answered, 38 min" in page


@pytest.mark.parametrize(("path", "queries"), [("/?view=all", 12), ("/", 12), ("/?temperature=hot", 12)])
def test_the_number_of_queries_does_not_depend_on_the_rows(
    as_: As, rep: User, path: str, queries: int
) -> None:
    client = as_(rep)
    for rows in (1, 20, 50, 60):
        while Lead.objects.count() < rows:
            make_full_lead(150, rep)
        client.get(path)
        with CaptureQueriesContext(connection) as captured:
            assert len(names(client, path)) == min(rows, 50)
        assert len(captured) == queries, [query["sql"][:100] for query in captured]


def test_a_search_takes_one_more_query_for_any_number_of_rows(as_: As, rep: User) -> None:
    client = as_(rep)
    for rows in (1, 20, 50):
        while Lead.objects.count() < rows:
            make_full_lead(150, rep)
        with CaptureQueriesContext(connection) as captured:
            assert len(names(client, "/?q=ada+firm.example")) == rows
        assert len(captured) == 14, [query["sql"][:100] for query in captured]


def test_a_poll_takes_few_queries_for_any_number_of_rows(as_: As, rep: User) -> None:
    client = as_(rep)
    for rows in (1, 50):
        while Lead.objects.count() < rows:
            make_lead(50)
        with CaptureQueriesContext(connection) as captured:
            client.get("/leads/moved/?view=all&shown=-")
        assert len(captured) == 5, [query["sql"][:100] for query in captured]


class TestPages:
    """Forward and backward, over ties and leads without a score."""

    @pytest.fixture
    def many(self, rep: User) -> list[str]:
        moment = timezone.now() - timedelta(days=3)
        made = []
        for number in range(120):
            score = 80 if number < 70 else None if number > 110 else 80 - number // 2
            # Most are ties in score, and many of these in the time as well.
            at = moment + timedelta(hours=number // 20)
            made.append(make_lead(score, last_name=f"N{number}", last_activity_at=at))
        ordered = sorted(
            made,
            key=lambda lead: (-1 if lead.score is None else lead.score, lead.last_activity_at, lead.pk),
            reverse=True,
        )
        return [lead.last_name for lead in ordered]

    @staticmethod
    def link(client: Client, path: str, name: str) -> str | None:
        page = client.get(path).content.decode()
        found = re.search(rf'id="page-{name}" href="([^"]*)"', page)
        return found.group(1).replace("&amp;", "&") if found else None

    def test_every_lead_is_on_one_page_only_in_the_order_of_the_list(
        self, as_: As, rep: User, many: list[str]
    ) -> None:
        client, path = as_(rep), "/?view=all"
        seen = names(client, path)
        sizes = [len(seen)]
        while following := self.link(client, path, "next"):
            path = following
            seen += names(client, path)
            sizes.append(len(names(client, path)))

        assert sizes == [50, 50, 20]
        assert seen == many

    def test_the_way_back_is_the_way_there(self, as_: As, rep: User, many: list[str]) -> None:
        client = as_(rep)
        second = self.link(client, "/?view=all", "next")
        assert second is not None
        third = self.link(client, second, "next")
        assert third is not None

        back = self.link(client, third, "previous")
        assert back is not None
        assert names(client, back) == many[50:100]
        first = self.link(client, back, "previous")
        assert first is not None
        assert names(client, first) == many[:50]
        assert self.link(client, first, "previous") is None
        assert "51 to 100 of 100+" in text_of(client, back)
        assert "1 to 50 of 50+" in text_of(client, first)

    def test_a_page_stays_whole_when_leads_move_meanwhile(self, as_: As, rep: User, many: list[str]) -> None:
        client = as_(rep)
        second = self.link(client, "/?view=all", "next")
        assert second is not None
        Lead.objects.filter(last_name=many[60]).update(score=999)

        assert names(client, second) == [*many[50:60], *many[61:101]]
        # Going back from there the one that rose is found, on top of the first page.
        first = self.link(client, second, "previous")
        assert first is not None
        assert names(client, first) == [many[60], *many[:49]] or names(client, first) == many[:50]

    def test_filters_and_searches_are_kept_from_page_to_page(
        self, as_: As, rep: User, many: list[str]
    ) -> None:
        client = as_(rep)
        second = self.link(client, "/?temperature=warm&q=ada", "next")
        assert second is not None

        assert "temperature=warm" in second
        assert "q=ada" in second
        assert set(names(client, second)) <= set(many[50:])

    @pytest.mark.parametrize(
        "cursor",
        [
            "1",
            "1.2.3",
            "1.2.3.4.5",
            "a.b.c.d",
            "80.\x00.1.1",
            "9" * 300,
            "1." * 50,
            "'; DROP TABLE leadapp_lead; --",
            "999999999999999999.999999999999999999.999999999999999999.999999999999999999",
            "-1.-999999999999999999.1.1",
            "80..5.1",
            "１.1.1.1",
        ],
    )
    def test_a_broken_cursor_leads_to_the_first_page_or_behind_the_last_and_says_so(
        self, as_: As, rep: User, cursor: str
    ) -> None:
        make_lead(80, last_name="one")
        client = as_(rep)
        for way in ("after", "before"):
            response = client.get("/", {"view": "all", way: cursor})
            assert response.status_code in (200, 400)
            page = response.content.decode()
            assert "That page does not exist" in page or response.status_code == 200
            assert ">Ada one<" in page


class TestWhoSeesWhat:
    """Reps see all leads, or their own and unassigned ones; others see all."""

    @pytest.fixture
    def leads(self, rep: User, other_rep: User) -> dict[str, Lead]:
        return {
            "mine": make_lead(90, last_name="mine", owner=rep),
            "theirs": make_lead(80, last_name="theirs", owner=other_rep),
            "free": make_lead(70, last_name="free"),
        }

    def test_reps_see_all_leads_by_default(self, as_: As, rep: User, leads: dict[str, Lead]) -> None:
        assert names(as_(rep), "/?view=all") == ["mine", "theirs", "free"]

    def test_reps_see_their_own_and_unassigned_ones_where_that_is_the_setting(
        self, as_: As, rep: User, leads: dict[str, Lead], settings: Settings
    ) -> None:
        settings.REPS_SEE = "own"
        client = as_(rep)

        assert names(client, "/?view=all") == ["mine", "free"]
        assert names(client, "/?q=theirs") == []
        assert names(client, f"/?owner={leads['theirs'].owner_id}") == []
        assert client.get(f"/leads/{leads['theirs'].pk}/").status_code == 404
        assert client.get(f"/leads/{leads['mine'].pk}/").status_code == 200

    def test_marketers_and_managers_see_all_whatever_the_setting(
        self, as_: As, marketer: User, manager: User, leads: dict[str, Lead], settings: Settings
    ) -> None:
        settings.REPS_SEE = "own"

        for person in (marketer, manager):
            assert names(as_(person), "/") == ["mine", "theirs", "free"]

    def test_a_rep_begins_with_the_own_leads(self, as_: As, rep: User, leads: dict[str, Lead]) -> None:
        assert names(as_(rep), "/") == ["mine"]


class TestViews:
    """The saved views above the list."""

    def test_my_leads_are_open_and_not_yet_customers(self, as_: As, rep: User) -> None:
        make_lead(10, last_name="mine", owner=rep)
        make_lead(10, last_name="won", owner=rep, stage="customer")
        make_lead(10, last_name="resting", owner=rep, status="nurture", status_reason="Later")
        make_lead(10, last_name="free")

        assert names(as_(rep), "/?view=mine") == ["mine"]

    def test_answer_first_is_sorted_by_the_time_that_is_left(
        self, as_: As, rep: User, other_rep: User, manager: User
    ) -> None:
        make_clock(make_lead(200, last_name="tomorrow", owner=rep), rep, due_in=timedelta(hours=20))
        make_clock(make_lead(100, last_name="late", owner=rep), rep, due_in=-timedelta(hours=2))
        make_clock(make_lead(150, last_name="in the queue"), None, due_in=timedelta(hours=3))
        make_clock(make_lead(160, last_name="theirs", owner=other_rep), other_rep, due_in=timedelta(hours=1))
        done = make_clock(make_lead(170, last_name="done", owner=rep), rep, due_in=timedelta(hours=1))
        done.answered_at, done.answer_took = timezone.now(), timedelta(hours=25)
        done.save()

        assert names(as_(rep), "/?view=answer") == ["late", "in the queue", "tomorrow"]
        assert names(as_(manager), "/?view=answer") == ["late", "theirs", "in the queue", "tomorrow"]

    def test_answer_first_has_pages_as_well(self, as_: As, rep: User) -> None:
        for number in range(60):
            lead = make_lead(100, last_name=f"N{number:02}", owner=rep)
            make_clock(lead, rep, due_in=timedelta(minutes=10 * (number // 2)))
        client = as_(rep)
        following = TestPages.link(client, "/?view=answer", "next")
        assert following is not None

        assert names(client, following) == [f"N{number}" for number in range(50, 60)]
        back = TestPages.link(client, following, "previous")
        assert back is not None
        assert len(names(client, back)) == 50

    def test_hot_ones_and_those_that_nobody_has(self, as_: As, rep: User) -> None:
        make_lead(210, last_name="hot and free")
        make_lead(200, last_name="hot and mine", owner=rep)
        make_lead(60, last_name="warm and free")

        assert names(as_(rep), "/?view=hot") == ["hot and free", "hot and mine"]
        assert names(as_(rep), "/?view=unassigned") == ["hot and free", "warm and free"]

    def test_my_team_is_everybody_in_it_and_me(
        self, as_: As, rep: User, other_rep: User, manager: User
    ) -> None:
        team = Team.objects.create(name="North")
        TeamMember.objects.create(team=team, user=rep)
        TeamMember.objects.create(team=team, user=other_rep)
        make_lead(30, last_name="mine", owner=rep)
        make_lead(20, last_name="theirs", owner=other_rep)
        make_lead(10, last_name="elsewhere", owner=manager)

        assert names(as_(rep), "/?view=team") == ["mine", "theirs"]
        assert names(as_(manager), "/?view=team") == []
        assert "If you are in no team yet" in text_of(as_(manager), "/?view=team")

    def test_what_goes_cold_is_warm_and_has_been_quiet(
        self, as_: As, rep: User, other_rep: User, manager: User
    ) -> None:
        quiet, lately = timezone.now() - timedelta(days=15), timezone.now() - timedelta(days=13)
        make_lead(150, last_name="hot", owner=rep, last_activity_at=quiet)
        make_lead(60, last_name="warm", owner=other_rep, last_activity_at=quiet)
        make_lead(70, last_name="lively", owner=rep, last_activity_at=lately)
        make_lead(20, last_name="cold", owner=rep, last_activity_at=quiet)

        assert names(as_(rep), "/?view=cooling") == ["hot"]
        assert names(as_(manager), "/?view=cooling") == ["hot", "warm"]

    def test_what_came_in_today_is_there_newest_first(self, as_: As, rep: User) -> None:
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        make_lead(10, last_name="first", created_at=midnight)
        make_lead(200, last_name="yesterday", created_at=midnight - timedelta(seconds=1))
        make_lead(5, last_name="second", created_at=midnight + timedelta(seconds=1))

        assert names(as_(rep), "/?view=new") == ["second", "first"]

    def test_hot_is_what_the_version_said_that_scored_the_lead(self, as_: As, rep: User) -> None:
        live = ScoringModelVersion.objects.get(state="live", model__is_primary=True)
        generous = ScoringModelVersion.objects.create(
            model=live.model, number=live.number + 1, hot_from=30, warm_from=10
        )
        ScoringModelVersion.objects.filter(pk=generous.pk).update(
            state="retired", published_at=timezone.now(), retired_at=timezone.now()
        )
        make_lead(35, last_name="hot by then", temperature="hot", score_version=generous)
        make_lead(15, last_name="warm by then", temperature="warm", score_version=generous)

        assert names(as_(rep), "/?temperature=hot") == ["hot by then"]
        assert names(as_(rep), "/?temperature=warm") == ["warm by then"]
        assert names(as_(rep), "/?temperature=hot,warm") == ["hot by then", "warm by then"]

    def test_each_view_says_how_many_it_has(self, as_: As, rep: User) -> None:
        make_lead(200)
        make_lead(100, owner=rep)

        page = text_of(as_(rep), "/leads/counts/?view=all")

        assert page.split() == ["1", "0", "0", "1", "1", "0", "2", "2"]

        page = text_of(as_(rep), "/?view=all")

        # Only what is known without counting.
        assert "My leads My team Answer first Hot Unassigned Going cold New today All 2" in page

    def test_counting_ends_where_nobody_reads_on(
        self, as_: As, rep: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("leadapp.views.lists.counts.MOST_COUNTED", 2)
        for _ in range(4):
            make_lead(10)

        counts = as_(rep).get("/leads/counts/?view=all&rows=1&pages=1").content.decode()

        assert '<span class="count" id="count-all" hx-swap-oob="true">2+</span>' in counts
        assert '<span id="list-number" hx-swap-oob="true">2+</span>' in counts
        assert '<span id="all-number" hx-swap-oob="true">2+</span>' in counts
        assert 'hx-swap-oob="true">Call from the top.</p>' in counts

    def test_a_list_that_is_no_view_says_on_top_how_many_were_found(self, as_: As, rep: User) -> None:
        for _ in range(2):
            make_lead(10)
        client = as_(rep)

        found = client.get("/leads/counts/?stage=lead&rows=1").content.decode()
        assert "<b>2 leads</b> · Call from the top." in found
        found = client.get("/leads/counts/?stage=customer&rows=1").content.decode()
        assert "<b>0 leads</b> · " in found

    @pytest.mark.parametrize(
        ("path", "words"),
        [
            ("/?view=mine", "No lead is yours yet"),
            ("/?view=answer", "No lead waits for an answer"),
            ("/?view=hot", "No lead is hot"),
            ("/?view=all", "There are no leads yet"),
            ("/?q=nobody", "Nobody was found"),
            ("/?temperature=hot&grade=A", "No lead fits all of these filters"),
        ],
    )
    def test_an_empty_list_says_what_to_do(self, as_: As, rep: User, path: str, words: str) -> None:
        response = as_(rep).get(path)

        assert response.status_code == 200
        assert words in response.content.decode()
