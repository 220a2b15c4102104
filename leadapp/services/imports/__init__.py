"""Files of leads: brought, checked, imported by workers, and taken back (docs/import.md)."""

from leadapp.services.imports.running import continue_imports, finish, finish_small, is_waiting
from leadapp.services.imports.starting import (
    IMPORT,
    Reading,
    Rules,
    as_mapping,
    check,
    discard,
    examples,
    forget_old,
    largest_file,
    may_undo,
    read_again,
    start,
    stop,
    undo,
    upload,
)

__all__ = [
    "IMPORT",
    "Reading",
    "Rules",
    "as_mapping",
    "check",
    "continue_imports",
    "discard",
    "examples",
    "finish",
    "finish_small",
    "forget_old",
    "is_waiting",
    "largest_file",
    "may_undo",
    "read_again",
    "start",
    "stop",
    "undo",
    "upload",
]
