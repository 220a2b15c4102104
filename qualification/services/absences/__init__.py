"""Absences: who is away when, and what becomes of their work meanwhile."""

from qualification.services.absences.handing import look_after_absences
from qualification.services.absences.planning import (
    cancel_absence,
    change_absence,
    check_absence,
    enter_absence,
    may_plan_for,
)

__all__ = [
    "cancel_absence",
    "change_absence",
    "check_absence",
    "enter_absence",
    "look_after_absences",
    "may_plan_for",
]
