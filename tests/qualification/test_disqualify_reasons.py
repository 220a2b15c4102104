"""Why leads are disqualified: a code that reports count by, and a word more."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from leadapp.errors import Invalid
from leadapp.models import Lead, User
from qualification.models import DisqualifyReason, StageChange
from qualification.services.moves import disqualify_lead, reopen_lead
from qualification.services.recycling.reasons import offered_reasons
from tests.qualification.build import NOW, everything, make_lead

pytestmark = pytest.mark.django_db


def out(lead: Lead, code: str, detail: str = "") -> StageChange:
    """Disqualify a lead."""
    return disqualify_lead(lead=lead, seen_stage="lead", actor=None, reason_code=code, reason=detail, now=NOW)


@pytest.mark.parametrize(
    ("code", "detail", "words"),
    [
        ("no_budget", "", "No budget"),
        ("competitor", " Acme, by price ", "Went with a competitor: Acme, by price"),
        ("other", "Moved to the moon", "Moved to the moon"),
    ],
)
def test_code_and_words_are_kept(code: str, detail: str, words: str) -> None:
    lead = make_lead()
    change = out(lead, code, detail)
    lead.refresh_from_db()
    assert (lead.status, lead.status_reason) == ("disqualified", words)
    assert lead.disqualify_reason is not None
    assert lead.disqualify_reason.code == code
    assert (change.reason, change.disqualify_reason) == (words, lead.disqualify_reason)


@pytest.mark.parametrize(
    ("code", "detail", "field"),
    [
        ("other", "", "reason"),
        ("other", "  ", "reason"),
        ("sunspots", "Bright", "reason_code"),
        ("", "Bright", "reason_code"),
        ("duplicate", "", "reason_code"),  # not offered any more, below
        ("competitor", "x" * 500, "reason"),
    ],
)
def test_what_says_nothing_is_refused(code: str, detail: str, field: str) -> None:
    DisqualifyReason.objects.filter(code="duplicate").update(is_active=False)
    lead = make_lead()
    before = everything()
    with pytest.raises(Invalid) as caught:
        out(lead, code, detail)
    assert set(caught.value.errors) == {field}
    assert everything() == before


def test_reopening_clears_the_code_and_the_history_keeps_it(manager: User) -> None:
    lead = make_lead()
    out(lead, "unreachable")
    reopen_lead(lead=lead, actor=manager, reason="They called", now=NOW)
    lead.refresh_from_db()
    assert lead.disqualify_reason is None
    assert [change.disqualify_reason_id is None for change in StageChange.objects.order_by("pk")] == [
        False,
        True,
    ]


def test_the_words_stay_when_the_team_calls_it_otherwise() -> None:
    lead = make_lead()
    out(lead, "no_need")
    DisqualifyReason.objects.filter(code="no_need").update(label="Has no use for it")
    assert StageChange.objects.get().reason == "No need"


def test_reasons_are_offered_in_the_order_of_the_team() -> None:
    DisqualifyReason.objects.filter(code="other").update(position=0)
    DisqualifyReason.objects.filter(code="no_need").update(is_active=False)
    codes = [reason.code for reason in offered_reasons()]
    assert codes[:2] == ["other", "no_budget"]
    assert "no_need" not in codes


def test_a_reason_in_use_stays() -> None:
    out(make_lead(), "no_need")
    with pytest.raises(ProtectedError):
        DisqualifyReason.objects.get(code="no_need").delete()


@pytest.mark.parametrize(
    "facts", [{"code": ""}, {"code": "x", "label": ""}, {"code": "no_need", "label": "x"}]
)
def test_the_database_forbids_reasons_without_code_or_words(facts: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        DisqualifyReason.objects.create(**facts)


def test_the_database_forbids_a_reason_to_disqualify_what_is_not_disqualified() -> None:
    reason = DisqualifyReason.objects.get(code="no_need")
    lead = make_lead()
    with pytest.raises(IntegrityError), transaction.atomic():
        Lead.objects.filter(pk=lead.pk).update(disqualify_reason=reason)
    out(lead, "no_budget")
    with pytest.raises(IntegrityError), transaction.atomic():
        StageChange.objects.update(disqualify_reason=reason)
    with pytest.raises(IntegrityError), transaction.atomic():
        StageChange.objects.create(
            lead=lead, move="reopen", from_stage="lead", to_stage="lead", from_status="nurture",
            to_status="open", reason="x", disqualify_reason=reason,
        )  # fmt: skip
