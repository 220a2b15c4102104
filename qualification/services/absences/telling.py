"""Both sides are told what went where: who is away, and whoever took over."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadapp.models import User
from leadapp.numbers import write_number
from leadapp.words import count_leads, join_and
from qualification.models import Absence, Assignment, NoticeKind, Task
from qualification.services.notices import Telling, tell
from qualification.services.routing.presence import words_of_day

Who = User | None
# Leads and tasks.
Share = tuple[int, int]


@dataclass(frozen=True)
class Went:
    """The leads and tasks that went from one to others, or back; each names who took over."""

    leads: Iterable[Assignment]
    tasks: Iterable[Task]

    def by_person(self) -> dict[Who, tuple[int, int]]:
        """Return how many leads and how many tasks each person took over."""
        leads = Counter[Who](item.owner for item in self.leads)
        tasks = Counter[Who](task.owner for task in self.tasks)
        return {who: (leads[who], tasks[who]) for who in [*leads, *(tasks.keys() - leads.keys())]}


def tell_of_going(absence: Absence, went: Went, *, now: datetime) -> None:
    """Tell whoever took over, and who is away."""
    shares = went.by_person()
    if not shares:
        return
    event = _event(absence, "over", now)
    tellings = [
        Telling(who.pk, NoticeKind.ABSENCE, partial(_came, absence, share), event)
        for who, share in shares.items()
        if who is not None
    ]
    mine = Telling(absence.user_id, NoticeKind.ABSENCE, partial(_gone, absence, shares), event)
    tell([*tellings, mine], now=now)


def tell_of_return(absence: Absence, went: Went, *, kept: Iterable[Assignment], now: datetime) -> None:
    """Tell who is back what came back and what stays, and the others what they gave."""
    shares, staying = went.by_person(), Counter(item.owner for item in kept)
    if not shares and not staying:
        return
    event = _event(absence, "back", now)
    tellings = [
        Telling(who.pk, NoticeKind.ABSENCE, partial(_went_back, absence, share), event)
        for who, share in shares.items()
        if who is not None
    ]
    mine = Telling(absence.user_id, NoticeKind.ABSENCE, partial(_back, shares, staying), event)
    tell([*tellings, mine], now=now)


def _came(absence: Absence, share: Share) -> str:
    return _("%(user)s is away until %(until)s: %(share)s came to you.") % {
        "user": absence.user,
        "until": words_of_day(absence.last_day),
        "share": _words(*share),
    }


def _gone(absence: Absence, shares: Mapping[Who, Share]) -> str:
    gone = ", ".join(
        _("%(share)s to %(who)s") % {"share": _words(*share), "who": who or _("the team queue")}
        for who, share in shares.items()
    )
    return _("While you are away until %(until)s others take over: %(gone)s.") % {
        "until": words_of_day(absence.last_day),
        "gone": gone,
    }


def _went_back(absence: Absence, share: Share) -> str:
    return _("%(user)s is back: %(share)s went back.") % {"user": absence.user, "share": _words(*share)}


def _back(shares: Mapping[Who, Share], staying: Mapping[Who, int]) -> str:
    back = ", ".join(
        _("%(share)s from %(who)s") % {"share": _words(*share), "who": who or _("the team queue")}
        for who, share in shares.items()
    )
    stay = ", ".join(
        _("%(share)s with %(who)s") % {"share": _words(number, 0), "who": who}
        for who, number in staying.items()
    )
    came = _("Came back to you: %(back)s.") % {"back": back} if back else _("Nothing came back to you.")
    if not stay:
        return came
    return _("%(came)s Worked on meanwhile, so staying: %(stay)s.") % {"came": came, "stay": stay}


def _event(absence: Absence, what: str, now: datetime) -> str:
    return f"absence:{absence.pk}:{what}:{int(now.timestamp())}"


def _words(leads: int, tasks: int) -> str:
    of_tasks = ngettext("%(count)s task", "%(count)s tasks", tasks) % {"count": write_number(tasks)}
    parts = [*([count_leads(leads)] if leads else []), *([of_tasks] if tasks else [])]
    return join_and(parts)
