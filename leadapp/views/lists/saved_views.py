"""The pages of saved views: keep one, change it, share it, put them in order, delete it and bring it back."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leadapp.errors import NotFound, Refused
from leadapp.models import SavedView, Sharing, User
from leadapp.services.lists.filters import Asked, chips_of, read_address
from leadapp.services.lists.orders import WORDS
from leadapp.services.lists.views import own_views
from leadapp.services.saved_views import (
    LONGEST_NAME,
    change_view,
    delete_view,
    order_views,
    restore_view,
    save_view,
)
from leadapp.views.answering import came_from, posted, signed_in, tell_all

MOST_SHARED = 200


class ViewForm(forms.Form):
    """What a view is called, and who else may open it."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=LONGEST_NAME)
    sharing = forms.ChoiceField(
        label=gettext_lazy("Who may open it"),
        choices=Sharing.choices,
        widget=forms.RadioSelect,
        initial=Sharing.PRIVATE,
        help_text=gettext_lazy("“Me” and “my team” in a shared view are whoever looks at it."),
    )


@require_safe
def views(request: HttpRequest) -> HttpResponse:
    """List somebody's own views in their order, and those that colleagues share."""
    user = signed_in(request)
    shared = SavedView.objects.visible_to(user).exclude(owner=user).select_related("owner")
    context = {
        "own": own_views(user),
        "shared": shared.order_by("owner__first_name", "owner__last_name", "owner", "position", "pk")[
            :MOST_SHARED
        ],
    }
    return render(request, "leads/views.html", context)


@require_http_methods(["GET", "POST"])
def save(request: HttpRequest) -> HttpResponse:
    """Ask for a name for what the list shows, and keep it."""
    user = signed_in(request)
    asked = read_address(request.GET, user)
    form = ViewForm(posted(request))

    def carry_out(data: dict[str, Any]) -> HttpResponse:
        # Kept by itself, without the view that it began from.
        asked.base = None
        view = save_view(query=asked.query(), actor=user, now=timezone.now(), **data)
        messages.success(request, _("The view “%(name)s” is kept.") % {"name": view.name})
        return redirect(address_of(view))

    context = {"title": _("Save this view"), "back": f"{reverse('lead-list')}?{asked.query()}"}
    return _answer(request, form, carry_out, {**context, **_told(asked)})


@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for another name, and for who else may open a view."""
    user = signed_in(request)
    view = _own(user, pk)
    form = ViewForm(posted(request), initial={"name": view.name, "sharing": view.sharing})

    def carry_out(data: dict[str, Any]) -> HttpResponse:
        changed = change_view(view_id=pk, actor=user, now=timezone.now(), **data)
        messages.success(request, _("The view “%(name)s” is changed.") % {"name": changed.name})
        return redirect("lead-views")

    asked = read_address(_address_query(request, view), user)
    context = {"title": _("Change the view “%(name)s”") % {"name": view.name}, "back": reverse("lead-views")}
    return _answer(request, form, carry_out, {**context, **_told(asked)})


@require_POST
def keep(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep under a view's name what the list shows now."""
    user = signed_in(request)
    asked = read_address(request.GET, user)
    asked.base = None
    query = asked.query()
    return _do(
        request,
        lambda: change_view(view_id=pk, query=query, actor=user, now=timezone.now()),
        _("The view “%(name)s” now shows this."),
        to=address_of,
    )


@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a view; the toast brings it back."""
    user = signed_in(request)
    return _do(
        request,
        lambda: delete_view(view_id=pk, actor=user, now=timezone.now()),
        _("The view “%(name)s” is deleted."),
        undo_url=reverse("lead-view-restore", args=[pk]),
    )


@require_POST
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring a deleted view back."""
    user = signed_in(request)
    return _do(
        request,
        lambda: restore_view(view_id=pk, actor=user, now=timezone.now()),
        _("The view “%(name)s” is back."),
    )


@require_POST
def place(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a view one place up or down."""
    user = signed_in(request)
    own = own_views(user)
    view = _own(user, pk)
    ids = [each.pk for each in own]
    here = ids.index(pk)
    there = here - 1 if request.POST.get("way") == "up" else here + 1
    if 0 <= there < len(ids):
        ids[here], ids[there] = ids[there], ids[here]

    def carry_out() -> SavedView:
        order_views(view_ids=ids, actor=user, now=timezone.now())
        return view

    return _do(request, carry_out, "")


def address_of(view: SavedView) -> str:
    """Return the address of a view, which stays the same whatever becomes of it."""
    return f"{reverse('lead-list')}?view={view.pk}"


def _do(
    request: HttpRequest,
    carry_out: Callable[[], SavedView],
    done: str,
    *,
    to: Callable[[SavedView], str] | None = None,
    undo_url: str = "",
) -> HttpResponse:
    """Carry out what needs no question, say so, and go back."""
    address = came_from(request) or reverse("lead-views")
    try:
        view = carry_out()
    except NotFound as refused:
        raise Http404(refused.message) from refused
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect(address)
    if done:
        messages.success(request, done % {"name": view.name}, extra_tags=undo_url)
    return redirect(to(view) if to else address)


def _answer(
    request: HttpRequest,
    form: ViewForm,
    carry_out: Callable[[dict[str, Any]], HttpResponse],
    context: dict[str, Any],
) -> HttpResponse:
    """Ask, or carry out; a refusal stands beside the field that it is about."""
    status = 422 if form.errors else 200
    if form.is_valid():
        try:
            return carry_out(form.cleaned_data)
        except NotFound as refused:
            raise Http404(refused.message) from refused
        except Refused as refused:
            tell_all(form, refused)
            status = refused.status
    return render(request, "leads/view_form.html", {"form": form, **context}, status=status)


def _told(asked: Asked) -> dict[str, Any]:
    """Say in words what a view shows."""
    return {"chips": chips_of(asked), "order": WORDS[asked.sorted_by]}


def _own(user: User, pk: int) -> SavedView:
    for view in own_views(user):
        if view.pk == pk:
            return view
    raise Http404


def _address_query(request: HttpRequest, view: SavedView) -> Any:
    query = request.GET.copy()
    query.clear()
    query["view"] = str(view.pk)
    return query
