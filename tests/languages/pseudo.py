"""A language for tests, in which each text that goes through gettext can be told from one that does not.

Its letters are the wide ones that are made for beside Chinese. What is filled in, tags and entities stay.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from django.utils.translation import trans_real
from django.utils.translation.trans_real import CONTEXT_SEPARATOR

from leadapp import shipped
from leadapp.templatetags import components

STANDS_FOR = "de"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
LETTERS += LETTERS.upper()
WIDE = str.maketrans(LETTERS, "".join(chr(ord(letter) + 0xFEE0) for letter in LETTERS))
FILLED_IN = re.compile(r"(%\(\w+\)[sd]|%[sd%]|\{[^}]*\}|</?\w[^>]*>|&#?\w+;)")


def widen(text: str) -> str:
    """Return a text in the language of tests."""
    parts = FILLED_IN.split(text)
    return "".join(part if place % 2 else part.translate(WIDE) for place, part in enumerate(parts))


class Wide:
    """Translations that are made up when they are asked for; German in all else."""

    def __init__(self) -> None:
        self._german = trans_real.translation(STANDS_FOR)

    def gettext(self, message: str) -> str:
        """Return the text, widened."""
        return widen(message.rpartition(CONTEXT_SEPARATOR)[2])

    def ngettext(self, one: str, many: str, number: int) -> str:
        """Return the text for a number, widened."""
        return self.gettext(one if number == 1 else many)

    def language(self) -> str:
        """Return the language that dates and numbers are written in."""
        return STANDS_FOR

    def to_language(self) -> str:
        """Return the name that Django knows this language by."""
        return STANDS_FOR


@contextmanager
def pseudo_language() -> Iterator[None]:
    """Let German be the language of tests."""
    trans_real.translation(STANDS_FOR)
    _forget_german()
    with patch.dict(vars(trans_real)["_translations"], {STANDS_FOR: Wide()}):
        yield
    _forget_german()


def _forget_german() -> None:
    """Forget what was written in German, which is another language before and after."""
    shipped._shown.cache_clear()
    components._drawn_in.cache_clear()
