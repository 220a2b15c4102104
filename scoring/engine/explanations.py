"""Where the points of a score come from: lines that sum exactly to the total."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from leadapp.models import Lead
from leadapp.shipped import shown
from scoring.engine.definition import Definition, Group, Rule
from scoring.engine.fragments import Fragment
from scoring.engine.scores import STORED_TABLES, compiled
from scoring.engine.stored import stored_moments
from scoring.engine.wording import (
    activity_evidence,
    activity_name,
    activity_reason,
    fact_evidence,
    fact_reason,
)
from scoring.models import Dimension, ScoringModelVersion

Row = dict[str, Any]
ZERO = Decimal(0)


@dataclass(frozen=True)
class Line:
    """One summand of a score: a rule (rule_id is set), or what a cap, bound or rounding changed.

    `points` is what counts, after the rule's own cap; `raw` what it was before. `matches` and `newest` are
    the number and date of the activities, for engagement rules only.
    """

    name: str
    dimension: str
    points: Decimal
    raw: Decimal
    evidence: str = ""
    rule_id: int | None = None
    group: str = ""
    matches: int | None = None
    newest: datetime | None = None
    short: str = ""

    def reason(self, *, now: datetime) -> str:
        """Say it in a few words, as the list does."""
        if self.matches and self.newest:
            return activity_reason(self.short, matches=self.matches, newest=self.newest, now=now)
        return self.short

    @property
    def is_rule(self) -> bool:
        """Tell whether this is a rule, not a correction."""
        return self.rule_id is not None

    @property
    def capped(self) -> Decimal:
        """Return what the rule's own cap took, or (of points that are taken) gave back."""
        return self.points - self.raw

    @property
    def counts(self) -> bool:
        """Tell whether the line gives or takes any points."""
        return self.points != ZERO or self.raw != ZERO


@dataclass(frozen=True)
class Explanation:
    """A score and its lines, which sum exactly to it; `all_lines` has also those that give nothing."""

    lead_id: int
    version: ScoringModelVersion
    as_of: datetime
    fit: int
    engagement: int
    score: int
    grade: str
    temperature: str
    all_lines: tuple[Line, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        """Return the lines that give or take points."""
        return tuple(line for line in self.all_lines if line.counts)

    def lines_of(self, dimension: str) -> tuple[Line, ...]:
        """Return the lines of fit, of engagement, or (empty text) of the total."""
        return tuple(line for line in self.lines if line.dimension == dimension)


def explain_moments(
    *,
    version: ScoringModelVersion,
    moments: Sequence[tuple[int, datetime]],
    tables: Fragment = STORED_TABLES,
) -> list[Explanation]:
    """Explain leads at moments. Leads that opted out of scoring are left out."""
    definition = compiled(version).definition
    return [
        _explanation(version, definition, row)
        for row in explained_rows(version=version, moments=moments, tables=tables)
    ]


def explained_rows(
    *,
    version: ScoringModelVersion,
    moments: Sequence[tuple[int, datetime]],
    tables: Fragment = STORED_TABLES,
) -> list[Row]:
    """Return scores with their parts, as `scoring.engine.statement.explaining` names them."""
    if not moments:
        return []
    statement = tables + compiled(version).explaining
    lead_ids, as_ofs = [lead_id for lead_id, _ in moments], [as_of for _, as_of in moments]
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, statement.bind(lead_ids=lead_ids, as_ofs=as_ofs))
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]


def explain_leads(*, version: ScoringModelVersion, moments: Mapping[int, datetime]) -> dict[int, Explanation]:
    """Explain each lead at its moment. Leads that opted out of scoring are left out."""
    explained = explain_moments(version=version, moments=list(moments.items()))
    return {explanation.lead_id: explanation for explanation in explained}


def explain_stored(lead: Lead) -> Explanation | None:
    """Explain the stored score of a lead; None for a lead without one."""
    for version, as_of in stored_moments([lead]).values():
        return explain_leads(version=version, moments={lead.pk: as_of}).get(lead.pk)
    return None


def _explanation(version: ScoringModelVersion, definition: Definition, row: Row) -> Explanation:
    lines: list[Line] = []
    for dimension in (Dimension.FIT, Dimension.ENGAGEMENT):
        lines += _dimension_lines(definition, dimension, row)
    floor = row["score"] - row["fit"] - row["engagement"]
    lines.append(Line(_("A score is never below zero"), "", Decimal(floor), Decimal(floor)))
    return Explanation(
        lead_id=row["lead_id"],
        version=version,
        as_of=row["as_of"],
        fit=row["fit"],
        engagement=row["engagement"],
        score=row["score"],
        grade=row["grade"],
        temperature=row["temperature"],
        all_lines=tuple(lines),
    )


def _dimension_lines(definition: Definition, dimension: Dimension, row: Row) -> Iterator[Line]:
    """Yield the rules and groups of a dimension in order, then its bounds and its rounding."""
    groups = {group.id: group for group in definition.groups if group.dimension == dimension}
    rules = definition.of_dimension(dimension)
    total = ZERO
    for group in [*groups.values(), None]:
        members = [rule for rule in rules if groups.get(rule.group_id or 0) is group]
        own = [_rule_line(rule, group, row) for rule in members]
        total += sum((line.points for line in own), ZERO)
        yield from own
        if group is not None and group.cap is not None:
            taken = _exact(row[f"g{group.id}"]) - sum((line.points for line in own), ZERO)
            total += taken
            yield Line(
                _("%(group)s: at most %(cap)s points") % {"group": shown(group.name), "cap": group.cap},
                dimension,
                taken,
                taken,
                group=shown(group.name),
            )
    low, high = definition.fit_bounds if dimension == Dimension.FIT else definition.engagement_bounds
    bounded = _exact(row[f"{dimension}_bounded"])
    held = bounded - _exact(row[f"{dimension}_sum"])
    yield Line(
        _("%(dimension)s: between %(low)s and %(high)s points")
        % {"dimension": dimension.label, "low": low, "high": high},
        dimension,
        held,
        held,
    )
    rounding = row[dimension] - total - held
    yield Line(_("Rounding"), dimension, rounding, rounding)


def _rule_line(rule: Rule, group: Group | None, row: Row) -> Line:
    points, raw = _exact(row[f"r{rule.id}"]), _exact(row[f"raw{rule.id}"])
    matches, newest = row.get(f"n{rule.id}"), row.get(f"t{rule.id}")
    if rule.is_fit:
        short = fact_reason(rule, row[f"f{rule.id}"])
        evidence = fact_evidence(rule, row[f"f{rule.id}"])
    else:
        short = activity_name(rule, matches=matches or 0)
        evidence = activity_evidence(
            rule, matches=matches or 0, newest=newest, raw=raw, points=points, as_of=row["as_of"]
        )
    return Line(
        name=shown(rule.name),
        dimension=rule.dimension,
        points=points,
        raw=raw,
        evidence=evidence,
        rule_id=rule.id,
        group=shown(group.name) if group else "",
        matches=matches,
        newest=newest,
        short=short,
    )


def _exact(value: float) -> Decimal:
    """Return a value to six decimals, so that sums of it are exact."""
    return Decimal(f"{value:.6f}")
