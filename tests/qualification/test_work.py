"""Notes and tasks."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError

from leadapp.errors import Conflict, Invalid, NotAllowed, NotFound
from leadapp.models import ApiKey, User
from qualification.models import Note, Notice, Task
from qualification.services.work import (
    add_note,
    add_task,
    complete_task,
    delete_note,
    edit_note,
    edit_task,
    reopen_task,
    restore_note,
)
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


def test_a_note_can_be_written_anew_by_its_author(rep: User, other_rep: User) -> None:
    note = add_note(lead=make_lead(owner=rep), text="Knows SAP @priya", actor=rep, now=NOW)
    changed = edit_note(note=note, text=" Knows Oracle @priya ", actor=rep, now=NOW + DAY)
    assert (changed.text, changed.edited_at, changed.created_at) == ("Knows Oracle @priya", NOW + DAY, NOW)
    again = edit_note(note=note, text="Knows Oracle @priya", actor=rep, now=NOW + 2 * DAY)
    assert again.edited_at == NOW + DAY


def test_only_who_is_mentioned_anew_is_told(rep: User, other_rep: User, manager: User) -> None:
    note = add_note(lead=make_lead(owner=rep), text=f"@{other_rep.username}", actor=rep, now=NOW)
    text = f"@{other_rep.username} @{manager.username}"
    edit_note(note=note, text=text, actor=rep, now=NOW + DAY)
    told = Notice.objects.filter(kind="mention").order_by("id").values_list("user", "created_at")
    assert list(told) == [(other_rep.pk, NOW), (manager.pk, NOW + DAY)]


def test_a_deleted_note_comes_back(rep: User) -> None:
    note = add_note(lead=make_lead(owner=rep), text="Mine", actor=rep, now=NOW)
    assert delete_note(note=note, actor=rep, now=NOW + DAY).deleted_at == NOW + DAY
    assert delete_note(note=note, actor=rep, now=NOW + 2 * DAY).deleted_at == NOW + DAY
    assert not Note.objects.kept().exists()
    with pytest.raises(Conflict):
        edit_note(note=note, text="Yours", actor=rep, now=NOW + DAY)
    assert restore_note(note=note, actor=rep).deleted_at is None
    assert Note.objects.kept().exists()


def test_nobody_changes_the_notes_of_others(rep: User, manager: User) -> None:
    note = add_note(lead=make_lead(owner=rep), text="Mine", actor=rep, now=NOW)
    before = everything()
    actions: list[Callable[[Any], Any]] = [
        lambda actor: edit_note(note=note, text="Yours", actor=actor, now=NOW),
        lambda actor: delete_note(note=note, actor=actor, now=NOW),
        lambda actor: restore_note(note=note, actor=actor),
    ]
    for actor in (manager, None):
        for act in actions:
            with pytest.raises(NotAllowed):
                act(actor)
    assert everything() == before


@pytest.mark.parametrize("wrong", ["edited_at", "deleted_at"])
def test_a_note_is_changed_after_it_was_written(rep: User, wrong: str) -> None:
    with pytest.raises(IntegrityError):
        Note.objects.create(lead=make_lead(owner=rep), text="x", created_at=NOW, **{wrong: NOW - DAY})


def test_a_task_can_be_changed_and_given_to_somebody_else(rep: User, other_rep: User) -> None:
    lead = make_lead(owner=rep)
    task = add_task(lead=lead, owner=rep, text="Call", due_at=NOW, actor=rep, now=NOW)
    changed = edit_task(task=task, owner=other_rep, text=" Write ", due_at=NOW + DAY, actor=rep)
    assert (changed.owner, changed.text, changed.due_at) == (other_rep, "Write", NOW + DAY)
    # It is hers now, though the lead is not.
    edit_task(task=task, owner=other_rep, text="Write soon", due_at=NOW + DAY, actor=other_rep)


def test_a_task_that_is_done_or_of_others_is_not_changed(rep: User, other_rep: User, marketer: User) -> None:
    lead = make_lead(owner=rep)
    task = add_task(lead=lead, owner=rep, text="Call", due_at=NOW, actor=rep, now=NOW)
    gone = make_user("gone", "rep", is_active=False)
    before = everything()
    changed: dict[str, Any] = {"task": task, "text": "Write", "due_at": NOW}
    for actor in (other_rep, marketer):
        with pytest.raises(NotAllowed):
            edit_task(owner=rep, actor=actor, **changed)
    with pytest.raises(Invalid):
        edit_task(owner=gone, actor=rep, **changed)
    with pytest.raises(Invalid):
        edit_task(owner=rep, actor=rep, **changed | {"text": " "})
    assert everything() == before
    complete_task(task=task, actor=rep, now=NOW)
    with pytest.raises(Conflict):
        edit_task(owner=rep, actor=rep, **changed)
