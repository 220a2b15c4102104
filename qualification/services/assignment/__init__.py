"""Owners: handing over to sales, taking and giving away. Every assignment says why."""

from qualification.services.assignment.handover import (
    answer_requests,
    give_back,
    hand_out_queue,
    hand_over,
    withdraw_request,
)
from qualification.services.assignment.owners import (
    Assigned,
    SeenOwner,
    assign_lead,
    assign_leads,
    can_own,
    take_lead,
)
from qualification.services.assignment.taking_back import undo_assignments
from qualification.services.assignment.writing import (
    end_running,
    new_assignment,
    replace_running,
    start_again,
)

__all__ = [
    "Assigned",
    "SeenOwner",
    "answer_requests",
    "assign_lead",
    "assign_leads",
    "can_own",
    "end_running",
    "give_back",
    "hand_out_queue",
    "hand_over",
    "new_assignment",
    "replace_running",
    "start_again",
    "take_lead",
    "undo_assignments",
    "withdraw_request",
]
