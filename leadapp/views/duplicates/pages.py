"""The list of pairs to be reviewed, a pair side by side, and undoing a merge."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leadapp.access import may
from leadapp.errors import Conflict, NotAllowed, NotFound, Refused
from leadapp.models import Activity, Company, CustomField, DuplicatePair, Lead, Merge, User
from leadapp.numbers import LARGEST_ID, whole_number
from leadapp.services.duplicates.choices import better_winner, differences, stands_further
from leadapp.services.duplicates.merging import MERGE, merge_leads
from leadapp.services.duplicates.reviewing import Candidate, dismiss_pair, pairs_to_review, reopen_pair
from leadapp.services.duplicates.undoing import undo_merge
from leadapp.views.answering import came_from, signed_in
from leadapp.views.duplicates.words import reasons_of
from leadapp.views.lead.fact_groups import label_of, say_value

MOST_MERGES = 10


@dataclass(frozen=True)
class ShownPair:
    """A pair in the list, with the strongest reasons."""

    candidate: Candidate
    pair: DuplicatePair
    reasons: list[Any]


@dataclass(frozen=True)
class Line:
    """A fact of which the two leads say something else, and whose is taken."""

    name: str
    label: str
    winner: str
    loser: str
    side: str


@require_safe
def duplicate_list(request: HttpRequest) -> HttpResponse:
    """List the pairs that nobody has decided on, the most probable first."""
    user = _reviewer(request)
    labels = _labels()
    pairs, previous_url, next_url = _read_page(pairs_to_review(user), request.GET, user.list_size)
    shown = [
        ShownPair(Candidate(pair, pair.first), pair, reasons_of(pair.evidence, labels)[:3]) for pair in pairs
    ]
    merges = Merge.objects.filter(undone_at=None, winner__in=Lead.objects.visible_to(user).values("pk"))
    context = {
        "pairs": shown,
        "merges": merges.select_related("winner", "actor").order_by("-pk")[:MOST_MERGES],
        "now": timezone.now(),
        "previous_url": previous_url,
        "next_url": next_url,
    }
    return render(request, "duplicates/list.html", context)


@require_http_methods(["GET", "POST"])
def duplicate_pair(request: HttpRequest, pk: int) -> HttpResponse:
    """Show two leads side by side; a post merges them as it was chosen fact by fact."""
    user = _reviewer(request)
    pair = _find(user, pk)
    winner, loser = _sides(pair, request.POST.get("keep") or request.GET.get("keep") or "")
    refusal: Refused | None = None
    if request.method == "POST":
        try:
            merge = merge_leads(
                winner=winner,
                loser=loser,
                actor=user,
                now=timezone.now(),
                choices={
                    name.removeprefix("fact-"): str(side)
                    for name, side in request.POST.items()
                    if name.startswith("fact-")
                },
                seen=_seen(request.POST, pair),
                probability=pair.probability,
            )
        except NotFound as refused:
            raise Http404(refused.message) from refused
        except Refused as refused:
            refusal = refused
            pair.refresh_from_db()
        else:
            text = _("%(loser)s is merged into %(winner)s.") % {
                "loser": merge.loser_name,
                "winner": winner.name,
            }
            messages.success(request, text, extra_tags=reverse("merge-undo", args=[merge.pk]))
            return redirect("duplicate-list")
    context = _side_by_side(pair, winner, loser) | {"refusal": refusal}
    return render(request, "duplicates/pair.html", context, status=refusal.status if refusal else 200)


@require_POST
def duplicate_dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """Remember that two leads are not one person, or take that back."""
    user = _reviewer(request)
    pair = _find(user, pk)
    now = timezone.now()
    if request.POST.get("again"):
        reopen_pair(pair=pair, actor=user, now=now)
        return redirect("duplicate-pair", pk=pair.pk)
    dismiss_pair(pair=pair, actor=user, now=now)
    names = {"first": pair.first.name, "second": pair.second.name}
    messages.success(request, _("%(first)s and %(second)s are not the same person.") % names)
    return redirect("duplicate-list")


@require_POST
def merge_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Make two leads again of a merged one."""
    user = _reviewer(request)
    merges = Merge.objects.filter(winner__in=Lead.objects.visible_to(user).values("pk"))
    merge = get_object_or_404(merges.select_related("winner"), pk=min(pk, LARGEST_ID))
    names = {"loser": merge.loser_name, "winner": merge.winner.name}
    try:
        undo_merge(merge=merge, actor=user, now=timezone.now())
    except Conflict as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("%(loser)s and %(winner)s are two leads again.") % names)
    return redirect(came_from(request) or "duplicate-list")


