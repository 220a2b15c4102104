"""What a sales team made of the made-up leads once they had scores: always the same, written by the database.

Every lead has a number from 0 to 999, spread evenly, that decides what becomes of it.
"""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.db import connection, transaction

from leadapp.models import Lead, User
from qualification.models import Cost, DisqualifyReason, Notice, NoticeKind, Team, TeamMember

TEAM_SIZE = 8
LEADS_OF_A_REP = 2_500
MOST_REPS = 40
NOTICES, UNREAD = 300, 20
COSTS = ("search ads", "LinkedIn", "webinar", "trade fair")

# The best 15 in a hundred leads.
GOOD = "SELECT percentile_disc(0.85) WITHIN GROUP (ORDER BY priority) FROM leadapp_lead"

# A lead with a good score is worked on, and of the others a fifth.
LEADS = """
CREATE TEMPORARY TABLE fate ON COMMIT DROP AS
SELECT id, dice, is_good, age,
    CASE WHEN is_worked THEN (%(reps)s::bigint[])[1 + (id / 1000 + id * 31) %% %(number)s] END AS owner_id,
    CASE WHEN NOT is_worked THEN 'lead'
        WHEN is_good AND dice %% 20 = 0 OR dice = 1 THEN 'customer'
        WHEN is_good AND dice %% 20 < 4 OR dice = 2 THEN 'sql'
        WHEN is_good AND dice %% 20 < 10 OR dice < 10 THEN 'mql'
        ELSE 'lead' END AS stage,
    CASE WHEN dice BETWEEN 160 AND 199 THEN 'nurture' WHEN dice BETWEEN 200 AND 279 THEN 'disqualified'
        ELSE 'open' END AS status
FROM (
    SELECT id, dice, priority >= %(good)s AS is_good, %(now)s - created_at AS age,
        dice < CASE WHEN priority >= %(good)s THEN 850 ELSE 200 END AS is_worked
    FROM (SELECT *, (id * 7919 %% 1000)::int AS dice FROM leadapp_lead) lead
) drawn;

ANALYZE fate;

UPDATE leadapp_lead lead SET owner_id = fate.owner_id, stage = fate.stage, status = fate.status,
    stage_changed_at = %(now)s - fate.age * CASE fate.stage WHEN 'lead' THEN 1 WHEN 'mql' THEN 0.7
        WHEN 'sql' THEN 0.5 ELSE 0.3 END,
    status_reason = CASE fate.status WHEN 'open' THEN '' ELSE 'Not now' END,
    disqualify_reason_id = CASE fate.status WHEN 'disqualified' THEN
        (%(whys)s::bigint[])[1 + fate.id %% cardinality(%(whys)s::bigint[])] END,
    advocacy = CASE WHEN fate.stage <> 'customer' THEN 'none'
        WHEN dice %% 3 = 0 THEN 'fan' WHEN dice %% 7 = 0 THEN 'reference' ELSE 'none' END
FROM fate WHERE fate.id = lead.id
    AND (fate.owner_id IS NOT NULL OR fate.stage <> 'lead' OR fate.status <> 'open');

ANALYZE leadapp_lead;
"""

MOVES = """
INSERT INTO qualification_stagechange (
    lead_id, at, move, from_stage, to_stage, from_status, to_status, from_reason, is_automatic, actor_id,
    reason, score
)
SELECT fate.id, %(now)s - fate.age * part, 'forward', from_stage, to_stage, 'open', 'open', '',
    to_stage = 'mql', CASE to_stage WHEN 'mql' THEN NULL ELSE fate.owner_id END, '', lead.score
FROM fate JOIN leadapp_lead lead USING (id)
CROSS JOIN (VALUES ('lead', 'mql', 0.7, 1), ('mql', 'sql', 0.5, 2), ('sql', 'customer', 0.3, 3))
    step (from_stage, to_stage, part, place)
WHERE place <= array_position(ARRAY['mql', 'sql', 'customer'], fate.stage)
UNION ALL
SELECT fate.id, %(now)s - fate.age * 0.2,
    CASE fate.status WHEN 'nurture' THEN 'nurture' ELSE 'disqualify' END,
    fate.stage, fate.stage, 'open', fate.status, '', FALSE, NULL, 'Not now', lead.score
FROM fate JOIN leadapp_lead lead USING (id) WHERE fate.status <> 'open';
"""

