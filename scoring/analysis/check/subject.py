"""What is checked: a version read once, and set apart what the engine could not run."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from leadapp.errors import Invalid
from leadapp.models import ActivityType
from leadapp.words import join_or
from scoring.analysis.check.words import quoted
from scoring.engine.conditions import validate_condition
from scoring.engine.definition import Definition, Group, Rule, read_definition
from scoring.fields import Scope
from scoring.models import ScoringModelVersion, ScoringRule


@dataclass(frozen=True)
class Fault:
    """A condition that nothing can evaluate, and why."""

    rule: Rule
    field: str
    why: str


@dataclass(frozen=True)
class Subject:
    """A version, its rules that can be run, those that cannot, and those that are switched off."""

    version: ScoringModelVersion
    definition: Definition
    faults: Sequence[Fault]
    switched_off: Sequence[ScoringRule]
    types: dict[int, ActivityType]

    def group_of(self, rule: Rule) -> Group | None:
        """Return the group whose cap holds a rule: one of its own dimension."""
        groups = (group for group in self.definition.groups if group.id == rule.group_id)
        return next((group for group in groups if group.dimension == rule.dimension), None)

    def types_of(self, rule: Rule) -> list[ActivityType]:
        """Return the activity types that a rule counts."""
        return [self.types[type_id] for type_id in rule.type_ids]

    def say_types(self, rule: Rule) -> str:
        """Name the activity types that a rule counts: "Page view or Login"."""
        return join_or(quoted(kind.label) for kind in self.types_of(rule))


def read_subject(version: ScoringModelVersion) -> Subject:
    """Read a version with all that is said about it (six queries)."""
    definition = read_definition(version)
    faults = [fault for rule in definition.rules for fault in _faults(rule)]
    broken = {fault.rule.id for fault in faults}
    return Subject(
        version=version,
        definition=replace(
            definition, rules=tuple(rule for rule in definition.rules if rule.id not in broken)
        ),
        faults=faults,
        switched_off=list(version.rules.filter(is_active=False).order_by("dimension", "position", "id")),
        types={kind.pk: kind for kind in ActivityType.objects.all()},
    )


def _faults(rule: Rule) -> list[Fault]:
    faults = []
    for field, operator, value in rule.conditions:
        try:
            validate_condition(field, operator, value, scope=Scope(rule.dimension))
        except Invalid as refused:
            faults.append(Fault(rule, field, refused.message))
    return faults
