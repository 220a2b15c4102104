"""Read the parameters behind the question mark: only known ones, each in its form."""

from collections.abc import Collection
from datetime import UTC, datetime

from django.utils.dateparse import parse_date, parse_datetime
from rest_framework.request import Request

from leadapp.errors import Invalid
from leadapp.services.texts import text_fault

LARGEST_INTEGER = 2**31 - 1
PAGE, LARGEST_PAGE = 50, 200


class Parameters:
    """The parameters of a request; collects what is wrong with them and says it all at once."""

    def __init__(self, request: Request, known: Collection[str]) -> None:
        self.errors: dict[str, list[str]] = {}
        self.values: dict[str, str] = {}
        for name, values in request.GET.lists():
            if name not in known:
                self.errors[name] = [f"Is not a parameter here. Known: {', '.join(known)}."]
            elif len(values) > 1:
                self.errors[name] = ["Is given twice."]
            elif fault := text_fault(values[0], longest=1000):
                self.errors[name] = [fault]
            elif not values[0]:
                self.errors[name] = ["Is empty. Leave it out, or give a value."]
            else:
                self.values[name] = values[0]

    def text(self, name: str) -> str | None:
        """Return a text, or None where it is not given."""
        return self.values.get(name)

    def number(
        self, name: str, *, largest: int = LARGEST_INTEGER, smallest: int = 0, default: int | None = None
    ) -> int | None:
        """Return a whole number."""
        text = self.values.get(name)
        if text is None:
            return default
        if not (text.removeprefix("-").isascii() and text.removeprefix("-").isdigit() and len(text) < 20):
            self.errors[name] = ["Must be a whole number."]
        elif not smallest <= int(text) <= largest:
            self.errors[name] = [f"Must be between {smallest:,} and {largest:,}."]
        else:
            return int(text)
        return default

    def one_of(self, name: str, choices: Collection[str]) -> str | None:
        """Return one of the choices."""
        text = self.values.get(name)
        if text is not None and text not in choices:
            self.errors[name] = [f"Must be one of: {', '.join(choices)}."]
            return None
        return text

    def flag(self, name: str) -> bool:
        """Return yes or no; no where it is not given."""
        return self.one_of(name, ("true", "false")) == "true"

    def moment(self, name: str) -> datetime | None:
        """Return a date with a time; without a time zone UTC is meant, without a time midnight."""
        text = self.values.get(name)
        if text is None:
            return None
        try:
            # A "+" that was not escaped arrives as a space.
            moment = parse_datetime(text.replace(" ", "+") if "T" in text else text)
            if moment is None and (day := parse_date(text)):
                moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
            if moment is not None:
                return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        self.errors[name] = ["Must be a date, or a date and time, such as 2026-01-31T09:30:00Z."]
        return None

    def limit(self) -> int:
        """Return how many rows a page has."""
        return self.number("limit", smallest=1, largest=LARGEST_PAGE, default=PAGE) or PAGE

    def check(self) -> None:
        """Raise Invalid that names every fault."""
        if self.errors:
            raise Invalid("The parameters cannot be read.", errors=self.errors)