# One in forty of the good leads waits for an answer now; the others were answered, some of them late.
ASSIGNMENTS = """
INSERT INTO qualification_assignment (
    lead_id, owner_id, team_id, assigned_at, reason, clock_started_at, due_at, answered_at, answer_took
)
SELECT id, owner_id, team_id, at, 'In turn', CASE WHEN is_good THEN at END,
    CASE WHEN is_good THEN at + interval '8 hours' END,
    CASE WHEN is_good AND NOT waits THEN at + took END, CASE WHEN is_good AND NOT waits THEN took END
FROM (
    SELECT fate.*, team_id, is_good AND status = 'open' AND dice %% 40 = 11 AS waits,
        make_interval(mins => 5 + dice * 7 %% 540) AS took,
        CASE WHEN is_good AND status = 'open' AND dice %% 40 = 11
            THEN %(now)s - make_interval(mins => 1 + dice * 13 %% 600)
            ELSE %(now)s - GREATEST(age * 0.65, interval '10 hours') END AS at
    FROM fate JOIN qualification_teammember member ON member.user_id = fate.owner_id
) made
UNION ALL
SELECT id, NULL, NULL, %(now)s - make_interval(mins => dice), 'Nobody was available',
    %(now)s - make_interval(mins => dice), %(now)s - make_interval(mins => dice - 480), NULL, NULL
FROM fate WHERE is_good AND status = 'open' AND owner_id IS NULL AND dice BETWEEN 850 AND 852;
"""

WORK = """
INSERT INTO qualification_task (lead_id, owner_id, text, due_at, done_at, created_at)
SELECT id, owner_id, 'Call again', %(now)s + make_interval(hours => (id %% 900)::int - 60),
    CASE WHEN dice %% 10 = 4 THEN %(now)s - interval '1 day' END, %(now)s - interval '5 days'
FROM fate WHERE owner_id IS NOT NULL AND status = 'open' AND dice %% 10 IN (3, 4);

INSERT INTO qualification_note (lead_id, author_id, text, mentions, created_at)
SELECT id, owner_id, 'Wants to talk about the next quarter.', '{}', %(now)s - age * 0.4
FROM fate WHERE owner_id IS NOT NULL AND dice %% 5 = 1;

INSERT INTO qualification_bantanswer (
    lead_id, dimension_id, state, value, confidence, source, author_id, answered_at, expires_at
)
SELECT fate.id, part.dimension_id, 'confirmed', 'Yes', 'medium', 'call', owner_id, %(now)s - age * 0.5,
    %(now)s - age * 0.5 + interval '180 days'
FROM fate
JOIN qualification_frameworkdimension part ON part.framework_id = (
    SELECT id FROM qualification_framework WHERE is_in_use
)
WHERE owner_id IS NOT NULL AND stage IN ('sql', 'customer');

INSERT INTO qualification_deal (
    lead_id, round, value, currency, won_on, product, created_by_id, created_at, void_reason
)
SELECT id, 1, 1000 + dice * 17, CASE WHEN dice %% 10 = 0 THEN 'CHF' ELSE 'EUR' END,
    (%(now)s - age * 0.3)::date, 'Licence', owner_id, %(now)s - age * 0.3, ''
FROM fate WHERE stage = 'customer';

INSERT INTO leadapp_activity (
    lead_id, type_id, occurred_at, received_at, source, properties, actor_id, void_reason
)
SELECT id, (SELECT id FROM leadapp_activitytype WHERE slug = 'call_connected'), %(now)s - interval '1 minute',
    %(now)s, 'Leadapp', '{"outcome": "reached"}', owner_id, ''
FROM fate WHERE owner_id IS NOT NULL AND status = 'open' AND dice = 17;
"""

