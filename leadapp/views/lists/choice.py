"""Which leads of the list somebody chose: those that are ticked, or all that the filter finds."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadapp.access import may
from leadapp.errors import NotFound
from leadapp.models import Lead, User
from leadapp.models.querysets import LeadQuerySet
from leadapp.numbers import whole_number, write_number
from leadapp.services.bulk import MOST_TICKED, Chosen
from leadapp.services.lists.columns import Column, columns_of
from leadapp.services.lists.filters import Asked, in_order, leads_of, read_address

PICKED = re.compile(r"([0-9]{1,18})\.([a-z]{1,16})\.([a-z]{1,16})\.([0-9]{0,18})")
# How far the number of leads may have drifted since it was named: one in so many.
DRIFT = 100


@dataclass(frozen=True)
class Choice:
    """The leads of the list that something is to be done with."""

    user: User
    now: datetime
    asked: Asked
    ticked: Sequence[Chosen]
    is_all: bool

    @property
    def leads(self) -> LeadQuerySet:
        """Return the leads, as far as this person may see them, in no order yet."""
        if self.is_all:
            return leads_of(self.asked, self.user, now=self.now)
        visible: LeadQuerySet = Lead.objects.visible_to(self.user)
        return visible.filter(pk__in=[chosen.lead_id for chosen in self.ticked])

    @property
    def in_order(self) -> LeadQuerySet:
        """Return the leads in the order of the list."""
        return in_order(self.leads, self.asked).order_by(*self.asked.order.names())

    @cached_property
    def number(self) -> int:
        """Return how many leads they are at this moment."""
        return self.leads.order_by().count() if self.is_all else len(self.ticked)

    @cached_property
    def columns(self) -> list[Column]:
        """Return the columns in which they are seen."""
        return columns_of(self.asked.columns or self.user.list_columns)

    @property
    def in_words(self) -> str:
        """Return their number as it stands in a question."""
        return ngettext("%(number)s lead", "%(number)s leads", self.number) % {
            "number": write_number(self.number)
        }

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Return what a form carries along, so that the same leads are meant when it is sent."""
        if self.is_all:
            return [("all", "1"), ("of", self.asked.query()), ("number", str(self.number))]
        return [("of", self.asked.query()), *(("lead", _value(chosen)) for chosen in self.ticked)]

    def has_drifted(self, named: str) -> bool:
        """Tell whether clearly more or fewer leads are meant than was named to the person."""
        if not self.is_all:
            return False
        number = whole_number(named)
        return number is None or abs(self.number - number) * DRIFT > self.number


def may_choose(user: User) -> bool:
    """Tell whether somebody can do anything with leads of the list."""
    permissions = ("leadapp.work_own_lead", "leadapp.work_any_lead", "leadapp.export_lead")
    return any(may(user, permission) for permission in permissions)


def read_choice(data: QueryDict, user: User, *, now: datetime) -> Choice:
    """Read what was chosen; leads that this person may not see are left out."""
    asked = read_address(QueryDict(data.get("of", "")), user)
    if data.get("all"):
        return Choice(user, now, asked, [], is_all=True)
    found = [match for value in data.getlist("lead") if (match := PICKED.fullmatch(value))]
    if len(found) > MOST_TICKED:
        raise NotFound(_("Choose up to %(most)d leads, or all of them.") % {"most": MOST_TICKED})
    picked = {
        int(match[1]): Chosen(int(match[1]), match[2], match[3], int(match[4]) if match[4] else None)
        for match in found
    }
    visible = set(Lead.objects.visible_to(user).filter(pk__in=picked).values_list("pk", flat=True))
    return Choice(user, now, asked, [picked[pk] for pk in picked if pk in visible], is_all=False)


def _value(chosen: Chosen) -> str:
    return f"{chosen.lead_id}.{chosen.stage}.{chosen.status}.{chosen.owner_id or ''}"
