"""Scoring models: which version is live, which one is being edited."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.admin.asking import ask, person, show_in
from leadapp.admin.refusals import say
from leadapp.errors import Refused
from leadapp.numbers import whole_number
from leadapp.shipped import shown
from scoring.models import ScoringModel, ScoringModelVersion
from scoring.services.models import make_model
from scoring.services.publishing import make_draft
from scoring.services.transfer import import_version, list_starts, read_start

State = ScoringModelVersion.State
EMPTY = ("", gettext_lazy("An empty model: every rule is yours"))
NEW = gettext_lazy(
    "Leads keep their scores: a new model begins as a draft, and scores them only once it is published. "
    "A start brings rules, groups and bands that fit such a business, to be changed as you like."
)


class NewModelForm(forms.Form):
    """The name of a new model, and what it begins with."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("A product line, for instance: “Retrofit”."),
    )
    start = forms.ChoiceField(label=gettext_lazy("Begin with"), required=False, widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        starts = [
            (
                start.slug,
                _("%(name)s (%(count)s rules): %(description)s")
                % {"name": shown(start.name), "count": start.rules, "description": shown(start.description)},
            )
            for start in list_starts()
        ]
        self.fields["start"].choices = [*starts, EMPTY]  # type: ignore[attr-defined]


@admin.register(ScoringModel)
class ScoringModelAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The list of models is the way into their versions."""

    change_form_template = "admin/scoring/model.html"
    list_display = ("name", "is_primary", "live_version", "draft_version", "versions_link")
    fields = ("name", "slug", "is_primary")
    readonly_fields = ("slug", "is_primary")  # addresses carry the slug
    ordering = ("-is_primary", "name")

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

    @admin.display(description=gettext_lazy("Live"))
    def live_version(self, model: ScoringModel) -> SafeString | str:
        """Link to the version that scores leads now."""
        return _link(model, State.LIVE) or _("None yet")

    @admin.display(description=gettext_lazy("Draft"))
    def draft_version(self, model: ScoringModel) -> SafeString | str:
        """Link to the version that is being edited."""
        return _link(model, State.DRAFT) or _("None")

    @admin.display(description=gettext_lazy("All versions"))
    def versions_link(self, model: ScoringModel) -> SafeString:
        """Link to the list of versions."""
        return format_html(
            '<a href="{}?model__id__exact={}">{}</a>',
            reverse("admin:scoring_scoringmodelversion_changelist"),
            model.pk,
            _("Versions"),
        )

    def get_urls(self) -> list[URLPattern]:
        """Add "Make a draft"."""
        view = self.admin_site.admin_view(self.draft_view)
        return [path("<int:pk>/draft/", view, name="scoring_model_draft"), *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Make a model, empty or from a start, and open its draft."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = NewModelForm(request.POST) if request.method == "POST" else NewModelForm()
        if form.is_bound and form.is_valid():
            try:
                return HttpResponseRedirect(_make(request, **form.cleaned_data))
            except Refused as refusal:
                show_in(form, refusal)
        return ask(
            self, request, title=_("New model from a start"), form=form, submit=_("Make the model"), text=NEW
        )

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
                _("%(draft)s is a copy of what is live. Nothing changes for leads until it is published.")
                % {"draft": draft},
            )
        return HttpResponseRedirect(reverse("admin:scoring_scoringmodelversion_change", args=[draft.pk]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Add the versions, and whether a draft may be made."""
        versions = (
            ScoringModelVersion.objects.filter(model=whole_number(object_id))
            .select_related("model", "published_by", "created_by")
            .order_by("-number")[:20]
        )
        context = {
            "versions": versions,
            "may_draft": request.user.has_perm("scoring.change_scoringrule"),
            **(extra_context or {}),
        }
        return super().change_view(request, object_id, form_url, context)


def _make(request: HttpRequest, *, name: str, start: str) -> str:
    """Make a model and return the page on which it is edited."""
    actor, now = person(request), timezone.now()
    if not start:
        model = make_model(name=name, actor=actor, now=now)
        messages.success(
            request, _("%(model)s is there, without any rule. Make its draft to add some.") % {"model": model}
        )
        return reverse("admin:scoring_scoringmodel_change", args=[model.pk])
    draft = import_version(data=read_start(start), name=name, actor=actor, now=now)
    messages.success(
        request,
        _("%(draft)s is a draft to be changed. Leads notice nothing until it is published.")
        % {"draft": draft},
    )
    return reverse("admin:scoring_scoringmodelversion_change", args=[draft.pk])


def _link(model: Any, state: State) -> SafeString | None:
    version = next((version for version in model.running if version.state == state), None)
    if version is None:
        return None
    url = reverse("admin:scoring_scoringmodelversion_change", args=[version.pk])
    return format_html('<a href="{}">v{}</a> {}', url, version.number, version.note)
