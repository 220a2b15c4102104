"""What holds for every page: the language, a sign-in, and that a refusal is told in plain words."""

import re
from typing import Any

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from leadapp.errors import Refused
from leadapp.models import Lead, User
from leadapp.services.identity.resolving import winners_of
from leadapp.views.sign_in import ask_again, is_htmx

LEAD_ADDRESS = re.compile(r"/leads/([0-9]{1,18})/((?:timeline|stages|notes)/)?")
# Programs read English, whoever's key they use.
FOR_PROGRAMS = ("/api/", "/healthz/")
# What the decorators of django-csp leave on the answer of a page with a policy of its own.
OWN_POLICY = frozenset(
    f"_csp_{what}{mode}" for what in ("exempt", "config", "update", "replace") for mode in ("", "_ro")
)
TRACKER = frozenset({"/t", "/t.js"})


class ContentPolicyMiddleware(CSPMiddleware):
    """Writes the policy of all pages as it is; it is put together anew only for pages that change it."""

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        self.policy = build_policy()

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Write the header that names what a page may load."""
        if settings.DEBUG or hasattr(request, "_csp_nonce") or not OWN_POLICY.isdisjoint(vars(response)):
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, self.policy)
        return response


class PageMessagesMiddleware(MessageMiddleware):
    """What is told on the next page; programs look at none."""

    def __call__(self, request: HttpRequest) -> Any:
        """Go past it for programs."""
        way = self.get_response if request.path.startswith(FOR_PROGRAMS) else super().__call__
        return way(request)


class LanguageMiddleware:
    """Every page is in the person's language and by their clock, or as the browser asks for it."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Choose the language and the time zone; they hold until the next request of this thread."""
        if request.path.startswith(FOR_PROGRAMS) or request.path in TRACKER:
            translation.activate(settings.LANGUAGE_CODE)
            timezone.deactivate()
            for_programs: HttpResponseBase = self.get_response(request)
            return for_programs
        chosen = getattr(request.user, "language", "")
        language = chosen or translation.get_language_from_request(request)
        translation.activate(language)
        timezone.activate(getattr(request.user, "time_zone", "") or settings.TIME_ZONE)
        response: HttpResponseBase = self.get_response(request)
        if not chosen:
            patch_vary_headers(response, ["Accept-Language"])
        response.headers.setdefault("Content-Language", language)
        return response


class SignInMiddleware(LoginRequiredMiddleware):
    """Every page is for people who are signed in, unless its view is marked `login_not_required`."""

    def process_view(
        self, request: HttpRequest, view_func: Any, view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        """Look at nobody's session where no sign-in is needed: then caches may keep what is for everybody."""
        if not getattr(view_func, "login_required", True):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Any
    ) -> HttpResponseBase:
        """Answer htmx with 401, so that the page stays as it is and can ask; send others to sign in.

        What somebody sent is kept meanwhile.
        """
        if is_htmx(request):
            return HttpResponse(status=401)
        if request.method == "POST":
            return ask_again(request)
        return super().handle_no_permission(request, view_func)


class RefusalMiddleware:
    """Turns a refusal that a view did not handle itself into a page."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        response: HttpResponseBase = self.get_response(request)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Say no in the words of the refusal; htmx shows them and leaves the page as it is."""
        if not isinstance(exception, Refused):
            return None
        template = "404.html" if exception.status == 404 else "refused.html"
        return render(request, template, {"refusal": exception}, status=exception.status)


class MergedLeadMiddleware:
    """The addresses of a lead that was merged lead to the one with which it was united."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Look for a merge where a lead was not found."""
        response: HttpResponseBase = self.get_response(request)
        found = LEAD_ADDRESS.match(request.path) if response.status_code == 404 else None
        if found is None or not isinstance(request.user, User):
            return response
        winner = winners_of([int(found[1])]).get(int(found[1]))
        if winner is None or not Lead.objects.visible_to(request.user).filter(pk=winner.pk).exists():
            return response
        if request.method in ("GET", "HEAD"):
            return redirect(f"/leads/{winner.pk}/{found[2] or ''}")
        messages.warning(request, _("This lead was merged meanwhile. Nothing was saved; look again."))
        return redirect("lead-detail", pk=winner.pk)
