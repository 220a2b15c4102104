"""Consents: read-only evidence."""

from django.contrib import admin
from django.http import HttpRequest

from leadapp.admin.paging import CappedPaginator
from leadapp.models import ConsentRecord


@admin.register(ConsentRecord)
class ConsentRecordAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Who agreed to what, and to which words."""

    list_display = ("recorded_at", "lead", "purpose", "granted", "source")
    list_select_related = ("lead",)
    list_filter = ("purpose", "granted")
    ordering = ("-id",)
    paginator = CappedPaginator
    show_full_result_count = False
    fields = ("lead", "purpose", "granted", "text", "source", "recorded_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Forms write them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: ConsentRecord | None = None) -> bool:
        """Evidence is not changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ConsentRecord | None = None) -> bool:
        """Evidence stays."""
        return False
