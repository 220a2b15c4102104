"""Scoring models: which version is live, which one is being edited."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from leadapp.admin.refusals import say
from leadapp.errors import Refused
from scoring.models import ScoringModel, ScoringModelVersion
from scoring.services.publishing import make_draft

State = ScoringModelVersion.State


@admin.register(ScoringModel)
class ScoringModelAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The list of models is the way into their versions."""

    change_form_template = "admin/scoring/model.html"
    list_display = ("name", "is_primary", "live_version", "draft_version", "versions_link")
    fields = ("name", "slug", "is_primary")
    readonly_fields = ("is_primary",)
    prepopulated_fields = {"slug": ("name",)}
    ordering = ("-is_primary", "name")

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Fill in the slug of a new model only."""
        return {} if obj else self.prepopulated_fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep the slug of a known model: addresses carry it."""
        return ("slug", "is_primary") if obj else ("is_primary",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ScoringModel]:
        """Bring the live version and the draft along."""
        running = ScoringModelVersion.objects.filter(state__in=[State.LIVE, State.DRAFT])
        return (
            super()
            .get_queryset(request)
            .prefetch_related(Prefetch("versions", queryset=running, to_attr="running"))
        )

    def has_delete_permission(self, request: HttpRequest, obj: ScoringModel | None = None) -> bool:
        """Models stay: scores refer to their versions."""
        return False

    @admin.display(description="Live")
    def live_version(self, model: ScoringModel) -> SafeString | str:
        """Link to the version that scores leads now."""
        return _link(model, State.LIVE) or "None yet"

    @admin.display(description="Draft")
    def draft_version(self, model: ScoringModel) -> SafeString | str:
        """Link to the version that is being edited."""
        return _link(model, State.DRAFT) or "None"

    @admin.display(description="All versions")
    def versions_link(self, model: ScoringModel) -> SafeString:
        """Link to the list of versions."""
        return format_html(
            '<a href="{}?model__id__exact={}">Versions</a>',
            reverse("admin:scoring_scoringmodelversion_changelist"),
            model.pk,
        )

    def get_urls(self) -> list[URLPattern]:
        """Add "Make a draft"."""
        view = self.admin_site.admin_view(self.draft_view)
        return [path("<int:pk>/draft/", view, name="scoring_model_draft"), *super().get_urls()]

    def draft_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Copy the live version into a draft, or go to the draft that is there."""
        model = get_object_or_404(ScoringModel, pk=pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        draft = model.versions.filter(state=State.DRAFT).first()
        if draft is None:
            try:
                draft = make_draft(model=model, actor=request.user, now=timezone.now())  # type: ignore[arg-type]
            except Refused as refusal:
                say(request, refusal)
                return HttpResponseRedirect(reverse("admin:scoring_scoringmodel_changelist"))
            messages.success(
                request,
                f"{draft} is a copy of what is live. Nothing changes for leads until it is published.",
            )
        return HttpResponseRedirect(reverse("admin:scoring_scoringmodelversion_change", args=[draft.pk]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Add the versions, and whether a draft may be made."""
        versions = (
            ScoringModelVersion.objects.filter(model_id=int(object_id))
            .select_related("model", "published_by", "created_by")
            .order_by("-number")[:20]
            if object_id.isdigit()
            else []
        )
        context = {
            "versions": versions,
            "may_draft": request.user.has_perm("scoring.change_scoringrule"),
            **(extra_context or {}),
        }
        return super().change_view(request, object_id, form_url, context)


def _link(model: Any, state: State) -> SafeString | None:
    version = next((version for version in model.running if version.state == state), None)
    if version is None:
        return None
    url = reverse("admin:scoring_scoringmodelversion_change", args=[version.pk])
    return format_html('<a href="{}">v{}</a> {}', url, version.number, version.note)
