"""Which framework is used, and what may be deleted of what is asked."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from leadapp.access import Actor, require
from leadapp.errors import Conflict, NotFound
from leadapp.models import Form
from leadapp.numbers import write_number
from qualification.models import (
    BantAnswer,
    Dimension,
    Framework,
    FrameworkDimension,
    GateCriterion,
    RoutingCriterion,
    Step,
)
from qualification.services.gates.checklists import GateLines, read_gates
from qualification.services.gates.criteria import leads_asked_by
from qualification.services.gates.editing import record_edit
from qualification.services.gates.fields import FRAMEWORK_FIELDS
from qualification.services.gates.steps import in_front_sql

EDIT = "qualification.change_framework"
NOT_YOURS = gettext_lazy("Only marketing may say what leads are asked.")


@dataclass(frozen=True)
class GateEffect:
    """What another framework would do to a gate: how many open leads in front of it pass now, and then."""

    step: Step
    passing_now: int
    passing_then: int
    in_front: int

    def __str__(self) -> str:
        """Say it in a sentence."""
        leads = (
            _("1 lead")
            if self.in_front == 1
            else _("%(in_front)s leads") % {"in_front": write_number(self.in_front)}
        )
        if self.passing_now == self.passing_then:
            return _("%(step)s: %(passing_now)s of %(leads)s pass, as now.") % {
                "step": self.step.label,
                "passing_now": write_number(self.passing_now),
                "leads": leads,
            }
        return _("%(step)s: %(passing_then)s of %(leads)s would pass; now it is %(passing_now)s.") % {
            "step": self.step.label,
            "passing_then": write_number(self.passing_then),
            "leads": leads,
            "passing_now": write_number(self.passing_now),
        }


def effects_of(*, framework: Framework, now: datetime) -> list[GateEffect]:
    """Return what using this framework would do to each gate that counts answers; nothing is written.

    It is put into use and taken back, so that the gates themselves are asked.
    """
    with transaction.atomic():
        before = {gate.step: _count(gate, now) for gate in _counting()}
        _put_into_use(framework)
        after = {gate.step: _count(gate, now) for gate in _counting()}
        transaction.set_rollback(True)
    return [
        GateEffect(step, passing_now=before[step][0], passing_then=passing, in_front=in_front)
        for step, (passing, in_front) in after.items()
    ]


def use_framework(*, framework: Framework, actor: Actor, now: datetime) -> None:
    """Use this framework from now on. Answers stay; nobody moves backward by it.

    Raise Conflict if it is in use already, and if it asks nothing.
    """
    require(actor, EDIT, NOT_YOURS)
    with transaction.atomic():
        found = {one.pk: one for one in Framework.objects.select_for_update().order_by("pk")}
        if framework.pk not in found:
            raise NotFound(_("This framework does not exist any more."))
        if found[framework.pk].is_in_use:
            raise Conflict(_("%(framework)s is in use already.") % {"framework": framework})
        _put_into_use(framework)
        record_change(now=now)


def record_change(*, now: datetime) -> None:
    """Finish a change of what is counted, in the caller's transaction: the gates that count are edited by it.

    Raise Conflict if nothing would be asked: then everybody would pass.
    """
    if not FrameworkDimension.objects.filter(framework__is_in_use=True).exists():
        raise Conflict(_("The framework in use must ask something, or every lead would pass."))
    for gate in _counting():
        record_edit(gate=gate.gate, now=now)


def delete_framework(*, framework: Framework, actor: Actor) -> None:
    """Delete a framework that is not in use; its dimensions and all answers stay."""
    require(actor, "qualification.delete_framework", NOT_YOURS)
    with transaction.atomic():
        locked = Framework.objects.select_for_update().filter(pk=framework.pk).first()
        if locked is None:
            raise NotFound(_("This framework does not exist any more."))
        if locked.is_in_use:
            raise Conflict(_("%(locked)s is in use. Use another one first.") % {"locked": locked})
        locked.delete()


def delete_dimension(*, dimension: Dimension, actor: Actor) -> None:
    """Delete a dimension that nothing needs, or raise Conflict saying what does."""
    require(actor, "qualification.delete_dimension", NOT_YOURS)
    with transaction.atomic():
        if users := users_of(dimension):
            raise Conflict(
                _("%(dimension)s is needed: %(users)s.") % {"dimension": dimension, "users": "; ".join(users)}
            )
        dimension.delete()


def users_of(dimension: Dimension) -> list[str]:
    """Say what needs a dimension: answers, frameworks, gates, routing rules and forms."""
    users = []
    if answers := BantAnswer.objects.filter(dimension=dimension).count():
        said = ngettext("%(count)s answer", "%(count)s answers", answers)
        users.append(said % {"count": write_number(answers)})
    frameworks = Framework.objects.filter(parts__dimension=dimension).order_by("name")
    users += [_("the framework %(framework)s") % {"framework": framework} for framework in frameworks]
    asking = {"field": f"bant.{dimension.pk}"}
    criteria = GateCriterion.objects.filter(**asking).select_related("gate").order_by("gate_id", "pk")
    users += [
        _("the gate %(name)s") % {"name": name}
        for name in dict.fromkeys(str(criterion.gate) for criterion in criteria)
    ]
    rules = RoutingCriterion.objects.filter(**asking).select_related("rule").order_by("rule_id", "pk")
    users += [
        _("the routing rule %(name)s") % {"name": name}
        for name in dict.fromkeys(str(one.rule) for one in rules)
    ]
    forms = Form.objects.filter(fields__contains=[{"answer": dimension.pk}]).order_by("name", "pk")
    users += [_("the form %(form)s") % {"form": form} for form in forms]
    return users


def _put_into_use(framework: Framework) -> None:
    # One after the other: the database knows one in use at every moment.
    Framework.objects.filter(is_in_use=True).update(is_in_use=False)
    Framework.objects.filter(pk=framework.pk).update(is_in_use=True)


def _counting() -> list[GateLines]:
    """Return the gates that count answers over the framework in use."""
    return [
        gate
        for gate in read_gates().values()
        if any(criterion.field in FRAMEWORK_FIELDS for criterion in gate.criteria)
    ]


def _count(gate: GateLines, now: datetime) -> tuple[int, int]:
    """Return how many open leads in front of a gate pass it, and how many there are."""
    counted = "SELECT count(*) FILTER (WHERE " + gate.test + "), count(*) FROM "  # noqa: S608 - built in code
    query = counted + leads_asked_by(gate.test, now) + " WHERE " + in_front_sql(gate.step)
    with connection.cursor() as cursor:
        cursor.execute(query.sql, query.bind())
        passing, in_front = cursor.fetchone()
    return passing, in_front
