"""Texts that a spreadsheet would run as a formula are made harmless, and back.

Spreadsheets take a text that begins with = + - @ (also in full width), a tab or a line break, with or without
blanks before it, for a formula, even out of a CSV file. An apostrophe before it makes it a text. A sign and
digits alone, such as the phone number +4930123456 or -5, is a number at worst: it stays as it is, so that
other programs can dial it. XLSX keeps the kind of each cell, so texts stay as they are there.
"""

import re
from datetime import date, datetime

Cell = str | int | float | bool | date | datetime | None

# Whatever counts as blank, also what cannot be seen.
BLANK = r"[\s\u00a0\u200b\u200c\u200d\u2060\ufeff\x00-\x20]*"
FORMULA = re.compile(rf"{BLANK}[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n]|[\t\r\n]")
NUMBER = re.compile(r"[+-][0-9]+([.,][0-9]+)?")
MADE_HARMLESS = re.compile(rf"'+({FORMULA.pattern})")


def harmless(text: str) -> str:
    """Return a text that no spreadsheet runs."""
    if (FORMULA.match(text) and not NUMBER.fullmatch(text)) or MADE_HARMLESS.match(text):
        return f"'{text}"
    return text


def as_typed(text: str) -> str:
    """Return a text as it was before it was made harmless, for whoever reads such a file again."""
    return text[1:] if MADE_HARMLESS.match(text) else text
