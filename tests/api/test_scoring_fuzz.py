"""Whatever JSON comes to the scoring API: an answer below 500, and a refusal leaves nothing behind."""

from collections.abc import Callable
from typing import Any

import hypothesis
import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from leadapp.models import Operator
from scoring.models import ScoringModelVersion
from scoring.rules import GroupFacts, RuleFacts, VersionFacts, names_of
from tests.api.conftest import Caller
from tests.api.scoring_build import PRICING, everything, live_version, new_draft, the_model
from tests.api.test_fuzz import SETTINGS as MANY
from tests.api.test_fuzz import texts, values

pytestmark = pytest.mark.django_db

# Each looks twice at all that is stored.
SETTINGS = hypothesis.settings(MANY, max_examples=20)

fields = st.sampled_from(
    [
        *("lead.job_title", "lead.birth_year", "company.employees", "lead.created_at", "lead.do_not_call"),
        *("property.path", "property.", "lead.attributes.x", "company.industry", "nonsense", ""),
    ]
)
conditions = st.lists(
    values
    | st.fixed_dictionaries(
        {"field": fields | texts, "operator": st.sampled_from(Operator.values) | texts},
        optional={"value": values, "more": values},
    ),
    max_size=4,
)
numbers = st.integers(-1100, 1100) | values
rules = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(names_of(RuleFacts), numbers),
        "name": texts,
        "dimension": st.sampled_from(["fit", "engagement"]) | values,
        "activity_types": st.lists(st.sampled_from(["page_view", "login"]) | texts, max_size=3) | values,
        "conditions": conditions | values,
        "decay": st.sampled_from(["none", "half_life", "linear"]) | values,
        "is_active": st.booleans() | values,
        "revision": st.just(1) | values,
    },
).map(lambda facts: {**PRICING, **facts})
groups = st.fixed_dictionaries(
    {},
    optional={**dict.fromkeys(names_of(GroupFacts), numbers), "name": texts, "revision": st.just(1) | values},
).map(lambda facts: {"name": "Any", "dimension": "fit", **facts})
settings = st.fixed_dictionaries(
    {"revision": st.just(1) | values}, optional=dict.fromkeys(names_of(VersionFacts), numbers)
)
tests = st.fixed_dictionaries(
    {},
    optional={
        "lead": values,
        "facts": st.dictionaries(fields | texts, values, max_size=4) | values,
        "activities": st.lists(
            st.fixed_dictionaries(
                {"type": st.sampled_from(["login", "page_view"]) | texts},
                optional={"occurred_at": values, "properties": st.dictionaries(texts, values, max_size=2)},
            ),
            max_size=3,
        )
        | values,
        "as_of": values,
    },
)


@pytest.fixture
def studio(make_caller: Callable[..., Caller]) -> Caller:
    """Give a caller that may change scoring models."""
    return make_caller("scoring", "write", name="studio")


@pytest.fixture
def draft(db: None) -> ScoringModelVersion:
    """Give a draft of the live version."""
    return new_draft()


def check(caller: Caller, method: str, path: str, body: Any) -> None:
    with transaction.atomic():
        before = everything()
        response = caller.send(method, path, body)
        assert response.status_code < 500, (body, response.content)
        if response.status_code >= 400:
            assert response.headers["Content-Type"] == "application/problem+json"
            assert everything() == before, body
        # The next example begins as this one did.
        transaction.set_rollback(True)


@SETTINGS
@given(body=rules | values)
def test_any_rule(studio: Caller, draft: Any, body: Any) -> None:
    check(studio, "POST", f"scoring/versions/{draft.pk}/rules", body)
    rule = draft.rules.filter(dimension="engagement").order_by("id")[0]
    check(studio, "PUT", f"scoring/rules/{rule.pk}", body)
    check(studio, "PATCH", f"scoring/rules/{rule.pk}", body)


@SETTINGS
@given(body=groups | values)
def test_any_group(studio: Caller, draft: Any, body: Any) -> None:
    check(studio, "POST", f"scoring/versions/{draft.pk}/groups", body)
    group = draft.groups.order_by("id")[0]
    check(studio, "PATCH", f"scoring/groups/{group.pk}", body)


@SETTINGS
@given(body=settings | values)
def test_any_bounds_and_bands(studio: Caller, draft: Any, body: Any) -> None:
    check(studio, "PATCH", f"scoring/versions/{draft.pk}", body)


@SETTINGS
@given(body=tests | values)
def test_any_imagined_lead(studio: Caller, body: Any) -> None:
    check(studio, "POST", f"scoring/versions/{live_version().pk}/test", body)


@SETTINGS
@given(body=st.fixed_dictionaries({}, optional={"note": values, "at": values, "token": texts}) | values)
def test_any_note_moment_or_token(studio: Caller, draft: Any, body: Any) -> None:
    for action in ("publish", "schedule", "preview", "discard", "rollback"):
        check(studio, "POST", f"scoring/versions/{draft.pk}/{action}", body)


@SETTINGS
@given(
    body=st.fixed_dictionaries(
        {"format": st.just("leadapp-scoring-model"), "format_version": st.just(1)},
        optional={
            "name": texts | values,
            "settings": settings | values,
            "groups": st.lists(groups | values, max_size=3) | values,
            "rules": st.lists(rules | values, max_size=3) | values,
        },
    )
    | values
)
def test_any_import(studio: Caller, body: Any) -> None:
    check(studio, "POST", f"scoring/models/{the_model().slug}/import", body)
    check(studio, "POST", "scoring/models", {"name": "Any", "data": body})


@SETTINGS
@given(
    query=st.dictionaries(
        st.sampled_from(["against", "state", "limit", "cursor", "revision"]),
        texts.filter(lambda text: text.isprintable()) | st.integers().map(str),
        max_size=3,
    )
)
def test_any_query(studio: Caller, draft: Any, query: dict[str, str]) -> None:
    for path in (
        f"models/{the_model().slug}/versions",
        f"versions/{draft.pk}/diff",
        f"versions/{draft.pk}/rules",
    ):
        response = studio.client.get(f"/api/v1/scoring/{path}", query, headers=studio.headers)
        assert response.status_code in {200, 404, 422}
