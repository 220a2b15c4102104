"""Running a preview, piece by piece. Each piece is a transaction that may only read."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext as _
from psycopg2.errors import QueryCanceled

from leadapp.errors import Conflict, NotFound
from scoring.analysis.capacity import weekly_inflow
from scoring.analysis.preview.sides import Sides, read_sides
from scoring.analysis.preview.state import READY, Crossing, Effect, Named, Preview, WeeklyHandover
from scoring.analysis.preview.statement import LINES, Gates, piece
from scoring.engine.comparison import FOR_MANY
from scoring.engine.explanations import Explanation, explain_moments
from scoring.models import ScoringModelVersion

# Leads in a piece: the activities of few lie on nearly as many pages as those of many, but people want to see
# that something happens.
SMALLEST, LARGEST, PIECES = 5_000, 100_000, 2
# Shorter than any web server waits.
LONGEST = "20s"
NAMED, REASONS = 10, 3
WEEKS, SAMPLE = 4, 400


class TooBusy(Conflict):
    """Even a small piece takes the database too long now; the same piece may be tried again later."""


EDGE = """
SELECT max(id), count(*) FROM (
    SELECT id FROM leadapp_lead WHERE id BETWEEN %s AND %s ORDER BY id LIMIT %s
) leads
"""


def begin(*, before: ScoringModelVersion | None, draft: ScoringModelVersion, now: datetime) -> Preview:
    """Begin a preview of what the draft would do as of now, beside the version that is live (or none)."""
    with _reading() as cursor:
        cursor.execute("SELECT count(*), COALESCE(min(id), 1), COALESCE(max(id), 0) FROM leadapp_lead")
        leads, first, last = cursor.fetchone()
        before, draft = _versions(before.pk if before else None, draft.pk)
        sides = read_sides(before, draft)
    edges = _edges(draft)
    return Preview(
        before_id=before.pk if before else None,
        draft_id=draft.pk,
        seen=sides.seen,
        as_of=now,
        leads_total=leads,
        next_id=first,
        last_id=last,
        size=min(LARGEST, max(SMALLEST, -(-leads // PIECES))),
        edges=edges,
        threshold_before=sides.before.threshold,
        threshold=draft.threshold,
        hot_from=draft.hot_from,
        bands_before=(0,) * len(edges),
        bands_after=(0,) * len(edges),
        effects=tuple(Effect(side.name, side.text) for side in sides.alone),
        left_out=sides.left_out,
    )


def step(preview: Preview, *, gates: Gates | None = None) -> Preview:
    """Look at the next piece and return what is known then; nothing is written.

    Raise Conflict if one of the versions was edited, published or discarded since the beginning. A piece that
    takes too long is cut into smaller ones; raise TooBusy if even the smallest does.
    """
    if preview.is_done:
        return preview
    try:
        with _reading() as cursor:
            before, draft = _versions(preview.before_id, preview.draft_id)
            sides = read_sides(before, draft)
            if sides.seen != preview.seen:
                raise Conflict(_("The rules were changed since this preview began."))
            if preview.next_id > preview.last_id:
                return _finish(preview, sides, before, draft)
            return _look(cursor, preview, sides, gates)
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
    if preview.size <= SMALLEST or preview.next_id > preview.last_id:
        raise TooBusy(_("The database is too busy for a preview now. Try again in a few minutes."))
    return replace(preview, size=max(SMALLEST, preview.size // 4))


def whole(
    *,
    before: ScoringModelVersion | None,
    draft: ScoringModelVersion,
    now: datetime,
    gates: Gates | None = None,
) -> Preview:
    """Run a preview to its end."""
    preview = begin(before=before, draft=draft, now=now)
    while not preview.is_done:
        preview = step(preview, gates=gates)
    return preview


@contextmanager
def _reading() -> Iterator[CursorWrapper]:
    """Open a transaction in which the database refuses to write."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = '{LONGEST}'; {FOR_MANY}")
        yield cursor


def _versions(before_id: int | None, draft_id: int) -> tuple[ScoringModelVersion | None, ScoringModelVersion]:
    """Read both versions as they are now."""
    ids = [draft_id, *([before_id] if before_id else [])]
    found = ScoringModelVersion.objects.select_related("model").in_bulk(ids)
    if len(found) < len(ids):
        raise NotFound(_("The draft was discarded meanwhile."))
    return found.get(before_id or 0), found[draft_id]