def _reviewer(request: HttpRequest) -> User:
    user = signed_in(request)
    if not may(user, MERGE):
        raise NotAllowed(_("You may not merge leads."))
    return user


def _find(user: User, pk: int) -> DuplicatePair:
    leads = Lead.objects.visible_to(user).values("pk")
    pairs = DuplicatePair.objects.filter(first__in=leads, second__in=leads)
    found: DuplicatePair = get_object_or_404(
        pairs.select_related(
            "first__company", "first__owner", "second__company", "second__owner", "decided_by"
        ),
        pk=min(pk, LARGEST_ID),
    )
    return found


def _read_page(
    pairs: QuerySet[DuplicatePair], asked: Mapping[str, Any], size: int
) -> tuple[list[DuplicatePair], str, str]:
    """Return one page and the addresses around it. A page begins after, or ends before, a pair."""
    place, backwards = asked.get("before") or asked.get("after") or "", bool(asked.get("before"))
    at = None
    if (number := whole_number(place)) is not None:
        at = DuplicatePair.objects.filter(pk=number).values_list("probability", "pk").first()
    if at is not None:
        compare = TupleGreaterThan if backwards else TupleLessThan
        pairs = pairs.filter(compare(Tuple("probability", "pk"), at))
    order = ("probability", "pk") if at and backwards else ("-probability", "-pk")
    found = list(pairs.order_by(*order)[: size + 1])
    has_more, rows = len(found) > size, found[:size]
    if at and backwards:
        rows.reverse()
    address = reverse("duplicate-list")
    has_before = bool(at) and (not backwards or has_more)
    has_after = has_more or (bool(at) and backwards)
    previous_url = f"{address}?before={rows[0].pk}" if rows and has_before else ""
    return rows, previous_url, f"{address}?after={rows[-1].pk}" if rows and has_after else ""


def _sides(pair: DuplicatePair, keep: str) -> tuple[Lead, Lead]:
    """Return whom to keep, and the other one."""
    if keep == str(pair.first_id):
        return pair.first, pair.second
    if keep == str(pair.second_id):
        return pair.second, pair.first
    return better_winner(pair.first, pair.second)


def _seen(posted: Mapping[str, Any], pair: DuplicatePair) -> dict[int, datetime]:
    seen = {}
    for lead in (pair.first, pair.second):
        moment = parse_datetime(str(posted.get(f"seen-{lead.pk}", "")))
        if moment is not None:
            seen[lead.pk] = moment
    return seen


def _side_by_side(pair: DuplicatePair, winner: Lead, loser: Lead) -> dict[str, Any]:
    labels = _labels()
    found = differences(winner, loser)
    names = _names(winner, loser)
    counts = {
        lead.pk: Activity.objects.filter(lead=lead, type__is_internal=False).count()
        for lead in (winner, loser)
    }
    return {
        "pair": pair,
        "percent": Candidate(pair, winner).percent,
        "winner": winner,
        "loser": loser,
        "winner_and_loser": [winner, loser],
        "counts": [counts[winner.pk], counts[loser.pk]],
        "seen": [winner.updated_at.isoformat(), loser.updated_at.isoformat()],
        "stands": loser if stands_further(loser, winner) else winner,
        "reasons": reasons_of(pair.evidence, labels),
        "lines": [
            Line(
                one.name,
                _label(one.name, labels),
                names.get((one.name, one.winner)) or say_value(one.name, one.winner),
                names.get((one.name, one.loser)) or say_value(one.name, one.loser),
                one.side,
            )
            for one in found
        ],
        "now": timezone.now(),
    }


def _names(*leads: Lead) -> dict[tuple[str, Any], str]:
    """Return what links are called, by the fact and the id."""
    found: dict[tuple[str, Any], str] = {}
    for lead in leads:
        company: Company | None = lead.company
        if company is not None:
            found["company", company.pk] = company.name
        if lead.owner is not None:
            found["owner", lead.owner.pk] = str(lead.owner)
    return found


def _label(name: str, labels: Mapping[str, str]) -> str:
    own = {"company": _("Company"), "owner": _("Owner")}
    return own.get(name) or label_of(name, dict(labels))


def _labels() -> dict[str, str]:
    return dict(CustomField.objects.values_list("key", "label"))
