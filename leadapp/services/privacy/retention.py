"""How long leads are kept: for as long as there is a reason, and then they are erased, a batch at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Case, CharField, DateTimeField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Greatest
from django.utils import timezone

from leadapp.models import Activity, ConsentRecord, Erasure, KeptFor, Lead, Purpose, Stage
from leadapp.services.privacy.erasing import erase_leads
from qualification.services.locks import lock_leads

BATCH = 200
SOON = timedelta(days=30)
MOST_SHOWN = 20
DEFAULT_DAYS = {KeptFor.CUSTOMER: 0, KeptFor.MARKETING: 1095, KeptFor.LIST: 365, KeptFor.ENQUIRY: 1095}


@dataclass(frozen=True, kw_only=True)
class Retention:
    """Why a lead is kept and until when; None is for ever."""

    kept_for: KeptFor
    until: date | None


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What the rule of one reason does: how many leads it erases now, and within 30 days."""

    kept_for: KeptFor
    days: int
    due: int
    soon: int
    first: Sequence[Lead]


def kept_days() -> dict[KeptFor, int]:
    """Return for how many days leads are kept after their last activity; 0 is for ever."""
    return {reason: int(settings.RETENTION_DAYS.get(reason, days)) for reason, days in DEFAULT_DAYS.items()}


def retention_from(kept_for: str, kept_since: datetime) -> Retention:
    """Return until when a lead is kept, and why, of what `with_reason` has read."""
    days = kept_days()[KeptFor(kept_for)]
    until = timezone.localdate(kept_since + timedelta(days=days)) if days else None
    return Retention(kept_for=KeptFor(kept_for), until=until)


def preview(*, now: datetime) -> list[Outlook]:
    """Return what will be erased, per reason."""
    outlooks = []
    for reason, days in kept_days().items():
        due = _due(reason, now=now).count() if days else 0
        soon = _due(reason, now=now + SOON).count() - due if days else 0
        first = list(_due(reason, now=now).order_by("pk")[:MOST_SHOWN]) if due else []
        outlooks.append(Outlook(kept_for=reason, days=days, due=due, soon=soon, first=first))
    return outlooks


def erase_due(*, now: datetime, most: int = 10_000) -> int:
    """Erase the leads whose time is over; return how many. A batch is a transaction and leaves a record."""
    count = 0
    for reason in KeptFor:
        while count < most and (erased := _erase_batch(reason, now)):
            count += erased
    return count


def _erase_batch(reason: KeptFor, now: datetime) -> int:
    days = kept_days()[reason]
    if not days:
        return 0
    ids = list(_due(reason, now=now).order_by("pk").values_list("pk", flat=True)[:BATCH])
    if not ids:
        return 0
    with transaction.atomic():
        lock_leads(ids)
        # Somebody may have come back while we waited for the lock.
        still_due = list(_due(reason, now=now).filter(pk__in=ids).values_list("pk", flat=True))
        if not still_due:
            return 0
        erased = erase_leads(still_due)
        Erasure.objects.create(erased_at=now, kept_for=reason, days=days, lead_count=erased)
    return erased


def _due(reason: KeptFor, *, now: datetime) -> QuerySet[Any]:
    before = now - timedelta(days=kept_days()[reason])
    old = Lead.objects.filter(last_activity_at__lt=before, created_at__lt=before)
    return with_reason(old).filter(kept_for=reason)


def with_reason(leads: QuerySet[Lead]) -> QuerySet[Any]:
    """Add `kept_for`, and `kept_since`: the last activity, or when it came in if that was later."""
    agreed = ConsentRecord.objects.filter(lead=OuterRef("pk"), granted=True, purpose=Purpose.EMAIL)
    acted = Activity.objects.filter(lead=OuterRef("pk"), type__is_internal=False)
    return leads.annotate(
        kept_for=Case(
            When(stage=Stage.CUSTOMER, then=Value(KeptFor.CUSTOMER.value)),
            When(Q(do_not_email=False) & Exists(agreed), then=Value(KeptFor.MARKETING.value)),
            When(Q(bought_list__isnull=False) & ~Exists(acted), then=Value(KeptFor.LIST.value)),
            default=Value(KeptFor.ENQUIRY.value),
            output_field=CharField(),
        ),
        kept_since=Greatest(F("last_activity_at"), F("created_at"), output_field=DateTimeField()),
    )
