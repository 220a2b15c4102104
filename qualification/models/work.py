"""The work on leads: who has them and until when, tasks and notes."""

from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leadapp.models import Lead
from qualification.models.querysets import AssignmentQuerySet, NoteQuerySet
from qualification.models.routing import RoutingRule
from qualification.models.teams import Absence, Team


class Assignment(models.Model):
    """A lead was given to somebody. The running one has no `ended_at`.

    `due_at` is set when an answer is due: the lead was handed over to sales, or asked for one. Without an
    owner it waits in the team queue, because nobody was available; its clock runs.
    """

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="assignments", db_index=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="assignments",
        help_text=_("Nobody: the lead waits in the team queue."),
    )
    assigned_at = models.DateTimeField(default=timezone.now)
    assigned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    reason = models.CharField(max_length=500, help_text=_("Why this person."))
    rule = models.ForeignKey(
        RoutingRule,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
        help_text=_("The routing rule that chose among whom."),
    )
    absence = models.ForeignKey(
        Absence,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="assignments",
        db_index=False,
        help_text=_("On loan while somebody is away: it goes back to them unless it is worked on."),
    )
    team = models.ForeignKey(
        Team,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("Whose working time the clock goes by. Nobody's: around the clock."),
    )
    clock_started_at = models.DateTimeField(
        null=True, blank=True, help_text=_("Since when the lead has waited for an answer.")
    )
    due_at = models.DateTimeField(null=True, blank=True)
    # When somebody is to be told next that the answer is due. It stays when the answer came.
    escalates_at = models.DateTimeField(null=True, blank=True, editable=False)
    answered_at = models.DateTimeField(null=True, blank=True, help_text=_("The first real touch."))
    answer_took = models.DurationField(null=True, blank=True, help_text=_("In working time of the team."))
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lead"], condition=Q(ended_at__isnull=True), name="assignment_one_running"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="assignment_has_reason"),
            models.CheckConstraint(
                condition=Q(owner__isnull=False) | Q(due_at__isnull=False), name="assignment_queue_has_clock"
            ),
            models.CheckConstraint(
                condition=Q(due_at__isnull=True, clock_started_at__isnull=True, escalates_at__isnull=True)
                | Q(due_at__isnull=False, clock_started_at__isnull=False, due_at__gt=F("clock_started_at")),
                name="assignment_due_later",
            ),
            models.CheckConstraint(
                condition=Q(clock_started_at__isnull=True) | Q(clock_started_at__lte=F("assigned_at")),
                name="assignment_clock_not_ahead",
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answer_took__isnull=True)
                | Q(answered_at__isnull=False, answer_took__isnull=False, clock_started_at__isnull=False)
                & Q(answered_at__gte=F("clock_started_at"), answer_took__gte=timedelta()),
                name="assignment_answered_later",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("assigned_at")),
                name="assignment_ends_later",
            ),
        ]
        indexes = [
            # Whose answers are due, soonest first.
            models.Index(
                fields=["owner", "due_at"],
                condition=Q(ended_at__isnull=True, answered_at__isnull=True, due_at__isnull=False),
                name="assignment_due",
            ),
            # My day: which of them somebody has answered today.
            models.Index(
                fields=["owner", "answered_at"],
                condition=Q(answered_at__isnull=False),
                name="assignment_answered",
            ),
            # The owners of a lead, newest first; which clocks it had.
            models.Index("lead", F("assigned_at").desc(), F("id").desc(), name="assignment_of_lead"),
            # What everybody got of the leads that were handed over last, for whose turn it is.
            models.Index(
                F("assigned_at").desc(),
                F("id").desc(),
                condition=Q(due_at__isnull=False, owner__isnull=False, absence__isnull=True),
                name="assignment_newest",
            ),
            # What goes back when somebody returns.
            models.Index(
                fields=["absence"],
                condition=Q(ended_at__isnull=True, absence__isnull=False),
                name="assignment_on_loan",
            ),
            # Who is to be told next that an answer is due.
            models.Index(
                fields=["escalates_at"],
                condition=Q(ended_at__isnull=True, answered_at__isnull=True, escalates_at__isnull=False),
                name="assignment_escalates",
            ),
            # The response times of a period.
            models.Index(
                fields=["clock_started_at", "id"],
                condition=Q(clock_started_at__isnull=False),
                name="assignment_clock_started",
            ),
            # The team queue, longest waiting first.
            models.Index(
                fields=["assigned_at", "id"],
                condition=Q(ended_at__isnull=True, owner__isnull=True),
                name="assignment_queue",
            ),
        ]
        permissions = [("see_response_times", "See the response times of everybody")]

    def __str__(self) -> str:
        if self.owner is None:
            return _("lead %(lead_id)s to the team queue") % {"lead_id": self.lead_id}
        return _("lead %(lead_id)s to %(owner)s") % {"lead_id": self.lead_id, "owner": self.owner}


class Escalation(models.Model):
    """Somebody was told that an answer is due. Never changed; once per assignment and level."""

    class Level(models.TextChoices):
        """How urgent it was."""

        DUE_SOON = "due_soon", _("Due soon")
        LATE = "late", _("Late")
        FREE = "free", _("Free for others to take")

    assignment = models.ForeignKey(
        Assignment, on_delete=models.CASCADE, related_name="escalations", db_index=False
    )
    level = models.CharField(max_length=16, choices=Level.choices)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(level__in=["due_soon", "late", "free"]), name="escalation_level_known"
            ),
            models.UniqueConstraint(fields=["assignment", "level"], name="escalation_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_level_display()}: {self.assignment}"


class Task(models.Model):
    """A follow-up that somebody set for themselves or a colleague."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="tasks")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tasks", db_index=False
    )
    text = models.CharField(max_length=500)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    absence = models.ForeignKey(
        Absence,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="tasks",
        editable=False,
        help_text=_("A colleague does it while somebody is away; what is still open goes back."),
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="task_has_text")]
        indexes = [
            # My day: what is due, soonest first.
            models.Index(fields=["owner", "due_at"], condition=Q(done_at__isnull=True), name="task_open"),
            # My day: what was done today.
            models.Index(fields=["owner", "done_at"], condition=Q(done_at__isnull=False), name="task_done"),
        ]

    def __str__(self) -> str:
        return self.text


class Note(models.Model):
    """What somebody wrote down about a lead. A deleted one is kept, so that deleting can be undone."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="notes", db_index=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    text = models.TextField(max_length=10_000)
    mentions = ArrayField(
        models.CharField(max_length=150),
        default=list,
        blank=True,
        help_text=_("The @names in the text who were told."),
    )
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = NoteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="note_has_text"),
            models.CheckConstraint(
                condition=Q(edited_at__isnull=True) | Q(edited_at__gte=F("created_at")),
                name="note_edited_later",
            ),
            models.CheckConstraint(
                condition=Q(deleted_at__isnull=True) | Q(deleted_at__gte=F("created_at")),
                name="note_deleted_later",
            ),
        ]
        indexes = [
            # The notes of a lead, newest first.
            models.Index("lead", F("created_at").desc(), F("id").desc(), name="note_of_lead"),
        ]

    def __str__(self) -> str:
        return self.text[:60]
