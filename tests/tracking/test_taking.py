"""What the tracker of a website sends: kept once, of those who agreed, and the lead's once it is known."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leadapp.models import (
    Activity,
    AnonymousView,
    ConsentRecord,
    EventName,
    Lead,
    LeadIdentifier,
    TrackedSite,
    VisitorConsent,
    WaitingActivity,
)
from leadapp.services.forms import submit_form
from leadapp.services.identity.visitors import forget_waiting
from leadapp.services.tracking.sites import save_site
from scoring.services.queue import score_waiting
from tests.forms.build import make_form
from tests.tracking.build import ORIGIN, VISITOR, WORDS, batch, event, make_site, ms, send

pytestmark = pytest.mark.django_db
KEPT = (Activity, AnonymousView, ConsentRecord, Lead, LeadIdentifier, VisitorConsent, WaitingActivity)


@pytest.fixture
def site() -> TrackedSite:
    return make_site()


def kept() -> list[int]:
    return [model.objects.count() for model in KEPT]


def submit(**more: Any) -> Lead:
    form = make_form()
    answers = {"email": "jane@acme-pumps.com", "first_name": "Jane", "visitor_id": VISITOR, **more}
    submit_form(form=form, answers=answers, actor=None, now=timezone.now())
    return Lead.objects.get(email="jane@acme-pumps.com")


def test_what_a_visitor_does_waits_and_joins_the_lead_that_sends_a_form(site: TrackedSite) -> None:
    seen = event(properties={"seconds": 75.4}, referrer="https://www.search.example/?q=pumps")
    first = {"url": f"{ORIGIN}/?utm_source=letter&utm_campaign=autumn", "referrer": ""}
    answer = send(batch(site, seen, event("returning_visit", path="/"), first=first))
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer["Access-Control-Allow-Origin"] == ORIGIN
    assert not Lead.objects.exists()
    waiting = WaitingActivity.objects.order_by("id").first()
    assert waiting is not None
    assert (waiting.source, waiting.external_id) == ("Acme", seen["id"])
    assert waiting.properties == {
        "seconds": 75,
        "url": f"{ORIGIN}/pricing/",
        "path": "/pricing/",
        "title": "Pricing",
        "referrer": "https://www.search.example/",
    }

    lead = submit()
    score_waiting(now=timezone.now(), limit=10)
    lead.refresh_from_db()
    kinds = set(lead.activities.values_list("type__slug", flat=True))
    assert {"page_view", "returning_visit", "content_download"} <= kinds
    # Downloaded content 10, the pricing page 8, over a minute 2, a page 1.
    assert lead.engagement == 21
    assert (lead.utm_source, lead.utm_campaign) == ("letter", "autumn")
    # What comes now finds the lead by itself.
    assert send(batch(site, event(path="/contact/"))).status_code == 204
    assert lead.activities.filter(type__slug="page_view").count() == 2


def test_the_same_batch_twice_is_kept_once(site: TrackedSite) -> None:
    body = batch(site, event(), event(path="/about/"))
    assert send(body).status_code == send(body).status_code == 204
    assert WaitingActivity.objects.count() == 2
    assert VisitorConsent.objects.count() == 1


def test_many_events_cost_the_same_as_one(site: TrackedSite) -> None:
    def statements(number: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            send(batch(site, *(event() for _ in range(number))))
        return len(captured)

    statements(1)
    assert statements(1) == statements(20)
    submit()
    assert statements(1) == statements(20)


def test_a_clock_that_is_wrong_by_a_year_moves_nothing(site: TrackedSite) -> None:
    now, off = timezone.now(), timedelta(days=365)
    early = event(at=ms(now - timedelta(minutes=5) + off))
    late = event(at=ms(now + off + timedelta(hours=1)))  # after it was sent
    send(batch(site, early, late, sent_at=ms(now + off)))
    first, second = WaitingActivity.objects.order_by("occurred_at")
    assert abs(first.occurred_at - (now - timedelta(minutes=5))) < timedelta(seconds=5)
    assert now <= second.occurred_at == second.received_at


def test_the_consent_becomes_the_leads_with_its_words_and_version(site: TrackedSite) -> None:
    body = batch(site, event())
    send(body)
    assert not ConsentRecord.objects.exists()
    lead = submit()
    consent = lead.consents.get()
    assert (consent.purpose, consent.granted, consent.source) == ("recognition", True, "Acme")
    assert (consent.text, consent.text_version) == (WORDS, 1)
    assert ms(consent.recorded_at) // 10_000 == body["consent"]["at"] // 10_000
    send(batch(site, event()))
    assert lead.consents.count() == 1


def test_a_consent_of_somebody_who_is_known_counts_at_once(site: TrackedSite) -> None:
    lead = submit()
    send(batch(site))
    assert lead.consents.get().text == WORDS


def test_whoever_agrees_to_new_words_has_another_consent(site: TrackedSite) -> None:
    lead = submit()
    send(batch(site))
    site.consent_text = "You may remember me."
    save_site(site=site, actor=None, now=timezone.now())
    send(batch(site, consent={"version": 2, "at": ms(timezone.now())}))
    send(batch(site, consent={"version": 1, "at": ms(timezone.now())}))  # a tab that was open
    assert list(lead.consents.order_by("id").values_list("text_version", flat=True)) == [1, 2]


def test_taking_it_back_deletes_what_waits_and_stops_what_comes(site: TrackedSite) -> None:
    send(batch(site, event()))
    assert send(batch(site, withdrawn=True)).status_code == 204
    assert not WaitingActivity.objects.exists()
    assert send(batch(site, event())).status_code == 204
    assert not WaitingActivity.objects.exists()
    assert not submit().consents.exists()


def test_taking_it_back_ends_the_consent_of_a_lead(site: TrackedSite) -> None:
    send(batch(site, event()))
    lead = submit()
    for _again in range(2):
        send(batch(site, withdrawn=True))
    assert list(lead.consents.order_by("id").values_list("granted", flat=True)) == [True, False]
    before = lead.activities.count()
    send(batch(site, event()))
    assert lead.activities.count() == before


def test_who_takes_it_back_with_do_not_track_is_heard(site: TrackedSite) -> None:
    send(batch(site, event()))
    send(batch(site, withdrawn=True), **{"Sec-GPC": "1"})
    assert not WaitingActivity.objects.exists()


def test_a_website_says_who_somebody_is(site: TrackedSite) -> None:
    known = {"email": "Jane@Acme-Pumps.com", "first_name": "Jane", "company": {"name": "Acme Pumps"}}
    assert send(batch(site, event(), identify=known)).status_code == 204
    lead = Lead.objects.get()
    assert (lead.email, lead.first_name) == ("jane@acme-pumps.com", "Jane")
    assert lead.activities.filter(type__slug="page_view").count() == 1
    assert lead.consents.get().text == WORDS
    # It fills gaps and overwrites nothing: anybody can send this.
    send(batch(site, identify={**known, "first_name": "Mallory"}))
    lead.refresh_from_db()
    assert lead.first_name == "Jane"


def test_custom_events_are_kinds_of_activity_and_others_are_left_out(site: TrackedSite) -> None:
    body = batch(
        site, event("trial_started", properties={"seats": 5}), event("wobbled"), event("call_connected")
    )
    answer = send(body)
    assert (answer.status_code, answer.json()) == (200, {"left_out": ["wobbled", "call_connected"]})
    assert WaitingActivity.objects.get().properties["seats"] == 5
    # The names that analytics libraries send are known as well, and none is learnt.
    names = EventName.objects.count()
    assert send(batch(site, event("Trial Started"))).status_code == 204
    assert WaitingActivity.objects.filter(type__slug="trial_started").count() == 2
    assert EventName.objects.count() == names


def test_before_consent_views_are_counted_if_the_website_says_so() -> None:
    site = make_site(waits_for_consent=False)
    body = {"site": site.key, "sent_at": ms(timezone.now()), "events": [event(), event("trial_started")]}
    assert send(body).status_code == send(body).status_code == 204
    view = AnonymousView.objects.get()
    assert (view.site, view.path) == (site, "/pricing/")
    assert kept() == [0, 1, 0, 0, 0, 0, 0]


def test_before_consent_nothing_is_taken_else(site: TrackedSite) -> None:
    body = {"site": site.key, "sent_at": ms(timezone.now()), "events": [event()]}
    assert send(body).status_code == 403
    assert not any(kept())


@pytest.mark.parametrize(
    "headers",
    [
        {"agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
        {"agent": "Mozilla/5.0 (X11) HeadlessChrome/140.0.0.0 Safari/537.36"},
        {"agent": "python-requests/2.32"},
        {"agent": ""},
        {"Sec-Purpose": "prefetch;prerender"},
        {"Sec-GPC": "1"},
        {"DNT": "1"},
    ],
)
def test_nobody_and_who_says_no_is_not_followed(site: TrackedSite, headers: dict[str, str]) -> None:
    assert send(batch(site, event()), **headers).status_code == 204
    assert not any(kept())


def test_a_phone_that_is_called_like_a_program_is_a_phone(site: TrackedSite) -> None:
    send(batch(site, event()), agent="Mozilla/5.0 (Linux; Android 13; CUBOT P80) Chrome/140.0.0.0 Mobile")
    assert WaitingActivity.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"site": "site_000000000000000000000000"}, 404, None),
        ({"site": 5}, 404, None),
        ({"site": "site_\x00"}, 400, None),
        ({"sent_at": "now"}, 422, "sent_at"),
        ({"sent_at": 1e300}, 422, "sent_at"),
        ({"sent_at": True}, 422, "sent_at"),
        ({"visitor": "short"}, 422, "visitor"),
        ({"visitor": ["x"]}, 422, "visitor"),
        ({"consent": None}, 422, "consent"),
        ({"consent": {"version": 7, "at": 1}}, 422, "consent.version"),
        ({"consent": {"version": 2**40, "at": 1}}, 422, "consent.version"),
        ({"consent": {"version": 1}}, 422, "consent.at"),
        ({"events": {}}, 422, "events"),
        ({"events": [5]}, 422, "events.0"),
        ({"events": [event()] * 51}, 422, "events"),
        ({"events": [event(id="no")]}, 422, "events.0.id"),
        ({"events": [event(at=None)]}, 422, "events.0.at"),
        ({"events": [event(url="javascript:alert(1)")]}, 422, "events.0.url"),
        ({"events": [event(url="http://[")]}, 422, "events.0.url"),
        ({"events": [event(properties=[])]}, 422, "events.0.properties"),
        ({"events": [event(properties={"seconds": "long"})]}, 422, "events.0.properties.seconds"),
        ({"events": [event(title="x" * 301)]}, 422, "events.0.title"),
        ({"events": [event(colour="red")]}, 422, "events.0.colour"),
        ({"identify": {"first_name": "Jane"}}, 422, "identify.email"),
        ({"identify": {"email": "jane"}}, 422, "identify.email"),
        ({"identify": {"email": "a@b.example", "do_not_email": True}}, 422, "identify.do_not_email"),
        ({"first": "letter"}, 422, "first"),
        ({"colour": "red"}, 422, "colour"),
    ],
)
def test_what_is_wrong_is_refused_by_name_and_nothing_is_kept(
    site: TrackedSite, change: dict[str, Any], status: int, field: str | None
) -> None:
    answer = send({**batch(site, event()), **change})
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    if field:
        assert [fault["field"] for fault in answer.json()["errors"]] == [field]
    assert not any(kept())


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "https://www.acme-pumps.com.evil.example", ""]
)
def test_only_pages_of_the_website_may_send(site: TrackedSite, origin: str) -> None:
    answer = send(batch(site, event()), origin=origin)
    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in answer
    assert not any(kept())


def test_a_website_that_is_switched_off_is_not_followed(site: TrackedSite) -> None:
    TrackedSite.objects.update(is_active=False)
    assert send(batch(site, event())).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b"[]", 400), (b"\xff", 400), (b"x" * 70_000, 413), (b"[" * 60_000, 400)],
)
def test_a_body_that_cannot_be_read(body: bytes, status: int) -> None:
    assert Client().post("/t", body, content_type="text/plain").status_code == status


def test_too_much_from_one_address(site: TrackedSite, settings: Any, long_minute: None) -> None:
    settings.TRACKER_REQUESTS_PER_MINUTE = 2
    answers = [send(batch(site, event())) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [204, 204, 429]
    assert int(answers[-1]["Retry-After"]) > 0


def test_a_browser_need_not_ask_before_it_sends() -> None:
    assert Client().options("/t").status_code == 405


def test_old_views_and_consents_are_forgotten(site: TrackedSite) -> None:
    send(batch(site, event(), visitor=VISITOR))
    other = VISITOR.replace("0b0f", "ffff")
    send(batch(site, event(), visitor=other))
    send(batch(site, visitor=other, withdrawn=True))
    AnonymousView.objects.create(site=site, number="x" * 16, path="/", seen_at=timezone.now())
    assert forget_waiting(before=timezone.now() - timedelta(days=90)) == 0
    assert forget_waiting(before=timezone.now() + timedelta(days=1)) == 4  # an event, a view, two visitors
    assert kept() == [0] * 7


def test_the_script_is_small_and_stays_with_the_browser() -> None:
    client = Client()
    answer = client.get("/t.js", headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert answer["Content-Encoding"] == "gzip"
    assert len(answer.content) < 4_096
    assert answer["Content-Type"].startswith("text/javascript")
    assert "max-age=86400" in answer["Cache-Control"]
    assert "Cookie" not in answer["Vary"]
    assert not answer.cookies
    again = client.get("/t.js", headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
