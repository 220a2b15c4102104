"""The rule check: what is wrong, doubtful or worth knowing about a version of a scoring model.

Nothing is written and nothing is kept: each check reads the version and a sample of the leads anew.
"""

from scoring.analysis.check.checking import Check, check, check_version, findings_for_rule
from scoring.analysis.check.findings import NO_NOTE, Finding, Severity, blocking

__all__ = [
    "NO_NOTE",
    "Check",
    "Finding",
    "Severity",
    "blocking",
    "check",
    "check_version",
    "findings_for_rule",
]
