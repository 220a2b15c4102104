"""Fans and references: the process does not end with the deal."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from leadapp.errors import Conflict, Invalid, NotAllowed, Refused
from leadapp.models import Lead, User
from qualification.models import AdvocacyChange, Deal
from qualification.services.customers.advocacy import set_advocacy
from tests.qualification.build import NOW, everything, make_lead

pytestmark = pytest.mark.django_db


def refused(kind: type[Refused], **asked: Any) -> Refused:
    """Ask for what must be refused, and show that nothing was written."""
    before = everything()
    with pytest.raises(kind) as caught:
        set_advocacy(now=NOW, **asked)
    assert everything() == before
    return caught.value


def test_a_customer_becomes_a_fan_then_a_reference_and_the_history_says_who_and_why(rep: User) -> None:
    lead = make_lead(stage="customer", owner=rep)
    set_advocacy(lead=lead, advocacy="fan", note="Posted about us", actor=rep, now=NOW)
    set_advocacy(lead=lead, advocacy="reference", actor=rep, now=NOW)
    set_advocacy(lead=lead, advocacy="none", note="Left the company", actor=rep, now=NOW)
    assert Lead.objects.get(pk=lead.pk).advocacy == "none"
    history = AdvocacyChange.objects.order_by("pk").values_list("before", "after", "note", "actor")
    assert list(history) == [
        ("none", "fan", "Posted about us", rep.pk),
        ("fan", "reference", "", rep.pk),
        ("reference", "none", "Left the company", rep.pk),
    ]


@pytest.mark.parametrize("stage", ["lead", "mql", "sql"])
def test_only_who_has_bought_can_be_one(stage: str, rep: User) -> None:
    lead = make_lead(stage=stage, owner=rep)
    refused(Invalid, lead=lead, advocacy="fan", actor=rep)
    Deal.objects.create(lead=lead, value=1, won_on=NOW.date(), created_at=NOW)  # of an earlier round
    set_advocacy(lead=lead, advocacy="fan", actor=rep, now=NOW)
    Deal.objects.update(voided_at=NOW, void_reason="Cancelled")
    refused(Invalid, lead=lead, advocacy="reference", actor=rep)
    set_advocacy(lead=lead, advocacy="none", actor=rep, now=NOW)  # taking it back is always possible


def test_others_are_refused_and_so_is_nonsense(rep: User, other_rep: User, marketer: User) -> None:
    lead = make_lead(stage="customer", owner=rep)
    for actor in (other_rep, marketer):
        refused(NotAllowed, lead=lead, advocacy="fan", actor=actor)
    refused(Invalid, lead=lead, advocacy="hero", actor=rep)
    refused(Invalid, lead=lead, advocacy="fan", note="x" * 501, actor=rep)
    refused(Conflict, lead=lead, advocacy="none", actor=rep)


def test_the_database_forbids_what_must_not_be(rep: User) -> None:
    lead = make_lead(stage="customer", owner=rep)
    set_advocacy(lead=lead, advocacy="fan", actor=rep, now=NOW)
    for change in ({"note": "Other"}, {"after": "reference"}, {"before": "fan", "after": "fan"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            AdvocacyChange.objects.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        AdvocacyChange.objects.create(lead=lead, before="fan", after="fan")
    with pytest.raises(IntegrityError), transaction.atomic():
        Lead.objects.filter(pk=lead.pk).update(advocacy="hero")
