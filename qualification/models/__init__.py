"""Qualification: gates, evidence, moves, and the work on leads."""

from qualification.models.evidence import (
    BantAnswer,
    BantState,
    Confidence,
    Dimension,
    Framework,
    FrameworkDimension,
)
from qualification.models.gates import Gate, GateCriterion, GateHold, Step
from qualification.models.moves import Move, StageChange
from qualification.models.notices import (
    BY_EMAIL_UNLESS_CHOSEN,
    DIGEST_HOUR,
    ByEmail,
    DigestHour,
    Notice,
    NoticeChoice,
    NoticeKind,
    NoticeMail,
)
from qualification.models.routing import RoutingCriterion, RoutingRule
from qualification.models.teams import Absence, Holiday, OpeningHours, Team, TeamMember, Weekday
from qualification.models.work import Assignment, Deal, Escalation, Note, Task

__all__ = [
    "BY_EMAIL_UNLESS_CHOSEN",
    "DIGEST_HOUR",
    "Absence",
    "Assignment",
    "BantAnswer",
    "BantState",
    "ByEmail",
    "Confidence",
    "Deal",
    "DigestHour",
    "Dimension",
    "Escalation",
    "Framework",
    "FrameworkDimension",
    "Gate",
    "GateCriterion",
    "GateHold",
    "Holiday",
    "Move",
    "Note",
    "Notice",
    "NoticeChoice",
    "NoticeKind",
    "NoticeMail",
    "OpeningHours",
    "RoutingCriterion",
    "RoutingRule",
    "StageChange",
    "Step",
    "Task",
    "Team",
    "TeamMember",
    "Weekday",
]
