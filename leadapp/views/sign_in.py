"""Signing in and out; signing in again without losing what was typed; a form without its token."""

from typing import Any

from django import forms
from django.contrib.auth import views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import redirect_to_login
from django.core import signing
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from django_htmx.http import trigger_client_event

from leadapp.services.first_steps import is_first_time

# What was sent is kept in the page for as long as somebody needs to find a password.
LONGEST_KEPT = 3600
KEPT = "leadapp.kept"


class SignInForm(AuthenticationForm):
    """Name and password."""

    error_messages = {
        "invalid_login": _("That name and password do not belong together. Check capitals and try again."),
        "inactive": _("This account is switched off. Ask an administrator."),
    }

    stay = forms.BooleanField(label=_("Stay signed in on this computer"), required=False)

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["username"].label = _("Name")
        self.fields["username"].error_messages["required"] = _("Write the name you sign in with.")
        self.fields["password"].error_messages["required"] = _("Write your password.")


@method_decorator(login_not_required, name="dispatch")
class SignIn(views.LoginView):
    """Ask who it is; who is signed in already goes on to the list.

    htmx is answered with the form alone, for a dialog over the page that is open. A form that was sent
    signed out comes along in `kept`, and can be sent again afterwards.
    """

    authentication_form = SignInForm
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Let an open page know that somebody signed in meanwhile, in another tab."""
        if is_htmx(request) and request.user.is_authenticated:
            return _tell_page(request)
        return super().dispatch(request, *args, **kwargs)

    def get_template_names(self) -> list[str]:
        """Choose between the page, the page that keeps something, and the dialog."""
        if is_htmx(self.request):
            return ["registration/dialog.html"]
        return ["registration/again.html" if "kept" in self.request.POST else "registration/login.html"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Carry on what is kept."""
        return super().get_context_data(kept=self.request.POST.get("kept", ""), **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in, for as long as the browser is open unless asked to stay.

        Where nothing has come in yet, the list would be empty: the first steps come instead.
        """
        response = super().form_valid(form)
        if not form.cleaned_data["stay"]:
            self.request.session.set_expiry(0)
        if is_htmx(self.request):
            return _tell_page(self.request)
        if "kept" in self.request.POST:
            return _offer(self.request, self.request.POST["kept"])
        if self.get_success_url() == reverse("lead-list") and is_first_time():
            return redirect("guide")
        return response


def ask_again(request: HttpRequest) -> HttpResponse:
    """Ask who it is after a form was sent without being signed in; what was typed is kept in the page."""
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name != "csrfmiddlewaretoken" and "password" not in name
    ]
    sent = {"address": request.get_full_path(), "fields": fields}
    context = {
        "form": SignInForm(request),
        "kept": signing.dumps(sent, salt=KEPT, compress=True),
        "has_files": bool(request.FILES),
    }
    return render(request, "registration/again.html", context, status=401)


def _offer(request: HttpRequest, kept: str) -> HttpResponse:
    """Offer to send what was kept."""
    try:
        sent = signing.loads(kept, salt=KEPT, max_age=LONGEST_KEPT)
    except signing.BadSignature as error:
        raise SuspiciousOperation("what was kept is damaged or too old") from error
    shown = [value for name, value in sent["fields"] if " " in value.strip()]
    return render(request, "registration/send.html", {"sent": sent, "shown": shown})


@require_safe
def here(request: HttpRequest) -> HttpResponse:
    """Say that the server is there and who is signed in, before a page sends something."""
    return HttpResponse(status=204)


@login_not_required
def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """Ask at the one place where people sign in; who is signed in already may not open the admin."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next", reverse("admin:index")))


def form_without_token(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say what to do when the token of a form is missing or old."""
    return render(request, "403_csrf.html", status=403)


def is_htmx(request: HttpRequest) -> bool:
    """Say whether a script of a page asks, and not somebody who opens one."""
    return bool(getattr(request, "htmx", False))


def _tell_page(request: HttpRequest) -> HttpResponse:
    """Let the page that is open go on, if it is this person's."""
    return trigger_client_event(HttpResponse(status=204), "leadapp:signed-in", {"user": request.user.pk})
