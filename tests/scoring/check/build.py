"""What the tests of the rule check share: a version of one's own, a crowd, and what was found."""

from collections.abc import Callable
from typing import Any

from leadapp.models import Activity, ActivityType, Company, Lead
from scoring.analysis.check import Finding, check_version
from scoring.models import ScoringModelVersion
from tests.scoring.build import NOW, make_version


def make_draft(**facts: Any) -> ScoringModelVersion:
    """Make a draft with a note, and with bands within reach of a single rule of ten points."""
    easy = {"threshold": 10, "hot_from": 8, "warm_from": 5, "note": "For a test."}
    grades = {"fit_a": 3, "fit_b": 2, "fit_c": 1, "engagement_1": 3, "engagement_2": 2, "engagement_3": 1}
    return make_version(**(easy | grades | facts))


def make_crowd(size: int, facts: Callable[[int], dict[str, Any]] = lambda number: {}) -> list[Lead]:
    """Make leads at once; `facts` says what is known of each."""
    company = Company.objects.get_or_create(name="Firm", industry="Machinery")[0]
    start = Lead.objects.count()
    return Lead.objects.bulk_create(
        Lead(
            **(
                {"email": f"crowd{start + number}@example.com", "created_at": NOW, "company": company}
                | facts(number)
            )
        )
        for number in range(size)
    )


def log_all(leads: list[Lead], slug: str, *, times: int = 1, **facts: Any) -> None:
    """Record the same activity for each of these leads."""
    kind = ActivityType.objects.get(slug=slug)
    facts = {"occurred_at": NOW, "received_at": NOW, "source": "test"} | facts
    Activity.objects.bulk_create(
        Activity(lead=lead, type=kind, **facts) for lead in leads for _ in range(times)
    )


def found(version: ScoringModelVersion, code: str) -> list[Finding]:
    """Return the findings of one kind."""
    return [finding for finding in check_version(version, NOW) if finding.code == code]


def codes(version: ScoringModelVersion) -> set[str]:
    """Return the kinds of findings."""
    return {finding.code for finding in check_version(version, NOW)}


def only(version: ScoringModelVersion, code: str) -> Finding:
    """Return the single finding of one kind."""
    (finding,) = found(version, code)
    return finding
