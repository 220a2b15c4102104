"""What leads agree to is kept with its words; it counts once confirmed, and an opt-out holds at once."""

from smtplib import SMTPException
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.test import Client

from leadapp.errors import Invalid, NotFound
from leadapp.models import Activity, ConsentRecord, ConsentRequest, ConsentText, Lead
from leadapp.services.forms.editing import save_form
from leadapp.services.privacy.opt_in.confirming import confirm_consent, sign_request
from leadapp.services.privacy.opt_in.mails import DELAYS, send_due
from leadapp.services.privacy.opt_in.records import AGAIN_AFTER, VALID_FOR, newest_consents
from leadapp.services.privacy.opt_out import opt_out, opt_out_address
from scoring.models import ScoringRequest
from tests.forms.build import DAY, HOUR, JANE, MINUTE, NOW, WORDS, make_form, send, shown
from tests.qualification.build import everything, make_lead

pytestmark = pytest.mark.django_db

YES = JANE | {"consent": "on"}


def records() -> list[tuple[str, bool, str, int | None, str]]:
    rows = ConsentRecord.objects.order_by("pk")
    return list(rows.values_list("purpose", "granted", "text", "text_version", "source"))


def test_a_ticked_box_is_kept_with_its_words_and_their_version() -> None:
    form = make_form(consent_text=WORDS)
    send(form, JANE)
    assert records() == []
    send(form, YES)
    assert records() == [("email", True, WORDS, 1, "guide")]
    assert ConsentRecord.objects.get().recorded_at == NOW


def test_other_words_are_a_new_version_and_what_was_shown_counts() -> None:
    form = make_form(consent_text=WORDS)
    page = shown(form)
    form.consent_text = "Something else."
    save_form(form=form, actor=None, now=NOW)
    save_form(form=form, actor=None, now=NOW)
    assert form.consent_version == 2
    send(form, YES, rendering=page)
    send(form, YES | {"email": "b@acme-pumps.com"}, rendering=shown(form))
    send(form, YES | {"email": "c@acme-pumps.com", "consent_version": "1"})
    assert [(row[2], row[3]) for row in records()] == [(WORDS, 1), ("Something else.", 2), (WORDS, 1)]
    assert list(ConsentText.objects.order_by("version").values_list("version", flat=True)) == [1, 2]


@pytest.mark.parametrize("version", [0, 2, "3", "abc", "-1", "9" * 30, True, ["1"]])
def test_words_that_never_were_are_no_consent_and_the_sender_is_told(version: Any) -> None:
    form = make_form(consent_text=WORDS)
    before = everything()
    with pytest.raises(Invalid) as refused:
        send(form, YES | {"consent_version": version})
    assert set(refused.value.errors) == {"consent_version"}
    assert everything() == before
    # Whoever agrees to nothing may say any version.
    send(form, JANE | {"consent_version": version})
    assert records() == []


def test_words_with_which_a_form_asked_once_count_after_it_has_stopped_asking() -> None:
    form = make_form(consent_text=WORDS)
    page = shown(form)
    form.consent_text = ""
    save_form(form=form, actor=None, now=NOW)
    send(form, YES, rendering=page)
    send(form, YES | {"email": "b@acme-pumps.com", "consent_version": "1"})
    send(form, YES | {"email": "c@acme-pumps.com"})
    assert [(row[2], row[3]) for row in records()] == [(WORDS, 1), (WORDS, 1)]


def test_to_be_remembered_is_a_consent_with_its_words_and_their_version() -> None:
    send(make_form(is_progressive=True), JANE | {"remember_me": "on"}, visitor_id="visitor-1")
    # Other words need another version, here and beside them.
    words = "Remember me on this device, so that later forms ask only what is new."
    assert records() == [("recognition", True, words, 1, "guide")]


