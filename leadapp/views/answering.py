"""What every action on a lead shares: find the lead, ask, carry out, say how it went.

Each action has a page of its own, which works without JavaScript. With htmx the same view answers with
the dialog alone; after success the lead page takes the place of what is on screen.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, cast, runtime_checkable
from urllib.parse import urlsplit

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy
from django_htmx.http import reswap, retarget

from leadapp.errors import Conflict, NotFound, Refused
from leadapp.models import Lead, User
from leadapp.views.lead.neighbours import carried_by
from leadapp.words import Text

# The pages of a lead that somebody can be on.
TABS = ("lead-detail", "lead-timeline", "lead-stages", "lead-notes")
LONGEST_ADDRESS = 6_000


def signed_in(request: HttpRequest) -> User:
    """Return the person who is signed in."""
    if not isinstance(request.user, User):
        raise TypeError("this view is for people who are signed in")
    return request.user


def visible_lead(request: HttpRequest, pk: int) -> Lead:
    """Return a lead that this person may see; any other one does not exist."""
    leads = Lead.objects.visible_to(signed_in(request))
    lead: Lead = get_object_or_404(leads.select_related("company", "owner"), pk=pk)
    return lead


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what was posted, even if it is empty, or None when the page is only asked for."""
    return request.POST if request.method == "POST" else None


CANCEL = gettext_lazy("Cancel")


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked before something is done: its title is the question, its buttons are the answers."""

    title: str
    submit: str
    form: forms.Form
    text: Text = ""
    cancel: Text = CANCEL
    ends_something: bool = False
    is_wide: bool = False
    template: str = "leads/question_body.html"
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Done:
    """What was done, in a sentence, and the address that takes it back, where there is one."""

    text: str
    undo_url: str = ""


@runtime_checkable
class LooksAgain(Protocol):
    """A form that can go on after a conflict."""

    def look_again(self, lead: Lead) -> None:
        """Go on from the lead as it is now; what was typed stays."""


def read_seen(text: str) -> dict[str, str] | None:
    """Return the facts that a form showed, as the browser sends them back; None if they were damaged."""
    try:
        seen = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return None
    return {str(name): str(value) for name, value in seen.items()} if isinstance(seen, dict) else None


def replaced(data: Any, values: Mapping[str, str]) -> QueryDict:
    """Return what was posted with other values in some of its fields."""
    copy = cast(QueryDict, data).copy()
    for name, value in values.items():
        copy[name] = value
    return copy


class SeenForm(forms.Form):
    """A form that says what the person saw of the lead when it was opened."""

    sees: tuple[str, ...] = ("stage", "status")

    def __init__(self, *args: Any, lead: Lead, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.sees:
            self.fields[f"seen_{name}"] = forms.CharField(widget=forms.HiddenInput, required=False)
        self.initial = {**self.initial, **self._seen(lead)}

    def look_again(self, lead: Lead) -> None:
        """Go on from the state that the person is told about now; what was typed stays."""
        self.data = replaced(self.data, self._seen(lead))

    def _seen(self, lead: Lead) -> dict[str, str]:
        seen = {name: getattr(lead, name) for name in self.sees}
        return {f"seen_{name}": "" if value is None else str(value) for name, value in seen.items()}


def answer(
    request: HttpRequest,
    lead: Lead,
    question: Question,
    carry_out: Callable[[dict[str, Any]], str | Done],
    *,
    back: str = "",
) -> HttpResponse:
    """Ask the question, or carry out the answer; a refusal is told beside the form, with its status.

    `carry_out` makes the one domain call and returns the sentence that confirms it. Afterwards people are
    `back` on the page that they came from (?back=), else where the caller says, else on the lead page.
    """
    back = came_from(request) or lead_page_of(request, lead, tab=back)
    if request.method != "POST":
        return _ask(request, lead, question, back)
    if not question.form.is_valid():
        return _ask(request, lead, question, back, status=422)
    try:
        done = carry_out(question.form.cleaned_data)
    except NotFound as refused:
        raise Http404(refused.message) from refused
    except Refused as refused:
        return _told(request, lead, question, back, refused)
    done = done if isinstance(done, Done) else Done(done)
    messages.success(request, done.text, extra_tags=done.undo_url)
    return redirect(back)


def came_from(request: HttpRequest) -> str:
    """Return the page of ours that somebody came from, as the address says; empty if it says none."""
    address = request.POST.get("back") or request.GET.get("back") or ""
    is_own = url_has_allowed_host_and_scheme(address, allowed_hosts=None) and address.startswith("/")
    return address if is_own else ""


def lead_page_of(request: HttpRequest, lead: Lead, *, tab: str = "") -> str:
    """Return the address of the lead page, or of a tab of it, with the list that the lead was opened from.

    Without a tab it is the one that somebody is on.
    """
    address = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    path = urlsplit(address[:LONGEST_ADDRESS]).path
    tabs = [reverse(name, args=[lead.pk]) for name in TABS]
    here = path if path in tabs else tabs[0]
    return f"{tab or here}{carried_by(address) if path in tabs else ''}"


def tell(form: Any, refused: Refused) -> None:
    """Put what was refused beside the fields that it is about; the page says the rest."""
    for name, sentences in refused.errors.items():
        if name in form.fields:
            form.add_error(name, list(sentences))


def tell_all(form: forms.Form, refused: Refused) -> None:
    """Put what was refused beside the fields that it is about, and the rest above the form."""
    for name, sentences in (refused.errors or {"": [refused.message]}).items():
        form.add_error(name if name in form.fields else None, list(sentences))


def _told(request: HttpRequest, lead: Lead, question: Question, back: str, refused: Refused) -> HttpResponse:
    form = question.form
    # Others may have moved or deleted it: people are told about the lead as it is now.
    fresh = visible_lead(request, lead.pk)
    if isinstance(refused, Conflict) and isinstance(form, LooksAgain):
        form.look_again(fresh)
    tell(form, refused)
    return _ask(request, fresh, question, back, status=refused.status, refused=refused)


def _ask(
    request: HttpRequest,
    lead: Lead,
    question: Question,
    back: str,
    *,
    status: int = 200,
    refused: Refused | None = None,
) -> HttpResponse:
    in_dialog = bool(getattr(request, "htmx", False))
    context = {
        "lead": lead,
        "question": question,
        "form": question.form,
        "refused": refused,
        "is_conflict": isinstance(refused, Conflict),
        "back": back,
        **question.context,
    }
    template = "leads/question_dialog.html" if in_dialog else "leads/question.html"
    response = render(request, template, context, status=status)
    if in_dialog:
        response["HX-Reselect"] = "#question"
        return reswap(retarget(response, "#dialog"), "innerHTML")
    return response
