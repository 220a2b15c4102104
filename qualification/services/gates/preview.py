# ruff: noqa: S608 - the text is built of identifiers and whole numbers only; values are parameters
"""Which leads would pass gates with other scores than the stored ones.

The criteria are the same SQL as always. They read a lead, and the line from which it is ready for sales,
out of tables that are named as the stored ones and hold other numbers.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy

from leadapp.models import Lead, Stage, Status
from qualification.models import Step
from qualification.services.gates.checklists import GateLines, read_gates
from qualification.services.gates.criteria import leads_asked_by
from qualification.services.gates.steps import AROUND, is_left_alone_sql
from qualification.services.gates.wording import SCORE_FIELDS
from scoring.engine.fragments import FENCE, Fragment, join

# What scoring writes.
NUMBERS = ("fit", "engagement", "score", "grade", "temperature")
LABELS = {
    Step.TO_MQL: "MQL",
    Step.HANDOVER: gettext_lazy("Handover"),
    Step.TO_SQL: "SQL",
    Step.TO_CUSTOMER: gettext_lazy("Customer"),
}


@dataclass(frozen=True)
class ScoredGates:
    """The gates that ask for anything that scoring writes; others do not care for a score."""

    gates: dict[Step, GateLines]
    now: datetime

    @property
    def labels(self) -> dict[str, str]:
        """Return the gates with what people call them in short."""
        return {step.value: str(LABELS[step]) for step in self.gates}

    @property
    def automatic(self) -> frozenset[str]:
        """Return the gates that leads take by themselves."""
        return frozenset(step.value for step, gate in self.gates.items() if gate.gate.is_automatic)

    def select(self, *, numbers: str, threshold: int, leads: Fragment) -> Fragment:
        """Return a SELECT of lead_id, side, and per gate `passes_…` and `moves_…`.

        `numbers` names a table of lead_id, side, fit, engagement, score, grade and temperature; leads are
        ready for sales from `threshold` points on. `leads` narrows down the leads `r` that are in it.

        An open lead around the gate may pass; it moves if it also stands before it. Who becomes MQL may be
        handed over at once.
        """
        of_lead = ", ".join([*(f"h.{name}" for name in NUMBERS), *(f"r.{name}" for name in _facts())])
        tests = (_test(step, gate) for step, gate in self.gates.items())
        results = (", " + self._result(step) for step in self.gates)
        return (
            "WITH scoring_scoringmodelversion AS (SELECT o.id AS model_id, 'live' AS state,"
            f" {threshold}::integer AS threshold FROM scoring_scoringmodel o WHERE o.is_primary),"
            f" leadapp_lead AS (SELECT h.side, {of_lead} FROM {numbers} h"
            " JOIN leadapp_lead r ON r.id = h.lead_id AND " + leads + ")"
            f" SELECT t.lead_id, t.side{''.join(results)}"
            " FROM (SELECT l.id AS lead_id, l.side, l.stage" + join("", tests) + " FROM " + self._tables()
            + f" WHERE l.status = '{Status.OPEN}'{FENCE}) t"
        )  # fmt: skip

    def _tables(self) -> Fragment:
        return leads_asked_by(join("", (gate.test for gate in self.gates.values())), self.now)

    def _result(self, step: Step) -> str:
        """Return whether a lead around a gate passes, and whether it also stands before it."""
        before, after = AROUND[step]
        passes, stands = f"t.test_{step.value}", f"t.stage = '{before}'"
        around = f"t.stage IN ('{before}', '{after}')"
        if step == Step.TO_MQL:
            stands += " AND NOT " + is_left_alone_sql(step, self.now, lead_id="t.lead_id")
        if step == Step.HANDOVER and Step.TO_MQL in self.gates and self.gates[Step.TO_MQL].gate.is_automatic:
            stands = around = f"({stands} OR (t.stage = '{Stage.LEAD}' AND t.test_to_mql))"
        return (
            f"({passes} AND {around}) AS passes_{step.value}, ({passes} AND {stands}) AS moves_{step.value}"
        )


def scored_gates(*, now: datetime) -> ScoredGates:
    """Read the gates that a score can open (two queries)."""
    asking = {
        step: gate
        for step, gate in read_gates().items()
        if any(criterion.field in SCORE_FIELDS for line in gate.lines for criterion in line.alternatives)
    }
    return ScoredGates(asking, now)


def _facts() -> list[str]:
    """Return the columns of a lead that scoring does not write."""
    columns = (field.column for field in Lead._meta.concrete_fields)
    return [column for column in columns if column and column not in NUMBERS]


def _test(step: Step, gate: GateLines) -> Fragment:
    """Return the test of a gate; leads that stand elsewhere are not asked."""
    stages = {*AROUND[step], Stage.LEAD} if step == Step.HANDOVER else set(AROUND[step])
    among = ", ".join(f"'{stage}'" for stage in sorted(stages))
    return f", (l.stage IN ({among}) AND COALESCE(" + gate.test + f", FALSE)) AS test_{step.value}"
