"""Addresses that hear of events, what was sent to them, and what was given up."""

import json
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
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.admin.asking import ask, person, show_in
from leadapp.admin.read_only import ReadOnly
from leadapp.admin.refusals import say_refusals
from leadapp.errors import NotAllowed, Refused
from leadapp.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from leadapp.models.webhooks import LISTENABLE
from leadapp.services.webhooks.delivery import body_of, send_test
from leadapp.services.webhooks.endpoints import (
    change_endpoint,
    create_endpoint,
    resend,
    resend_since,
    rotate_secret,
)
from leadapp.times import write_date

EVENTS = [(str(each), format_lazy("{} ({})", each.label, each)) for each in LISTENABLE]
OVERLAPS = [
    (0, gettext_lazy("at once")),
    (1, gettext_lazy("in an hour")),
    (24, gettext_lazy("in a day")),
    (168, gettext_lazy("in a week")),
]


class EndpointForm(forms.Form):
    """Where to, and what about."""

    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=500,
        widget=forms.URLInput({"class": "vURLField"}),
        help_text=gettext_lazy(
            "Where deliveries are posted to, such as https://crm.example.com/hooks/leads."
        ),
    )
    events = forms.MultipleChoiceField(
        label=gettext_lazy("Events"), choices=EVENTS, widget=forms.CheckboxSelectMultiple
    )


