"""Pages that ask something before several rows are changed, and tell how each one went."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from leadapp.admin.refusals import sentence_of
from leadapp.errors import NotFound, Refused
from leadapp.models import User
from leadapp.numbers import whole_number
from leadapp.words import Text

MOST_AT_ONCE = 100


def person(request: HttpRequest) -> User:
    """Return who is signed in; every page of the admin has somebody."""
    if not isinstance(request.user, User):
        raise TypeError("the admin is for people who are signed in")
    return request.user


def chosen_ids(request: HttpRequest) -> list[int]:
    """Return the ids that the address names, each once."""
    texts = [text for text in request.GET.get("ids", "").split(",") if text]
    ids = [number for text in texts[:MOST_AT_ONCE] if (number := whole_number(text)) is not None]
    if not ids or len(ids) < len(texts):
        raise NotFound(
            _("Choose up to %(most_at_once)s rows in the list first.") % {"most_at_once": MOST_AT_ONCE}
        )
    return list(dict.fromkeys(ids))


def ask_about(queryset: Any, address: str) -> HttpResponseRedirect:
    """Lead from an action of a list to the page that asks."""
    ids = ",".join(str(pk) for pk in queryset.values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
    return HttpResponseRedirect(f"{reverse(address)}?ids={ids}")


def ask(
    model_admin: "admin.ModelAdmin[Any]",
    request: HttpRequest,
    *,
    title: Text,
    form: forms.Form,
    submit: Text,
    rows: Sequence[Any] = (),
    text: Text = "",
    back: str = "",
) -> HttpResponse:
    """Show the question."""
    opts = model_admin.opts
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": opts,
        "title": title,
        "text": text,
        "form": form,
        "rows": rows,
        "submit": submit,
        "back": back or reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"),
        "media": model_admin.media + form.media,
    }
    return render(request, "admin/ask.html", context)


def carry_out(request: HttpRequest, rows: Sequence[Any], act: Callable[[Any], object], *, done: str) -> bool:
    """Do something with each row; a refusal is told with the row's name and stops no other row."""
    went_well = 0
    for row in rows:
        try:
            act(row)
        except Refused as refusal:
            messages.error(request, f"{row}: {sentence_of(refusal)}")
        else:
            went_well += 1
    if went_well:
        noun = (
            str(rows[0])
            if went_well == 1 == len(rows)
            else _("%(went_well)s of %(count)s") % {"went_well": went_well, "count": len(rows)}
        )
        messages.success(request, f"{noun}: {done}")
    return went_well == len(rows)


def show_in(form: forms.BaseForm, refusal: Refused) -> None:
    """Put what a refusal says beside the fields that it names."""
    if not refusal.errors:
        form.add_error(None, refusal.message)
        return
    for name, texts in refusal.errors.items():
        form.add_error(name if name in form.fields else None, list(texts))
