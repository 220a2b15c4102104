"""Tags: put on and taken off many leads at once, and that taken back as far as it still stands."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from leadapp.errors import Invalid, NotAllowed, NotFound
from leadapp.models import Lead, LeadTag, Tag, User
from leadapp.services.leads.tags import change_tags, clean_tags, read_tags, tags_of, undo_tags
from tests.qualification.build import NOW, make_lead, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def rep() -> User:
    return make_user("rep1", "rep")


@pytest.fixture
def manager() -> User:
    return make_user("boss", "manager")


def ids(*leads: Lead) -> list[int]:
    return [lead.pk for lead in leads]


def stored() -> list[Any]:
    return [
        list(LeadTag.objects.order_by("pk").values_list()),
        list(Tag.objects.order_by("pk").values_list()),
    ]


def test_tags_are_put_on_and_taken_off_many_leads(rep: User) -> None:
    mine, theirs = make_lead(owner=rep), make_lead(owner=make_user("rep2", "rep"))
    gone = make_lead(owner=rep)
    gone_id = gone.pk
    gone.delete()
    done, foreign, missing = change_tags(
        lead_ids=[mine.pk, theirs.pk, gone_id], add=["Fair", " old  friend "], actor=rep, now=NOW
    )
    assert tags_of([mine.pk, theirs.pk]) == {mine.pk: ["Fair", "old friend"]}
    assert len(done.added) == 2
    assert isinstance(foreign.refused, NotAllowed)
    assert isinstance(missing.refused, NotFound)
    assert Lead.objects.get(pk=mine.pk).updated_at == NOW
    change_tags(lead_ids=[mine.pk], remove=["FAIR", "never heard of"], actor=rep, now=NOW)
    assert tags_of([mine.pk]) == {mine.pk: ["old friend"]}


def test_a_tag_is_the_same_in_capitals_and_stays_as_it_was_first_written(rep: User) -> None:
    lead = make_lead(owner=rep)
    change_tags(lead_ids=[lead.pk], add=["Fair"], actor=rep, now=NOW)
    (again,) = change_tags(lead_ids=[lead.pk], add=["FAIR", "fair"], actor=rep, now=NOW)
    assert again.added == []
    assert Tag.objects.get().name == "Fair"


@pytest.mark.parametrize(
    ("add", "remove", "field"),
    [
        ([], [], "tags"),
        (["a,b"], [], "add"),
        ([" "], [], "add"),
        (["x" * 51], [], "add"),
        (["nul\x00"], [], "add"),
        ([str(number) for number in range(21)], [], "add"),
        (["Fair"], ["fair"], "remove"),
    ],
)
def test_what_is_no_tag_is_refused_and_nothing_is_written(
    add: list[str], remove: list[str], field: str, rep: User
) -> None:
    lead = make_lead(owner=rep)
    with pytest.raises(Invalid) as refused:
        change_tags(lead_ids=[lead.pk], add=add, remove=remove, actor=rep, now=NOW)
    assert list(refused.value.errors) == [field]
    assert stored() == [[], []]


def test_a_refusal_of_all_leads_makes_no_tag(rep: User) -> None:
    change_tags(lead_ids=ids(make_lead()), add=["Fair"], actor=rep, now=NOW)
    assert stored() == [[], []]


def test_undo_takes_back_only_what_still_stands(rep: User, manager: User) -> None:
    kept, changed = make_lead(owner=rep), make_lead(owner=rep)
    change_tags(lead_ids=ids(kept, changed), add=["Old"], actor=rep, now=NOW)
    before = stored()[0][0][3:]
    changes = change_tags(lead_ids=ids(kept, changed), add=["New"], remove=["Old"], actor=manager, now=NOW)
    # Somebody takes the new one off again and puts it on: that one is theirs. And the old one is back.
    change_tags(lead_ids=[changed.pk], remove=["New"], actor=rep, now=NOW)
    change_tags(lead_ids=[changed.pk], add=["New", "Old"], actor=rep, now=NOW)
    first, second = undo_tags(changes=changes, actor=manager, now=NOW)
    assert tags_of(ids(kept, changed)) == {kept.pk: ["Old"], changed.pk: ["New", "Old"]}
    assert (len(first.added), len(first.removed)) == (1, 1)
    assert (second.added, second.removed) == ([], [])
    assert LeadTag.objects.values_list("added_by", "added_at").get(lead=kept) == before


def test_undo_asks_for_the_right_and_leaves_out_tags_that_are_gone(rep: User, manager: User) -> None:
    lead = make_lead(owner=rep)
    change_tags(lead_ids=[lead.pk], add=["Old"], actor=rep, now=NOW)
    changes = change_tags(lead_ids=[lead.pk], add=["New"], remove=["Old"], actor=manager, now=NOW)
    Lead.objects.filter(pk=lead.pk).update(owner=None)
    (refused,) = undo_tags(changes=changes, actor=rep, now=NOW)
    assert isinstance(refused.refused, NotAllowed)
    Tag.objects.filter(name="Old").delete()
    undo_tags(changes=changes, actor=manager, now=NOW)
    assert tags_of([lead.pk]) == {}


@pytest.mark.parametrize("number", [1, 20])
def test_any_number_of_leads_takes_the_same_queries(number: int, rep: User) -> None:
    leads = ids(*(make_lead(owner=rep) for _ in range(number)))
    change_tags(lead_ids=leads, add=["Old"], actor=rep, now=NOW)
    User.objects.get(pk=rep.pk).has_perm("leadapp.work_own_lead")
    with CaptureQueriesContext(connection) as queries:
        changes = change_tags(lead_ids=leads, add=["New"], remove=["Old"], actor=rep, now=NOW)
    assert len(queries) == 10, [query["sql"][:80] for query in queries]
    with CaptureQueriesContext(connection) as queries:
        undo_tags(changes=changes, actor=rep, now=NOW)
    assert len(queries) == 8, [query["sql"][:80] for query in queries]


def test_tags_are_read_with_commas_between_them() -> None:
    assert clean_tags(read_tags(" Fair, old  friend,, FAIR ")) == ["Fair", "old friend"]


@pytest.mark.parametrize("name", ["", " Fair", "a,b"])
def test_the_database_forbids_what_is_no_tag(name: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Tag.objects.create(name=name)


def test_the_database_forbids_a_tag_twice() -> None:
    lead, tag = make_lead(), Tag.objects.create(name="Fair")
    with pytest.raises(IntegrityError), transaction.atomic():
        Tag.objects.create(name="FAIR")
    LeadTag.objects.create(lead=lead, tag=tag)
    with pytest.raises(IntegrityError), transaction.atomic():
        LeadTag.objects.create(lead=lead, tag=tag)
