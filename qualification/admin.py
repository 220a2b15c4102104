"""Gates in the admin: criteria are edited as rules are; history, evidence and owners are read."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from leadapp.admin.asking import person
from leadapp.admin.paging import CappedPaginator
from leadapp.admin.refusals import say_refusals
from qualification.models import Assignment, BantAnswer, Deal, Escalation, Gate, GateCriterion, StageChange
from qualification.services.criteria import criterion_fields, validate_criterion
from qualification.services.gate_editing import open_gate, record_edit
from scoring.admin.conditions import TYPING, ConditionForm, grouped


class CriterionInline(admin.TabularInline):  # type: ignore[type-arg]
    """The lines of the checklist."""

    model = GateCriterion
    form = ConditionForm
    extra = 1
    fields = ("label", "field", "operator", "value", "one_of")
    ordering = ("position", "id")
    verbose_name = "criterion"
    verbose_name_plural = "criteria"

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Offer what gates can ask."""
        offered = grouped(criterion_fields())
        kwargs["form"] = type(
            "CriterionForm",
            (ConditionForm,),
            {"choices": offered, "validate": staticmethod(validate_criterion)},
        )
        return super().get_formset(request, obj, **kwargs)


class GateForm(forms.ModelForm):  # type: ignore[type-arg]
    """How a gate works."""

    class Meta:
        model = Gate
        fields = ("match", "is_automatic")
        labels = {"match": "Needed", "is_automatic": "Automatic"}


@admin.register(Gate)
class GateAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """One gate per step; they come with Leadapp."""

    form = GateForm
    list_display = ("step", "shown_match", "is_automatic", "criterion_count")
    ordering = ("id",)
    fieldsets = ((None, {"fields": ("step", "match", "is_automatic"), "description": TYPING}),)
    readonly_fields = ("step",)
    inlines = (CriterionInline,)

    @admin.display(description="Holds when")
    def shown_match(self, gate: Gate) -> str:
        """Return how many criteria must hold."""
        return f"{gate.get_match_display()} hold"

    @admin.display(description="Criteria")
    def criterion_count(self, gate: Gate) -> int:
        """Return how many lines the checklist has."""
        return gate.criteria.count()

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one gate per step."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Gate | None = None) -> bool:
        """There is one gate per step."""
        return False

    @say_refusals
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Tell refusals."""
        return super().changeform_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Gate, form: Any, change: bool) -> None:
        """Write into the gate, which is locked until the whole page is saved."""
        open_gate(gate_id=obj.pk, actor=person(request))
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Write the criteria, numbered in the order of the page, and have leads looked at again."""
        super().save_formset(request, form, formset, change)
        gone = formset.deleted_forms
        kept = [each.instance for each in formset.forms if each.instance.pk and each not in gone]
        for position, criterion in enumerate(kept):
            if criterion.position != position:
                GateCriterion.objects.filter(pk=criterion.pk).update(position=position)
        if form.has_changed() or formset.has_changed():
            record_edit(gate=form.instance, now=timezone.now())


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

    list_display = ("at", "lead", "move", "from_stage", "to_stage", "to_status", "who", "reason", "score")
    list_select_related = ("lead", "actor", "api_key")
    list_filter = ("move", "to_stage", "to_status", "is_automatic")


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


@admin.register(Deal)
class DealAdmin(ReadOnly):
    """What was won."""

    list_display = ("won_on", "lead", "value", "currency", "product", "created_by")
    list_select_related = ("lead", "created_by")
