"""The people who use Leadapp. What they may do comes from their groups: rep, marketer, manager, admin."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """Somebody who signs in."""

    is_available = models.BooleanField(
        "available", default=True, help_text="Takes leads that are handed over to sales."
    )

    class Meta(AbstractUser.Meta):
        pass

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @property
    def initials(self) -> str:
        """Return one or two letters for the avatar."""
        names = [self.first_name, self.last_name] if self.last_name else [self.username]
        return "".join(name[:1] for name in names if name).upper()
