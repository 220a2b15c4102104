"""The pages: what is asked, how far it is and how it went, and the way back."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leadapp.errors import Refused
from leadapp.models import BulkAction, BulkRun
from leadapp.services import bulk
from leadapp.views.answering import came_from, posted, signed_in, tell_all
from leadapp.views.lists.choice import Choice, read_choice
from qualification.services.moves import UNDO_WITHIN
from qualification.views.bulk.forms import (
    BulkDisqualifyForm,
    BulkForm,
    BulkMoveForm,
    BulkNurtureForm,
    BulkOwnerForm,
    BulkTagForm,
    BulkTaskForm,
)
from qualification.views.bulk.summary import summary_of

# The names of so many are shown before; of more, the list says which they are.
MOST_NAMED = 200


@dataclass(frozen=True)
class Question:
    """How people are asked about an action."""

    title: str | Promise
    submit: str | Promise
    form: type[BulkForm]
    ends_something: bool = False


QUESTIONS: dict[str, Question] = {
    BulkAction.MOVE: Question(gettext_lazy("Move %(leads)s"), gettext_lazy("Move them"), BulkMoveForm),
    BulkAction.NURTURE: Question(
        gettext_lazy("Move %(leads)s to nurture?"), gettext_lazy("Move them to nurture"), BulkNurtureForm
    ),
    BulkAction.DISQUALIFY: Question(
        gettext_lazy("Disqualify %(leads)s?"), gettext_lazy("Disqualify them"), BulkDisqualifyForm, True
    ),
    BulkAction.ASSIGN: Question(
        gettext_lazy("Give %(leads)s to somebody"), gettext_lazy("Give them"), BulkOwnerForm
    ),
    BulkAction.TAG: Question(gettext_lazy("Tag %(leads)s"), gettext_lazy("Tag them"), BulkTagForm),
    BulkAction.TASK: Question(
        gettext_lazy("Set a task for %(leads)s"), gettext_lazy("Set the tasks"), BulkTaskForm
    ),
}


@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Ask what is to be done with the chosen leads, and begin to do it."""
    user, data = signed_in(request), request.POST if request.method == "POST" else request.GET
    action = data.get("what", "")
    question = QUESTIONS.get(action)
    if question is None:
        raise Http404(_("There is no such thing to do with many leads."))
    choice = read_choice(data, user, now=timezone.now())
    back = came_from(request) or reverse("lead-list")
    if not choice.number:
        messages.error(request, _("Choose leads first."))
        return redirect(back)
    form = question.form(posted(request), user=user)
    status, has_drifted = 200, False
    if request.method == "POST":
        status = 422
        if form.is_valid():
            has_drifted = choice.has_drifted(data.get("number", ""))
            if not has_drifted and (run := _start(action, form, choice)):
                return _after(request, run, back)
    context = {
        "what": action,
        "question": question,
        "title": question.title % {"leads": choice.in_words},
        "choice": choice,
        "named": [] if choice.is_all else choice.leads.order_by("pk")[:MOST_NAMED],
        "form": form,
        "has_drifted": has_drifted,
        "back": back,
    }
    return render(request, "qualification/bulk.html", context, status=409 if has_drifted else status)


@require_safe
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how far a run is and how it went; htmx asks for the moving part alone."""
    run = _own(request, pk)
    is_part = bool(getattr(request, "htmx", False))
    context = {
        "run": run,
        "summary": summary_of(run),
        "may_undo": bulk.may_undo_run(run, now=timezone.now()),
        "undo_until": run.finished_at and run.finished_at + UNDO_WITHIN,
        "back": came_from(request) or reverse("lead-list"),
        "is_part": is_part,
    }
    return render(request, f"qualification/bulk_run{'_part' if is_part else ''}.html", context)


@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what a run did, as far as it still stands."""
    run, now = _own(request, pk), timezone.now()
    back = came_from(request)
    try:
        run = bulk.finish_small(bulk.undo_run(run=run, actor=signed_in(request), now=now), now=now)
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect(_address(run, back))
    if run.is_running or run.kept or not back:
        return redirect(_address(run, back))
    messages.success(request, _("Undone: %(what)s") % {"what": summary_of(run).title})
    return redirect(back)


def _start(action: str, form: BulkForm, choice: Choice) -> BulkRun | None:
    """Begin, and finish at once what is little; where all are refused the form says why."""
    try:
        run = bulk.start_run(
            action=action,
            asked=form.asked,
            actor=choice.user,
            now=choice.now,
            leads=choice.leads if choice.is_all else None,
            ticked=choice.ticked,
        )
    except Refused as refused:
        tell_all(form, refused)
        return None
    return bulk.finish_small(run, now=choice.now)


def _after(request: HttpRequest, run: BulkRun, back: str) -> HttpResponse:
    """Go back to the list with the way back at hand; where there is more to tell, to the summary."""
    if run.is_running or run.refused:
        return redirect(_address(run, back))
    undo_url = reverse("bulk-undo", args=[run.pk])
    messages.success(request, summary_of(run).title, extra_tags=undo_url)
    return redirect(back)


def _own(request: HttpRequest, pk: int) -> BulkRun:
    run: BulkRun = get_object_or_404(BulkRun.objects.filter(actor=signed_in(request)), pk=pk)
    return run


def _address(run: BulkRun, back: str) -> str:
    return reverse("bulk-run", args=[run.pk], query={"back": back} if back else None)
