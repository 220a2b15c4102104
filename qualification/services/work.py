"""The daily work on leads: notes and tasks."""

from datetime import datetime

from django.db import transaction

from leadapp.access import Actor, may_work, require_may_work, user_of
from leadapp.errors import Invalid, NotAllowed, NotFound
from leadapp.models import Lead, User
from qualification.models import Note, Task
from qualification.services.notices.mentions import mentioned_in, tell_mentioned
from qualification.services.texts import needed_text


def add_note(*, lead: Lead, text: str, actor: Actor, now: datetime) -> Note:
    """Write something down about a lead; whoever may see it and is mentioned (@username) is told."""
    require_may_work(actor, lead)
    text = needed_text("text", text, longest=10_000, message="Write something first.")
    mentioned = mentioned_in(text=text, lead=lead)
    author = user_of(actor)
    with transaction.atomic():
        note = Note.objects.create(
            lead=lead, text=text, mentions=list(mentioned), author=author, created_at=now
        )
        tell_mentioned(note=note, people=list(mentioned.values()), author=author, now=now)
    return note


def add_task(*, lead: Lead, owner: User, text: str, due_at: datetime, actor: Actor, now: datetime) -> Task:
    """Set a follow-up on a lead, for oneself or for a colleague."""
    require_may_work(actor, lead)
    text = needed_text("text", text, longest=500, message="Say what is to be done.")
    if not owner.is_active:
        raise Invalid.field("owner", f"{owner} does not work here any more.")
    return Task.objects.create(
        lead=lead, owner=owner, text=text, due_at=due_at, created_by=user_of(actor), created_at=now
    )


def complete_task(*, task: Task, actor: Actor, now: datetime) -> Task:
    """Mark a task as done. Doing so again changes nothing."""
    return _set_done(task, actor, now)


def reopen_task(*, task: Task, actor: Actor) -> Task:
    """Take back that a task is done."""
    return _set_done(task, actor, None)


def _set_done(task: Task, actor: Actor, at: datetime | None) -> Task:
    with transaction.atomic():
        locked = (
            Task.objects.select_for_update(of=("self",)).select_related("lead").filter(pk=task.pk).first()
        )
        if locked is None:
            raise NotFound("This task does not exist any more.")
        is_own = isinstance(actor, User) and locked.owner_id == actor.pk
        if not is_own and not may_work(actor, locked.lead):
            raise NotAllowed("This task belongs to somebody else.")
        if (locked.done_at is None) != (at is None):
            locked.done_at = at
            locked.save(update_fields=["done_at"])
        return locked
