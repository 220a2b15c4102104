"""Chainable reads over the work on leads."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When

from leadapp.models import Lead, Stage, Status, User

if TYPE_CHECKING:
    from qualification.models.moves import StageChange  # noqa: F401 - as below
    from qualification.models.notices import Notice  # noqa: F401 - as below
    from qualification.models.work import Assignment, Note  # noqa: F401 - mypy reads the names below


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    """Assignments."""

    def running(self) -> Self:
        """Keep those that have not ended."""
        return self.filter(ended_at__isnull=True)

    def with_outcome(self, *, now: datetime) -> Self:
        """Keep those with a clock, each with the `outcome` of it: what became of the answer.

        in_time, late (it came late), overdue (it is late and still to come), missed (it was late when
        somebody else got the lead, or it was set aside), waiting, or passed_on (it was not due by then).
        """
        return self.filter(clock_started_at__isnull=False).annotate(
            outcome=Case(
                When(answered_at__lte=F("due_at"), then=Value("in_time")),
                When(answered_at__isnull=False, then=Value("late")),
                When(ended_at__gt=F("due_at"), then=Value("missed")),
                When(ended_at__isnull=False, then=Value("passed_on")),
                When(due_at__lt=now, then=Value("overdue")),
                default=Value("waiting"),
            )
        )

    def free_to_take(self) -> Self:
        """Keep those whose answer is so late that any rep may take the lead."""
        return self.running().filter(
            owner__isnull=False, answered_at__isnull=True, escalations__level="free", lead__status=Status.OPEN
        )

    def queued(self) -> Self:
        """Keep those of open leads that wait in the team queue."""
        return self.running().filter(owner__isnull=True, lead__status=Status.OPEN)

    def of_this_stay(self) -> Self:
        """Keep those since the lead came to its stage, or was reopened in it."""
        return self.filter(assigned_at__gte=F("lead__stage_changed_at"))


class NoteQuerySet(models.QuerySet["Note"]):
    """Notes."""

    def kept(self) -> Self:
        """Leave out those that their author deleted."""
        return self.filter(deleted_at__isnull=True)


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Notices."""

    def shown_to(self, user: User) -> Self:
        """Keep this person's, but for those about leads that they may not see (any more)."""
        visible = Lead.objects.visible_to(user)
        return self.filter(Q(lead__isnull=True) | Exists(visible.filter(pk=OuterRef("lead"))), user=user)

    def unread(self) -> Self:
        """Keep those that nobody has read."""
        return self.filter(read_at__isnull=True)


class StageChangeQuerySet(models.QuerySet["StageChange"]):
    """Moves."""

    def arrivals(self, stage: str) -> Self:
        """Keep the moves that brought a lead to a stage or past it, without those that were taken back."""
        place = Stage.values.index(stage)
        return self.filter(
            from_stage__in=Stage.values[:place], to_stage__in=Stage.values[place:], undone_by__isnull=True
        ).exclude(move="undo")

    def first_arrivals(self, stage: str) -> Self:
        """Keep, of each lead, the move that first brought it to a stage or past it."""
        earlier = Q(at__lt=OuterRef("at")) | Q(at=OuterRef("at"), pk__lt=OuterRef("pk"))
        others = self.model.objects.arrivals(stage).filter(earlier, lead=OuterRef("lead"))
        return self.arrivals(stage).filter(~Exists(others))
