"""What visitors send is taken once, with where it came from; what looks like spam waits."""

from typing import Any

import pytest

from leadapp.errors import Conflict, Invalid, NotAllowed
from leadapp.models import (
    Activity,
    ConsentRecord,
    ConsentRequest,
    CustomField,
    Form,
    HeldSubmission,
    Lead,
    LeadIdentifier,
)
from leadapp.services.forms.held import discard, forget_discarded, release, take_back
from leadapp.services.forms.reading import HONEYPOT
from leadapp.services.forms.renderings import read_rendering, sign_rendering
from scoring.models import ScoringRequest
from tests.forms.build import DAY, HOUR, JANE, MINUTE, NOW, SECOND, WORDS, make_form, send, shown
from tests.qualification.build import everything
from tests.ui.build import make_user

pytestmark = pytest.mark.django_db


def sent() -> list[Activity]:
    return list(Activity.objects.filter(type__slug="content_download").select_related("lead").order_by("pk"))


def held() -> HeldSubmission:
    return HeldSubmission.objects.get()


def test_a_page_of_a_form_is_told_apart_from_others_and_cannot_be_made_up() -> None:
    form, other = make_form(), make_form("other")
    page = shown(form)
    assert read_rendering(sign_rendering(form, page), form=form) == page
    assert read_rendering(sign_rendering(form, page), form=other) is None
    assert read_rendering(sign_rendering(form, page)[:-2] + "xx", form=form) is None


def test_one_page_that_is_sent_several_times_makes_one_activity() -> None:
    form = make_form()
    page = shown(form)
    numbers = {send(form, rendering=page, now=NOW + attempt * HOUR).id for attempt in range(3)}
    assert numbers == {page.number}
    assert len(sent()) == 1
    send(form, rendering=shown(form))
    assert len(sent()) == 2


def test_the_same_answers_from_the_same_place_within_ten_minutes_are_one() -> None:
    form = make_form()
    for wait in (0 * MINUTE, 4 * MINUTE, 9 * MINUTE):
        send(form, address="203.0.113.5", now=NOW + 8 * MINUTE + wait)
    assert len(sent()) == 1
    send(form, address="203.0.113.5", now=NOW + 40 * MINUTE)
    send(form, address="203.0.113.6")
    send(form, JANE | {"message": "And a question"}, address="203.0.113.5")
    assert len(sent()) == 4


def test_a_campaign_or_the_website_that_led_here_is_the_source_of_a_new_lead() -> None:
    form = make_form()
    places = {"page": "https://shop.example/guide?secret=1", "referrer": "https://news.example/a?b=c#d"}
    send(form, JANE | places | {"utm_source": "letter", "utm_campaign": "autumn"})
    lead = Lead.objects.get()
    assert (lead.source, lead.campaign, lead.utm_campaign) == ("letter", "autumn", "autumn")
    told = sent()[0].properties
    assert (told["page"], told["referrer"]) == ("https://shop.example/guide", "https://news.example/a")

    send(form, {**JANE, "email": "b@acme-pumps.com", **places})
    send(form, {**JANE, "email": "c@acme-pumps.com", "page": places["page"], "referrer": places["page"]})
    send(form, {**JANE, "email": "d@acme-pumps.com", "referrer": "javascript:alert(1)"})
    sources = Lead.objects.exclude(pk=lead.pk).order_by("email").values_list("source", flat=True)
    assert list(sources) == ["news.example", "guide", "guide"]


def test_a_later_campaign_does_not_change_where_a_lead_came_from() -> None:
    form = make_form()
    send(form, JANE | {"utm_source": "letter", "utm_campaign": "autumn"})
    send(form, JANE | {"utm_source": "fair", "utm_campaign": "winter"}, now=NOW + DAY)
    lead = Lead.objects.get()
    assert (lead.source, lead.campaign) == ("letter", "autumn")


def test_the_first_submission_is_noted_once() -> None:
    form = make_form()
    send(form)
    send(form, now=NOW + DAY)
    assert Form.objects.get(pk=form.pk).first_submitted_at == NOW


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({HONEYPOT: "+1 555"}, "honeypot"),
        ({"message": "Buy https://a.example https://b.example http://c.example"}, "links"),
        ({"message": "[url=https://a.example]cheap[/url]"}, "links"),
        ({"message": '<a href="https://a.example">cheap</a>'}, "links"),
    ],
)
def test_what_programs_send_is_held_and_makes_no_lead(answers: dict[str, str], reason: str) -> None:
    form = make_form()
    submission = send(form, JANE | answers, rendering=shown(form))
    assert submission.is_held
    assert submission.lead_id is None
    assert held().reasons == [reason]
    assert held().answers == JANE | {k: v for k, v in answers.items() if k != HONEYPOT}
    assert not Lead.objects.exists()
    assert not ScoringRequest.objects.exists()


