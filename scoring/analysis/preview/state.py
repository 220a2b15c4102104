"""What a preview knows so far: small enough to travel with every request."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

# The lines that every version has; those of the gates have the names of their steps.
HOT, WARM, READY = "hot", "warm", "ready"


@dataclass(frozen=True)
class Crossing:
    """How many leads come above a line, and how many fall below it."""

    up: int = 0
    down: int = 0

    @property
    def net(self) -> int:
        """Return how many more are above it then."""
        return self.up - self.down

    def __add__(self, other: "Crossing") -> "Crossing":
        return Crossing(self.up + other.up, self.down + other.down)


@dataclass(frozen=True)
class Effect:
    """What changes do to the leads looked at so far: how many scores move, and which lines are crossed.

    `name` and `text` say which change it is; of the draft as a whole they are empty.
    """

    name: str = ""
    text: str = ""
    moved: int = 0
    crossings: Mapping[str, Crossing] = field(default_factory=dict)

    def crossing(self, line: str) -> Crossing:
        """Return the crossings of a line: hot, warm, ready, or the step of a gate."""
        return self.crossings.get(line, Crossing())


@dataclass(frozen=True)
class Named:
    """A lead that would change much, the lines it would cross ("hot+", "ready-"), and because of what."""

    lead_id: int
    before: int
    after: int
    crosses: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def change(self) -> int:
        """Return the points that it would gain or lose."""
        return self.after - self.before


@dataclass(frozen=True)
class WeeklyHandover:
    """How many leads reach the threshold in an average week, by the live version and by the draft."""

    weeks: int
    before: float
    after: float
    sampled: int
    active: int


@dataclass(frozen=True)
class Preview:
    """What is known of a preview at one moment of its run.

    `before_id` is None where no version is live. `seen` tells whether both versions are still what they were
    at the beginning. `edges` are where the bands of the distribution begin; `below` and `above` count the
    leads in them. `changes` counts the leads by how much they move. `gates` are the gates that were looked
    at, by their steps. `weekly` and the reasons of `named` come with the last step.
    """

    before_id: int | None
    draft_id: int
    seen: str
    as_of: datetime
    leads_total: int
    next_id: int
    last_id: int
    size: int
    edges: tuple[int, ...]
    threshold_before: int
    threshold: int
    hot_from: int
    is_done: bool = False
    looked_at: int = 0
    leads: int = 0
    bands_before: tuple[int, ...] = ()
    bands_after: tuple[int, ...] = ()
    changes: Mapping[int, int] = field(default_factory=dict)
    gates: Mapping[str, str] = field(default_factory=dict)
    whole: Effect = field(default_factory=Effect)
    effects: tuple[Effect, ...] = ()
    left_out: int = 0
    named: tuple[Named, ...] = ()
    weekly: WeeklyHandover | None = None

    @property
    def share(self) -> float:
        """Return how much of it is done, from 0 to 1."""
        if self.is_done:
            return 1.0
        # The last step, which looks at weeks and reasons, is a piece of the way as well.
        return 0.95 * min(1.0, self.looked_at / self.leads_total) if self.leads_total else 0.0

    @property
    def moved(self) -> int:
        """Return how many leads get another score."""
        return self.whole.moved

    @property
    def unchanged(self) -> int:
        """Return how many leads keep their score."""
        return self.leads - self.whole.moved

    @property
    def median_change(self) -> int:
        """Return the change in the middle of all leads that move; the lower one of two."""
        middle = (self.moved + 1) // 2
        for change, leads in sorted(self.changes.items()):
            middle -= leads
            if middle <= 0:
                return change
        return 0


def to_json(preview: Preview) -> dict[str, Any]:
    """Return the state as plain JSON values."""
    return {**asdict(preview), "as_of": preview.as_of.isoformat()}


def from_json(data: Mapping[str, Any]) -> Preview:
    """Return the state that `to_json` gave."""
    weekly = data["weekly"]
    return Preview(
        **{
            **data,
            "as_of": datetime.fromisoformat(data["as_of"]),
            "edges": tuple(data["edges"]),
            "bands_before": tuple(data["bands_before"]),
            "bands_after": tuple(data["bands_after"]),
            "changes": {int(change): leads for change, leads in data["changes"].items()},
            "whole": _effect(data["whole"]),
            "effects": tuple(map(_effect, data["effects"])),
            "named": tuple(_named(each) for each in data["named"]),
            "weekly": WeeklyHandover(**weekly) if weekly else None,
        }
    )


def _effect(data: Mapping[str, Any]) -> Effect:
    crossings = {line: Crossing(**crossing) for line, crossing in data["crossings"].items()}
    return Effect(**{**data, "crossings": crossings})


def _named(data: Mapping[str, Any]) -> Named:
    return Named(**{**data, "crosses": tuple(data["crosses"]), "reasons": tuple(data["reasons"])})
