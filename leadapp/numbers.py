"""How numbers are written in the UI, in the reader's language, and read from what somebody sent."""

from decimal import Decimal

from django.utils.formats import number_format

LARGEST_ID = 2**63 - 1
MOST_DIGITS = len(str(LARGEST_ID))


def write_number(number: float | Decimal, decimals: int = 0) -> str:
    """Write a number with its thousands grouped and so many decimals: 12,345 or 0.5."""
    return number_format(Decimal(f"{number:.{decimals}f}"), decimals, force_grouping=True)


def write_exact(number: float | Decimal) -> str:
    """Write a number with its thousands grouped and as many decimals as it has: 1,000 or 0.25."""
    exact = Decimal(str(number)).normalize()
    return write_number(exact, max(0, -int(exact.as_tuple().exponent)))


def whole_number(text: str, *, largest: int = LARGEST_ID) -> int | None:
    """Return the whole number that a text is, or None: nothing but digits, and not above `largest`.

    Every text may be asked about: `int` alone fails at thousands of digits, and at some that `isdigit` takes.
    """
    if len(text) > MOST_DIGITS or not (text.isascii() and text.isdigit()):
        return None
    number = int(text)
    return number if number <= largest else None
