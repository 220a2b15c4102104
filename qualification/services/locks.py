"""Rows are locked before they are judged, always in id order, so that no two workers wait for each other."""

from collections.abc import Iterable

from leadapp.errors import NotFound
from leadapp.models import Lead


def lock_leads(lead_ids: Iterable[int]) -> list[Lead]:
    """Lock these leads until the transaction ends and return what they are now, by id."""
    # Not the stronger FOR UPDATE: other transactions may go on to add activities to these leads. Nothing
    # is joined: after a wait PostgreSQL reads the locked row again, but not the rows joined to it, so that
    # a lead would come with the owner it had before.
    locked = Lead.objects.select_for_update(no_key=True)
    return list(locked.filter(pk__in=set(lead_ids)).order_by("pk"))


def lock_lead(lead: Lead) -> Lead:
    """Lock a lead until the transaction ends and return what it is now."""
    for locked in lock_leads([lead.pk]):
        return locked
    raise NotFound("This lead does not exist any more.")
