"""Versions of scoring models: a draft is edited, published or discarded; the others are read."""

from typing import Any

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
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.admin.asking import person
from leadapp.admin.refusals import say, say_refusals
from leadapp.errors import Invalid, Refused
from scoring.admin.bulk import bulk_urls
from scoring.admin.version_form import GroupForm, GroupRows, VersionForm, read_seen, write_seen
from scoring.models import Rescore, RuleGroup, ScoringModelVersion
from scoring.rules import version_facts_of
from scoring.sentences import describe
from scoring.services.editing import Stale, add_group, change_version, delete_group, save_group
from scoring.services.publishing import discard_draft, publish

BOUNDS = gettext_lazy("Fit and engagement stay within these bounds; the score is their sum, at least 0.")
GRADES = gettext_lazy("Fit A to D and engagement 1 to 4 make the grade. Below the last line it is D, and 4.")
BANDS = gettext_lazy("Bands of the total score.")


class GroupInline(admin.TabularInline):  # type: ignore[type-arg]
    """The groups of a draft with their caps."""

    model = RuleGroup
    form = GroupForm
    formset = GroupRows
    extra = 1
    ordering = ("dimension", "position", "name")
    verbose_name = gettext_lazy("group")
    verbose_name_plural = gettext_lazy("groups of rules, with their caps")

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Let the rows show what the service refused."""
        formset = super().get_formset(request, obj, **kwargs)
        formset.refusal = getattr(request, "refusal", None)  # type: ignore[attr-defined]
        return formset


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
            gettext_lazy("Bounds"),
            {"fields": (("fit_min", "fit_max"), ("engagement_min", "engagement_max")), "description": BOUNDS},
        ),
        (
            gettext_lazy("Grades"),
            {
                "fields": (("fit_a", "fit_b", "fit_c"), ("engagement_1", "engagement_2", "engagement_3")),
                "description": GRADES,
            },
        ),
        (gettext_lazy("Bands"), {"fields": (("warm_from", "hot_from", "threshold"),), "description": BANDS}),
    )

    @admin.display(description=gettext_lazy("Version"), ordering="number")
    def name(self, version: ScoringModelVersion) -> str:
        """Return model and number."""
        return str(version)

    @admin.display(description=gettext_lazy("State"), ordering="state")
    def shown_state(self, version: ScoringModelVersion) -> str:
        """Return the state as a label."""
        return format_html(
            '<span class="state state--{}">{}</span>', version.state, version.get_state_display()
        )

    @admin.display(description=gettext_lazy("Rules"))
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
        """Allow it for drafts that do not wait to go live by themselves."""
        is_open = obj is None or (obj.is_draft and obj.publish_at is None)
        return super().has_change_permission(request, obj) and is_open

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
            *bulk_urls(self),
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
        try:
            return super().changeform_view(request, object_id, form_url, context)
        except (Invalid, Stale) as refusal:
            context |= _keep(request, refusal, version)
            answer = super().changeform_view(request, object_id, form_url, context)
            answer.status_code = 409 if isinstance(refusal, Stale) else 200
            return answer

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Let the form show what the service refused."""
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.refusal = getattr(request, "refusal", None)
        return form

    def save_model(self, request: HttpRequest, obj: ScoringModelVersion, form: Any, change: bool) -> None:
        """Have the service write note, bounds and bands; the draft is locked until the groups are as well."""
        change_version(
            version=obj,
            facts=form.facts(),
            revision=form.cleaned_data["revision"] or 0,
            actor=person(request),
            now=timezone.now(),
            seen=read_seen(form.cleaned_data["seen"]),
        )

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Have the service write the groups. Their revision was checked with the version's just before."""
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        who: dict[str, Any] = {"actor": person(request), "now": timezone.now()}
        # A name becomes free before another group takes it.
        for row in sorted(formset.forms, key=lambda row: not row.is_deleted):
            try:
                if not row.has_changed():
                    continue
                if not row.instance.pk:
                    if not row.is_deleted:
                        add_group(version=form.instance, facts=row.facts(), **who)
                elif row.is_deleted:
                    delete_group(group=row.instance, revision=None, **who)
                else:
                    save_group(group=row.instance, facts=row.facts(), revision=None, **who)
            except Invalid as refusal:
                errors = {f"{row.prefix}-{name}": texts for name, texts in refusal.errors.items()}
                raise Invalid(refusal.message, errors=errors) from refusal

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
            messages.success(
                request, _("%(version)s is live. All leads are being scored by it.") % {"version": version}
            )
        return HttpResponseRedirect(_url_of(pk))

    def discard_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask, then throw the draft away."""
        version = get_object_or_404(ScoringModelVersion.objects.select_related("model"), pk=pk)
        if request.method != "POST":
            context = {**self.admin_site.each_context(request), "version": version, "opts": self.opts}
            return render(
                request,
                "admin/scoring/discard.html",
                context | {"title": _("Discard %(version)s?") % {"version": version}},
            )
        try:
            discard_draft(version=version, actor=request.user)  # type: ignore[arg-type]
        except Refused as refusal:
            say(request, refusal)
            return HttpResponseRedirect(_url_of(pk))
        messages.success(
            request, _("%(version)s was discarded. Nothing that is live has changed.") % {"version": version}
        )
        return HttpResponseRedirect(reverse("admin:scoring_scoringmodelversion_changelist"))

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show how far the rescoring is: a piece of the page that replaces itself."""
        version = get_object_or_404(ScoringModelVersion, pk=pk)
        return render(
            request, "admin/scoring/progress.html", {"version": version, "rescore": _rescore_of(version)}
        )


def _keep(request: HttpRequest, refusal: Invalid | Stale, version: Any) -> dict[str, Any]:
    """Have the page shown again with what was typed; an edit that was stale may now replace the other one."""
    request.refusal = refusal  # type: ignore[attr-defined]
    if not isinstance(refusal, Stale):
        return {}
    posted = request.POST.copy()
    version.refresh_from_db()
    posted["revision"], posted["seen"] = str(refusal.revision), write_seen(version_facts_of(version))
    request.POST = posted  # type: ignore[assignment]
    return {"stale": refusal}


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
