"""Moves by hand: guard, compare with what the person saw, write the new stage and the history in one go."""

from qualification.services.moves.judging import MOST_AT_ONCE, Outcome, Seen
from qualification.services.moves.opportunity import NEW_ROUND_AT, new_opportunity
from qualification.services.moves.stages import GateClosed, missing_lines, move_lead, move_leads
from qualification.services.moves.status import (
    disqualify_lead,
    disqualify_leads,
    nurture_lead,
    nurture_leads,
    reopen_lead,
    reopen_leads,
)
from qualification.services.moves.undo import UNDO_WITHIN, is_own, may_undo, undo_move, undo_moves
from qualification.services.moves.writing import STATUS_WORDS

__all__ = [
    "MOST_AT_ONCE",
    "NEW_ROUND_AT",
    "STATUS_WORDS",
    "UNDO_WITHIN",
    "GateClosed",
    "Outcome",
    "Seen",
    "disqualify_lead",
    "disqualify_leads",
    "is_own",
    "may_undo",
    "missing_lines",
    "move_lead",
    "move_leads",
    "new_opportunity",
    "nurture_lead",
    "nurture_leads",
    "reopen_lead",
    "reopen_leads",
    "undo_move",
    "undo_moves",
]
