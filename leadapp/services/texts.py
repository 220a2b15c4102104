"""What text and JSON may hold, so that PostgreSQL can store it and every page can show it."""

import math
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from leadapp.errors import Invalid
from leadapp.numbers import write_number

LARGEST_INTEGER = 2**53 - 1  # what JSON readers agree on; larger ones lose digits on their way
DEEPEST = 8

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]


def text_fault(text: str, *, longest: int) -> str | None:
    """Say what is wrong with a text, or return None."""
    if "\x00" in text:
        return _("Contains a NUL character.")
    if len(text) > longest:
        return _("Is longer than %(longest)s characters.") % {"longest": write_number(longest)}
    if text.isascii():
        return None
    try:
        text.encode()
    except UnicodeEncodeError:
        return _("Contains half of a surrogate pair, which is no character.")
    return None


def clean_text(value: object, field: str, *, longest: int) -> str:
    """Return the stripped text, or raise Invalid; None is an empty text."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Invalid.field(field, _("Must be a text."))
    stripped = value.strip()
    if fault := text_fault(stripped, longest=longest):
        raise Invalid.field(field, fault)
    return stripped


def json_fault(value: object, *, longest_text: int = 10_000) -> str | None:
    """Say what is wrong with a JSON value, or return None. Walks without recursion."""
    waiting: list[tuple[object, int]] = [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        if depth > DEEPEST:
            return _("Is nested deeper than %(deepest)s levels.") % {"deepest": DEEPEST}
        if isinstance(item, str | int | float):  # most, and asking whether it is a mapping takes long
            if fault := _scalar_fault(item, longest_text):
                return fault
        elif isinstance(item, Mapping):
            waiting += [(key, depth) for key in item]
            waiting += [(inner, depth + 1) for inner in item.values()]
        elif isinstance(item, list):
            waiting += [(inner, depth + 1) for inner in item]
    return None


def _scalar_fault(item: object, longest_text: int) -> str | None:
    if isinstance(item, str):
        return text_fault(item, longest=longest_text)
    if isinstance(item, float) and not math.isfinite(item):
        return _("Contains a number that is not finite.")
    if isinstance(item, int) and abs(item) > LARGEST_INTEGER:
        return _("Contains a whole number beyond ±9,007,199,254,740,991.")
    return None
