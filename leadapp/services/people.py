"""People of the team: who takes leads now."""

from datetime import datetime

from leadapp.access import Actor, require
from leadapp.models import User


def set_availability(*, user: User, is_available: bool, actor: Actor, now: datetime) -> None:
    """Say whether somebody takes leads that are handed over; leads they have stay with them."""
    if actor != user:
        require(actor, "leadapp.reassign_lead", "Only a manager may say whether others are available.")
    User.objects.filter(pk=user.pk).update(is_available=is_available)
    user.is_available = is_available
