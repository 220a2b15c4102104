"""What a lead agreed to, or does not want any more, as people write it down."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from leadapp.errors import Invalid, NotAllowed
from leadapp.models import Activity, ConsentRecord, Lead, User
from leadapp.services.privacy.consents import record_consent
from tests.qualification.build import make_lead, make_user

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 19, 10, 0, tzinfo=UTC)
GIVEN: dict[str, Any] = {
    "purpose": "email",
    "granted": True,
    "how": "call",
    "text": " May we send you the newsletter? ",
    "now": NOW,
}


@pytest.fixture
def mara(db: None) -> User:
    """Give a rep."""
    return make_user("mara", "rep", first_name="Mara")


def test_a_consent_keeps_the_words_the_way_and_who_wrote_it_down(mara: User) -> None:
    lead = make_lead(owner=mara, do_not_email=True)
    record = record_consent(lead=lead, actor=mara, **GIVEN)
    assert (record.purpose, record.granted, record.how, record.recorded_by, record.recorded_at) == (
        "email", True, "call", mara, NOW,
    )  # fmt: skip
    assert record.text == "May we send you the newsletter?"
    lead.refresh_from_db()
    assert not lead.do_not_email


@pytest.mark.parametrize(
    ("purpose", "flag"), [("email", "do_not_email"), ("phone", "do_not_call"), ("scoring", "do_not_score")]
)
def test_a_withdrawal_holds_at_once_and_stands_in_the_timeline(mara: User, purpose: str, flag: str) -> None:
    lead = make_lead(owner=mara, score=50)
    withdrawn = GIVEN | {"purpose": purpose, "granted": False, "text": ""}
    record_consent(lead=lead, actor=mara, **withdrawn)
    lead.refresh_from_db()
    assert getattr(lead, flag)
    assert (lead.score is None) == (purpose == "scoring")
    change = Activity.objects.get(lead=lead, type__slug="lead.updated")
    assert change.properties["after"] == {flag: True}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"purpose": "fax"}, "purpose"),
        ({"how": ""}, "how"),
        ({"text": " "}, "text"),
        ({"text": "x" * 2001}, "text"),
    ],
)
def test_what_is_no_evidence_is_refused(mara: User, wrong: dict[str, Any], field: str) -> None:
    lead = make_lead(owner=mara)
    with pytest.raises(Invalid) as refusal:
        record_consent(lead=lead, actor=mara, **GIVEN | wrong)
    assert list(refusal.value.errors) == [field]
    assert not ConsentRecord.objects.exists()


def test_only_who_works_on_the_lead_writes_it_down(mara: User) -> None:
    lead = make_lead(owner=mara)
    for actor in (make_user("other", "rep"), make_user("marketer", "marketer")):
        with pytest.raises(NotAllowed):
            record_consent(lead=lead, actor=actor, **GIVEN)
    assert not ConsentRecord.objects.exists()
    lead.refresh_from_db()
    assert not lead.do_not_email


def test_evidence_is_never_changed(mara: User) -> None:
    record = record_consent(lead=make_lead(owner=mara), actor=mara, **GIVEN)
    changes: list[dict[str, Any]] = [
        {"how": "letter"},
        {"text": "x"},
        {"recorded_at": NOW - timedelta(days=1)},
    ]
    for change in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            ConsentRecord.objects.filter(pk=record.pk).update(**change)


def test_the_way_is_one_of_those_known(mara: User) -> None:
    lead = Lead.objects.create()
    with pytest.raises(IntegrityError):
        ConsentRecord.objects.create(lead=lead, purpose="email", granted=True, source="x", how="fax")
