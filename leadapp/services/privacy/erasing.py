"""Erase leads for good, with everything that is known of them."""

from collections.abc import Collection

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from leadapp.models import Activity, Company, Lead
from leadapp.services.exports.keeping import forget_leads
from leadapp.services.kept_answers import forget_what_answers_said
from qualification.models import Assignment, Note, StageChange, Task
from qualification.services.locks import lock_to_erase

RECORDS = ("lead.created", "lead.updated")


def erase_leads(lead_ids: Collection[int]) -> int:
    """Erase leads and all rows about them; return how many there were.

    Companies stay, but for those that came with these leads and nobody else works for.
    """
    with transaction.atomic():
        locked = lock_to_erase(lead_ids)
        leads = Lead.objects.filter(pk__in=locked)
        came_along = leads.filter(company__created_at=F("created_at")).values_list("company_id", flat=True)
        companies = sorted(set(came_along))
        forget_leads(locked, now=timezone.now())
        forget_what_answers_said()
        leads.delete()
        if companies:
            Company.objects.filter(pk__in=companies, leads__isnull=True).delete()
    return len(locked)


def is_untouched(lead: Lead, *, but_for: Activity) -> bool:
    """Tell whether nothing has happened with a lead beside one activity: nobody would miss it."""
    others = Activity.objects.filter(lead=lead).exclude(pk=but_for.pk).exclude(type__slug__in=RECORDS)
    worked_on = (model.objects.filter(lead=lead) for model in (Assignment, Note, StageChange, Task))
    return lead.owner_id is None and not others.exists() and not any(rows.exists() for rows in worked_on)
