"""Made-up leads and activities, always the same ones, written by the database itself.

Leads came in evenly over 400 days. Activities come in the order of time, as they do in life, so that those of
one lead lie far apart, and never before their lead. Few leads are busy and many are not; one in a thousand
activities is of the busiest. A quarter of a per cent is voided.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import connection

from leadapp.demo.places import COUNTRIES
from leadapp.demo.vocabulary import COMPANY_STEMS, INDUSTRIES

BATCH = 100_000
# For so many days leads have come in.
DAYS = 400
NAMES = {
    "first_names": [name for country in COUNTRIES for name in country.first_names],
    "last_names": [name for country in COUNTRIES for name in country.last_names],
    "cities": [city for country in COUNTRIES for city in country.cities],
    "stems": list(COMPANY_STEMS),
    "trades": [word for _, _, words in INDUSTRIES for word in words],
}

COMPANIES = """
INSERT INTO leadapp_company (name, domain, industry, employees, annual_revenue, country, created_at)
SELECT concat_ws(' ', (%(stems)s)[1 + i %% %(stems_number)s], (%(trades)s)[1 + i %% %(trades_number)s], i),
    'company' || i || '.example',
    (ARRAY['Machinery', 'Software', 'Logistics', 'Retail', 'Education', 'Automotive', 'Healthcare',
        'Banking'])[1 + i %% 8],
    power(2, random() * 13)::int, 1000000 * (1 + i %% 100),
    (ARRAY['DE', 'AT', 'CH', 'NL', 'US', 'FR', 'IN', 'BR'])[1 + (i * 7) %% 8],
    %(now)s - make_interval(days => %(days)s)
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
SELECT
    lower(translate(last_name, 'äöüÄÖÜßéèêçñø '' ', 'aouaouseeecno--')) || i || '@' ||
        CASE WHEN random() < 0.2 THEN 'gmail.com'
            ELSE 'company' || (1 + i %% %(companies)s) || '.example' END,
    first_name, last_name,
    CASE WHEN random() < 0.5 THEN '+4930' || (1000000 + i) ELSE '' END,
    CASE WHEN random() < 0.4 THEN 'https://www.linkedin.com/in/person' || i ELSE '' END,
    (ARRAY['Head of Sales', 'CEO', 'Student', 'Engineer', 'Director of Operations', 'VP Marketing', 'Buyer'])
        [1 + i %% 7] || CASE WHEN random() < 0.3 THEN ' ' || i %% 5000 ELSE '' END,
    (ARRAY['head', 'c_level', 'student', 'staff', 'director', 'vp', 'staff'])[1 + i %% 7],
    (%(cities)s)[1 + i %% %(cities_number)s],
    (ARRAY['DE', 'AT', 'CH', 'NL', 'US', 'FR', 'IN', 'BR'])[1 + i / 8 %% 8], 'de', '',
    (SELECT min(id) FROM leadapp_company) + i %% %(companies)s, '{}',
    (ARRAY['website', 'website', 'website', 'website', 'search ads', 'search ads', 'LinkedIn', 'webinar',
        'trade fair', 'referral', 'newsletter', ''])[1 + floor(random() * 12)::int],
    CASE WHEN random() < 0.6 THEN 'Campaign ' || 1 + floor(power(random(), 2) * 30)::int ELSE '' END,
    '', '', '', '', '', FALSE, FALSE, random() < 0.001, 'lead', created_at, 'open', '', created_at, %(now)s,
    '', '', 'none',
    %(now)s - LEAST(%(now)s - created_at, interval '365 days' * -ln(1 - random())
        / (0.625 * power(i::float8 / %(leads)s, -0.375) * GREATEST(%(activities)s, 1) / %(leads)s))
FROM (
    SELECT i, (%(first_names)s)[1 + i * 7 %% %(first_names_number)s] AS first_name,
        (%(last_names)s)[1 + floor(power(random(), 1.5) * %(last_names_number)s)::int] AS last_name,
        %(now)s - make_interval(days => %(days)s) * ((%(leads)s - i)::float8 / %(leads)s) AS created_at
    FROM generate_series(%(first)s, %(last)s) i
) made
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

WITH_FORM = ("form_submission", "newsletter_signup", "demo_requested", "quote_requested")

ACTIVITIES = """
INSERT INTO leadapp_activity (
    lead_id, type_id, occurred_at, received_at, source, properties, void_reason, voided_at
)
SELECT lead_id, type_id, at, at + interval '1 second', 'website',
    CASE WHEN type_id = %(page_view)s THEN jsonb_build_object(
        'path', (ARRAY['/', '/pricing', '/product', '/careers/engineer', '/blog/scoring', '/contact',
            '/cases', '/about'])[1 + floor(random() * 8)::int],
        'title', 'A page of the website', 'seconds', floor(random() * 200)::int)
    WHEN type_id = ANY (%(with_form)s) THEN jsonb_build_object('form',
        (ARRAY['demo-request', 'contact', 'newsletter', 'guide', 'webinar'])[1 + floor(random() * 5)::int])
    WHEN type_id = %(meeting)s THEN jsonb_build_object(
        'starts_at', to_char((at + interval '3 days') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
    ELSE jsonb_build_object('title', 'The guide', 'campaign', 'autumn') END,
    CASE WHEN voided THEN 'Wrong' ELSE '' END, CASE WHEN voided THEN at + interval '1 day' END
FROM (
    SELECT (SELECT min(id) FROM leadapp_lead) + CASE WHEN i %% 1000 = 0 THEN 0 ELSE
            floor(power(random(), 1.6) * %(leads)s * (1 - days_ago / %(days)s))::bigint END AS lead_id,
        (%(types)s)[1 + floor(random() * %(kinds)s)::int] AS type_id,
        %(now)s - make_interval(secs => 86400 * days_ago) - interval '1 minute' AS at,
        random() < 0.0025 AS voided
    FROM (
        SELECT i, 365 * (%(total)s - i)::float8 / %(total)s AS days_ago
        FROM generate_series(%(first)s, %(last)s) i
    ) timed
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
        words = NAMES | {f"{name}_number": len(words) for name, words in NAMES.items()}
        values = {"now": now, "days": DAYS, "companies": companies} | words | sizes
        _batches(COMPANIES, companies, values, lambda rows: None)
        _batches(LEADS, leads, values, advance)
        ids = _types()
        types = [ids[slug] for slug, share in MIX.items() for _ in range(share)]
        restore = _without_side_work()
        values |= {"total": activities, "types": types, "kinds": len(types)}
        values |= {"page_view": ids["page_view"], "meeting": ids["meeting_booked"]}
        values |= {"with_form": [ids[slug] for slug in WITH_FORM]}
        _batches(ACTIVITIES, activities, values, advance)
        for sql in restore:
            cursor.execute(sql)
        cursor.execute("ANALYZE")


def _batches(sql: str, rows: int, values: dict[str, Any], advance: Callable[[int], object]) -> None:
    with connection.cursor() as cursor:
        for first in range(1, rows + 1, BATCH):
            last = min(rows, first + BATCH - 1)
            cursor.execute(sql, values | {"first": first, "last": last})
            advance(last - first + 1)


def _types() -> dict[str, int]:
    """Return the ids of the types by their names."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT slug, id FROM leadapp_activitytype")
        return dict(cursor.fetchall())


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