def test_the_words_of_being_remembered_are_kept_as_they_stood_on_the_page() -> None:
    form = make_form(is_progressive=True, language="de")
    send(form, JANE | {"remember_me": "on"}, visitor_id="visitor-1", language="de")
    words = "Auf diesem Gerät wiedererkennen, damit spätere Formulare nur nach Neuem fragen."
    assert records() == [("recognition", True, words, 1, "guide")]


def test_a_form_without_words_keeps_no_consent_and_its_own_field_is_an_answer() -> None:
    send(make_form(), YES)
    own = [
        {"name": "email", "label": "Email", "fact": "email"},
        {"name": "consent", "label": "Consent", "fact": ""},
    ]
    form = make_form("own")
    form.fields = own
    form.save()
    send(form, YES | {"email": "b@acme-pumps.com"})
    assert records() == []
    assert Activity.objects.get(source="own", type__slug="content_download").properties["consent"] == "on"


def test_a_consent_that_has_to_be_confirmed_counts_from_then_on_and_once() -> None:
    form = make_form(consent_text=WORDS, double_opt_in=True)
    send(form, YES)
    assert records() == []
    assert send_due(now=NOW) == 1
    assert send_due(now=NOW) == 0
    (message,) = mail.outbox
    assert message.to == [JANE["email"]]
    assert WORDS in message.body
    request = ConsentRequest.objects.get()
    token = sign_request(request)
    assert token in message.body

    assert not confirm_consent(token=token, now=NOW + DAY).is_repeat
    assert confirm_consent(token=token, now=NOW + 2 * DAY).is_repeat
    assert confirm_consent(token=token, now=NOW + 30 * DAY).is_repeat
    assert records() == [("email", True, WORDS, 1, "guide")]
    assert ConsentRecord.objects.get().recorded_at == NOW + DAY


def test_a_link_runs_out_and_cannot_be_made_up() -> None:
    form = make_form(consent_text=WORDS, double_opt_in=True)
    send(form, YES)
    token = sign_request(ConsentRequest.objects.get())
    for wrong, now in ((token, NOW + VALID_FOR), (token[:-1], NOW), ("nonsense", NOW), ("", NOW)):
        with pytest.raises(NotFound):
            confirm_consent(token=wrong, now=now)
    assert records() == []


def test_nobody_can_be_flooded_with_e_mails() -> None:
    form = make_form(consent_text=WORDS, double_opt_in=True)
    for minute in range(5):
        send(form, YES | {"message": f"{minute}"}, now=NOW + minute * MINUTE)
        send_due(now=NOW + minute * MINUTE)
    assert len(mail.outbox) == 1
    send(form, YES, now=NOW + AGAIN_AFTER)
    send_due(now=NOW + AGAIN_AFTER)
    assert len(mail.outbox) == 2
    confirm_consent(token=sign_request(ConsentRequest.objects.get()), now=NOW + DAY)
    send(form, YES, now=NOW + 2 * DAY)
    assert send_due(now=NOW + 2 * DAY) == 0


def test_a_mail_server_that_is_down_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    form = make_form(consent_text=WORDS, double_opt_in=True)
    send(form, YES)

    def fail(*args: object, **kwargs: object) -> None:
        raise SMTPException("no")

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMultiAlternatives.send", fail)
        assert send_due(now=NOW) == 0
    request = ConsentRequest.objects.get()
    assert (request.attempts, request.last_error, request.due_at) == (1, "no", NOW + DELAYS[0])
    assert send_due(now=NOW) == 0
    assert send_due(now=NOW + DELAYS[0]) == 1


def test_the_page_confirms_by_a_click_and_not_by_being_looked_at(client: Client) -> None:
    form = make_form(consent_text="<b>Yes</b> & no", double_opt_in=True)
    send(form, YES)
    ConsentRequest.objects.update(expires_at="2100-01-01T00:00Z")
    address = f"/confirm/{sign_request(ConsentRequest.objects.get())}/"
    page = client.get(address)
    assert "&lt;b&gt;Yes&lt;/b&gt; &amp; no" in page.content.decode()
    assert records() == []
    assert Client(enforce_csrf_checks=True).post(address).status_code == 200
    assert len(records()) == 1
    assert "already" in client.post(address).content.decode()
    assert len(records()) == 1
    assert client.get("/confirm/nonsense/").status_code == 404
    assert not client.cookies


