"""The ways in which Leadapp says no. Every interface turns these into its own form."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext_lazy as _

FieldErrors = Mapping[str, Sequence[str]]


class Refused(Exception):
    """A request that was understood and not carried out; nothing was written.

    `message` is a sentence for people. `errors` names the fields at fault, each with its sentences.
    """

    status = 400
    title = _("Refused")

    def __init__(self, message: str, *, errors: FieldErrors | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.errors: FieldErrors = errors or {}


class Invalid(Refused):
    """The input does not make sense; `errors` says which field and why."""

    status = 422
    title = _("Invalid input")

    @classmethod
    def field(cls, name: str, message: str) -> "Invalid":
        """Build the refusal of a single field."""
        return cls(message, errors={name: [message]})


class NotAllowed(Refused):
    """The person or key may see this, but may not do it."""

    status = 403
    title = _("Not allowed")


class NotFound(Refused):
    """It does not exist, or must not be seen by whoever asks."""

    status = 404
    title = _("Not found")


class Conflict(Refused):
    """Somebody else changed it first; look again before trying again."""

    status = 409
    title = _("Changed meanwhile")
