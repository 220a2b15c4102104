"""Gates that time alone opens or closes: nothing happens to the lead, so somebody has to look."""

from datetime import datetime

from qualification.services.gates.checklists import automatic_gates
from qualification.services.gates.criteria import depends_on_time, leads_asked_by
from qualification.services.gates.inbox import ask_about
from qualification.services.gates.leaving import leaves_sql
from qualification.services.gates.steps import behind_sql, in_front_sql, is_left_alone_sql


def wake_gates(*, now: datetime) -> int:
    """Let the workers look at leads that would move now; return how many.

    Whose minimum stay is over, and who meets criteria now that speak of days, or of answers that run out.
    Workers look again before they move anybody.
    """
    found = 0
    for step, gate in automatic_gates().items():
        if gate.takes_back:
            leaving = behind_sql(step) + " AND " + leaves_sql(gate, now)
            found += ask_about(leads_asked_by(gate.staying, now), leaving)
        if any(depends_on_time(criterion) for criterion in gate.criteria):
            passing = in_front_sql(step) + " AND " + gate.test + " AND NOT " + is_left_alone_sql(step, now)
            found += ask_about(leads_asked_by(gate.test, now), passing)
    return found
