"""Leads that were united, with all that an undo needs."""

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leadapp.models.leads import Lead


class RowEncoder(DjangoJSONEncoder):
    """Keeps moments to the microsecond, so that a row comes back as it was."""

    def default(self, o: object) -> object:
        """Return what JSON can hold."""
        return o.isoformat() if isinstance(o, datetime) else super().default(o)


class Merge(models.Model):
    """A lead was united with another one, the winner, and is gone since then. Never changed but by its undo.

    `loser` is the lead as it was, `before` and `after` the facts of the winner that changed.
    """

    winner = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="merges", db_index=False)
    loser_id = models.BigIntegerField()
    loser_name = models.CharField(max_length=300)
    loser = models.JSONField(encoder=RowEncoder)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
        help_text=_("Nobody: it was certain enough to be done by itself."),
    )
    probability = models.FloatField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )

    class Meta:
        constraints = [
            # Also where the addresses of a lead that is gone lead to.
            models.UniqueConstraint(
                fields=["loser_id"], condition=Q(undone_at__isnull=True), name="merge_one_per_loser"
            ),
            # Once it is undone the winner may lose to that very lead.
            models.CheckConstraint(
                condition=Q(undone_at__isnull=False) | ~Q(winner=F("loser_id")), name="merge_of_two"
            ),
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True) | Q(undone_at__gte=F("at")), name="merge_undone_later"
            ),
            models.CheckConstraint(
                condition=Q(probability__isnull=True) | Q(probability__range=(0, 1)),
                name="merge_probability_range",
            ),
        ]
        indexes = [
            # Who was united with a lead, newest first.
            models.Index("winner", F("id").desc(), name="merge_of_winner"),
        ]

    def __str__(self) -> str:
        return f"{self.loser_name} ({self.loser_id})"

    @property
    def is_undone(self) -> bool:
        """Tell whether both leads are there again."""
        return self.undone_at is not None


class MergedRows(models.Model):
    """Rows of one table that a merge moved to the winner, ended, wrote anew, or put aside."""

    class Fate(models.TextChoices):
        """What became of them."""

        MOVED = "moved", _("Moved to the winner")
        ENDED = "ended", _("Ended, for the winner has one that runs")
        WRITTEN = "written", _("Written for the winner")
        KEPT = "kept", _("Put aside as they were")

    merge = models.ForeignKey(Merge, on_delete=models.CASCADE, related_name="rows", db_index=False)
    table = models.CharField(max_length=100, help_text=_("Label of the model."))
    fate = models.CharField(max_length=8, choices=Fate.choices)
    ids = ArrayField(models.BigIntegerField(), default=list)
    rows = models.JSONField(
        default=list,
        encoder=RowEncoder,
        help_text=_("The rows themselves, where they were put aside."),
    )

    class Meta:
        constraints = [
            # Also how those of a merge are found.
            models.UniqueConstraint(fields=["merge", "table", "fate"], name="merged_rows_once"),
            models.CheckConstraint(
                condition=Q(fate__in=["moved", "ended", "written", "kept"]), name="merged_rows_fate_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.table}: {self.get_fate_display()}"
