"""GET /api/v1/leads: the prioritised list, filtered, page by page."""

from collections.abc import Callable
from datetime import timedelta
from itertools import chain
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leadapp.models import CustomField, Lead, User
from scoring.services.queue import score_waiting
from tests.api.conftest import Caller, faults

pytestmark = pytest.mark.django_db


@pytest.fixture
def make_leads(api: Caller) -> Callable[[int], None]:
    """Return a function that makes leads with scores, many of them equal, and one without."""

    def make(count: int) -> None:
        for number in range(count):
            events = ["demo_requested", "page_view", "login"][: number % 4]
            lead = {"email": f"p{number}@example.com", "external_id": f"crm-{number}"}
            for kind in [*events, "login"]:
                api.post("activities", {"lead": lead, "type": kind})
        score_waiting(now=timezone.now())
        api.post("leads", {"first_name": "Unscored"})

    return make


def all_ids(api: Caller, path: str, way: str = "next") -> list[list[int]]:
    pages = []
    link: str | None = path
    while link:
        body = api.get(link).json()
        pages.append([lead["id"] for lead in body["results"]])
        link = body[way]
    return pages


def test_leads_come_in_the_order_of_the_list(api: Caller, make_leads: Callable[[int], None]) -> None:
    make_leads(9)

    body = api.get("leads").json()

    assert [lead["id"] for lead in body["results"]] == list(
        Lead.objects.prioritised().values_list("id", flat=True)
    )
    assert (body["next"], body["previous"]) == (None, None)
    assert body["results"][-1]["score"] is None


@pytest.mark.parametrize("size", [1, 3, 5, 10, 11])
def test_pages_hold_every_lead_once_in_both_directions(
    api: Caller, make_leads: Callable[[int], None], size: int
) -> None:
    make_leads(10)
    expected = list(Lead.objects.prioritised().values_list("id", flat=True))

    forward = all_ids(api, f"leads?limit={size}")
    assert list(chain(*forward)) == expected

    link: str | None = f"leads?limit={size}"
    last = ""
    while link:
        last, link = link, api.get(link).json()["next"]
    backward = all_ids(api, last, "previous")
    assert list(chain(*reversed(backward))) == expected
    assert api.get(f"leads?limit={size}").json()["previous"] is None


def test_a_lead_that_moves_up_meanwhile_disturbs_no_page(
    api: Caller, make_leads: Callable[[int], None]
) -> None:
    make_leads(6)
    first = api.get("leads?limit=3").json()
    shown = [lead["id"] for lead in first["results"]]
    moved = Lead.objects.prioritised().exclude(score=None).last()
    assert moved is not None
    Lead.objects.filter(pk=moved.pk).update(score=9999)

    rest = list(chain(*all_ids(api, first["next"])))

    assert not set(shown) & set(rest)
    assert set(shown) | set(rest) | {moved.pk} == set(Lead.objects.values_list("id", flat=True))


def test_filters_narrow_the_list_down(api: Caller, make_leads: Callable[[int], None]) -> None:
    make_leads(6)
    owner = User.objects.create_user(username="rep")
    mine = Lead.objects.get(email="p1@example.com")
    Lead.objects.filter(pk=mine.pk).update(owner=owner, stage="mql")
    scores = Lead.objects.exclude(score=None).values_list("priority", flat=True)
    middle = sorted(scores)[3]

    def found(query: str) -> set[int]:
        response = api.get(f"leads?{query}")
        assert response.status_code == 200, response.content
        return {lead["id"] for lead in response.json()["results"]}

    everybody = set(Lead.objects.values_list("id", flat=True))
    assert found("email=P1@Example.com%20") == {mine.pk}
    assert found("email=p1@%EF%BC%A5xample.com") == {mine.pk}  # a full-width E
    assert found("email=nobody@example.com") == set()
    assert found("external_id=crm-1") == {mine.pk}
    assert found("owner=rep") == {mine.pk}
    assert found("owner=none") == everybody - {mine.pk}
    assert found("owner=nobody_of_that_name") == set()
    assert found("stage=mql") == {mine.pk}
    assert found("status=open&stage=lead") == everybody - {mine.pk}
    assert found("status=nurture") == set()
    assert found(f"min_score={middle}") == {lead.pk for lead in Lead.objects.filter(score__gte=middle)}
    for temperature in ("hot", "warm", "cold"):
        assert found(f"temperature={temperature}") == {
            lead.pk for lead in Lead.objects.filter(temperature=temperature)
        }
    soon = (timezone.now() + timedelta(hours=1)).isoformat()
    assert found("updated_since=2020-01-01") == everybody
    assert found(f"updated_since={soon}") == set()
    assert found(f"updated_since={soon.replace('+', '%2B')}") == set()


def test_the_filters_of_the_lead_list_are_there_by_the_same_names(
    api: Caller, make_leads: Callable[[int], None]
) -> None:
    make_leads(5)
    CustomField.objects.create(key="plan", label="Plan")
    facts = {"source": "fair", "campaign": "Spring, 2026", "country": "DE", "attributes": {"plan": "Gold"}}
    made = api.post("leads", {"email": "jane@example.com", **facts, "company": {"name": "Acme"}})
    jane, leads = made.json()["id"], Lead.objects
    api.patch(f"leads/{jane}", {"company": {"name": "Acme", "industry": "Machinery"}})
    api.post(f"leads/{jane}/tags", {"add": ["Fair"]})
    leads.filter(pk=jane).update(
        status="disqualified", status_reason="No", last_activity_at=timezone.now() - timedelta(days=40)
    )
    grades = set(leads.exclude(grade="").values_list("grade", flat=True))

    def found(query: str) -> set[int]:
        response = api.get(f"leads?{query}")
        assert response.status_code == 200, response.content
        return {lead["id"] for lead in response.json()["results"]}

    for query in (
        *("source=fair", "campaign=Spring, 2026", "country=DE,FR", "industry=Machinery", "tag=fair"),
        *("own.plan=gol", "quiet=30", "status=nurture,disqualified", "created=today&country=DE"),
    ):
        assert found(query) == {jane}, query
    everybody = set(leads.values_list("id", flat=True))
    assert found("active=7") == everybody - {jane}
    assert found(f"grade={','.join(grades)}") == set(leads.exclude(grade="").values_list("id", flat=True))
    assert found("score=0-") == found("min_score=0") == found("max_score=9999")
    assert found("max_score=5") == set(leads.filter(score__range=(0, 5)).values_list("id", flat=True))
    assert found("score=none") == everybody - found("score=0-")
    assert found("due=waiting") == set()


