"""What reps said against scores: read-only."""

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.admin.read_only import ReadOnly
from scoring.models import OverriddenRule, ScoreOverride


@admin.register(ScoreOverride)
class ScoreOverrideAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Scores that were set aside, newest first; people do that on the page of the lead."""

    list_display = ("created_at", "lead", "verdict", "reason", "score", "author", "expires_at", "ended_at")
    list_filter = ("verdict", ("ended_at", admin.EmptyFieldListFilter))
    ordering = ("-id",)
    sortable_by = ()
    fields = (
        "lead",
        "verdict",
        "reason",
        "score",
        "version",
        "rules_of_the_score",
        "author",
        "created_at",
        "expires_at",
        "ended_at",
        "ended_by",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ScoreOverride]:
        """Bring the rules along."""
        rules = OverriddenRule.objects.select_related("rule").order_by("-points")
        return (
            super()
            .get_queryset(request)
            .select_related("lead", "author", "version__model", "ended_by")
            .prefetch_related(Prefetch("rules", queryset=rules))
        )

    @admin.display(description=gettext_lazy("Strongest rules of the score"))
    def rules_of_the_score(self, override: ScoreOverride) -> str:
        """Name the rules with what they gave."""
        return "; ".join(f"{blamed.rule}: {blamed.points:.1f}" for blamed in override.rules.all()) or _(
            "None"
        )
