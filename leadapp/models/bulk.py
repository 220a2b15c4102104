"""What is done with many leads at once: one row for what was asked, and one for each lead."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leadapp.models.leads import Lead


class BulkAction(models.TextChoices):
    """What can be done with many leads, and taken back."""

    MOVE = "move", _("Move")
    NURTURE = "nurture", _("Move to nurture")
    DISQUALIFY = "disqualify", _("Disqualify")
    ASSIGN = "assign", _("Assign")
    TAG = "tag", _("Tag")
    TASK = "task", _("Set a task")


class BulkRun(models.Model):
    """Somebody asked for the same with many leads. Workers go on with it until `finished_at`.

    Asked to undo, they leave what is still waiting and take back what was done, until `undo_finished_at`.
    """

    action = models.CharField(max_length=16, choices=BulkAction.choices)
    asked = models.JSONField(default=dict, help_text=_("What was chosen, such as the stage and the reason."))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(default=timezone.now)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)
    undo_asked_at = models.DateTimeField(null=True, blank=True)
    undone = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0, help_text=_("Done, and not to be taken back any more."))
    undo_finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(action__in=BulkAction.values), name="bulk_run_action_known"),
            models.CheckConstraint(
                condition=Q(done__lte=F("total") - F("refused")), name="bulk_run_done_of_total"
            ),
            models.CheckConstraint(
                condition=Q(undone__lte=F("done") - F("kept")), name="bulk_run_undone_of_done"
            ),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(finished_at__gte=F("created_at")),
                name="bulk_run_finishes_later",
            ),
            models.CheckConstraint(
                condition=Q(undo_finished_at__isnull=True)
                | Q(undo_asked_at__isnull=False, undo_finished_at__gte=F("undo_asked_at")),
                name="bulk_run_undo_finishes_later",
            ),
        ]
        indexes = [
            # What workers have still to do, oldest first.
            models.Index(
                fields=["created_at", "id"],
                condition=Q(finished_at__isnull=True)
                | Q(undo_asked_at__isnull=False, undo_finished_at__isnull=True),
                name="bulk_run_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()}: {self.total}"

    @property
    def is_being_undone(self) -> bool:
        """Tell whether workers are still taking it back."""
        return self.undo_asked_at is not None and self.undo_finished_at is None

    @property
    def is_running(self) -> bool:
        """Tell whether workers have still something to do."""
        return self.is_being_undone or (self.finished_at is None and self.undo_asked_at is None)


class BulkItem(models.Model):
    """A lead of a run, as it was when it was chosen, and how it went with it."""

    class State(models.TextChoices):
        """How it went."""

        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused")
        UNDONE = "undone", _("Undone")
        KEPT = "kept", _("Not undone")

    run = models.ForeignKey(BulkRun, on_delete=models.CASCADE, related_name="items", db_index=False)
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="+", db_index=False)
    seen_stage = models.CharField(max_length=16)
    seen_status = models.CharField(max_length=16)
    seen_owner_id = models.BigIntegerField(null=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    reason = models.CharField(max_length=500, blank=True, help_text=_("Why it was refused, or not undone."))
    # What came of it, which an undo takes back. Of several kinds, so without a foreign key.
    made = ArrayField(
        models.BigIntegerField(),
        default=list,
        help_text=_("The move, assignment, task or tags on the lead."),
    )
    removed = models.JSONField(
        default=list, help_text=_("Tags that were taken off: tag, by whom put on, when.")
    )

    class Meta:
        constraints = [
            # Also how the items of a lead go with it.
            models.UniqueConstraint(fields=["lead", "run"], name="bulk_item_once"),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "done", "refused", "undone", "kept"]),
                name="bulk_item_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["refused", "kept"]) | Q(reason=""), name="bulk_item_reason"
            ),
        ]
        indexes = [
            # The next ones to be done, those to be taken back, and the summary.
            models.Index(fields=["run", "state", "id"], name="bulk_item_of_run"),
        ]

    def __str__(self) -> str:
        return _("lead %(lead_id)s: %(state)s") % {"lead_id": self.lead_id, "state": self.state}
