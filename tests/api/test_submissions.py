"""POST /api/v1/forms/SLUG/submissions: what visitors of a website fill in."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leadapp.models import Activity, ActivityType, ApiKey, CustomField, Form, HeldSubmission, KeptAnswer, Lead
from qualification.models import BantAnswer
from scoring.models import ScoringRequest
from tests.api.conftest import Caller, faults, stored

pytestmark = pytest.mark.django_db

ADDRESS = "forms/demo-request/submissions"
JANE = {
    "first_name": "Jane",
    "last_name": "Doe",
    "email": "Jane@Acme.example",
    "company": "Acme",
    "job_title": "Head of Operations",
    "phone": "+49 30 901820",
    "employees": 480,
    "message": "Please call me.",
    "budget": "50,000",
    "timeline": "this quarter",
    "utm_source": "newsletter",
}


def test_a_submission_becomes_a_lead_with_an_activity_that_waits_for_its_score(visitor: Caller) -> None:
    response = visitor.post(ADDRESS, JANE)

    assert response.status_code == 202
    activity = Activity.objects.select_related("type", "lead__company").get(type__slug="demo_requested")
    assert response.json() == {"id": activity.external_id}
    assert activity.properties["message"] == "Please call me."
    assert activity.properties["budget"] == "50,000"
    assert activity.source == "demo-request"
    lead = activity.lead
    assert (lead.email, lead.first_name, lead.last_name) == ("jane@acme.example", "Jane", "Doe")
    assert (lead.phone, lead.job_title, lead.utm_source) == (
        "+4930901820",
        "Head of Operations",
        "newsletter",
    )
    assert lead.company is not None
    assert (lead.company.name, lead.company.domain, lead.company.employees) == ("Acme", "acme.example", 480)
    assert ScoringRequest.objects.filter(lead=lead).exists()


def test_a_form_may_be_sent_as_a_browser_sends_it(visitor: Caller) -> None:
    body = urlencode({**JANE, "message": "Grüße, 你好"}).encode()

    response = visitor.post(ADDRESS, body, "application/x-www-form-urlencoded; charset=utf-8")

    assert response.status_code == 202
    assert Activity.objects.get(type__slug="demo_requested").properties["message"] == "Grüße, 你好"
    assert Lead.objects.get().first_name == "Jane"


def test_visitors_learn_only_the_id_of_their_submission_and_keys_the_lead_too(
    visitor: Caller, make_caller: Callable[..., Caller]
) -> None:
    assert set(visitor.post(ADDRESS, JANE).json()) == {"id"}

    with_key = make_caller("ingest").post(ADDRESS, JANE).json()
    assert with_key["lead"] == Lead.objects.get().pk


def test_a_key_may_send_a_submission_again_without_harm(
    api: Caller, visitor: Caller, make_caller: Callable[..., Caller]
) -> None:
    other = make_caller("ingest", name="other")
    for caller in (api, visitor, other):
        caller.headers = {**caller.headers, "Idempotency-Key": "order-1"}
    first = api.post(ADDRESS, JANE)
    before = stored()

    again = api.post(ADDRESS, JANE)

    assert again.status_code == 202
    assert again.json() == first.json() == {"id": "order-1", "lead": Lead.objects.get().pk}
    assert api.post(ADDRESS, {**JANE, "message": "Again"}).status_code == 422
    # The answer is forgotten after a day, the submission is not.
    KeptAnswer.objects.all().delete()
    assert api.post(ADDRESS, JANE).json() == first.json()
    KeptAnswer.objects.all().delete()
    assert stored() == before
    # Neither visitors nor other keys can take its ids.
    assert visitor.post(ADDRESS, JANE).json()["id"] != "order-1"
    other.post(ADDRESS, JANE)
    assert Activity.objects.filter(type__slug="demo_requested").count() == 3


def test_a_visitor_may_send_a_submission_again_under_its_name(visitor: Caller) -> None:
    held = JANE | {"contact_by_fax": "+1 555"}
    visitor.headers["Idempotency-Key"] = "order-1"
    first, kept = visitor.post(ADDRESS, JANE), visitor.post(ADDRESS, held)
    before = stored(), HeldSubmission.objects.count()

    assert visitor.post(ADDRESS, JANE).json() == first.json() != kept.json()
    assert visitor.post(ADDRESS, held).json() == kept.json()
    assert (stored(), HeldSubmission.objects.count()) == before
    # Other answers, another form or another name are another submission.
    visitor.post(ADDRESS, JANE | {"message": "Again"})
    visitor.post("forms/contact/submissions", {"email": "jane@acme.example"})
    visitor.headers["Idempotency-Key"] = "order-2"
    visitor.post(ADDRESS, JANE)
    assert Activity.objects.filter(properties__form="demo-request").count() == 3
    assert Activity.objects.filter(properties__form="contact").count() == 1


def test_a_name_that_came_with_another_form_or_event_hides_no_submission(api: Caller) -> None:
    api.headers["Idempotency-Key"] = "f77"
    kim, lee = {"email": "kim@example.com"}, {"email": "lee@example.com"}
    event = {"lead": lee, "type": "login", "external_id": "f77", "properties": {"form": "contact"} | kim}
    told = [
        api.post("activities", event).json()["lead"],
        api.post("forms/newsletter/submissions", JANE).json()["lead"],
        api.post("forms/contact/submissions", kim).json()["lead"],
    ]

    assert list(Lead.objects.filter(pk__in=told).order_by("email").values_list("email", flat=True)) == [
        "jane@acme.example",
        "kim@example.com",
        "lee@example.com",
    ]
    before = stored()
    KeptAnswer.objects.all().delete()
    again = api.post("forms/contact/submissions", kim)
    assert again.json() == {"id": "f77", "lead": told[2]}
    KeptAnswer.objects.all().delete()
    assert stored() == before
    assert set(Activity.objects.filter(lead__in=told[1:]).values_list("source", flat=True)) == {
        "newsletter",
        "contact",
    }


def test_an_event_under_the_name_of_a_submission_is_an_event(api: Caller) -> None:
    api.headers["Idempotency-Key"] = "order-1"
    api.post(ADDRESS, JANE)
    number = Activity.objects.get(type__slug="demo_requested").external_id

    del api.headers["Idempotency-Key"]
    for external_id in ("order-1", number):
        event = {"lead": {"email": "lee@example.com"}, "type": "login", "external_id": external_id}
        assert api.post("activities", event).json()["repeated"] is False


def test_once_the_answer_is_forgotten_a_name_may_bring_other_answers(api: Caller) -> None:
    api.headers["Idempotency-Key"] = "order-1"
    api.post(ADDRESS, JANE)
    KeptAnswer.objects.all().delete()

    other = api.post(ADDRESS, {"email": "kim@example.com"})

    assert other.json() == {"id": "order-1", "lead": Lead.objects.get(email="kim@example.com").pk}


def test_what_was_kept_under_the_name_alone_is_known_when_it_comes_again(api: Caller) -> None:
    lead = Lead.objects.create(email="jane@acme.example")
    form = Form.objects.get(slug="contact")
    Activity.objects.create(
        lead=lead,
        type=form.activity_type,
        occurred_at=timezone.now(),
        source=ApiKey.objects.get().name,
        external_id="old-1",
        properties={"email": "jane@acme.example", "form": "contact", "not_understood": {}},
    )
    api.headers["Idempotency-Key"] = "old-1"
    before = Activity.objects.count()

    again = api.post("forms/contact/submissions", {"email": "jane@acme.example"})

    assert again.json() == {"id": "old-1", "lead": lead.pk}
    assert Activity.objects.count() == before


def test_an_address_is_enough(visitor: Caller) -> None:
    assert visitor.post(ADDRESS, {"email": "jane@example.com"}).status_code == 202


@pytest.mark.parametrize(
    ("answers", "at_fault"),
    [
        ({}, {"#/email"}),
        ({"email": ""}, {"#/email"}),
        ({"email": "   "}, {"#/email"}),
        ({"email": "nonsense"}, {"#/email"}),
        ({"email": 5}, {"#/email"}),
        ({"email": {"a": "b"}}, {"#/email"}),
        ({**JANE, "message": "x" * 5001}, {"#/message"}),
        ({**JANE, "message": "a\x00b"}, {"#/message"}),
        ({**JANE, "first_name": "a\x00b"}, {"#/first_name"}),
        ({**JANE, "message": "\ud800"}, {"#/message"}),
        ({**JANE, "message": ["a", 5]}, {"#/message"}),
        ({**JANE, "message": {"a": 1}}, {"#/message"}),
        ({"message": 5 * [5], "budget": {}}, {"#/email", "#/message", "#/budget"}),
    ],
)
def test_what_a_visitor_can_mend_is_refused_and_nothing_is_stored(
    visitor: Caller, answers: dict[str, Any], at_fault: set[str]
) -> None:
    before = stored()

    response = visitor.post(ADDRESS, answers)

    assert response.status_code == 422
    assert at_fault <= set(faults(response))
    assert stored() == before


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("phone", "ask my secretary"),
        ("country", "Germany"),
        ("employees", "200-500"),
        ("website", "coming soon!"),
        ("linkedin_url", "https://example.com/jane"),
        ("first_name", "J" * 101),
    ],
)
def test_no_submission_is_lost_because_of_an_odd_answer(visitor: Caller, field: str, given: str) -> None:
    response = visitor.post(ADDRESS, {"email": "jane@example.com", field: given})

    assert response.status_code == 202
    properties = Activity.objects.get(type__slug="demo_requested").properties
    assert properties[field] == given
    (odd,) = properties["not_understood"].values()
    assert odd["given"] == given
    assert odd["reason"]


def test_people_may_correct_what_they_typed_and_nothing_else(visitor: Caller, api: Caller) -> None:
    visitor.post(ADDRESS, {"email": "jane@example.com", "first_name": "Jnae", "job_title": "CTO"})
    lead = Lead.objects.get()
    api.patch(f"leads/{lead.pk}", {"job_title": "Chief Technology Officer"})

    visitor.post(
        ADDRESS,
        {"email": "jane@example.com", "first_name": "Jane", "job_title": "Intern", "phone": "+49301234"},
    )

    lead.refresh_from_db()
    assert (lead.first_name, lead.job_title, lead.phone) == ("Jane", "Chief Technology Officer", "+49301234")


def test_a_submission_never_clears_what_is_known(visitor: Caller) -> None:
    visitor.post(ADDRESS, JANE)
    visitor.post(ADDRESS, {"email": JANE["email"], "first_name": "", "company": ""})

    lead = Lead.objects.get()
    assert lead.first_name == "Jane"
    assert lead.company is not None


def test_answers_can_become_custom_fields(visitor: Caller) -> None:
    CustomField.objects.create(key="seats", label="Seats", kind="number")
    Form.objects.create(
        slug="trial",
        name="Trial",
        activity_type=ActivityType.objects.get(slug="trial_started"),
        fields=[
            {"name": "mail", "label": "Email", "required": True, "fact": "email"},
            {"name": "how_many", "label": "Seats", "required": False, "fact": "attributes.seats"},
        ],
    )
    visitor.post("forms/trial/submissions", {"mail": "a@example.com", "how_many": "12"})
    visitor.post("forms/trial/submissions", {"mail": "b@example.com", "how_many": "a dozen"})

    assert Lead.objects.get(email="a@example.com").attributes == {"seats": 12}
    assert Lead.objects.get(email="b@example.com").attributes == {}
    assert set(faults(visitor.post("forms/trial/submissions", {"mail": "nonsense"}))) == {"#/mail"}


def test_ticked_boxes_are_kept_as_text(visitor: Caller) -> None:
    visitor.post(ADDRESS, {"email": "jane@example.com", "message": ["a", "b"], "budget": True})

    properties = Activity.objects.get(type__slug="demo_requested").properties
    assert (properties["message"], properties["budget"]) == ("a, b", "yes")


def test_a_form_that_does_not_exist_or_is_switched_off_takes_nothing(visitor: Caller) -> None:
    assert visitor.post("forms/nope/submissions", JANE).status_code == 404

    Form.objects.filter(slug="demo-request").update(is_active=False)
    before = stored()
    assert visitor.post(ADDRESS, JANE).status_code == 404
    assert stored() == before


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_forms_are_only_posted_to(visitor: Caller, method: str) -> None:
    response = visitor.send(method, ADDRESS, JANE)

    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]
    faults(response)


def test_a_key_needs_the_scope_ingest(make_caller: Callable[..., Caller]) -> None:
    before = stored()
    assert make_caller("read").post(ADDRESS, JANE).status_code == 403
    assert stored() == before


def test_a_wrong_key_is_refused_even_though_none_is_needed() -> None:
    assert Caller("la_nonsense").post(ADDRESS, JANE).status_code == 401


def test_one_address_may_not_flood_a_form(
    visitor: Caller, make_caller: Callable[..., Caller], long_minute: None, settings: LazySettings
) -> None:
    settings.FORM_SUBMISSIONS_PER_MINUTE = 2
    statuses = [visitor.post(ADDRESS, JANE).status_code for _ in range(6)]
    assert statuses == [202, 202, 429, 429, 429, 429]
    refused = visitor.post(ADDRESS, JANE)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    faults(refused)
    assert make_caller("ingest").post(ADDRESS, JANE).status_code == 202


def test_the_limit_holds_without_redis_too(
    visitor: Caller, long_minute: None, settings: LazySettings
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    settings.FORM_SUBMISSIONS_PER_MINUTE = 1
    statuses = [visitor.post(ADDRESS, JANE).status_code for _ in range(5)]
    assert statuses == [202, 429, 429, 429, 429]


def test_behind_a_proxy_the_reported_address_counts(
    visitor: Caller, broker: Any, settings: LazySettings
) -> None:
    settings.FORM_SUBMISSIONS_PER_MINUTE = 1
    settings.TRUSTED_PROXIES = 1
    for number in range(5):
        visitor.headers = {"X-Forwarded-For": f"6.6.6.6, 10.0.0.{number}"}
        assert visitor.post(ADDRESS, JANE).status_code == 202


def test_a_submission_takes_few_statements(visitor: Caller) -> None:
    visitor.post(ADDRESS, JANE)
    with CaptureQueriesContext(connection) as queries:
        visitor.post(ADDRESS, JANE)
    counted = [query for query in queries if "SAVEPOINT" not in query["sql"]]
    assert len(counted) <= 12, [query["sql"][:90] for query in counted]


def test_what_a_website_asks_beyond_the_form_is_kept_with_the_activity(visitor: Caller) -> None:
    response = visitor.post(ADDRESS, JANE | {"favourite colour": "blue", "form": "another", "score": "900"})

    assert response.status_code == 202
    activity = Activity.objects.select_related("lead").get(type__slug="demo_requested")
    assert activity.properties["favourite colour"] == "blue"
    assert activity.properties["form"] == "demo-request"
    assert activity.lead.score is None


@pytest.mark.parametrize(
    "extra",
    [{"x" * 81: "1"}, {"a\x00b": "1"}, {f"field {number}": "1" for number in range(51)}, {"odd": {"a": 1}}],
    ids=["long name", "NUL in a name", "too many", "an object"],
)
def test_more_than_a_form_can_carry_is_refused(visitor: Caller, extra: dict[str, Any]) -> None:
    before = stored()

    response = visitor.post(ADDRESS, JANE | extra)

    assert response.status_code == 422
    assert faults(response)
    assert stored() == before


def answers() -> list[tuple[str, str, str, str, str]]:
    """Return what is known after a submission: dimension, state, what was typed, confidence, source."""
    rows = BantAnswer.objects.filter(lead__email="jane@acme.example").order_by("pk")
    return list(rows.values_list("dimension", "state", "value", "confidence", "source"))


def test_what_a_form_asks_about_budget_and_timeline_is_evidence(visitor: Caller) -> None:
    visitor.post(ADDRESS, JANE)

    assert answers() == [
        ("budget", "confirmed", "50,000", "low", "form"),
        ("timeline", "confirmed", "this quarter", "low", "form"),
    ]
    budget = BantAnswer.objects.get(dimension="budget")
    assert budget.author is None
    assert budget.expires_at == budget.answered_at + timedelta(days=90)


@pytest.mark.parametrize(
    ("typed", "state"),
    [
        ("No budget", "ruled_out"),
        ("no BUDGET", "ruled_out"),
        ("Not sure yet", "unknown"),
        ("5k", "confirmed"),
    ],
)
def test_texts_say_no_or_nothing_as_the_form_lists_them(visitor: Caller, typed: str, state: str) -> None:
    visitor.post(ADDRESS, {**JANE, "budget": typed, "timeline": ""})

    assert answers() == [("budget", state, typed, "low", "form")]


@pytest.mark.parametrize("typed", ["x" * 4000, ["a", "b"], True, 50000, "☃"])
def test_an_answer_of_any_kind_loses_no_lead(visitor: Caller, typed: Any) -> None:
    assert visitor.post(ADDRESS, {**JANE, "budget": typed, "timeline": ""}).status_code == 202

    ((_, state, value, _, _),) = answers()
    assert state == "confirmed"
    assert 0 < len(value) <= 500


@pytest.mark.parametrize(
    "mapping",
    [{"answer": "gone"}, {"answer": "budget", "ruled_out": "No"}, {"answer": "budget", "unknown": None}],
)
def test_a_form_that_asks_for_what_is_gone_loses_no_lead(visitor: Caller, mapping: dict[str, Any]) -> None:
    form = Form.objects.get(slug="demo-request")
    form.fields = [{"name": "email", "fact": "email"}, {"name": "budget", **mapping}]
    form.save()

    assert visitor.post(ADDRESS, JANE).status_code == 202

    assert Activity.objects.get(type__slug="demo_requested").properties["budget"] == "50,000"
    assert [answer[0] for answer in answers()] == ([] if mapping["answer"] == "gone" else ["budget"])


def test_a_submission_that_is_sent_again_answers_once(api: Caller) -> None:
    api.headers["Idempotency-Key"] = "abc"
    for _ in range(2):
        assert api.post(ADDRESS, JANE).status_code == 202

    assert len(answers()) == 2


def test_a_submission_that_is_refused_answers_nothing(visitor: Caller) -> None:
    assert visitor.post(ADDRESS, {**JANE, "email": "nobody"}).status_code == 422

    assert not BantAnswer.objects.exists()
