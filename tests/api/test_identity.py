"""Who is meant: names of every kind lead to one lead, and visitors wait until somebody knows them."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from leadapp.models import (
    Activity,
    DuplicatePair,
    Lead,
    LeadIdentifier,
    MatchRequest,
    WaitingActivity,
)
from leadapp.services.identity.contacts import linkedin_profile
from leadapp.services.identity.identifying import alias, identify
from leadapp.services.identity.resolving import Reference
from leadapp.services.identity.visitors import forget_waiting
from leadapp.services.leads.facts import clean_facts
from scoring.models import Cause, ScoringRequest
from tests.api.conftest import Caller

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def view(api: Caller, lead: dict[str, Any], number: str = "", **more: Any) -> Any:
    event = {"lead": lead, "type": "page_view", **more}
    answer = api.post("activities", {**event, "external_id": number} if number else event)
    assert answer.status_code == 202, answer.content
    return answer.json()


def known(visitor_id: str = "v", **facts: Any) -> int | None:
    cleaned = clean_facts(facts, custom_fields={})
    return identify(
        reference=Reference.of(cleaned, visitor_id=visitor_id),
        facts=cleaned,
        source="site",
        actor=None,
        now=timezone.now(),
    )


def same(previous: Reference, current: Reference) -> int | None:
    return alias(previous=previous, current=current, source="site", actor=None, now=timezone.now())


def views(lead: int | None) -> int:
    return Activity.objects.filter(lead=lead, type__slug="page_view").count()


def test_what_an_unknown_visitor_does_waits_and_is_nobodys(api: Caller) -> None:
    first = view(api, {"visitor_id": "v"}, "e1")
    again = view(api, {"visitor_id": "v"}, "e1")

    assert first["lead"] is None
    assert again == {**first, "repeated": True}
    assert WaitingActivity.objects.count() == 1
    assert not Lead.objects.exists()
    assert not Activity.objects.exists()
    assert not ScoringRequest.objects.exists()
    assert api.get("leads").json()["results"] == []
    assert api.get(f"activities?lead={first['id']}").status_code == 404


def test_identifying_brings_what_waited_and_a_request_for_its_score(api: Caller) -> None:
    waited = view(api, {"visitor_id": "v", "utm_source": "ads"}, "e1")
    view(api, {"visitor_id": "w"}, "e2")

    lead = known(email="jane@acme.example", first_name="Jane")

    assert Activity.objects.get(type__slug="page_view").pk == waited["id"]
    assert views(lead) == 1
    assert Lead.objects.get().utm_source == "ads"
    assert set(ScoringRequest.objects.values_list("lead", flat=True)) == {lead}
    assert WaitingActivity.objects.get().external_id == "e2"
    # Sent once more it is what was stored; sent later it finds the lead.
    assert view(api, {"visitor_id": "v"}, "e1") == {"id": waited["id"], "lead": lead, "repeated": True}
    assert view(api, {"visitor_id": "v"}, "e3")["lead"] == lead


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])
def test_the_order_in_which_it_comes_makes_no_difference(api: Caller, order: tuple[int, ...]) -> None:
    calls: list[Callable[[], Any]] = [
        lambda: view(api, {"visitor_id": "v"}, "before"),
        lambda: known(email="jane@acme.example"),
        lambda: view(api, {"visitor_id": "v"}, "after"),
    ]
    for number in order:
        calls[number]()
        calls[number]()

    assert views(Lead.objects.get().pk) == 2
    assert not WaitingActivity.objects.exists()


def test_a_batch_may_name_its_visitor_anywhere(api: Caller) -> None:
    batch = [
        {"lead": {"visitor_id": "v"}, "type": "page_view"},
        {"lead": {"visitor_id": "v", "email": "jane@acme.example"}, "type": "login"},
        {"lead": {"visitor_id": "w"}, "type": "page_view"},
    ]
    results = api.post("activities/batch", batch).json()["results"]

    lead = Lead.objects.get().pk
    assert [result["lead"] for result in results] == [lead, lead, None]


def test_visitors_that_are_one_join_together() -> None:
    same(Reference(visitor_id="phone"), Reference(visitor_id="laptop"))
    same(Reference(visitor_id="tablet"), Reference(visitor_id="phone"))

    lead = known("tablet", email="jane@acme.example")

    names = LeadIdentifier.objects.filter(lead=lead, kind="visitor", same_as=None)
    assert set(names.values_list("value", flat=True)) == {"phone", "laptop", "tablet"}


def test_an_alias_gives_a_known_lead_a_further_name(api: Caller) -> None:
    view(api, {"visitor_id": "v"})
    user = Reference(external_id="user-1")

    lead = same(Reference(visitor_id="v"), user)

    assert views(lead) == 1
    assert same(Reference(visitor_id="v"), user) == lead
    assert same(user, Reference(external_id="user-2")) == lead
    assert view(api, {"external_id": "user-2"})["lead"] == lead


def test_an_alias_of_two_leads_merges_nobody_and_suggests_it(api: Caller) -> None:
    one = view(api, {"external_id": "1"})["lead"]
    other = view(api, {"external_id": "2"})["lead"]
    MatchRequest.objects.all().delete()

    assert same(Reference(external_id="1"), Reference(external_id="2")) == other

    pair = DuplicatePair.objects.get()
    assert (pair.first_id, pair.second_id, pair.named_together) == (one, other, ["external"])
    assert MatchRequest.objects.get().lead_id == one


def test_names_of_two_leads_in_one_event_suggest_a_merge_and_the_stronger_decides(api: Caller) -> None:
    crm = view(api, {"external_id": "crm-1", "visitor_id": "v"})["lead"]
    mail = view(api, {"email": "jane@acme.example"})["lead"]

    both = view(api, {"external_id": "crm-1", "email": "jane@acme.example"})
    shared = view(api, {"email": "jane@acme.example", "visitor_id": "v"})

    assert (both["lead"], shared["lead"]) == (crm, mail)
    assert DuplicatePair.objects.get().named_together == ["email", "visitor"]
    assert Lead.objects.get(pk=crm).email is None


def test_a_stronger_name_learns_a_further_address(api: Caller) -> None:
    lead = view(api, {"external_id": "crm-1", "email": "jane@acme.example"})["lead"]
    view(api, {"external_id": "crm-1", "email": "jane@home.example"})

    assert view(api, {"email": "JANE@home.example"})["lead"] == lead
    assert Lead.objects.get().email == "jane@acme.example"


@pytest.mark.parametrize(
    ("second", "is_same"),
    [
        ({"phone": "030 901820", "country": "DE"}, True),
        ({"phone": "+49 30 901820", "first_name": "jane"}, True),
        ({"phone": "+4930901820", "last_name": "Smith"}, False),
        ({"phone": "+4930901820", "first_name": "John", "last_name": "Doe"}, False),
        ({"phone": "+4930901820", "email": "jane@acme.example"}, True),
        ({"phone": "+4930901820", "external_id": "crm-1"}, False),
        ({"phone": "+4930901821"}, False),
        ({"linkedin_url": "de.linkedin.com/in/Jane-Doe/?trk=x"}, True),
        ({"linkedin_url": "https://www.linkedin.com/in/jane-doe-2"}, False),
    ],
)
def test_phone_and_profile_find_somebody_unless_something_speaks_against_it(
    api: Caller, second: dict[str, Any], is_same: bool
) -> None:
    first = {
        "phone": "+49 30 901820",
        "linkedin_url": "https://www.linkedin.com/in/jane-doe",
        "first_name": "Jane",
        "last_name": "Doe",
    }
    lead = view(api, first)["lead"]

    assert (view(api, second)["lead"] == lead) == is_same
    assert view(api, {"phone": "+4930901820", "first_name": "Jane"})["lead"] == lead


def test_a_known_address_beats_a_shared_phone(api: Caller) -> None:
    one = view(api, {"email": "jane@acme.example", "phone": "+4930901820"})["lead"]
    other = view(api, {"email": "joe@acme.example", "phone": "+4930901820"})["lead"]

    assert one != other
    assert view(api, {"email": "joe@acme.example", "phone": "+4930901820"})["lead"] == other
    assert not DuplicatePair.objects.exists()


def test_a_corrected_number_calls_nobody_any_more(api: Caller) -> None:
    lead = view(api, {"email": "jane@acme.example", "phone": "+4930901820"})["lead"]
    api.patch(f"leads/{lead}", {"phone": "+4930901829"})

    assert view(api, {"phone": "+4930901829"})["lead"] == lead
    assert view(api, {"phone": "+4930901820"})["lead"] != lead


@pytest.mark.parametrize(
    ("url", "profile"),
    [
        ("https://www.linkedin.com/in/Jane-Doe/", "in/jane-doe"),
        ("http://uk.linkedin.com/in/jane-doe/en?trk=1#top", "in/jane-doe"),
        ("linkedin.com/pub/jane-doe/12/3/4", "pub/jane-doe/12/3/4"),
        ("https://www.linkedin.com/company/acme", ""),
        ("", ""),
    ],
)
def test_profiles_are_read_alike_in_python_and_in_the_database(url: str, profile: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT leadapp_linkedin(%s)", [url])
        assert linkedin_profile(url) == profile == cursor.fetchone()[0]


def test_what_waits_too_long_is_forgotten_with_its_visitor(api: Caller) -> None:
    view(api, {"visitor_id": "old"})
    view(api, {"visitor_id": "new"})
    LeadIdentifier.objects.update(created_at=NOW - timedelta(days=99))
    old = WaitingActivity.objects.filter(visitor__value="old")
    old.update(occurred_at=NOW - timedelta(days=99), received_at=NOW - timedelta(days=91))
    known("named", email="jane@acme.example")

    assert forget_waiting(before=NOW - timedelta(days=90)) == 2

    assert set(LeadIdentifier.objects.values_list("value", flat=True)) == {"new", "named"}
    assert forget_waiting(before=NOW - timedelta(days=90)) == 0


def test_events_of_visitors_take_few_statements_however_many(
    api: Caller, django_assert_max_num_queries: Any
) -> None:
    view(api, {"visitor_id": "first"})  # that a key is used is noted once an hour
    counts = []
    for size in (1, 20):
        batch = [
            {"lead": {"visitor_id": f"{size}-{n}"}, "type": "page_view", "external_id": f"{size}-{n}"}
            for n in range(size)
        ]
        with django_assert_max_num_queries(14) as asked:
            api.post("activities/batch", batch)
        counts.append(len(asked))
    assert counts[0] == counts[1]


CLIENTS = 8


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    start = threading.Barrier(len(calls))
    answers: list[Any] = [None] * len(calls)

    def run(index: int, call: Callable[[], Any]) -> None:
        try:
            start.wait(60)
            answers[index] = call()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "names",
    [
        [{"email": "jane@acme.example"}],
        [{"phone": "+49 30 901820"}],
        [{"linkedin_url": "linkedin.com/in/jane"}],
        [{"phone": "+49 30 901820"}, {"phone": "+49 30 901820", "email": "jane@acme.example"}],
        [{"visitor_id": "v", "email": "jane@acme.example"}, {"visitor_id": "v"}],
        [{"external_id": "1", "email": "jane@acme.example"}, {"external_id": "1"}],
    ],
    ids=lambda names: " and ".join("+".join(name) for name in names),
)
def test_first_requests_of_one_person_at_once_make_one_lead(api: Caller, names: list[Any]) -> None:
    def pushing(number: int) -> Callable[[], Any]:
        mine = Caller("")
        mine.headers = api.headers
        return lambda: view(mine, names[number % len(names)], f"e{number}")

    answers = at_once([pushing(number) for number in range(CLIENTS)])

    assert None not in answers
    lead = Lead.objects.get()
    assert views(lead.pk) == CLIENTS
    assert not WaitingActivity.objects.exists()
    assert Activity.objects.filter(type__slug="lead.created").count() == 1
    assert ScoringRequest.objects.filter(lead=lead, cause=Cause.ACTIVITY).exists()
