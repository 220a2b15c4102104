"""What GET /leads can be narrowed down by: all that the lead list has, and what other systems ask for."""

from collections.abc import Mapping
from datetime import datetime
from typing import cast

from django.db.models import Q
from rest_framework.request import Request

from leadapp.api.queries import Parameters
from leadapp.models import LeadIdentifier, User
from leadapp.models.querysets import LeadQuerySet
from leadapp.services.identity.contacts import normal_email
from leadapp.services.lists.filter_kinds import FILTERS, MOST_VALUES, Asking, Filter
from leadapp.services.lists.orders import ORDERS, with_deadline, with_place
from leadapp.services.lists.own_filters import own_fields_for, own_filters

NOBODY, ME = "none", "me"
# Read here; all others are those of the lead list, by the same names and with the same values.
NAMED = ("email", "external_id", "owner", "min_score", "max_score", "updated_since")
LISTED = tuple(name for name in FILTERS if name not in NAMED)
SORTS = tuple(sign + name for name in ORDERS for sign in ("", "-"))
USUAL, BY_DEADLINE = "score", "due"


class LeadParameters(Parameters):
    """The parameters of the list of leads, with those for the custom fields that are defined."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.filters: Mapping[str, Filter] = {name: FILTERS[name] for name in LISTED}
        self.filters |= own_filters(own_fields_for(request.GET))
        super().__init__(request, (*NAMED, *self.filters, "sort", "fields", "limit", "cursor"))
        self.sort = self.one_of("sort", SORTS) or USUAL

    def narrow(self, leads: LeadQuerySet, *, now: datetime) -> LeadQuerySet:
        """Return the leads that are asked for, with what their order needs."""
        # Only the filter by owner asks who it is, and that one is read here.
        asking = Asking(cast(User, self.request.user), now)
        by_deadline = self.sort.removeprefix("-") == BY_DEADLINE
        if by_deadline:
            self.values["due"] = "waiting"
        if "due" in self.values:
            leads = with_deadline(leads)
        leads = leads.filter(self._named(asking))
        for name, one in self.filters.items():
            if values := self._listed(name, one):
                leads = leads.filter(one.where(values, asking))
        return with_place(leads, self.sort)

    def _listed(self, name: str, one: Filter) -> list[str]:
        text = (self.text(name) or "").strip()
        parts = [text] if one.is_free else [part.strip() for part in text.split(",")]
        values = [part for part in dict.fromkeys(parts) if part]
        if any(not one.takes(value) for value in values):
            known = f" Known: {', '.join(one.choices)}." if one.choices else ""
            self.errors[name] = [f"Is nothing that leads can be narrowed down by.{known}"]
        elif len(values) > MOST_VALUES:
            self.errors[name] = [f"Has more than {MOST_VALUES} values."]
        else:
            return values
        return []

    def _named(self, asking: Asking) -> Q:
        found = self._external_id() & self._owner(asking)
        if (email := self.text("email")) is not None:
            found &= _of_email(normal_email(email))
        if (smallest := self.number("min_score")) is not None:
            found &= Q(priority__gte=smallest)
        if (largest := self.number("max_score")) is not None:
            found &= Q(priority__range=(0, largest))
        if (moment := self.moment("updated_since")) is not None:
            found &= Q(updated_at__gte=moment) | Q(scored_at__gte=moment)
        return found

    def _external_id(self) -> Q:
        if (value := self.text("external_id")) is None:
            return Q()
        known = LeadIdentifier.objects.filter(kind=LeadIdentifier.Kind.EXTERNAL, value=value)
        return Q(pk__in=known.values("lead"))

    def _owner(self, asking: Asking) -> Q:
        owner = self.text("owner")
        if owner is None:
            return Q()
        if owner == NOBODY:
            return Q(owner__isnull=True)
        if owner == ME and asking.user.is_authenticated:
            return Q(owner=asking.user.pk)
        return Q(owner__username=owner)


def _of_email(email: str) -> Q:
    """Keep the lead with this address, also where it is a further one, as after a merge."""
    further = LeadIdentifier.objects.filter(kind=LeadIdentifier.Kind.EMAIL, value=email, lead__isnull=False)
    # Their ids, not a question for them: an OR with a question reads all leads.
    return Q(email=email) | Q(pk__in=list(further.values_list("lead", flat=True)))
