"""Activities to be read and voided; the kinds of activity to be extended."""

import json
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.access import require
from leadapp.admin.asking import ask, ask_about, carry_out, chosen_ids, person
from leadapp.admin.read_only import ReadOnly
from leadapp.admin.refusals import say_refusals
from leadapp.models import Activity, ActivityType, Lead
from leadapp.services.work.activities import void_activity


class VoidForm(forms.Form):
    """Why it is wrong."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=forms.TextInput(attrs={"size": 70}),
        help_text=gettext_lazy(
            "It stays visible in the timeline, with this reason, and gives no points any more."
        ),
    )


@admin.register(Activity)
class ActivityAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Facts: never changed, only voided."""

    list_display = ("occurred_at", "lead", "type", "source", "actor", "voided")
    list_select_related = ("lead", "type", "actor")
    list_filter = ("type", ("voided_at", admin.EmptyFieldListFilter))
    ordering = ("-id",)
    sortable_by = ()
    actions = ("void",)
    change_form_template = "admin/leadapp/activity_change_form.html"
    fields = (
        "lead_link",
        "type",
        "occurred_at",
        "received_at",
        "source",
        "external_id",
        "shown_properties",
        "actor",
        "voided_at",
        "voided_by",
        "void_reason",
    )
    readonly_fields = fields

    @admin.display(description=gettext_lazy("Voided"), boolean=True)
    def voided(self, activity: Activity) -> bool:
        """Tell whether it was declared wrong."""
        return activity.is_voided

    @admin.display(description=gettext_lazy("Lead"))
    def lead_link(self, activity: Activity) -> SafeString:
        """Link to the lead."""
        url = reverse("admin:leadapp_lead_change", args=[activity.lead_id])
        return format_html('<a href="{}">{}</a>', url, activity.lead)

    @admin.display(description=gettext_lazy("Properties"))
    def shown_properties(self, activity: Activity) -> SafeString:
        """Return the properties, one per line."""
        return format_html("<pre>{}</pre>", json.dumps(activity.properties, indent=2, ensure_ascii=False))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Activity]:
        """Keep to the leads that this person may see."""
        visible = Lead.objects.visible_to(person(request))
        found: QuerySet[Activity] = super().get_queryset(request)
        return found if visible.query.where.children == [] else found.filter(lead__in=visible)

    def has_void_permission(self, request: HttpRequest) -> bool:
        """Allow voiding to who may work on any lead."""
        return request.user.has_perm("leadapp.work_any_lead")

    def get_urls(self) -> list[URLPattern]:
        """Add the page that asks why."""
        view = self.admin_site.admin_view(partial(_void_view, self))
        return [path("void/", view, name="leadapp_activity_void"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Offer to void it."""
        context = {"may_void": self.has_void_permission(request), **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    @admin.action(description=gettext_lazy("Void…"), permissions=["void"])
    def void(self, request: HttpRequest, queryset: QuerySet[Activity]) -> HttpResponseRedirect:
        """Ask why."""
        return ask_about(queryset, "admin:leadapp_activity_void")


def _void_view(model_admin: ActivityAdmin, request: HttpRequest) -> HttpResponse:
    """Ask why, then void each activity and tell how it went."""
    require(person(request), "leadapp.work_any_lead", _("Only sales may void activities."))
    found = model_admin.get_queryset(request).filter(pk__in=chosen_ids(request))
    found = found.select_related("lead", "type").order_by("-occurred_at", "-id")
    rows = [_Row(activity) for activity in found]
    form = VoidForm(request.POST or None)
    back = reverse("admin:leadapp_activity_changelist")
    if request.method == "POST" and form.is_valid():
        actor, now, reason = person(request), timezone.now(), form.cleaned_data["reason"]
        carry_out(
            request,
            rows,
            lambda row: void_activity(activity=row.activity, reason=reason, actor=actor, now=now),
            done=_("voided. The score follows in a moment."),
        )
        return HttpResponseRedirect(back)
    return ask(
        model_admin, request, title=_("Void activities"), form=form, rows=rows, submit=_("Void"), back=back
    )


class _Row:
    """An activity with the name of its lead."""

    def __init__(self, activity: Activity) -> None:
        self.activity = activity
        self.pk = activity.pk

    def __str__(self) -> str:
        return _("%(type)s of %(lead)s, %(occurred_at)s") % {
            "type": self.activity.type,
            "lead": self.activity.lead,
            "occurred_at": date_format(
                timezone.localtime(self.activity.occurred_at), "SHORT_DATETIME_FORMAT"
            ),
        }


@admin.register(ActivityType)
class ActivityTypeAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What the system knows; marketers add their own."""

    list_display = ("label", "slug", "channel", "is_signal", "is_touch", "starts_clock")
    list_filter = ("channel",)
    ordering = ("channel", "label")
    fields = ("label", "slug", "channel", "is_signal", "is_touch", "starts_clock")

    def has_change_permission(self, request: HttpRequest, obj: ActivityType | None = None) -> bool:
        """Leave alone what Leadapp writes itself."""
        return super().has_change_permission(request, obj) and (obj is None or not obj.is_internal)

    def has_delete_permission(self, request: HttpRequest, obj: ActivityType | None = None) -> bool:
        """Kinds stay: activities and rules refer to them."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: ActivityType | None = None) -> Any:
        """Keep the slug of a known kind: events carry it."""
        return ("slug",) if obj else ()

    changeform_view = say_refusals(admin.ModelAdmin.changeform_view)
