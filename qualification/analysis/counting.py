# ruff: noqa: S608 - the text is made of constants; values are parameters
"""One pass over leads and their moves, out of which most figures of the dashboard come."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from qualification.analysis.asking import SEEN, Asked, select

# Lower ends of the bands of scores; the last one is open.
BANDS = (0, 50, 100, 150, 200)

# `reached`: when each lead first came to a stage, or past it, and the score that it had on becoming MQL.
# Moves that were taken back do not count. It is StageChangeQuerySet.first_arrivals for three stages at once.
# `landed`: the form that each lead came through first.
COUNT = f"""
WITH reached AS (
    SELECT lead_id,
        min(at) FILTER (WHERE from_stage = 'lead' AND to_stage <> 'lead') AS mql_at,
        min(at) FILTER (WHERE from_stage IN ('lead', 'mql') AND to_stage IN ('sql', 'customer')) AS sql_at,
        min(at) FILTER (WHERE from_stage <> 'customer' AND to_stage = 'customer') AS customer_at,
        (array_agg(score ORDER BY at, id) FILTER (WHERE from_stage = 'lead' AND to_stage <> 'lead'))[1]
            AS mql_score
    FROM qualification_stagechange change
    WHERE move <> 'undo' AND from_stage <> to_stage AND NOT EXISTS (
        SELECT FROM qualification_stagechange undo WHERE undo.undoes_id = change.id
    ) {{its}}
    GROUP BY lead_id
), landed AS (
    SELECT DISTINCT ON (lead_id) lead_id, properties ->> 'form' AS form
    FROM leadapp_activity WHERE properties ? 'form' AND voided_at IS NULL {{its}}
    ORDER BY lead_id, occurred_at, id
), known AS MATERIALIZED (
    SELECT lead.source, lead.campaign, coalesce(landed.form, '') AS form, lead.status, lead.created_at,
        mql_at, sql_at, customer_at, mql_score,
        lead.created_at >= %(since)s AND lead.created_at < %(until)s AS is_new,
        coalesce(mql_at >= %(since)s AND mql_at < %(until)s, FALSE) AS is_mql,
        coalesce(sql_at >= %(since)s AND sql_at < %(until)s, FALSE) AS is_sql,
        coalesce(customer_at >= %(since)s AND customer_at < %(until)s, FALSE) AS is_customer
    FROM leadapp_lead lead
    LEFT JOIN reached ON reached.lead_id = lead.id
    LEFT JOIN landed ON landed.lead_id = lead.id
    WHERE {SEEN}
)
SELECT 'funnel', (created_at >= %(since)s)::text, ARRAY[
        count(*), count(mql_at), count(sql_at), count(customer_at),
        count(*) FILTER (WHERE status = 'nurture'), count(*) FILTER (WHERE status = 'disqualified')
    ], ARRAY[
        percentile_cont(0.5) WITHIN GROUP (ORDER BY mql_at - created_at),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY sql_at - mql_at),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY customer_at - sql_at)
    ]
FROM known WHERE created_at >= %(before)s AND created_at < %(until)s
GROUP BY 2
UNION ALL
SELECT 'band', (CASE WHEN mql_score IS NULL THEN 0 ELSE width_bucket(mql_score, %(bands)s::int[]) END)::text,
    ARRAY[count(*), count(sql_at), count(customer_at)], NULL
FROM known WHERE is_mql
GROUP BY 2
UNION ALL
SELECT 'month', date_trunc('month', created_at AT TIME ZONE %(zone)s)::date::text, ARRAY[
        count(*), count(mql_at), count(sql_at), count(customer_at),
        count(*) FILTER (WHERE mql_at < created_at + interval '30 days')
    ], NULL
FROM known WHERE created_at >= (%(month)s::timestamp AT TIME ZONE %(zone)s)
GROUP BY 2
UNION ALL
SELECT
    CASE GROUPING(source, campaign, form) WHEN 3 THEN 'source' WHEN 5 THEN 'campaign' WHEN 6 THEN 'form'
        ELSE 'total' END,
    coalesce(source, campaign, form, ''), ARRAY[
        count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE is_mql),
        count(*) FILTER (WHERE is_sql), count(*) FILTER (WHERE is_customer)
    ], NULL
FROM known WHERE is_new OR is_mql OR is_sql OR is_customer
GROUP BY GROUPING SETS ((), (source), (campaign), (form))
"""

# For who sees their own leads only the moves and forms of others are not read.
OWN = "AND lead_id IN (SELECT id FROM leadapp_lead WHERE owner_id = %(owner)s)"


@dataclass(frozen=True)
class Counted:
    """The whole numbers of one line of a part, and median waits (None of nothing) where it has them."""

    numbers: list[Any]
    waits: list[Any]


# By part (funnel, band, month, total, source, campaign, form) and by the key of the line in it.
Counts = dict[str, dict[str, Counted]]


def count_leads(asked: Asked) -> Counts:
    """Count the leads of a period in every way that the dashboard shows."""
    found: Counts = defaultdict(dict)
    sql = COUNT.format(its="" if asked.owner_id is None else OWN)
    for part, key, numbers, waits in select(sql, asked.values | {"bands": list(BANDS)}):
        found[part][key] = Counted(numbers, waits or [])
    return found
