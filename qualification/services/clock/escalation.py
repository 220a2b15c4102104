"""Who is told that an answer is due, before and after it is late: each level once per assignment."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from leadapp.models import Lead, User
from qualification.models import Assignment, Escalation, NoticeKind
from qualification.services.clock.promises import Promise, Promises
from qualification.services.notices import Telling, tell

Level = Escalation.Level

# When an answer is late by so much work, other reps may take the lead.
FREE_AFTER = timedelta(hours=4)


def escalate_due(*, now: datetime, limit: int = 500) -> int:
    """Tell whoever is to be told by now that an answer is due; return of how many leads.

    In one transaction: a worker that is killed has told nobody, one that comes second finds nothing to do.
    What workers missed that stood still is not made up for; the level that is reached now counts.
    """
    with transaction.atomic():
        due = list(
            Assignment.objects.running()
            .filter(answered_at__isnull=True, escalates_at__lte=now)
            .select_for_update(skip_locked=True, no_key=True)
            .order_by("escalates_at", "pk")[:limit]
        )
        if due:
            promises = Promises.read()
            steps = [_step(item, promises.of_team(item.team_id), now) for item in due]
            Escalation.objects.bulk_create(
                [Escalation(assignment=step.assignment, level=step.level, at=now) for step in steps],
                ignore_conflicts=True,
            )
            tell(_tellings(steps), now=now)
            Assignment.objects.bulk_update(due, ["escalates_at"])
        return len(due)


@dataclass(frozen=True)
class Step:
    """A level that a clock has reached."""

    assignment: Assignment
    level: Escalation.Level
    write_due: Callable[[], str]


def _step(item: Assignment, promise: Promise, now: datetime) -> Step:
    """Return the level that is reached, and set when the next one will be."""
    assert item.due_at is not None
    free_at = promise.due_at(item.due_at, FREE_AFTER)
    due_at = item.due_at
    if now < due_at:
        level, item.escalates_at = Level.DUE_SOON, item.due_at
    elif now < free_at:
        level, item.escalates_at = Level.LATE, free_at
    else:
        level, item.escalates_at = Level.FREE, None
    return Step(item, level, partial(promise.write, due_at))


def _tellings(steps: list[Step]) -> Iterator[Telling]:
    names = Lead.objects.in_bulk([step.assignment.lead_id for step in steps])
    owners = User.objects.in_bulk([pk for step in steps if (pk := step.assignment.owner_id)])
    managers = _Managers.read()
    for step in steps:
        item = step.assignment
        owner = owners.get(item.owner_id) if item.owner_id else None
        told = [owner.pk] if owner else []
        # Nobody has a lead in the queue, so that somebody else has to see to it from the start.
        if step.level != Level.DUE_SOON or owner is None:
            told += managers.of_team(item.team_id)
        for user_id in dict.fromkeys(told):
            yield Telling(
                user_id=user_id,
                kind=NoticeKind.DUE_SOON if step.level == Level.DUE_SOON else NoticeKind.BREACH,
                text=partial(
                    _words, step, str(names[item.lead_id]), owner, is_owner=user_id == item.owner_id
                ),
                event=f"assignment:{item.pk}:{step.level}",
                lead_id=item.lead_id,
            )


def _words(step: Step, lead: str, owner: User | None, *, is_owner: bool) -> str:
    facts = {"lead": lead, "owner": owner, "due": step.write_due()}
    if step.level == Level.DUE_SOON:
        waits = _("%(lead)s waits for an answer until %(due)s.") % facts
        return waits if owner else _("%(waits)s Nobody has this lead.") % {"waits": waits}
    if is_owner:
        late = _("The answer to %(lead)s, your lead, was due %(due)s.") % facts
    elif owner:
        late = _("The answer to %(lead)s, %(owner)s’s lead, was due %(due)s.") % facts
    else:
        late = _("The answer to %(lead)s, nobody’s lead, was due %(due)s.") % facts
    is_free = step.level == Level.FREE and owner
    return _("%(late)s Other reps may take it now.") % {"late": late} if is_free else late


class _Managers:
    """Who answers for which team."""

    def __init__(self, rows: Iterable[tuple[int, int | None]]) -> None:
        self._everybody: list[int] = []
        self._of_team: dict[int | None, list[int]] = defaultdict(list)
        for user_id, team_id in rows:
            self._everybody.append(user_id)
            self._of_team[team_id].append(user_id)

    @classmethod
    def read(cls) -> "_Managers":
        managers = User.objects.filter(groups__name="manager", is_active=True).order_by("pk")
        return cls(managers.values_list("pk", "membership__team"))

    def of_team(self, team_id: int | None) -> list[int]:
        """Return the managers of a team; of one that has none, all managers."""
        own = self._of_team.get(team_id, []) if team_id is not None else []
        return own or self._everybody
