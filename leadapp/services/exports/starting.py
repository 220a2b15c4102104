"""Asking for an export that workers write: which leads, in which order, is settled at once."""

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from leadapp.errors import Conflict, Invalid, NotFound
from leadapp.models import ExportRun, User
from leadapp.models.querysets import LeadQuerySet
from leadapp.services.exports.files import ROWS_AT_ONCE
from leadapp.services.exports.reading import head_of
from leadapp.services.exports.records import begin_export
from leadapp.services.exports.running import nudge_exports
from leadapp.services.lists.columns import Column

# Up to so many leads go out while somebody waits; more are written by workers.
MOST_AT_ONCE = 2_000

CHOOSE = """
INSERT INTO leadapp_exportpart (run_id, number, lead_ids)
SELECT %s, (chosen.place - 1) / %s, array_agg(chosen.id ORDER BY chosen.place)
FROM ({leads}) AS chosen (id, place)
GROUP BY 2
RETURNING cardinality(lead_ids)
"""


def start_export(
    *,
    leads: LeadQuerySet,
    columns: Sequence[Column],
    file_format: str,
    query: str,
    actor: User,
    now: datetime,
) -> ExportRun:
    """Let workers write these leads in their order into a file; raise NotAllowed unless somebody may.

    Asked for again while it is being written, the same one is meant.
    """
    head, keys = head_of(columns), [column.key for column in columns]
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=actor.pk)
        same = ExportRun.objects.filter(
            state=ExportRun.State.RUNNING,
            columns=keys,
            export__user=actor,
            export__query=query,
            export__file_format=file_format,
            export__columns=head,
        )
        if (running := same.select_related("export").first()) is not None:
            return running
        export = begin_export(file_format=file_format, query=query, columns=head, actor=actor, now=now)
        run = ExportRun.objects.create(export=export, columns=keys, language=get_language())
        run.total = _choose(run, leads)
        if not run.total:
            raise Invalid(_("Choose leads first."))
        run.save(update_fields=["total"])
        nudge_exports()
    return run


def stop_export(*, run: ExportRun, actor: User, now: datetime) -> ExportRun:
    """End an export that is being written; what is written of it is deleted."""
    with transaction.atomic():
        # Waits until the part that is being written is through.
        run = ExportRun.objects.select_for_update(of=("self",)).select_related("export").get(pk=run.pk)
        if run.export.user_id != actor.pk:
            raise NotFound(_("There is no such export."))
        if not run.is_running:
            raise Conflict(_("The export is over already."))
        run.state, run.ended_at = ExportRun.State.STOPPED, max(now, run.export.at)
        run.forgotten_at = run.ended_at
        run.parts.all().delete()
        run.save()
    return run


def _choose(run: ExportRun, leads: LeadQuerySet) -> int:
    """Write down the leads and their order as of now, in one statement; return how many they are."""
    order = [
        F(name[1:]).desc() if name.startswith("-") else F(name).asc()
        for name in map(str, leads.query.order_by)
    ]
    placed = leads.order_by().annotate(place_in_file=Window(RowNumber(), order_by=order))
    try:
        sql, params = placed.values("pk", "place_in_file").query.sql_with_params()
    except EmptyResultSet:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(CHOOSE.format(leads=sql), [run.pk, ROWS_AT_ONCE, *params])
        return sum(number for (number,) in cursor)
