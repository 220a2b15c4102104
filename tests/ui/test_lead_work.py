"""Notes and tasks on the lead page: changed, deleted, done, and all of it taken back."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from leadapp.models import Lead, User
from qualification.models import Note, Task
from qualification.services.work import add_note, add_task
from tests.ui.lead_build import as_user, everything, make_people, new_lead

pytestmark = pytest.mark.django_db

People = dict[str, User]


@pytest.fixture
def people(db: None) -> People:
    """Give a person of every role, and a second rep."""
    return make_people()


@pytest.fixture
def lead(people: People) -> Lead:
    """Give a lead of the owner's."""
    return new_lead(people["owner"])


def notes_page(client: Client, lead: Lead) -> str:
    """Return the page of notes and tasks."""
    return str(client.get(f"/leads/{lead.pk}/notes/").content.decode())


def test_an_own_note_is_changed_deleted_and_brought_back(people: People, lead: Lead) -> None:
    client = as_user(people["owner"])
    note = add_note(lead=lead, text="Knows SAP", actor=people["owner"], now=timezone.now())
    address = f"/leads/{lead.pk}/notes/{note.pk}"
    assert "Knows SAP</textarea>" in client.get(f"{address}/edit/").content.decode()
    assert client.post(f"{address}/edit/", {"text": "Knows Oracle"}).status_code == 302
    html = notes_page(client, lead)
    assert "Knows Oracle" in html
    assert "changed" in html
    assert client.post(f"{address}/delete/").status_code == 302
    html = notes_page(client, lead)
    assert "Knows Oracle" not in html
    assert "The note is deleted." in html
    assert f'action="{address}/restore/"' in html
    assert "0 + 0" in html
    assert client.post(f"{address}/restore/").status_code == 302
    assert "Knows Oracle" in notes_page(client, lead)
    assert client.get(f"{address}/delete/").status_code == 200
    assert Note.objects.kept().count() == 1


def test_a_deleted_note_is_not_in_the_timeline(people: People, lead: Lead) -> None:
    owner = people["owner"]
    note = add_note(lead=lead, text="Knows SAP", actor=owner, now=timezone.now())
    as_user(owner).post(f"/leads/{lead.pk}/notes/{note.pk}/delete/")
    assert "Knows SAP" not in as_user(owner).get(f"/leads/{lead.pk}/timeline/").content.decode()


@pytest.mark.parametrize("what", ["edit", "delete", "restore"])
def test_notes_of_others_are_left_alone(people: People, lead: Lead, what: str) -> None:
    note = add_note(lead=lead, text="Mine", actor=people["owner"], now=timezone.now())
    other = new_lead(people["owner"], email="other@voegele.example")
    before = everything()
    manager = as_user(people["manager"])
    assert f"notes/{note.pk}/" not in notes_page(manager, lead)
    assert manager.post(f"/leads/{lead.pk}/notes/{note.pk}/{what}/", {"text": "Yours"}).status_code == 403
    owner = as_user(people["owner"])
    assert owner.post(f"/leads/{other.pk}/notes/{note.pk}/{what}/", {"text": "x"}).status_code == 404
    assert everything() == before


def test_a_task_is_changed_done_and_opened_again(people: People, lead: Lead) -> None:
    owner, client = people["owner"], as_user(people["owner"])
    colleague = people["colleague"]
    data = {"text": "Call", "due_at": "2027-01-05T09:00", "owner": str(colleague.pk)}
    assert client.post(f"/leads/{lead.pk}/tasks/new/", data).status_code == 302
    task = Task.objects.get()
    assert task.owner == colleague
    address = f"/leads/{lead.pk}/tasks/{task.pk}"
    changed = data | {"text": "Write", "owner": str(owner.pk)}
    assert client.post(f"{address}/edit/", changed).status_code == 302
    task.refresh_from_db()
    assert (task.text, task.owner) == ("Write", owner)
    assert client.post(f"{address}/done/").status_code == 302
    html = notes_page(client, lead)
    assert "<del>Write</del>" in html
    assert f'action="{address}/reopen/"' in html
    assert client.post(f"{address}/edit/", changed).status_code == 409
    assert client.post(f"{address}/reopen/").status_code == 302
    task.refresh_from_db()
    assert task.done_at is None


def test_a_task_without_anybody_is_for_oneself(people: People, lead: Lead) -> None:
    data = {"text": "Call", "due_at": "2027-01-05T09:00", "owner": ""}
    as_user(people["owner"]).post(f"/leads/{lead.pk}/tasks/new/", data)
    assert Task.objects.get().owner == people["owner"]


@pytest.mark.parametrize("what", ["edit", "done", "reopen"])
def test_tasks_of_others_are_left_alone(people: People, lead: Lead, what: str) -> None:
    owner = people["owner"]
    task = add_task(
        lead=lead, owner=owner, text="Call", due_at=timezone.now(), actor=owner, now=timezone.now()
    )
    before = everything()
    data = {"text": "Mine", "due_at": "2027-01-05T09:00"}
    stranger = as_user(people["colleague"])
    assert stranger.post(f"/leads/{lead.pk}/tasks/{task.pk}/{what}/", data).status_code == 403
    assert "task-edit" not in notes_page(stranger, lead)
    assert everything() == before


def names(user: User, lead: Lead, text: str) -> list[str]:
    """Return who is offered after "@" and this text."""
    html = as_user(user).get(f"/leads/{lead.pk}/people/", {"q": text}).content.decode()
    return re.findall(r'data-mention="([^"]+)"', html)


def test_people_who_may_see_the_lead_are_offered_by_name(people: People, lead: Lead, settings: Any) -> None:
    owner = people["owner"]
    assert names(owner, lead, "") == ["admin", "colleague", "manager", "marketer", "owner"]
    assert names(owner, lead, "MA") == ["manager", "marketer"]
    assert names(owner, lead, "Colle") == ["colleague"]
    assert names(owner, lead, "x\0") == []
    User.objects.filter(username="manager").update(is_active=False)
    assert names(owner, lead, "ma") == ["marketer"]
    settings.REPS_SEE = "own"
    assert names(owner, lead, "") == ["admin", "marketer", "owner"]


def test_twenty_notes_and_tasks_take_as_many_queries_as_one(
    people: People, lead: Lead, django_assert_num_queries: Any
) -> None:
    owner, now, client = people["owner"], timezone.now(), as_user(people["owner"])
    client.get(f"/leads/{lead.pk}/notes/")
    for count in (1, 19):
        for _ in range(count):
            add_note(lead=lead, text="Knows SAP", actor=owner, now=now)
            add_task(lead=lead, owner=owner, text="Call", due_at=now, actor=owner, now=now)
        with django_assert_num_queries(25):
            client.get(f"/leads/{lead.pk}/notes/")
