"""The spam queue: look at what waits, release or discard it, and take that back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from leadapp.access import require
from leadapp.errors import Refused
from leadapp.models import HeldSubmission
from leadapp.numbers import whole_number
from leadapp.services.forms.held import DECIDE, discard, release, take_back
from leadapp.shipped import shown
from leadapp.views.answering import signed_in

State = HeldSubmission.State
ON_A_PAGE = 50


@dataclass(frozen=True)
class Row:
    """A submission as the queue shows it: what was typed, under the labels of the form."""

    held: HeldSubmission
    answers: list[tuple[str, str]]


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """Show what waits, or what was released or discarded; newest first."""
    require(signed_in(request), DECIDE, _("You may not decide about held submissions."))
    wanted = request.GET.get("state", "")
    state = State(wanted) if wanted in State.values else State.WAITING
    rows = HeldSubmission.objects.filter(state=state).select_related("form", "decided_by", "activity")
    before = request.GET.get("before", "")
    for number in _ids([before]):
        rows = rows.filter(pk__lt=number)
    found = list(rows.order_by("-pk")[: ON_A_PAGE + 1])
    context = {
        "rows": [_row(held) for held in found[:ON_A_PAGE]],
        "older": found[ON_A_PAGE - 1].pk if len(found) > ON_A_PAGE else None,
        "state": state,
        "states": [(value, label, value == state) for value, label in State.choices],
        "waiting": HeldSubmission.objects.filter(state=State.WAITING).count(),
    }
    return render(request, "forms/held.html", context)


@require_POST
def decide(request: HttpRequest) -> HttpResponse:
    """Release one submission, or discard all that are chosen."""
    actor, now = signed_in(request), timezone.now()
    ids = _ids(request.POST.getlist("submission"))
    try:
        if not ids:
            messages.warning(request, _("Choose a submission first."))
        elif request.POST.get("what") == "release":
            release(submission_id=ids[0], actor=actor, now=now)
            messages.success(request, _("Released: the lead is in the list."), extra_tags=_undo(ids[:1]))
        else:
            count = discard(submission_ids=ids, actor=actor, now=now)
            messages.success(request, _discarded(count), extra_tags=_undo(ids) if count else "")
    except Refused as refusal:
        messages.error(request, refusal.message)
    return redirect("held-submissions")


@require_POST
def back(request: HttpRequest, ids: str) -> HttpResponse:
    """Let submissions wait again that were released or discarded."""
    actor, now = signed_in(request), timezone.now()
    try:
        for number in _ids(ids.split("-")):
            take_back(submission_id=number, actor=actor, now=now)
        messages.success(request, _("It waits again."))
    except Refused as refusal:
        messages.error(request, refusal.message)
    return redirect("held-submissions")


def _discarded(count: int) -> str:
    said = ngettext("%(count)d submission was discarded.", "%(count)d submissions were discarded.", count)
    return said % {"count": count}


def _ids(texts: Iterable[str]) -> list[int]:
    return [number for text in texts if (number := whole_number(text)) is not None][:ON_A_PAGE]


def _undo(ids: Sequence[int]) -> str:
    return reverse("held-take-back", args=["-".join(map(str, ids))])


def _row(held: HeldSubmission) -> Row:
    labels: Mapping[str, Any] = {field["name"]: field.get("label") for field in held.form.fields}
    return Row(held, [(shown(labels.get(name) or name), text) for name, text in held.answers.items()])
