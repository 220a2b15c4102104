"""BANT is one framework among others: which one is in use says what counts."""

from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import ProtectedError
from pytest_django import DjangoAssertNumQueries

from qualification.models import Dimension, Framework, FrameworkDimension, Step
from qualification.services.evidence.answers import answer_bant
from qualification.services.evidence.frameworks import read_questions
from qualification.services.gates.checklists import check_gates
from tests.qualification.build import NOW, confirm, make_lead

pytestmark = pytest.mark.django_db


def use(name: str) -> None:
    Framework.objects.filter(is_in_use=True).update(is_in_use=False)
    Framework.objects.filter(name=name).update(is_in_use=True)


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("BANT", ["Budget", "Authority", "Need", "Timeline"]),
        ("CHAMP", ["Challenges", "Authority", "Money", "Prioritization"]),
        (
            "MEDDIC",
            [
                "Metrics",
                "Economic buyer",
                "Decision criteria",
                "Decision process",
                "Identified pain",
                "Champion",
            ],
        ),
    ],
)
def test_the_frameworks_that_ship(name: str, labels: list[str]) -> None:
    use(name)
    questions = read_questions()
    assert questions.framework == name
    assert [one.label for one in questions.counted] == labels
    beside = {"pain_points", "urgency", "competition", "marketing_goals", "ideal_customer"}
    counted = {one.key for one in questions.counted}
    assert {one.key for one in questions.asked} - counted == beside - counted


def test_every_question_can_be_asked_in_a_conversation() -> None:
    for dimension in Dimension.objects.all():
        assert "?" in dimension.prompts
        assert dimension.example
    labels = {dimension.label for dimension in Dimension.objects.filter(is_also_asked=True)}
    assert labels == {
        "Pain points",
        "Urgency",
        "Competition",
        "Marketing goals",
        "Ideal customer profile",
    }


def test_questions_are_read_in_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        assert read_questions().find("budget")


def test_without_a_framework_nothing_counts() -> None:
    Framework.objects.all().update(is_in_use=False)
    assert read_questions().counted == ()
    assert read_questions().framework == ""
    assert check_gates(lead=make_lead(), now=NOW)[Step.TO_SQL].passes  # nothing is asked


def test_evidence_is_kept_when_another_framework_is_used() -> None:
    """What is asked under another name is the same evidence."""
    lead = make_lead()
    confirm(lead)
    use("CHAMP")
    check = check_gates(lead=lead, now=NOW)
    assert str(check[Step.TO_SQL].items[0]) == "Holds: All but one confirmed (3 of 4)"
    assert str(check[Step.TO_CUSTOMER].items[0]) == (
        "Missing: All confirmed (3 now; prioritization still open)"
    )


def test_all_but_one_means_five_of_six_in_meddic() -> None:
    use("MEDDIC")
    lead = make_lead()
    confirm(lead, "metrics", "authority", "decision_criteria", "decision_process")
    (line, _) = check_gates(lead=lead, now=NOW)[Step.TO_SQL].items
    assert str(line) == "Missing: All but one confirmed (4 now; identified pain or champion would do)"
    confirm(lead, "champion")
    assert check_gates(lead=lead, now=NOW)[Step.TO_SQL].passes
    answer_bant(lead=lead, dimension="budget", state="ruled_out", actor=None, now=NOW)
    assert check_gates(lead=lead, now=NOW)[Step.TO_SQL].passes  # MEDDIC does not ask for it


BAD: list[dict[str, Any]] = [
    {"key": "Budget2", "label": "B"},
    {"key": "2budget", "label": "B"},
    {"key": "bud'get", "label": "B"},
    {"key": "confirmed_count", "label": "B"},
    {"key": "size", "label": ""},
    {"key": "size", "label": "Size", "value_label": ""},
    {"key": "size", "label": "Size", "good_for_days": 0},
    {"key": "budget", "label": "Again"},
]


@pytest.mark.parametrize("facts", BAD, ids=str)
def test_the_database_refuses_dimensions_that_make_no_sense(facts: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Dimension.objects.create(**facts)


def test_the_database_knows_one_framework_in_use_and_a_dimension_once() -> None:
    bant = Framework.objects.get(name="BANT")
    for create in (
        lambda: Framework.objects.create(name="SPIN", is_in_use=True),
        lambda: Framework.objects.create(name=""),
        lambda: Framework.objects.create(name="BANT"),
        lambda: FrameworkDimension.objects.create(framework=bant, dimension_id="budget"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            create()


def test_what_was_answered_stays_and_keeps_its_name() -> None:
    answer_bant(lead=make_lead(), dimension="competition", state="confirmed", actor=None, now=NOW)
    with pytest.raises(ProtectedError):
        Dimension.objects.get(pk="competition").delete()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE qualification_dimension SET key = 'rivals' WHERE key = 'competition'")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE qualification_bantanswer SET dimension_id = 'urgency'")
