"""Whatever is wrong with a request: a problem document says what, nothing is stored, and never a 500."""

import json
from typing import Any
from unittest import mock

import pytest
from django.db import DataError, IntegrityError, InterfaceError, OperationalError

from tests.api.conftest import Caller, faults, stored

pytestmark = pytest.mark.django_db

EVENT: dict[str, Any] = {"lead": {"email": "jane@example.com"}, "type": "login"}
DEEP = b"[" * 100_000 + b"]" * 100_000


def deep(levels: int) -> Any:
    return {"a": deep(levels - 1)} if levels else 1


POSTS = ["leads", "activities", "activities/batch", "forms/demo-request/submissions"]

BODIES = [
    (b"", {400, 422}),
    (b"{", {400}),
    (b"{'a': 1}", {400}),
    (b"\xff\xfe", {400}),
    (b'{"a": NaN}', {400}),
    (b'{"a": Infinity}', {400}),
    (b'{"lead": {}, "lead": {}}', {400}),
    (b'{"a": "\x01"}', {400}),
    (DEEP, {400, 413}),
    (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, {400, 422}),
    (b'{"a": ' + b"9" * 5_000 + b"}", {400, 422}),
    (b"[" + b"1," * 100 + b"1]", {400, 422}),
    (b'"text"', {400, 422}),
    (b"null", {400, 422}),
    (b"true", {400, 422}),
    (b"\xef\xbb\xbf{}", {400, 422}),
]


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(("body", "statuses"), BODIES)
def test_a_body_that_cannot_be_read_is_refused(
    api: Caller, path: str, body: bytes, statuses: set[int]
) -> None:
    before = stored()

    response = api.post(path, body)

    assert response.status_code in statuses, response.content
    assert response.json()["status"] == response.status_code
    faults(response)
    assert stored() == before


@pytest.mark.parametrize(
    ("path", "size"),
    [(path, 65_537) for path in POSTS if "batch" not in path] + [("activities/batch", 5 * 1024 * 1024 + 1)],
)
def test_a_body_over_the_limit_is_refused(api: Caller, path: str, size: int) -> None:
    before = stored()

    response = api.post(path, b'"' + b"x" * size + b'"')

    assert response.status_code == 413
    faults(response)
    assert stored() == before


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "", "a"]
)
def test_another_media_type_is_refused(api: Caller, path: str, content_type: str) -> None:
    before = stored()

    response = api.post(path, b'{"email": "jane@example.com"}', content_type)

    assert response.status_code == 415
    faults(response)
    assert stored() == before


def test_a_body_of_unknown_length_is_refused(api: Caller) -> None:
    response = api.client.generic(
        "POST",
        "/api/v1/activities",
        b"",
        content_type="application/json",
        headers=api.headers,
        HTTP_TRANSFER_ENCODING="chunked",
        CONTENT_LENGTH="",
    )
    assert response.status_code == 411
    faults(response)


@pytest.mark.parametrize(
    ("more", "at_fault"),
    [
        ({"type": "unheard_of"}, "#/type"),
        ({"type": None}, "#/type"),
        ({"type": 5}, "#/type"),
        ({"type": ["login"]}, "#/type"),
        ({"type": "login\x00"}, "#/type"),
        ({"type": "\ud800"}, "#/type"),
        ({"type": "x" * 70_0}, "#/type"),
        ({"colour": "red"}, "#/colour"),
        ({"a/b~c": 1}, "#/a~1b~0c"),
        ({"\ud800": 1}, "#/?"),
        ({"lead": None}, "#/lead"),
        ({"lead": []}, "#/lead"),
        ({"lead": "jane@example.com"}, "#/lead"),
        ({"lead": {}}, "#/lead"),
        ({"lead": {"first_name": "Jane"}}, "#/lead"),
        ({"lead": {"email": None}}, "#/lead"),
        ({"lead": {"email": "x"}}, "#/lead/email"),
        ({"lead": {"email": "a\x00@example.com"}}, "#/lead/email"),
        ({"lead": {"email": "a@example.com", "first_name": {"a": 1}}}, "#/lead/first_name"),
        ({"lead": {"email": "a@example.com", "phone": 5}}, "#/lead/phone"),
        ({"lead": {"email": "a@example.com", "phone": "5\x00"}}, "#/lead/phone"),
        ({"lead": {"id": "5"}}, "#/lead/id"),
        ({"lead": {"id": 0}}, "#/lead/id"),
        ({"lead": {"id": -5}}, "#/lead/id"),
        ({"lead": {"id": 2**63}}, "#/lead/id"),
        ({"lead": {"id": 2**63 - 1}}, "#/lead"),
        ({"lead": {"id": True}}, "#/lead/id"),
        ({"lead": {"id": 1.0}}, "#/lead/id"),
        ({"lead": {"external_id": "x" * 201}}, "#/lead/external_id"),
        ({"lead": {"external_id": 12}}, "#/lead/external_id"),
        ({"lead": {"visitor_id": "\x00"}}, "#/lead/visitor_id"),
        ({"occurred_at": "yesterday"}, "#/occurred_at"),
        ({"occurred_at": 1767225600}, "#/occurred_at"),
        ({"occurred_at": "2026-02-30T00:00:00Z"}, "#/occurred_at"),
        ({"occurred_at": "9999-12-31T23:59:59-23:59"}, "#/occurred_at"),
        ({"occurred_at": "0001-01-01T00:00:00+23:59"}, "#/occurred_at"),
        ({"occurred_at": "1999-12-31T23:59:59Z"}, "#/occurred_at"),
        ({"occurred_at": "2099-12-31T23:59:59Z"}, "#/occurred_at"),
        ({"occurred_at": ["2026-01-31T00:00:00Z"]}, "#/occurred_at"),
        ({"properties": []}, "#/properties"),
        ({"properties": "url=/"}, "#/properties"),
        ({"properties": {"a": "\x00"}}, "#/properties"),
        ({"properties": {"\x00": "a"}}, "#/properties"),
        ({"properties": {"a": ["\ud800"]}}, "#/properties"),
        ({"properties": {"a": "x" * 10_001}}, "#/properties"),
        ({"properties": {"a": 2**53}}, "#/properties"),
        ({"properties": {"a": deep(9)}}, "#/properties"),
        ({"properties": {str(number): 1 for number in range(101)}}, "#/properties"),
        ({"external_id": 5}, "#/external_id"),
        ({"external_id": "x" * 201}, "#/external_id"),
        ({"external_id": "\x00"}, "#/external_id"),
        ({"source": "x" * 101}, "#/source"),
        ({"source": {}}, "#/source"),
    ],
)
def test_an_event_that_makes_no_sense_is_refused_and_its_fault_named(
    api: Caller, more: dict[str, Any], at_fault: str
) -> None:
    before = stored()

    alone = api.post("activities", {**EVENT, **more})
    batch = api.post("activities/batch", [EVENT, {**EVENT, **more}])

    assert (alone.status_code, batch.status_code) == (422, 422), alone.content
    assert at_fault in faults(alone)
    assert at_fault.replace("#", "#/1", 1) in faults(batch)
    assert stored() == before


