"""Testing a lead: a stored one, a changed copy, or one that is imagined, by live and draft side by side."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from leadapp.models import Activity, Lead, User
from scoring.models import ScoringModel
from tests.scoring_ui.build import HOME, changed_draft, everything, text_of, words
from tests.ui.build import make_activity
from tests.ui.conftest import As
from tests.ui.lead_build import new_lead

pytestmark = pytest.mark.django_db

TEST = f"{HOME}test/"


def imagine(client: Client, *rows: dict[str, Any], lead: Lead | None = None, **data: Any) -> Any:
    """Send the form: facts by their key, activities as rows."""
    sent: dict[str, Any] = {"did-TOTAL_FORMS": max(3, len(rows)), "did-INITIAL_FORMS": 0}
    for number, row in enumerate(rows):
        sent |= {f"did-{number}-{name}": value for name, value in row.items()}
    sent |= {f"fact-{name}": value for name, value in data.pop("facts", {}).items()}
    if lead is not None:
        sent["lead"] = lead.pk
    return client.post(TEST, sent | data)


def stored() -> Lead:
    """Make a lead who asked for a demo and looked at the prices."""
    lead = new_lead()
    make_activity(lead, "demo_requested")
    return lead


def counts() -> tuple[int, int]:
    """Count what must not be written."""
    return Lead.objects.count(), Activity.objects.count()


def test_a_stored_lead_is_found_and_explained_by_both_versions(as_: As, marketer: User) -> None:
    lead = stored()
    changed_draft(marketer)
    client, before = as_(marketer), everything()
    assert "Annelie Großmann" in text_of(client, f"{TEST}?q=großmann")
    response = client.get(TEST, {"lead": lead.pk})
    text = words(response)
    assert "v1 live" in text
    assert "v2 draft" in text
    assert "Asked for a demo" in text
    # The draft switched this rule off.
    assert "Target country Differs" in text
    comparison = response.context["comparison"]
    live, draft = (column.explanation for column in comparison.columns)
    assert comparison.shift == draft.score - live.score < 0
    for index, explanation in enumerate((live, draft)):
        for part in comparison.parts:
            cells = [line.cells[index] for line in part.lines]
            # Corrections too small to be shown are left out.
            assert abs(sum(cell.points for cell in cells if cell) - part.totals[index]) < Decimal("0.1")
        assert comparison.floor.totals[index] == explanation.score
    assert everything() == before


def test_without_a_draft_there_is_one_column(as_: As, rep: User) -> None:
    lead = stored()
    text = text_of(as_(rep), f"{TEST}?lead={lead.pk}")
    assert "v1 live" in text
    assert "Differs" not in text


def test_a_lead_that_opted_out_has_no_points(as_: As, rep: User) -> None:
    lead = Lead.objects.create(first_name="Ada", email="ada@firm.example", do_not_score=True)
    assert "opted out of scoring" in text_of(as_(rep), f"{TEST}?lead={lead.pk}")


@pytest.mark.parametrize("number", ["999999", "x", "9" * 40])
def test_an_unknown_lead_does_not_exist(as_: As, rep: User, number: str) -> None:
    assert as_(rep).get(TEST, {"lead": number}).status_code == 404


def test_leads_that_a_rep_may_not_see_are_not_there(
    as_: As, rep: User, marketer: User, settings: Any
) -> None:
    settings.REPS_SEE = "own"
    lead = stored()
    Lead.objects.filter(pk=lead.pk).update(owner=marketer)
    assert as_(rep).get(TEST, {"lead": lead.pk}).status_code == 404
    assert "No lead found" in text_of(as_(rep), f"{TEST}?q=großmann")
    assert "No lead has" in text_of(as_(rep), f"{HOME}try/?q=großmann")


def test_nothing_found_and_nothing_asked_are_said(as_: As, rep: User) -> None:
    assert "Which lead?" in text_of(as_(rep), TEST)
    assert "No lead found" in text_of(as_(rep), f"{TEST}?q=nobody")
    assert "No lead found" in words(as_(rep).get(TEST, {"q": "a\x00b"}))


def test_the_form_asks_for_what_the_rules_ask_for(as_: As, rep: User) -> None:
    text = text_of(as_(rep), f"{TEST}?imagine=1")
    for label in ("Job title", "Industry", "Employees", "Seniority", "Email"):
        assert label in text
    for label in ("Birth year", "Gender", "UTM source"):
        assert label not in text


def test_an_imagined_lead_gets_its_points(as_: As, rep: User, marketer: User) -> None:
    changed_draft(marketer)
    before = everything(), counts()
    response = imagine(
        as_(rep),
        {"type": "demo_requested"},
        {"type": "page_view", "days": "14", "times": "2", "property": "path", "value": "/pricing"},
        facts={"company.industry": "Machinery", "company.employees": "480", "lead.country": "de"},
    )
    assert response.status_code == 200
    lines = {
        line.name: [cell.points if cell else None for cell in line.cells]
        for part in response.context["comparison"].parts
        for line in part.lines
    }
    assert lines["Target industry"] == [20, 20]
    assert lines["Asked for a demo"] == [50, 50]
    assert lines["Viewed the pricing page"] == [8, 12]  # two of a half-life ago
    assert lines["Target country"] == [15, None]
    assert (everything(), counts()) == before


def test_add_a_row_keeps_what_was_typed_and_computes_nothing(as_: As, rep: User) -> None:
    response = imagine(as_(rep), {"type": "login", "days": "3"}, facts={"lead.job_title": "CTO"}, add="1")
    html = response.content.decode()
    assert response.status_code == 200
    assert html.count('class="did__row"') == 4
    assert 'value="CTO"' in html
    assert '<option value="login" selected>' in html
    assert response.context["comparison"] is None


def test_rows_end_somewhere(as_: As, rep: User) -> None:
    sent = {"did-TOTAL_FORMS": "20", "did-INITIAL_FORMS": "0", "add": "1"}
    response = as_(rep).post(TEST, sent)
    assert response.content.decode().count('class="did__row"') == 20
    assert "Add a row" not in words(response)


def test_a_copy_of_a_lead_counts_what_it_did_and_what_is_added(as_: As, rep: User) -> None:
    lead = stored()
    client = as_(rep)
    page = client.get(f"{TEST}?lead={lead.pk}&imagine=1")
    assert 'value="Head of Operations"' in page.content.decode()
    facts = {key: page.context["facts"].initial[key] or "" for key in page.context["facts"].initial}
    same = imagine(client, lead=lead, facts=facts).context["comparison"].columns[0].explanation
    as_stored = client.get(TEST, {"lead": lead.pk}).context["comparison"].columns[0].explanation
    assert (same.fit, same.engagement) == (as_stored.fit, as_stored.engagement)
    more = imagine(client, {"type": "quote_requested"}, lead=lead, facts=facts)
    assert more.context["comparison"].columns[0].explanation.score == same.score + 50
    less = imagine(client, lead=lead, facts=facts | {"company.industry": ""})
    assert less.context["comparison"].columns[0].explanation.fit == same.fit - 20


@pytest.mark.parametrize(
    ("row", "facts", "said"),
    [
        ({"days": "3"}, {}, "Choose what they did"),
        ({"type": "login", "value": "x"}, {}, "Name the property"),
        ({"type": "login", "days": "-1"}, {}, "greater than or equal to 0"),
        ({"type": "nothing"}, {}, "valid choice"),
        ({}, {"lead.country": "Germany"}, "country code of two letters"),
        ({}, {"company.employees": "many"}, "Enter a number"),
        ({}, {"lead.email": "no address"}, "valid email"),
    ],
)
def test_what_cannot_be_is_told_at_its_field(
    as_: As, rep: User, row: dict[str, str], facts: dict[str, str], said: str
) -> None:
    response = imagine(as_(rep), row, facts=facts)
    assert response.status_code == 422
    assert said in words(response)


def test_rubbish_instead_of_rows_is_told(as_: As, rep: User) -> None:
    response = as_(rep).post(TEST, {"did-TOTAL_FORMS": "x"})
    assert response.status_code == 422
    assert as_(rep).post(TEST, {"did-TOTAL_FORMS": "²", "add": "1"}).status_code == 200


def test_the_small_search_answers_with_both_scores(as_: As, marketer: User) -> None:
    lead = stored()
    changed_draft(marketer)
    part = as_(marketer).get(f"{HOME}try/?q=annelie")
    text = words(part)
    assert "<html" not in part.content.decode()
    assert "v1 live" in text
    assert "v2 draft" in text
    assert f"?lead={lead.pk}" in part.content.decode()
    assert words(as_(marketer).get(f"{HOME}try/")).strip() == ""


def test_a_model_without_a_version_says_so(as_: As, rep: User) -> None:
    ScoringModel.objects.create(name="Services", slug="services")
    assert "Nobody has written rules" in text_of(as_(rep), "/scoring/services/test/")
