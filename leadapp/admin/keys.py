"""API keys: shown once when they are made or rotated, limited, revoked, never deleted."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminSplitDateTime
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.admin.asking import ask, ask_about, carry_out, chosen_ids, person, show_in
from leadapp.errors import NotAllowed, Refused
from leadapp.models import ApiKey
from leadapp.services.key_expiry import SOON
from leadapp.services.keys import create_api_key, limit_api_key, revoke_api_key, rotate_api_key
from leadapp.times import write_date

OVERLAPS = [
    (0, gettext_lazy("at once")),
    (1, gettext_lazy("in a day")),
    (7, gettext_lazy("in a week")),
    (30, gettext_lazy("in 30 days")),
]


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


class RotateForm(forms.Form):
    """How long the old text remains valid, and until when the key does."""

    days = forms.TypedChoiceField(
        label=gettext_lazy("The old text ends"),
        coerce=int,
        choices=OVERLAPS,
        initial=7,
        help_text=gettext_lazy("Until then both are valid, so that the client can change over."),
    )
    expires_at = forms.SplitDateTimeField(
        label=gettext_lazy("Expires"),
        required=False,
        widget=AdminSplitDateTime,
        help_text=gettext_lazy("Empty: never."),
    )


class LimitForm(forms.Form):
    """What a key may send in a minute."""

    requests_per_minute = forms.IntegerField(
        label=gettext_lazy("Requests per minute"),
        required=False,
        help_text=gettext_lazy("Empty: as many as any other key."),
    )
    events_per_minute = forms.IntegerField(
        label=gettext_lazy("Events per minute"),
        required=False,
        help_text=gettext_lazy("Empty: as many as any other key."),
    )


class RevokeForm(forms.Form):
    """Why it is revoked."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        help_text=gettext_lazy("Such as: “The shop was switched off.” It is shown here only."),
    )


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The keys of REST clients."""

    change_form_template = "admin/leadapp/api_key.html"
    list_display = ("name", "prefix", "shown_scopes", "state", "last_used_at", "created_by", "created_at")
    list_select_related = ("created_by",)
    ordering = ("name",)
    actions = ("revoke",)
    fields = (
        "name",
        "shown_scopes",
        "state",
        "prefix",
        "last_used_at",
        "old_text",
        "rotated_at",
        "expires_at",
        "requests_per_minute",
        "events_per_minute",
        "created_by",
        "created_at",
        "revoked_at",
        "revoked_reason",
    )
    readonly_fields = fields

    @admin.display(description=gettext_lazy("May"))
    def shown_scopes(self, key: ApiKey) -> str:
        """Return what it may do."""
        return ", ".join(str(ApiKey.Scope(scope).label) for scope in key.scopes)

    @admin.display(description=gettext_lazy("State"))
    def state(self, key: ApiKey) -> str:
        """Return whether it works, and until when if that is soon."""
        now = timezone.now()
        if key.revoked_at:
            return _("Revoked")
        if key.expires_at and key.expires_at <= now:
            return _("Expired")
        if key.expires_at and key.expires_at <= now + SOON:
            return _("Expires soon: %(moment)s") % {"moment": write_date(key.expires_at)}
        return _("Works")

    @admin.display(description=gettext_lazy("The text before"))
    def old_text(self, key: ApiKey) -> str:
        """Return whether the text of before the last rotation is still valid, and still used."""
        if key.old_valid_until is None or key.rotated_at is None:
            return self.get_empty_value_display()
        words = {"prefix": key.old_prefix, "until": write_date(key.old_valid_until)}
        if key.old_valid_until <= timezone.now():
            return _("%(prefix)s…, was valid until %(until)s") % words
        if key.old_used_at is None or key.old_used_at <= key.rotated_at:
            return _("%(prefix)s…, valid until %(until)s, not used since the rotation") % words
        words["used"] = write_date(key.old_used_at)
        return _("%(prefix)s…, valid until %(until)s, still used: %(used)s") % words

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """Keys are rotated, limited and revoked on pages of their own."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """Keys stay: what they brought names them."""
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Allow it to who may manage keys."""
        return request.user.has_perm("leadapp.change_apikey")

    def get_urls(self) -> Any:
        """Add the pages of its actions."""
        pages: dict[str, tuple[str, Any]] = {
            "<int:pk>/rotate/": ("rotate", self.rotate_view),
            "<int:pk>/limit/": ("limit", self.limit_view),
            "revoke/": ("revoke", self.revoke_view),
        }
        own = [
            path(address, self.admin_site.admin_view(view), name=f"leadapp_apikey_{name}")
            for address, (name, view) in pages.items()
        ]
        return [*own, *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask what the key is for, make it, and show it this once."""
        if not self.has_add_permission(request):
            raise NotAllowed(_("You may not create API keys."))
        form = KeyForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                made = create_api_key(actor=person(request), now=timezone.now(), **form.cleaned_data)
            except Refused as refusal:
                show_in(form, refusal)
            else:
                return self._show_once(request, *made)
        return ask(self, request, title=_("Add API key"), form=form, submit=_("Make the key"))

    def rotate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give it a new text, and show that this once."""
        key = self._key(request, pk)
        form = RotateForm(request.POST or None, initial={"expires_at": key.expires_at})
        if request.method == "POST" and form.is_valid():
            overlap, expires_at = timedelta(days=form.cleaned_data["days"]), form.cleaned_data["expires_at"]
            try:
                made = rotate_api_key(
                    key=key, overlap=overlap, expires_at=expires_at, actor=person(request), now=timezone.now()
                )
            except Refused as refusal:
                show_in(form, refusal)
            else:
                return self._show_once(request, *made)
        return self._ask(request, key, _("Rotate the key"), form, _("Make a new text"))

    def limit_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let it send more or less in a minute than other keys."""
        key = self._key(request, pk)
        now = {"requests_per_minute": key.requests_per_minute, "events_per_minute": key.events_per_minute}
        form = LimitForm(request.POST or None, initial=now)
        if request.method == "POST" and form.is_valid():
            try:
                limit_api_key(key=key, actor=person(request), **form.cleaned_data)
            except Refused as refusal:
                show_in(form, refusal)
            else:
                messages.success(request, _("The limits hold from now on."))
                return HttpResponseRedirect(_page_of(key))
        return self._ask(request, key, _("Limits of the key"), form, _("Save the limits"))

    @admin.action(description=gettext_lazy("Revoke…"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> HttpResponseRedirect | None:
        """Ask why."""
        return ask_about(queryset, "admin:leadapp_apikey_revoke")

    def revoke_view(self, request: HttpRequest) -> HttpResponse:
        """Ask why, and make the keys useless from now on."""
        if not self.has_revoke_permission(request):
            raise NotAllowed(_("You may not revoke API keys."))
        keys = list(
            ApiKey.objects.filter(pk__in=chosen_ids(request), revoked_at__isnull=True).order_by("name")
        )
        if not keys:
            messages.warning(request, _("These keys are revoked already."))
            return HttpResponseRedirect(reverse("admin:leadapp_apikey_changelist"))
        form = RevokeForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            actor, now, reason = person(request), timezone.now(), form.cleaned_data["reason"]
            carry_out(
                request,
                keys,
                lambda key: revoke_api_key(key=key, reason=reason, actor=actor, now=now),
                done=_("revoked for good."),
            )
            return HttpResponseRedirect(reverse("admin:leadapp_apikey_changelist"))
        return ask(self, request, title=_("Revoke keys"), form=form, submit=_("Revoke for good"), rows=keys)

    def _key(self, request: HttpRequest, pk: int) -> ApiKey:
        if not request.user.has_perm("leadapp.change_apikey"):
            raise NotAllowed(_("You may not change API keys."))
        return get_object_or_404(ApiKey, pk=pk)

    def _ask(
        self, request: HttpRequest, key: ApiKey, title: str, form: forms.Form, submit: str
    ) -> HttpResponse:
        return ask(self, request, title=title, form=form, submit=submit, rows=[key], back=_page_of(key))

    def _show_once(self, request: HttpRequest, key: ApiKey, text: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("The key “%(key)s”") % {"key": key.name},
            "key": key,
            "key_text": text,
            "old_text": self.old_text(key) if key.old_valid_until else "",
        }
        response = render(request, "admin/leadapp/key_made.html", context)
        response["Cache-Control"] = "no-store"
        return response


def _page_of(key: ApiKey) -> str:
    return reverse("admin:leadapp_apikey_change", args=[key.pk])
