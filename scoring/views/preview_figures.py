"""What a preview found, as sentences, figures and drawings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from leadapp.numbers import write_number
from leadapp.words import count_leads
from scoring.analysis.preview import Crossing, Effect, Named, Preview
from scoring.views.columns import Columns, draw_columns
from scoring.views.shell import Studio

MQL, HANDOVER = "to_mql", "handover"


@dataclass(frozen=True)
class Figure:
    """A number with a label above and a note below."""

    label: str
    value: str
    note: str


@dataclass(frozen=True)
class Meter:
    """Leads beside what sales can call."""

    label: str
    leads: float
    capacity: int

    @property
    def most(self) -> float:
        """Return the end of the scale."""
        return max(2 * self.capacity, self.leads)

    @property
    def too_many(self) -> float:
        """Return from where on it is no longer a matter of a few."""
        return 1.5 * self.capacity

    @property
    def text(self) -> str:
        """Return it in words."""
        return _("%(leads)s of %(capacity)s") % {
            "leads": write_number(self.leads),
            "capacity": write_number(self.capacity),
        }


@dataclass(frozen=True)
class EffectRow:
    """What one change does by itself."""

    effect: Effect
    share: float
    gained: Crossing


@dataclass(frozen=True)
class Figures:
    """All that the page says about a preview."""

    figures: tuple[Figure, ...]
    chart: Columns
    meters: tuple[Meter, ...]
    overrun: int | None
    capacity: int | None
    effects: tuple[EffectRow, ...]
    # The line that effects of single changes are told by.
    line: str
    line_label: str
    mql: Crossing
    sales: Crossing
    sales_label: str
    labels: Mapping[str, str]
    threshold: int

    def crossing_words(self, named: Named) -> Iterator[tuple[str, bool]]:
        """Say which lines a lead crosses, and whether upwards; the gate says more than the number."""
        by_gate = any(cross.startswith(HANDOVER) for cross in named.crosses)
        for cross in named.crosses:
            line, is_up = cross[:-1], cross.endswith("+")
            if line == "ready":
                if not by_gate:
                    threshold = write_number(self.threshold)
                    yield threshold if is_up else _("Below %(threshold)s") % {"threshold": threshold}, is_up
            else:
                label = self.labels.get(line, line)
                yield (label if is_up else _("Not %(label)s") % {"label": label}), is_up


def figures_of(preview: Preview, studio: Studio) -> Figures:
    """Work out what the page says."""
    mql = preview.whole.crossing(MQL)
    has_handover = HANDOVER in preview.gates
    sales = preview.whole.crossing(HANDOVER if has_handover else "ready")
    line = MQL if MQL in preview.gates else "ready"
    most = max((effect.moved for effect in preview.effects), default=0)
    capacity = studio.model.weekly_capacity
    meters = _meters(preview, sales, capacity)
    return Figures(
        figures=tuple(_figures(preview, sales)),
        chart=_chart(preview, studio),
        meters=meters,
        overrun=round(meters[0].leads) - capacity if meters and capacity else None,
        capacity=capacity,
        effects=tuple(
            EffectRow(effect, round(100 * effect.moved / most, 1) if most else 0.0, effect.crossing(line))
            for effect in preview.effects
        ),
        line=line,
        line_label="MQL"
        if line == MQL
        else _("From %(threshold)s") % {"threshold": write_number(preview.threshold)},
        mql=mql,
        sales=sales,
        sales_label=_("reach sales")
        if has_handover
        else _("reach %(threshold)s points") % {"threshold": write_number(preview.threshold)},
        labels=preview.gates,
        threshold=preview.threshold,
    )


def _figures(preview: Preview, sales: Crossing) -> Iterator[Figure]:
    if MQL in preview.gates:
        yield _crossed(_("Become MQL"), preview.whole.crossing(MQL))
    yield _crossed(_("Reach sales, %(threshold)s") % {"threshold": write_number(preview.threshold)}, sales)
    yield _crossed(
        _("Become hot, %(hot_from)s") % {"hot_from": write_number(preview.hot_from)},
        preview.whole.crossing("hot"),
    )
    share = 100 * preview.unchanged / preview.leads if preview.leads else 100.0
    yield Figure(
        _("Unchanged"),
        _("%(percent)s %%") % {"percent": write_number(share, 1)},
        count_leads(preview.unchanged),
    )
    change = preview.median_change
    sign = "+" if change > 0 else "\N{MINUS SIGN}" if change < 0 else ""
    yield Figure(_("Median change"), f"{sign}{write_number(abs(change))}", _("among leads that move"))


def _crossed(label: str, crossing: Crossing) -> Figure:
    return Figure(
        label,
        write_number(crossing.up),
        _("%(down)s would no longer pass") % {"down": write_number(crossing.down)},
    )


def _meters(preview: Preview, sales: Crossing, capacity: int | None) -> tuple[Meter, ...]:
    """Return the first week, when those who cross at once come on top, and the weeks after it."""
    if capacity is None or preview.weekly is None:
        return ()
    weekly = preview.weekly.after
    return (
        Meter(_("Handed over in the first week"), sales.up + weekly, capacity),
        Meter(_("Afterwards, each week"), weekly, capacity),
    )


def _chart(preview: Preview, studio: Studio) -> Columns:
    edges = preview.edges
    upright = [
        (f"{name} {write_number(value)}", edges.index(value))
        for name, value in ((_("Hot"), preview.hot_from), (_("Sales"), preview.threshold))
        if value in edges
    ]
    told = [
        _("%(band)s: %(before)s live, %(after)s draft")
        % {"band": _band(edges, number), "before": write_number(before), "after": write_number(after)}
        for number, (before, after) in enumerate(zip(preview.bands_before, preview.bands_after, strict=True))
    ]
    pairs = list(zip(map(float, preview.bands_before), map(float, preview.bands_after), strict=True))
    return draw_columns(
        [(before, after) for before, after in pairs],
        [write_number(edge) for edge in edges],
        unit=_("leads"),
        sentence=_("Leads by score, live and draft. %(bands)s") % {"bands": "; ".join(told)},
        upright=upright,
    )


def _band(edges: tuple[int, ...], number: int) -> str:
    if number + 1 == len(edges):
        return _("%(low)s and more") % {"low": write_number(edges[number])}
    return _("%(low)s to %(high)s") % {
        "low": write_number(edges[number]),
        "high": write_number(edges[number + 1] - 1),
    }
