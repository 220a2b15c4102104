"""Facts of a company that somebody edits by hand."""

from datetime import datetime

from django.db import transaction

from leadapp.access import Actor, require
from leadapp.models import Company, Lead
from scoring.models import Cause
from scoring.services.queue import request_scoring
from scoring.tasks import nudge


def save_company(*, company: Company, actor: Actor, now: datetime) -> None:
    """Write a company as it is in hand, and have everybody who works there scored again."""
    is_new = company.pk is None
    require(actor, f"leadapp.{'add' if is_new else 'change'}_company", "You may not edit companies.")
    company.domain = (company.domain or "").strip().lower() or None
    with transaction.atomic():
        company.save()
        if not is_new:
            leads = Lead.objects.filter(company=company).order_by("pk").values_list("pk", flat=True)
            request_scoring(lead_ids=leads, cause=Cause.FACTS, now=now)
    if not is_new:
        nudge()
