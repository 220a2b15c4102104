"""Qualification: gates, evidence, moves, and the work on leads."""

from qualification.models.gates import (
    BantAnswer,
    BantDimension,
    BantState,
    Gate,
    GateCriterion,
    Step,
)
from qualification.models.moves import Move, StageChange
from qualification.models.notices import Notice, NoticeKind
from qualification.models.routing import RoutingCriterion, RoutingRule
from qualification.models.teams import Absence, Holiday, OpeningHours, Team, TeamMember, Weekday
from qualification.models.work import Assignment, Deal, Escalation, Note, Task

__all__ = [
    "Absence",
    "Assignment",
    "BantAnswer",
    "BantDimension",
    "BantState",
    "Deal",
    "Escalation",
    "Gate",
    "GateCriterion",
    "Holiday",
    "Move",
    "Note",
    "Notice",
    "NoticeKind",
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
