"""People: who takes leads now, and how they want to see Leadapp."""

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from leadapp.access import Actor, require
from leadapp.errors import Invalid
from leadapp.models import Density, ListSize, User


def set_availability(*, user: User, is_available: bool, actor: Actor, now: datetime) -> None:
    """Say whether somebody takes leads that are handed over; leads they have stay with them."""
    if actor != user:
        require(actor, "leadapp.reassign_lead", _("Only a manager may say whether others are available."))
    User.objects.filter(pk=user.pk).update(is_available=is_available)
    user.is_available = is_available


def holders_of(permission: str) -> QuerySet[User, int]:
    """Return the ids of active people whose roles give them a permission of the form app.codename."""
    app, _dot, codename = permission.partition(".")
    permissions = Permission.objects.filter(content_type__app_label=app, codename=codename)
    named = Q(groups__permissions__in=permissions) | Q(user_permissions__in=permissions)
    return User.objects.filter(named, is_active=True).distinct().values_list("pk", flat=True)


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


def choose_settings(
    *, user: User, theme: str, language: str, time_zone: str, density: str, list_size: int
) -> None:
    """Keep how somebody wants to see Leadapp; an empty language or time zone is no choice."""
    chosen = {
        "theme": theme,
        "language": language,
        "time_zone": time_zone,
        "density": density,
        "list_size": list_size,
    }
    for name, value in chosen.items():
        try:
            User._meta.get_field(name).clean(value, None)  # type: ignore[union-attr]
        except ValidationError as error:
            raise Invalid.field(name, error.messages[0]) from error
    User.objects.filter(pk=user.pk).update(**chosen)
    for name, value in chosen.items():
        setattr(user, name, value)
