"""Versions of scoring models: a draft is edited, published or discarded; the others are read."""

from itertools import pairwise
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html

from leadapp.admin.refusals import say, say_refusals
from leadapp.errors import Refused
from scoring.models import Rescore, RuleGroup, ScoringModelVersion
from scoring.sentences import describe
from scoring.services.editing import open_draft
from scoring.services.publishing import discard_draft, publish

BOUNDS = "Fit and engagement stay within these bounds; the score is their sum, at least 0."
GRADES = "Fit A to D and engagement 1 to 4 make the grade. Below the last line it is D, and 4."
BANDS = "Bands of the total score."
# Each must be greater than the next.
ORDERS = (
    ("fit_max", "fit_min"),
    ("engagement_max", "engagement_min"),
    ("fit_a", "fit_b", "fit_c"),
    ("engagement_1", "engagement_2", "engagement_3"),
    ("hot_from", "warm_from"),
)


class VersionForm(forms.ModelForm):  # type: ignore[type-arg]
    """Note, bounds and bands of a draft."""

    class Meta:
        model = ScoringModelVersion
        fields = (
            "note",
            *(name for order in ORDERS for name in reversed(order)),
            "threshold",
        )
        widgets = {"note": forms.TextInput(attrs={"size": 80})}

    def clean(self) -> dict[str, Any]:
        """Check the order of bounds and bands at the field, before the database would refuse it."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for order in ORDERS:
            for higher, lower in pairwise(order):
                low, high = cleaned.get(lower), cleaned.get(higher)
                if low is not None and high is not None and high <= low:
                    label = self.fields[lower].label
                    self.add_error(higher, f"Must be greater than “{label}” ({low}).")
        if cleaned.get("warm_from") is not None and cleaned["warm_from"] < 1:
            self.add_error("warm_from", "Must be 1 or more.")
        return cleaned


class GroupForm(forms.ModelForm):  # type: ignore[type-arg]
    """A group of rules; its dimension stays once rules are in it."""

    class Meta:
        model = RuleGroup
        fields = ("name", "dimension", "cap", "position")

    def clean(self) -> dict[str, Any]:
        """Refuse what would leave rules in a group of the other dimension, or cap at nothing."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        group = self.instance
        if group.pk and "dimension" in self.changed_data and group.rules.exists():
            self.add_error("dimension", "Rules are in this group. Move them to another group first.")
        if cleaned.get("cap") == 0:
            self.add_error("cap", "Give 1 or more, or leave it empty for no cap.")
        return cleaned


class GroupInline(admin.TabularInline):  # type: ignore[type-arg]
    """The groups of a draft with their caps."""

    model = RuleGroup
    form = GroupForm
    extra = 1
    ordering = ("dimension", "position", "name")
    verbose_name = "group"
    verbose_name_plural = "groups of rules, with their caps"


