"""The page of a form is for everybody: it shows, takes, says what is wrong, and gives nothing away."""

import re
from typing import Any

import pytest
from django.test import Client

from leadapp.models import Activity, ConsentRecord, Form, HeldSubmission, Lead
from leadapp.services.forms.editing import save_form
from leadapp.services.forms.reading import HONEYPOT
from leadapp.views.public.fields import countries
from tests.forms.build import JANE, NOW, WORDS, make_form
from tests.qualification.build import make_lead

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_waiting(settings: Any) -> None:
    settings.FORM_MIN_SECONDS = 0


@pytest.fixture
def visitor() -> Client:
    """Give a browser that has nothing of ours, and checks what a browser with a session would be asked."""
    return Client(enforce_csrf_checks=True)


def hidden(page: Any) -> dict[str, str]:
    """Return what the page sends beside what is typed."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.content.decode())
    return dict(found)


def fill(
    visitor: Client, form: Form, answers: dict[str, Any] | None = None, where: str = "", **get: Any
) -> Any:
    """Open the page and send it."""
    address = f"/f/{form.slug}/{where}"
    page = visitor.get(address, **get)
    assert page.status_code == 200
    return visitor.post(address, hidden(page) | (JANE if answers is None else answers))


def sent() -> list[Activity]:
    return list(Activity.objects.filter(type__slug="content_download").order_by("pk"))


def test_a_visitor_fills_in_the_page_and_is_thanked(visitor: Client) -> None:
    form = make_form(thanks="Soon!", intro="Ask us.")
    page = visitor.get("/f/guide/").content.decode()
    assert "Ask us." in page
    assert 'autocomplete="given-name"' in page
    answer = fill(visitor, form)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/f/guide/thanks/")
    assert "Soon!" in visitor.get("/f/guide/thanks/").content.decode()
    assert Lead.objects.get().email == JANE["email"]
    assert not visitor.cookies


def test_sending_the_same_page_again_makes_one_activity(visitor: Client) -> None:
    make_form()
    data = hidden(visitor.get("/f/guide/")) | JANE
    assert [visitor.post("/f/guide/", data).status_code for _ in range(3)] == [302, 302, 302]
    assert len(sent()) == 1


def test_what_is_wrong_is_said_beside_what_was_typed(visitor: Client) -> None:
    form = make_form(consent_text=WORDS)
    wrong = {"email": "nobody<", "last_name": 'D"oe', "message": "</textarea>x", "consent": "yes"}
    answer = fill(visitor, form, wrong)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert 'href="#field-first_name"' in text
    assert 'value="nobody&lt;"' in text
    assert 'value="D&quot;oe"' in text
    assert "&lt;/textarea&gt;x" in text
    assert re.search(r'name="consent" value="yes" checked', text)
    assert text.count('aria-invalid="true"') == 1  # the first name; the address is looked at next
    assert not Lead.objects.exists()
    # What was asked for is asked again on the same page: sent twice it is still one.
    again = hidden(answer) | JANE
    assert [visitor.post("/f/guide/", again).status_code for _ in range(2)] == [302, 302]
    assert len(sent()) == 1


def test_a_page_that_comes_back_shows_the_words_that_it_asked_with(visitor: Client) -> None:
    form = make_form(consent_text=WORDS)
    open_page = hidden(visitor.get("/f/guide/"))
    form.consent_text = "Something else."
    save_form(form=form, actor=None, now=NOW)
    answer = visitor.post("/f/guide/", open_page | {"email": "nobody", "consent": "yes"})
    assert WORDS in answer.content.decode()
    assert "Something else." not in answer.content.decode()
    visitor.post("/f/guide/", hidden(answer) | JANE | {"consent": "yes"})
    assert ConsentRecord.objects.get().text == WORDS


def test_whoever_agrees_to_words_that_never_were_is_asked_with_those_of_today(visitor: Client) -> None:
    make_form(consent_text=WORDS)
    answer = visitor.post("/f/guide/", JANE | {"consent": "yes", "consent_version": "99"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "The form never asked with these words." in text
    assert re.search(r'name="consent" value="yes"><span class="public__text">Yes, send', text)
    assert not Lead.objects.exists()
    assert visitor.post("/f/guide/", hidden(answer) | JANE | {"consent": "yes"}).status_code == 302
    assert (ConsentRecord.objects.get().text, ConsentRecord.objects.get().text_version) == (WORDS, 1)


@pytest.mark.parametrize("slug", ["nope", "off"])
def test_a_form_that_is_not_there_or_off_answers_404(visitor: Client, slug: str) -> None:
    make_form("off", is_active=False)
    for where in ("", "embed/", "thanks/", "embed/thanks/"):
        assert visitor.get(f"/f/{slug}/{where}").status_code == 404
    assert visitor.post(f"/f/{slug}/", JANE).status_code == 404


def test_only_the_page_for_frames_can_be_framed(visitor: Client, settings: Any) -> None:
    make_form()

    def ancestors(address: str) -> str:
        response = visitor.get(address)
        found = re.search(r"frame-ancestors ([^;]+)", response.headers["Content-Security-Policy"])
        assert found
        return f"{found[1]} {response.headers.get('X-Frame-Options', '')}".strip()

    assert ancestors("/f/guide/") == "'none' DENY"
    assert ancestors("/f/guide/thanks/") == "'none' DENY"
    assert ancestors("/accounts/login/") == "'none' DENY"
    assert ancestors("/f/guide/embed/") == "*"
    settings.FORM_HOSTS = ["www.shop.example"]
    assert ancestors("/f/guide/embed/") == ancestors("/f/guide/embed/thanks/") == "'self' www.shop.example"


def test_the_way_on_leads_only_to_websites_of_the_team(visitor: Client, settings: Any) -> None:
    settings.FORM_HOSTS = ["www.shop.example"]
    form = make_form(redirect_url="https://www.shop.example/thanks?a=1")
    page = visitor.get("/f/guide/")
    assert "form-action 'self' https://www.shop.example" in page.headers["Content-Security-Policy"]
    assert fill(visitor, form).headers["Location"] == "https://www.shop.example/thanks?a=1"
    assert fill(visitor, form, where="embed/").headers["Location"] == "/f/guide/embed/thanks/"
    assert 'href="https://www.shop.example/thanks?a=1" target="_top"' in (
        visitor.get("/f/guide/embed/thanks/").content.decode()
    )
    settings.FORM_HOSTS = []
    assert fill(visitor, form).headers["Location"] == "/f/guide/thanks/"
    assert "shop.example" not in visitor.get("/f/guide/thanks/").content.decode()


def test_the_campaign_and_the_page_before_come_along(visitor: Client) -> None:
    form = make_form()
    page = visitor.get(
        "/f/guide/?utm_source=letter&utm_campaign=autumn", HTTP_REFERER="https://news.example/a?x=1"
    )
    visitor.post("/f/guide/", hidden(page) | JANE)
    lead = Lead.objects.get()
    assert (lead.source, lead.campaign) == ("letter", "autumn")
    assert sent()[0].properties["referrer"] == "https://news.example/a"

    around = "https://shop.example/guide?utm_source=fair&token=secret"
    fill(visitor, form, JANE | {"email": "b@acme-pumps.com"}, where="embed/", HTTP_REFERER=around)
    told = sent()[1].properties
    assert (told["page"], told["utm_source"]) == ("https://shop.example/guide", "fair")
    assert "secret" not in str(told)


def test_plain_html_on_another_website_posts_straight_here(visitor: Client) -> None:
    make_form()
    for _ in range(2):
        answer = visitor.post("/f/guide/", JANE, HTTP_REFERER="https://shop.example/contact?x=1")
        assert answer.status_code == 302
    (activity,) = sent()
    assert activity.properties["page"] == "https://shop.example/contact"
    wrong = visitor.post("/f/guide/", {"email": "x"}, HTTP_REFERER="https://shop.example/contact")
    assert wrong.status_code == 422
    assert visitor.post("/f/guide/", hidden(wrong) | JANE).status_code == 302


def test_programs_are_thanked_too_and_held(visitor: Client, settings: Any) -> None:
    settings.FORM_MIN_SECONDS = 60
    form = make_form()
    assert fill(visitor, form).status_code == 302
    assert fill(visitor, form, JANE | {HONEYPOT: "x"}).status_code == 302
    assert visitor.post("/f/guide/", JANE | {"form_page": "made:up"}).status_code == 302
    reasons = HeldSubmission.objects.order_by("pk").values_list("reasons", flat=True)
    assert list(reasons) == [["fast"], ["honeypot", "fast"], ["forged"]]
    assert not Lead.objects.exists()


def test_too_many_from_one_address_wait_and_lose_nothing(
    visitor: Client, settings: Any, long_minute: None
) -> None:
    settings.FORM_SUBMISSIONS_PER_MINUTE = 1
    form = make_form()
    answers = [fill(visitor, form, JANE | {"message": f"Message {number}"}) for number in range(4)]
    last = answers[-1]
    assert last.status_code == 429
    assert 1 <= int(last.headers["Retry-After"]) <= 60
    assert "Message 3" in last.content.decode()


def test_a_known_visitor_is_asked_less_and_strangers_learn_nothing(visitor: Client) -> None:
    form = make_form(is_progressive=True)
    assert "remember_me" in visitor.get("/f/guide/").content.decode()
    fill(visitor, form, JANE | {"remember_me": "yes"})
    cookie = visitor.cookies["leadapp_visitor"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/f/")

    page = visitor.get("/f/guide/").content.decode()
    assert 'name="email"' not in page
    assert 'name="company"' in page
    assert "Jane" not in page
    assert JANE["email"] not in page
    assert fill(visitor, form, {"company": "Acme Pumps"}).status_code == 302
    lead = Lead.objects.get()
    assert lead.company is not None
    assert len(sent()) == 2

    # The page of a known visitor is worth nothing in other hands.
    stranger = Client()
    answer = stranger.post("/f/guide/", hidden(visitor.get("/f/guide/")) | {"company": "Mine"})
    assert answer.status_code == 422
    assert 'name="email"' in answer.content.decode()
    stranger.cookies["leadapp_visitor"] = "made-up"
    assert 'name="email"' in stranger.get("/f/guide/").content.decode()

    assert visitor.post("/f/guide/forget/").headers["Location"] == "/f/guide/"
    assert 'name="email"' in visitor.get("/f/guide/").content.decode()


def test_a_visitor_whose_lead_was_erased_is_asked_everything(visitor: Client) -> None:
    form = make_form(is_progressive=True)
    fill(visitor, form, JANE | {"remember_me": "yes"})
    page = visitor.get("/f/guide/")
    Lead.objects.all().delete()
    answer = visitor.post("/f/guide/", hidden(page) | {"company": "Acme"})
    assert answer.status_code == 422
    assert 'name="email"' in answer.content.decode()
    assert visitor.post("/f/guide/", hidden(answer) | JANE).status_code == 302


def test_somebody_who_does_not_agree_is_not_remembered(visitor: Client) -> None:
    form = make_form(is_progressive=True)
    fill(visitor, form)
    assert not visitor.cookies
    assert 'name="email"' in visitor.get("/f/guide/").content.decode()


def test_an_opted_out_lead_stays_so_whatever_it_sends(visitor: Client) -> None:
    lead = make_lead(email=JANE["email"], do_not_email=True, do_not_score=True)
    fill(visitor, make_form(consent_text=WORDS), JANE | {"consent": "yes", "do_not_email": "false"})
    lead.refresh_from_db()
    assert (lead.do_not_email, lead.do_not_score, lead.score) == (True, True, None)


def test_every_type_of_field_is_drawn_and_taken(visitor: Client) -> None:
    fields: list[dict[str, Any]] = [
        {"name": "email", "label": "Email", "fact": "email", "type": "email", "required": True},
        {"name": "size", "label": "Size", "type": "select", "options": ["Small & new", "Large"]},
        {"name": "land", "label": "Country", "fact": "country", "type": "country"},
        {"name": "seats", "label": "Seats", "type": "number"},
        {"name": "from", "label": "From", "type": "date"},
        {"name": "urgent", "label": "Urgent", "type": "checkbox"},
        {"name": "site", "label": "Site", "type": "url", "fact": "company.domain"},
        {"name": "product", "label": "Product", "type": "hidden", "value": "pump"},
        {"name": "why", "label": "Why", "type": "textarea"},
        {"name": "phone", "label": "Phone", "type": "tel", "fact": "phone"},
    ]
    form = make_form(fields=fields)
    page = visitor.get("/f/guide/?product=valve").content.decode()
    assert '<option value="Small &amp; new">' in page
    assert '<option value="DE">Germany</option>' in page
    assert '<input type="hidden" name="product" value="valve">' in page
    assert 'type="date"' in page
    answers = {"email": JANE["email"], "size": "Large", "land": "DE", "seats": "3", "from": "2026-12-01"}
    fill(
        visitor,
        form,
        answers | {"urgent": "yes", "site": "acme-pumps.com", "why": "a\nb", "phone": "030 901820"},
    )
    told = sent()[0].properties
    assert (told["size"], told["urgent"], told["product"]) == ("Large", "yes", "pump")
    lead = Lead.objects.get()
    assert (lead.country, lead.phone) == ("DE", "+4930901820")


def test_the_page_speaks_the_visitors_language_or_that_of_the_form(visitor: Client) -> None:
    make_form()
    make_form("deutsch", language="de")
    assert '<html lang="nl">' in visitor.get("/f/guide/", HTTP_ACCEPT_LANGUAGE="nl").content.decode()
    german = visitor.get("/f/deutsch/", HTTP_ACCEPT_LANGUAGE="nl").content.decode()
    assert '<html lang="de">' in german
    assert dict(countries("de"))["NL"] == "Niederlande"
    assert len(countries("en")) > 200


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"email=a%40acme-pumps.com&first_name=%FF%FE", "application/x-www-form-urlencoded"),
        (b"email=%00", "application/x-www-form-urlencoded"),
        (b'{"email": "a@acme-pumps.com"}', "application/json"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"a=1&" * 2_000, "application/x-www-form-urlencoded"),
        (b"email=" + b"x" * 70_000, "application/x-www-form-urlencoded"),
        (b"email=a%40b", "application/x-www-form-urlencoded; charset=utf-99"),
    ],
)
def test_odd_bodies_are_refused_or_taken_and_never_an_error(visitor: Client, data: bytes, kind: str) -> None:
    make_form()
    assert visitor.generic("POST", "/f/guide/", data, kind).status_code in {302, 400, 413, 422}
