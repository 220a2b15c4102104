"""Search and filters of the lead list, alone, combined, and asked for in ways that make no sense."""

from datetime import timedelta
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from leadapp.models import Company, Lead, User
from leadapp.search import find_leads
from tests.ui.build import make_clock, make_lead
from tests.ui.conftest import As
from tests.ui.test_lead_list import names, text_of


class TestSearch:
    """Parts of names, addresses and company names."""

    @pytest.fixture
    def client_(self, as_: As, rep: User) -> Client:
        make_lead(90, last_name="Großmann-Überschär", email="a.gross@voegele.example", company="Vögele AG")
        make_lead(80, last_name="Brzęczyszczykiewicz", email="tomasz@nordhafen.example")
        make_lead(70, last_name="100%_sure\\", email="odd@firm.example")
        return as_(rep)

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("großmann", ["Großmann-Überschär"]),
            ("ÜBERSCH", ["Großmann-Überschär"]),
            ("voegele.ex", ["Großmann-Überschär"]),
            ("vögele", ["Großmann-Überschär"]),
            ("gross vögele", ["Großmann-Überschär"]),
            ("vögele tomasz", []),
            ("szczy", ["Brzęczyszczykiewicz"]),
            ("ada", ["Großmann-Überschär", "Brzęczyszczykiewicz", "100%_sure\\"]),
            ("br", ["Brzęczyszczykiewicz"]),
            ("b", ["Brzęczyszczykiewicz"]),
            ("rz", []),
            ("100%", ["100%_sure\\"]),
            ("%", []),
            ("0%_s", ["100%_sure\\"]),
            ("_", []),
            ("sure\\", ["100%_sure\\"]),
            ("'; --", []),
        ],
    )
    def test_finds_what_has_every_word(self, client_: Client, text: str, found: list[str]) -> None:
        assert names(client_, f"/?q={quote(text)}") == found

    def test_searches_all_leads_and_not_only_the_view(self, as_: As, rep: User, other_rep: User) -> None:
        make_lead(10, last_name="Needle", owner=other_rep)

        assert names(as_(rep), "/?q=needle") == ["Needle"]
        assert names(as_(rep), "/?q=needle&owner=me") == []

    def test_nonsense_is_told_and_does_no_harm(self, as_: As, rep: User) -> None:
        make_lead(10, last_name="One")
        client = as_(rep)
        for text in ("\x00", "a\x00b", "x" * 201):
            response = client.get("/", {"q": text, "view": "all"})
            assert response.status_code == 400
            assert "cannot be searched for" in response.content.decode()
            assert ">Ada One<" in response.content.decode()

    def test_spaces_alone_search_for_nothing(self, as_: As, rep: User) -> None:
        make_lead(10, last_name="One", owner=rep)

        assert names(as_(rep), "/?q=+++") == ["One"]

    @pytest.mark.parametrize("text", ["brand", "brand vögele"])
    def test_a_rare_word_is_found_through_the_index_of_trigrams(self, db: None, text: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_indexscan = off")
        plan = find_leads(Lead.objects.all(), text).explain()

        assert "lead_search_trigram" in plan

    def test_a_company_that_is_renamed_is_found_by_its_new_name(self, as_: As, rep: User) -> None:
        make_lead(10, last_name="One", company="Old Name Ltd")
        Company.objects.filter(name="Old Name Ltd").update(name="Brand New Ltd")

        assert names(as_(rep), "/?q=brand+new") == ["One"]
        assert names(as_(rep), "/?q=old+name") == []


class TestFilters:
    """Every filter, and all of them together."""

    @pytest.fixture
    def leads(self, rep: User, other_rep: User) -> None:
        make_lead(
            200,
            last_name="A",
            owner=rep,
            stage="mql",
            grade="A1",
            source="Hannover Messe, Stand 4",
            country="DE",
            company="Vögele",
        )
        Company.objects.filter(name="Vögele").update(industry="Machinery")
        make_lead(90, last_name="B", owner=other_rep, grade="A3", source="web", country="AT")
        make_lead(
            30,
            last_name="C",
            grade="C4",
            status="nurture",
            status_reason="Later",
            last_activity_at=timezone.now() - timedelta(days=40),
        )
        make_lead(None, last_name="D", stage="customer")

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("view=all", "ABCD"),
            ("owner=me", "A"),
            ("owner=none", "CD"),
            ("owner=me,none", "ACD"),
            ("owner=me&owner=none", "ACD"),
            ("stage=mql", "A"),
            ("stage=mql,customer", "AD"),
            ("stage=mql&stage=customer", "AD"),
            ("status=open", "ABD"),
            ("status=nurture", "C"),
            ("temperature=hot", "A"),
            ("temperature=warm", "B"),
            ("temperature=cold", "C"),
            ("temperature=hot,cold", "AC"),
            ("grade=A", "AB"),
            ("grade=A3", "B"),
            ("grade=A3,C", "BC"),
            ("source=web", "B"),
            ("source=Hannover+Messe,+Stand+4", "A"),
            ("country=DE", "A"),
            ("country=DE,AT", "AB"),
            ("industry=Machinery", "A"),
            ("industry=Nothing", ""),
            ("active=30", "ABD"),
            ("active=90", "ABCD"),
            ("active=45", "ABCD"),
            ("status=open&grade=A&temperature=warm", "B"),
            (
                "owner=me&stage=mql&status=open&temperature=hot&grade=A1&country=DE&industry=Machinery&active=7",
                "A",
            ),
            ("owner=me&country=AT", ""),
            ("view=hot&temperature=cold", ""),
        ],
    )
    def test_keeps_the_leads_that_fit(self, as_: As, rep: User, leads: None, query: str, found: str) -> None:
        assert "".join(names(as_(rep), f"/?{query}")) == found

    def test_other_people_can_be_chosen(self, as_: As, rep: User, other_rep: User, leads: None) -> None:
        client = as_(rep)

        assert names(client, f"/?owner={other_rep.pk}") == ["B"]
        assert names(client, f"/?owner={other_rep.pk},me") == ["A", "B"]
        assert "Owner Priya Nair" in text_of(client, f"/?owner={other_rep.pk}")

    def test_who_waits_for_an_answer(self, as_: As, rep: User, leads: None) -> None:
        make_clock(Lead.objects.get(last_name="B"), None, due_in=timedelta(hours=1))

        assert names(as_(rep), "/?due=waiting") == ["B"]

    @pytest.mark.parametrize(
        "query",
        [
            "stage=purple",
            "status=9",
            "temperature=hot%00",
            "grade=E7",
            "grade=A9",
            "owner=0",
            "owner=-1",
            "owner=99999999999999999999999",
            "owner=abc",
            "owner=%F0%9F%92%A9",
            "due=later",
            "active=0",
            "active=-5",
            "active=99999",
            "active=abc",
            "active=1e3",
            "active=%D9%A3",
            "country=Germany",
            "country=de",
            "source=%00",
            "industry=" + "x" * 300,
            "view=nothing",
            "view=%00",
        ],
    )
    def test_what_makes_no_sense_is_left_out_and_told(
        self, as_: As, rep: User, leads: None, query: str
    ) -> None:
        client = as_(rep)

        response = client.get(f"/?{query}&status=open")

        page = response.content.decode()
        assert response.status_code == 400
        assert "notice--warn" in page
        assert "\x00" not in page
        assert "".join(names(client, f"/?{query}&status=open")) == "ABD"

    def test_many_values_do_no_harm(self, as_: As, rep: User, leads: None) -> None:
        response = as_(rep).get("/?owner=" + ",".join(str(number) for number in range(2000)))

        assert response.status_code == 400
        assert response.content.decode().count("notice--warn") <= 50

    def test_a_chip_says_what_is_asked_for_and_leads_to_the_list_without_it(
        self, as_: As, rep: User, leads: None
    ) -> None:
        client = as_(rep)
        page = client.get("/?temperature=hot,warm&country=DE&active=30&q=ada").content.decode()
        text = text_of(client, "/?temperature=hot,warm&country=DE&active=30&q=ada")

        for words in (
            "Temperature Hot or Warm",
            "Country DE",
            "Last activity within 30 days",
            "Search “ada”",
        ):
            assert words in text
        start = page.index("Remove filter: Country")
        address = page[page.rindex('href="', 0, start) + 6 : start].partition('"')[0].replace("&amp;", "&")
        assert parse_qs(urlsplit(address).query) == {
            "temperature": ["hot,warm"],
            "active": ["30"],
            "q": ["ada"],
        }

    def test_the_last_chip_leads_to_all_leads(self, as_: As, rep: User, leads: None) -> None:
        page = as_(rep).get("/?country=DE").content.decode()

        assert 'href="/?view=all" aria-label="Remove filter: Country"' in page

    def test_the_form_is_filled_with_what_the_address_asks_for(
        self, as_: As, rep: User, other_rep: User, leads: None
    ) -> None:
        response = as_(rep).get(f"/leads/filters/?owner={other_rep.pk}&stage=mql,sql&source=web&q=ada")

        page = response.content.decode()
        assert response.status_code == 200
        assert f'<option value="{other_rep.pk}" selected>' in page
        assert '<option value="web" selected>' in page
        assert '<option value="AT">' in page
        assert '<option value="Machinery">' in page
        assert page.count("checked") == 2 + 1  # and the switch for the keys
        assert 'name="q" value="ada"' in page

    def test_htmx_gets_the_form_alone(self, as_: As, rep: User, leads: None) -> None:
        response = as_(rep).get("/leads/filters/", headers={"HX-Request": "true"})

        assert "<html" not in response.content.decode()
        assert "HX-Request" in response["Vary"]

    def test_a_value_that_no_lead_has_any_more_stays_in_the_form(self, as_: As, rep: User) -> None:
        page = as_(rep).get("/leads/filters/?source=gone&country=XX").content.decode()

        assert '<option value="gone" selected>' in page
        assert '<option value="XX" selected>' in page


def test_htmx_gets_the_list_alone_and_caches_keep_them_apart(as_: As, rep: User) -> None:
    make_lead(10)
    response = as_(rep).get("/?view=all", headers={"HX-Request": "true", "HX-Target": "list"})

    assert "<html" not in response.content.decode()
    assert 'id="list"' in response.content.decode()
    assert "HX-Request" in response["Vary"]
    assert "HX-Target" in response["Vary"]


def test_the_list_is_only_read(as_: As, rep: User) -> None:
    client = as_(rep)

    for path in ("/", "/leads/filters/", "/leads/moved/"):
        assert client.post(path).status_code == 405
