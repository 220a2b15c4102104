"""The lead page and its tabs: breakdown, timeline, stages, notes."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from leadapp.models import Lead
from leadapp.views.answering import lead_page_of, signed_in, visible_lead
from leadapp.views.lead.breakdown import read_breakdown
from leadapp.views.lead.looking import read_look, read_other_scores
from leadapp.views.lead.neighbours import read_neighbours
from leadapp.views.lead.page import Rights, read_lead_page
from leadapp.views.lead.score_history import read_history
from leadapp.views.lead.timeline import read_timeline
from qualification.models import AdvocacyChange, Assignment, Deal, Note, Task
from qualification.services.clock.clocks import clocks_for
from qualification.services.customers.deals import totals_of
from qualification.views.work_forms import NoteForm, TaskForm, tomorrow_morning
from scoring.analysis.ways import ways_from

MOST_ROWS = 200


@require_safe
def breakdown(request: HttpRequest, pk: int) -> HttpResponse:
    """Show where the points come from, and where they go; also those of a day in the past."""
    lead, now = visible_lead(request, pk), timezone.now()
    look = read_look(lead, request.GET.dict(), now=now)
    found = read_breakdown(lead, look)
    context: dict[str, Any] = {"look": look, "breakdown": found}
    if lead.score is not None:
        context["others"] = read_other_scores(lead, now=now)
    if found and look.is_present:
        context["history"] = read_history(lead, version=found.version, now=now)
        context["ways"] = ways_from(found.explanation, lead=lead)
    return _page(request, lead, "breakdown", context, status=422 if look.error else 200)


@require_safe
def timeline(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what happened, newest first; htmx asks for the older part alone."""
    lead = visible_lead(request, pk)
    before = request.GET.get("before", "")
    context: dict[str, Any] = {
        "timeline": read_timeline(
            lead=lead, show=request.GET.get("show", ""), before=before, text=request.GET.get("q", "")
        ),
        "is_first": not before,
    }
    if getattr(request, "htmx", False) and request.htmx.target == "older":  # type: ignore[attr-defined]
        rights = Rights.of(signed_in(request), lead)
        part = {"lead": lead, "page": {"rights": rights}, "in_place": True, **context}
        return render(request, "leads/timeline_older.html", part)
    return _page(request, lead, "timeline", context)


@require_safe
def stages(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the moves, the owners and the deals."""
    lead = visible_lead(request, pk)
    assignments = Assignment.objects.filter(lead=lead).select_related("owner", "assigned_by")
    newest = list(assignments.order_by("-assigned_at", "-pk")[:MOST_ROWS])
    clocks = clocks_for(newest, now=timezone.now())
    context = {
        "assignments": [(assignment, clocks.get(assignment.pk)) for assignment in newest],
        "deals": Deal.objects.filter(lead=lead)
        .select_related("created_by", "voided_by")
        .order_by("-won_on", "-pk")[:MOST_ROWS],
        "totals": totals_of([lead.pk]).get(lead.pk, []),
        "advocacy_changes": AdvocacyChange.objects.filter(lead=lead)
        .select_related("actor")
        .order_by("-at", "-pk")[:MOST_ROWS],
    }
    return _page(request, lead, "stages", context)


@require_safe
def notes(request: HttpRequest, pk: int) -> HttpResponse:
    """Show notes and tasks."""
    lead = visible_lead(request, pk)
    written = Note.objects.kept().filter(lead=lead).select_related("author")
    tasks = Task.objects.filter(lead=lead).select_related("owner")
    context = {
        "notes": written.order_by("-created_at", "-pk")[:MOST_ROWS],
        "open_tasks": tasks.filter(done_at=None).order_by("due_at", "pk")[:MOST_ROWS],
        "done_tasks": tasks.exclude(done_at=None).order_by("-done_at", "-pk")[:20],
        "note_form": NoteForm(lead=lead),
        "task_form": TaskForm(initial={"due_at": tomorrow_morning(), "owner": request.user.pk}),
    }
    return _page(request, lead, "notes", context)


def _page(
    request: HttpRequest, lead: Lead, tab: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    frame = {
        "page": read_lead_page(lead=lead, user=user, tab=tab, now=now),
        "lead": lead,
        "beside": read_neighbours(request, lead, user, now=now),
    }
    return render(request, f"leads/lead_{tab}.html", {**frame, **context}, status=status)


@require_safe
def band(request: HttpRequest, pk: int) -> HttpResponse:
    """Show where the lead stands alone: asked again and again while a score is on its way."""
    lead, user = visible_lead(request, pk), signed_in(request)
    page = read_lead_page(lead=lead, user=user, tab="", now=timezone.now())
    was = request.GET.get("was", "")
    shown = {"lead": lead, "page": page, "was": was if was != str(lead.score) else ""}
    return render(request, "leads/lead_band.html", {**shown, "here": lead_page_of(request, lead)})
