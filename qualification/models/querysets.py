"""Chainable reads over the work on leads."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F

from leadapp.models import Status

if TYPE_CHECKING:
    from qualification.models.work import Assignment  # noqa: F401 - mypy reads the name below


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    """Assignments."""

    def running(self) -> Self:
        """Keep those that have not ended."""
        return self.filter(ended_at__isnull=True)

    def queued(self) -> Self:
        """Keep those of open leads that wait in the team queue."""
        return self.running().filter(owner__isnull=True, lead__status=Status.OPEN)

    def of_this_stay(self) -> Self:
        """Keep those since the lead came to its stage, or was reopened in it."""
        return self.filter(assigned_at__gte=F("lead__stage_changed_at"))
