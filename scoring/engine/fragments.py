"""Pieces of SQL together with their parameters."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Later:
    """A parameter whose value is known only when the statement runs."""

    name: str


# Keeps PostgreSQL from pulling a subquery up and computing its expressions once per use. In quotes it is a
# constant of the right type already; a bare 0 would still have to be cast, and PostgreSQL takes what it
# cannot see yet for a real offset, which no parallel workers may share.
FENCE = " OFFSET '0'"

Parameter = str | int | float | list[str] | list[int] | Later


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

    def bind(self, **values: Any) -> list[Any]:
        """Return the parameters, with these values in the places kept for later."""
        return [values[param.name] if isinstance(param, Later) else param for param in self.params]


def join(separator: str, fragments: Iterable[Fragment]) -> Fragment:
    """Put a separator between fragments."""
    parts = list(fragments)
    params = tuple(param for part in parts for param in part.params)
    return Fragment(separator.join(part.sql for part in parts), params)
