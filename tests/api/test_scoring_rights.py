"""The scoring API asks who is calling, refuses what it does not know, and then has written nothing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from leadapp.models import Lead, Quarantine, User
from scoring.models import RuleGroup, ScoringModelVersion, ScoringRule
from tests.api.conftest import Caller, faults
from tests.api.scoring_build import PRICING, everything, live_version, new_draft, the_model
from tests.qualification.build import make_user

pytestmark = pytest.mark.django_db

SOON = f"{timezone.now() + timedelta(days=30):%Y-%m-%dT10:00:00Z}"
READS = [
    "scoring/models",
    "scoring/models/{slug}",
    "scoring/models/{slug}/versions",
    "scoring/models/{slug}/capacity",
    "scoring/versions/{draft}",
    "scoring/versions/{draft}/check",
    "scoring/versions/{draft}/diff",
    "scoring/versions/{draft}/rules",
    "scoring/versions/{draft}/groups",
    "scoring/rules/{rule}",
    "scoring/groups/{group}",
]
# method, path, body, and whether a body may hold anything at all
WRITES: list[tuple[str, str, dict[str, Any] | None]] = [
    ("POST", "scoring/models/{slug}/versions", {}),
    ("POST", "scoring/models/{slug}/primary", {}),
    ("PUT", "scoring/models/{slug}/capacity", {"weekly_capacity": 40}),
    ("PATCH", "scoring/versions/{draft}", {"threshold": 170, "revision": 1}),
    ("POST", "scoring/versions/{draft}/publish", {"note": "Better"}),
    ("POST", "scoring/versions/{draft}/rollback", {"note": "Back"}),
    ("POST", "scoring/versions/{draft}/schedule", {"at": SOON}),
    ("DELETE", "scoring/versions/{draft}/schedule", None),
    ("POST", "scoring/versions/{draft}/discard", {}),
    ("POST", "scoring/versions/{draft}/rules", PRICING),
    ("PUT", "scoring/rules/{rule}", {**PRICING, "revision": 1}),
    ("PATCH", "scoring/rules/{rule}", {"points": 9, "revision": 1}),
    ("DELETE", "scoring/rules/{rule}?revision=1", None),
    ("POST", "scoring/rules/{rule}/duplicate", {}),
    ("POST", "scoring/rules/{rule}/move", {"place": 0}),
    ("POST", "scoring/versions/{draft}/groups", {"name": "New", "dimension": "fit", "cap": 10}),
    ("PATCH", "scoring/groups/{group}", {"cap": 50, "revision": 1}),
    ("DELETE", "scoring/groups/{group}?revision=1", None),
    ("POST", "quarantines/{quarantine}/release", {}),
]


@pytest.fixture
def names() -> dict[str, Any]:
    """Make something of every kind; return what the addresses name."""
    draft = new_draft()
    now = timezone.now()
    lead = Lead.objects.create(email="jane@example.com")
    span = {"started_at": now, "ended_at": now, "found_at": now}
    quarantine = Quarantine.objects.create(lead=lead, kind="clicks", activity_count=5, **span)
    return {
        "slug": the_model().slug,
        "draft": draft.pk,
        "rule": ScoringRule.objects.filter(version=draft, dimension="engagement").order_by("id")[0].pk,
        "group": RuleGroup.objects.filter(version=draft).order_by("id")[0].pk,
        "quarantine": quarantine.pk,
    }


def call(caller: Caller, method: str, path: str, body: Any) -> Any:
    return caller.get(path) if method == "GET" else caller.send(method, path, b"" if body is None else body)


class Person(Caller):
    """Somebody who is signed in in a browser."""

    def __init__(self, user: User) -> None:
        super().__init__("")
        self.client = Client(raise_request_exception=False)
        self.client.force_login(user)


ALL = [("GET", path, None) for path in READS] + WRITES


def test_without_a_key_nothing_can_be_called(visitor: Caller, names: dict[str, Any]) -> None:
    before = everything()
    for method, path, body in ALL:
        assert call(visitor, method, path.format(**names), body).status_code == 401, (method, path)
        assert everything() == before, (method, path)


def test_a_key_needs_the_scope(make_caller: Callable[..., Caller], names: dict[str, Any]) -> None:
    caller = make_caller("ingest", "read")
    before = everything()
    for method, path, body in ALL:
        response = call(caller, method, path.format(**names), body)
        assert response.status_code == 403, (method, path)
        assert "lacks the scope" in response.json()["detail"]
        assert everything() == before, (method, path)


@pytest.mark.parametrize("role", ["rep", "manager"])
def test_who_is_signed_in_may_look(names: dict[str, Any], role: str) -> None:
    before = everything()
    person = Person(make_user("somebody", role))
    for path in READS:
        assert person.get(path.format(**names)).status_code == 200, path
    assert everything() == before


@pytest.mark.parametrize("role", ["rep", "manager"])
def test_who_is_no_marketer_may_not_write(names: dict[str, Any], role: str) -> None:
    before = everything()
    person = Person(make_user("somebody", role))
    for method, path, body in WRITES[:-1]:
        response = call(person, method, path.format(**names), body)
        assert response.status_code == 403, (method, path, response.content)
        assert everything() == before, (method, path)


def test_somebody_without_any_role_may_not_even_look(names: dict[str, Any]) -> None:
    person = Person(make_user("nobody"))
    for path in READS:
        assert person.get(path.format(**names)).status_code == 403


def test_a_marketer_who_is_signed_in_edits_like_a_key(names: dict[str, Any]) -> None:
    marketer = Person(make_user("marketer", "marketer"))
    response = marketer.patch(f"scoring/rules/{names['rule']}", {"points": 9, "revision": 1})
    assert response.status_code == 200
    assert (response.json()["points"], response.json()["changed_by"]) == (9, "marketer")


def test_what_does_not_exist_is_not_found(make_caller: Callable[..., Caller], names: dict[str, Any]) -> None:
    caller = make_caller("scoring")
    before = everything()
    for method, path, body in ALL:
        if "{" not in path:
            continue
        for number in (2**31, 2**63, 10**30):
            gone = dict.fromkeys(names, number) | {"slug": f"no-{number}"}
            response = call(caller, method, path.format(**gone), body)
            assert response.status_code == 404, (method, path, response.content)
            faults(response)
        assert everything() == before, (method, path)


def test_an_unknown_field_is_refused_and_named(
    make_caller: Callable[..., Caller], names: dict[str, Any]
) -> None:
    caller = make_caller("scoring")
    before = everything()
    for method, path, body in WRITES:
        if body is None:
            continue
        response = call(caller, method, path.format(**names), {**body, "colour": "red"})
        assert response.status_code == 422, (method, path, response.content)
        assert "#/colour" in faults(response)
        assert everything() == before, (method, path)


@pytest.mark.parametrize(
    ("body", "statuses"),
    [
        (b"{", {400}),
        (b"[]", {400}),
        (b'"x"', {400}),
        (b"null", {400, 422}),
        (b'{"a": 1, "a": 2}', {400}),
        (b'{"points": NaN}', {400}),
        (b'{"note": "\\u0000"}', {422}),
        (b'{"note": "\\ud800"}', {422}),
        (b'{"note": ' + b"[" * 2000 + b"]" * 2000 + b"}", {400, 422}),
        (b" " * 70_000, {413}),
    ],
    ids=["cut off", "list", "text", "null", "twice", "NaN", "NUL", "surrogate", "deep", "large"],
)
def test_bad_json_writes_nothing(
    make_caller: Callable[..., Caller], names: dict[str, Any], body: bytes, statuses: set[int]
) -> None:
    caller = make_caller("scoring")
    before = everything()
    for method, path, _ in (each for each in WRITES if each[2] is not None):
        response = caller.send(method, path.format(**names), body)
        assert response.status_code in statuses, (path, response.content)
        faults(response)
    assert everything() == before


def test_an_unknown_parameter_is_refused(make_caller: Callable[..., Caller], names: dict[str, Any]) -> None:
    caller = make_caller("scoring")
    for path in READS:
        response = caller.get(f"{path.format(**names)}?colour=red")
        assert response.status_code == 422, path
        assert "#/colour" in faults(response)


def test_a_published_version_is_never_edited(
    make_caller: Callable[..., Caller], names: dict[str, Any]
) -> None:
    live, caller = live_version(), make_caller("scoring")
    rule = ScoringRule.objects.filter(version=live, dimension="engagement").order_by("id")[0]
    group = RuleGroup.objects.filter(version=live).order_by("id")[0]
    before = everything()
    for method, path, body in WRITES:
        if "{rule}" not in path and "{group}" not in path:
            continue
        response = call(caller, method, path.format(rule=rule.pk, group=group.pk), body)
        assert response.status_code == 409, (method, path, response.content)
        assert everything() == before, (method, path)


def test_nor_published_again_discarded_or_scheduled(
    make_caller: Callable[..., Caller], names: dict[str, Any]
) -> None:
    live, caller = live_version(), make_caller("scoring")
    before = everything()
    for method, path, body in WRITES:
        if "{draft}" not in path or path.endswith("rollback"):
            continue
        response = call(caller, method, path.format(draft=live.pk), body)
        assert response.status_code == 409, (method, path, response.content)
        assert everything() == before, (method, path)
    assert ScoringModelVersion.objects.filter(state="draft").count() == 1