# How scores went before: up for most, and down for one lead in four.
SCORES = """
INSERT INTO scoring_scorechange (
    lead_id, at, score_before, score, fit, engagement, grade, temperature, version_id, cause
)
SELECT lead.id, %(now)s - make_interval(days => 5 * step),
    GREATEST(0, lead.score - slope * (step + 1)), GREATEST(0, lead.score - slope * step), lead.fit,
    GREATEST(0, lead.score - slope * step - lead.fit), lead.grade, lead.temperature, lead.score_version_id,
    'activity'
FROM (
    SELECT lead.*, CASE WHEN dice %% 4 = 0 THEN -9 ELSE 4 END AS slope
    FROM leadapp_lead lead JOIN fate USING (id) WHERE lead.score IS NOT NULL AND fate.owner_id IS NOT NULL
) lead CROSS JOIN generate_series(1, 6) step;

INSERT INTO scoring_scoreoverride (
    lead_id, author_id, verdict, reason, score, version_id, created_at, expires_at
)
SELECT lead.id, lead.owner_id, 'too_high', 'A student project.', lead.score, lead.score_version_id,
    %(now)s - interval '2 days', %(now)s + interval '12 days'
FROM leadapp_lead lead JOIN fate USING (id)
WHERE fate.owner_id IS NOT NULL AND lead.score IS NOT NULL AND dice %% 200 = 19;
"""


@transaction.atomic
def sell(*, now: datetime) -> None:
    """Give leads to reps and let them work, most of all on the best ones."""
    reps = _people(max(4, min(MOST_REPS, Lead.objects.count() // LEADS_OF_A_REP)))
    _told(reps, now)
    whys = list(DisqualifyReason.objects.filter(is_active=True).values_list("pk", flat=True))
    values: dict[str, Any] = {"reps": reps, "number": len(reps), "whys": whys, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(GOOD)
        (values["good"],) = cursor.fetchone()
        for sql in (LEADS, MOVES, ASSIGNMENTS, WORK, SCORES, "ANALYZE"):
            cursor.execute(sql, values)


def _people(number: int) -> list[int]:
    """Make reps in teams, a manager and a marketer; return the ids of the reps."""
    names = [f"rep{index}" for index in range(1, number + 1)]
    everybody = [*((name, "rep") for name in names), ("manager", "manager"), ("marketer", "marketer")]
    for name, role in everybody:
        user = User.objects.create(username=f"bench-{name}", first_name=name.title())
        user.groups.add(Group.objects.get(name=role))
    reps = list(
        User.objects.filter(username__startswith="bench-rep").order_by("pk").values_list("pk", flat=True)
    )
    teams = [Team.objects.create(name=f"Bench {index + 1}") for index in range(-(-number // TEAM_SIZE))]
    TeamMember.objects.bulk_create(
        TeamMember(user_id=rep, team=teams[index // TEAM_SIZE]) for index, rep in enumerate(reps)
    )
    return reps


def _told(reps: list[int], now: datetime) -> None:
    """Write notices and costs."""
    Notice.objects.bulk_create(
        Notice(
            user_id=rep,
            kind=NoticeKind.HANDOVER,
            text="A lead was given to you.",
            event=f"bench:{number}",
            created_at=now - timedelta(hours=number),
            read_at=None if number < UNREAD else now,
        )
        for rep in reps
        for number in range(NOTICES)
    )
    month = timedelta(days=30)
    Cost.objects.bulk_create(
        Cost(source=source, first_day=first, last_day=first + month, amount=1_000 * (number + 1))
        for source in COSTS
        for number in range(12)
        for first in [(now - month * (number + 1)).date()]
    )
