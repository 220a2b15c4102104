"""Whoever was given leads by an import is told once how many."""

from datetime import datetime
from functools import partial

from django.db.models import Count
from django.utils.translation import ngettext

from leadapp.models import ImportJob
from leadapp.numbers import write_number
from leadapp.services.imports.extras import WHY
from qualification.models import Assignment, NoticeKind
from qualification.services.notices import Telling, tell


def tell_owners(job: ImportJob, *, now: datetime) -> None:
    """Tell everybody once how many leads they were given by an import of somebody else's."""
    given = Assignment.objects.filter(
        lead__in=job.rows.filter(lead_id__isnull=False).values("lead_id"),
        assigned_by=job.created_by_id,
        reason=WHY,
        assigned_at__gte=job.started_at,
        owner__isnull=False,
    ).exclude(owner=job.created_by_id)
    tell(
        [
            Telling(
                user_id=owner_id,
                kind=NoticeKind.HANDOVER,
                text=partial(_yours_now, number, job.file_name),
                event=f"import:{job.pk}",
            )
            for owner_id, number in given.values_list("owner").annotate(number=Count("pk")).order_by("owner")
        ],
        now=now,
    )


def _yours_now(number: int, file_name: str) -> str:
    said = ngettext(
        "%(number)s lead is yours now, imported from %(file_name)s.",
        "%(number)s leads are yours now, imported from %(file_name)s.",
        number,
    )
    return said % {"number": write_number(number), "file_name": file_name}
