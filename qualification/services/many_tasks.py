"""The same follow-up on many leads at once, and that taken back."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leadapp.access import Actor, may_work, require_may_work, user_of
from leadapp.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from leadapp.models import Lead, User
from qualification.models import Task
from qualification.services.locks import lock_whole
from qualification.services.texts import needed_text
from qualification.services.work import require_works_here


@dataclass(frozen=True)
class TaskSet:
    """How it went with one lead: the task, or the refusal."""

    lead_id: int
    task: Task | None = None
    refused: Refused | None = None


def add_tasks(
    *, lead_ids: Collection[int], owner: User | None, text: str, due_at: datetime, actor: Actor, now: datetime
) -> list[TaskSet]:
    """Set the same follow-up on many leads, for one person, or without an owner for whoever has each lead.

    What nobody has is for whoever sets it. Each lead is judged by itself, and a refusal stops no other one.
    """
    text = needed_text("text", text, longest=500, message=_("Say what is to be done."))
    if owner is not None:
        require_works_here(owner)
    me = user_of(actor)
    with transaction.atomic():
        leads = lock_whole(lead_ids)
        refusals: dict[int, Refused] = {}
        tasks = []
        for pk in dict.fromkeys(lead_ids):
            try:
                lead = _workable(leads.get(pk), actor)
                owner_id = owner.pk if owner else lead.owner_id or (me.pk if me else None)
                if owner_id is None:
                    raise Invalid.field("owner", _("Nobody has this lead."))
            except Refused as refusal:
                refusals[pk] = refusal
                continue
            tasks.append(
                Task(lead_id=pk, owner_id=owner_id, text=text, due_at=due_at, created_by=me, created_at=now)
            )
        written = {task.lead_id: task for task in Task.objects.bulk_create(tasks)}
    return [TaskSet(pk, written.get(pk), refusals.get(pk)) for pk in dict.fromkeys(lead_ids)]


def undo_tasks(*, task_ids: Mapping[int, int], actor: Actor) -> list[TaskSet]:
    """Take away tasks that were set, by lead, unless they are done. Who set or may work on it may."""
    with transaction.atomic():
        found = Task.objects.filter(pk__in=task_ids.values()).select_related("lead").order_by("pk")
        tasks = {task.lead_id: task for task in found.select_for_update(of=("self",))}
        outcomes = [
            TaskSet(lead_id, tasks.get(lead_id), _refusal(tasks.get(lead_id), actor)) for lead_id in task_ids
        ]
        gone = [item.task.pk for item in outcomes if item.task and item.refused is None]
        Task.objects.filter(pk__in=gone).delete()
    return outcomes


def _refusal(task: Task | None, actor: Actor) -> Refused | None:
    """Return why a locked task is not taken away."""
    if task is None:
        return NotFound(_("This task does not exist any more."))
    if task.done_at is not None:
        return Conflict(_("This task is done."))
    me = user_of(actor)
    if not (me and task.created_by_id == me.pk) and not may_work(actor, task.lead):
        return NotAllowed(_("This task belongs to somebody else."))
    return None


def _workable(lead: Lead | None, actor: Actor) -> Lead:
    if lead is None:
        raise NotFound(_("This lead does not exist any more."))
    require_may_work(actor, lead)
    return lead
