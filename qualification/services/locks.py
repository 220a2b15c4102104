"""Rows are locked before they are judged, always in id order, so that no two workers wait for each other."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from leadapp.errors import NotFound
from leadapp.models import Lead, Status

# Nothing is ever joined to a locking query: after a wait PostgreSQL reads the locked row again, but not the
# rows joined to it, so that a lead would come with the owner it had before. And not the stronger FOR UPDATE:
# other transactions may go on to add activities to these leads.
_LOCKING = Lead.objects.select_for_update(no_key=True).order_by("pk")


@dataclass
class Standing:
    """Where a locked lead stands; as much of it as moves by the hundred need."""

    pk: int
    stage: str
    status: str
    score: int | None

    @property
    def is_open(self) -> bool:
        """Tell whether somebody works, or should work, on this lead."""
        return self.status == Status.OPEN


def lock_leads(lead_ids: Iterable[int]) -> list[Standing]:
    """Lock these leads until the transaction ends and return where they stand now, by id."""
    rows = _LOCKING.filter(pk__in=set(lead_ids)).values_list("pk", "stage", "status", "score")
    return [Standing(*row) for row in rows]


def lock_whole(lead_ids: Iterable[int]) -> dict[int, Lead]:
    """Lock these leads until the transaction ends and return what they are now, by id."""
    return {lead.pk: lead for lead in _LOCKING.filter(pk__in=set(lead_ids))}


def lock_to_erase(lead_ids: Iterable[int]) -> list[int]:
    """Lock these leads until the transaction ends, also against new rows about them; return their ids."""
    rows = Lead.objects.select_for_update().filter(pk__in=set(lead_ids)).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def lock_lead(lead: Lead) -> Lead:
    """Lock a lead until the transaction ends and return what it is now."""
    locked: Lead | None = _LOCKING.filter(pk=lead.pk).first()
    if locked is None:
        raise NotFound(_("This lead does not exist any more."))
    return locked
