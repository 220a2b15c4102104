"""Numbers, and the lists of the leads behind them."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse


@dataclass(frozen=True)
class Figure:
    """A number and the address of the leads behind it; there is none behind nothing."""

    count: int
    url: str


@dataclass(frozen=True)
class Links:
    """Writes addresses of the lead list: of everybody's leads, or of the own ones."""

    is_own: bool

    def leads(self, **filters: str) -> str:
        """Return the address of the leads that fit the filters."""
        return f"{reverse('lead-list')}?{urlencode(filters | ({'owner': 'me'} if self.is_own else {}))}"

    def count(self, number: int, **filters: str) -> Figure:
        """Return a number with the leads behind it."""
        return Figure(number, self.leads(**filters) if number else "")
