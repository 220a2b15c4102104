"""Confirm what one agreed to, and opt out: by links that need no sign-in."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from leadapp.errors import NotFound
from leadapp.models import Purpose
from leadapp.services.privacy.opt_in.confirming import confirm_consent, find_request
from leadapp.services.privacy.opt_out import find_lead_of_link, opt_out, opted_out


def choices() -> list[tuple[str, str]]:
    """Return what one can say no to, in the words of the page."""
    return [
        (Purpose.EMAIL, _("No more emails")),
        (Purpose.PHONE, _("No more phone calls")),
        (Purpose.SCORING, _("Do not evaluate what I do")),
    ]


@login_not_required
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for one click: programs that look at every link of an e-mail confirm nothing."""
    now = timezone.now()
    try:
        if request.method == "POST":
            return render(request, "public/confirmed.html", {"done": confirm_consent(token=token, now=now)})
        asked = find_request(token=token, now=now)
    except NotFound as refusal:
        return render(request, "public/refused.html", {"refusal": refusal}, status=404)
    return render(request, "public/confirm.html", {"asked": asked})


@login_not_required
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def opt_out_page(request: HttpRequest, token: str) -> HttpResponse:
    """Ask what to say no to. Mail programs post here by themselves, which means e-mails (RFC 8058)."""
    try:
        lead = find_lead_of_link(token)
    except NotFound as refusal:
        return render(request, "public/refused.html", {"refusal": refusal}, status=404)
    is_done = request.method == "POST"
    if is_done:
        by_program = request.POST.get("List-Unsubscribe") == "One-Click"
        chosen = [Purpose.EMAIL.value] if by_program else request.POST.getlist("no")
        opt_out(lead=lead, purposes=chosen, now=timezone.now())
        lead.refresh_from_db()
    held = opted_out(lead)
    rows = [(value, label, value in held) for value, label in choices()]
    return render(request, "public/opt_out.html", {"rows": rows, "is_done": is_done and bool(held)})
