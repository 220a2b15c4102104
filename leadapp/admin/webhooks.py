"""Addresses that want to hear of events, and what was sent to them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from leadapp.admin.paging import CappedPaginator
from leadapp.admin.refusals import say_refusals
from leadapp.models import WebhookDelivery, WebhookEndpoint
from leadapp.models.webhooks import LISTENABLE
from leadapp.services.webhooks.signing import new_secret

EVENTS = [(each, f"{each.label} ({each})") for each in LISTENABLE]


class EndpointForm(forms.ModelForm):  # type: ignore[type-arg]
    """Where to, and what about."""

    events = forms.MultipleChoiceField(label="Events", choices=EVENTS, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = WebhookEndpoint
        fields = ("url", "events", "is_active")

    def clean_url(self) -> str:
        """Refuse addresses that would send leads in the clear."""
        url = str(self.cleaned_data["url"])
        if not url.startswith("https://"):
            raise forms.ValidationError("Give an address that begins with https://.")
        return url


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The secret signs each delivery; the receiver checks it."""

    form = EndpointForm
    list_display = ("url", "shown_events", "is_active", "created_at")
    ordering = ("url",)
    fields = ("url", "events", "is_active", "secret")
    readonly_fields = ("secret",)

    @admin.display(description="Events")
    def shown_events(self, endpoint: WebhookEndpoint) -> str:
        """Return what it wants to hear of."""
        return ", ".join(endpoint.events)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the secret once there is one."""
        return self.fields if obj else ("url", "events", "is_active")

    def save_model(self, request: HttpRequest, obj: WebhookEndpoint, form: Any, change: bool) -> None:
        """Give a new address its secret."""
        if not obj.secret:
            obj.secret = new_secret()
        super().save_model(request, obj, form, change)

    @say_refusals
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Tell refusals."""
        return super().changeform_view(request, *args, **kwargs)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What was sent, and whether it arrived; read-only."""

    list_display = ("created_at", "endpoint", "event", "state", "attempts", "due_at")
    list_select_related = ("endpoint", "event")
    list_filter = ("state",)
    ordering = ("-id",)
    paginator = CappedPaginator
    show_full_result_count = False
    raw_id_fields = ("lead", "event")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Leadapp writes them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: WebhookDelivery | None = None) -> bool:
        """Leadapp writes them."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: WebhookDelivery | None = None) -> bool:
        """They stay."""
        return False
