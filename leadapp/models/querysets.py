"""Chainable reads over leads."""

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from leadapp.models.leads import Lead  # noqa: F401  (named below, as a text)
    from leadapp.models.people import User


def mates_of(user: "User") -> "models.QuerySet[User]":
    """Return everybody in the team of this person, who is one of them; nobody if there is no team."""
    return get_user_model().objects.filter(membership__team__members__user=user)


class LeadQuerySet(models.QuerySet["Lead"]):
    """Leads."""

    def visible_to(self, user: "User") -> Self:
        """Keep the leads that this person may see: all, or a rep's own and unassigned ones (REPS_SEE)."""
        if not user.has_perm("leadapp.view_lead"):
            return self.none()
        is_rep_only = user.has_perm("leadapp.work_own_lead") and not user.has_perm("leadapp.work_any_lead")
        if is_rep_only and settings.REPS_SEE == "own":
            return self.filter(Q(owner=user) | Q(owner__isnull=True))
        return self

    def prioritised(self) -> Self:
        """Order as the list does: score, then most recent activity, then id; unscored leads last."""
        return self.order_by("-priority", "-last_activity_at", "-id")
