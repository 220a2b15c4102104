"""The rules of a version as the studio lists them: sentences with what a draft changes about each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isinf

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scoring.analysis.check.reach import reach_of_total
from scoring.analysis.diff import Change, Difference
from scoring.analysis.overridden import Objections
from scoring.engine.definition import read_definition
from scoring.models import Dimension, RuleGroup, ScoringModelVersion
from scoring.sentences import DimensionLines, RuleLine, describe

WHO = {Dimension.FIT: gettext_lazy("who they are"), Dimension.ENGAGEMENT: gettext_lazy("what they do")}
NO_DIFFERENCE = Difference(changes=())


@dataclass(frozen=True, kw_only=True)
class StudioRule:
    """One rule with what the draft does to it; `change` is None where nothing differs from live."""

    line: RuleLine
    change: Change | None = None
    objections: Objections | None = None

    @property
    def is_gone(self) -> bool:
        """Tell whether the draft leaves this rule of the live version out."""
        return self.change is not None and self.change.kind == "removed"

    @property
    def is_new(self) -> bool:
        """Tell whether the live version has no such rule."""
        return self.change is not None and self.change.kind == "new"

    @property
    def is_changed(self) -> bool:
        """Tell whether the live version has this rule in another form."""
        return self.change is not None and self.change.kind == "changed"


@dataclass(frozen=True, kw_only=True)
class StudioGroup:
    """The rules of a group, those that were taken out at the end; without a group `name` is empty."""

    name: str
    cap: int | None
    pk: int | None
    rules: Sequence[StudioRule]

    @property
    def anchor(self) -> str:
        """Return what the group is called in the page."""
        return f"group-{self.pk or 'none'}"


@dataclass(frozen=True, kw_only=True)
class StudioHalf:
    """Fit or engagement."""

    dimension: Dimension
    who: str
    bounds: str
    reach: str
    groups: Sequence[StudioGroup]


def read_halves(
    version: ScoringModelVersion,
    *,
    live: ScoringModelVersion | None = None,
    difference: Difference = NO_DIFFERENCE,
    objections: Mapping[int, Objections] | None = None,
) -> list[StudioHalf]:
    """Read a version; of a draft also what it takes out of the live one. The queries do not grow."""
    said = objections or {}
    by_after = {change.rule_after_id: change for change in difference.changes if change.rule_after_id}
    gone = _gone(live, difference) if live else {}
    reaches = _reaches(version)
    halves = []
    for half in describe(version):
        groups = [
            StudioGroup(
                name=part.group.name if part.group else "",
                cap=part.group.cap if part.group else None,
                pk=part.group.pk if part.group else None,
                rules=[
                    *(
                        StudioRule(
                            line=line, change=by_after.get(line.rule.pk), objections=said.get(line.rule.pk)
                        )
                        for line in part.lines
                    ),
                    *gone.pop((half.dimension, part.group.name if part.group else ""), ()),
                ],
            )
            for part in half.groups
        ]
        groups += _lost_groups(half, gone)
        halves.append(
            StudioHalf(
                dimension=half.dimension,
                who=str(WHO[half.dimension]),
                bounds=half.bounds,
                reach=reaches[half.dimension],
                groups=groups,
            )
        )
    return halves


def _gone(live: ScoringModelVersion, difference: Difference) -> dict[tuple[Dimension, str], list[StudioRule]]:
    """Return the rules of the live version that the draft leaves out, by dimension and group."""
    removed = {
        change.rule_before_id: change
        for change in difference.changes
        if change.kind == "removed" and change.rule_before_id
    }
    if not removed:
        return {}
    return {
        (half.dimension, _name(part.group)): [
            StudioRule(line=line, change=removed[line.rule.pk])
            for line in part.lines
            if line.rule.pk in removed
        ]
        for half in describe(live)
        for part in half.groups
    }


def _lost_groups(
    half: DimensionLines, gone: Mapping[tuple[Dimension, str], Sequence[StudioRule]]
) -> Iterable[StudioGroup]:
    """Yield the groups that are not in the draft any more, for the rules that went with them."""
    for (dimension, name), rules in gone.items():
        if dimension == half.dimension and rules:
            yield StudioGroup(name=name, cap=None, pk=None, rules=rules)


def _name(group: RuleGroup | None) -> str:
    return group.name if group else ""


def _reaches(version: ScoringModelVersion) -> dict[Dimension, str]:
    """Say how many points the rules can give at most."""
    sums = reach_of_total(read_definition(version)).sums
    return {
        dimension: _("without end") if isinf(reach.high) else f"{reach.high:,.0f}"
        for dimension, reach in sums.items()
    }
