"""The engine and a naive second telling of the design agree on whatever hypothesis can think of."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from leadapp.models import Activity, ActivityType, Company, Lead
from scoring.engine import Score, explain_leads, score_leads
from scoring.engine.comparison import compare_moments, comparing
from scoring.engine.definition import read_definition
from scoring.engine.fragments import Fragment
from scoring.engine.scores import compiled
from scoring.models import ScoringModelVersion
from tests.scoring.build import DAY, NOW, make_group, make_lead, make_rule, make_version
from tests.scoring.oracle import expected_score
from tests.scoring.strategies import LEADS, VERSIONS

pytestmark = pytest.mark.django_db

SETTINGS = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


class _Undone(Exception):
    pass


@contextmanager
def undone() -> Iterator[None]:
    """Give each example a database without the ones before it."""
    try:
        with transaction.atomic():
            yield
            raise _Undone
    except _Undone:
        pass


def build_version(drawn: dict[str, Any]) -> ScoringModelVersion:
    fit_min, fit_max = drawn["fit_bounds"]
    engagement_min, engagement_max = drawn["engagement_bounds"]
    version = make_version(
        fit_min=fit_min, fit_max=fit_max, engagement_min=engagement_min, engagement_max=engagement_max
    )
    groups = [make_group(version, dimension, cap) for dimension, cap in drawn["groups"]]
    for rule in drawn["rules"]:
        group = None if rule["group"] is None else groups[rule["group"]]
        make_rule(version, **(rule | {"group": group}))
    return version


def build_leads(drawn: list[dict[str, Any]]) -> list[Lead]:
    types = {kind.slug: kind for kind in ActivityType.objects.all()}
    leads = []
    for number, facts in enumerate(drawn):
        own = dict(facts)
        activities, company = own.pop("activities"), own.pop("company")
        if company is not None:
            own["company"] = Company.objects.create(name="C", domain=f"c{number}.example", **company)
        if own["email"]:
            own["email"] = f"{number}{own['email']}"
        lead = make_lead(**own)
        leads.append(lead)
        Activity.objects.bulk_create(build_activity(lead, types, activity) for activity in activities)
    return leads


def build_activity(lead: Lead, types: dict[str, ActivityType], drawn: dict[str, Any]) -> Activity:
    own = dict(drawn)
    if own.pop("voided"):
        own |= {"voided_at": NOW, "void_reason": "Wrong"}
    return Activity(
        lead=lead, received_at=max(NOW, own["occurred_at"]), **(own | {"type": types[own["type"]]})
    )


def scores_in_range(
    statement: Fragment, ids: Iterable[int], as_of: datetime, *, of: int = 1
) -> dict[int, tuple[Score, ...]]:
    """Run a statement about a range of leads, as rescores and previews do; return what each version gives."""
    bound = statement.bind(first_id=min(ids, default=1), last_id=max(ids, default=0), as_of=as_of)
    width = len(Score.__dataclass_fields__)
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, bound)
        return {
            lead: tuple(Score(*numbers[at * width : (at + 1) * width]) for at in range(of))
            for lead, _, *numbers in cursor.fetchall()
        }


@SETTINGS
@given(version=VERSIONS, leads=st.lists(LEADS, max_size=4))
def test_engine_and_oracle_agree(version: dict[str, Any], leads: list[dict[str, Any]]) -> None:
    with undone():
        built, people = build_version(version), build_leads(leads)
        moments = {lead.pk: NOW for lead in people}
        wanted = {
            lead.pk: Score(**vars(expected))
            for lead in people
            if (expected := expected_score(built, lead, lead.activities.all(), NOW))
        }
        assert score_leads(version=built, moments=moments) == wanted
        assert scores_in_range(compiled(built).rescoring, moments, NOW) == {
            lead: (score,) for lead, score in wanted.items()
        }
        for explanation in explain_leads(version=built, moments=moments).values():
            score = wanted[explanation.lead_id]
            assert (
                Score(
                    explanation.fit,
                    explanation.engagement,
                    explanation.score,
                    explanation.grade,
                    explanation.temperature,
                )
                == score
            )
            assert sum((line.points for line in explanation.all_lines), Decimal(0)) == score.score
            for dimension, total in (("fit", score.fit), ("engagement", score.engagement)):
                lines = [line for line in explanation.all_lines if line.dimension == dimension]
                assert sum((line.points for line in lines), Decimal(0)) == total
                (rounding,) = (line for line in lines if line.name == "Rounding")
                assert abs(rounding.points) <= Decimal("0.50001")


@settings(SETTINGS, max_examples=60)
@given(drawn=st.lists(VERSIONS, min_size=1, max_size=3), leads=st.lists(LEADS, max_size=4))
def test_several_versions_at_once_score_as_each_does_alone(
    drawn: list[dict[str, Any]], leads: list[dict[str, Any]]
) -> None:
    with undone():
        people = build_leads(leads)
        versions = [build_version(version) for version in drawn]
        definitions = [read_definition(version) for version in versions]
        ids = [lead.pk for lead in people]
        for as_of in (NOW, NOW - 2 * DAY):
            alone = [score_leads(version=each, moments=dict.fromkeys(ids, as_of)) for each in versions]
            wanted = {lead: tuple(scores[lead] for scores in alone) for lead in alone[0]}
            assert scores_in_range(comparing(definitions), ids, as_of, of=len(versions)) == wanted
            both = compare_moments(definitions=definitions, lead_ids=ids, as_ofs=[as_of, NOW - 7 * DAY])
            assert {lead: scores for (lead, at), scores in both.items() if at == as_of} == wanted
