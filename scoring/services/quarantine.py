"""Bursts of activities that no person makes: found before a lead is scored, so that they give no points."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from leadapp.models import Quarantine
from leadapp.models.activities import BURST_REASONS

# A person opens a link in the time in which a scanner of a mail gateway opens all of them.
CLICKS, CLICKS_WITHIN = 5, timedelta(seconds=2)
# Right after the mail was sent or opened, before anybody can have read it, fewer are enough.
CLICKS_AFTER_MAIL = 3
# A page each second for a minute; or one every 3.6 seconds for an hour, without a pause. Whoever opens
# results in tabs, or reloads, stays far below either.
VIEWS_A_MINUTE, VIEWS_AN_HOUR = 60, 1_000
# Views less than this apart are one visit, and one quarantine.
VISIT = timedelta(hours=1)

# Senders come late, and in parts: what was received up to so long before the oldest request is looked at.
LATE = timedelta(days=1)

CLICK, VIEW, MAILS = "email_clicked", "page_view", ("email_sent", "email_opened")

# Looks at much and nearly always finds nothing: one sorted pass, by the index of the timeline, that compares
# each row with a few before it. The rows are those that the scoring statement reads next anyway. Rows that
# are in quarantine already are no news by themselves.
SUSPECT = """
SELECT DISTINCT lead_id FROM (
    SELECT a.lead_id, a.type_id = (SELECT id FROM leadapp_activitytype WHERE slug = %(view)s) AS is_view,
        a.occurred_at - lag(a.occurred_at, %(clicks_after_mail)s - 1) OVER before AS few,
        count(*) FILTER (WHERE a.quarantine_id IS NULL) OVER (
            before ROWS BETWEEN %(clicks_after_mail)s - 1 PRECEDING AND CURRENT ROW) AS new_of_few,
        a.occurred_at - lag(a.occurred_at, %(views_a_minute)s) OVER before AS many,
        count(*) FILTER (WHERE a.quarantine_id IS NULL) OVER (
            before ROWS BETWEEN %(views_a_minute)s PRECEDING AND CURRENT ROW) AS new_of_many,
        a.occurred_at - lag(a.occurred_at, %(views_an_hour)s) OVER before AS very_many,
        count(*) FILTER (WHERE a.quarantine_id IS NULL) OVER (
            before ROWS BETWEEN %(views_an_hour)s PRECEDING AND CURRENT ROW) AS new_of_very_many
    FROM unnest(%(leads)s::bigint[], %(since)s::timestamptz[]) AS w (lead_id, since)
    JOIN leadapp_activity a ON a.lead_id = w.lead_id AND a.received_at >= w.since
    WHERE a.type_id IN (
            (SELECT id FROM leadapp_activitytype WHERE slug = %(click)s),
            (SELECT id FROM leadapp_activitytype WHERE slug = %(view)s)
        ) AND (a.voided_at IS NULL) = (a.quarantine_id IS NULL)
    WINDOW before AS (PARTITION BY a.lead_id, a.type_id ORDER BY a.occurred_at)
) spans
WHERE NOT is_view AND few <= %(clicks_within)s AND new_of_few > 0
    OR is_view AND (
        many <= '1 minute' AND new_of_many > 0 OR very_many <= '1 hour' AND new_of_very_many > 0
    )
