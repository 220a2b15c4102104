"""The board: open leads by stage, moved by dragging, by keyboard, or by the menu of a card."""

import json

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import retarget

from leadapp.access import may, may_work
from leadapp.errors import Invalid, Refused
from leadapp.models import Lead, Stage
from leadapp.numbers import whole_number
from leadapp.paging import read_place
from leadapp.services.lists.orders import BY_PRIORITY
from leadapp.views.answering import signed_in, visible_lead
from qualification.services import moves
from qualification.services.customers.deals import won_in_this_round
from qualification.views.board_cards import STAGES, Whose, cards_of, counts_of, read_lanes, read_more
from qualification.views.moves import stage_words, undo_url


@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Show the lanes, or with ?lane= more cards of one."""
    whose, now = Whose.read(signed_in(request), request.GET.get("whose", "")), timezone.now()
    lane = request.GET.get("lane", "")
    if lane in Stage.values:
        try:
            place = read_place(BY_PRIORITY, request.GET.get("after", ""), "")
        except Invalid:
            place = None
        more = read_more(whose, Stage(lane), place, now=now)
        return render(request, "qualification/board_cards.html", {"lane": more, "whose": whose})
    lanes = read_lanes(whose, now=now)
    is_empty = not any(lane.cards for lane in lanes)
    is_counted = not any(lane.after for lane in lanes)
    context = {"lanes": lanes, "whose": whose, "is_empty": is_empty, "is_counted": is_counted}
    return render(request, "qualification/board.html", context)


@require_safe
def counts(request: HttpRequest) -> HttpResponse:
    """Answer with how many leads each lane has."""
    whose = Whose.read(signed_in(request), request.GET.get("whose", ""))
    return render(request, "qualification/board_counts.html", {"counts": counts_of(whose)})


@require_POST
def move_card(request: HttpRequest) -> HttpResponse:
    """Move a lead whose card was dropped on another lane.

    What has to be asked first is asked by the question of the lead page. Whatever the answer, it carries the
    card as the lead stands now.
    """
    user, now = signed_in(request), timezone.now()
    lead = visible_lead(request, _number(request.POST.get("lead", "")))
    to_stage, seen_stage = request.POST.get("to_stage", ""), request.POST.get("seen_stage", "")
    if to_stage not in Stage.values or seen_stage not in Stage.values:
        raise Http404(_("There is no such lane."))
    whose = Whose.read(user, request.POST.get("whose", ""))
    is_as_seen = lead.stage == seen_stage and lead.is_open and may_work(user, lead)
    if is_as_seen and _needs_question(lead, Stage(to_stage)):
        return _ask(lead, to_stage, whose)
    try:
        change = moves.move_lead(
            lead=lead, to_stage=to_stage, seen_stage=seen_stage, actor=user, now=now, past_gate=False
        )
    except moves.GateClosed as refused:
        if may(user, "qualification.override_gate"):
            return _ask(lead, to_stage, whose)
        return _answer(request, lead, whose, refused)
    except Refused as refused:
        return _answer(request, lead, whose, refused)
    messages.success(
        request,
        _("%(lead)s is %(to_stage)s now.") % {"lead": lead.name, "to_stage": stage_words(to_stage)},
        extra_tags=undo_url(change),
    )
    return _answer(request, lead, whose)


def _number(text: str) -> int:
    number = whole_number(text)
    if number is None:
        raise Http404(_("There is no such lead."))
    return number


def _needs_question(lead: Lead, to_stage: Stage) -> bool:
    """Tell whether somebody has to say something first: why it goes back, or what was won."""
    distance = STAGES.index(to_stage) - STAGES.index(Stage(lead.stage))
    if distance == 1 and to_stage == Stage.CUSTOMER:
        return lead.pk not in won_in_this_round([lead.pk])
    return distance < 0


def _ask(lead: Lead, to_stage: str, whose: Whose) -> HttpResponse:
    """Let the page open the question of this move, and come back to the board after it."""
    url = reverse("lead-move", args=[lead.pk, to_stage])
    asked = {"leadapp:ask": {"url": f"{url}?{urlencode({'back': whose.url})}"}}
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(asked)})


def _answer(request: HttpRequest, lead: Lead, whose: Whose, refused: Refused | None = None) -> HttpResponse:
    """Say how it went, with the card and the counts as they are now."""
    shown = whose.leads().select_related("company", "owner").filter(pk=lead.pk)
    cards = cards_of(list(shown), whose=whose, now=timezone.now())
    context = {
        "lead": lead,
        "refused": refused,
        "gate": refused.check if isinstance(refused, moves.GateClosed) else None,
        "card": cards.get(lead.pk),
        "counts": counts_of(whose),
        "whose": whose,
    }
    response = render(
        request, "qualification/board_moved.html", context, status=refused.status if refused else 200
    )
    # A refusal comes with its own status and says where it belongs: it is shown, not only reported.
    return retarget(response, "#board-said")
