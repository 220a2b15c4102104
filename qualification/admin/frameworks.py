"""Frameworks and dimensions: what leads are asked. What is used cannot be deleted by mistake."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from leadapp.access import require
from leadapp.admin.asking import ask, person
from leadapp.admin.refusals import say, say_refusals
from leadapp.errors import Refused
from qualification.models import Dimension, Framework, FrameworkDimension
from qualification.services.evidence.editing import (
    EDIT,
    NOT_YOURS,
    delete_dimension,
    delete_framework,
    effects_of,
    record_change,
    use_framework,
    users_of,
)

KEPT = gettext_lazy(
    "Answers stay as they are; what is asked under another name there is the same evidence. Nobody goes back."
)


class PartInline(admin.TabularInline):  # type: ignore[type-arg]
    """The dimensions of a framework, in their order."""

    model = FrameworkDimension
    extra = 2
    fields = ("position", "dimension", "label")
    ordering = ("position", "id")
    verbose_name = gettext_lazy("dimension")
    verbose_name_plural = gettext_lazy("dimensions")


@admin.register(Framework)
class FrameworkAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Sets of dimensions; one is in use."""

    list_display = ("name", "shown_use", "asks")
    ordering = ("name",)
    fields = ("name", "shown_use")
    readonly_fields = ("shown_use",)
    inlines = (PartInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Framework]:
        """Count the dimensions along."""
        frameworks: QuerySet[Framework] = super().get_queryset(request)
        return frameworks.annotate(part_count=Count("parts"))

    @admin.display(description=gettext_lazy("Dimensions"))
    def asks(self, framework: Any) -> int:
        """Return how many dimensions it has."""
        return int(framework.part_count)

    @admin.display(description=gettext_lazy("In use"))
    def shown_use(self, framework: Framework) -> SafeString | str:
        """Tell whether it is in use; else lead to what using it would do."""
        if framework.is_in_use:
            return _("In use")
        if framework.pk is None:
            return _("Save it first")
        address = reverse("admin:qualification_framework_use", args=[framework.pk])
        return format_html('<a href="{}">{}</a>', address, _("Use it…"))

    def get_urls(self) -> list[URLPattern]:
        """Add the page that says what switching would do."""
        page = self.admin_site.admin_view(self.use_page)
        return [path("<int:pk>/use/", page, name="qualification_framework_use"), *super().get_urls()]

    def use_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say what using a framework does to gates and leads, then do it."""
        actor, now = person(request), timezone.now()
        require(actor, EDIT, NOT_YOURS)
        framework = get_object_or_404(Framework, pk=pk)
        back = reverse("admin:qualification_framework_changelist")
        if request.method == "POST":
            try:
                use_framework(framework=framework, actor=actor, now=now)
            except Refused as refusal:
                say(request, refusal)
            else:
                messages.success(request, _("%(framework)s is in use.") % {"framework": framework})
            return HttpResponseRedirect(back)
        effects = effects_of(framework=framework, now=now)
        gates = ngettext(
            "%(count)s gate counts answers over the framework in use.",
            "%(count)s gates count answers over the framework in use.",
            len(effects),
        ) % {"count": len(effects)}
        return ask(
            self,
            request,
            title=_("Use %(framework)s?") % {"framework": framework},
            text=f"{gates} {KEPT}",
            form=forms.Form(),
            rows=effects,
            submit=_("Use %(framework)s") % {"framework": framework},
            back=back,
        )

    def has_delete_permission(self, request: HttpRequest, obj: Framework | None = None) -> bool:
        """The one in use stays."""
        return super().has_delete_permission(request, obj) and not (obj and obj.is_in_use)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Delete one at a time: each is judged by itself."""
        return {}

    changeform_view = say_refusals(admin.ModelAdmin.changeform_view)

    delete_view = say_refusals(admin.ModelAdmin.delete_view)

    def delete_model(self, request: HttpRequest, obj: Framework) -> None:
        """Delete through the service."""
        delete_framework(framework=obj, actor=person(request))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Write the dimensions; of the framework in use this is an edit of the gates that count."""
        super().save_related(request, form, formsets, change)
        if form.instance.is_in_use and any(formset.has_changed() for formset in formsets):
            record_change(now=timezone.now())


@admin.register(Dimension)
class DimensionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What can be asked."""

    list_display = ("label", "key", "value_label", "good_for", "is_also_asked")
    ordering = ("position", "key")
    fieldsets = (
        (None, {"fields": ("label", "key", "position", "is_also_asked")}),
        (gettext_lazy("In a call"), {"fields": ("prompts", "clue_words")}),
        (gettext_lazy("The answer"), {"fields": ("value_label", "example", "good_for_days")}),
        (gettext_lazy("Needed by"), {"fields": ("needed_by",)}),
    )
    readonly_fields = ("needed_by",)

    @admin.display(description=gettext_lazy("Good for"), ordering="good_for_days")
    def good_for(self, dimension: Dimension) -> str:
        """Return how long a confirmed answer is good."""
        return (
            _("%(good_for_days)s days") % {"good_for_days": dimension.good_for_days}
            if dimension.good_for_days
            else _("No end")
        )

    @admin.display(description=gettext_lazy("Needed by"))
    def needed_by(self, dimension: Dimension) -> str:
        """Return what would miss it."""
        return "; ".join(users_of(dimension)) if dimension.pk else _("Nothing yet")

    def get_readonly_fields(self, request: HttpRequest, obj: Dimension | None = None) -> Any:
        """Keep the key of a known dimension: gates, forms and clients name it."""
        return ("key", "needed_by") if obj else ("needed_by",)

    def has_delete_permission(self, request: HttpRequest, obj: Dimension | None = None) -> bool:
        """What is needed stays."""
        allowed = super().has_delete_permission(request, obj)
        return allowed and not (obj is not None and users_of(obj))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Delete one at a time: each is judged by itself."""
        return {}

    changeform_view = say_refusals(admin.ModelAdmin.changeform_view)

    delete_view = say_refusals(admin.ModelAdmin.delete_view)

    def delete_model(self, request: HttpRequest, obj: Dimension) -> None:
        """Delete through the service."""
        delete_dimension(dimension=obj, actor=person(request))
