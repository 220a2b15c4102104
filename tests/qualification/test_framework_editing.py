"""Another framework can be used without fear: what it does is said before, and what is needed stays."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leadapp.errors import Conflict, NotAllowed, NotFound, Refused
from leadapp.models import Form, User
from qualification.models import (
    BantAnswer,
    Dimension,
    Framework,
    FrameworkDimension,
    Gate,
    GateCriterion,
    StageChange,
    Step,
)
from qualification.services.evidence.answers import answer_bant
from qualification.services.evidence.editing import (
    delete_dimension,
    delete_framework,
    effects_of,
    use_framework,
    users_of,
)
from qualification.services.evidence.frameworks import read_questions
from qualification.services.gates.evaluation import evaluate_waiting
from qualification.services.gates.waking import wake_gates
from tests.qualification.build import DAY, NOW, confirm, make_lead

pytestmark = pytest.mark.django_db


def named(name: str) -> Framework:
    return Framework.objects.get(name=name)


def state() -> list[Any]:
    models = (Framework, FrameworkDimension, Dimension, Gate, BantAnswer)
    return [list(model._default_manager.order_by("pk").values_list()) for model in models]


def refuses(error: type[Refused], change: Callable[..., object], **facts: Any) -> None:
    with pytest.raises(error):
        change(**facts)


def test_what_another_framework_would_do_is_counted_and_nothing_is_written() -> None:
    for _ in range(2):
        confirm(make_lead(stage="mql"), "budget", "authority", "need")  # also three of four in CHAMP
    confirm(make_lead(stage="mql"), "budget", "need", "timeline")  # two of four there
    confirm(make_lead(stage="mql", status="nurture"))
    confirm(make_lead(stage="sql"))
    before = state()
    assert [str(effect) for effect in effects_of(framework=named("CHAMP"), now=NOW)] == [
        "MQL → SQL: 2 of 3 leads would pass; now it is 3.",
        "SQL → Customer: 0 of 1 lead pass, as now.",
    ]
    assert state() == before


def test_the_number_of_queries_does_not_depend_on_the_leads() -> None:
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            effects_of(framework=named("CHAMP"), now=NOW)
        counts.append(len(queries))
        for _ in range(10):
            confirm(make_lead(stage="mql"))
    assert counts[0] == counts[1]


def test_a_marketer_uses_another_framework(marketer: User) -> None:
    use_framework(framework=named("MEDDIC"), actor=marketer, now=NOW)
    assert read_questions().framework == "MEDDIC"
    assert Framework.objects.filter(is_in_use=True).count() == 1
    assert set(Gate.objects.filter(edited_at=NOW).values_list("step", flat=True)) == {"to_sql", "to_customer"}


def test_nobody_goes_back_because_another_framework_is_used(marketer: User) -> None:
    """Leads that the gate holds no longer stay where they are until something happens to them."""
    Gate.objects.filter(step=Step.TO_SQL).update(is_automatic=True, takes_back=True, minimum_stay_hours=24)
    lead = make_lead(stage="mql")
    confirm(lead, "budget", "need", "timeline")
    evaluate_waiting(now=NOW)
    lead.refresh_from_db()
    assert lead.stage == "sql"
    use_framework(framework=named("MEDDIC"), actor=marketer, now=NOW + DAY)
    for days in (2, 10):
        wake_gates(now=NOW + days * DAY)
        evaluate_waiting(now=NOW + days * DAY)
    lead.refresh_from_db()
    assert lead.stage == "sql"
    assert StageChange.objects.filter(lead=lead).count() == 1


def test_who_passes_by_another_framework_moves_on_by_themselves(marketer: User) -> None:
    Gate.objects.filter(step=Step.TO_SQL).update(is_automatic=True)
    lead = make_lead(stage="mql")
    confirm(lead, "need", "authority", "urgency")
    evaluate_waiting(now=NOW)
    use_framework(framework=named("CHAMP"), actor=marketer, now=NOW)
    evaluate_waiting(now=NOW)
    lead.refresh_from_db()
    assert lead.stage == "sql"


def test_refusals_change_nothing(rep: User, manager: User, marketer: User) -> None:
    empty = Framework.objects.create(name="SPIN")
    gone = Framework(pk=987654, name="Gone")
    before = state()
    need, champ, bant = Dimension.objects.get(pk="need"), named("CHAMP"), named("BANT")
    for actor in (rep, manager):
        refuses(NotAllowed, use_framework, framework=champ, actor=actor, now=NOW)
        refuses(NotAllowed, delete_framework, framework=champ, actor=actor)
        refuses(NotAllowed, delete_dimension, dimension=need, actor=actor)
    refuses(Conflict, use_framework, framework=bant, actor=marketer, now=NOW)
    refuses(Conflict, use_framework, framework=empty, actor=marketer, now=NOW)
    refuses(NotFound, use_framework, framework=gone, actor=marketer, now=NOW)
    refuses(Conflict, delete_framework, framework=bant, actor=marketer)
    refuses(NotFound, delete_framework, framework=gone, actor=marketer)
    refuses(Conflict, delete_dimension, dimension=need, actor=marketer)
    assert state() == before


def test_what_needs_a_dimension_is_named(marketer: User) -> None:
    size = Dimension.objects.create(key="size", label="Size")
    assert users_of(size) == []
    answer_bant(lead=make_lead(), dimension="size", state="confirmed", actor=None, now=NOW)
    gate = Gate.objects.get(step=Step.TO_SQL)
    for label in ("A", "B"):
        GateCriterion.objects.create(
            gate=gate, label=label, field="bant.size", operator="equals", value="confirmed"
        )
    spin = Framework.objects.create(name="SPIN")
    part = FrameworkDimension.objects.create(framework=spin, dimension=size)
    form = Form.objects.get(slug="contact")
    form.fields = [*form.fields, {"name": "size", "answer": "size"}]
    form.save()
    assert users_of(size) == ["1 answer", "the framework SPIN", "the gate MQL → SQL", "the form Contact"]
    part.delete()
    with pytest.raises(Conflict, match="Size is needed: 1 answer; the gate"):
        delete_dimension(dimension=size, actor=marketer)
    free = Dimension.objects.create(key="colour", label="Colour")
    delete_dimension(dimension=free, actor=marketer)
    delete_framework(framework=spin, actor=marketer)
    assert not Framework.objects.filter(name="SPIN").exists()
