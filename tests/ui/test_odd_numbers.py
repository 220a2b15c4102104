"""Numbers in addresses and forms that are none, or that no row can have, are nonsense like any other."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from leadapp.models import User
from leadapp.numbers import LARGEST_ID, whole_number
from scoring.models import ScoringModel, ScoringRule
from scoring.services.publishing import make_draft
from tests.ui.build import make_lead, make_user
from tests.ui.conftest import As

# A digit that int() does not know, one of another script, too many for a row, too many for int().
ODD = ("5¹", "٣", "9" * 20, "9" * 5_000)
NONSENSE = "abc"
PAGES = (
    "/?owner={}",
    "/?from={}",
    "/leads/new/?company={}",
    "/my-day/?of={}",
    "/notices/bell/?known={}",
    "/board/?lane=mql&after={}",
    "/response-times/?team={}",
    "/response-times/leads/?person={}",
    "/response-times/leads/?in_team={}",
    "/companies/?owner={}",
    "/duplicates/?after={}",
    "/imports/?before={}",
    "/spam/?before={}",
    "/scoring/default/?version={}",
    "/scoring/default/check/?version={}",
    "/scoring/default/findings/?version={}",
    "/scoring/default/test/?lead={}",
    "/admin/scoring/scoringmodel/{}/change/",
    "/admin/scoring/scoringrule/add/?dimension=fit&version={}",
    "/admin/scoring/scoringrule/values/?field=property.page&type={}",
    "/admin/leadapp/activity/void/?ids={}",
)


@pytest.fixture
def everywhere(as_: As, db: None) -> Client:
    """Give a client who may open every page, and to whom a mistake is answered as to a browser."""
    client = as_(make_user("ines", "admin", is_staff=True, is_superuser=True))
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("007", 7),
        ("9223372036854775807", LARGEST_ID),
        ("9223372036854775808", None),
        *((text, None) for text in (*ODD, "", " 5", "-5", "+5", "5.0", "1_000", "x")),
    ],
)
def test_whole_numbers_are_digits_and_fit_into_a_row(text: str, number: int | None) -> None:
    assert whole_number(text) == number


def test_whole_numbers_end_where_it_is_said() -> None:
    assert (whole_number("119", largest=119), whole_number("120", largest=119)) == (119, None)


@pytest.mark.parametrize("page", PAGES)
def test_pages_answer_as_to_other_nonsense(everywhere: Client, page: str) -> None:
    usual = everywhere.get(page.format(NONSENSE)).status_code
    assert usual < 500

    assert [everywhere.get(page.format(odd)).status_code for odd in ODD] == [usual] * len(ODD)
    assert everywhere.get(page.format(LARGEST_ID)).status_code < 500


def test_a_view_of_such_a_number_is_not_there(everywhere: Client) -> None:
    assert [everywhere.get(f"/?view={odd}").status_code for odd in ODD] == [404] * len(ODD)


def test_forms_answer_as_to_other_nonsense(
    everywhere: Client, marketer: User, rep: User, other_rep: User
) -> None:
    lead = make_lead(90, owner=rep)
    draft = make_draft(model=ScoringModel.objects.get(), actor=marketer, now=timezone.now())
    rule = ScoringRule.objects.filter(version=draft)[:1].get()
    mine = {"owner": other_rep.pk, "reason": "Speaks Hindi"}
    forms: list[tuple[str, str, dict[str, Any]]] = [
        (f"/leads/{lead.pk}/owner/", "seen_owner_id", mine),
        ("/leads/look/", "size", {}),
        ("/leads/bulk/", "number", {"what": "assign", "all": "1", "of": "view=all", **mine}),
        ("/board/move/", "lead", {"to_stage": "sql", "seen_stage": "mql"}),
        ("/spam/decide/", "submission", {"what": "release"}),
        ("/scoring/default/draft/", "source", {}),
        (f"/admin/scoring/scoringrule/{rule.pk}/move/?place={{}}", "place", {}),
    ]
    for address, field, others in forms:
        usual, *odd = [
            everywhere.post(address.format(text), others | {field: text}).status_code
            for text in (NONSENSE, *ODD)
        ]
        assert (address, odd) == (address, [usual] * len(ODD))
        assert usual < 500
    lead.refresh_from_db()
    assert lead.owner == rep