def test_a_float_that_overflows_is_refused(api: Caller) -> None:
    before = stored()
    body = json.dumps({**EVENT, "properties": {"a": "HUGE"}}).replace('"HUGE"', "1e999").encode()
    assert api.post("activities", body).status_code == 422
    assert stored() == before


@pytest.mark.parametrize(
    "path",
    ["", "nope", "leads/", "leads/abc", "leads/1/nope", "activities/5", "forms//submissions", "leads/-1"],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_addresses_that_do_not_exist_are_problems_too(visitor: Caller, path: str, method: str) -> None:
    response = visitor.send(method, path, {})
    assert response.status_code == 404
    faults(response)


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v2/leads", "/api/v1"])
def test_all_under_api_speaks_problem_documents(visitor: Caller, path: str) -> None:
    response = visitor.get(path)
    assert response.status_code == 404
    faults(response)


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("leads", ["PUT", "PATCH", "DELETE", "OPTIONS"]),
        ("leads/1", ["POST", "PUT", "DELETE"]),
        ("leads/1/score", ["POST", "PATCH", "DELETE"]),
        ("activities", ["PUT", "PATCH", "DELETE"]),
        ("activities/batch", ["GET", "PUT", "DELETE"]),
    ],
)
def test_methods_that_are_not_there_are_refused(api: Caller, path: str, methods: list[str]) -> None:
    for method in methods:
        response = api.send(method, path, {})
        assert response.status_code == 405
        assert response.headers["Allow"]
        faults(response)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OperationalError("the connection is gone"), 503),
        (InterfaceError("the connection is closed"), 503),
        (IntegrityError("a constraint"), 409),
        (DataError("out of range"), 422),
        (ZeroDivisionError(), 500),
    ],
)
def test_what_fails_inside_is_told_without_its_secrets(api: Caller, error: Exception, status: int) -> None:
    with mock.patch("leadapp.api.leads.leads.create_lead", side_effect=error):
        response = api.post("leads", {"first_name": "Jane"})

    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert not str(error) or str(error) not in response.content.decode()
    if status == 503:
        assert response.headers["Retry-After"]


def test_a_problem_document_has_all_its_parts(api: Caller) -> None:
    response = api.post("leads", {"email": "x", "colour": "red"})

    body = response.json()
    assert set(body) == {"type", "title", "status", "detail", "code", "message", "errors"}
    assert (body["status"], body["code"], body["message"]) == (422, "invalid", body["detail"])
    assert {error["field"] for error in body["errors"]} == {"email", "colour"}
    assert all(error["detail"] and error["pointer"] for error in body["errors"])


@pytest.mark.parametrize("name", ["5\u00b9", "9" * 5_000, "\u0663"])
def test_a_field_that_looks_like_a_number_is_named_like_any_other(api: Caller, name: str) -> None:
    response = api.post("leads", {"email": "jane@example.com", name: 1})
    assert response.status_code == 422
    faults(response)