def test_the_list_is_sorted_as_asked(api: Caller, make_leads: Callable[[int], None]) -> None:
    make_leads(7)
    for number, name in enumerate("cab"):
        Lead.objects.filter(email=f"p{number}@example.com").update(last_name=f"{name}name")
    everybody = set(Lead.objects.values_list("id", flat=True))
    for sort, column in {"score": "priority", "active": "last_activity_at", "created": "created_at"}.items():
        up = list(chain(*all_ids(api, f"leads?sort=-{sort}&limit=3")))
        down = list(chain(*all_ids(api, f"leads?sort={sort}&limit=3")))
        assert down == list(reversed(up))
        assert set(up) == everybody
        values = [Lead.objects.values_list(column, flat=True).get(pk=pk) for pk in up]
        assert values == sorted(values)
    names = [Lead.objects.get(pk=pk).last_name for pk in chain(*all_ids(api, "leads?sort=name&limit=2"))]
    assert [name for name in names if name] == ["aname", "bname", "cname"]
    assert list(chain(*all_ids(api, "leads?sort=due"))) == []


def test_links_are_also_in_the_header(api: Caller, make_leads: Callable[[int], None]) -> None:
    make_leads(4)
    first = api.get("leads?limit=2")
    second = api.get(first.json()["next"])
    assert first.headers["Link"] == f'<{first.json()["next"]}>; rel="next"'
    assert f'<{second.json()["previous"]}>; rel="prev"' in second.headers["Link"]
    assert "Link" not in api.get("leads?limit=200").headers


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("grade=E1", "grade"),
        ("quiet=often", "quiet"),
        ("own.plan=x", "own/plan"),
        ("country=DE,Germany", "country"),
        ("max_score=-1", "max_score"),
        ("sort=owner", "sort"),
        ("industry=a&industry=b", "industry"),
        ("stage=nope", "stage"),
        ("status=nope", "status"),
        ("temperature=mild", "temperature"),
        ("min_score=many", "min_score"),
        ("min_score=99999999999", "min_score"),
        ("updated_since=yesterday", "updated_since"),
        ("updated_since=0000-00-00", "updated_since"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=%C2%B2", "limit"),
        ("color=red", "color"),
        ("email=a&email=b", "email"),
        ("email=%00", "email"),
        ("external_id=%ED%A0%80%00", "external_id"),
        ("owner=%00", "owner"),
        ("cursor=nonsense", "cursor"),
        ("cursor=W10", "cursor"),
        ("cursor=WyJmIl0", "cursor"),
        ("cursor=WyJmIiwgNSwgNSwgNV0", "cursor"),
        ("cursor=%00", "cursor"),
    ],
)
def test_parameters_that_make_no_sense_are_named(api: Caller, query: str, field: str) -> None:
    response = api.get(f"leads?{query}")

    assert response.status_code == 422
    assert f"#/{field}" in faults(response)


def test_the_list_takes_the_same_few_statements_for_one_lead_and_for_twenty(
    api: Caller, make_leads: Callable[[int], None]
) -> None:
    make_leads(20)

    def statements(limit: int) -> int:
        api.get("leads")
        with CaptureQueriesContext(connection) as queries:
            results = api.get(f"leads?limit={limit}").json()["results"]
        assert len(results) == limit
        return len(queries)

    assert statements(1) == statements(20) <= 7  # one of them reads the tags


def test_a_timeline_comes_page_by_page_newest_first(api: Caller) -> None:
    lead = api.post("leads", {"email": "jane@example.com"}).json()["id"]
    events: list[dict[str, Any]] = [
        {
            "lead": {"id": lead},
            "type": "page_view",
            "occurred_at": f"2026-01-{1 + number // 3:02}T09:00:00Z",
            "external_id": f"e{number}",
        }
        for number in range(12)
    ]
    api.post("activities/batch", events)
    api.post("activities", {"lead": {"email": "other@example.com"}, "type": "login"})

    pages = []
    link: str | None = f"activities?lead={lead}&limit=5"
    while link:
        body = api.get(link).json()
        pages.append(body["results"])
        link = body["next"]
    shown = list(chain(*pages))

    assert [len(page) for page in pages] == [5, 5, 3]
    assert shown == sorted(shown, key=lambda one: (one["occurred_at"], one["id"]), reverse=True)
    assert {one["external_id"] for one in shown} == {None, *(f"e{number}" for number in range(12))}
    assert shown[0]["type"] == "lead.created"


@pytest.mark.parametrize(
    "query", ["", "?lead=", "?lead=x", "?lead=-1", "?lead=99999999999999999999", "?person=5"]
)
def test_a_timeline_needs_a_lead(api: Caller, query: str) -> None:
    assert api.get(f"activities{query}").status_code == 422


def test_the_timeline_of_nobody_is_not_found(api: Caller) -> None:
    assert api.get("activities?lead=987654321").status_code == 404
