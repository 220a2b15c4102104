"""How numbers are written in the UI, in the reader's language."""

from decimal import Decimal

from django.utils.formats import number_format


def write_number(number: float | Decimal, decimals: int = 0) -> str:
    """Write a number with its thousands grouped and so many decimals: 12,345 or 0.5."""
    return number_format(Decimal(f"{number:.{decimals}f}"), decimals, force_grouping=True)


def write_exact(number: float | Decimal) -> str:
    """Write a number with its thousands grouped and as many decimals as it has: 1,000 or 0.25."""
    exact = Decimal(str(number)).normalize()
    return write_number(exact, max(0, -int(exact.as_tuple().exponent)))
