"""Whatever version hypothesis thinks of: the check counts as the engine does, and claims nothing untrue."""

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from scoring.analysis.check import check
from scoring.analysis.check import sample as sampling
from scoring.analysis.check.reach import reach_of_rule, reach_of_total
from scoring.analysis.check.subject import read_subject
from scoring.engine import explain_leads
from scoring.engine.definition import read_definition
from scoring.models import Dimension
from tests.scoring.build import NOW
from tests.scoring.strategies import LEADS, VERSIONS
from tests.scoring.test_oracle import build_leads, build_version, undone

pytestmark = pytest.mark.django_db

SETTINGS = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


@SETTINGS
@given(drawn=VERSIONS, leads=st.lists(LEADS, min_size=1, max_size=5))
def test_counts_and_limits_are_true(drawn: dict[str, Any], leads: list[dict[str, Any]]) -> None:
    with undone(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sampling, "FEWEST_LEADS", 0)
        version, people = build_version(drawn), build_leads(leads)

        found = check(version, NOW)

        explained = explain_leads(version=version, moments={lead.pk: NOW for lead in people})
        subject = read_subject(version)
        assert not subject.faults
        assert found.sample is not None
        assert found.sample.leads == len(explained)
        lines = [line for each in explained.values() for line in each.all_lines]
        total = reach_of_total(subject.definition)
        for each in explained.values():
            assert total.score.low <= each.score <= total.score.high
            assert total.bounded[Dimension.FIT].low <= each.fit <= total.bounded[Dimension.FIT].high
        for rule in read_definition(version).rules:
            own = [line for line in lines if line.rule_id == rule.id]
            reach = reach_of_rule(rule)
            assert all(reach.low <= line.points <= reach.high for line in own)
            given = [line for line in own if line.points]
            # Six decimals of a line may hide what is left after a century.
            assert found.sample.uses[rule.id].given.bit_count() >= len(given)
            if not rule.is_fit:
                matched = [line for line in own if (line.matches or 0) >= rule.min_occurrences]
                assert found.sample.uses[rule.id].matched.bit_count() == len(matched)
