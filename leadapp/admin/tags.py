"""Tags: renamed and deleted here; leads get theirs in the list and on their pages."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from leadapp.admin.paging import CappedPaginator
from leadapp.models import Tag


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The words that leads are sorted by, and how many have each."""

    list_display = ("name", "leads", "created_at")
    search_fields = ("name",)
    ordering = ("name", "id")
    sortable_by = ()
    paginator = CappedPaginator
    show_full_result_count = False
    fields = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tag]:
        """Count the leads of each tag."""
        tags: QuerySet[Tag] = super().get_queryset(request)
        return tags.annotate(leads=Count("lead_tags"))

    @admin.display(description=_("Leads"))
    def leads(self, tag: Any) -> int:
        """Return how many leads have it."""
        return int(tag.leads)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, Any, Any]:
        """Name the tags only: those of a large list of leads would fill the page."""
        return [str(tag) for tag in objs], {Tag._meta.verbose_name_plural: len(objs)}, set(), []
