"""What sales can call in a week, what comes in, and the lines that would fit."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from leadapp.errors import Refused
from leadapp.numbers import write_number
from leadapp.views.answering import posted, signed_in, tell
from scoring.analysis.capacity import STEP, Proposal, propose_thresholds
from scoring.models import ScoringModel, ScoringModelVersion
from scoring.services.capacity import MOST, set_weekly_capacity, use_lines
from scoring.views.asking import EDIT, require_right
from scoring.views.columns import Columns, draw_columns
from scoring.views.shell import Studio, open_studio, studio_page

# How far around the present and the proposed threshold the table goes, in steps.
AROUND = (-4, -2, 0, 2, 4)


class CapacityForm(forms.Form):
    """How many leads sales can call in a week."""

    weekly_capacity = forms.IntegerField(
        label=gettext_lazy("Leads that sales can call per week"),
        required=False,
        min_value=1,
        max_value=MOST,
        help_text=gettext_lazy("All reps together. Empty: not known."),
        error_messages={
            "invalid": gettext_lazy("Give a whole number of leads."),
            "min_value": gettext_lazy("Give 1 or more, or leave it empty."),
            "max_value": gettext_lazy("Give %(limit_value)s or less."),
        },
    )

    def __init__(self, *args: Any, model: ScoringModel, **kwargs: Any) -> None:
        kwargs["initial"] = {"weekly_capacity": model.weekly_capacity}
        super().__init__(*args, **kwargs)


class LinesForm(forms.Form):
    """A proposal that somebody takes over, and the version that it was made for."""

    version = forms.IntegerField(label="")
    hot_from = forms.IntegerField(label=gettext_lazy("Hot from"))
    threshold = forms.IntegerField(label=gettext_lazy("Threshold"))


@require_http_methods(["GET", "POST"])
def capacity(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what comes in beside what can be called; save the latter."""
    studio = open_studio(request, slug, tab="capacity")
    form = CapacityForm(posted(request), model=studio.model)
    if request.method != "POST":
        return _page(request, studio, form)
    if not form.is_valid():
        require_right(request, EDIT)
        return _page(request, studio, form, status=422)
    try:
        set_weekly_capacity(
            model=studio.model,
            leads_per_week=form.cleaned_data["weekly_capacity"],
            actor=signed_in(request),
            now=timezone.now(),
        )
    except Refused as refused:
        tell(form, refused)
        return _page(request, studio, form, status=refused.status, refused=refused)
    messages.success(request, _("Saved. Proposals and warnings go by it from now on."))
    return redirect("scoring-capacity", slug)


@require_POST
def use(request: HttpRequest, slug: str) -> HttpResponse:
    """Write the proposed lines into the draft."""
    studio = open_studio(request, slug, tab="capacity")
    form = LinesForm(request.POST)
    version = next(
        (v for v in (studio.draft, studio.live) if v and str(v.pk) == form["version"].value()), None
    )
    page = CapacityForm(None, model=studio.model)
    require_right(request, EDIT)
    if not form.is_valid() or version is None:
        return _page(request, studio, page, status=409, problem=str(STALE))
    try:
        draft = use_lines(
            version=version,
            hot_from=form.cleaned_data["hot_from"],
            threshold=form.cleaned_data["threshold"],
            actor=signed_in(request),
            now=timezone.now(),
        )
    except Refused as refused:
        return _page(request, studio, page, status=refused.status, refused=refused)
    messages.success(
        request,
        _("Draft v%(number)s has these lines now. Nothing is live before you publish it.")
        % {"number": draft.number},
    )
    return redirect("scoring-preview", slug)


STALE = gettext_lazy("Another version is edited by now. Look at the proposal again.")


def _page(
    request: HttpRequest,
    studio: Studio,
    form: CapacityForm,
    *,
    status: int = 200,
    refused: Refused | None = None,
    problem: str = "",
) -> HttpResponse:
    version = studio.newest
    if version is None:
        return studio_page(request, studio, "scoring/rules_empty.html", {}, status=status)
    number = studio.model.weekly_capacity
    proposal = propose_thresholds(version=version, weekly_capacity=number, now=studio.now)
    context = {
        "version": version,
        "form": form if studio.rights.may_edit else None,
        "proposal": proposal,
        "chart": _chart(proposal),
        "lines": _lines(proposal),
        "problem": problem or (refused.message if refused else ""),
        "may_use": studio.rights.may_edit and version.publish_at is None,
    }
    return studio_page(request, studio, "scoring/capacity.html", context, status=status)


def _chart(proposal: Proposal) -> Columns:
    """Draw the weeks, oldest first: what reached the threshold, and what would reach the proposed one."""
    now = proposal.inflow.crossing(proposal.version.threshold)
    then = proposal.inflow.crossing(proposal.threshold)
    is_moved = proposal.threshold != proposal.version.threshold
    labels = [date_format(timezone.localtime(begin), "MONTH_DAY_FORMAT") for begin in proposal.inflow.begins]
    told = "; ".join(
        _("from %(label)s %(value)s") % {"label": label, "value": write_number(value)}
        for label, value in zip(labels, now, strict=True)
    )
    most = proposal.weekly_capacity
    return draw_columns(
        [(a, b if is_moved else None) for a, b in zip(now, then, strict=True)],
        labels,
        unit=_("leads"),
        sentence=_sentence(proposal, told),
        across=[float(most)] if most else [],
    )


def _sentence(proposal: Proposal, told: str) -> str:
    most, facts = proposal.weekly_capacity, {"threshold": proposal.version.threshold, "told": told}
    if most is None:
        return _("Leads that reached %(threshold)s points, by week: %(told)s.") % facts
    says = _("Leads that reached %(threshold)s points, by week: %(told)s. Sales can call %(most)s a week.")
    return says % (facts | {"most": write_number(most)})


def _lines(proposal: Proposal) -> list[dict[str, Any]]:
    """Return how many leads a week would reach some thresholds around the present one and the proposal."""
    version: ScoringModelVersion = proposal.version
    near = {line + STEP * part for line in (version.threshold, proposal.threshold) for part in AROUND}
    return [
        {
            "line": line,
            "per_week": proposal.inflow.per_week(line),
            "is_now": line == version.threshold,
            "is_proposed": line == proposal.threshold and proposal.changes_something,
            "is_too_many": proposal.weekly_capacity is not None
            and proposal.inflow.per_week(line) > proposal.weekly_capacity,
        }
        for line in sorted(line for line in near if line > 0)
    ]
