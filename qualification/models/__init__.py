"""Qualification: gates, evidence, moves, and the work on leads."""

from qualification.models.gates import (
    BantAnswer,
    BantDimension,
    BantState,
    Gate,
    GateCriterion,
    Move,
    StageChange,
    Step,
)
from qualification.models.work import Assignment, Deal, Note, Task

__all__ = [
    "Assignment",
    "BantAnswer",
    "BantDimension",
    "BantState",
    "Deal",
    "Gate",
    "GateCriterion",
    "Move",
    "Note",
    "StageChange",
    "Step",
    "Task",
]
