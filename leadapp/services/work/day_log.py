"""What a rep logs in one go: what was done with a lead, and what comes next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db import transaction

from leadapp.access import Actor, require_may_work
from leadapp.models import Activity, Lead, User
from leadapp.services.work.activities import OWN_PAGES, log_activity
from qualification.models import Task
from qualification.services.clock.business_time import LONGEST_CLOSED, WorkCalendar
from qualification.services.locks import lock_lead
from qualification.services.work import add_task

ONE_DAY = timedelta(days=1)
MORNING = time(9)


@dataclass(frozen=True)
class Done:
    """What somebody did: the type and properties of the activity."""

    type_slug: str
    properties: Mapping[str, object]


@dataclass(frozen=True)
class Next:
    """What is to be done next, by whom and until when."""

    text: str
    due_at: datetime
    owner: User


def log_and_plan(
    *, lead: Lead, done: Done | None, then: Next | None, token: str, actor: Actor, now: datetime
) -> Activity | None:
    """Record what was done and set what comes next, both or neither.

    `token` names this one submission: sent again, it changes nothing.
    """
    with transaction.atomic():
        locked = lock_lead(lead)
        require_may_work(actor, locked)
        activity = None
        if done is not None:
            stored = Activity.objects.filter(source=OWN_PAGES, external_id=token, lead=locked).first()
            if stored is not None:
                return stored
            activity = log_activity(
                lead=locked,
                type_slug=done.type_slug,
                properties=done.properties,
                actor=actor,
                now=now,
                external_id=token,
            )
        if then is not None and not _is_set(locked, then):
            add_task(lead=locked, owner=then.owner, text=then.text, due_at=then.due_at, actor=actor, now=now)
        return activity


def work_morning(calendar: WorkCalendar, now: datetime, *, days: int) -> datetime:
    """Return nine o'clock, or when work begins, on the first day of work that many days from now or later."""
    first = now.astimezone(calendar.zone).date() + days * ONE_DAY
    for ahead in range(LONGEST_CLOSED):
        morning = datetime.combine(first + ahead * ONE_DAY, MORNING, tzinfo=calendar.zone)
        spans = calendar.spans_of(morning.date())
        if spans:
            return next((max(opens, morning) for opens, closes in spans if closes > morning), spans[0][0])
    return datetime.combine(first, MORNING, tzinfo=calendar.zone)


def _is_set(lead: Lead, then: Next) -> bool:
    return Task.objects.filter(
        lead=lead, owner=then.owner, text=then.text.strip(), due_at=then.due_at, done_at=None
    ).exists()
