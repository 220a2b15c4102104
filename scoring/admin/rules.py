"""A rule of a draft: one page with its conditions. Published rules open to be read."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from leadapp.admin.refusals import say_refusals
from leadapp.errors import NotFound
from leadapp.models import ActivityType
from scoring.admin.conditions import TYPING, ConditionForm, rule_field_choices
from scoring.fields import Scope
from scoring.models import (
    Counting,
    Decay,
    Dimension,
    RuleCondition,
    RuleGroup,
    ScoringModelVersion,
    ScoringRule,
)
from scoring.sentences import say_how, say_points, say_what
from scoring.services.editing import open_draft

HOLDS = "When it holds"
ALL_COUNT = "Without conditions every such activity counts."


class RuleForm(forms.ModelForm):  # type: ignore[type-arg]
    """A rule of one version and one dimension, which the instance carries already."""

    class Meta:
        model = ScoringRule
        fields = (
            "name",
            "group",
            "points",
            "max_points",
            "is_active",
            "match",
            "activity_types",
            "counting",
            "min_occurrences",
            "window_days",
            "decay",
            "decay_days",
        )
        widgets = {
            "activity_types": forms.CheckboxSelectMultiple,
            "name": forms.TextInput(attrs={"size": 60}),
        }
        labels = {
            "max_points": "At most",
            "is_active": "Switched on",
            "match": "Needed",
            "min_occurrences": "From so many times on",
            "window_days": "Within days",
            "decay": "Fading",
            "decay_days": "Days of fading",
        }
        help_texts = {
            "name": "As the breakdown of a lead says it: “Asked for a demo”.",
            "points": "Between −1000 and 1000, not 0. Negative points take away.",
            "max_points": "This rule never gives (or takes) more than that. Empty: no cap.",
            "match": "When there are several conditions.",
            "group": "Rules of a group share its cap.",
            "counting": "Every time adds up all occurrences; once takes the strongest single one.",
            "min_occurrences": "3 together with a window of 7 days means “three visits in seven days”.",
            "window_days": "Only activities of the last so many days. Empty: all of them.",
            "decay": "How points fade with the age of an activity.",
            "decay_days": "The half-life, or the days until nothing is left.",
            "is_active": "Off: stays in the version and gives no points.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = self.fields.get("group")
        if groups is None:  # the page is only read
            return
        groups.queryset = RuleGroup.objects.filter(  # type: ignore[attr-defined]
            version_id=self.instance.version_id, dimension=self.instance.dimension
        ).order_by("position", "name")
        groups.empty_label = "No group"  # type: ignore[attr-defined]
        if "activity_types" in self.fields:
            types = self.fields["activity_types"]
            types.queryset = ActivityType.objects.filter(is_internal=False).order_by("channel", "label")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Check what the database would refuse, in plain words at the field."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("points") is not None and not (0 < abs(cleaned["points"]) <= 1000):
            self.add_error("points", "Give points between −1000 and 1000, but not 0.")
        self._clean_name(cleaned)
        if self.instance.dimension == Dimension.ENGAGEMENT:
            self._clean_counting(cleaned)
        return cleaned

    def _clean_name(self, cleaned: dict[str, Any]) -> None:
        others = ScoringRule.objects.filter(version_id=self.instance.version_id, name=cleaned.get("name", ""))
        if others.exclude(pk=self.instance.pk).exists():
            self.add_error("name", "Another rule of this version has this name already.")

    def _clean_counting(self, cleaned: dict[str, Any]) -> None:
        if not cleaned.get("activity_types"):
            self.add_error("activity_types", "Choose at least one kind of activity.")
        if cleaned.get("decay") == Decay.NONE:
            cleaned["decay_days"] = None
        elif cleaned.get("decay_days") is None and "decay_days" not in self.errors:
            self.add_error("decay_days", "Say in how many days the points fade.")
        for name in ("window_days", "decay_days"):
            if cleaned.get(name) is not None and not 1 <= cleaned[name] <= 3650:
                self.add_error(name, "Give a number of days between 1 and 3650.")
        if cleaned.get("min_occurrences") is not None and cleaned["min_occurrences"] < 1:
            self.add_error("min_occurrences", "Give 1 or more.")
        if cleaned.get("max_points") == 0:
            self.add_error("max_points", "Give 1 or more, or leave it empty for no cap.")


class ConditionInline(admin.TabularInline):  # type: ignore[type-arg]
    """The conditions of a rule, in one table."""

    model = RuleCondition
    form = ConditionForm
    extra = 1
    fields = ("field", "property_name", "operator", "value")
    ordering = ("position", "id")
    verbose_name = "condition"

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Offer the fields that make sense for the rule's dimension."""
        rule = obj or request.rule_to_add  # type: ignore[attr-defined]
        scope = Scope.FIT if rule.dimension == Dimension.FIT else Scope.ENGAGEMENT
        offered = rule_field_choices(scope)

        def validate(**condition: Any) -> Any:
            return ConditionForm.validate(**condition, scope=scope)

        kwargs["form"] = type(
            "RuleConditionForm", (ConditionForm,), {"choices": offered, "validate": staticmethod(validate)}
        )
        kwargs["fields"] = [
            name for name in self.fields if name != "property_name" or scope == Scope.ENGAGEMENT
        ]
        return super().get_formset(request, obj, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave the property name out where no activity is looked at."""
        rule = obj or request.rule_to_add  # type: ignore[attr-defined]
        hidden = "" if rule.dimension == Dimension.ENGAGEMENT else "property_name"
        return [name for name in self.fields if name != hidden]


@admin.register(ScoringRule)
class RuleAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Reached from its version: a rule has no meaning without it."""

    form = RuleForm
    inlines = (ConditionInline,)
    change_form_template = "admin/scoring/rule.html"
    save_on_top = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[ScoringRule]:
        """Bring the version along."""
        return super().get_queryset(request).select_related("version__model", "group")

    def get_inline_instances(self, request: HttpRequest, obj: Any = None) -> Any:
        """Edit conditions where the rule may be edited; else the sentence on the page says them."""
        if obj is not None and not self.has_change_permission(request, obj):
            return []
        return super().get_inline_instances(request, obj)

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        """Keep rules out of the index: they are found in their version."""
        return {}

    def has_change_permission(self, request: HttpRequest, obj: ScoringRule | None = None) -> bool:
        """Allow it for drafts only."""
        return super().has_change_permission(request, obj) and (obj is None or obj.version.is_draft)

    def has_delete_permission(self, request: HttpRequest, obj: ScoringRule | None = None) -> bool:
        """Allow it for drafts only."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.version.is_draft)

    def get_fieldsets(self, request: HttpRequest, obj: ScoringRule | None = None) -> Any:
        """Show only what makes sense for the dimension."""
        rule = obj or request.rule_to_add  # type: ignore[attr-defined]
        basics = (None, {"fields": ("name", "group", "points", "max_points", "is_active")})
        if rule.dimension == Dimension.FIT:
            facts = "Fit rules look at facts of the lead and its company. They neither count nor fade."
            return [basics, (HOLDS, {"fields": ("match",), "description": f"{facts} {TYPING}"})]
        return [
            basics,
            ("Which activities", {"fields": ("activity_types",)}),
            (
                "How they count",
                {
                    "fields": ("counting", ("min_occurrences", "window_days"), ("decay", "decay_days")),
                    "description": "Engagement rules look at activities: each gives points that may fade.",
                },
            ),
            (HOLDS, {"fields": ("match",), "description": f"{ALL_COUNT} {TYPING}"}),
        ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Give a new rule its version and dimension before the form looks at it."""
        form: Any = super().get_form(request, obj, change, **kwargs)
        for name in ("group", "activity_types"):
            if name in form.base_fields:  # both have pages of their own
                form.base_fields[name].widget.can_add_related = False
                form.base_fields[name].widget.can_change_related = False
                form.base_fields[name].widget.can_view_related = False
        if change or obj is not None:
            return form
        rule: ScoringRule = request.rule_to_add  # type: ignore[attr-defined]

        class NewRuleForm(form):  # type: ignore[misc]
            def __init__(self, *args: Any, **options: Any) -> None:
                options["instance"] = ScoringRule(version=rule.version, dimension=rule.dimension)
                super().__init__(*args, **options)

        return NewRuleForm

    @say_refusals
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Add what the page says about the rule; a new rule needs the draft that it belongs to."""
        # The next rule is added from the version too: its address names version and dimension.
        context = {"show_save_and_add_another": False, **(extra_context or {})}
        if object_id is None:
            rule = _rule_to_add(request)
            request.rule_to_add = rule  # type: ignore[attr-defined]
            if not rule.version.is_draft:
                messages.error(request, f"{rule.version} is published. Make a draft to add rules.")
                return HttpResponseRedirect(_version_url(rule.version_id))
            context |= {
                "version": rule.version,
                "title": f"Add a rule to {rule.get_dimension_display().lower()}",
            }
        else:
            found: Any = self.get_object(request, object_id)
            if isinstance(found, ScoringRule):
                request.rule_to_add = found  # type: ignore[attr-defined]
                context |= {
                    "version": found.version,
                    "sentence": say_what(found),
                    "points": say_points(found.points),
                    "how": say_how(found),
                    "dimension": found.get_dimension_display(),
                }
        return super().changeform_view(request, object_id, form_url, context)

    def save_model(self, request: HttpRequest, obj: ScoringRule, form: Any, change: bool) -> None:
        """Write into the draft, which is locked until the whole page is saved."""
        open_draft(version_id=obj.version_id, actor=request.user)  # type: ignore[arg-type]
        if not change:
            last = ScoringRule.objects.filter(version_id=obj.version_id).aggregate(last=Max("position"))[
                "last"
            ]
            obj.position = (last or 0) + 1
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Write the conditions, numbered in the order of the page."""
        super().save_formset(request, form, formset, change)
        kept = [
            each.instance for each in formset.forms if each.instance.pk and each not in formset.deleted_forms
        ]
        for position, condition in enumerate(kept):
            if condition.position != position:
                RuleCondition.objects.filter(pk=condition.pk).update(position=position)

    def delete_model(self, request: HttpRequest, obj: ScoringRule) -> None:
        """Take the rule out of the draft."""
        open_draft(version_id=obj.version_id, actor=request.user)  # type: ignore[arg-type]
        super().delete_model(request, obj)

    @say_refusals
    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask, delete, and go back to the version."""
        found: Any = self.get_object(request, object_id)
        if isinstance(found, ScoringRule):
            request.back_to = found.version_id  # type: ignore[attr-defined]
        return super().delete_view(request, object_id, extra_context)

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        """Go back to the version."""
        messages.success(request, f"The rule “{obj_display}” is out of the draft.")
        return HttpResponseRedirect(_version_url(request.back_to))  # type: ignore[attr-defined]

    def response_post_save_add(self, request: HttpRequest, obj: ScoringRule) -> HttpResponseRedirect:
        """Go back to the version."""
        return HttpResponseRedirect(f"{_version_url(obj.version_id)}#rule-{obj.pk}")

    def response_post_save_change(self, request: HttpRequest, obj: ScoringRule) -> HttpResponseRedirect:
        """Go back to the version."""
        return HttpResponseRedirect(f"{_version_url(obj.version_id)}#rule-{obj.pk}")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Lead to the versions, where rules are found."""
        return HttpResponseRedirect(reverse("admin:scoring_scoringmodelversion_changelist"))


def _rule_to_add(request: HttpRequest) -> ScoringRule:
    """Return an unsaved rule of the version and dimension that the address names."""
    number, dimension = request.GET.get("version", ""), request.GET.get("dimension", "")
    version = (
        ScoringModelVersion.objects.select_related("model").filter(pk=number).first()
        if number.isascii() and number.isdigit()
        else None
    )
    if version is None or dimension not in Dimension.values:
        raise NotFound("Open the draft first: a rule is added from there.")
    return ScoringRule(version=version, dimension=dimension, counting=Counting.EVERY)


def _version_url(version_id: int) -> str:
    return reverse("admin:scoring_scoringmodelversion_change", args=[version_id])