@admin.register(ScoringModelVersion)
class VersionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Read what is or was live, edit the draft."""

    form = VersionForm
    change_form_template = "admin/scoring/version.html"
    list_display = ("name", "shown_state", "note", "rule_count", "created_by", "published_by", "published_at")
    list_display_links = ("name",)
    list_filter = ("state", "model")
    list_select_related = ("model", "created_by", "published_by")
    ordering = ("model", "-number")
    fieldsets = (
        (None, {"fields": ("note",)}),
        (
            "Bounds",
            {"fields": (("fit_min", "fit_max"), ("engagement_min", "engagement_max")), "description": BOUNDS},
        ),
        (
            "Grades",
            {
                "fields": (("fit_a", "fit_b", "fit_c"), ("engagement_1", "engagement_2", "engagement_3")),
                "description": GRADES,
            },
        ),
        ("Bands", {"fields": (("warm_from", "hot_from", "threshold"),), "description": BANDS}),
    )

    @admin.display(description="Version", ordering="number")
    def name(self, version: ScoringModelVersion) -> str:
        """Return model and number."""
        return str(version)

    @admin.display(description="State", ordering="state")
    def shown_state(self, version: ScoringModelVersion) -> str:
        """Return the state as a label."""
        return format_html(
            '<span class="state state--{}">{}</span>', version.state, version.get_state_display()
        )

    @admin.display(description="Rules")
    def rule_count(self, version: ScoringModelVersion) -> int:
        """Return how many rules there are."""
        return version.rule_total  # type: ignore[attr-defined,no-any-return]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ScoringModelVersion]:
        """Count the rules along."""
        versions: QuerySet[ScoringModelVersion] = super().get_queryset(request)
        return versions.annotate(rule_total=Count("rules"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Versions come from "Make a draft"."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: ScoringModelVersion | None = None) -> bool:
        """Allow it for drafts only."""
        return super().has_change_permission(request, obj) and (obj is None or obj.is_draft)

    def has_delete_permission(self, request: HttpRequest, obj: ScoringModelVersion | None = None) -> bool:
        """Drafts are discarded, the others stay."""
        return False

    def get_inline_instances(self, request: HttpRequest, obj: Any = None) -> Any:
        """Edit the groups of a draft."""
        if obj is None or not self.has_change_permission(request, obj):
            return []
        return [GroupInline(self.model, self.admin_site)]

    def get_urls(self) -> list[URLPattern]:
        """Add publish, discard and progress."""
        return [
            path("<int:pk>/publish/", self._wrap(self.publish_view), name="scoring_version_publish"),
            path("<int:pk>/discard/", self._wrap(self.discard_view), name="scoring_version_discard"),
            path("<int:pk>/progress/", self._wrap(self.progress_view), name="scoring_version_progress"),
            *super().get_urls(),
        ]

    def _wrap(self, view: Any) -> Any:
        return self.admin_site.admin_view(view)

    @say_refusals
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Add the version as sentences, and what may be done with it."""
        context = dict(extra_context or {})
        version: Any = self.get_object(request, object_id) if object_id else None
        if isinstance(version, ScoringModelVersion):
            context |= _page_of(version) | {
                "title": str(version),
                "subtitle": None,
                "may_edit": self.has_change_permission(request, version),
                "may_publish": request.user.has_perm("scoring.publish_version"),
            }
        return super().changeform_view(request, object_id, form_url, context)

    def save_model(self, request: HttpRequest, obj: ScoringModelVersion, form: Any, change: bool) -> None:
        """Write into the draft, which is locked until the whole page is saved."""
        open_draft(version_id=obj.pk, actor=request.user)  # type: ignore[arg-type]
        obj.save(
            update_fields=[name for name in form.changed_data if name in VersionForm.Meta.fields] or ["note"]
        )

    def response_post_save_change(
        self, request: HttpRequest, obj: ScoringModelVersion
    ) -> HttpResponseRedirect:
        """Stay on the draft."""
        return HttpResponseRedirect(_url_of(obj.pk))

    def publish_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make the draft live; all leads are scored anew by the workers."""
        version = get_object_or_404(ScoringModelVersion, pk=pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            publish(
                version=version,
                actor=request.user,  # type: ignore[arg-type]
                note=request.POST.get("note", "").strip(),
                now=timezone.now(),
            )
        except Refused as refusal:
            say(request, refusal)
        else:
            messages.success(request, f"{version} is live. All leads are being scored by it.")
        return HttpResponseRedirect(_url_of(pk))

    def discard_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask, then throw the draft away."""
        version = get_object_or_404(ScoringModelVersion.objects.select_related("model"), pk=pk)
        if request.method != "POST":
            context = {**self.admin_site.each_context(request), "version": version, "opts": self.opts}
            return render(request, "admin/scoring/discard.html", context | {"title": f"Discard {version}?"})
        try:
            discard_draft(version=version, actor=request.user)  # type: ignore[arg-type]
        except Refused as refusal:
            say(request, refusal)
            return HttpResponseRedirect(_url_of(pk))
        messages.success(request, f"{version} was discarded. Nothing that is live has changed.")
        return HttpResponseRedirect(reverse("admin:scoring_scoringmodelversion_changelist"))

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show how far the rescoring is: a piece of the page that replaces itself."""
        version = get_object_or_404(ScoringModelVersion, pk=pk)
        return render(
            request, "admin/scoring/progress.html", {"version": version, "rescore": _rescore_of(version)}
        )


def _page_of(version: ScoringModelVersion) -> dict[str, Any]:
    siblings = version.model.versions.exclude(pk=version.pk)
    return {
        "version": version,
        "dimensions": describe(version),
        "rescore": _rescore_of(version),
        "live": siblings.filter(state=ScoringModelVersion.State.LIVE).first(),
        "draft": siblings.filter(state=ScoringModelVersion.State.DRAFT).first(),
    }


def _rescore_of(version: ScoringModelVersion) -> Rescore | None:
    """Return the newest run that a publish of this version started."""
    return version.rescores.filter(cause="publish").order_by("-id").first()


def _url_of(version_id: int) -> str:
    return reverse("admin:scoring_scoringmodelversion_change", args=[version_id])
