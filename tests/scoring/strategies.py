"""Arbitrary models, leads and activities for hypothesis."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from tests.scoring.build import DAY, NOW

WORDS = [
    "ceo",
    "CEO",
    "Head",
    "head of sales",
    "c++",
    "Größe",
    "VP, Sales",
    "vp sales",
    "50%",
    "a_b",
    "_",
    "x",
    "%",
]
COUNTRIES = ["DE", "AT", "US", ""]
INDUSTRIES = ["Machinery", "machinery & tools", "Software/IT", "", "50% AI"]
PATHS = ["/pricing", "/Pricing/de", "/careers", "/", "", "/größe"]
TYPES = ["page_view", "email_opened", "demo_requested", "unsubscribed"]
DAYS = st.sampled_from([1, 2, 7, 30])
JSON_VALUES: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 100),
    st.sampled_from([0.5, 60.0, 60.25, 1e30, -2.5]),
    st.sampled_from(["60", " 60.5 ", "sixty", "", "1e5", "2026-11-18", "2026-11-19", "2026-13-45", "now"]),
    st.sampled_from([*PATHS, ["a", 1], {"a": "b"}]),
)
NUMBERS = st.sampled_from([0, 1, 60, 60.25, -2.5, 50, 480])
SIZES = ["greater", "at_least", "less", "at_most"]


def _text_conditions(field: str, values: list[str]) -> st.SearchStrategy[tuple[str, str, Any]]:
    given = st.sampled_from([value for value in values if value])
    return st.one_of(
        st.tuples(st.just(field), st.sampled_from(["is_set", "is_empty"]), st.none()),
        st.tuples(
            st.just(field), st.sampled_from(["equals", "not_equals", "contains", "starts_with"]), given
        ),
        st.tuples(
            st.just(field),
            st.sampled_from(["in", "not_in", "matches_list"]),
            st.lists(given, min_size=1, max_size=3),
        ),
    )


def _number_conditions(field: str) -> st.SearchStrategy[tuple[str, str, Any]]:
    return st.one_of(
        st.tuples(st.just(field), st.sampled_from(["is_set", "is_empty"]), st.none()),
        st.tuples(st.just(field), st.sampled_from([*SIZES, "equals", "not_equals"]), NUMBERS),
        st.tuples(
            st.just(field), st.sampled_from(["in", "not_in"]), st.lists(NUMBERS, min_size=1, max_size=3)
        ),
        st.tuples(st.just(field), st.just("between"), st.lists(NUMBERS, min_size=2, max_size=2).map(sorted)),
    )


def _date_conditions(field: str) -> st.SearchStrategy[tuple[str, str, Any]]:
    return st.one_of(
        st.tuples(st.just(field), st.sampled_from(["is_set", "is_empty"]), st.none()),
        st.tuples(st.just(field), st.just("within_days"), DAYS),
    )


LEAD_CONDITIONS = st.one_of(
    _text_conditions("lead.job_title", WORDS),
    _text_conditions("lead.country", COUNTRIES),
    _text_conditions("lead.email_domain", ["example.com", "GMAIL.com"]),
    _text_conditions("company.industry", INDUSTRIES),
    _text_conditions("lead.attributes.plan", ["Gold", "gold plan", "60"]),
    _number_conditions("company.employees"),
    _number_conditions("lead.birth_year"),
    _number_conditions("lead.attributes.plan"),
    _date_conditions("lead.created_at"),
    _date_conditions("lead.attributes.plan"),
    st.tuples(st.just("lead.seniority"), st.sampled_from(["equals", "not_equals"]), st.just("head")),
    st.tuples(st.just("lead.do_not_call"), st.sampled_from(["equals", "not_equals"]), st.booleans()),
)
ACTIVITY_CONDITIONS = st.one_of(
    _text_conditions("property.path", PATHS),
    _text_conditions("activity.source", ["web", "Form"]),
    _number_conditions("property.path"),
    _date_conditions("property.path"),
    LEAD_CONDITIONS,
)

_POINTS = st.integers(-60, 60).filter(bool)
_CAP = st.none() | st.integers(1, 40)
_COMMON = {
    "points": _POINTS,
    "match": st.sampled_from(["all", "any"]),
    "max_points": _CAP,
    "group": st.sampled_from([None, 0, 1]),
    "is_active": st.sampled_from([True, True, True, False]),
}
FIT_RULES = st.fixed_dictionaries(
    _COMMON | {"dimension": st.just("fit"), "conditions": st.lists(LEAD_CONDITIONS, max_size=3)}
)
_DECAYS = st.one_of(
    st.just({"decay": "none", "decay_days": None}),
    st.fixed_dictionaries({"decay": st.sampled_from(["half_life", "linear"]), "decay_days": DAYS}),
)
ENGAGEMENT_RULES = st.builds(
    lambda rule, decay: rule | decay,
    st.fixed_dictionaries(
        _COMMON
        | {
            "dimension": st.just("engagement"),
            "types": st.lists(st.sampled_from(TYPES), max_size=3, unique=True),
            "conditions": st.lists(ACTIVITY_CONDITIONS, max_size=2),
            "counting": st.sampled_from(["every", "once"]),
            "min_occurrences": st.sampled_from([1, 1, 1, 2, 3]),
            "window_days": st.none() | DAYS,
        }
    ),
    _DECAYS,
)
BOUNDS = st.sampled_from([(-10000, 10000), (-20, 30), (-100, 200)])
VERSIONS = st.fixed_dictionaries(
    {
        "fit_bounds": BOUNDS,
        "engagement_bounds": BOUNDS,
        "groups": st.tuples(
            st.tuples(st.sampled_from(["fit", "engagement"]), _CAP),
            st.tuples(st.sampled_from(["fit", "engagement"]), _CAP),
        ),
        "rules": st.lists(FIT_RULES | ENGAGEMENT_RULES, max_size=6),
    }
)

# On the edges of windows and decays, between them, a century back, and just after the moment.
AGES = st.one_of(
    st.sampled_from([timedelta(0), DAY, 2 * DAY, 7 * DAY, 30 * DAY, 36500 * DAY]),
    st.sampled_from([timedelta(microseconds=-1), timedelta(hours=-1), 7 * DAY + timedelta(microseconds=1)]),
    st.floats(0, 60, allow_nan=False).map(lambda days: timedelta(days=days)),
)
ACTIVITIES = st.fixed_dictionaries(
    {
        "type": st.sampled_from(TYPES),
        "occurred_at": AGES.map(lambda age: NOW - age),
        "source": st.sampled_from(["web", "FORM"]),
        "properties": st.dictionaries(st.just("path"), JSON_VALUES, max_size=1),
        "voided": st.sampled_from([False, False, False, True]),
    }
)
LEADS = st.fixed_dictionaries(
    {
        "job_title": st.sampled_from([*WORDS, "", "CEO/Founder", "header"]),
        "country": st.sampled_from(COUNTRIES),
        "seniority": st.sampled_from(["head", ""]),
        "birth_year": st.sampled_from([None, 1980]),
        "created_at": AGES.map(lambda age: NOW - age),
        "attributes": st.dictionaries(st.just("plan"), JSON_VALUES | st.just("GOLD plan"), max_size=1),
        "do_not_call": st.booleans(),
        "do_not_score": st.sampled_from([False, False, False, False, True]),
        "email": st.sampled_from([None, "a@gmail.com", "a@example.com"]),
        "company": st.none()
        | st.fixed_dictionaries(
            {"industry": st.sampled_from(INDUSTRIES), "employees": st.sampled_from([None, 0, 50, 480])}
        ),
        "activities": st.lists(ACTIVITIES, max_size=6),
    }
)
