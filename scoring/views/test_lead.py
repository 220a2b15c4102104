"""Test a lead: a stored one, or one that is imagined, by what is live and by the draft, side by side."""

from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_safe

from leadapp.errors import Invalid
from leadapp.models import Lead
from leadapp.numbers import whole_number
from leadapp.search import find_leads
from leadapp.services.texts import text_fault
from leadapp.views.answering import posted, signed_in
from scoring.analysis.diff import Difference, compare
from scoring.engine import Explanation, explain_leads
from scoring.engine.imagined import explain_imagined
from scoring.models import ScoringModelVersion
from scoring.views.comparing import Column, Comparison, lay_out
from scoring.views.imagining import ActivityFormSet, FactsForm, activity_rows, imagine, read_asked
from scoring.views.shell import Studio, open_studio, studio_page

MOST_FOUND, LONGEST_SEARCH = 20, 200

Explain = Callable[[ScoringModelVersion], Explanation | None]


@require_http_methods(["GET", "POST"])
def test_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the page; nothing is ever written, a POST only carries what was imagined."""
    studio = open_studio(request, slug, tab="test")
    if studio.newest is None:
        return studio_page(request, studio, "scoring/rules_empty.html", {})
    lead = _chosen_lead(request)
    if request.method == "POST" or request.GET.get("imagine"):
        return _imagined(request, studio, lead)
    text = request.GET.get("q", "").strip()
    context = {
        "lead": lead,
        "search_lead": text,
        "found": _found(request, text) if text and lead is None else None,
        "comparison": compare_stored(studio, lead) if lead else None,
    }
    return studio_page(request, studio, "scoring/test.html", context)


@require_safe
def tried(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer the small search beside the rules: the first lead that is found, by live and draft."""
    studio = open_studio(request, slug)
    text = request.GET.get("q", "").strip()
    found = _found(request, text)[:1] if text else []
    lead = found[0] if found else None
    context = {
        "studio": studio,
        "text": text,
        "lead": lead,
        "comparison": compare_stored(studio, lead) if lead else None,
    }
    return render(request, "scoring/tried.html", context)


def compare_stored(studio: Studio, lead: Lead) -> Comparison | None:
    """Explain a stored lead as of now; None if it opted out of scoring."""

    def explain(version: ScoringModelVersion) -> Explanation | None:
        return explain_leads(version=version, moments={lead.pk: studio.now}).get(lead.pk)

    return _compare(studio, explain)


def _compare(studio: Studio, explain: Explain) -> Comparison | None:
    versions = [version for version in (studio.live, studio.draft) if version is not None]
    columns = [
        Column(version=version, explanation=explanation)
        for version in versions
        if (explanation := explain(version)) is not None
    ]
    return lay_out(columns, _difference(versions)) if columns else None


def _difference(versions: Sequence[ScoringModelVersion]) -> Difference | None:
    return compare(*versions) if len(versions) == 2 else None


def _imagined(request: HttpRequest, studio: Studio, lead: Lead | None) -> HttpResponse:
    asked = read_asked(version for version in (studio.live, studio.draft) if version is not None)
    data, wants_row = posted(request), "add" in request.POST
    facts = FactsForm(data, asked=asked, lead=lead)
    rows = activity_rows(data, asked, more=wants_row)
    context: dict[str, Any] = {
        "lead": lead,
        "facts": facts,
        "rows": rows,
        "properties": asked.properties,
        "comparison": None,
        "is_imagined": True,
        "faults": [],
    }
    status = 200
    if data is not None and not wants_row:
        comparison, faults = _try(studio, facts, rows, lead)
        context |= {"comparison": comparison, "faults": faults}
        status = 200 if comparison else 422
    return studio_page(request, studio, "scoring/test.html", context, status=status)


def _try(
    studio: Studio, facts: FactsForm, rows: ActivityFormSet, lead: Lead | None
) -> tuple[Comparison | None, list[str]]:
    """Return the comparison, or what is wrong with what was typed; faults stand at their fields too."""
    if not (facts.is_valid() and rows.is_valid()):
        return None, [str(fault) for fault in rows.non_form_errors()]
    imagined = imagine(facts, rows, lead=lead, now=studio.now)
    try:
        comparison = _compare(
            studio, lambda version: explain_imagined(version=version, lead=imagined, as_of=studio.now)
        )
    except Invalid as refused:
        others = []
        for name, sentences in refused.errors.items():
            if name in facts.fields:
                facts.add_error(name, list(sentences))
            else:
                others += list(sentences)
        return None, others or ([] if refused.errors else [refused.message])
    return comparison, []


def _chosen_lead(request: HttpRequest) -> Lead | None:
    number = request.POST.get("lead", "") or request.GET.get("lead", "")
    if not number:
        return None
    leads = Lead.objects.visible_to(signed_in(request)).select_related("company")
    lead: Lead = get_object_or_404(leads, pk=whole_number(number))
    return lead


def _found(request: HttpRequest, text: str) -> list[Lead]:
    """Return the leads that a search finds, the first of the list first."""
    if text_fault(text, longest=LONGEST_SEARCH):
        return []
    leads = Lead.objects.visible_to(signed_in(request)).select_related("company")
    return list(find_leads(leads, text).prioritised()[:MOST_FOUND])
