"""Ask the workers to look at the gates of leads again."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from scoring.engine.fragments import Fragment
from scoring.models import ScoredLead
from scoring.tasks import nudge


def ask_about(tables: Fragment, which: Fragment | str) -> int:
    """Put the leads of these tables that meet a condition into the inbox; return how many there are."""
    statement = "INSERT INTO scoring_scoredlead (lead_id, scored_at) SELECT l.id, m.as_of FROM "
    query = statement + tables + " WHERE " + which
    with connection.cursor() as cursor:
        cursor.execute(query.sql, query.bind())
        return int(cursor.rowcount)


def ask_for_evaluation(*, lead_ids: Iterable[int], now: datetime) -> None:
    """Put these leads into the inbox, in the caller's transaction, and nudge a worker once it commits.

    A nudge that gets lost delays, and loses nothing: the sweep finds what waits.
    """
    ScoredLead.objects.bulk_create([ScoredLead(lead_id=lead_id, scored_at=now) for lead_id in lead_ids])
    nudge()
