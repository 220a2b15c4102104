"""Clocks in a real browser: they count on by themselves, in working time; their pages are usable by all."""

from datetime import time, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from qualification.models import Assignment, OpeningHours, Team
from tests.support.browser import SignIn
from tests.support.processes import WebServer
from tests.ui.build import make_clock, make_lead, make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def test_clocks_count_on_while_a_page_stays_open(page: Page, web_server: WebServer, sign_in: SignIn) -> None:
    rep = make_user("jonas", "rep")
    Team.objects.create(name="Around the clock")  # the first one, for who is in no team
    make_clock(make_lead(150, last_name="Around", owner=rep), rep, due_in=4 * HOUR + 50 * SECOND)
    make_clock(make_lead(130, last_name="Late", owner=rep), rep, due_in=-310 * SECOND)
    # A team that rests for the next days: its clock stands still.
    closed = Team.objects.create(name="Closed")
    in_some_days = (timezone.now() + timedelta(days=5)).weekday()
    OpeningHours.objects.create(team=closed, weekday=in_some_days, opens_at=time(9), closes_at=time(17))
    resting = make_clock(make_lead(140, last_name="Resting", owner=rep), rep, due_in=timedelta(days=30))
    Assignment.objects.filter(pk=resting.pk).update(team=closed)

    page.clock.install()
    sign_in(page, web_server.url, rep)
    page.goto(f"{web_server.url}/?view=answer")
    around, late, rests = (
        page.get_by_role("row", name=name).locator(".sla") for name in ("Around", "Late", "Resting")
    )
    expect(around).to_have_text("4 h left")
    expect(around).to_have_class("sla sla--ok")
    stands = rests.inner_text()

    page.clock.fast_forward(61_000)

    expect(around).to_have_text("3 h 59 min left")
    expect(around).to_have_class("sla sla--soon")
    expect(late).to_have_text("6 min late")
    expect(rests).to_have_text(stands)

    page.clock.fast_forward(4 * 3600 * 1000)

    expect(around).to_have_class("sla sla--late")
    expect(around.locator("use")).to_have_attribute("href", "#i-alert")
