"""Made-up leads and activities, always the same ones, written by the database itself.

Activities come in the order of time, as they do in life, so that those of one lead lie far apart. Few
leads are busy and many are not. A quarter of a per cent is voided.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import connection

BATCH = 100_000

COMPANIES = """
INSERT INTO leadapp_company (name, domain, industry, employees, annual_revenue, country, created_at)
SELECT 'Company ' || i, 'company' || i || '.example',
    (ARRAY['Machinery', 'Software', 'Logistics', 'Retail', 'Education', 'Automotive', 'Healthcare',
        'Banking'])[1 + i %% 8],
    power(2, random() * 13)::int, 1000000 * (1 + i %% 100),
    (ARRAY['DE', 'AT', 'CH', 'NL', 'US', 'FR', 'IN', 'BR'])[1 + (i * 7) %% 8], %(now)s - interval '400 days'
FROM generate_series(%(first)s, %(last)s) i
"""

# The newest activity is about where the activities below leave it, without another pass over all leads.
LEADS = """
INSERT INTO leadapp_lead (
    email, first_name, last_name, phone, linkedin_url, job_title, seniority, city, country, language, gender,
    company_id, attributes, source, campaign, utm_source, utm_medium, utm_campaign, utm_term, utm_content,
    do_not_email, do_not_call, do_not_score, stage, stage_changed_at, status, status_reason, created_at,
    updated_at, grade, temperature, advocacy, last_activity_at
)
SELECT 'person' || i || '@' ||
        CASE WHEN random() < 0.2 THEN 'gmail.com'
            ELSE 'company' || (1 + i %% %(companies)s) || '.example' END,
    (ARRAY['Anna', 'Bernd', 'Clara', 'David', 'Eva', 'Femke', 'Georg', 'Hanna'])[1 + i %% 8],
    (ARRAY['Müller', 'Schmidt', 'de Wit', 'Jansen', 'Smith', 'Rossi', 'Novak'])[1 + i %% 7],
    CASE WHEN random() < 0.5 THEN '+4930' || i ELSE '' END,
    CASE WHEN random() < 0.4 THEN 'https://www.linkedin.com/in/person' || i ELSE '' END,
    (ARRAY['Head of Sales', 'CEO', 'Student', 'Engineer', 'Director of Operations', 'VP Marketing', 'Buyer'])
        [1 + i %% 7] || CASE WHEN random() < 0.3 THEN ' ' || i %% 5000 ELSE '' END,
    (ARRAY['head', 'c_level', 'student', 'staff', 'director', 'vp', 'staff'])[1 + i %% 7], 'Berlin',
    (ARRAY['DE', 'AT', 'CH', 'NL', 'US', 'FR', 'IN', 'BR'])[1 + i %% 8], 'de', '',
    (SELECT min(id) FROM leadapp_company) + i %% %(companies)s, '{}', 'website', '', '', '', '', '', '',
    FALSE, FALSE, random() < 0.001, 'lead', %(now)s, 'open', '', %(now)s - interval '400 days', %(now)s,
    '', '', 'none', %(now)s - LEAST(interval '400 days', interval '365 days' * -ln(1 - random())
        / (0.625 * power(i::float8 / %(leads)s, -0.375) * GREATEST(%(activities)s, 1) / %(leads)s))
FROM generate_series(%(first)s, %(last)s) i
"""

# Of a hundred activities. Most are page views, as on any website.
MIX = {
    "page_view": 55,
    "email_opened": 15,
    "email_clicked": 5,
    "content_download": 4,
    "social_interaction": 4,
    "form_submission": 2,
    "login": 2,
    "webinar_registered": 2,
    "webinar_attended": 1,
    "newsletter_signup": 1,
    "demo_requested": 1,
    "quote_requested": 1,
    "meeting_booked": 1,
    "meeting_held": 1,
    "call_connected": 1,
    "call_attempted": 1,
    "email_replied": 1,
    "email_bounced": 1,
    "unsubscribed": 1,
}

ACTIVITIES = """
INSERT INTO leadapp_activity (
    lead_id, type_id, occurred_at, received_at, source, properties, void_reason, voided_at
)
SELECT lead_id, type_id, at, at + interval '1 second', 'website',
    CASE WHEN type_id = %(page_view)s THEN jsonb_build_object(
        'path', (ARRAY['/', '/pricing', '/product', '/careers/engineer', '/blog/scoring', '/contact',
            '/cases', '/about'])[1 + floor(random() * 8)::int],
        'title', 'A page of the website', 'seconds', floor(random() * 200)::int)
    ELSE jsonb_build_object('title', 'The guide', 'campaign', 'autumn') END,
    CASE WHEN voided THEN 'Wrong' ELSE '' END, CASE WHEN voided THEN at + interval '1 day' END
FROM (
    SELECT (SELECT min(id) FROM leadapp_lead) + floor(power(random(), 1.6) * %(leads)s)::bigint AS lead_id,
        (%(types)s)[1 + floor(random() * %(kinds)s)::int] AS type_id,
        %(now)s - interval '365 days' * ((%(total)s - i)::float8 / %(total)s) - interval '1 minute' AS at,
        random() < 0.0025 AS voided
    FROM generate_series(%(first)s, %(last)s) i
) made
"""

SIDE_INDEXES = """
SELECT pg_get_indexdef(indexrelid), indexrelid::regclass::text FROM pg_index
WHERE indrelid = 'leadapp_activity'::regclass AND NOT indisprimary
"""
SIDE_KEYS = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = 'leadapp_activity'::regclass AND contype = 'f'
"""


def load(*, leads: int, activities: int, now: datetime, advance: Callable[[int], object]) -> None:
    """Write leads and activities; `advance` hears of every batch."""
    companies = max(1, leads // 5)
    sizes = {"leads": leads, "activities": activities}
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.42)")
        _batches(COMPANIES, companies, {"now": now}, lambda rows: None)
        _batches(LEADS, leads, {"now": now, "companies": companies} | sizes, advance)
        types = _types()
        restore = _without_side_work()
        values = {"now": now, "leads": leads, "total": activities, "types": types, "kinds": len(types)}
        _batches(ACTIVITIES, activities, values | {"page_view": types[0]}, advance)
        for sql in restore:
            cursor.execute(sql)
        cursor.execute("ANALYZE")


def _batches(sql: str, rows: int, values: dict[str, Any], advance: Callable[[int], object]) -> None:
    with connection.cursor() as cursor:
        for first in range(1, rows + 1, BATCH):
            last = min(rows, first + BATCH - 1)
            cursor.execute(sql, values | {"first": first, "last": last})
            advance(last - first + 1)


def _types() -> list[int]:
    """Return one hundred type ids in the proportions of the mix, page views first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT slug, id FROM leadapp_activitytype")
        ids: dict[str, int] = dict(cursor.fetchall())
    return [ids[slug] for slug, share in MIX.items() for _ in range(share)]


def _without_side_work() -> list[str]:
    """Drop indexes and foreign keys for the time of loading; return what brings them back."""
    with connection.cursor() as cursor:
        cursor.execute(SIDE_KEYS)
        keys = cursor.fetchall()
        cursor.execute(SIDE_INDEXES)
        indexes = cursor.fetchall()
        for name, _ in keys:
            cursor.execute(f'ALTER TABLE leadapp_activity DROP CONSTRAINT "{name}"')
        for _, name in indexes:
            cursor.execute(f"DROP INDEX {name}")
    back = [definition for definition, _ in indexes]
    back += [f'ALTER TABLE leadapp_activity ADD CONSTRAINT "{name}" {text}' for name, text in keys]
    return back
