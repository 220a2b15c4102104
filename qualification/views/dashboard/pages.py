"""The dashboard of a period."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from leadapp.errors import NotAllowed
from leadapp.models import Stage, Temperature, User
from leadapp.numbers import write_number
from leadapp.periods import Period
from leadapp.views.answering import signed_in
from qualification.analysis.asking import Asked, ask
from qualification.analysis.figures import read_figures
from qualification.analysis.funnel import Band, Cohort, Funnel, by_band, by_month, funnels, share
from qualification.analysis.sources import Group, Groups
from qualification.analysis.standing import STEP, Standing
from qualification.services.clock import report as response_report
from qualification.views.dashboard.columns import Bar, columns_of
from qualification.views.dashboard.links import Figure, Links
from qualification.views.dashboard.picker import read_period
from qualification.views.response_times import columns_of_answers

# Fewer leads than this say nothing about a share.
ENOUGH = 10
DASH = "\N{EN DASH}"


@dataclass(frozen=True)
class Step:
    """A stage of the funnel."""

    stage: str
    figure: Figure
    share: float
    of_before: float | None
    wait: timedelta | None


@dataclass(frozen=True)
class Line:
    """A row of the tables by source, campaign and form."""

    name: str
    figures: list[Figure]
    group: Group
    revenue_url: str


@dataclass(frozen=True)
class Table:
    """One of these tables."""

    title: str
    lines: list[Line]
    hidden: int
    with_costs: bool


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """Show what became of leads in a period."""
    user, now = signed_in(request), timezone.now()
    picked = read_period(request.GET, today=timezone.localdate(now))
    asked = ask(user=user, period=picked.period)
    links = Links(asked.owner_id is not None)
    figures = read_figures(asked, now=now)
    counts, origins, today = figures.counts, figures.origins, figures.today
    funnel, before = funnels(counts)
    bands, cohorts = by_band(counts), by_month(counts, last=picked.period.last)
    context = {
        "asked": asked,
        "counted_at": figures.counted_at if figures.is_kept else None,
        "picked": picked,
        "period": picked.period,
        "range": str(picked.period),
        "is_empty": not (funnel.leads or today.leads or cohorts or any(band.mql for band in bands)),
        "funnel": funnel,
        "growth": share(funnel.leads - before.leads, before.leads),
        "mql_share": share(funnel.mql, funnel.leads),
        "new_leads": links.count(funnel.leads, created=str(picked.period)),
        "nurture": links.count(funnel.nurture, created=str(picked.period), status="nurture"),
        "disqualified": links.count(funnel.disqualified, created=str(picked.period), status="disqualified"),
        "total": origins.total,
        "customers": links.count(origins.total.customer, customer=str(picked.period)),
        "won_url": links.leads(won=str(picked.period)),
        "steps": _steps(funnel, links, picked.period),
        "tables": _tables(origins, links, asked),
        **_bands(bands, links, picked.period),
        **_standing(today, links),
        "cohorts": [_cohort(one, links) for one in cohorts],
        **_answers(user, picked.period),
    }
    return render(request, "dashboard/page.html", context, status=400 if picked.problem else 200)


def _steps(funnel: Funnel, links: Links, period: Period) -> list[Step]:
    counts = (funnel.leads, funnel.mql, funnel.sql, funnel.customer)
    waits = (None, funnel.to_mql, funnel.to_sql, funnel.to_customer)
    steps = []
    for number, (stage, count, wait) in enumerate(zip(Stage.values, counts, waits, strict=True)):
        asked_for = {"created": str(period)} | ({"reached": stage} if number else {})
        of_before = share(count, counts[number - 1]) if number else None
        whole = share(count, funnel.leads) or 0
        steps.append(Step(stage, links.count(count, **asked_for), round(whole, 1), of_before, wait))
    return steps


def _tables(origins: Groups, links: Links, asked: Asked) -> list[Table]:
    kinds = (
        (_("Source"), "source", origins.sources),
        (_("Campaign"), "campaign", origins.campaigns),
        (_("Landing form"), "form", origins.forms),
    )
    period = str(asked.period)
    tables = []
    for title, name, groups in kinds:
        lines = []
        for group in groups:
            own = {name: group.key or "-"}
            counts = zip(
                ("created", "mql", "sql", "customer"),
                (group.leads, group.mql, group.sql, group.customer),
                strict=True,
            )
            figures = [links.count(number, **own, **{event: period}) for event, number in counts]
            nothing = _("No form") if name == "form" else _("Not known")
            lines.append(Line(group.key or nothing, figures, group, links.leads(**own, won=period)))
        with_costs = any(group.cost for group in groups)
        tables.append(Table(title, lines, origins.hidden[name], with_costs))
    return tables


def _bands(bands: Sequence[Band], links: Links, period: Period) -> dict[str, Any]:
    rows, bars = [], []
    for band in bands:
        score, label = _band_words(band.low, band.high)
        own = {"mql": str(period), "mql_score": score}
        rows.append(
            (
                label,
                links.count(band.mql, **own),
                links.count(band.sql, **own, reached="sql"),
                share(band.sql, band.mql),
                links.count(band.customer, **own, reached="customer"),
                band.won,
            )
        )
        if band.low is not None:
            over = DASH if band.won is None else _("%(percent)s %%") % {"percent": write_number(band.won, 1)}
            bars.append(Bar(band.won or 0, over, label, f"n {write_number(band.mql)}"))
    return {"bands": rows, "band_columns": columns_of(bars), "band_verdict": _verdict(bands)}


def _band_words(low: int | None, high: int | None) -> tuple[str, str]:
    """Return a band as addresses have it, and in words."""
    if low is None:
        return "none", _("No score")
    return (f"{low}-", f"{low}+") if high is None else (f"{low}-{high}", f"{low}{DASH}{high}")


def _verdict(bands: Sequence[Band]) -> str:
    """Say whether a higher score won more often, as far as the numbers carry it."""
    known = [band for band in bands if band.low is not None and band.mql >= ENOUGH]
    if len(known) < 2:
        return _("Too few to tell: two bands with %(enough)s leads or more are needed.") % {"enough": ENOUGH}
    shares = [band.won or 0 for band in known]
    pairs = list(pairwise(shares))
    if not any(shares):
        return _("None of them is a customer yet.")
    if all(low < high for low, high in pairs):
        return _("Every band beats the one below: a higher score won more often.")
    if all(low <= high for low, high in pairs):
        return _("No band loses to the one below: a higher score won at least as often.")
    return _("A higher score did not always win more often. Look at the rules that give these points.")


def _standing(today: Standing, links: Links) -> dict[str, Any]:
    still = {"status": "open", "stage": "lead,mql,sql"}
    scores = []
    bars = []
    for number, count in enumerate(today.scores):
        low = number * STEP
        score, label = _band_words(low, None if number == len(today.scores) - 1 else low + STEP - 1)
        scores.append((label, links.count(count, **still, score=score)))
        bars.append(Bar(count, write_number(count), str(low) if not label.endswith("+") else label))
    warmth = []
    for one in today.warmth:
        own = {**still, **({"temperature": one.code} if one.code else {"score": "none"})}
        name = Temperature(one.code).label if one.code else _("No score")
        part = share(one.leads, today.leads) or 0
        free = links.count(one.free, **own, owner="none") if not links.is_own else None
        warmth.append((one.code, name, links.count(one.leads, **own), round(part, 1), free))
    return {"open_leads": today.leads, "scores": scores, "score_columns": columns_of(bars), "warmth": warmth}


def _cohort(cohort: Cohort, links: Links) -> dict[str, Any]:
    month = cohort.month
    next_month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    created = {"created": str(Period(month, next_month - timedelta(days=1)))}
    counts = (("mql", cohort.mql), ("sql", cohort.sql), ("customer", cohort.customer))
    return {
        "month": month,
        "leads": links.count(cohort.leads, **created),
        "stages": [
            (links.count(count, **created, reached=stage), share(count, cohort.leads))
            for stage, count in counts
        ],
        "soon": share(cohort.mql_soon, cohort.leads),
    }


def _answers(user: User, period: Period) -> dict[str, Any]:
    """Return the response times of the period, for those who may see them."""
    try:
        asked = response_report.ask(user=user, since=period.since, until=period.until)
    except NotAllowed:
        return {}
    found = response_report.measure(asked, now=timezone.now())
    return {"report": found, "columns": columns_of_answers(found.total), "people": found.people[:10]}
