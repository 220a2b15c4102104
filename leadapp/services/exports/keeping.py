"""Files of exports: for some days, for whoever asked for them; gone once somebody in them is erased."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from leadapp.errors import NotFound
from leadapp.models import ExportPart, ExportRun, User
from leadapp.services.exports.records import require_may_export
from leadapp.services.exports.running import give_up
from qualification.models import NoticeKind
from qualification.services.notices.telling import take_back_notices


def kept_until(run: ExportRun) -> datetime | None:
    """Return until when a file can be fetched; None where there is none (yet, or any more)."""
    if run.state != ExportRun.State.DONE or run.ended_at is None or run.forgotten_at is not None:
        return None
    return run.ended_at + timedelta(days=settings.EXPORT_DAYS)


def may_fetch(run: ExportRun, *, now: datetime) -> bool:
    """Tell whether the file is there."""
    until = kept_until(run)
    return until is not None and now < until


def fetch(*, run: ExportRun, actor: User, now: datetime) -> Iterator[bytes]:
    """Return the file piece by piece; raise NotAllowed or NotFound. Only who asked for it may have it."""
    require_may_export(actor)
    if run.export.user_id != actor.pk or not may_fetch(run, now=now):
        raise NotFound(_("The file is not there any more."))
    ExportRun.objects.filter(pk=run.pk).update(fetched_at=max(now, run.ended_at or now))
    return _pieces(run)


def _pieces(run: ExportRun) -> Iterator[bytes]:
    for number in range(run.position):
        data = run.parts.filter(number=number).values_list("data", flat=True).first()
        if data is None:
            # Deleted while it goes out: whoever fetches it is told by its length.
            return
        yield bytes(data)


def forget_old(*, now: datetime) -> int:
    """Delete files that were kept long enough; that there were exports stays. Return how many."""
    old = ExportRun.objects.filter(
        ended_at__lte=now - timedelta(days=settings.EXPORT_DAYS), forgotten_at__isnull=True
    )
    ids = list(old.values_list("pk", flat=True))
    for run_id in ids:
        with transaction.atomic():
            _forget([run_id], now=now)
    return len(ids)


def forget_leads(lead_ids: Collection[int], *, now: datetime) -> None:
    """Delete the files in which one of these leads is, in the caller's transaction.

    Such an export that is still being written is given up.
    """
    parts = ExportPart.objects.filter(lead_ids__overlap=list(lead_ids))
    # Once they are locked no worker has any of these leads in a part that is not written down yet.
    runs = ExportRun.objects.filter(pk__in=parts.values("run")).order_by("pk")
    for run in runs.select_for_update(of=("self",)).select_related("export"):
        if run.is_running:
            give_up(run, _("Somebody among these leads was erased meanwhile. Export them again."), now=now)
            run.save()
        else:
            _forget([run.pk], now=now)


def _forget(run_ids: Collection[int], *, now: datetime) -> None:
    ExportPart.objects.filter(run__in=run_ids).delete()
    ExportRun.objects.filter(pk__in=run_ids).update(forgotten_at=Greatest("ended_at", Value(now)))
    take_back_notices(kind=NoticeKind.EXPORT, events=[f"export:{pk}" for pk in run_ids])
