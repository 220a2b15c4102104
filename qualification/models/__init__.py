"""Qualification: gates, evidence, moves, and the work on leads."""

from qualification.models.calls import CallDraft
from qualification.models.costs import Cost
from qualification.models.customers import AdvocacyChange, Deal
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
from qualification.models.recycling import DisqualifyReason, WakeUp
from qualification.models.routing import RoutingCriterion, RoutingRule
from qualification.models.teams import Absence, Holiday, OpeningHours, Team, TeamMember, Weekday
from qualification.models.work import Assignment, Escalation, Note, Task

__all__ = [
    "BY_EMAIL_UNLESS_CHOSEN",
    "DIGEST_HOUR",
    "Absence",
    "AdvocacyChange",
    "Assignment",
    "BantAnswer",
    "BantState",
    "ByEmail",
    "CallDraft",
    "Confidence",
    "Cost",
    "Deal",
    "DigestHour",
    "Dimension",
    "DisqualifyReason",
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
    "WakeUp",
    "Weekday",
]