def test_the_own_word_is_kept_where_others_had_noted_it_already() -> None:
    lead = make_lead(do_not_email=True)
    assert opt_out(lead=lead, purposes=["email"], now=NOW) == {"email"}
    assert opt_out(lead=lead, purposes=["email"], now=NOW + HOUR) == set()
    assert records() == [("email", False, "", None, "opt-out page")]
    assert Activity.objects.filter(lead=lead, type__slug="unsubscribed").count() == 1


def test_an_opt_out_holds_at_once_and_a_new_consent_changes_nothing_about_it() -> None:
    form = make_form(consent_text=WORDS, double_opt_in=True)
    send(form, YES)
    lead = Lead.objects.get()
    ScoringRequest.objects.all().delete()
    assert opt_out(lead=lead, purposes=["email"], now=NOW + HOUR) == {"email"}
    assert opt_out(lead=lead, purposes=["email"], now=NOW + 2 * HOUR) == set()
    lead.refresh_from_db()
    assert lead.do_not_email
    assert records() == [("email", False, "", None, "opt-out page")]
    assert Activity.objects.filter(lead=lead, type__slug="unsubscribed").count() == 1
    assert ScoringRequest.objects.filter(lead=lead).exists()
    # The e-mail that was still to go out does not.
    assert send_due(now=NOW + 2 * HOUR) == 0

    send(form, YES, now=NOW + DAY)
    assert send_due(now=NOW + DAY) == 0
    lead.refresh_from_db()
    assert lead.do_not_email
    assert not newest_consents([lead.pk])[lead.pk]["email"].granted


def test_a_lead_that_is_not_to_be_scored_stays_so() -> None:
    lead = make_lead(email=JANE["email"], do_not_score=True)
    send(make_form(consent_text=WORDS), YES)
    lead.refresh_from_db()
    assert lead.do_not_score
    assert lead.score is None


def test_people_choose_what_stops(client: Client) -> None:
    lead = make_lead()
    address = urlsplit(opt_out_address(lead)).path
    assert client.get(address).status_code == 200
    lead.refresh_from_db()
    assert not lead.do_not_email
    answer = Client(enforce_csrf_checks=True).post(address, {"no": ["phone", "scoring", "nonsense"]})
    assert answer.status_code == 200
    lead.refresh_from_db()
    assert (lead.do_not_email, lead.do_not_call, lead.do_not_score) == (False, True, True)
    assert lead.score is None
    assert {row[:2] for row in records()} == {("phone", False), ("scoring", False)}


def test_a_mail_program_unsubscribes_with_one_click_and_no_cookie() -> None:
    lead = make_lead()
    program = Client(enforce_csrf_checks=True)
    answer = program.post(urlsplit(opt_out_address(lead)).path, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    lead.refresh_from_db()
    assert (lead.do_not_email, lead.do_not_call) == (True, False)


@pytest.mark.parametrize("token", ["nonsense", "1", "1:abc", "0:"])
def test_an_opt_out_link_cannot_be_made_up(client: Client, token: str) -> None:
    make_lead(pk=1)
    assert client.get(f"/opt-out/{token}/").status_code == 404
    assert client.post(f"/opt-out/{token}/", {"no": "email"}).status_code == 404
    assert not Lead.objects.filter(do_not_email=True).exists()


def test_the_e_mail_speaks_the_language_of_the_form(settings: Any) -> None:
    form = make_form(consent_text=WORDS, double_opt_in=True, language="en")
    send(form, YES, language="de")
    send_due(now=NOW)
    assert mail.outbox[0].subject == "Please confirm your address"
    assert mail.outbox[0].extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
