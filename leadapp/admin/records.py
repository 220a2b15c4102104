"""Consents, exports and quarantines: read-only evidence."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from leadapp.admin.asking import person
from leadapp.admin.read_only import ReadOnly
from leadapp.models import ConsentRecord, DuplicatePair, Export, Lead, Merge, Quarantine


@admin.register(ConsentRecord)
class ConsentRecordAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Who agreed to what, and to which words."""

    list_display = ("recorded_at", "lead", "purpose", "granted", "source", "how", "recorded_by")
    list_select_related = ("lead", "recorded_by")
    list_filter = ("purpose", "granted")
    ordering = ("-id",)
    fields = (
        "lead",
        "purpose",
        "granted",
        "text",
        "text_version",
        "source",
        "how",
        "recorded_by",
        "recorded_at",
    )


@admin.register(Export)
class ExportAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Who took leads out, when, and how many."""

    list_display = ("at", "username", "rows", "file_format", "query", "finished_at")
    list_filter = ("file_format",)
    search_fields = ("username",)
    ordering = ("-at", "-id")
    sortable_by = ()
    fields = ("at", "user", "username", "file_format", "query", "columns", "rows", "finished_at")


@admin.register(Quarantine)
class QuarantineAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Bursts that no person made; they are released in the timeline of the lead."""

    list_display = ("found_at", "lead", "kind", "activity_count", "started_at", "released_at", "released_by")
    list_select_related = ("lead", "released_by")
    list_filter = ("kind", ("released_at", admin.EmptyFieldListFilter))
    ordering = ("-id",)
    sortable_by = ()
    fields = (
        "timeline",
        "kind",
        "activity_count",
        "started_at",
        "ended_at",
        "found_at",
        "released_at",
        "released_by",
    )
    readonly_fields = fields

    @admin.display(description=_("Lead"))
    def timeline(self, quarantine: Quarantine) -> SafeString:
        """Link to where it is released."""
        url = reverse("lead-timeline", args=[quarantine.lead_id])
        return format_html('<a href="{}">{}</a>', url, _("Timeline of %(lead)s") % {"lead": quarantine.lead})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Quarantine]:
        """Keep to the leads that this person may see."""
        visible = Lead.objects.visible_to(person(request))
        found: QuerySet[Quarantine] = super().get_queryset(request)
        return found if visible.query.where.children == [] else found.filter(lead__in=visible)

    def has_view_permission(self, request: HttpRequest, obj: Quarantine | None = None) -> bool:
        """Whoever may read activities may read what became of them."""
        return request.user.has_perm("leadapp.view_activity")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show it in the index to the same people."""
        return request.user.has_perm("leadapp.view_activity")


@admin.register(DuplicatePair)
class DuplicatePairAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Leads that may be one person; they are reviewed on the page Duplicates."""

    list_display = ("first", "second", "probability", "state", "decided_by", "found_at")
    list_select_related = ("first", "second", "decided_by")
    list_filter = ("state",)
    sortable_by = ()
    ordering = ("-probability", "-id")
    fields = (
        "first",
        "second",
        "probability",
        "evidence",
        "named_together",
        "state",
        "decided_by",
        "decided_at",
        "found_at",
    )


@admin.register(Merge)
class MergeAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Leads that were merged; they are taken apart on the page Duplicates."""

    list_display = (
        "at",
        "loser_name",
        "loser_id",
        "winner",
        "actor",
        "probability",
        "undone_at",
        "undone_by",
    )
    list_select_related = ("winner", "actor", "undone_by")
    sortable_by = ()
    ordering = ("-id",)
    fields = (
        "winner",
        "loser_id",
        "loser_name",
        "before",
        "after",
        "probability",
        "at",
        "actor",
        "undone_at",
        "undone_by",
    )
