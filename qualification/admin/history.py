"""The history in the admin: moves, evidence and owners are read."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from leadapp.admin.paging import CappedPaginator
from qualification.models import Assignment, BantAnswer, Escalation, StageChange


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """History: newest first, written by the services alone."""

    ordering = ("-id",)
    paginator = CappedPaginator
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody writes it by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody writes it by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody writes it by hand."""
        return False


@admin.register(StageChange)
class StageChangeAdmin(ReadOnly):
    """Every move of every lead."""

    list_display = ("at", "lead", "move", "from_stage", "to_stage", "to_status", "by", "reason", "score")
    list_select_related = ("lead", "actor", "api_key")
    list_filter = ("move", "to_stage", "to_status", "is_automatic", "disqualify_reason")

    @admin.display(description=gettext_lazy("Who"))
    def by(self, change: StageChange) -> str:
        """Return the person or the program."""
        return change.who


@admin.register(BantAnswer)
class BantAnswerAdmin(ReadOnly):
    """Evidence."""

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
class AssignmentAdmin(ReadOnly):
    """Who had which lead, and whether the answer came in time."""

    list_display = (
        *("assigned_at", "lead", "owner", "team", "reason"),
        *("clock_started_at", "due_at", "answered_at", "ended_at"),
    )
    list_select_related = ("lead", "owner", "team")
    list_filter = (("ended_at", admin.EmptyFieldListFilter), ("answered_at", admin.EmptyFieldListFilter))


@admin.register(Escalation)
class EscalationAdmin(ReadOnly):
    """Who was told that an answer was due."""

    list_display = ("at", "level", "assignment")
    list_select_related = ("assignment__owner",)
    list_filter = ("level",)
