"""What scoring wrote: read-only."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from leadapp.admin.read_only import ReadOnly
from scoring.models import Rescore, ScoreChange


@admin.register(ScoreChange)
class ScoreChangeAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """The history of scores, newest first."""

    list_display = ("at", "lead", "score_before", "score", "grade", "temperature", "cause", "version")
    list_select_related = ("lead", "version__model")
    list_filter = ("cause",)
    ordering = ("-id",)


@admin.register(Rescore)
class RescoreAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Runs over all leads, newest first."""

    list_display = ("started_at", "version", "cause", "leads_done", "leads_total", "finished_at")
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rescore]:
        """Bring the version along."""
        return super().get_queryset(request).select_related("version__model")