def test_what_is_sent_faster_than_anybody_types_or_from_a_page_that_is_none_is_held() -> None:
    form = make_form()
    assert send(form, rendering=shown(form, at=NOW - SECOND)).is_held
    assert send(form, is_forged=True).is_held
    assert not send(form, rendering=shown(form, at=NOW - 3 * SECOND)).is_held
    assert sorted(reason for row in HeldSubmission.objects.all() for reason in row.reasons) == [
        "fast",
        "forged",
    ]


def test_links_where_they_belong_and_one_or_two_in_a_message_pass() -> None:
    form = make_form()
    form.fields = [*form.fields, {"name": "site", "label": "Site", "fact": "", "type": "url"}]
    form.save()
    links = {"site": "https://a.example", "message": "See https://b.example and https://c.example"}
    assert not send(form, JANE | links).is_held


def test_a_held_submission_that_is_sent_again_is_held_once() -> None:
    form = make_form()
    page = shown(form)
    for _ in range(2):
        send(form, JANE | {HONEYPOT: "x"}, rendering=page)
    assert HeldSubmission.objects.count() == 1


def test_a_field_that_is_wrong_is_told_whether_or_not_it_looks_like_spam() -> None:
    form = make_form()
    before = everything()
    with pytest.raises(Invalid):
        send(form, {HONEYPOT: "x", "email": "nobody"})
    assert everything() == before


def test_a_held_submission_becomes_what_it_would_have_been() -> None:
    form, boss = make_form(), make_user("boss", "marketer")
    send(form, JANE | {HONEYPOT: "x", "utm_source": "letter"})
    done = release(submission_id=held().pk, actor=boss, now=NOW + DAY)
    assert (done.state, done.decided_by, done.decided_at) == ("released", boss, NOW + DAY)
    (activity,) = sent()
    assert (activity.occurred_at, activity.received_at) == (NOW, NOW + DAY)
    assert (activity.lead.email, activity.lead.source) == (JANE["email"], "letter")
    assert done.activity == activity
    assert done.new_lead == activity.lead
    with pytest.raises(Conflict):
        release(submission_id=done.pk, actor=boss, now=NOW + DAY)
    assert len(sent()) == 1


def test_releasing_can_be_undone_and_done_again() -> None:
    form, boss = make_form(), make_user("boss", "marketer")
    send(form, JANE | {HONEYPOT: "x"})
    pk = held().pk
    for turn in range(2):
        release(submission_id=pk, actor=boss, now=NOW + DAY + turn * HOUR)
        assert Lead.objects.filter(email=JANE["email"]).exists()
        take_back(submission_id=pk, actor=boss, now=NOW + DAY + turn * HOUR + MINUTE)
        assert held().is_waiting
        assert not Lead.objects.exists()


def test_undoing_a_release_keeps_a_lead_that_was_known_and_voids_the_activity() -> None:
    form, boss = make_form(), make_user("boss", "marketer")
    send(form)
    send(form, JANE | {HONEYPOT: "x"})
    release(submission_id=held().pk, actor=boss, now=NOW + DAY)
    take_back(submission_id=held().pk, actor=boss, now=NOW + DAY)
    assert [activity.is_voided for activity in sent()] == [False, True]
    release(submission_id=held().pk, actor=boss, now=NOW + 2 * DAY)
    assert [activity.is_voided for activity in sent()] == [False, True, False]


@pytest.mark.parametrize("confirms", [False, True])
def test_undoing_a_release_takes_back_what_was_agreed_to_with_it(confirms: bool) -> None:
    form, boss = make_form(consent_text=WORDS, double_opt_in=confirms), make_user("boss", "marketer")
    send(form)
    send(form, JANE | {HONEYPOT: "x", "consent": "on"}, now=NOW + MINUTE)
    kept = ConsentRequest if confirms else ConsentRecord
    for turn in range(2):
        release(submission_id=held().pk, actor=boss, now=NOW + DAY + turn * HOUR)
        assert kept.objects.count() == 1
        take_back(submission_id=held().pk, actor=boss, now=NOW + DAY + turn * HOUR + MINUTE)
        assert not kept.objects.exists()


def test_discarding_can_be_undone_for_thirty_days_and_what_waits_is_never_forgotten() -> None:
    form, boss = make_form(), make_user("boss", "marketer")
    for number in range(3):
        send(form, JANE | {HONEYPOT: "x", "message": f"{number}"})
    first, second, third = HeldSubmission.objects.order_by("pk")
    assert discard(submission_ids=[first.pk, second.pk], actor=boss, now=NOW + DAY) == 2
    take_back(submission_id=second.pk, actor=boss, now=NOW + 2 * DAY)
    assert forget_discarded(now=NOW + 31 * DAY) == 0
    assert forget_discarded(now=NOW + 32 * DAY) == 1
    assert list(HeldSubmission.objects.order_by("pk")) == [second, third]


