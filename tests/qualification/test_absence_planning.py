"""Entering, changing and cancelling absences: who may, and what makes sense."""

from datetime import date, timedelta
from typing import Any

import pytest

from leadapp.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from leadapp.models import ApiKey, User
from qualification.models import Absence
from qualification.services.absences import (
    cancel_absence,
    change_absence,
    enter_absence,
    look_after_absences,
    may_plan_for,
)
from tests.qualification.build import NOW, everything, make_lead, make_user

pytestmark = pytest.mark.django_db

TODAY = NOW.date()
TOMORROW = TODAY + timedelta(days=1)


def refused(kind: type[Refused], service: Any, **asked: Any) -> Refused:
    """Ask for what must be refused, and show that nothing was written."""
    before = everything(), list(Absence.objects.order_by("pk").values_list())
    with pytest.raises(kind) as caught:
        service(now=NOW, **asked)
    assert (everything(), list(Absence.objects.order_by("pk").values_list())) == before
    return caught.value


def enter(
    user: User, *, actor: Any = None, first: date = TOMORROW, last: date = TOMORROW, **more: Any
) -> Absence:
    """Enter an absence, one's own unless somebody else does it."""
    return enter_absence(user=user, first_day=first, last_day=last, actor=actor or user, now=NOW, **more)


def test_reps_enter_their_own_and_managers_everybodys(
    rep: User, other_rep: User, manager: User, marketer: User, admin: User
) -> None:
    assert enter(rep, stand_in=other_rep, note=" Skiing ").note == "Skiing"
    enter(other_rep, actor=manager)
    enter(other_rep, actor=admin, first=TODAY, last=TODAY)
    asked = {"user": rep, "first_day": TODAY, "last_day": TODAY}
    for actor in (other_rep, marketer, ApiKey(name="Key", scopes=["read", "write", "scoring"])):
        assert not may_plan_for(actor, rep)
        refused(NotAllowed, enter_absence, actor=actor, **asked)
    refused(NotAllowed, enter_absence, **(asked | {"user": marketer, "actor": marketer}))


def test_others_absences_are_not_touched(rep: User, other_rep: User) -> None:
    absence = enter(rep)
    days = {"first_day": TOMORROW, "last_day": TOMORROW}
    refused(NotAllowed, change_absence, absence=absence, actor=other_rep, **days)
    refused(NotAllowed, cancel_absence, absence=absence, actor=other_rep)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"first_day": TOMORROW, "last_day": TODAY}, "last_day"),
        ({"first_day": TODAY - timedelta(days=3), "last_day": TODAY - timedelta(days=1)}, "last_day"),
        ({"first_day": TODAY, "last_day": TODAY + timedelta(days=800)}, "last_day"),
        ({"first_day": date(2026, 12, 5), "last_day": date(2026, 12, 9)}, "first_day"),
        ({"first_day": date(2026, 12, 1), "last_day": date(2026, 12, 4)}, "last_day"),
        ({"stand_in": "self"}, "stand_in"),
        ({"stand_in": "marketer"}, "stand_in"),
        ({"note": "x" * 201}, "note"),
        ({"user": "gone"}, "user"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(
    facts: dict[str, Any], field: str, rep: User, manager: User, marketer: User
) -> None:
    enter(rep, first=date(2026, 12, 4), last=date(2026, 12, 6))
    people = {"self": rep, "marketer": marketer, "gone": make_user("gone", "rep", is_active=False)}
    asked = {"user": rep, "first_day": TODAY, "last_day": TODAY, "actor": manager} | {
        name: people.get(value, value) if isinstance(value, str) else value for name, value in facts.items()
    }
    assert list(refused(Invalid, enter_absence, **asked).errors) == [field]


def test_who_was_ill_since_yesterday_enters_it_today(rep: User) -> None:
    absence = enter(rep, first=TODAY - timedelta(days=1), last=TODAY)
    assert absence.handed_over_at == NOW


def test_an_absence_to_come_is_changed_freely_and_deleted(rep: User, other_rep: User) -> None:
    absence = enter(rep)
    later = TOMORROW + timedelta(days=5)
    changed = change_absence(
        absence=absence, first_day=later, last_day=later, stand_in=other_rep, note="No", actor=rep, now=NOW
    )
    assert (changed.first_day, changed.stand_in, changed.note) == (later, other_rep, "No")
    cancel_absence(absence=absence, actor=rep, now=NOW)
    assert not Absence.objects.exists()
    refused(NotFound, cancel_absence, absence=absence, actor=rep)


def test_the_first_day_stays_once_it_began(rep: User) -> None:
    absence = enter(rep, first=TODAY, last=TOMORROW)
    days = {"first_day": TOMORROW, "last_day": TOMORROW}
    assert "first_day" in refused(Invalid, change_absence, absence=absence, actor=rep, **days).errors


def test_what_is_over_stays_as_it_was(rep: User) -> None:
    absence = enter(rep, first=TODAY, last=TODAY)
    look_after_absences(now=NOW + timedelta(days=1))
    days = {"first_day": TODAY, "last_day": TOMORROW}
    refused(Conflict, change_absence, absence=absence, actor=rep, **days)
    refused(Conflict, cancel_absence, absence=absence, actor=rep)


def test_a_refusal_hands_nothing_over(rep: User, marketer: User) -> None:
    make_lead(stage="sql", owner=rep)
    refused(Invalid, enter_absence, user=rep, first_day=TODAY, last_day=TODAY, stand_in=marketer, actor=rep)
