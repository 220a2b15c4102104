"""Whatever JSON comes: an answer below 500, in the form that the answer's status promises."""

from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadapp.models import Activity
from leadapp.services.leads.facts import COMPANY_FACTS, LEAD_FACTS
from tests.api.conftest import Caller, stored

pytestmark = pytest.mark.django_db

SETTINGS = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# Also what Unicode forbids: lone surrogates; and what PostgreSQL does: NUL.
SPECIAL = [
    *("", " ", "\x00", "\ud800", "null", "jane@example.com", "JANE@example.com", "ß@ß.de", "İ@example.com"),
    *("login", "page_view", "+49 30 901820", "DE", "x" * 300),
    *("2026-01-31T09:30:00Z", "9999-12-31T23:59:59-23:59"),
]
texts = st.text(st.characters(exclude_categories=()), max_size=30) | st.sampled_from(SPECIAL)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
references = {"id": values, "email": texts, "external_id": texts, "visitor_id": texts}
companies = values | st.fixed_dictionaries({}, optional=dict.fromkeys(COMPANY_FACTS, values))
facts = st.fixed_dictionaries(
    {},
    optional={**dict.fromkeys(LEAD_FACTS, values), "company": companies, "attributes": values, **references},
)
good_leads = st.fixed_dictionaries({"email": st.sampled_from(["a@example.com", "b@example.com"])}) | facts
events = st.fixed_dictionaries(
    {"lead": good_leads, "type": st.sampled_from(["login", "page_view", "unsubscribed"])},
    optional={
        "occurred_at": values,
        "properties": st.dictionaries(texts, values, max_size=3),
        "external_id": texts,
        "source": texts,
    },
)
answers = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        [
            "first_name",
            "email",
            "company",
            "website",
            "phone",
            "country",
            "employees",
            "linkedin_url",
            "message",
        ],
        values,
    ),
)


def check(caller: Caller, method: str, path: str, body: Any) -> None:
    # A refused request leaves nothing behind even though one transaction is around all of this.
    with transaction.atomic():
        before = stored()
        response = caller.send(method, path, body)
        assert response.status_code < 500, (body, response.content)
        if response.status_code >= 400:
            assert response.headers["Content-Type"] == "application/problem+json"
            assert response.json()["status"] == response.status_code
            assert stored() == before, body
        else:
            response.json()


@SETTINGS
@given(body=values | events | st.lists(events, max_size=3))
def test_any_event(api: Caller, body: Any) -> None:
    check(api, "POST", "activities", body)


@SETTINGS
@given(body=st.lists(events | values, max_size=4) | values)
def test_any_batch(api: Caller, body: Any) -> None:
    check(api, "POST", "activities/batch", body)


@SETTINGS
@given(body=facts | values)
def test_any_lead(api: Caller, body: Any) -> None:
    check(api, "POST", "leads", body)


@SETTINGS
@given(body=facts | values)
def test_any_change(api: Caller, body: Any) -> None:
    lead = api.post("activities", {"lead": {"email": "c@example.com"}, "type": "login"}).json()["lead"]
    check(api, "PATCH", f"leads/{lead}", body)


@SETTINGS
@given(body=answers | values)
def test_any_submission(visitor: Caller, body: Any, settings: Any) -> None:
    settings.FORM_SUBMISSIONS_PER_MINUTE = 10**9
    check(visitor, "POST", "forms/demo-request/submissions", body)


@SETTINGS
@given(body=st.binary(max_size=200))
def test_any_bytes(api: Caller, body: bytes, settings: Any) -> None:
    settings.FORM_SUBMISSIONS_PER_MINUTE = 10**9
    check(api, "POST", "activities", body)
    before = stored()
    response = api.post("forms/demo-request/submissions", body, "application/x-www-form-urlencoded")
    assert 400 <= response.status_code < 500
    assert stored() == before


@SETTINGS
@given(
    query=st.dictionaries(
        st.sampled_from(
            [
                "email",
                "external_id",
                "stage",
                "owner",
                "min_score",
                "updated_since",
                "limit",
                "cursor",
                "lead",
            ]
        ),
        texts.filter(lambda text: text.isprintable()) | st.integers().map(str) | st.datetimes().map(str),
        max_size=3,
    ),
    path=st.sampled_from(["leads", "activities"]),
)
def test_any_query(api: Caller, query: dict[str, str], path: str) -> None:
    response = api.client.get(f"/api/v1/{path}", query, headers=api.headers)
    assert response.status_code in {200, 404, 422}


def test_naughty_but_harmless_text_comes_back_as_it_was_given(api: Caller) -> None:
    for text in (
        "<script>alert(1)</script>",
        "Robert'); DROP TABLE",
        "你好",
        "\u202egnp.exe",
        "😀" * 50,
        "%s %(a)s {0}",
    ):
        lead = {"external_id": f"x{text}", "first_name": text[:100], "city": text[:100]}
        sent = {"lead": lead, "type": "login", "properties": {text: [text]}}
        recorded = api.post("activities", sent).json()
        body = api.get(f"leads/{recorded['lead']}").json()
        assert (body["first_name"], body["city"]) == (text[:100], text[:100])
        assert body["external_ids"] == [f"x{text}"]
        assert Activity.objects.get(pk=recorded["id"]).properties == {text: [text]}
