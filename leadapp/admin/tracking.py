"""The websites that are followed."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from leadapp.admin.asking import person
from leadapp.admin.refusals import say_refusals
from leadapp.errors import Invalid
from leadapp.models import TrackedSite
from leadapp.services.tracking.sites import clean_origins, save_site


class SiteForm(forms.ModelForm):  # type: ignore[type-arg]
    """A website that is followed."""

    class Meta:
        model = TrackedSite
        fields = ("name", "origins", "waits_for_consent", "consent_text", "is_active")
        widgets = {
            "origins": forms.TextInput(attrs={"class": "vLargeTextField"}),
            "consent_text": forms.Textarea(attrs={"rows": 4, "cols": 60}),
        }

    def clean_origins(self) -> list[str]:
        """Take addresses as people type them."""
        try:
            return clean_origins(self.cleaned_data["origins"])
        except Invalid as refusal:
            raise forms.ValidationError(refusal.message) from refusal

    def validate_constraints(self) -> None:
        """Leave key and version to the service: they are given when it is saved."""


@admin.register(TrackedSite)
class TrackedSiteAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Websites, and what their visitors are asked."""

    form = SiteForm
    list_display = ("name", "shown_origins", "waits_for_consent", "is_active", "first_seen_at")
    ordering = ("name",)
    readonly_fields = ("key", "consent_version", "first_seen_at")

    @admin.display(description=TrackedSite._meta.get_field("origins").verbose_name)
    def shown_origins(self, site: TrackedSite) -> str:
        """Return where its pages are."""
        return ", ".join(site.origins)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show what is given to a website once there is one."""
        return (*SiteForm.Meta.fields, *self.readonly_fields) if obj else SiteForm.Meta.fields

    def view_on_site(self, obj: TrackedSite) -> str:
        """Lead to what is to be pasted."""
        return reverse("website", args=[obj.pk])

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Keep websites that were followed, for consents name their words; they are switched off."""
        is_used = obj is not None and obj.first_seen_at is not None
        return not is_used and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: TrackedSite, form: Any, change: bool) -> None:
        """Save it, and other words of consent as a new version."""
        save_site(site=obj, actor=person(request), now=timezone.now())

    changeform_view = say_refusals(admin.ModelAdmin.changeform_view)