@pytest.mark.parametrize("role", ["rep", ""])
def test_only_some_decide(role: str) -> None:
    somebody = make_user("somebody", role) if role else make_user("somebody", "rep")
    if not role:
        somebody.groups.clear()
    send(make_form(), JANE | {HONEYPOT: "x"})
    before = everything()
    for act in (release, take_back):
        with pytest.raises(NotAllowed):
            act(submission_id=held().pk, actor=somebody, now=NOW + DAY)
    with pytest.raises(NotAllowed):
        discard(submission_ids=[held().pk], actor=somebody, now=NOW + DAY)
    assert everything() == before


def test_a_known_visitor_is_asked_only_what_is_not_known() -> None:
    form = make_form(is_progressive=True)
    send(form, JANE | {"remember_me": "on"}, visitor_id="visitor-1")
    assert LeadIdentifier.objects.get().value == "visitor-1"

    page = shown(form, visitor_id="visitor-1")
    assert page.not_asked == ("email", "first_name", "last_name")
    send(form, {"company": "Acme Pumps"}, rendering=page, visitor_id="visitor-1", now=NOW + DAY)
    lead = Lead.objects.get()
    assert lead.company is not None
    assert lead.company.name == "Acme Pumps"
    assert len(sent()) == 2


BUDGET = {
    "name": "budget",
    "label": "Budget",
    "answer": "budget",
    "ruled_out": ["No"],
    "unknown": ["Not yet"],
}
ASKING = [
    {"name": "email", "label": "Email", "fact": "email", "required": True},
    BUDGET | {"required": True},
    {"name": "seats", "label": "Seats", "fact": "attributes.seats"},
    {"name": "team", "label": "Team", "type": "select", "options": ["Small", "Large"], "required": True},
    {"name": "both", "label": "When", "fact": "job_title", "answer": "timeline"},
    {"name": "message", "label": "Message", "required": True},
]


def test_what_was_answered_is_known_whatever_became_of_it_but_long_texts_are_asked_each_time() -> None:
    CustomField.objects.create(key="seats", label="Seats", kind="number")
    form = make_form(is_progressive=True, fields=ASKING)
    typed = {"email": JANE["email"], "budget": "Yes", "team": "Small", "message": "Hello"}
    send(form, typed | {"remember_me": "on"}, visitor_id="visitor-1")
    page = shown(form, at=NOW + DAY, visitor_id="visitor-1")
    assert page.not_asked == ("email", "budget", "team")

    new = {"seats": "12", "both": "CTO", "message": "Again"}
    send(form, new, rendering=page, visitor_id="visitor-1", now=NOW + DAY + MINUTE)
    # Also what the newest submission was not asked.
    known = shown(form, at=NOW + 2 * DAY, visitor_id="visitor-1").not_asked
    assert known == ("email", "budget", "seats", "team", "both")
    # Answers about budget and time run out; what was kept with a submission that was voided does not count.
    Activity.objects.filter(source="guide").update(
        voided_at=NOW + 2 * DAY, voided_by=None, void_reason="A test."
    )
    assert shown(form, at=NOW + 400 * DAY, visitor_id="visitor-1").not_asked == ("email", "seats")


@pytest.mark.parametrize(("answer", "is_known"), [("Yes", True), ("No", True), ("Not yet", False)])
def test_a_question_of_sales_is_asked_again_while_it_is_open(answer: str, is_known: bool) -> None:
    form = make_form(is_progressive=True, fields=ASKING[:2])
    send(
        form, {"email": JANE["email"], "budget": answer, "remember_me": "on"}, visitor_id="visitor-1", now=NOW
    )
    other = make_form("other", is_progressive=True, fields=[*ASKING[:2], ASKING[3]])
    page = shown(other, at=NOW + DAY, visitor_id="visitor-1")
    assert page.not_asked == (("email", "budget") if is_known else ("email",))


def test_to_know_what_to_ask_takes_few_statements(django_assert_num_queries: Any) -> None:
    form = make_form(is_progressive=True, fields=ASKING)
    typed = {"email": JANE["email"], "budget": "Yes", "team": "Small", "message": "Hello"}
    for number in range(3):
        send(form, typed | {"message": f"{number}", "remember_me": "on"}, visitor_id="visitor-1")
        # The visitor and the lead, the own fields, the questions and their answers, the submissions.
        with django_assert_num_queries(6):
            shown(form, visitor_id="visitor-1")


def test_strangers_and_forms_that_remember_nobody_ask_everything() -> None:
    form, plain = make_form(is_progressive=True), make_form("plain")
    send(form, JANE | {"remember_me": "on"}, visitor_id="visitor-1")
    assert shown(form, visitor_id="visitor-2").not_asked == ()
    assert shown(plain, visitor_id="visitor-1").not_asked == ()
    before = everything()
    with pytest.raises(Invalid):
        send(form, {"company": "Acme"}, rendering=shown(form, visitor_id="visitor-2"), visitor_id="visitor-2")
    with pytest.raises(Invalid):
        send(plain, {"company": "Acme"}, visitor_id="visitor-1")
    assert everything() == before
