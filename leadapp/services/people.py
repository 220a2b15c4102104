"""People: who takes leads now, and how they like the lead list."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from leadapp.access import Actor, require
from leadapp.errors import Invalid
from leadapp.models import Density, ListSize, User


def set_availability(*, user: User, is_available: bool, actor: Actor, now: datetime) -> None:
    """Say whether somebody takes leads that are handed over; leads they have stay with them."""
    if actor != user:
        require(actor, "leadapp.reassign_lead", "Only a manager may say whether others are available.")
    User.objects.filter(pk=user.pk).update(is_available=is_available)
    user.is_available = is_available


def choose_list(
    *,
    user: User,
    density: str | None = None,
    size: int | None = None,
    columns: Sequence[str] | None = None,
    now: datetime,
) -> None:
    """Keep how somebody likes the lead list; what is None stays, and no columns are the usual ones."""
    chosen: dict[str, object] = {}
    if density is not None:
        if density not in Density.values:
            raise Invalid.field("density", _("Choose how much room a row takes."))
        chosen["density"] = density
    if size is not None:
        if size not in ListSize.values:
            raise Invalid.field("size", _("Choose how many leads a page shows."))
        chosen["list_size"] = size
    if columns is not None:
        chosen["list_columns"] = list(columns)
    User.objects.filter(pk=user.pk).update(**chosen)
    for name, value in chosen.items():
        setattr(user, name, value)
