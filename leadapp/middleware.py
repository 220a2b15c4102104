"""What holds for every page: it asks for a sign-in, and a refusal is told in plain words."""

from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from leadapp.errors import Refused


class SignInMiddleware(LoginRequiredMiddleware):
    """Every page is for people who are signed in, unless its view is marked `login_not_required`."""

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Any
    ) -> HttpResponseBase:
        """Answer htmx with 401, so that the page stays as it is and can say so; send others to sign in."""
        if getattr(request, "htmx", False):
            return HttpResponse(status=401)
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
        """Say no in the words of the refusal."""
        if not isinstance(exception, Refused):
            return None
        template = "404.html" if exception.status == 404 else "refused.html"
        return render(request, template, {"refusal": exception}, status=exception.status)
