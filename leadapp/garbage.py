"""How often long-lived processes look for garbage: seldom, and never among what was loaded.

A request or a chunk of rows makes thousands of objects and drops them, mostly without a ring. With Python's
own settings a fifth of an import is spent looking for rings (docs/speed.md).
"""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

from celery import bootsteps

if TYPE_CHECKING:
    from celery.worker import WorkController

# New objects after which it is looked for.
LOOKED_FOR_AFTER = 10_000


def look_seldom() -> None:
    """Let what is loaded by now stay, also in processes that are forked later."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(LOOKED_FOR_AFTER)


class LookSeldom(bootsteps.Step):
    """Does so in a worker, when all is loaded and before its processes are forked."""

    def __init__(self, parent: WorkController, **options: Any) -> None:
        super().__init__(parent, **options)
        look_seldom()
