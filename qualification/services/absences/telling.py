"""Both sides are told what went where: who is away, and whoever took over."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from leadapp.models import User
from qualification.models import Absence, Assignment, NoticeKind, Task
from qualification.services.notices import Telling, tell
from qualification.services.routing.presence import words_of_day

Who = User | None


@dataclass(frozen=True)
class Went:
    """The leads and tasks that went from one to others, or back; each names who took over."""

    leads: Iterable[Assignment]
    tasks: Iterable[Task]

    def by_person(self) -> dict[Who, str]:
        """Return how much each person took over, in words."""
        leads = Counter[Who](item.owner for item in self.leads)
        tasks = Counter[Who](task.owner for task in self.tasks)
        return {who: _words(leads[who], tasks[who]) for who in [*leads, *(tasks.keys() - leads.keys())]}


def tell_of_going(absence: Absence, went: Went, *, now: datetime) -> None:
    """Tell whoever took over, and who is away."""
    shares = went.by_person()
    if not shares:
        return
    event = _event(absence, "over", now)
    until = words_of_day(absence.last_day)
    tellings = [
        Telling(
            who.pk, NoticeKind.ABSENCE, f"{absence.user} is away until {until}: {share} came to you.", event
        )
        for who, share in shares.items()
        if who is not None
    ]
    gone = ", ".join(f"{share} to {who or 'the team queue'}" for who, share in shares.items())
    mine = f"While you are away until {until} others take over: {gone}."
    tell([*tellings, Telling(absence.user_id, NoticeKind.ABSENCE, mine, event)], now=now)


def tell_of_return(absence: Absence, went: Went, *, kept: Iterable[Assignment], now: datetime) -> None:
    """Tell who is back what came back and what stays, and the others what they gave."""
    shares, staying = went.by_person(), Counter(item.owner for item in kept)
    if not shares and not staying:
        return
    event = _event(absence, "back", now)
    tellings = [
        Telling(who.pk, NoticeKind.ABSENCE, f"{absence.user} is back: {share} went back.", event)
        for who, share in shares.items()
        if who is not None
    ]
    back = ", ".join(f"{share} from {who or 'the team queue'}" for who, share in shares.items())
    stay = ", ".join(f"{_words(number, 0)} with {who}" for who, number in staying.items())
    mine = " ".join(
        [f"Came back to you: {back}." if back else "Nothing came back to you."]
        + ([f"Worked on meanwhile, so staying: {stay}."] if stay else [])
    )
    tell([*tellings, Telling(absence.user_id, NoticeKind.ABSENCE, mine, event)], now=now)


def _event(absence: Absence, what: str, now: datetime) -> str:
    return f"absence:{absence.pk}:{what}:{int(now.timestamp())}"


def _words(leads: int, tasks: int) -> str:
    parts = [
        f"{number} {name}{'' if number == 1 else 's'}"
        for number, name in ((leads, "lead"), (tasks, "task"))
        if number
    ]
    return " and ".join(parts)
