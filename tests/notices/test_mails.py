"""E-mails go out once they are due, one a person, and again later while the mail server is down."""

from smtplib import SMTPException
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from pytest_django import DjangoAssertNumQueries

from qualification.models import ByEmail, NoticeKind, NoticeMail
from qualification.services.notices.mails import CLAIM, DELAYS, send_due
from qualification.services.notices.reading import mark_read
from tests.notices.build import DAY, HOUR, MINUTE, NOW, choose_for, make_rep, told
from tests.qualification.build import make_lead

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def address(settings: Any) -> None:
    settings.LEADAPP_ADDRESS = "https://leads.example"


def states() -> list[str]:
    return list(NoticeMail.objects.order_by("pk").values_list("state", flat=True))


def test_an_e_mail_says_what_happened_and_leads_there() -> None:
    rep = make_rep(first_name="Jonas", last_name="Wiegand")
    notice = told(rep, "Annelie <Großmann> & Co is yours: Handed over.", lead=make_lead(owner=rep))
    assert send_due(now=NOW) == 1
    (message,) = mail.outbox
    assert message.to == ["jonas@vendor.example"]
    assert message.subject == "Annelie <Großmann> & Co is yours: Handed over."
    assert f"https://leads.example/notices/{notice.pk}/" in str(message.body)
    assert "Annelie <Großmann> & Co" in message.body
    assert "https://leads.example/notices/settings/" in message.body
    assert message.extra_headers["List-Unsubscribe"] == "<https://leads.example/notices/settings/>"
    assert isinstance(message, EmailMultiAlternatives)
    html, kind = message.alternatives[0]
    assert kind == "text/html"
    assert "Annelie &lt;Großmann&gt; &amp; Co" in str(html)
    assert states() == ["sent"]
    assert send_due(now=NOW) == 0


def test_what_is_due_to_one_person_goes_in_one_e_mail() -> None:
    rep, other = make_rep(), make_rep("priya")
    for number in range(3):
        told(rep, f"Lead {number} is yours.")
    told(other, "Lead 9 is yours.")
    assert send_due(now=NOW) == 4
    assert [(message.to, message.subject) for message in mail.outbox] == [
        (["jonas@vendor.example"], "Leadapp: 3 notices"),
        (["priya@vendor.example"], "Lead 9 is yours."),
    ]
    assert [mail.outbox[0].body.index(f"Lead {number}") for number in range(3)] == sorted(
        mail.outbox[0].body.index(f"Lead {number}") for number in range(3)
    )


@pytest.mark.parametrize(
    ("language", "subject", "greeting"),
    [
        ("de", "Leadapp: 2 Mitteilungen", "Guten Tag Jonas Wiegand,"),
        ("nl", "Leadapp: 2 meldingen", "Hallo Jonas Wiegand,"),
    ],
)
def test_an_e_mail_is_in_the_language_of_whoever_gets_it(language: str, subject: str, greeting: str) -> None:
    rep = make_rep(first_name="Jonas", last_name="Wiegand", language=language)
    for number in range(2):
        told(rep, f"Lead {number}")
    send_due(now=NOW)
    (message,) = mail.outbox
    assert message.subject == subject
    assert greeting in str(message.body)
    assert f'<html lang="{language}">' in str(message.alternatives[0][0])  # type: ignore[attr-defined]


def test_a_digest_waits_for_its_hour() -> None:
    rep = make_rep()
    for kind in (NoticeKind.MENTION, NoticeKind.WAKE_UP):
        choose_for(rep, kind, ByEmail.DIGEST)
        told(rep, f"About {kind}.", kind=kind)
    assert send_due(now=NOW) == 0
    assert send_due(now=NOW + 22 * HOUR) == 2
    (message,) = mail.outbox
    assert message.subject == "Your digest: 2 notices"
    assert "since your last digest" in message.body


