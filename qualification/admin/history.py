"""The history in the admin: moves, evidence and owners are read."""

from django.contrib import admin
from django.utils.translation import gettext_lazy

from leadapp.admin.read_only import ReadOnly
from qualification.models import Assignment, BantAnswer, Escalation, StageChange


@admin.register(StageChange)
class StageChangeAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Every move of every lead."""

    ordering = ("-id",)
    list_display = ("at", "lead", "move", "from_stage", "to_stage", "to_status", "by", "reason", "score")
    list_select_related = ("lead", "actor", "api_key")
    list_filter = ("move", "to_stage", "to_status", "is_automatic", "disqualify_reason")

    @admin.display(description=gettext_lazy("Who"))
    def by(self, change: StageChange) -> str:
        """Return the person or the program."""
        return change.who


@admin.register(BantAnswer)
class BantAnswerAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Evidence."""

    ordering = ("-id",)
    list_display = (
        "answered_at",
        "lead",
        "dimension",
        "state",
        "value",
        "confidence",
        "source",
        "author",
        "expires_at",
    )
    list_select_related = ("lead", "author", "dimension")
    list_filter = ("dimension", "state", "confidence", "source")


@admin.register(Assignment)
class AssignmentAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Who had which lead, and whether the answer came in time."""

    ordering = ("-id",)
    list_display = (
        *("assigned_at", "lead", "owner", "team", "reason"),
        *("clock_started_at", "due_at", "answered_at", "ended_at"),
    )
    list_select_related = ("lead", "owner", "team")
    list_filter = (("ended_at", admin.EmptyFieldListFilter), ("answered_at", admin.EmptyFieldListFilter))


@admin.register(Escalation)
class EscalationAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Who was told that an answer was due."""

    ordering = ("-id",)
    list_display = ("at", "level", "assignment")
    list_select_related = ("assignment__owner",)
    list_filter = ("level",)
