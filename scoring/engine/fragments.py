"""Pieces of SQL together with their parameters."""

from collections.abc import Iterable
from dataclasses import dataclass

Parameter = str | int | float | list[str] | list[float] | None


@dataclass(frozen=True)
class Fragment:
    """SQL text with %s, and the values for them in the same order."""

    sql: str
    params: tuple[Parameter, ...] = ()

    def __add__(self, other: "Fragment | str") -> "Fragment":
        if isinstance(other, str):
            return Fragment(self.sql + other, self.params)
        return Fragment(self.sql + other.sql, self.params + other.params)

    def __radd__(self, other: str) -> "Fragment":
        return Fragment(other + self.sql, self.params)


def join(separator: str, fragments: Iterable[Fragment]) -> Fragment:
    """Put a separator between fragments."""
    parts = list(fragments)
    return Fragment(
        separator.join(part.sql for part in parts), tuple(p for part in parts for p in part.params)
    )
