"""Put the parts of the rule check together."""

from dataclasses import dataclass
from datetime import datetime

from scoring.analysis.check.findings import Finding, blocking, by_severity
from scoring.analysis.check.single import findings_of_rules
from scoring.analysis.check.subject import read_subject
from scoring.analysis.check.sums import findings_of_sums
from scoring.models import ScoringModelVersion, ScoringRule


@dataclass(frozen=True, kw_only=True)
class Check:
    """What was found about a version, and how much was looked at."""

    version: ScoringModelVersion
    findings: list[Finding]
    rules: int

    @property
    def blocking(self) -> list[Finding]:
        """Return the findings that stop a publish."""
        return blocking(self.findings)


def check(version: ScoringModelVersion, now: datetime) -> Check:
    """Check a version against the leads and activities as they are now; writes nothing."""
    subject = read_subject(version)
    findings = [*findings_of_sums(subject), *findings_of_rules(subject)]
    return Check(
        version=version,
        findings=by_severity(findings),
        rules=len(subject.definition.rules),
    )


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