"""

# Looks closely at the few leads that are left. What a quarantine holds already is context, so that a burst
# that goes on is recognised by its beginning; what was released is left alone for good. At midnight sharp,
# to the microsecond, stands what came with a date and without a time.
FIND = """
WITH looked_at AS MATERIALIZED (
    SELECT a.id, a.lead_id, a.occurred_at AS at, a.quarantine_id,
        t.slug = %(view)s AS is_view, t.slug IN (%(click)s, %(view)s) AS counts,
        CASE WHEN t.slug = %(view)s THEN 'views' ELSE 'clicks' END AS kind,
        COALESCE(a.properties ->> 'message_id', a.properties ->> 'campaign',
            a.properties ->> 'subject', '') AS mail
    FROM unnest(%(leads)s::bigint[], %(since)s::timestamptz[]) AS w (lead_id, since)
    JOIN leadapp_activity a ON a.lead_id = w.lead_id AND a.received_at >= w.since
    JOIN leadapp_activitytype t ON t.id = a.type_id AND t.slug = ANY(%(types)s)
    WHERE (a.voided_at IS NULL) = (a.quarantine_id IS NULL)
        AND (a.occurred_at AT TIME ZONE 'UTC')::time <> '00:00'
), begun AS (
    SELECT *,
        NOT is_view AND counts AND count(*) FILTER (WHERE counts) OVER (
            its_kind RANGE BETWEEN CURRENT ROW AND %(clicks_within)s FOLLOWING) >= %(clicks)s AS with_click,
        NOT counts AND count(*) FILTER (WHERE counts) OVER (
            its_mail RANGE BETWEEN CURRENT ROW AND %(clicks_within)s FOLLOWING
        ) >= %(clicks_after_mail)s AS with_mail,
        is_view AND count(*) OVER (
            its_kind RANGE BETWEEN CURRENT ROW AND '1 minute' FOLLOWING) > %(views_a_minute)s AS with_minute,
        is_view AND count(*) OVER (
            its_kind RANGE BETWEEN CURRENT ROW AND '1 hour' FOLLOWING) > %(views_an_hour)s AS with_hour
    FROM looked_at
    WINDOW its_kind AS (PARTITION BY lead_id, is_view ORDER BY at),
        its_mail AS (PARTITION BY lead_id, is_view, mail ORDER BY at)
), marked AS (
    SELECT *,
        count(*) FILTER (WHERE with_click) OVER (
            its_kind RANGE BETWEEN %(clicks_within)s PRECEDING AND CURRENT ROW)
        + count(*) FILTER (WHERE with_mail) OVER (
            its_mail RANGE BETWEEN %(clicks_within)s PRECEDING AND CURRENT ROW)
        + count(*) FILTER (WHERE with_minute) OVER (
            its_kind RANGE BETWEEN '1 minute' PRECEDING AND CURRENT ROW)
        + count(*) FILTER (WHERE with_hour) OVER (
            its_kind RANGE BETWEEN '1 hour' PRECEDING AND CURRENT ROW) AS bursts
    FROM begun
    WINDOW its_kind AS (PARTITION BY lead_id, is_view ORDER BY at),
        its_mail AS (PARTITION BY lead_id, is_view, mail ORDER BY at)
), apart AS (
    SELECT id, lead_id, kind, at, quarantine_id, COALESCE(
        at - lag(at) OVER (PARTITION BY lead_id, kind ORDER BY at, id)
            > CASE kind WHEN 'clicks' THEN %(clicks_within)s ELSE %(visit)s END, TRUE) AS is_first
    FROM marked WHERE counts AND bursts > 0
), numbered AS (
    SELECT *, count(*) FILTER (WHERE is_first) OVER (PARTITION BY lead_id, kind ORDER BY at, id) AS number
    FROM apart
), found AS MATERIALIZED (
    SELECT lead_id, kind, number, min(at) AS started_at, max(at) AS ended_at,
        min(quarantine_id) AS known_id, count(*) FILTER (WHERE quarantine_id IS NULL) AS fresh
    FROM numbered GROUP BY lead_id, kind, number
    HAVING bool_or(quarantine_id IS NULL)
), extended AS (
    UPDATE leadapp_quarantine q SET
        started_at = LEAST(q.started_at, f.started_at), ended_at = GREATEST(q.ended_at, f.ended_at),
        activity_count = q.activity_count + f.fresh
    FROM (
        SELECT known_id, min(started_at) AS started_at, max(ended_at) AS ended_at, sum(fresh) AS fresh
        FROM found WHERE known_id IS NOT NULL GROUP BY known_id
    ) f
    WHERE q.id = f.known_id
), made AS (
    INSERT INTO leadapp_quarantine (lead_id, kind, started_at, ended_at, activity_count, found_at)
    SELECT lead_id, kind, started_at, ended_at, fresh, %(now)s FROM found WHERE known_id IS NULL
    RETURNING id, lead_id, kind, started_at
), voided AS (
    UPDATE leadapp_activity a SET
        voided_at = %(now)s, quarantine_id = COALESCE(f.known_id, m.id),
        void_reason = CASE f.kind WHEN 'clicks' THEN %(reason_of_clicks)s ELSE %(reason_of_views)s END
    FROM numbered n JOIN found f USING (lead_id, kind, number)
    LEFT JOIN made m ON (m.lead_id, m.kind, m.started_at) = (f.lead_id, f.kind, f.started_at)
    WHERE a.id = n.id AND a.voided_at IS NULL AND a.quarantine_id IS NULL
    RETURNING a.id
)
SELECT count(*) FROM voided
"""


def find_bursts(*, leads: Mapping[int, datetime], now: datetime) -> int:
    """Quarantine the bursts of some leads, each since a moment; return how many activities were voided.

    Part of the caller's transaction, which holds the locks of the leads. One statement where there is nothing
    to be seen, else two, whatever is found. A burst that goes on makes its quarantine larger.
    """
    with connection.cursor() as cursor:
        cursor.execute(SUSPECT, _parameters(leads, now))
        suspects = {lead_id: leads[lead_id] for (lead_id,) in cursor.fetchall()}
        if not suspects:
            return 0
        cursor.execute(FIND, _parameters(suspects, now))
        (voided,) = cursor.fetchone()
    return int(voided)


def _parameters(leads: Mapping[int, datetime], now: datetime) -> dict[str, Any]:
    return {
        "leads": list(leads),
        "since": [since - LATE for since in leads.values()],
        "types": [CLICK, VIEW, *MAILS],
        "click": CLICK,
        "view": VIEW,
        "clicks": CLICKS,
        "clicks_after_mail": CLICKS_AFTER_MAIL,
        "clicks_within": CLICKS_WITHIN,
        "views_a_minute": VIEWS_A_MINUTE,
        "views_an_hour": VIEWS_AN_HOUR,
        "visit": VISIT,
        "now": now,
        "reason_of_clicks": BURST_REASONS[Quarantine.Kind.CLICKS],
        "reason_of_views": BURST_REASONS[Quarantine.Kind.VIEWS],
    }
