"""Moves of leads between stages, into nurture, out and in again: one row each, never changed."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leadapp.models import ApiKey, Lead, Stage, Status
from qualification.models.querysets import StageChangeQuerySet
from qualification.models.recycling import DisqualifyReason


class Move(models.TextChoices):
    """What kind of move it was."""

    FORWARD = "forward", _("Forward")
    OVERRIDE = "override", _("Past a failing gate")
    BACKWARD = "backward", _("Backward")
    NURTURE = "nurture", _("To nurture")
    DISQUALIFY = "disqualify", _("Disqualified")
    REOPEN = "reopen", _("Reopened")
    OPPORTUNITY = "opportunity", _("New opportunity")
    MERGE = "merge", _("Merged with another lead")
    UNDO = "undo", _("Undone")


class StageChange(models.Model):
    """A lead moved: its stage, its status, or both. Never changed itself.

    `actor` and `api_key` are empty for automatic moves. `from_since`, `from_reason`, `assignment` and `deal`
    are what an undo needs to put back; automatic moves are not undone and leave them empty.
    """

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="stage_changes", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    move = models.CharField(max_length=16, choices=Move.choices)
    from_stage = models.CharField(max_length=16, choices=Stage.choices)
    to_stage = models.CharField(max_length=16, choices=Stage.choices)
    from_status = models.CharField(max_length=16, choices=Status.choices)
    to_status = models.CharField(max_length=16, choices=Status.choices)
    from_since = models.DateTimeField(null=True, editable=False, help_text=_("Since when it stood there."))
    from_reason = models.CharField(
        max_length=500, blank=True, editable=False, help_text=_("Why it was in nurture or disqualified.")
    )
    is_automatic = models.BooleanField(default=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    api_key = models.ForeignKey(
        ApiKey,
        verbose_name=_("API key"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    reason = models.CharField(max_length=500, blank=True)
    disqualify_reason = models.ForeignKey(
        DisqualifyReason,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text=_("For reports; `reason` has the words as they were then."),
    )
    score = models.IntegerField(null=True, help_text=_("The score at that moment."))
    assignment = models.ForeignKey(
        "qualification.Assignment",
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
        help_text=_("The one that ran, or that a reopened lead got."),
    )
    deal = models.ForeignKey(
        "qualification.Deal",
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
        help_text=_("What was won with this move."),
    )
    # Unique: a move is undone once.
    undoes = models.OneToOneField(
        "self", null=True, editable=False, on_delete=models.CASCADE, related_name="undone_by"
    )

    objects = StageChangeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    move__in=Move.values,
                    from_stage__in=Stage.values,
                    to_stage__in=Stage.values,
                    from_status__in=Status.values,
                    to_status__in=Status.values,
                ),
                name="stage_change_known",
            ),
            models.CheckConstraint(
                condition=~Q(from_stage=F("to_stage")) | ~Q(from_status=F("to_status")),
                name="stage_change_changes_something",
            ),
            # Who takes back an own slip owes nobody a reason.
            models.CheckConstraint(
                condition=Q(move__in=["forward", "undo"]) | ~Q(reason=""), name="stage_change_has_reason"
            ),
            models.CheckConstraint(
                condition=Q(move="undo", undoes__isnull=False) | (~Q(move="undo") & Q(undoes__isnull=True)),
                name="stage_change_undo_names_move",
            ),
            models.CheckConstraint(
                condition=Q(actor__isnull=True) | Q(api_key__isnull=True), name="stage_change_one_actor"
            ),
            models.CheckConstraint(
                condition=Q(is_automatic=False) | Q(actor__isnull=True, api_key__isnull=True),
                name="stage_change_automatic_by_nobody",
            ),
            models.CheckConstraint(
                condition=Q(disqualify_reason__isnull=True) | Q(move="disqualify"),
                name="stage_change_disqualify_reason",
            ),
        ]
        indexes = [
            # The history of a lead.
            models.Index("lead", F("at").desc(), F("id").desc(), name="stage_change_history"),
            # How often each reason was given, and whether it can be deleted.
            models.Index(
                fields=["disqualify_reason", "at"],
                condition=Q(disqualify_reason__isnull=False),
                name="stage_change_reason",
            ),
            # The move that a deal came with, when the deal is taken back.
            models.Index(fields=["deal"], condition=Q(deal__isnull=False), name="stage_change_deal"),
        ]

    def __str__(self) -> str:
        return f"{self.get_from_stage_display()} → {self.get_to_stage_display()}"

    @property
    def who(self) -> str:
        """Return who moved it: a person or an API key; empty when it was automatic or nobody is known."""
        return str(self.actor or self.api_key or "")
