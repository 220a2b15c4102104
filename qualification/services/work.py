"""The daily work on leads: notes and tasks."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leadapp.access import Actor, may_work, require_may_work, user_of
from leadapp.errors import Conflict, Invalid, NotAllowed, NotFound
from leadapp.models import Lead, User
from qualification.models import Note, Task
from qualification.services.notices.mentions import mentioned_in, tell_mentioned
from qualification.services.texts import needed_text


def add_note(*, lead: Lead, text: str, actor: Actor, now: datetime) -> Note:
    """Write something down about a lead; whoever may see it and is mentioned (@username) is told."""
    require_may_work(actor, lead)
    text = needed_text("text", text, longest=10_000, message=_("Write something first."))
    mentioned = mentioned_in(text=text, lead=lead)
    author = user_of(actor)
    with transaction.atomic():
        note = Note.objects.create(
            lead=lead, text=text, mentions=list(mentioned), author=author, created_at=now
        )
        tell_mentioned(note=note, people=list(mentioned.values()), author=author, now=now)
    return note


def edit_note(*, note: Note, text: str, actor: Actor, now: datetime) -> Note:
    """Write an own note anew; whoever is mentioned only now is told."""
    text = needed_text("text", text, longest=10_000, message=_("Write something first."))
    with transaction.atomic():
        locked = _lock_note(note, actor)
        if locked.deleted_at is not None:
            raise Conflict(_("This note was deleted."))
        if text == locked.text:
            return locked
        mentioned = mentioned_in(text=text, lead=locked.lead)
        known = {name.lower() for name in locked.mentions}
        locked.text, locked.mentions, locked.edited_at = text, list(mentioned), now
        locked.save(update_fields=["text", "mentions", "edited_at"])
        fresh = [person for name, person in mentioned.items() if name.lower() not in known]
        tell_mentioned(note=locked, people=fresh, author=user_of(actor), now=now)
    return locked


def delete_note(*, note: Note, actor: Actor, now: datetime) -> Note:
    """Take an own note away. Doing so again changes nothing."""
    return _set_deleted(note, actor, now)


def restore_note(*, note: Note, actor: Actor) -> Note:
    """Take back that an own note was deleted."""
    return _set_deleted(note, actor, None)


def _set_deleted(note: Note, actor: Actor, at: datetime | None) -> Note:
    with transaction.atomic():
        locked = _lock_note(note, actor)
        if (locked.deleted_at is None) != (at is None):
            locked.deleted_at = at
            locked.save(update_fields=["deleted_at"])
    return locked


def _lock_note(note: Note, actor: Actor) -> Note:
    locked = Note.objects.select_for_update(no_key=True).filter(pk=note.pk).first()
    if locked is None:
        raise NotFound(_("This note does not exist any more."))
    author = user_of(actor)
    if author is None or locked.author_id != author.pk:
        raise NotAllowed(_("Only who wrote a note may change it."))
    return locked


def add_task(*, lead: Lead, owner: User, text: str, due_at: datetime, actor: Actor, now: datetime) -> Task:
    """Set a follow-up on a lead, for oneself or for a colleague."""
    require_may_work(actor, lead)
    text = needed_text("text", text, longest=500, message=_("Say what is to be done."))
    require_works_here(owner)
    return Task.objects.create(
        lead=lead, owner=owner, text=text, due_at=due_at, created_by=user_of(actor), created_at=now
    )


def edit_task(*, task: Task, owner: User, text: str, due_at: datetime, actor: Actor) -> Task:
    """Change what is to be done, until when, and by whom."""
    text = needed_text("text", text, longest=500, message=_("Say what is to be done."))
    with transaction.atomic():
        locked = _lock_task(task, actor)
        if locked.done_at is not None:
            raise Conflict(_("This task is done. Open it again to change it."))
        if owner.pk != locked.owner_id:
            require_works_here(owner)
            # Whoever gives it away means it: it does not go back when somebody returns.
            locked.owner, locked.absence = owner, None
        locked.text, locked.due_at = text, due_at
        locked.save(update_fields=["owner", "absence", "text", "due_at"])
    return locked


def complete_task(*, task: Task, actor: Actor, now: datetime) -> Task:
    """Mark a task as done. Doing so again changes nothing."""
    return _set_done(task, actor, now)


def reopen_task(*, task: Task, actor: Actor) -> Task:
    """Take back that a task is done."""
    return _set_done(task, actor, None)


def require_works_here(person: User) -> None:
    """Raise Invalid, at the field of the owner, unless this person works here still."""
    if not person.is_active:
        raise Invalid.field("owner", _("%(name)s does not work here any more.") % {"name": person})


def _set_done(task: Task, actor: Actor, at: datetime | None) -> Task:
    with transaction.atomic():
        locked = _lock_task(task, actor)
        if (locked.done_at is None) != (at is None):
            locked.done_at = at
            locked.save(update_fields=["done_at"])
        return locked


def _lock_task(task: Task, actor: Actor) -> Task:
    """Lock a task that the actor may change: their own, or one of a lead that they may work on."""
    locked = Task.objects.select_for_update(of=("self",)).select_related("lead").filter(pk=task.pk).first()
    if locked is None:
        raise NotFound(_("This task does not exist any more."))
    is_own = isinstance(actor, User) and locked.owner_id == actor.pk
    if not is_own and not may_work(actor, locked.lead):
        raise NotAllowed(_("This task belongs to somebody else."))
    return locked
