"""Lists that were bought, and what is erased when: the rule, what it will do, and what it has done."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from leadapp.admin.read_only import ReadOnly
from leadapp.admin.refusals import say_refusals
from leadapp.models import BoughtList, Erasure
from leadapp.services.privacy.retention import preview


@admin.register(BoughtList)
class BoughtListAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Where contacts came from that did not come by themselves."""

    list_display = ("name", "provider", "obtained_on")
    ordering = ("-obtained_on", "-pk")
    fields = ("name", "provider", "obtained_on", "basis")

    changeform_view = say_refusals(admin.ModelAdmin.changeform_view)


@admin.register(Erasure)
class ErasureAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """What was erased; above it, what will be."""

    change_list_template = "admin/leadapp/erasures.html"
    list_display = ("erased_at", "kept_for", "days", "lead_count")
    list_filter = ("kept_for",)
    ordering = ("-id",)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Show what the rule erases tonight, and within a month."""
        outlook = preview(now=timezone.now())
        return super().changelist_view(
            request, {**(extra_context or {}), "outlook": outlook, "title": _("Erasures")}
        )
