"""A notice is written in the transaction of what it tells about, and its e-mail with it."""

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from leadapp.languages import in_all_languages
from leadapp.nudging import wake
from qualification.models import BY_EMAIL_UNLESS_CHOSEN, DIGEST_HOUR, Notice, NoticeKind

SEND_MAILS = "qualification.tasks.send_notice_mails"

# When the next digest of a person u is due, as the column digest_at. Hours are those of the person's clock,
# else of the team's.
NEXT_DIGEST = """
LEFT JOIN qualification_digesthour h ON h.user_id = u.id
LEFT JOIN qualification_teammember m ON m.user_id = u.id
LEFT JOIN qualification_team t ON t.id = m.team_id
CROSS JOIN LATERAL (
    SELECT COALESCE(NULLIF(u.time_zone, ''), t.time_zone, %(zone)s) AS zone,
        COALESCE(h.hour, %(hour)s) AS hour
) habit
CROSS JOIN LATERAL (
    SELECT date_trunc('day', %(now)s AT TIME ZONE habit.zone) + make_interval(hours => habit.hour) AS today
) clock
CROSS JOIN LATERAL (
    SELECT (clock.today + CASE WHEN clock.today AT TIME ZONE habit.zone > %(now)s THEN interval '0'
        ELSE interval '1 day' END) AT TIME ZONE habit.zone AS digest_at
) next
"""

TELL = f"""
WITH told AS (
    INSERT INTO qualification_notice (user_id, kind, lead_id, text, event, created_at)
    SELECT said.user_id, said.kind, said.lead_id,
        left(COALESCE(said.texts ->> u.language, said.texts ->> %(usual_language)s), 500), said.event, %(now)s
    FROM unnest(%(user_ids)s::bigint[], %(kinds)s::text[], %(lead_ids)s::bigint[], %(texts)s::jsonb[],
        %(events)s::text[]) AS said (user_id, kind, lead_id, texts, event)
    JOIN leadapp_user u ON u.id = said.user_id AND u.is_active
    ON CONFLICT DO NOTHING
    RETURNING id, user_id, kind
), unless_chosen AS (
    SELECT * FROM unnest(%(all_kinds)s::text[], %(by_email)s::text[]) AS unless_chosen (kind, by_email)
)
INSERT INTO qualification_noticemail (notice_id, user_id, is_digest, state, due_at, attempts, last_error)
SELECT told.id, u.id, chosen.by_email = 'digest', 'waiting',
    CASE WHEN chosen.by_email = 'digest' THEN next.digest_at ELSE %(now)s END, 0, ''
FROM told
JOIN leadapp_user u ON u.id = told.user_id AND u.email <> ''
JOIN unless_chosen USING (kind)
LEFT JOIN qualification_noticechoice c ON c.user_id = u.id AND c.kind = told.kind
CROSS JOIN LATERAL (SELECT COALESCE(c.by_email, unless_chosen.by_email) AS by_email) chosen
{NEXT_DIGEST}
WHERE chosen.by_email <> 'none'
"""  # noqa: S608 - put together from the constant above


@dataclass(frozen=True)
class Telling:
    """One thing that one person is to be told. `event` names what happened, such as assignment:17.

    `text` is what is said, or writes it in the language that holds; each is told in their own.
    """

    user_id: int
    kind: NoticeKind
    text: str | Callable[[], str]
    event: str
    lead_id: int | None = None


def tell(tellings: Iterable[Telling], *, now: datetime) -> None:
    """Tell people, in the caller's transaction and in one statement; nobody is told twice of one event.

    Whoever does not work here any more is told nothing.
    """
    # In the order of the unique key, so that two transactions that tell the same wait for each other.
    said = sorted(tellings, key=lambda telling: (telling.user_id, telling.kind, telling.event))
    if not said:
        return
    params: dict[str, Any] = {
        "user_ids": [telling.user_id for telling in said],
        "kinds": [str(telling.kind) for telling in said],
        "lead_ids": [telling.lead_id for telling in said],
        "texts": [json.dumps(_texts(telling.text)) for telling in said],
        "usual_language": settings.LANGUAGE_CODE,
        "events": [telling.event for telling in said],
        "now": now,
        "all_kinds": [str(kind) for kind in BY_EMAIL_UNLESS_CHOSEN],
        "by_email": [str(by_email) for by_email in BY_EMAIL_UNLESS_CHOSEN.values()],
        **digest_habits(),
    }
    with connection.cursor() as cursor:
        cursor.execute(TELL, params)
        if cursor.rowcount:
            nudge_mails()


def take_back_notices(*, kind: NoticeKind, events: Collection[str]) -> None:
    """Forget notices of what is undone that nobody has read yet, with their e-mails, in the transaction."""
    Notice.objects.filter(kind=kind, event__in=events, read_at__isnull=True).delete()


def _texts(text: str | Callable[[], str]) -> dict[str, str]:
    return in_all_languages(text) if callable(text) else {settings.LANGUAGE_CODE: text}


def digest_habits() -> dict[str, Any]:
    """Return what NEXT_DIGEST needs for people without a team or a choice."""
    return {"zone": settings.TIME_ZONE, "hour": DIGEST_HOUR}


def nudge_mails() -> None:
    """Wake a worker that sends e-mails once the transaction is committed; what gets lost, a sweep finds."""
    wake(SEND_MAILS)
