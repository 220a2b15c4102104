"""What somebody was told, the bell that says how much of it is new, and how they want to hear of it."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leadapp.numbers import whole_number, write_number
from leadapp.paging import Order, read_place, turn_to
from leadapp.views.answering import posted, signed_in
from qualification.models import ByEmail, Notice, NoticeKind
from qualification.services.notices.choices import Habits, choose, habits_of
from qualification.services.notices.reading import mark_read, unread_count

NEWEST = Order(columns=("created_at", "id"), moments=frozenset({"created_at"}), is_descending=True)
MOST_COUNTED = 100
# As short as a phone needs them.
WAYS = [
    (ByEmail.IMMEDIATE, gettext_lazy("At once")),
    (ByEmail.DIGEST, gettext_lazy("Daily digest")),
    (ByEmail.NONE, gettext_lazy("No email")),
]
ICONS = {
    NoticeKind.HANDOVER: "user",
    NoticeKind.DUE_SOON: "clock",
    NoticeKind.BREACH: "alert",
    NoticeKind.HOT_LEAD: "arrow-up",
    NoticeKind.MENTION: "note",
    NoticeKind.WAKE_UP: "refresh",
    NoticeKind.NOBODY_AVAILABLE: "alert",
    NoticeKind.ABSENCE: "calendar",
    NoticeKind.MERGE: "user",
    NoticeKind.WEBHOOK: "alert",
    NoticeKind.KEY: "lock",
    NoticeKind.EXPORT: "export",
}
# Where a notice that is about no lead leads to.
PLACES = {
    NoticeKind.WEBHOOK: "admin:leadapp_webhookendpoint_changelist",
    NoticeKind.KEY: "admin:leadapp_apikey_changelist",
    NoticeKind.EXPORT: "export-list",
}


@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """Show what the person was told, newest first; with `unread` only what they have not read."""
    user = signed_in(request)
    is_unread_only = "unread" in request.GET
    shown = Notice.objects.shown_to(user)
    place = read_place(NEWEST, request.GET.get("after", ""), request.GET.get("before", ""))
    page = turn_to(shown.unread() if is_unread_only else shown, NEWEST, place, size=user.list_size)
    context = {
        "rows": [(notice, ICONS[NoticeKind(notice.kind)]) for notice in page.rows],
        "unread": unread_count(user=user, most=MOST_COUNTED),
        "is_unread_only": is_unread_only,
        "text": _("%(first)s to %(last)s")
        % {"first": write_number(page.number), "last": write_number(page.number + len(page.rows) - 1)},
        "previous_url": _address(is_unread_only, before=page.before),
        "next_url": _address(is_unread_only, after=page.after),
        "now": timezone.now(),
    }
    return render(request, "notices/list.html", context)


@require_GET
def open_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Go to what a notice is about; it is read then."""
    user = signed_in(request)
    notice = get_object_or_404(Notice.objects.shown_to(user), pk=pk)
    mark_read(user=user, notice_id=notice.pk, now=timezone.now())
    if notice.lead_id is not None:
        return redirect("lead-detail", notice.lead_id)
    return redirect(PLACES.get(NoticeKind(notice.kind), "notices"))


@require_POST
def read(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Mark one notice as read, or all of them."""
    mark_read(user=signed_in(request), notice_id=pk, now=timezone.now())
    return redirect(_address("unread" in request.GET) or "notices")


@require_GET
def bell(request: HttpRequest) -> HttpResponse:
    """Return the bell of the header; it is read out when there is more than the page knew of."""
    known = whole_number(request.GET.get("known", ""))
    count = unread_count(user=signed_in(request), most=MOST_COUNTED)
    context = {
        "count": count,
        "shown": f"{MOST_COUNTED - 1}+" if count >= MOST_COUNTED else count,
        "has_more": known is not None and count > known,
    }
    response = render(request, "notices/bell.html", context)
    response["Cache-Control"] = "no-store"
    return response


class ChoicesForm(forms.Form):
    """How to hear of each kind, and when the digest comes."""

    hour = forms.TypedChoiceField(
        label=gettext_lazy("Hour of the digest"),
        coerce=int,
        choices=[(hour, f"{hour:02}:00") for hour in range(24)],
    )

    def __init__(self, *args: Any, habits: Habits, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["hour"].initial = habits.hour
        self.fields["hour"].help_text = _("By the clock in %(zone)s.") % {
            "zone": habits.time_zone.replace("_", " ")
        }
        self.kinds = list(habits.by_email)
        for kind, by_email in habits.by_email.items():
            self.fields[str(kind)] = forms.ChoiceField(
                label=str(kind.label), choices=WAYS, widget=forms.RadioSelect, initial=by_email
            )

    def choices(self) -> list[forms.BoundField]:
        """Return the fields of the kinds."""
        return [self[str(kind)] for kind in self.kinds]


@require_http_methods(["GET", "POST"])
def notice_settings(request: HttpRequest) -> HttpResponse:
    """Ask how the person wants to hear of what."""
    user = signed_in(request)
    form = ChoicesForm(posted(request), habits=habits_of(user, time_zone=settings.TIME_ZONE))
    if form.is_valid():
        by_email = {str(kind): form.cleaned_data[str(kind)] for kind in form.kinds}
        choose(user=user, by_email=by_email, hour=form.cleaned_data["hour"], now=timezone.now())
        messages.success(request, _("Saved. It holds from now on."))
        return redirect("notice-settings")
    return render(request, "notices/settings.html", {"form": form}, status=422 if form.errors else 200)


def _address(is_unread_only: bool, **cursor: str) -> str:
    """Return the address of a page, or nothing where there is none."""
    named = [f"{name}={value}" for name, value in cursor.items() if value]
    if cursor and not named:
        return ""
    query = "&".join([*(["unread"] if is_unread_only else []), *named])
    return f"{reverse('notices')}{'?' if query else ''}{query}"
