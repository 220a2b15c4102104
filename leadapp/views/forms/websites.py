"""The websites that are followed, and what to paste into each."""

from datetime import timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from leadapp.access import may, require
from leadapp.models import AnonymousView, TrackedSite
from leadapp.views.answering import signed_in
from leadapp.views.forms.snippets import calls_of_tracker, tracker_snippet

SEE = "leadapp.view_trackedsite"
NOT_YOURS = _("You may not see websites.")
LATELY = timedelta(days=30)


@require_safe
def site_list(request: HttpRequest) -> HttpResponse:
    """Show all websites that are followed."""
    user = signed_in(request)
    require(user, SEE, NOT_YOURS)
    context = {
        "sites": TrackedSite.objects.order_by("-is_active", "name", "pk"),
        "may_edit": may(user, "leadapp.add_trackedsite") and user.is_staff,
    }
    return render(request, "forms/websites.html", context)


@require_safe
def site_share(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what to paste into a website, and what has come of it."""
    user = signed_in(request)
    require(user, SEE, NOT_YOURS)
    site = TrackedSite.objects.filter(pk=pk).first()
    if site is None:
        raise Http404
    lately = AnonymousView.objects.filter(seen_at__gte=timezone.now() - LATELY, site=site)
    context = {
        "site": site,
        "snippets": (tracker_snippet(request, site), calls_of_tracker()),
        "views": None if site.waits_for_consent else lately.count(),
        "may_edit": may(user, "leadapp.change_trackedsite") and user.is_staff,
    }
    return render(request, "forms/website.html", context)
