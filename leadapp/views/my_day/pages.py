"""The page of a day, logging from it, ticking tasks off, and the count in the navigation."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leadapp.access import may
from leadapp.errors import NotAllowed, NotFound, Refused
from leadapp.models import Lead, Status, User
from leadapp.numbers import whole_number
from leadapp.services.work.day_log import log_and_plan
from leadapp.views.answering import posted, signed_in, visible_lead
from leadapp.views.my_day.day import Day
from leadapp.views.my_day.forms import FORMS, SAID, SUBMITS, TITLES, NextForm
from leadapp.views.my_day.sections import read_day
from qualification.models import Assignment, Task
from qualification.services.work import complete_task, reopen_task

MOST_COUNTED = 99
# What can be logged of a lead, what it is called, and its key.
KINDS = (
    ("call", gettext_lazy("Log a call"), "c"),
    ("email", gettext_lazy("Log an email"), "e"),
    ("meeting", gettext_lazy("Log a meeting"), "m"),
    ("task", gettext_lazy("Set a task"), "t"),
)


@require_safe
def my_day(request: HttpRequest) -> HttpResponse:
    """Show what is to be done today; a manager may look at somebody else's day."""
    viewer, now = signed_in(request), timezone.now()
    person = whose_day(request)
    page = read_day(person, viewer=viewer, now=now, whole=request.GET.get("all", ""))
    at = request.GET.get("at", "")
    keys = [row.key for section in page.sections for row in section.rows if not row.is_done]
    context = {
        "page": page,
        "here": at if at in keys else (keys[0] if at and keys else ""),
        "first": keys[0] if keys else "",
        "carried": _carried(request),
        "carried_query": urlencode(_carried(request)),
        "people": _people(viewer) if may(viewer, "leadapp.work_any_lead") else [],
        "kinds": KINDS,
    }
    with timezone.override(page.day.calendar.zone):
        return render(request, "my_day/day.html", context)


@require_http_methods(["GET", "POST"])
def log(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """Ask what was done with a lead and what comes next; write both, and go on to the next lead."""
    if kind not in FORMS:
        raise Http404(_("There is nothing of this kind to log."))
    lead, person, now = visible_lead(request, pk), whose_day(request), timezone.now()
    day = Day.of(person, now=now)
    with timezone.override(day.calendar.zone):
        form = FORMS[kind](
            posted(request), calendar=day.calendar, now=now, then=request.GET.get("then", "")[:64]
        )
        if request.method != "POST":
            return _ask(request, lead, kind, form)
        if not form.is_valid():
            return _ask(request, lead, kind, form, status=422)
        try:
            log_and_plan(
                lead=lead,
                done=form.done(),
                then=form.next_step(person),
                token=form.cleaned_data["token"],
                actor=signed_in(request),
                now=now,
            )
        except NotFound as refused:
            raise Http404(refused.message) from refused
        except Refused as refused:
            form.add_error(None, refused.message)
            return _ask(request, lead, kind, form, status=refused.status)
    messages.success(request, f"{lead.name}: {SAID[kind]}")
    return redirect(_back(request, form.cleaned_data["then"]))


@require_POST
def tick(request: HttpRequest, task_id: int) -> HttpResponse:
    """Mark a task as done, or take that back, and go on."""
    viewer = signed_in(request)
    visible = Lead.objects.visible_to(viewer)
    task = get_object_or_404(Task.objects.filter(lead__in=visible).select_related("lead"), pk=task_id)
    try:
        if request.POST.get("done") == "no":
            reopen_task(task=task, actor=viewer)
        else:
            complete_task(task=task, actor=viewer, now=timezone.now())
    except Refused as refused:
        messages.error(request, refused.message)
    return redirect(_back(request, request.POST.get("then", "")[:64]))


@require_safe
def count(request: HttpRequest) -> HttpResponse:
    """Answer with how many clocks run and how many tasks are due: what the navigation shows."""
    viewer, now = signed_in(request), timezone.now()
    clocks = Assignment.objects.filter(
        owner=viewer, ended_at=None, answered_at=None, due_at__isnull=False, lead__status=Status.OPEN
    )
    due = Task.objects.filter(owner=viewer, done_at=None, due_at__lt=Day.of(viewer, now=now).ends_at)
    found = (
        clocks.order_by()
        .values("pk")[: MOST_COUNTED + 1]
        .union(due.order_by().values("pk")[: MOST_COUNTED + 1], all=True)
    )
    number = min(found.count(), MOST_COUNTED + 1)
    return render(request, "my_day/count.html", {"number": number, "most": MOST_COUNTED})


def whose_day(request: HttpRequest) -> User:
    """Return whose day is asked for: one's own, or with ?of= that of somebody whom a manager steps in for."""
    viewer = signed_in(request)
    asked = request.GET.get("of", "")
    if not asked or asked == str(viewer.pk):
        return viewer
    if not may(viewer, "leadapp.work_any_lead"):
        raise NotAllowed(_("Only managers see the day of somebody else."))
    number = whole_number(asked)
    if number is None:
        raise NotFound(_("There is nobody with this number."))
    return get_object_or_404(User.objects.filter(is_active=True), pk=number)


def _people(viewer: User) -> list[User]:
    """Return the reps, and who looks."""
    reps = User.objects.filter(is_active=True, groups__permissions__codename="work_own_lead").distinct()
    return [viewer, *reps.exclude(pk=viewer.pk).order_by("first_name", "last_name", "pk")]


def _ask(request: HttpRequest, lead: Lead, kind: str, form: NextForm, *, status: int = 200) -> HttpResponse:
    in_place = bool(getattr(request, "htmx", False))
    context = {
        "lead": lead,
        "kind": kind,
        "form": form,
        "title": TITLES[kind],
        "submit": SUBMITS[kind],
        "back": _back(request, str(form["then"].value() or "")),
        "in_place": in_place,
    }
    response = render(request, f"my_day/{'log_form' if in_place else 'log'}.html", context, status=status)
    if in_place and status != 200:
        response["HX-Retarget"] = "#log"
        response["HX-Reselect"] = "#log"
        response["HX-Reswap"] = "outerHTML"
    return response


def _back(request: HttpRequest, then: str) -> str:
    """Return the address of the day with the row to go on with."""
    query = urlencode(_carried(request) | ({"at": then} if then else {}))
    return reverse("my-day") + (f"?{query}" if query else "") + (f"#{then}" if then else "")


def _carried(request: HttpRequest) -> dict[str, str]:
    """Return what the addresses of a day carry on: whose day it is, and which section is shown whole."""
    return {name: request.GET[name][:32] for name in ("of", "all") if request.GET.get(name)}
