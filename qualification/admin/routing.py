"""Routing in the admin: who gets which leads, whose share is how large, and who is away."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.admin.asking import carry_out, person, show_in
from leadapp.admin.refusals import say_refusals
from leadapp.errors import Refused
from leadapp.models import User
from qualification.models import Absence, RoutingCriterion, RoutingRule, TeamMember
from qualification.services.absences import cancel_absence, change_absence, check_absence, enter_absence
from qualification.services.gates.criteria import criterion_fields, validate_criterion
from qualification.services.routing.trial import try_rules
from scoring.admin.conditions import TYPING, ConditionForm, grouped


class RoutingCriterionInline(admin.TabularInline):  # type: ignore[type-arg]
    """Which leads the rule holds for."""

    model = RoutingCriterion
    form = ConditionForm
    extra = 1
    fields = ("field", "operator", "value")
    ordering = ("id",)
    verbose_name = gettext_lazy("criterion")
    verbose_name_plural = gettext_lazy("criteria (none: every lead)")

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Offer what gates can ask."""
        offered = grouped(criterion_fields())
        facts = {"choices": offered, "validate": staticmethod(validate_criterion)}
        kwargs["form"] = type("RoutingCriterionForm", (ConditionForm,), facts)
        return super().get_formset(request, obj, **kwargs)


def _people(role: str = "rep") -> QuerySet[User]:
    return User.objects.filter(is_active=True, groups__name=role).order_by("first_name", "last_name", "pk")


@admin.register(RoutingRule)
class RoutingRuleAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The first rule that holds decides who takes turns; where none holds, everybody does."""

    list_display = ("position", "name", "is_active", "goes_to", "account_owner_first")
    list_display_links = ("name",)
    list_select_related = ("team",)
    ordering = ("position", "id")
    fieldsets = (
        (None, {"fields": ("name", "position", "is_active", "match"), "description": TYPING}),
        (gettext_lazy("Who gets them"), {"fields": ("account_owner_first", "team", "people")}),
    )
    inlines = (RoutingCriterionInline,)
    actions = ("preview",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[RoutingRule]:
        """Bring the people along."""
        return super().get_queryset(request).prefetch_related("people")

    @admin.display(description=gettext_lazy("Goes to"))
    def goes_to(self, rule: RoutingRule) -> str:
        """Return who takes turns."""
        who = [str(rule.team)] if rule.team else []
        return ", ".join([*who, *(str(user) for user in rule.people.all())]) or _("Everybody")

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer reps, as boxes to tick."""
        kwargs |= {"queryset": _people(), "widget": forms.CheckboxSelectMultiple}
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    changeform_view = say_refusals(admin.ModelAdmin.changeform_view)

    @admin.action(description=gettext_lazy("Who would get the leads of the last 30 days?"))
    def preview(self, request: HttpRequest, queryset: QuerySet[RoutingRule]) -> None:
        """Tell how many of the newest leads each rule would decide about."""
        chosen = set(queryset.values_list("pk", flat=True))
        for line in try_rules(now=timezone.now()):
            if line.rule is None or line.rule.pk in chosen:
                messages.info(request, str(line))


@admin.register(TeamMember)
class TeamMemberAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Who is in which team, and how large their share is."""

    list_display = ("user", "team", "weight", "capacity")
    list_select_related = ("user", "team")
    list_filter = ("team",)
    ordering = ("team", "user__first_name", "user__last_name", "id")
    fields = ("user", "team", "weight", "capacity")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer people who work here."""
        if db_field.name == "user":
            kwargs["queryset"] = User.objects.filter(is_active=True).order_by("first_name", "last_name", "pk")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class AbsenceForm(forms.ModelForm):  # type: ignore[type-arg]
    """Who is away when."""

    class Meta:
        model = Absence
        fields = ("user", "first_day", "last_day", "stand_in", "note")

    def clean(self) -> dict[str, Any]:
        """Say what makes no sense where it was typed."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        user = data.get("user") or (self.instance.user if self.instance.pk else None)
        if user is None or not data.get("first_day") or not data.get("last_day"):
            return data
        try:
            check_absence(
                user=user,
                first_day=data["first_day"],
                last_day=data["last_day"],
                stand_in=data.get("stand_in"),
                now=timezone.now(),
                changing=Absence.objects.get(pk=self.instance.pk) if self.instance.pk else None,
            )
        except Refused as refusal:
            show_in(self, refusal)
        return data

    def _get_validation_exclusions(self) -> set[str]:
        """Let the constraint on overlaps see whether the absence is over, which its condition asks."""
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return excluded - {"handed_back_at"}


@admin.register(Absence)
class AbsenceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Who is away. What has begun takes effect as soon as it is saved."""

    form = AbsenceForm
    list_display = ("user", "first_day", "last_day", "stand_in", "handed_over_at", "handed_back_at")
    list_select_related = ("user", "stand_in")
    list_filter = (("handed_back_at", admin.EmptyFieldListFilter),)
    ordering = ("-first_day", "-id")
    actions = ("cancel",)

    def get_readonly_fields(self, request: HttpRequest, obj: Absence | None = None) -> Any:
        """Keep the person of an absence, and the first day of one that has begun."""
        if obj is None:
            return ()
        return ("user", "first_day") if obj.handed_over_at else ("user",)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer people who work on leads."""
        people = User.objects.filter(is_active=True, groups__name__in=["rep", "manager", "admin"])
        kwargs["queryset"] = people.order_by("first_name", "last_name", "pk").distinct()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    changeform_view = say_refusals(admin.ModelAdmin.changeform_view)

    def save_model(self, request: HttpRequest, obj: Absence, form: Any, change: bool) -> None:
        """Write it through the services."""
        facts = {name: getattr(obj, name) for name in ("first_day", "last_day", "stand_in", "note")}
        actor, now = person(request), timezone.now()
        if change:
            change_absence(absence=obj, actor=actor, now=now, **facts)
        else:
            obj.pk = enter_absence(user=obj.user, actor=actor, now=now, **facts).pk

    def has_change_permission(self, request: HttpRequest, obj: Absence | None = None) -> bool:
        """Leave what is over as it was."""
        is_over = obj is not None and obj.handed_back_at is not None
        return not is_over and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Absence | None = None) -> bool:
        """Absences are cancelled: work may have to come back."""
        return False

    @admin.action(description=gettext_lazy("Cancel, or end now"), permissions=["change"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Absence]) -> None:
        """Take absences back; the work of those that have begun comes back at once."""
        actor, now = person(request), timezone.now()
        carry_out(
            request,
            list(queryset.select_related("user")),
            lambda absence: cancel_absence(absence=absence, actor=actor, now=now),
            done="cancelled.",
        )
