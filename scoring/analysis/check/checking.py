"""Put the parts of the rule check together."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from scoring.analysis.check.filling import findings_of_filling
from scoring.analysis.check.findings import Finding, blocking, by_severity
from scoring.analysis.check.overlaps import identical_rules, overlapping_rules
from scoring.analysis.check.sample import Sample, read_sample
from scoring.analysis.check.single import findings_of_rules
from scoring.analysis.check.subject import Subject, read_subject
from scoring.analysis.check.sums import findings_of_sums
from scoring.analysis.check.usage import findings_of_use
from scoring.models import ScoringModelVersion, ScoringRule


@dataclass(frozen=True, kw_only=True)
class Check:
    """What was found about a version, the worst first, and on how many leads; None if there are too few."""

    version: ScoringModelVersion
    findings: list[Finding]
    sample: Sample | None

    @property
    def blocking(self) -> list[Finding]:
        """Return the findings that stop a publish."""
        return blocking(self.findings)


def check(version: ScoringModelVersion, now: datetime) -> Check:
    """Check a version against a sample of the leads as they are now (twelve queries); writes nothing."""
    subject = read_subject(version)
    sample = read_sample(subject.definition, now)
    rule_ids = [rule.id for rule in subject.definition.rules]
    found = by_severity(_findings(subject, sample), rule_ids=rule_ids)
    return Check(version=version, findings=_without_consequences(found), sample=sample)


def check_version(version: ScoringModelVersion, now: datetime) -> list[Finding]:
    """Return what is to be said of a version, the worst first."""
    return check(version, now).findings


def findings_for_rule(rule: ScoringRule, now: datetime) -> list[Finding]:
    """Return what is to be said of one rule, the worst first; of a pair of rules for both."""
    return [
        finding
        for finding in check_version(rule.version, now)
        if rule.pk in (finding.rule_id, finding.other_rule_id)
    ]


def _findings(subject: Subject, sample: Sample | None) -> Iterable[Finding]:
    yield from findings_of_sums(subject)
    yield from findings_of_rules(subject)
    yield from identical_rules(subject)
    if sample is not None:
        yield from findings_of_use(subject, sample)
        yield from findings_of_filling(subject, sample)
        yield from overlapping_rules(subject, sample)


def _without_consequences(findings: list[Finding]) -> list[Finding]:
    """Leave out that a rule never matches where it is said that what it looks at is never there."""
    causes = {"property_unknown", "always_empty"}
    explained = {finding.rule_id for finding in findings if finding.code in causes}
    return [
        finding
        for finding in findings
        if not (finding.code == "never_matches" and finding.rule_id in explained)
    ]
