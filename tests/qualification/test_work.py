"""Notes and tasks."""

from typing import Any

import pytest

from leadapp.errors import Invalid, NotAllowed, NotFound
from leadapp.models import ApiKey, User
from qualification.models import Note, Task
from qualification.services.work import add_note, add_task, complete_task, reopen_task
from tests.qualification.build import DAY, NOW, everything, make_lead, make_user

pytestmark = pytest.mark.django_db


def test_a_note_keeps_who_wrote_what_when(rep: User) -> None:
    note = add_note(lead=make_lead(owner=rep), text=" Knows SAP\nand Oracle ", actor=rep, now=NOW)
    assert note == Note.objects.get()
    assert (note.text, note.author, note.created_at) == ("Knows SAP\nand Oracle", rep, NOW)


def test_a_task_is_for_oneself_or_a_colleague(rep: User, other_rep: User) -> None:
    lead = make_lead(owner=rep)
    for owner in (rep, other_rep):
        task = add_task(lead=lead, owner=owner, text="Call again", due_at=NOW + DAY, actor=rep, now=NOW)
        assert (task.owner, task.created_by, task.text, task.due_at, task.done_at) == (
            owner, rep, "Call again", NOW + DAY, None,
        )  # fmt: skip


def test_others_write_nothing(rep: User, other_rep: User, marketer: User) -> None:
    lead = make_lead(owner=rep)
    before = everything()
    for actor in (other_rep, marketer, ApiKey(name="Key", scopes=["read"])):
        with pytest.raises(NotAllowed):
            add_note(lead=lead, text="Mine", actor=actor, now=NOW)
        with pytest.raises(NotAllowed):
            add_task(lead=lead, owner=rep, text="Mine", due_at=NOW, actor=actor, now=NOW)
    assert everything() == before


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 10_001, "a\0b"])
def test_words_that_cannot_be_kept_are_refused(text: str, rep: User) -> None:
    lead = make_lead(owner=rep)
    before = everything()
    with pytest.raises(Invalid) as caught:
        add_note(lead=lead, text=text, actor=rep, now=NOW)
    assert set(caught.value.errors) == {"text"}
    with pytest.raises(Invalid):
        add_task(lead=lead, owner=rep, text=text, due_at=NOW, actor=rep, now=NOW)
    assert everything() == before


def test_a_task_is_not_given_to_somebody_who_left(rep: User) -> None:
    gone = make_user("gone", "rep", is_active=False)
    with pytest.raises(Invalid) as caught:
        add_task(lead=make_lead(owner=rep), owner=gone, text="Call", due_at=NOW, actor=rep, now=NOW)
    assert set(caught.value.errors) == {"owner"}


def test_done_twice_is_done_once_and_can_be_taken_back(rep: User) -> None:
    task = add_task(lead=make_lead(owner=rep), owner=rep, text="Call", due_at=NOW, actor=rep, now=NOW)
    assert complete_task(task=task, actor=rep, now=NOW).done_at == NOW
    assert complete_task(task=task, actor=rep, now=NOW + DAY).done_at == NOW
    assert reopen_task(task=task, actor=rep).done_at is None
    assert Task.objects.get().done_at is None


def test_a_task_is_finished_by_its_owner_or_by_who_works_the_lead(
    rep: User, other_rep: User, manager: User, marketer: User
) -> None:
    lead = make_lead(owner=rep)
    asked: dict[str, Any] = {"lead": lead, "owner": other_rep, "text": "Call", "due_at": NOW, "now": NOW}
    for actor in (other_rep, rep, manager):
        task = add_task(actor=rep, **asked)
        assert complete_task(task=task, actor=actor, now=NOW).done_at == NOW
    task = add_task(actor=rep, **asked)
    third = make_user("third", "rep")
    for stranger in (third, marketer, ApiKey(pk=other_rep.pk, name="Key", scopes=["read"])):
        with pytest.raises(NotAllowed):
            complete_task(task=task, actor=stranger, now=NOW)
    assert Task.objects.get(pk=task.pk).done_at is None


def test_a_task_that_is_gone_is_not_found(rep: User) -> None:
    task = add_task(lead=make_lead(owner=rep), owner=rep, text="Call", due_at=NOW, actor=rep, now=NOW)
    Task.objects.all().delete()
    with pytest.raises(NotFound):
        complete_task(task=task, actor=rep, now=NOW)
