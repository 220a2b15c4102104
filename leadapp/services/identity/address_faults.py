"""What is wrong with an email address, in the reader's language."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

# What email-validator says of addresses that people type. What it says more seldom is told as it says it.
SENTENCES = (
    gettext_noop("An email address must have an @-sign."),
    gettext_noop("There must be something before the @-sign."),
    gettext_noop("There must be something after the @-sign."),
    gettext_noop("The part after the @-sign is not valid. It should have a period."),
    gettext_noop("The part after the @-sign is not valid. It is not within a valid top-level domain."),
    gettext_noop(
        "The part after the @-sign is a special-use or reserved name that cannot be used with email."
    ),
    gettext_noop("An email address cannot start with a period."),
    gettext_noop("An email address cannot end with a period."),
    gettext_noop("An email address cannot have a period immediately before the @-sign."),
    gettext_noop("An email address cannot have a period immediately after the @-sign."),
    gettext_noop("An email address cannot have two periods in a row."),
    gettext_noop("A display name and angle brackets around the email address are not permitted here."),
)
WITH_CHARACTERS = (
    gettext_noop("The email address contains invalid characters before the @-sign: %(characters)s."),
    gettext_noop("The part after the @-sign contains invalid characters: %(characters)s."),
    gettext_noop("The email address contains unsafe characters: %(characters)s."),
)


def tell_fault(reason: str) -> str:
    """Say in the reader's language what email-validator says in English."""
    head, _colon, characters = reason.partition(": ")
    named = f"{head}: %(characters)s."
    if named in WITH_CHARACTERS:
        return _(named) % {"characters": characters.removesuffix(".")}
    return _(reason)
