"""Several at once: a page sent twice in the same moment, two people who decide, two clicks on a link."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from leadapp.errors import Conflict
from leadapp.models import Activity, ConsentRecord, ConsentRequest, HeldSubmission, Lead
from leadapp.services.forms import Submission, submit_form
from leadapp.services.forms.held import release
from leadapp.services.forms.reading import HONEYPOT
from leadapp.services.keys import create_api_key
from leadapp.services.privacy.opt_in.confirming import confirm_consent, sign_request
from leadapp.services.privacy.opt_out import opt_out
from tests.forms.build import DAY, JANE, NOW, WORDS, make_form, send, shown
from tests.ui.build import make_user

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(act: Callable[[], Any], times: int = 4) -> list[Any]:
    """Do the same in several threads in the same moment; return what each got, or the refusal."""
    barrier, results = threading.Barrier(times), []

    def run() -> None:
        barrier.wait()
        try:
            results.append(act())
        except Conflict as refusal:
            results.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == times
    return results


def test_a_page_that_is_sent_several_times_at_once_makes_one_activity_and_one_lead() -> None:
    form = make_form(consent_text=WORDS)
    page = shown(form)
    results = at_once(lambda: send(form, JANE | {"consent": "yes"}, rendering=page))
    assert {result.id for result in results} == {page.number}
    assert Activity.objects.filter(type__slug="content_download").count() == 1
    assert Lead.objects.count() == ConsentRecord.objects.count() == 1


def test_a_named_submission_that_comes_several_times_at_once_is_one() -> None:
    form = make_form()
    key, _ = create_api_key(name="shop", scopes=("ingest",), actor=None, now=NOW)
    results = at_once(lambda: submit_form(form=form, answers=JANE, actor=key, now=NOW, name="order-1"))
    lead, activity = Lead.objects.get(), Activity.objects.get(type__slug="content_download")
    assert results == [Submission("order-1", lead.pk, activity.pk)] * 4


def test_what_looks_like_spam_is_held_once() -> None:
    form = make_form()
    page = shown(form)
    at_once(lambda: send(form, JANE | {HONEYPOT: "x"}, rendering=page))
    assert HeldSubmission.objects.count() == 1


def test_of_several_people_who_release_it_one_does() -> None:
    form, boss = make_form(), make_user("boss", "marketer")
    send(form, JANE | {HONEYPOT: "x"})
    pk = HeldSubmission.objects.get().pk
    results = at_once(lambda: release(submission_id=pk, actor=boss, now=NOW + DAY))
    assert sum(isinstance(result, Conflict) for result in results) == 3
    assert Activity.objects.filter(type__slug="content_download").count() == 1


def test_several_clicks_on_one_link_confirm_once() -> None:
    form = make_form(consent_text=WORDS, double_opt_in=True)
    send(form, JANE | {"consent": "yes"})
    token = sign_request(ConsentRequest.objects.get())
    results = at_once(lambda: confirm_consent(token=token, now=NOW + DAY))
    assert sorted(result.is_repeat for result in results) == [False, True, True, True]
    assert ConsentRecord.objects.count() == 1


def test_several_opt_outs_are_one() -> None:
    send(make_form())
    lead = Lead.objects.get()
    results = at_once(lambda: opt_out(lead=lead, purposes=["email"], now=NOW + DAY))
    assert sorted(results, key=len) == [set(), set(), set(), {"email"}]
    assert ConsentRecord.objects.filter(granted=False).count() == 1
    assert Activity.objects.filter(type__slug="unsubscribed").count() == 1
