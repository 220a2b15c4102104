"""What the team sees of forms: addresses to paste, the spam queue with undo, the first steps."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from leadapp.models import Activity, Company, Form, HeldSubmission, Lead, User
from leadapp.services.forms.reading import HONEYPOT
from scoring.services.queue import score_waiting
from tests.forms.build import JANE, make_form, send
from tests.qualification.build import everything
from tests.ui.build import make_lead
from tests.ui.conftest import As, as_, manager, marketer, rep

pytestmark = pytest.mark.django_db

__all__ = ["as_", "manager", "marketer", "rep"]


def hold(number: int = 1) -> HeldSubmission:
    form = Form.objects.filter(slug="guide").first() or make_form()
    submission = send(form, JANE | {HONEYPOT: "x", "message": f"<b>Buy</b> {number}"})
    return HeldSubmission.objects.get(number=submission.id)


def test_forms_are_listed_with_what_waits(
    as_: As, marketer: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    hold()
    client = as_(marketer)
    page = client.get("/forms/").content.decode()
    assert "Buyer&#x27;s guide" in page
    with django_assert_num_queries(5):
        client.get("/forms/")
    for number in range(20):
        make_form(f"form-{number}")
    with django_assert_num_queries(5):
        client.get("/forms/")


def test_a_form_can_be_pasted_everywhere(as_: As, marketer: User) -> None:
    make_form(consent_text="Yes & no")
    page = as_(marketer).get("/forms/guide/").content.decode()
    assert "http://testserver/f/guide/embed/" in page
    assert "&lt;iframe" in page
    assert "&lt;form method=&quot;post&quot; action=&quot;http://testserver/f/guide/&quot;&gt;" in page
    assert "/api/v1/forms/guide/submissions" in page
    assert "Yes &amp;amp; no" in page
    assert as_(marketer).get("/forms/nope/").status_code == 404


def test_the_plain_html_that_is_pasted_works(as_: As, marketer: User) -> None:
    make_form(consent_text="Yes")
    page = as_(marketer).get("/forms/guide/")
    html = next(one.text for one in page.context["snippets"] if one.name == "html")
    names = re.findall(r'name="([^"]+)"', html)
    assert {"email", "first_name", "consent", "consent_version", HONEYPOT} <= set(names)
    answers = dict.fromkeys(names, "") | JANE | {"consent": "yes", "consent_version": "1"}
    assert Client(enforce_csrf_checks=True).post("/f/guide/", answers).status_code == 302
    assert Lead.objects.get().consents.get().text_version == 1


def test_a_held_submission_is_released_and_that_is_undone(as_: As, marketer: User) -> None:
    held, client = hold(), as_(marketer)
    page = client.get("/spam/").content.decode()
    assert "&lt;b&gt;Buy&lt;/b&gt; 1" in page
    assert "Filled in a field that people do not see" in page
    answer = client.post("/spam/decide/", {"submission": held.pk, "what": "release"}, follow=True)
    assert f"/spam/{held.pk}/back/" in answer.content.decode()
    assert Lead.objects.filter(email=JANE["email"]).exists()
    assert "Jane" in client.get("/spam/?state=released").content.decode()
    client.post(f"/spam/{held.pk}/back/")
    assert not Lead.objects.exists()
    assert HeldSubmission.objects.get().is_waiting


def test_several_are_discarded_at_once_and_taken_back_at_once(as_: As, marketer: User) -> None:
    rows, client = [hold(number) for number in range(3)], as_(marketer)
    answer = client.post(
        "/spam/decide/", {"submission": [row.pk for row in rows], "what": "discard"}, follow=True
    )
    assert "3 submissions were discarded." in answer.content.decode()
    assert not HeldSubmission.objects.filter(state="waiting").exists()
    client.post(f"/spam/{'-'.join(str(row.pk) for row in rows)}/back/")
    assert HeldSubmission.objects.filter(state="waiting").count() == 3


def test_two_people_decide_and_the_second_is_told(as_: As, marketer: User, manager: User) -> None:
    held = hold()
    as_(marketer).post("/spam/decide/", {"submission": held.pk, "what": "release"})
    answer = as_(manager).post("/spam/decide/", {"submission": held.pk, "what": "release"}, follow=True)
    assert "Somebody else has decided about it meanwhile." in answer.content.decode()
    assert Activity.objects.filter(type__slug="content_download").count() == 1


def test_the_queue_pages_and_costs_the_same_for_one_and_for_many(
    as_: As, marketer: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    hold()
    client = as_(marketer)
    client.get("/spam/")
    with django_assert_num_queries(6):
        client.get("/spam/")
    for number in range(60):
        hold(number + 2)
    with django_assert_num_queries(6):
        page = client.get("/spam/").content.decode()
    older = re.search(r"before=(\d+)", page)
    assert older
    assert "Buy&lt;/b&gt; 1<" in client.get(f"/spam/?before={older[1]}").content.decode()


def test_a_rep_sees_no_spam_and_changes_nothing(as_: As, rep: User) -> None:
    held, client = hold(), as_(rep)
    before = everything()
    assert client.get("/spam/").status_code == 403
    client.post("/spam/decide/", {"submission": held.pk, "what": "release"})
    client.post(f"/spam/{held.pk}/back/")
    assert everything() == before
    assert HeldSubmission.objects.get().is_waiting


@pytest.mark.parametrize("ids", ["x", "1-2", "99999999999999999999", "-"])
def test_odd_numbers_are_no_error(as_: As, marketer: User, ids: str) -> None:
    assert as_(marketer).post(f"/spam/{ids}/back/").status_code == 302
    assert as_(marketer).post("/spam/decide/", {"submission": ids}).status_code == 302


def ticks(page: Any) -> list[bool]:
    return [words == "done" for words in re.findall(r"Step \d, (done|to do):", page.content.decode())]


def test_the_first_steps_lead_from_nothing_to_a_scored_lead_and_back(as_: As, marketer: User) -> None:
    client = as_(marketer)
    before = (Lead.objects.count(), Company.objects.count(), Activity.objects.count())
    assert ticks(client.get("/guide/")) == [False] * 5
    made = client.post("/guide/form/", follow=True)
    assert ticks(made) == [True, False, False, False, False]
    form = Form.objects.get(created_by=marketer)
    assert f"/f/{form.slug}/embed/" in made.content.decode()

    sent = client.post(f"/guide/{form.slug}/test/", follow=True)
    assert ticks(sent) == [True, False, False, True, False]
    assert "Its score takes a moment." in sent.content.decode()
    assert "hx-trigger" in client.get(f"/guide/lead/?form={form.slug}").content.decode()
    score_waiting(now=timezone.now())
    scored = client.get(f"/guide/?form={form.slug}")
    assert ticks(scored) == [True, False, False, True, True]
    lead = Lead.objects.get()
    assert lead.score
    assert "Asked for a demo" in scored.content.decode()
    assert "hx-trigger" not in client.get(f"/guide/lead/?form={form.slug}").content.decode()

    gone = client.post(f"/guide/{form.slug}/remove/{lead.pk}/", follow=True)
    assert "The test lead is gone" in gone.content.decode()
    assert (Lead.objects.count(), Company.objects.count(), Activity.objects.count()) == before
    assert ticks(gone) == [True, False, False, True, False]


def test_the_place_on_a_website_is_ticked_by_a_submission_from_there(as_: As, marketer: User) -> None:
    client = as_(marketer)
    client.post("/guide/form/")
    form = Form.objects.get(created_by=marketer)
    Client().post(f"/f/{form.slug}/", JANE, HTTP_REFERER="https://shop.example/contact")
    assert ticks(client.get("/guide/"))[:4] == [True, True, False, True]


def test_only_leads_of_a_test_are_removed(as_: As, marketer: User) -> None:
    lead, client = make_lead(email="jane@example.com"), as_(marketer)
    old = make_lead(email="test-0123abcd@example.com", created_at="2020-01-01T00:00Z")
    for one in (lead, old):
        client.post(f"/guide/guide/remove/{one.pk}/")
    assert Lead.objects.count() == 2


def test_whoever_may_not_make_forms_is_told_what_they_can_do(as_: As, rep: User, marketer: User) -> None:
    client = as_(rep)
    page = client.get("/guide/").content.decode()
    assert "ask Mareike Ostermann" in page
    assert "/leads/new/" in page
    assert "/guide/form/" not in page
    before = everything()
    client.post("/guide/form/")
    make_form()
    client.post("/guide/guide/test/")
    assert Form.objects.filter(created_by=rep).count() == 0
    assert everything() == before


def test_signing_in_to_an_empty_leadapp_leads_to_the_first_steps(client: Client, marketer: User) -> None:
    marketer.set_password("secret")
    marketer.save()
    named = {"username": marketer.username, "password": "secret"}
    assert client.post("/accounts/login/", named)["Location"] == "/guide/"
    make_lead()
    assert Client().post("/accounts/login/", named)["Location"] == "/"


def test_the_empty_list_leads_to_the_first_steps(as_: As, rep: User) -> None:
    assert 'href="/guide/"' in as_(rep).get("/?view=all").content.decode()


def test_the_lead_page_says_how_long_it_is_kept_and_where_it_opts_out(as_: As, manager: User) -> None:
    lead = make_lead()
    page = as_(manager).get(f"/leads/{lead.pk}/").content.decode()
    assert "if nothing more happens (Enquiry)" in page
    assert "/opt-out/" in page