class EndpointChangeForm(forms.ModelForm):  # type: ignore[type-arg]
    """The same for one that exists, which can also be switched off."""

    events = forms.MultipleChoiceField(
        label=gettext_lazy("Events"), choices=EVENTS, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = WebhookEndpoint
        fields = ("url", "events", "is_active")


class RotateForm(forms.Form):
    """How long the old secret goes on signing beside the new one."""

    hours = forms.TypedChoiceField(
        label=gettext_lazy("The old one ends"),
        coerce=int,
        choices=OVERLAPS,
        initial=24,
        help_text=gettext_lazy(
            "Until then deliveries are signed with both, so that the receiver can change over."
        ),
    )


class SinceForm(forms.Form):
    """From when on."""

    since = forms.SplitDateTimeField(label=gettext_lazy("Happened since"), widget=AdminSplitDateTime)


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The secret signs each delivery; it is shown when it is made, and never again."""

    form = EndpointChangeForm
    change_form_template = "admin/leadapp/webhook_endpoint.html"
    list_display = ("url", "shown_events", "standing", "created_at")
    ordering = ("url",)
    fields = ("url", "events", "is_active", "standing", "old_secret_until")
    readonly_fields = ("standing", "old_secret_until")

    @admin.display(description=gettext_lazy("Events"))
    def shown_events(self, endpoint: WebhookEndpoint) -> str:
        """Return what it wants to hear of."""
        return ", ".join(endpoint.events)

    @admin.display(description=gettext_lazy("State"))
    def standing(self, endpoint: WebhookEndpoint) -> str:
        """Return whether it works, and since when not."""
        if not endpoint.is_active:
            return _("Switched off")
        if endpoint.failing_since is None:
            return _("Works")
        return _("Failing since %(failing_since)s, %(failures)s in a row") % {
            "failing_since": write_date(endpoint.failing_since),
            "failures": endpoint.failures,
        }

    def get_urls(self) -> Any:
        """Add the pages of its actions."""
        pages = {"test": self.test_view, "rotate": self.rotate_view, "resend": self.resend_view}
        own = [
            path(
                f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"leadapp_webhookendpoint_{name}"
            )
            for name, view in pages.items()
        ]
        return [*own, *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask where to and what about, and show the secret this once."""
        if not self.has_add_permission(request):
            raise NotAllowed(_("You may not add webhooks."))
        form = EndpointForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                made = create_endpoint(actor=person(request), now=timezone.now(), **form.cleaned_data)
            except Refused as refusal:
                show_in(form, refusal)
            else:
                return self._show_secret(request, made)
        return ask(self, request, title=_("Add webhook endpoint"), form=form, submit=_("Add the endpoint"))

    changeform_view = say_refusals(admin.ModelAdmin.changeform_view)

    def save_model(self, request: HttpRequest, obj: WebhookEndpoint, form: Any, change: bool) -> None:
        """Change where it is, what it hears of, and whether it is on."""
        change_endpoint(endpoint=obj, actor=person(request), **form.cleaned_data)

    def test_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send a test and tell what came of it."""
        endpoint = self._endpoint(request, pk)
        if request.method == "POST":
            answer = send_test(endpoint=endpoint, actor=person(request), now=timezone.now())
            if answer.is_success:
                messages.success(
                    request,
                    _("It arrived: %(status)s after %(milliseconds)s ms.")
                    % {"status": answer.status, "milliseconds": answer.milliseconds},
                )
            else:
                text = f"{answer.error} ({answer.milliseconds} ms)"
                if answer.text:
                    text = _("%(error)s It said: %(answer)s") % {"error": text, "answer": answer.text}
                messages.error(request, text)
            return self._back(endpoint)
        return self._ask(request, endpoint, _("Send a test"), forms.Form(), _("Send it"))

    def rotate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give it a new secret, and show that this once."""
        endpoint = self._endpoint(request, pk)
        form = RotateForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            overlap = timedelta(hours=form.cleaned_data["hours"])
            fresh = rotate_secret(
                endpoint=endpoint, overlap=overlap, actor=person(request), now=timezone.now()
            )
            return self._show_secret(request, fresh)
        return self._ask(request, endpoint, _("New secret"), form, _("Make a new secret"))

    def resend_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send again what was given up since a moment."""
        endpoint = self._endpoint(request, pk)
        form = SinceForm(request.POST or None, initial={"since": timezone.now() - timedelta(days=1)})
        if request.method == "POST" and form.is_valid():
            since, now = form.cleaned_data["since"], timezone.now()
            try:
                count = resend_since(endpoint=endpoint, since=since, actor=person(request), now=now)
            except Refused as refusal:
                show_in(form, refusal)
            else:
                messages.success(request, _("%(count)s go out again.") % {"count": count})
                return self._back(endpoint)
        return self._ask(request, endpoint, _("Send again what was given up"), form, _("Send again"))

    def _endpoint(self, request: HttpRequest, pk: int) -> WebhookEndpoint:
        if not self.has_change_permission(request):
            raise NotAllowed(_("You may not change webhooks."))
        return get_object_or_404(WebhookEndpoint, pk=pk)

    def _ask(
        self, request: HttpRequest, endpoint: WebhookEndpoint, title: str, form: forms.Form, submit: str
    ) -> HttpResponse:
        back = reverse("admin:leadapp_webhookendpoint_change", args=[endpoint.pk])
        return ask(self, request, title=title, form=form, submit=submit, rows=[endpoint], back=back)

    def _back(self, endpoint: WebhookEndpoint) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse("admin:leadapp_webhookendpoint_change", args=[endpoint.pk]))

    def _show_secret(self, request: HttpRequest, endpoint: WebhookEndpoint) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("The secret of the endpoint"),
            "endpoint": endpoint,
        }
        response = render(request, "admin/leadapp/webhook_secret.html", context)
        response["Cache-Control"] = "no-store"
        return response


class AttemptInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    """What came of each attempt."""

    model = WebhookAttempt
    fields = ("at", "status", "error", "answer", "milliseconds")
    ordering = ("-id",)
    verbose_name_plural = gettext_lazy("attempts")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Show them to who may see the delivery."""
        return request.user.has_perm("leadapp.view_webhookdelivery")


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """What was sent, whether it arrived, and what was given up: the dead-letter list."""

    list_display = ("created_at", "type", "endpoint", "lead", "state", "attempts", "due_at", "last_error")
    list_select_related = ("endpoint", "event", "lead")
    list_filter = ("state", "event__type", "endpoint")
    ordering = ("-id",)
    sortable_by = ()
    actions = ("send_again",)
    inlines = (AttemptInline,)
    fields = (
        "type",
        "endpoint",
        "lead",
        "state",
        "attempts",
        "created_at",
        "due_at",
        "delivered_at",
        "last_error",
        "public_id",
        "body",
    )
    readonly_fields = fields

    @admin.display(description=gettext_lazy("Event"))
    def type(self, delivery: WebhookDelivery) -> str:
        """Return what it tells of."""
        return delivery.event.type

    @admin.display(description=gettext_lazy("webhook-id"))
    def public_id(self, delivery: WebhookDelivery) -> str:
        """Return the id by which the receiver knows it."""
        return delivery.event.public_id

    @admin.display(description=gettext_lazy("Body"))
    def body(self, delivery: WebhookDelivery) -> SafeString:
        """Return what is sent, with line breaks."""
        text = json.dumps(json.loads(body_of(delivery.event)), indent=2, ensure_ascii=False)
        return format_html("<pre>{}</pre>", text)

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Allow it to who may change webhooks."""
        return request.user.has_perm("leadapp.change_webhookendpoint")

    @admin.action(description=gettext_lazy("Send again"), permissions=["resend"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> None:
        """Put them in line again, under the webhook-id that they had."""
        ids = list(queryset.values_list("pk", flat=True))
        try:
            count = resend(deliveries=ids, actor=person(request), now=timezone.now())
        except Refused as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(
                request, _("%(count)s of %(all)s go out again.") % {"count": count, "all": len(ids)}
            )