def test_what_was_read_meanwhile_is_not_sent() -> None:
    rep = make_rep()
    read = told(rep, "Read.", kind=NoticeKind.MENTION)
    told(rep, "Not read.", kind=NoticeKind.MENTION)
    mark_read(user=rep, notice_id=read.pk, now=NOW)
    send_due(now=NOW + DAY)
    (message,) = mail.outbox
    assert message.subject == "Not read."
    assert states() == ["dropped", "sent"]


def test_a_lead_that_somebody_may_not_see_any_more_is_not_told_of(settings: Any) -> None:
    settings.REPS_SEE = "own"
    rep, other = make_rep(), make_rep("priya")
    lead = make_lead(owner=rep)
    told(rep, "Secret.", lead=lead)
    lead.owner = other
    lead.save()
    assert send_due(now=NOW) == 0
    assert mail.outbox == []
    assert states() == ["dropped"]


@pytest.mark.parametrize("change", [{"is_active": False}, {"email": ""}], ids=["left", "no address"])
def test_who_cannot_be_reached_any_more_gets_nothing(change: dict[str, Any]) -> None:
    rep = make_rep()
    told(rep)
    for name, value in change.items():
        setattr(rep, name, value)
    rep.save()
    assert send_due(now=NOW) == 0
    assert states() == ["dropped"]


class NoServer:
    """A mail server that takes nothing, or not from some."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, fails_to: str = "") -> None:
        backend = "django.core.mail.backends.locmem.EmailBackend"
        if not fails_to:
            monkeypatch.setattr(f"{backend}.open", self.refuse, raising=False)
            return

        def send_messages(server: Any, messages: Any) -> int:
            if fails_to in messages[0].to[0]:
                raise SMTPException("550 no such person")
            mail.outbox.extend(messages)
            return len(messages)

        monkeypatch.setattr(f"{backend}.send_messages", send_messages)

    def refuse(self, *arguments: Any) -> None:
        raise ConnectionRefusedError("nobody there")


def test_while_the_mail_server_is_down_it_is_tried_later_and_at_last_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told(make_rep())
    with monkeypatch.context() as patch:
        NoServer(patch)
        now = NOW
        for delay in DELAYS:
            assert send_due(now=now) == 0
            waiting = NoticeMail.objects.get()
            assert (waiting.state, waiting.due_at, waiting.last_error) == (
                "waiting",
                now + delay,
                "nobody there",
            )
            now += delay
        assert send_due(now=now) == 0
    assert states() == ["failed"]


def test_it_goes_out_once_the_mail_server_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    told(make_rep())
    with monkeypatch.context() as patch:
        NoServer(patch)
        send_due(now=NOW)
    assert send_due(now=NOW + MINUTE) == 1
    assert states() == ["sent"]


def test_one_address_that_does_not_work_keeps_nobody_else_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    told(make_rep("broken"))
    told(make_rep("jonas"))
    NoServer(monkeypatch, fails_to="broken")
    assert send_due(now=NOW) == 1
    assert sorted(states()) == ["sent", "waiting"]


def test_a_killed_worker_s_e_mail_goes_out_once_its_claim_runs_out() -> None:
    told(make_rep())
    NoticeMail.objects.update(claimed_until=NOW + CLAIM)
    assert send_due(now=NOW) == 0
    assert send_due(now=NOW + CLAIM) == 1


def test_a_flood_is_one_e_mail_that_ends_somewhere() -> None:
    rep = make_rep()
    for number in range(60):
        told(rep, f"Lead {number} is yours.")
    send_due(now=NOW)
    (message,) = mail.outbox
    assert "And 10 more: https://leads.example/notices/" in str(message.body)


@pytest.mark.parametrize("count", [1, 20])
def test_the_queries_of_one_person_do_not_grow(
    count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    rep = make_rep()
    for number in range(count):
        told(rep, f"Lead {number} is yours.", lead=make_lead(owner=rep))
    # Claim (5, two of them a savepoint), rights (2), what may be shown, dropped, sent.
    with django_assert_num_queries(10):
        assert send_due(now=NOW) == count
