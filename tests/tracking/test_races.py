"""Several at once: two tabs, a form that is sent meanwhile, a consent that is taken back."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from leadapp.models import ConsentRecord, Lead, VisitorConsent, WaitingActivity
from leadapp.services.forms import submit_form
from tests.duplicates.test_races import at_once
from tests.forms.build import JANE, make_form
from tests.tracking.build import VISITOR, batch, event, make_site, send

pytestmark = pytest.mark.django_db(transaction=True)


def sending(body: Any) -> Callable[[], int]:
    return lambda: int(send(body).status_code)


def test_tabs_that_send_while_the_form_comes_lose_nothing_and_double_nothing() -> None:
    site, form = make_site(), make_form()
    shared = [event(), event(path="/about/")]
    tabs = [batch(site, *shared, event(path=f"/tab-{number}/")) for number in range(5)]

    def fill() -> Any:
        answers = {**JANE, "visitor_id": VISITOR}
        return submit_form(form=form, answers=answers, actor=None, now=timezone.now())

    answers = at_once([*map(sending, tabs), fill])
    assert answers[:-1] == [204] * 5
    lead = Lead.objects.get()
    assert lead.activities.filter(type__slug="page_view").count() == 7
    assert not WaitingActivity.objects.exists()
    assert ConsentRecord.objects.filter(lead=lead, granted=True).count() == 1


def test_what_comes_while_consent_is_taken_back_is_not_kept() -> None:
    site = make_site()
    send(batch(site, event()))
    bodies = [batch(site, event(), event()) for _ in range(5)]
    bodies.insert(2, batch(site, withdrawn=True))
    answers = at_once([sending(body) for body in bodies])
    assert answers == [204] * 6
    assert VisitorConsent.objects.get().withdrawn_at is not None
    assert not WaitingActivity.objects.exists()
