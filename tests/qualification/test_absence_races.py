"""Absences begin and end while leads are handed over, on real PostgreSQL: each lead once, no deadlocks."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db.models import Count

from leadapp.errors import Invalid, Refused
from leadapp.models import Lead
from qualification.models import Absence, Assignment
from qualification.services.absences import cancel_absence, enter_absence, look_after_absences
from qualification.services.assignment import SeenOwner, assign_leads, hand_out_queue, hand_over
from tests.qualification.build import DAY, NOW, make_lead, make_user
from tests.qualification.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)

TODAY = NOW.date()
LEADS = 120


def consistent() -> bool:
    """Tell whether each lead's owner is that of its one running assignment."""
    running = Assignment.objects.running()
    owners = dict(running.values_list("lead", "owner"))
    return running.count() == len(owners) and owners == dict(
        Lead.objects.filter(pk__in=owners).values_list("pk", "owner")
    )


def test_an_absence_begins_while_leads_are_handed_over() -> None:
    reps = [make_user(f"rep{number}", "rep") for number in range(3)]
    leads = [make_lead(score=163, stage="mql") for _ in range(LEADS)]
    ids = [lead.pk for lead in leads]

    def work(number: int) -> None:
        if number == 0:
            enter_absence(user=reps[0], first_day=TODAY, last_day=TODAY, actor=reps[0], now=NOW)
            return
        mine = ids if number % 2 else ids[::-1]
        for start in range(0, LEADS, 20):
            hand_over(lead_ids=mine[start : start + 20], now=NOW)
            look_after_absences(now=NOW)

    at_once(work)
    look_after_absences(now=NOW)  # what was given to rep0 at the very moment
    assert consistent()
    assert Assignment.objects.running().count() == LEADS
    assert not Lead.objects.filter(owner=reps[0]).exists()
    # Once each, and once more for those that went on.
    handed_over = Assignment.objects.filter(absence=None).values("lead").annotate(number=Count("pk"))
    assert set(handed_over.values_list("number", flat=True)) == {1}
    shares = Counter(Lead.objects.values_list("owner", flat=True))
    assert max(shares.values()) - min(shares.values()) <= 1


def test_eight_workers_hand_work_over_and_back_once() -> None:
    away, stand_in = make_user("away", "rep"), make_user("stand-in", "rep")
    for _ in range(60):
        make_lead(stage="sql", owner=away)
    Absence.objects.create(user=away, first_day=TODAY, last_day=TODAY, stand_in=stand_in)
    at_once(lambda number: look_after_absences(now=NOW))
    assert Assignment.objects.count() == Lead.objects.filter(owner=stand_in).count() == 60
    at_once(lambda number: look_after_absences(now=NOW + DAY))
    assert Lead.objects.filter(owner=away).count() == 60
    assert Assignment.objects.count() == 120
    assert consistent()


def test_absences_queue_bulk_and_handover_at_once_never_deadlock() -> None:
    reps = [make_user(f"rep{number}", "rep") for number in range(4)]
    manager = make_user("manager", "manager")
    leads = [make_lead(score=163, stage="mql", owner=reps[number % 4]) for number in range(80)]
    ids = [lead.pk for lead in leads]
    absences = [
        Absence.objects.create(user=rep, first_day=TODAY, last_day=TODAY, stand_in=reps[(place + 1) % 4])
        for place, rep in enumerate(reps[:3])
    ]

    def work(number: int) -> None:
        now = NOW + timedelta(seconds=number)
        for start in range(0, 80, 20):
            part = ids[start : start + 20] if number % 2 else ids[::-1][start : start + 20]
            hand_over(lead_ids=part, now=now)
            look_after_absences(now=now)
            hand_out_queue(now=now)
            seen = [SeenOwner(lead, lead.owner_id) for lead in Lead.objects.filter(pk__in=part)]
            assign_leads(leads=seen, owner=None, actor=manager, reason="Fair", now=now)
            if number < 3:
                with suppress(Refused):
                    cancel_absence(absence=absences[number], actor=manager, now=now)

    at_once(work)
    assert consistent()
    assert Assignment.objects.running().count() == 80


def test_two_absences_entered_at_once_do_not_overlap() -> None:
    rep = make_user("rep", "rep")

    def enter(number: int) -> bool:
        day = TODAY + number % 3 * DAY
        try:
            enter_absence(user=rep, first_day=day, last_day=TODAY + 5 * DAY, actor=rep, now=NOW)
        except Invalid:
            return False
        return True

    assert sum(at_once(enter)) == 1
