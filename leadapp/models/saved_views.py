"""Views of the lead list that people keep: an address with a name."""

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leadapp.models.querysets import mates_of

if TYPE_CHECKING:
    from leadapp.models.people import User


class Sharing(models.TextChoices):
    """Who else may open a view."""

    PRIVATE = "private", _("Only me")
    TEAM = "team", _("My team")
    EVERYBODY = "everybody", _("Everybody")


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    """Saved views."""

    def kept(self) -> Self:
        """Leave out those that were deleted."""
        return self.filter(deleted_at__isnull=True)

    def visible_to(self, user: "User") -> Self:
        """Keep a person's own views, and those that colleagues share with them."""
        shared = Q(sharing=Sharing.EVERYBODY) | Q(sharing=Sharing.TEAM, owner__in=mates_of(user))
        return self.kept().filter(Q(owner=user) | shared)

    def in_order(self) -> Self:
        """Order as their owner did."""
        return self.order_by("position", "pk")


class SavedView(models.Model):
    """What somebody asks of the lead list again and again: filters, order and columns.

    `query` is what stands behind the question mark in the address of the list; "me" and "my team" in it are
    whoever reads. A team view is for the present team of its owner. A deleted one can be brought back.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views", db_index=False
    )
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=2000)
    sharing = models.CharField(max_length=16, choices=Sharing.choices, default=Sharing.PRIVATE)
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "owner",
                Lower("name"),
                condition=Q(deleted_at__isnull=True),
                name="saved_view_name_unique",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="saved_view_has_name"),
            models.CheckConstraint(condition=~Q(query=""), name="saved_view_has_query"),
            models.CheckConstraint(condition=Q(sharing__in=Sharing.values), name="saved_view_sharing_known"),
            models.CheckConstraint(
                condition=Q(deleted_at__isnull=True) | Q(deleted_at__gte=models.F("created_at")),
                name="saved_view_deleted_later",
            ),
        ]
        indexes = [
            # Read by each lead list: the views of a person in their order.
            models.Index(
                fields=["owner", "position", "id"],
                condition=Q(deleted_at__isnull=True),
                name="saved_view_of_owner",
            ),
            # Read by the page of views: what colleagues share.
            models.Index(
                fields=["sharing", "owner"],
                condition=Q(deleted_at__isnull=True) & ~Q(sharing="private"),
                name="saved_view_shared",
            ),
        ]

    def __str__(self) -> str:
        return self.name
