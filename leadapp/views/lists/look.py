"""How somebody likes the lead list: its columns in their order, the height of rows, the length of a page."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from leadapp.errors import Refused
from leadapp.models import CustomField, Density, ListSize
from leadapp.numbers import whole_number
from leadapp.services.lists.columns import MOST, NAME, USUAL, Column, all_columns, read_columns
from leadapp.services.lists.filters import Asked, read_address
from leadapp.services.people import choose_list
from leadapp.views.answering import came_from, signed_in


@dataclass(frozen=True)
class Choice:
    """A column that can be chosen."""

    column: Column
    is_chosen: bool
    is_first: bool
    is_last: bool

    @property
    def is_fixed(self) -> bool:
        """Tell whether it is always there."""
        return self.column.key == NAME.key


@require_http_methods(["GET", "POST"])
def columns(request: HttpRequest) -> HttpResponse:
    """Ask for the columns, move one up or down in the question, or keep them.

    They are kept for the person; in a saved view that has columns of its own they go into the address, from
    where they are kept with the view.
    """
    user = signed_in(request)
    asked = read_address(request.GET, user)
    known = all_columns(CustomField.objects.order_by("label", "pk"))
    chosen = [key for key in asked.columns or user.list_columns or USUAL if key in known]
    if request.method == "POST":
        chosen = [key for key in read_columns(",".join(request.POST.getlist("column"))) if key in known]
        chosen = _moved(chosen or [NAME.key], request.POST.get("up", ""), request.POST.get("down", ""))
        if "keep" in request.POST or "usual" in request.POST:
            return _keep(request, asked, [] if "usual" in request.POST else chosen)
    in_panel = bool(getattr(request, "htmx", False))
    context = {
        "asked": asked,
        "choices": _choices(chosen, known),
        "most": MOST,
        "search_text": asked.text,
        "moved": request.POST.get("up") or request.POST.get("down") or "",
    }
    response = render(request, f"leads/{'columns_form' if in_panel else 'columns'}.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """Keep the height of rows and the length of a page."""
    user = signed_in(request)
    try:
        choose_list(
            user=user,
            density=request.POST.get("density"),
            size=whole_number(request.POST.get("size", "")),
            now=timezone.now(),
        )
    except Refused as refused:
        messages.error(request, refused.message)
    return redirect(came_from(request) or reverse("lead-list"))


def look_context() -> dict[str, object]:
    """Return what the list offers."""
    return {"densities": Density.choices, "sizes": ListSize.choices}


def _keep(request: HttpRequest, asked: Asked, chosen: Sequence[str]) -> HttpResponse:
    address = reverse("lead-list")
    if asked.columns:
        # The view that is open has columns of its own: what is chosen changes what is on screen.
        asked.columns = tuple(chosen)
        return redirect(f"{address}?{asked.query()}")
    user = signed_in(request)
    kept = [] if tuple(chosen) == USUAL else chosen
    choose_list(user=user, columns=kept, now=timezone.now())
    messages.success(request, _("The columns are kept for you."))
    return redirect(f"{address}?{asked.query()}")


def _moved(keys: list[str], up: str, down: str) -> list[str]:
    here = keys.index(up or down) if (up or down) in keys else -1
    there = here - 1 if up else here + 1
    if here >= 0 and 0 <= there < len(keys):
        keys[here], keys[there] = keys[there], keys[here]
    return keys


def _choices(chosen: Sequence[str], known: dict[str, Column]) -> list[Choice]:
    """Return the chosen columns in their order, and then the others."""
    last = len(chosen) - 1
    return [
        Choice(known[key], is_chosen=True, is_first=place == 0, is_last=place == last)
        for place, key in enumerate(chosen)
    ] + [Choice(column, False, False, False) for key, column in known.items() if key not in chosen]
