"""The countries of ISO 3166 and Kosovo (XK, as most write it), by their codes of two letters."""

from functools import lru_cache

from babel import Locale

# Babel knows more than countries: unknown (ZZ), for tests (XA, XB), unions (EU), islands of others (IC).
NONE_OF_THEM = {"ZZ", "XA", "XB", "EU", "EZ", "UN", "QO", "AC", "CP", "CQ", "DG", "EA", "IC", "TA"}


@lru_cache(maxsize=1)
def country_codes() -> frozenset[str]:
    """Return all codes; Babel reads them for some 20 ms, which no process needs when it starts."""
    return frozenset(code for code in map(str, Locale("en").territories) if len(code) == 2) - NONE_OF_THEM


def names_of_countries(locale: Locale) -> dict[str, str]:
    """Return the name of each country by its code, as a language has it."""
    codes = country_codes()
    return {str(code): str(name) for code, name in locale.territories.items() if code in codes}
