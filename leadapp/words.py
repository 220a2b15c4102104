"""How things are counted and listed in the reader's language."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeAlias

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from leadapp.numbers import write_number

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# A lazy text is written in the language of whoever reads it.
Text: TypeAlias = "str | _StrPromise"


def count_leads(number: int) -> str:
    """Write how many leads: "1 lead", "2,400 leads"."""
    return ngettext("%(count)s lead", "%(count)s leads", number) % {"count": write_number(number)}


def count_times(number: int) -> str:
    """Write how often: "once", "12 times"."""
    return ngettext("once", "%(count)s times", number) % {"count": write_number(number)}


def join_and(texts: Iterable[str]) -> str:
    """List things of which all are meant: "Budget, Authority and Need"."""
    return _join(list(texts), _("%(list)s and %(last)s"))


def join_or(texts: Iterable[str]) -> str:
    """List things of which one is meant: "Budget, Authority or Need"."""
    return _join(list(texts), _("%(list)s or %(last)s"))


def quote(text: object) -> str:
    """Put a text into the quotation marks of the reader's language."""
    return _("“%(text)s”") % {"text": text}


def _join(texts: list[str], pattern: str) -> str:
    if len(texts) < 2:
        return "".join(texts)
    return pattern % {"list": ", ".join(texts[:-1]), "last": texts[-1]}


def lower_first(text: str) -> str:
    """Let a text go on a sentence: "Hot" becomes "hot", "MQL" stays. German keeps its capitals."""
    keeps = get_language() == "de" or text[1:2].isupper()
    return text if keeps else text[:1].lower() + text[1:]
