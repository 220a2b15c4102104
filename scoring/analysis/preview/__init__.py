"""What a version would do to the leads there are, before it is published. Nothing is written.

The leads are looked at in pieces: `begin`, then `step` until `is_done`; a page that is left goes no further.
What is known in between is small (`to_json`, `from_json`) and belongs to whoever asks.
"""

from scoring.analysis.preview.run import TooBusy, begin, step, whole
from scoring.analysis.preview.state import (
    Crossing,
    Effect,
    Named,
    Preview,
    WeeklyHandover,
    from_json,
    to_json,
)
from scoring.analysis.preview.statement import Gates

__all__ = [
    "Crossing",
    "Effect",
    "Gates",
    "Named",
    "Preview",
    "TooBusy",
    "WeeklyHandover",
    "begin",
    "from_json",
    "step",
    "to_json",
    "whole",
]