def _look(cursor: CursorWrapper, preview: Preview, sides: Sides, gates: Gates | None) -> Preview:
    """Score the next leads by all sides and add up what comes out."""
    first = preview.next_id
    cursor.execute(EDGE, [first, preview.last_id, preview.size])
    last, looked_at = cursor.fetchone()
    if not looked_at:
        return replace(preview, next_id=preview.last_id + 1)
    statement = piece(sides, preview.edges, gates, NAMED)
    cursor.execute(statement.sql, statement.bind(as_of=preview.as_of, first_id=first, last_id=last))
    found = json.loads(cursor.fetchone()[0])
    labels = dict(gates.labels) if gates else {}
    bands_before, bands_after = list(preview.bands_before), list(preview.bands_after)
    for old, new, leads in found["bands"]:
        bands_before[max(0, old - 1)] += leads
        bands_after[max(0, new - 1)] += leads
    changes = dict(preview.changes)
    for points, leads in found["changes"]:
        changes[points] = changes.get(points, 0) + leads
    added = _effects(found, list(labels), len(sides.all) - 1)
    if sides.is_single:
        added *= 2
    whole_effect, *effects = (
        _sum(known, new) for known, new in zip((preview.whole, *preview.effects), added, strict=True)
    )
    return replace(
        preview,
        next_id=last + 1,
        looked_at=preview.looked_at + looked_at,
        leads=preview.leads + found["leads"],
        bands_before=tuple(bands_before),
        bands_after=tuple(bands_after),
        changes=changes,
        gates=labels,
        whole=whole_effect,
        effects=tuple(effects),
        named=_strongest([*preview.named, *(_named(preview, row, list(labels)) for row in found["named"])]),
    )


def _effects(found: dict[str, Any], steps: Sequence[str], sides: int) -> list[Effect]:
    """Return what each side does to the leads of a piece."""
    through = {side: counts for side, *counts in found["gates"]}
    effects = []
    for number, (moved, *counts) in enumerate(found["lines"][:sides], start=1):
        crossed = _pairs(LINES, counts) | _pairs(steps, through.get(number, [0] * 2 * len(steps)))
        effects.append(Effect(moved=moved, crossings=crossed))
    return effects


def _pairs(names: Sequence[str], counts: Sequence[int]) -> dict[str, Crossing]:
    return {name: Crossing(counts[2 * at], counts[2 * at + 1]) for at, name in enumerate(names)}


def _sum(known: Effect, new: Effect) -> Effect:
    crossings = {line: known.crossing(line) + crossing for line, crossing in new.crossings.items()}
    return replace(known, moved=known.moved + new.moved, crossings=crossings)


def _named(preview: Preview, row: Sequence[int | None], steps: Sequence[str]) -> Named:
    lead_id, before, after, *gates = row
    old, new = before or 0, after or 0
    crosses = [f"{name}{'+' if way > 0 else '-'}" for name, way in zip(steps, gates, strict=True) if way]
    if (old >= preview.threshold_before) != (new >= preview.threshold):
        crosses.append(f"{READY}{'+' if new >= preview.threshold else '-'}")
    return Named(lead_id or 0, old, new, tuple(crosses))


def _strongest(named: Sequence[Named]) -> tuple[Named, ...]:
    return tuple(sorted(named, key=lambda each: (-abs(each.change), each.lead_id))[:NAMED])


def _finish(
    preview: Preview, sides: Sides, before: ScoringModelVersion | None, draft: ScoringModelVersion
) -> Preview:
    """Say why the named leads change, and how many a week would be handed over."""
    moments = [(each.lead_id, preview.as_of) for each in preview.named]
    new = {each.lead_id: each for each in explain_moments(version=draft, moments=moments)}
    old = {each.lead_id: each for each in explain_moments(version=before, moments=moments)} if before else {}
    named = tuple(
        replace(each, reasons=_reasons(old.get(each.lead_id), new.get(each.lead_id), each.change))
        for each in preview.named
    )
    inflows = weekly_inflow(
        definitions=[sides.before.definition, sides.after.definition],
        now=preview.as_of,
        weeks=WEEKS,
        sample=SAMPLE,
    )
    weekly = WeeklyHandover(
        weeks=WEEKS,
        before=round(inflows[0].per_week(sides.before.threshold), 1),
        after=round(inflows[1].per_week(sides.after.threshold), 1),
        sampled=inflows[1].sampled,
        active=inflows[1].active,
    )
    return replace(preview, is_done=True, named=named, weekly=weekly)


def _reasons(old: Explanation | None, new: Explanation | None, change: int) -> tuple[str, ...]:
    """Return the lines that differ most, in the direction in which the score goes."""
    points = {(line.dimension, line.name): line.points for line in new.lines} if new else {}
    for line in old.lines if old else ():
        key = (line.dimension, line.name)
        points[key] = points.get(key, line.points * 0) - line.points
    along = {key: value for key, value in points.items() if (value > 0) == (change > 0) and abs(value) >= 1}
    strongest = sorted(along, key=lambda key: -abs(along[key]))
    return tuple(name for _, name in strongest[:REASONS])


def _edges(version: ScoringModelVersion) -> tuple[int, ...]:
    """Return where the bands of the distribution begin: below warm, up to the threshold, and above.

    Warm, hot and the threshold are edges, so that nobody has to guess on which side a lead is.
    """
    low = max(1, min(version.warm_from, version.threshold))
    high = max(low + 1, version.warm_from, version.threshold)
    between = (high - low) / 4
    edges = {round(low * part / 5) for part in range(5)}
    edges |= {round(low + between * part) for part in range(4)}
    edges |= {round(high + between * part) for part in range(3)}
    movable = [edge for edge in edges if edge > low and edge != high]
    if version.hot_from not in edges and movable:
        edges.remove(min(movable, key=lambda edge: (abs(edge - version.hot_from), edge)))
        edges.add(version.hot_from)
    return tuple(sorted(edges))
