"""Gates in the admin: criteria are edited as rules are, and tried before they are saved."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.admin.asking import person
from leadapp.admin.refusals import say_refusals
from qualification.admin.gate_forms import CriterionForm, CriterionRows, GateForm
from qualification.models import Gate, GateCriterion, Step
from qualification.services.gates.checklists import read_gates
from qualification.services.gates.criteria import criterion_fields
from qualification.services.gates.editing import TAKING_BACK, open_gate, record_edit
from qualification.services.gates.trial import edited_gate, try_gate
from qualification.services.gates.words import describe_gate, write_hours
from scoring.admin.conditions import TYPING, grouped

PREVIEW = "_preview"
HOW_TO = format_lazy(
    "{} {}",
    TYPING,
    gettext_lazy(
        "Activities may be counted: so many times, within so many days. "
        "“Back at” is where a lead that is in goes back: 40 beside “is at least 50”. "
        "Criteria with the same word under “one of” are alternatives: one of them is enough."
    ),
)


class CriterionInline(admin.TabularInline):  # type: ignore[type-arg]
    """The lines of the checklist."""

    model = GateCriterion
    form = CriterionForm
    formset = CriterionRows
    extra = 1
    fields = (
        "label",
        "field",
        "operator",
        "value",
        "leave_value",
        "min_occurrences",
        "window_days",
        "one_of",
    )
    ordering = ("position", "id")
    verbose_name = gettext_lazy("criterion")
    verbose_name_plural = gettext_lazy("criteria")

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Offer what gates can ask."""
        offered = grouped(criterion_fields())
        kwargs["form"] = type("OfferedCriterionForm", (CriterionForm,), {"choices": offered})
        return super().get_formset(request, obj, **kwargs)


@admin.register(Gate)
class GateAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """One gate per step; they come with Leadapp."""

    form = GateForm
    change_form_template = "admin/qualification/gate.html"
    list_display = ("step", "shown_match", "is_automatic", "takes_back", "shown_stay", "criterion_count")
    ordering = ("id",)
    readonly_fields = ("step",)
    inlines = (CriterionInline,)

    @admin.display(description=gettext_lazy("Holds when"))
    def shown_match(self, gate: Gate) -> str:
        """Return how many criteria must hold."""
        return _("%(match)s hold") % {"match": gate.get_match_display()}

    @admin.display(description=gettext_lazy("Minimum stay"))
    def shown_stay(self, gate: Gate) -> str:
        """Return how long a lead stays at least."""
        return write_hours(gate.minimum_stay_hours) if gate.minimum_stay_hours else _("None")

    @admin.display(description=gettext_lazy("Criteria"))
    def criterion_count(self, gate: Gate) -> int:
        """Return how many lines the checklist has."""
        return gate.criteria.count()

    def get_fieldsets(self, request: HttpRequest, obj: Gate | None = None) -> Any:
        """Show what makes sense for the step: nobody becomes a customer by itself, or goes back unasked."""
        automatic = () if obj is not None and obj.step == Step.TO_CUSTOMER else ("is_automatic",)
        how = (None, {"fields": ("step", "match", *automatic), "description": HOW_TO})
        if obj is None or obj.step not in TAKING_BACK:
            return [how]
        may_edit = self.has_change_permission(request, obj)
        stay = ("stay", "stay_unit") if may_edit else ("shown_stay",)
        return [how, (_("Going back"), {"fields": ("takes_back", stay)})]

    def get_readonly_fields(self, request: HttpRequest, obj: Gate | None = None) -> Any:
        """Let who only looks see the minimum stay."""
        return self.readonly_fields if self.has_change_permission(request, obj) else ("step", "shown_stay")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one gate per step."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Gate | None = None) -> bool:
        """There is one gate per step."""
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Keep a form that is only tried from being saved."""
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.is_held = PREVIEW in request.POST
        return form

    def get_urls(self) -> list[URLPattern]:
        """Add what the page asks while somebody edits."""
        trial = self.admin_site.admin_view(self.trial_view)
        return [path("<int:pk>/trial/", trial, name="qualification_gate_trial"), *super().get_urls()]

    @say_refusals
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show, try or save a gate."""
        gate = self.get_object(request, object_id) if object_id else None
        context: dict[str, Any] = {**(extra_context or {})}
        if isinstance(gate, Gate):
            context["text"] = describe_gate(read_gates()[Step(gate.step)])
            context["trial_url"] = reverse("admin:qualification_gate_trial", args=[gate.pk])
        answer = super().changeform_view(request, object_id, form_url, context)
        if PREVIEW in request.POST and isinstance(answer, TemplateResponse) and answer.context_data:
            shown = answer.context_data
            rows = shown["inline_admin_formsets"][0].formset
            shown |= _tried(shown["adminform"].form, rows)
        return answer

    def trial_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show who would pass by what is typed now: a piece of the gate's page. Writes nothing."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        gate = get_object_or_404(Gate, pk=pk)
        if not self.has_change_permission(request, gate):
            raise PermissionDenied
        form = self.get_form(request, gate, change=True)(request.POST, instance=gate)
        form.is_valid()
        [(formset, _)] = self.get_formsets_with_inlines(request, gate)
        rows = formset(data=request.POST, instance=form.instance, prefix="criteria")
        return render(request, "admin/qualification/gate_trial.html", _tried(form, rows))

    def save_model(self, request: HttpRequest, obj: Gate, form: Any, change: bool) -> None:
        """Write into the gate, which is locked until the whole page is saved."""
        open_gate(gate_id=obj.pk, actor=person(request))
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Write the criteria, numbered in the order of the page, and finish the edit."""
        super().save_formset(request, form, formset, change)
        for position, criterion in enumerate(row.instance for row in formset.kept()):
            if criterion.position != position:
                GateCriterion.objects.filter(pk=criterion.pk).update(position=position)
        if form.has_changed() or formset.has_changed():
            record_edit(gate=form.instance, now=timezone.now())


def _tried(form: GateForm, rows: CriterionRows) -> dict[str, Any]:
    """Return who would pass by a form, or what keeps it from being tried."""
    if form.errors or not rows.is_valid():
        return {"faults": [*form.faults(), *rows.faults()]}
    edited = edited_gate(form.instance, [row.instance for row in rows.kept()])
    return {"trial": try_gate(edited, now=timezone.now()), "edited": describe_gate(edited)}
