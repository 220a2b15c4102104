"""What scoring wrote: read-only."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from leadapp.admin.paging import CappedPaginator
from scoring.models import Rescore, ScoreChange


@admin.register(ScoreChange)
class ScoreChangeAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The history of scores, newest first."""

    list_display = ("at", "lead", "score_before", "score", "grade", "temperature", "cause", "version")
    list_select_related = ("lead", "version__model")
    list_filter = ("cause",)
    ordering = ("-id",)
    paginator = CappedPaginator
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody writes it by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: ScoreChange | None = None) -> bool:
        """Nobody writes it by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ScoreChange | None = None) -> bool:
        """Nobody writes it by hand."""
        return False


@admin.register(Rescore)
class RescoreAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Runs over all leads, newest first."""

    list_display = ("started_at", "version", "cause", "leads_done", "leads_total", "finished_at")
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rescore]:
        """Bring the version along."""
        return super().get_queryset(request).select_related("version__model")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Publishing starts them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Rescore | None = None) -> bool:
        """Workers write them."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Rescore | None = None) -> bool:
        """They stay."""
        return False
