"""Speak the visitor's language on pages without a sign-in."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from django.http import HttpRequest, HttpResponse
from django.utils import translation

Arguments = ParamSpec("Arguments")


def in_own_language(view: Callable[Arguments, HttpResponse]) -> Callable[Arguments, HttpResponse]:
    """Decorate a view: it speaks the language that the browser asks for."""

    @wraps(view)
    def wrapped(*args: Arguments.args, **kwargs: Arguments.kwargs) -> HttpResponse:
        request = args[0]
        assert isinstance(request, HttpRequest)
        with translation.override(translation.get_language_from_request(request)):
            return view(*args, **kwargs)

    return wrapped
