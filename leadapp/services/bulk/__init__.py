"""The same with many leads: chosen at once, done in batches by workers, taken back with one click."""

from leadapp.services.bulk.actions import Asked
from leadapp.services.bulk.running import (
    BATCH as MOST_TICKED,
)
from leadapp.services.bulk.running import (
    continue_runs,
    finish_small,
    forget_items,
    is_waiting,
    nudge_runs,
)
from leadapp.services.bulk.starting import (
    UNDO_WITHIN,
    Chosen,
    may_undo_run,
    start_run,
    undo_run,
)

__all__ = [
    "MOST_TICKED",
    "UNDO_WITHIN",
    "Asked",
    "Chosen",
    "continue_runs",
    "finish_small",
    "forget_items",
    "is_waiting",
    "may_undo_run",
    "nudge_runs",
    "start_run",
    "undo_run",
]
