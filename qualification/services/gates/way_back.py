"""When a lead that came through a gate by itself would go back by itself, for pages and the API."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from leadapp.models import Lead, Stage
from qualification.services.gates.checklists import GateLines, select_leads
from qualification.services.gates.criteria import field_label
from qualification.services.gates.leaving import came_and_held_sql, worked_on_sql
from qualification.services.gates.steps import AROUND
from qualification.services.gates.words import say_beyond, write_hours


@dataclass(frozen=True)
class WayBack:
    """What takes a lead back, to which stage, and not before when; people at work on it keep it."""

    to_stage: Stage
    lines: str
    not_before: datetime
    is_worked_on: bool
    now: datetime

    @property
    def text(self) -> str:
        """Return the sentence: "Falls back to Lead with Score below 40, not before 12 December"."""
        facts = {
            "to_stage": self.to_stage.label,
            "lines": self.lines,
            "day": date_format(timezone.localtime(self.not_before), "LONG_MONTH_DAY_FORMAT"),
        }
        match self.not_before > self.now, self.is_worked_on:
            case True, True:
                said = _(
                    "Falls back to %(to_stage)s %(lines)s, not before %(day)s,"
                    " and not while somebody is at work on it."
                )
            case True, False:
                said = _("Falls back to %(to_stage)s %(lines)s, not before %(day)s.")
            case False, True:
                said = _("Falls back to %(to_stage)s %(lines)s, and not while somebody is at work on it.")
            case _neither:
                said = _("Falls back to %(to_stage)s %(lines)s.")
        return said % facts


def way_back(*, lead: Lead, gate: GateLines, now: datetime) -> WayBack | None:
    """Return the way back of a lead behind this gate; nothing where no gate takes it back by itself."""
    before, after = AROUND[gate.step]
    if not gate.takes_back or lead.stage != after or not lead.is_open:
        return None
    columns = [came_and_held_sql(gate), worked_on_sql(gate)]
    [(_, may_fall, is_worked_on)] = select_leads(columns, lead_ids=[lead.pk], now=now)
    if not may_fall:
        return None
    not_before = lead.stage_changed_at + gate.gate.minimum_stay
    return WayBack(before, say_lines(gate), not_before, bool(is_worked_on), now)


def say_lines(gate: GateLines) -> str:
    """Return what takes leads back: "with Score below 40"."""
    sided = [
        f"{field_label(each.field)} {say_beyond(each)}"
        for each in gate.criteria
        if each.leave_value is not None
    ]
    others = len(gate.criteria) > len(sided)
    if not sided:
        return _("once that holds no longer")
    if gate.is_any:
        lines = {"lines": _(" and ").join(sided)}
        return (_("with %(lines)s, once nothing else holds") if others else _("with %(lines)s")) % lines
    lines = {"lines": _(" or ").join(sided)}
    if others:
        return _("with %(lines)s, or once another criterion holds no longer") % lines
    return _("with %(lines)s") % lines


def say_ahead(gate: GateLines) -> str:
    """Return what whoever looks at a lead in front of the gate should know, or nothing."""
    if not gate.takes_back:
        return ""
    facts = {"gate": say_lines(gate), "hours": write_hours(gate.gate.minimum_stay_hours)}
    if gate.gate.minimum_stay_hours:
        return _("They fall back %(gate)s, after %(hours)s at the earliest.") % facts
    return _("They fall back %(gate)s.") % facts
