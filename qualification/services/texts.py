"""Words that people type: trimmed, not too long, and there when they are needed."""

from django.utils.translation import gettext as _

from leadapp.errors import Invalid
from leadapp.numbers import write_number


def cleaned_text(name: str, text: str, *, longest: int) -> str:
    """Return the text without white space around it, or raise Invalid."""
    text = text.strip()
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        raise Invalid.field(name, _("This holds a character that cannot be stored.")) from None
    if "\0" in text:
        raise Invalid.field(name, _("This holds a character that cannot be stored."))
    if len(text) > longest:
        raise Invalid.field(
            name,
            _("Keep it to %(longest)s characters; this has %(count)s.")
            % {"longest": write_number(longest), "count": write_number(len(text))},
        )
    return text


def needed_text(name: str, text: str, *, longest: int, message: str) -> str:
    """Return the cleaned text, or raise Invalid with the message when there is none."""
    text = cleaned_text(name, text, longest=longest)
    if not text:
        raise Invalid.field(name, message)
    return text


def needed_reason(reason: str, *, why: str) -> str:
    """Return the reason, or raise Invalid saying what it is needed for."""
    return needed_text("reason", reason, longest=500, message=_("Give a reason: %(why)s") % {"why": why})
