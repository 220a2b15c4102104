"""What the draft would do: the page drives the run, a piece with every request.

The state travels with the page, signed; whoever leaves it has ended the run. Without JavaScript a button
goes on.
"""

from dataclasses import dataclass
from time import monotonic

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from leadapp.errors import Conflict, NotFound
from leadapp.models import Lead, User
from leadapp.services.previews import begin_preview, continue_preview
from leadapp.views.answering import signed_in
from scoring.analysis.preview import Named, Preview, TooBusy, from_json, to_json
from scoring.models import ScoringModelVersion
from scoring.views.preview_figures import Figures, figures_of
from scoring.views.shell import Studio, open_studio, studio_page

# A state older than that is looked at anew: leads and activities have moved on.
LONGEST_PAUSE = 3600
# How long one request goes on when somebody without JavaScript asks for the end.
LONGEST_REQUEST = 15
ANEW = {
    "changed": gettext_lazy(
        "The rules were edited or published since this preview began, so it begins again."
    ),
    "old": gettext_lazy("This preview was too old to go on with, so it begins again."),
}


@dataclass(frozen=True)
class NamedLead:
    """A row of the leads that change most; `lead` is None for one that this person may not see."""

    named: Named
    lead: Lead | None
    crosses: tuple[tuple[str, bool], ...]


@require_http_methods(["GET", "POST"])
def preview(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what publishing the draft would do, as far as it is known; a POST goes on."""
    studio = open_studio(request, slug, tab="preview")
    if studio.draft is None:
        return studio_page(request, studio, "scoring/preview_none.html", {})
    user = signed_in(request)
    if request.method == "GET":
        return _answer(request, studio, begin_preview(draft=studio.draft, now=timezone.now()))
    try:
        state = _unpacked(request.POST.get("state", ""), user, studio.draft)
        try:
            return _answer(request, studio, _continued(state, is_whole="all" in request.POST))
        except TooBusy as refused:
            return _answer(request, studio, state, problem=refused.message)
    except signing.BadSignature:
        reason = "old"
    except (Conflict, NotFound):
        reason = "changed"
    studio = open_studio(request, slug, tab="preview")
    if studio.draft is None:
        return studio_page(request, studio, "scoring/preview_none.html", {}, status=409)
    anew = begin_preview(draft=studio.draft, now=timezone.now())
    return _answer(request, studio, anew, notice=str(ANEW[reason]))


def pack(state: Preview, user: User) -> str:
    """Return the state as text that only this person can send back, unchanged."""
    return signing.dumps(to_json(state), salt=f"preview.{user.pk}", compress=True)


def _unpacked(text: str, user: User, draft: ScoringModelVersion) -> Preview:
    state = from_json(signing.loads(text, salt=f"preview.{user.pk}", max_age=LONGEST_PAUSE))
    if state.draft_id != draft.pk:
        raise Conflict(_("Another draft is edited now."))
    return state


def _continued(state: Preview, *, is_whole: bool) -> Preview:
    """Do the next piece, or as many as fit into one request."""
    until = monotonic() + (LONGEST_REQUEST if is_whole else 0)
    state = continue_preview(state)
    while not state.is_done and monotonic() < until:
        state = continue_preview(state)
    return state


def _answer(
    request: HttpRequest, studio: Studio, state: Preview, *, notice: str = "", problem: str = ""
) -> HttpResponse:
    user = signed_in(request)
    figures = figures_of(state, studio)
    context = {
        "preview": state,
        "figures": figures,
        "rows": _rows(state, figures, user),
        "state": pack(state, user),
        "percent": round(100 * state.share),
        "notice": notice,
        "problem": problem,
    }
    if getattr(request, "htmx", False):
        response = render(request, "scoring/preview_part.html", {"studio": studio, **context})
    else:
        response = studio_page(request, studio, "scoring/preview.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _rows(state: Preview, figures: Figures, user: User) -> list[NamedLead]:
    """Give the leads that change most their names (one query); only those that this person may see."""
    ids = [named.lead_id for named in state.named]
    leads = Lead.objects.visible_to(user).select_related("company").in_bulk(ids) if state.is_done else {}
    return [
        NamedLead(named, leads.get(named.lead_id), tuple(figures.crossing_words(named)))
        for named in state.named
        if state.is_done
    ]
