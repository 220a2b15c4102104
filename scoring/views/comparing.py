"""One lead by several versions: the points of each side by side, line by line, with what differs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _

from scoring.analysis.diff import Difference
from scoring.engine import Explanation, Line
from scoring.models import Dimension, ScoringModelVersion


@dataclass(frozen=True, kw_only=True)
class Column:
    """A version and what it makes of the lead; nothing for a lead that opted out of scoring."""

    version: ScoringModelVersion
    explanation: Explanation

    @property
    def is_ready(self) -> bool:
        """Tell whether sales would get the lead."""
        return self.explanation.score >= self.version.threshold


@dataclass(frozen=True, kw_only=True)
class ComparedLine:
    """A rule, or what a cap, bound or rounding changed: a cell for each version, None where it has none."""

    name: str
    cells: Sequence[Line | None]
    is_rule: bool

    @property
    def is_different(self) -> bool:
        """Tell whether the versions give other points, as far as the table shows them."""
        return len({_shown(cell) for cell in self.cells}) > 1

    @property
    def is_noise(self) -> bool:
        """Tell whether it is a correction so small that every version shows nothing of it."""
        return not self.is_rule and not any(_shown(cell) for cell in self.cells)

    @property
    def evidence(self) -> str:
        """Return what the points are for, as the newest version says it."""
        return next((cell.evidence for cell in reversed(self.cells) if cell and cell.evidence), "")


@dataclass(frozen=True, kw_only=True)
class ComparedPart:
    """Fit, engagement, or what concerns the total."""

    label: str
    lines: Sequence[ComparedLine]
    totals: Sequence[int]

    @property
    def is_different(self) -> bool:
        """Tell whether the versions come to other sums."""
        return len(set(self.totals)) > 1


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The whole table."""

    columns: Sequence[Column]
    parts: Sequence[ComparedPart]
    floor: ComparedPart

    @property
    def shift(self) -> int | None:
        """Return by how much the last version's score is above the first one's."""
        if len(self.columns) < 2:
            return None
        return self.columns[-1].explanation.score - self.columns[0].explanation.score


def lay_out(columns: Sequence[Column], difference: Difference | None = None) -> Comparison:
    """Put explanations of one lead side by side; `difference` tells which rules were renamed."""
    names = _names(difference)
    parts = [
        ComparedPart(
            label=str(dimension.label),
            lines=_lines(columns, dimension, names),
            totals=[getattr(column.explanation, dimension) for column in columns],
        )
        for dimension in Dimension
    ]
    floor = ComparedPart(
        label=_("Total"),
        lines=_lines(columns, "", names),
        totals=[column.explanation.score for column in columns],
    )
    return Comparison(columns=columns, parts=parts, floor=floor)


def _names(difference: Difference | None) -> dict[int, str]:
    """Return under which name rules of the earlier version stand in the later one."""
    changes = difference.rules if difference else ()
    return {
        change.rule_before_id: change.what
        for change in changes
        if change.rule_before_id and change.rule_after_id
    }


def _lines(columns: Sequence[Column], dimension: str, names: Mapping[int, str]) -> list[ComparedLine]:
    """Return the lines that count in any version: in the order of the last, those only in others after them.

    Corrections (caps, bounds, rounding) come after the rules.
    """
    cells: dict[tuple[bool, str], dict[int, Line]] = {}
    for index in reversed(range(len(columns))):
        for line in columns[index].explanation.lines_of(dimension):
            name = names.get(line.rule_id or 0, line.name)
            cells.setdefault((not line.is_rule, name), {})[index] = line
    rows = sorted(cells.items(), key=lambda item: item[0][0])
    lines = [
        ComparedLine(
            name=name, cells=[found.get(index) for index in range(len(columns))], is_rule=not is_correction
        )
        for (is_correction, name), found in rows
    ]
    return [line for line in lines if not line.is_noise]


def _shown(cell: Line | None) -> Decimal:
    """Return the points as the table writes them, with one decimal."""
    return (cell.points if cell else Decimal(0)).quantize(Decimal("0.1"), ROUND_HALF_UP)
