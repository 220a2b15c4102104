"""The page of a discovery call: what to ask, what was heard, and how it goes on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from leadapp.errors import NotFound, Refused
from leadapp.models import Lead, Stage, User
from leadapp.services.work.calls import gate_after, is_saved, save_call
from leadapp.views.answering import signed_in, visible_lead
from leadapp.views.lead.fact_groups import say_value
from leadapp.views.lead.page import Rights
from qualification.models import CallDraft
from qualification.services.clock.clocks import clocks_of
from qualification.services.evidence.answers import BantView, bant_of
from qualification.services.evidence.call_drafts import DraftChanged, discard_draft, draft_of, keep_draft
from qualification.services.gates.checklists import GateCheck
from qualification.views.call_form import NEXT_STEPS, CallForm, Heard
from qualification.views.conversation import Prompt, prompts_for, read_clues
from scoring.engine import reasons_for

STAGES = list(Stage)
MOST_COLLEAGUES = 5


@dataclass(frozen=True)
class Turn:
    """A dimension whose turn it is: what to say, and the fields for what is heard."""

    prompt: Prompt
    heard: Heard


@require_http_methods(["GET", "POST"])
def call(request: HttpRequest, pk: int) -> HttpResponse:
    """Guide a discovery call; save what it brought."""
    lead, now = visible_lead(request, pk), timezone.now()
    views = list(bant_of(lead=lead, now=now).values())
    if request.method == "POST":
        return _save(request, lead, views)
    draft = _open_draft(lead, signed_in(request))
    typed = {**draft.content, "version": str(draft.version)} if draft else None
    form = CallForm(lead=lead, views=views, draft=typed)
    return _page(request, lead, form, draft=draft)


def _open_draft(lead: Lead, author: User) -> CallDraft | None:
    """Return what was typed before; what was saved meanwhile is no draft any more."""
    draft = draft_of(lead=lead, author=author)
    if draft is not None and is_saved(lead=lead, call_id=draft.call_id):
        return None
    return draft


def _save(request: HttpRequest, lead: Lead, views: list[BantView]) -> HttpResponse:
    now, actor = timezone.now(), signed_in(request)
    form = CallForm(request.POST, lead=lead, views=views)
    if not form.is_valid():
        return _page(request, lead, form, status=422)
    moves = request.POST.get("then") == "move"
    target = _target(lead)
    try:
        is_new = save_call(
            lead=lead,
            call=form.call(now=now),
            actor=actor,
            now=now,
            move_to=target.value if moves and target else "",
            seen_stage=form.cleaned_data["seen_stage"],
        )
    except NotFound as refused:
        raise Http404(refused.message) from refused
    except Refused as refused:
        return _page(request, visible_lead(request, lead.pk), form, status=refused.status, refused=refused)
    done = _("The call is saved.") if is_new else _("This call was saved already; nothing was written twice.")
    if is_new and moves and target:
        done = _("The call is saved, and %(lead)s is %(target)s now.") % {
            "lead": lead.name,
            "target": target.label,
        }
    messages.success(request, done)
    return _go(request, reverse("lead-detail", args=[lead.pk]))


def _go(request: HttpRequest, address: str) -> HttpResponse:
    """Go to a page; htmx loads it as a whole, with its own scripts."""
    if getattr(request, "htmx", False):
        return HttpResponse(headers={"HX-Redirect": address})
    return redirect(address)


def _target(lead: Lead) -> Stage | None:
    """Return the stage that a call can lead to; a customer needs a deal, which is asked elsewhere."""
    place = STAGES.index(Stage(lead.stage))
    following = STAGES[place + 1] if place + 1 < len(STAGES) else Stage.CUSTOMER
    return following if lead.is_open and following != Stage.CUSTOMER else None


def _page(
    request: HttpRequest,
    lead: Lead,
    form: CallForm,
    *,
    status: int = 200,
    draft: CallDraft | None = None,
    refused: Refused | None = None,
) -> HttpResponse:
    now, user = timezone.now(), signed_in(request)
    prompts = prompts_for(form.views, read_clues(lead, now=now), now=now)
    asked = [Turn(prompt, form.heard(prompt.view.dimension.key)) for prompt in prompts]
    context: dict[str, Any] = {
        "lead": lead,
        "language": say_value("language", lead.language),
        "now": now,
        "form": form,
        "asked": [turn for turn in asked if turn.prompt.view.dimension.counts],
        "also_asked": [turn for turn in asked if not turn.prompt.view.dimension.counts],
        "rights": Rights.of(user, lead),
        "clock": clocks_of(lead_ids=[lead.pk], now=now).get(lead.pk),
        "reasons": reasons_for([lead], now=now).get(lead.pk, []),
        "colleagues": _colleagues(lead, user),
        "next_steps": NEXT_STEPS,
        "draft": draft,
        "refused": refused,
        **_ahead(lead, form, now),
    }
    response = render(request, "qualification/call.html", context, status=status)
    if status != 200 and getattr(request, "htmx", False):
        response["HX-Retarget"] = "#main"  # a refusal is shown in the place of the page
        response["HX-Push-Url"] = "false"
    return response


def _ahead(lead: Lead, form: CallForm, now: datetime) -> dict[str, Any]:
    """Return how the gate ahead would stand after what was typed so far."""
    target = _target(lead)
    check: GateCheck | None = None
    if target is not None:
        if not form.is_bound:
            form = _typed_so_far(form)
        if form.is_bound and (form.is_valid() or {"call_id", "outcome"} <= form.cleaned_data.keys()):
            check = gate_after(lead=lead, call=form.call(now=now), now=now)
    return {"target": target, "check": check}


def _typed_so_far(form: CallForm) -> CallForm:
    """Return the form as if what it shows had been sent."""
    shown = {name: form[name].value() for name in form.fields}
    data = {name: value for name, value in shown.items() if value is not None}
    return CallForm(data, lead=form.lead, views=form.views)


def _colleagues(lead: Lead, user: User) -> list[Lead]:
    if lead.company is None:
        return []
    others = Lead.objects.visible_to(user).filter(company=lead.company).exclude(pk=lead.pk)
    return list(others.order_by("-priority", "pk")[:MOST_COLLEAGUES])


@require_POST
def keep(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what is typed during the call; answer with the new version and how the gate ahead stands."""
    lead, now, author = visible_lead(request, pk), timezone.now(), signed_in(request)
    form = CallForm(request.POST, lead=lead, views=list(bant_of(lead=lead, now=now).values()))
    form.is_valid()
    call_id, version = form.cleaned_data.get("call_id"), form.cleaned_data.get("version")
    if not isinstance(call_id, UUID) or version is None:
        return JsonResponse({"message": _("The page was damaged. Load it again.")}, status=422)
    if is_saved(lead=lead, call_id=call_id):
        return JsonResponse({"message": _("This call is saved already."), "saved": True}, status=409)
    try:
        draft = keep_draft(
            lead=lead, author=author, call_id=call_id, content=form.typed(), version=version, now=now
        )
    except DraftChanged as changed:
        return JsonResponse({"message": changed.message, "version": changed.version}, status=changed.status)
    except Refused as refused:
        return JsonResponse({"message": refused.message}, status=refused.status)
    ahead = render_to_string("qualification/call_ahead.html", {"lead": lead, **_ahead(lead, form, now)})
    at = time_format(timezone.localtime(draft.saved_at), "TIME_FORMAT")
    return JsonResponse({"version": draft.version, "at": at, "ahead": ahead})


@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw away what was typed."""
    lead = visible_lead(request, pk)
    discard_draft(lead=lead, author=signed_in(request))
    messages.success(request, _("What was typed during the call is thrown away."))
    return _go(request, reverse("lead-detail", args=[lead.pk]))
