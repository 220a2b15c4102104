"""Signing in and out, and the page for a form that was sent without its token."""

from typing import Any

from django import forms
from django.contrib.auth import views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse


class SignInForm(AuthenticationForm):
    """Name and password."""

    error_messages = {
        "invalid_login": "That name and password do not belong together. Check capitals and try again.",
        "inactive": "This account is switched off. Ask an administrator.",
    }

    stay = forms.BooleanField(label="Stay signed in on this computer", required=False)

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["username"].label = "Name"
        self.fields["username"].error_messages["required"] = "Write the name you sign in with."
        self.fields["password"].error_messages["required"] = "Write your password."


class SignIn(views.LoginView):
    """Ask who it is; who is signed in already goes on to the list."""

    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in, for as long as the browser is open unless asked to stay."""
        response = super().form_valid(form)
        if not form.cleaned_data["stay"]:
            self.request.session.set_expiry(0)
        return response


@login_not_required
def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """Ask at the one place where people sign in; who is signed in already may not open the admin."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next", reverse("admin:index")))


def form_without_token(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say what to do when the token of a form is missing or old."""
    return render(request, "403_csrf.html", status=403)
