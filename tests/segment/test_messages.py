"""What each call of the libraries becomes: people, facts, activities."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leadapp.models import Activity, Company, CustomField, Lead, LeadIdentifier, WaitingActivity
from scoring.models import ScoringRequest
from tests.qualification.build import make_lead
from tests.segment.conftest import Library, make_key, only_lead

pytestmark = pytest.mark.django_db


def names_of(lead: Lead) -> set[tuple[str, str]]:
    return set(lead.identifiers.values_list("kind", "value"))


def did() -> list[tuple[str, dict[str, Any]]]:
    found = Activity.objects.filter(type__is_internal=False).order_by("id")
    return [(one.type.slug, one.properties) for one in found.select_related("type")]


def test_identify_makes_a_lead_with_names_and_facts(library: Library) -> None:
    CustomField.objects.create(key="plan", label="Plan")
    CustomField.objects.create(key="seats", label="Seats", kind="number")
    library.take(
        "identify",
        {
            "userId": "97980cfea0067",
            "anonymousId": "a-1",
            "traits": {
                "email": "Grace@Harbour.example ",
                "phone": "+49 30 901820",
                "firstName": "Grace",
                "lastName": "Hopper",
                "title": "CTO",
                "gender": "F",
                "birthday": "1986-12-09T00:00:00Z",
                "address": {"city": "Bonn", "country": "Germany", "street": "Kai 1"},
                "company": {
                    "name": "Harbour Machinery",
                    "industry": "Machinery",
                    "employee_count": "480",
                    "website": "https://www.harbour.example/about",
                },
                "plan": "pro",
                "Seats": 12,
                "favouriteColour": "blue",
                "avatar": None,
            },
            "context": {
                "locale": "en-GB",
                "campaign": {"name": "spring", "source": "linkedin", "medium": "cpc", "term": None},
            },
        },
    )
    lead = only_lead()
    assert (lead.email, lead.phone) == ("grace@harbour.example", "+4930901820")
    assert (lead.first_name, lead.last_name, lead.job_title) == ("Grace", "Hopper", "CTO")
    assert (lead.gender, lead.birth_year, lead.city, lead.country) == ("female", 1986, "Bonn", "DE")
    assert (lead.utm_campaign, lead.utm_source, lead.utm_medium) == ("spring", "linkedin", "cpc")
    assert (lead.language, lead.source) == ("en-GB", "website")
    assert lead.attributes == {"plan": "pro", "seats": 12}
    assert lead.company is not None
    company = lead.company
    assert (company.name, company.domain) == ("Harbour Machinery", "harbour.example")
    assert (company.industry, company.employees) == ("Machinery", 480)
    assert {("external", "97980cfea0067"), ("visitor", "a-1")} <= names_of(lead)
    assert did() == []
    assert ScoringRequest.objects.filter(lead=lead).exists()


def test_explicit_nulls_say_nothing(library: Library) -> None:
    library.take(
        "track",
        {
            "userId": "1",
            "anonymousId": None,
            "event": "Trial Started",
            "timestamp": None,
            "messageId": None,
            "context": None,
            "integrations": None,
            "properties": {"plan": None, "seats": 3},
            "traits": {"email": None, "firstName": None},
        },
    )
    assert did() == [("trial_started", {"seats": 3, "event": "Trial Started"})]
    assert (only_lead().email, only_lead().first_name) == (None, "")


def test_a_whole_name_and_an_age_are_read_as_far_as_they_go(library: Library) -> None:
    library.take("identify", {"userId": 7, "traits": {"name": "Anna Maria Berg", "age": 40}})
    lead = only_lead()
    assert (lead.first_name, lead.last_name) == ("Anna Maria", "Berg")
    assert lead.birth_year == timezone.now().year - 40
    assert names_of(lead) == {("external", "7")}


def test_traits_fill_gaps_and_replace_nothing_that_is_known(library: Library) -> None:
    library.take("identify", {"userId": "1", "traits": {"firstName": "Grace", "city": "Bonn"}})
    library.take("identify", {"userId": "1", "traits": {"firstName": "G", "lastName": "Hopper", "city": ""}})
    lead = only_lead()
    assert (lead.first_name, lead.last_name, lead.city) == ("Grace", "Hopper", "Bonn")


def test_a_fact_that_cannot_be_read_costs_the_fact_alone(library: Library) -> None:
    traits = {
        "email": "not an address",
        "firstName": "Grace",
        "phone": "call me",
        "title": ["CTO", "CFO"],
        "company": {"name": "Acme", "employees": "many"},
    }
    library.take("track", {"userId": "1", "event": "Trial Started", "context": {"traits": traits}})
    lead = only_lead()
    assert (lead.email, lead.first_name, lead.phone, lead.job_title) == (None, "Grace", "", "")
    ((_slug, properties),) = did()
    assert set(properties["not_understood"]) == {"email", "phone", "job_title", "company.employees"}
    assert properties["not_understood"]["job_title"]["given"] == '["CTO", "CFO"]'


def test_a_user_id_that_is_an_address_is_one(library: Library) -> None:
    library.take("track", {"userId": "Grace@Harbour.example", "event": "Signed In"})
    assert only_lead().email == "grace@harbour.example"
    library.take("identify", {"anonymousId": "a-1", "traits": {"email": "grace@harbour.example"}})
    assert names_of(only_lead()) == {("external", "Grace@Harbour.example"), ("visitor", "a-1")}


@pytest.mark.parametrize("nobody", ["null", "undefined", "None", " ", "NaN", "[object Object]"])
def test_what_programs_send_for_an_id_they_do_not_know_is_no_name(library: Library, nobody: str) -> None:
    library.take("track", {"userId": nobody, "anonymousId": "a-1", "event": "Signed In"})
    assert not Lead.objects.exists()
    assert WaitingActivity.objects.get().visitor.value == "a-1"


def test_a_page_call_is_a_page_view_with_the_page_around_it(library: Library) -> None:
    library.take(
        "page",
        {
            "userId": "1",
            "name": "Pricing",
            "category": "Docs",
            "properties": {"path": "/pricing", "seconds": 80},
            "context": {
                "page": {
                    "path": "/elsewhere",
                    "url": "https://www.acme.example/pricing",
                    "title": "Prices",
                    "search": "",
                    "referrer": None,
                },
                "campaign": {"name": "spring"},
                "userAgent": "Mozilla/5.0",
                "ip": "203.0.113.7",
            },
        },
    )
    assert did() == [
        (
            "page_view",
            {
                "path": "/pricing",
                "seconds": 80,
                "name": "Pricing",
                "category": "Docs",
                "url": "https://www.acme.example/pricing",
                "title": "Prices",
                "utm_campaign": "spring",
                "user_agent": "Mozilla/5.0",
            },
        )
    ]


def test_screens_have_a_kind_of_their_own(library: Library) -> None:
    library.take("screen", {"userId": "1", "name": "Orders"})
    assert did() == [("screen_view", {"name": "Orders"})]


def test_a_group_is_the_company(library: Library) -> None:
    library.take("identify", {"userId": "1", "traits": {"email": "jane@acme.example"}})
    library.take(
        "group",
        {
            "userId": "1",
            "groupId": "0e8c78ea9d97a7b8185e8632",
            "traits": {
                "name": "Acme",
                "industry": "Technology",
                "employees": 329,
                "website": "acme.example",
                "email": "info@acme.example",
                "address": {"country": "NL"},
                "plan": "enterprise",
            },
        },
    )
    lead = only_lead()
    assert lead.email == "jane@acme.example"
    company = Company.objects.get()
    assert lead.company == company
    assert (company.name, company.domain, company.industry) == ("Acme", "acme.example", "Technology")
    assert (company.employees, company.country) == (329, "NL")


def test_what_a_visitor_did_joins_the_lead_at_identify(library: Library) -> None:
    library.take("track", {"anonymousId": "a-1", "event": "Product Viewed", "messageId": "m-1"})
    assert not Lead.objects.exists()
    library.take("identify", {"anonymousId": "a-1", "userId": "1"})
    assert [slug for slug, _ in did()] == ["product_viewed"]
    assert names_of(only_lead()) == {("external", "1"), ("visitor", "a-1")}


def test_an_alias_lets_a_visitor_be_a_user(library: Library) -> None:
    library.take("track", {"anonymousId": "a-1", "event": "Product Viewed"})
    library.take("alias", {"previousId": "a-1", "userId": "1"})
    assert [slug for slug, _ in did()] == ["product_viewed"]
    assert names_of(only_lead()) == {("external", "1"), ("visitor", "a-1")}
    library.take("alias", {"previousId": "a-1", "userId": "1"})
    assert Lead.objects.count() == 1


def test_an_alias_of_a_user_who_is_known_is_another_name_of_that_lead(library: Library) -> None:
    library.take("identify", {"userId": "old"})
    library.take("alias", {"previousId": "old", "userId": "new"})
    assert names_of(only_lead()) == {("external", "old"), ("external", "new")}


def test_in_a_batch_the_order_does_not_matter(library: Library) -> None:
    answer = library.batch(
        {"type": "alias", "previousId": "a-2", "userId": "1"},
        {"type": "page", "anonymousId": "a-1", "name": "Home"},
        {"type": "track", "anonymousId": "a-2", "event": "Trial Started"},
        {"type": "identify", "anonymousId": "a-1", "userId": "1", "traits": {"email": "jane@acme.example"}},
    )
    assert answer == {"success": True}
    assert sorted(slug for slug, _ in did()) == ["page_view", "trial_started"]
    assert only_lead().email == "jane@acme.example"
    assert {("external", "1"), ("visitor", "a-1"), ("visitor", "a-2")} == names_of(only_lead())


def test_a_batch_may_tell_of_a_person_and_the_company_at_once(library: Library) -> None:
    library.batch(
        {"type": "track", "userId": "1", "event": "Signed Up"},
        {"type": "identify", "userId": "1", "traits": {"email": "jane@acme.example"}},
        {"type": "group", "userId": "1", "traits": {"name": "Acme", "employees": 329}},
    )
    company = only_lead().company
    assert company is not None
    assert (company.name, company.domain, company.employees) == ("Acme", "acme.example", 329)


def test_a_message_that_comes_again_is_stored_once(library: Library) -> None:
    message = {"type": "track", "userId": "1", "event": "Trial Started", "messageId": "m-1"}
    library.batch(message, {**message, "messageId": "m-2"}, message)
    library.batch(message)
    library.take("track", message)
    assert Activity.objects.filter(type__slug="trial_started").count() == 2
    assert set(Activity.objects.filter(type__slug="trial_started").values_list("source", "external_id")) == {
        ("website", "m-1"),
        ("website", "m-2"),
    }


def test_two_sources_may_use_one_message_id(library: Library) -> None:
    message = {"userId": "1", "event": "Trial Started", "messageId": "m-1"}
    library.take("track", message)
    Library(make_key("app")).take("track", message)
    assert Activity.objects.filter(external_id="m-1").count() == 2


def test_an_unsubscribe_is_an_opt_out(library: Library) -> None:
    library.take("track", {"userId": "1", "event": "Unsubscribed"})
    assert only_lead().do_not_email
    library.take("identify", {"userId": "2", "traits": {"unsubscribed": True}})
    assert Lead.objects.filter(do_not_email=True).count() == 2
    library.take("identify", {"userId": "2", "traits": {"unsubscribed": False}})
    assert Lead.objects.filter(do_not_email=True).count() == 2


@pytest.mark.parametrize("wish", ["do_not_score", "do_not_email", "do_not_call"])
@pytest.mark.parametrize("value", [True, "true", "TRUE"])
def test_people_opt_out_by_a_trait_in_either_spelling(library: Library, wish: str, value: object) -> None:
    first, *others = wish.split("_")
    for number, trait in enumerate((wish, first + "".join(map(str.title, others)))):
        library.take("identify", {"userId": str(number), "traits": {trait: value}})
        library.take("identify", {"userId": str(number), "traits": {trait: False}})
    library.take("track", {"userId": "3", "event": "Signed In", "context": {"traits": {wish: value}}})
    library.take("track", {"userId": "4", "event": "Signed In", "context": {"traits": {wish: False}}})
    assert Lead.objects.filter(**{wish: True}).count() == 3


def test_one_spelling_that_opts_out_is_enough(library: Library) -> None:
    library.take("identify", {"userId": "1", "traits": {"unsubscribed": False, "doNotEmail": True}})
    library.take("identify", {"userId": "2", "traits": {"unsubscribed": True, "doNotEmail": False}})
    assert Lead.objects.filter(do_not_email=True).count() == 2


def test_a_score_is_gone_at_once_for_whoever_opts_out_of_it(library: Library) -> None:
    lead = make_lead(score=70, email="grace@harbour.example")
    library.take("identify", {"userId": "1", "traits": {"email": lead.email, "doNotScore": True}})
    lead.refresh_from_db()
    assert (lead.do_not_score, lead.score, lead.grade, lead.temperature) == (True, None, "", "")


NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("times", "minutes"),
    [
        # The clock is right; the message waited for half an hour.
        ({"timestamp": "2026-11-27T11:30:00.000Z", "sentAt": "2026-11-27T12:00:00.000Z"}, -30),
        # The clock is three hours ahead, or a day behind: what counts is how long ago it was.
        ({"timestamp": "2026-11-27T14:50:00+00:00", "sentAt": "2026-11-27T15:00:00+00:00"}, -10),
        ({"timestamp": "2026-11-26T13:50:00+02:00", "sentAt": "2026-11-26T12:00:00Z"}, -10),
        ({"originalTimestamp": "2026-11-27T11:00:00Z", "timestamp": "2026-11-27T09:00:00Z"}, -60),
        ({"timestamp": "2026-11-27T11:45:00"}, -15),
        # Nothing happens in the future.
        ({"timestamp": "2026-11-28T12:00:00Z"}, 0),
        ({"timestamp": "2026-11-27T12:10:00Z", "sentAt": "2026-11-27T12:00:00Z"}, 0),
        ({"timestamp": "yesterday"}, 0),
        ({"timestamp": 1700000000}, 0),
        ({"timestamp": "9999-12-31T23:59:59Z", "sentAt": "0001-01-01T00:00:00Z"}, 0),
        ({"timestamp": "2026-11-27T11:30:00Z", "sentAt": "soon"}, -30),
        ({}, 0),
    ],
)
@pytest.mark.parametrize("in_batch", [False, True])
def test_a_wrong_clock_is_mended(
    library: Library, monkeypatch: pytest.MonkeyPatch, times: dict[str, Any], minutes: int, in_batch: bool
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    message = {"userId": "1", "event": "Trial Started"}
    if in_batch:
        around = {name: value for name, value in times.items() if name == "sentAt"}
        rest = {name: value for name, value in times.items() if name != "sentAt"}
        library.batch({"type": "track", **message, **rest}, **around)
    else:
        library.take("track", message | times)
    activity = Activity.objects.get(type__slug="trial_started")
    assert (activity.occurred_at, activity.received_at) == (NOW + timedelta(minutes=minutes), NOW)


def statements(library: Library, count: int, start: int) -> int:
    messages = [
        {
            "type": ("track", "page", "identify")[number % 3],
            "userId": str(number),
            "anonymousId": f"a-{number}",
            "event": "Trial Started",
            "messageId": f"m-{number}",
            "context": {"traits": {"email": f"p{number}@firm{number % 7}.example"}},
        }
        for number in range(start, start + count)
    ]
    with CaptureQueriesContext(connection) as queries:
        library.batch(*messages)
    return len(queries)


def test_the_number_of_statements_does_not_grow_with_the_batch(library: Library) -> None:
    one, many = statements(library, 3, 0), statements(library, 300, 3)
    assert one == many
    assert many <= 26
    assert LeadIdentifier.objects.filter(kind="external").count() == 303
