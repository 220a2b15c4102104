"""A rule of a draft: one page with its conditions. Published rules open to be read."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.admin.asking import person
from leadapp.admin.refusals import say, say_refusals
from leadapp.errors import Invalid, NotFound, Refused
from leadapp.models import ActivityType
from leadapp.numbers import whole_number
from leadapp.words import lower_first
from scoring.admin.conditions import TYPING, ConditionForm, rule_field_choices
from scoring.admin.rule_form import ConditionRows, RuleForm, facts_from, read_seen, write_seen
from scoring.admin.rule_look import look_at_stored, look_at_typed
from scoring.analysis.check import findings_for_rule
from scoring.analysis.values import known_values
from scoring.fields import Scope
from scoring.models import Counting, Dimension, RuleCondition, ScoringModelVersion, ScoringRule
from scoring.rules import facts_of
from scoring.sentences import say_how, say_points, say_what
from scoring.services.editing import (
    Stale,
    add_rule,
    delete_rule,
    duplicate_rule,
    move_rule,
    save_rule,
)

HOLDS = gettext_lazy("When it holds")
ALL_COUNT = gettext_lazy("Without conditions every such activity counts.")
CHECK = "_check"
LAST_PLACE = 99_999


class ConditionInline(admin.TabularInline):  # type: ignore[type-arg]
    """The conditions of a rule, in one table."""

    model = RuleCondition
    form = ConditionForm
    formset = ConditionRows
    extra = 1
    fields = ("field", "property_name", "operator", "value")
    verbose_name = gettext_lazy("condition")

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Offer the fields that make sense for the rule's dimension; the service judges the values."""
        rule = obj or request.rule_to_add  # type: ignore[attr-defined]
        scope = Scope.FIT if rule.dimension == Dimension.FIT else Scope.ENGAGEMENT
        used = [condition.field for condition in rule.conditions.all()] if rule.pk else []

        def take(value: Any, **_: Any) -> Any:
            return value

        kwargs["form"] = type(
            "RuleConditionForm",
            (ConditionForm,),
            {"choices": rule_field_choices(scope, used=used), "validate": staticmethod(take)},
        )
        kwargs["fields"] = self.get_fields(request, obj)
        formset = super().get_formset(request, obj, **kwargs)
        formset.refusal = _refusal(request)  # type: ignore[attr-defined]
        return formset

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
        rules: QuerySet[ScoringRule] = super().get_queryset(request)
        return rules.select_related("version__model", "group").prefetch_related("conditions")

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
        return super().has_change_permission(request, obj) and (obj is None or may_be_edited(obj.version))

    def has_delete_permission(self, request: HttpRequest, obj: ScoringRule | None = None) -> bool:
        """Allow it for drafts only."""
        return super().has_delete_permission(request, obj) and (obj is None or may_be_edited(obj.version))

    def get_fieldsets(self, request: HttpRequest, obj: ScoringRule | None = None) -> Any:
        """Show only what makes sense for the dimension."""
        rule = obj or request.rule_to_add  # type: ignore[attr-defined]
        basics = (None, {"fields": ("name", ("points", "max_points"), ("group", "is_active"))})
        if rule.dimension == Dimension.FIT:
            facts = _("Fit rules look at facts of the lead and its company. They neither count nor fade.")
            return [basics, (HOLDS, {"fields": ("match",), "description": f"{facts} {TYPING}"})]
        return [
            basics,
            (_("Which activities"), {"fields": ("activity_types",)}),
            (
                _("How they count"),
                {
                    "fields": ("counting", ("min_occurrences", "window_days"), ("decay", "decay_days")),
                    "description": _("Engagement rules look at activities: each gives points that may fade."),
                },
            ),
            (HOLDS, {"fields": ("match",), "description": f"{ALL_COUNT} {TYPING}"}),
        ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Give a new rule its version and dimension before the form looks at it."""
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.refusal, form.is_held = _refusal(request), CHECK in request.POST
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

    def get_urls(self) -> list[URLPattern]:
        """Add what a page asks while somebody types, and what is done to a rule beside saving it."""
        wrap = self.admin_site.admin_view
        return [
            path("check/", wrap(self.check_view), name="scoring_rule_check"),
            path("values/", wrap(self.values_view), name="scoring_rule_values"),
            path("<int:pk>/duplicate/", wrap(self.duplicate_view), name="scoring_rule_duplicate"),
            path("<int:pk>/move/", wrap(self.move_view), name="scoring_rule_move"),
            *super().get_urls(),
        ]

    def get_preserved_filters(self, request: HttpRequest) -> str:
        """Have "Delete" and "Save and continue editing" remember where the rule was opened."""
        back = _back(request)
        return urlencode({"next": back}) if back else super().get_preserved_filters(request)

    @say_refusals
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show or save a rule. What the service refuses is shown beside what was typed."""
        context = {**self._context_of(request, object_id), **(extra_context or {})}
        version: ScoringModelVersion | None = context.get("version")
        if object_id is None and version and not may_be_edited(version):
            if version.is_draft:
                why = _("%(version)s is scheduled. Cancel that to add rules.")
            else:
                why = _("%(version)s is published. Make a draft to add rules.")
            messages.error(request, why % {"version": version})
            return HttpResponseRedirect(version_url(version.pk))
        if object_id is None:  # a new rule is saved at an address that names version and dimension as well
            form_url = f"?{request.GET.urlencode()}"
        try:
            answer = super().changeform_view(request, object_id, form_url, context)
        except (Invalid, Stale) as refusal:
            context |= _keep(request, refusal)
            answer = super().changeform_view(request, object_id, form_url, context)
            answer.status_code = 409 if isinstance(refusal, Stale) else 200
        return self._with_look(request, answer)

    def _context_of(self, request: HttpRequest, object_id: str | None) -> dict[str, Any]:
        """Return what the page says about the rule; a new rule needs the draft that it belongs to."""
        # The next rule is added from the version too: its address names version and dimension.
        context: dict[str, Any] = {"show_save_and_add_another": False, "back": _back(request)}
        rule: Any = self.get_object(request, object_id) if object_id else _rule_to_add(request)
        if not isinstance(rule, ScoringRule):
            return context
        request.rule_to_add = rule  # type: ignore[attr-defined]
        which = f"rule={rule.pk}" if rule.pk else f"version={rule.version_id}&dimension={rule.dimension}"
        context |= {
            "version": rule.version,
            "dimension": rule.get_dimension_display(),
            "check_url": f"{reverse('admin:scoring_rule_check')}?{which}",
        }
        if not rule.pk:
            return context | {
                "title": _("Add a rule to %(dimension)s")
                % {"dimension": lower_first(rule.get_dimension_display())}
            }
        return context | {
            "sentence": say_what(rule),
            "points": say_points(rule.points),
            "how": say_how(rule),
        }

    def _with_look(self, request: HttpRequest, answer: HttpResponse) -> HttpResponse:
        """Add the panel to a page that shows a form."""
        context = answer.context_data if isinstance(answer, TemplateResponse) else None
        if context is None or not context.get("inline_admin_formsets"):
            return answer
        form, rows = context["adminform"].form, context["inline_admin_formsets"][0].formset
        context["look"] = (
            look_at_typed(form, rows, now=timezone.now(), with_values=CHECK in request.POST)
            if form.is_bound
            else look_at_stored(form.instance)
        )
        return answer

    def save_model(self, request: HttpRequest, obj: ScoringRule, form: Any, change: bool) -> None:
        """Wait for the conditions: a rule is saved as a whole."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Have the service write the rule with its conditions."""
        rule, facts = form.instance, facts_from(form, formsets[0])
        actor, now = person(request), timezone.now()
        if change:
            save_rule(
                rule=rule,
                facts=facts,
                revision=form.cleaned_data["revision"] or 0,
                actor=actor,
                now=now,
                seen=read_seen(form.cleaned_data["seen"]),
            )
        else:
            rule.pk = add_rule(version=rule.version, facts=facts, actor=actor, now=now).pk
        rule.refresh_from_db()

    def delete_model(self, request: HttpRequest, obj: ScoringRule) -> None:
        """Take the rule out of the draft."""
        delete_rule(rule=obj, revision=obj.revision, actor=person(request), now=timezone.now())

    @say_refusals
    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask, delete, and go back to the version."""
        found: Any = self.get_object(request, object_id)
        if isinstance(found, ScoringRule):
            request.rule_to_add = found  # type: ignore[attr-defined]
        return super().delete_view(request, object_id, extra_context)

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        """Go back to where the rule was opened."""
        messages.success(
            request, _("The rule “%(obj_display)s” is out of the draft.") % {"obj_display": obj_display}
        )
        rule: ScoringRule = request.rule_to_add  # type: ignore[attr-defined]
        return HttpResponseRedirect(_back(request) or version_url(rule.version_id))

    def response_post_save_add(self, request: HttpRequest, obj: ScoringRule) -> HttpResponseRedirect:
        """Go back to where the rule was added."""
        return self._done(request, obj)

    def response_post_save_change(self, request: HttpRequest, obj: ScoringRule) -> HttpResponseRedirect:
        """Go back to where the rule was opened."""
        return self._done(request, obj)

    def _done(self, request: HttpRequest, rule: ScoringRule) -> HttpResponseRedirect:
        for finding in findings_for_rule(rule, timezone.now()):
            if finding.is_bad or finding.is_warning:
                messages.warning(request, f"{finding.title}: {finding.text} {finding.mend}")
        return HttpResponseRedirect(_back(request) or f"{version_url(rule.version_id)}#rule-{rule.pk}")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Lead to the versions, where rules are found."""
        return HttpResponseRedirect(reverse("admin:scoring_scoringmodelversion_changelist"))

    def check_view(self, request: HttpRequest) -> HttpResponse:
        """Show what the rule says and matches as it is typed now: a piece of its page. Writes nothing."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        number = request.GET.get("rule", "")
        stored = self.get_object(request, number) if number else None
        rule = stored or _rule_to_add(request)
        request.rule_to_add = rule  # type: ignore[attr-defined]
        if not self.has_change_permission(request, rule):
            raise PermissionDenied
        form = self.get_form(request, stored, change=stored is not None)(request.POST, instance=rule)
        [(formset, _)] = self.get_formsets_with_inlines(request, stored)
        rows = formset(data=request.POST, instance=rule, prefix="conditions")
        look = look_at_typed(form, rows, now=timezone.now(), with_values=False)
        return render(request, "admin/scoring/rule_look.html", {"look": look})

    def values_view(self, request: HttpRequest) -> HttpResponse:
        """Show the values that the data hold for a field: a piece of the rule's page."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        texts = request.GET.getlist("type")[:50]
        numbers = [number for text in texts if (number := whole_number(text)) is not None]
        known = known_values(
            request.GET.get("field", ""),
            types=list(ActivityType.objects.filter(pk__in=numbers).values_list("slug", flat=True)),
            search=request.GET.get("q", "")[:200],
        )
        return render(request, "admin/scoring/rule_values.html", {"known": known, "may_pick": True})

    def duplicate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Copy a rule and open the copy."""
        rule = get_object_or_404(ScoringRule, pk=pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            copy = duplicate_rule(rule=rule, actor=person(request), now=timezone.now())
        except Refused as refusal:
            say(request, refusal)
            return HttpResponseRedirect(_back(request) or version_url(rule.version_id))
        messages.success(
            request, _("This is a copy of “%(rule)s”. Give it a name of its own.") % {"rule": rule.name}
        )
        address = reverse("admin:scoring_scoringrule_change", args=[copy.pk])
        return HttpResponseRedirect(f"{address}?{request.GET.urlencode()}".removesuffix("?"))

    def move_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put a rule at another place of its group."""
        rule = get_object_or_404(ScoringRule, pk=pk)
        place = whole_number(request.GET.get("place", ""), largest=LAST_PLACE)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if place is None:
            raise NotFound(_("Say to which place the rule moves."))
        try:
            move_rule(rule=rule, place=place, actor=person(request), now=timezone.now())
        except Refused as refusal:
            say(request, refusal)
        return HttpResponseRedirect(f"{version_url(rule.version_id)}#rule-{pk}")


def may_be_edited(version: ScoringModelVersion) -> bool:
    """Tell whether it is a draft that does not wait to go live by itself."""
    return version.is_draft and version.publish_at is None


def version_url(version_id: int) -> str:
    """Return the page of a version."""
    return reverse("admin:scoring_scoringmodelversion_change", args=[version_id])


def _keep(request: HttpRequest, refusal: Invalid | Stale) -> dict[str, Any]:
    """Have the page shown again with what was typed; an edit that was stale may now replace the other one."""
    request.refusal = refusal  # type: ignore[attr-defined]
    if not isinstance(refusal, Stale):
        return {}
    posted = request.POST.copy()
    rule: ScoringRule = request.rule_to_add  # type: ignore[attr-defined]
    rule = ScoringRule.objects.get(pk=rule.pk)
    posted["revision"], posted["seen"] = str(refusal.revision), write_seen(facts_of(rule))
    request.POST = posted  # type: ignore[assignment]
    return {"stale": refusal, "theirs": look_at_stored(rule)}


def _refusal(request: HttpRequest) -> Refused | None:
    return getattr(request, "refusal", None)


def _rule_to_add(request: HttpRequest) -> ScoringRule:
    """Return an unsaved rule of the version and dimension that the address names."""
    number, dimension = whole_number(request.GET.get("version", "")), request.GET.get("dimension", "")
    versions = ScoringModelVersion.objects.select_related("model")
    version = versions.filter(pk=number).first() if number is not None else None
    if version is None or dimension not in Dimension.values:
        raise NotFound(_("Open the draft first: a rule is added from there."))
    return ScoringRule(version=version, dimension=dimension, counting=Counting.EVERY)


def _back(request: HttpRequest) -> str:
    """Return the page of Leadapp that the address says to go back to, if any."""
    back = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return back if is_ours else ""
