"""A refusal in the admin is a message on the page one was on, never an error page."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _

from leadapp.errors import Refused

CHANGED = _("Somebody else changed this at the same moment, so nothing was saved. Here is what is there now.")

Arguments = ParamSpec("Arguments")


def say_refusals(view: Callable[Arguments, HttpResponse]) -> Callable[Arguments, HttpResponse]:
    """Decorate a method of a ModelAdmin: a refusal, also one by the database, becomes a message."""

    @wraps(view)
    def wrapped(*args: Arguments.args, **kwargs: Arguments.kwargs) -> HttpResponse:
        request = args[1]
        assert isinstance(request, HttpRequest)
        try:
            return view(*args, **kwargs)
        except Refused as refusal:
            if request.method != "POST":
                raise  # the middleware makes a page of it
            say(request, refusal)
        except IntegrityError:
            if request.method != "POST":
                raise
            messages.error(request, CHANGED)
        return HttpResponseRedirect(request.get_full_path())

    return wrapped


def say(request: HttpRequest, refusal: Refused) -> None:
    """Show a refusal with the fields that it names."""
    messages.error(request, sentence_of(refusal))


def sentence_of(refusal: Refused) -> str:
    """Return a refusal as one text: its message and what it says about each field."""
    parts = [refusal.message]
    for texts in refusal.errors.values():
        parts += [text for text in texts if text not in " ".join(parts)]
    return " ".join(parts)
