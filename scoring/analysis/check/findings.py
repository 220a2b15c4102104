"""What the rule check finds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters; the worst first."""

    BAD = "bad"  # the version would be wrong for certain: it is not published
    WARN = "warn"
    INFO = "info"


ORDER = list(Severity)

NO_NOTE = "no_note"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing to know about a version: what, in numbers, and what to do about it.

    `rule_id` and `group_id` say where; without either it is about the version. `other_rule_id` is the
    second rule of a pair.
    """

    severity: Severity
    code: str
    title: str
    text: str
    mend: str
    rule_id: int | None = None
    other_rule_id: int | None = None
    group_id: int | None = None

    @property
    def is_bad(self) -> bool:
        """Tell whether it stops a publish."""
        return self.severity == Severity.BAD

    @property
    def is_warning(self) -> bool:
        """Tell whether somebody should look at it before publishing."""
        return self.severity == Severity.WARN


def by_severity(findings: Iterable[Finding], *, rule_ids: Sequence[int] = ()) -> list[Finding]:
    """Sort findings, the worst first; then what is about the version first, then by rule in order."""
    places = {rule_id: place for place, rule_id in enumerate(rule_ids)}

    def place(finding: Finding) -> tuple[int, int]:
        rule = -1 if finding.rule_id is None else places.get(finding.rule_id, len(places))
        return ORDER.index(finding.severity), rule

    return sorted(findings, key=place)


def blocking(findings: Iterable[Finding], *, note: str = "") -> list[Finding]:
    """Return the findings that stop a publish. The one place that decides this.

    Those that make the version wrong for certain: conditions that nothing can evaluate, a threshold that
    no lead can ever reach, and a missing note, unless the publish brings a `note` of its own. Warnings
    never stop anybody: a marketer may know better.
    """
    return [
        finding for finding in findings if finding.is_bad and not (finding.code == NO_NOTE and note.strip())
    ]
