"""API keys: shown once when they are made, revoked, never changed."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminSplitDateTime
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.admin.asking import ask, carry_out, person, show_in
from leadapp.errors import NotAllowed, Refused
from leadapp.models import ApiKey
from leadapp.services.keys import create_api_key, revoke_api_key


class KeyForm(forms.Form):
    """What a new key is for."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("Who uses it: “Website forms”, “Shop”, “Power BI”."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("May"),
        choices=ApiKey.Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("As little as it needs."),
    )
    expires_at = forms.SplitDateTimeField(
        label=gettext_lazy("Expires"),
        required=False,
        widget=AdminSplitDateTime,
        help_text=gettext_lazy("Empty: never."),
    )


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The keys of REST clients."""

    list_display = ("name", "prefix", "shown_scopes", "state", "created_by", "created_at", "last_used_at")
    list_select_related = ("created_by",)
    ordering = ("name",)
    actions = ("revoke",)
    fields = (
        "name",
        "prefix",
        "shown_scopes",
        "created_by",
        "created_at",
        "expires_at",
        "revoked_at",
        "last_used_at",
    )
    readonly_fields = fields

    @admin.display(description=gettext_lazy("May"))
    def shown_scopes(self, key: ApiKey) -> str:
        """Return what it may do."""
        return ", ".join(str(ApiKey.Scope(scope).label) for scope in key.scopes)

    @admin.display(description=gettext_lazy("State"))
    def state(self, key: ApiKey) -> str:
        """Return whether it works."""
        if key.revoked_at:
            return _("Revoked")
        return _("Expired") if key.expires_at and key.expires_at <= timezone.now() else _("Works")

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """Keys are revoked and made anew, not changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """Keys stay: what they brought names them."""
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Allow it to who may manage keys."""
        return request.user.has_perm("leadapp.change_apikey")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask what the key is for, make it, and show it this once."""
        if not self.has_add_permission(request):
            raise NotAllowed(_("You may not create API keys."))
        form = KeyForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                key, text = create_api_key(actor=person(request), now=timezone.now(), **form.cleaned_data)
            except Refused as refusal:
                show_in(form, refusal)
                for name, texts in refusal.errors.items():
                    if name in form.fields and name not in form.errors:
                        form.add_error(name, list(texts))
            else:
                return self._show_once(request, key, text)
        return ask(self, request, title=_("Add API key"), form=form, submit=_("Make the key"))

    def _show_once(self, request: HttpRequest, key: ApiKey, text: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("The key “%(key)s”") % {"key": key.name},
            "key": key,
            "key_text": text,
        }
        response = render(request, "admin/leadapp/key_made.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @admin.action(description=gettext_lazy("Revoke"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> HttpResponseRedirect | None:
        """Make the keys useless from now on."""
        keys = list(queryset.filter(revoked_at__isnull=True))
        if not keys:
            messages.warning(request, _("These keys are revoked already."))
            return None
        actor, now = person(request), timezone.now()
        carry_out(
            request,
            keys,
            lambda key: revoke_api_key(key=key, actor=actor, now=now),
            done=_("revoked for good."),
        )
        return HttpResponseRedirect(reverse("admin:leadapp_apikey_changelist"))
