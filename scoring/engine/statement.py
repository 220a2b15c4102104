# ruff: noqa: S608 - the text is built of identifiers and whole numbers only; values are parameters
"""A definition as one SQL statement, for single moments of leads or for a range of leads at one moment.

From the inside: what rules need of each activity; points per rule after its own cap; groups and
dimensions after theirs; whole numbers, grade and temperature. All arithmetic is double precision, since
numeric is several times slower. OFFSET 0 keeps PostgreSQL from pulling a level up and computing its
expressions once per use.
"""

from scoring.engine.activities import points_by_lead, points_of_one_lead
from scoring.engine.definition import Definition, Group
from scoring.engine.facts import fact_points
from scoring.engine.fragments import Fragment, Later, join
from scoring.engine.sums import bounded, limited, total
from scoring.models import Dimension

LEAD_IDS, AS_OFS, AS_OF = Later("lead_ids"), Later("as_ofs"), Later("as_of")
FIRST_ID, LAST_ID, VERSION_ID = Later("first_id"), Later("last_id"), Later("version_id")

MOMENTS = Fragment("unnest(%s::bigint[], %s::timestamptz[]) AS m (lead_id, as_of)", (LEAD_IDS, AS_OFS))
# The moments at which leads were scored by a version, but for those that wait to be scored again.
STORED = Fragment(
    "(SELECT k.id AS lead_id, k.scored_at AS as_of FROM leadapp_lead k"
    " WHERE k.id BETWEEN %s AND %s AND k.score_version_id = %s AND k.score IS NOT NULL AND NOT EXISTS"
    " (SELECT FROM scoring_scoringrequest q WHERE q.lead_id = k.id)) m",
    (FIRST_ID, LAST_ID, VERSION_ID),
)
ONE_MOMENT = Fragment("(SELECT %s::timestamptz AS as_of) m", (AS_OF,))


def of_moments(definition: Definition, *, moments: Fragment = MOMENTS, explaining: bool = False) -> Fragment:
    """Return a SELECT of one row per moment: lead_id, as_of, fit, engagement, score, grade, temperature.

    It wants `lead_ids` and `as_ofs`, or what other `moments` want.

    With `explaining` it also gives the parts: per rule its points after
    and before its cap (r, raw), the number and newest of its activities (n, t) or the facts it looked at
    (f); per group the points after the cap (g); per dimension the sum before and after its bounds.
    """
    facts = fact_points(definition, explaining=explaining)
    activities = points_of_one_lead(definition, "a.lead_id = m.lead_id", explaining=explaining)
    source = moments + " JOIN leadapp_lead l ON l.id = m.lead_id AND NOT l.do_not_score" + facts.source
    columns = [Fragment("l.id AS lead_id, m.as_of"), *facts.columns]
    if activities:
        columns.append(Fragment("e.*"))
        source += " CROSS JOIN LATERAL (" + activities + ") e"
    per_rule = "SELECT " + join(", ", columns) + " FROM " + source
    return _whole(
        definition, _per_dimension(definition, per_rule, explaining=explaining), explaining=explaining
    )


def of_range(definition: Definition) -> Fragment:
    """Return the same SELECT for all leads from `first_id` to `last_id` at one moment `as_of`.

    It reads the activities of the range once and groups them by lead, instead of looking them up lead by
    lead. Leads that were scored later than `as_of` are left out. Parallel workers may share the reading.
    """
    facts = fact_points(definition)
    in_range = Fragment("a.lead_id BETWEEN %s AND %s", (FIRST_ID, LAST_ID))
    activities = points_by_lead(definition, in_range, ONE_MOMENT)
    source = (
        ONE_MOMENT
        + Fragment(" JOIN leadapp_lead l ON l.id BETWEEN %s AND %s", (FIRST_ID, LAST_ID))
        + " AND NOT l.do_not_score AND (l.scored_at IS NULL OR l.scored_at <= m.as_of)"
        + facts.source
    )
    columns = [Fragment("l.id AS lead_id, m.as_of"), *facts.columns]
    if activities:
        rules = definition.of_dimension(Dimension.ENGAGEMENT)
        columns += [Fragment(f"COALESCE(e.r{rule.id}, 0::float8) AS r{rule.id}") for rule in rules]
        source += " LEFT JOIN (" + activities + ") e ON e.lead_id = l.id"
    per_rule = "SELECT " + join(", ", columns) + " FROM " + source
    return _whole(definition, _per_dimension(definition, per_rule))


def _per_dimension(definition: Definition, inner: Fragment, *, explaining: bool = False) -> Fragment:
    fit = _dimension_sum(definition, Dimension.FIT)
    engagement = _dimension_sum(definition, Dimension.ENGAGEMENT)
    columns = [
        bounded(fit, definition.fit_bounds) + " AS fit_bounded",
        bounded(engagement, definition.engagement_bounds) + " AS engagement_bounded",
    ]
    if explaining:
        columns += [
            fit + " AS fit_sum",
            engagement + " AS engagement_sum",
            *(_group_sum(definition, group) + f" AS g{group.id}" for group in definition.groups),
            Fragment("r.*"),
        ]
    else:
        columns.append(Fragment("r.lead_id, r.as_of"))
    return "SELECT " + join(", ", columns) + " FROM (" + inner + ") r OFFSET 0"


def _whole(definition: Definition, middle: Fragment, *, explaining: bool = False) -> Fragment:
    numbers = (
        "SELECT d.*, d.fit_bounded::integer AS whole_fit,"
        " floor(round(d.engagement_bounded * 1e6::float8) / 1e6::float8 + 0.5::float8)::integer"
        " AS whole_engagement"
        " FROM (" + middle + ") d OFFSET 0"
    )
    a, b, c = definition.fit_grades
    one, two, three = definition.engagement_grades
    score = "(w.whole_fit + w.whole_engagement)"
    return (
        "SELECT w.lead_id, w.as_of, w.whole_fit AS fit, w.whole_engagement AS engagement,"
        f" GREATEST(0, {score}) AS score,"
        f" CASE WHEN w.whole_fit >= {a} THEN 'A' WHEN w.whole_fit >= {b} THEN 'B'"
        f" WHEN w.whole_fit >= {c} THEN 'C' ELSE 'D' END ||"
        f" CASE WHEN w.whole_engagement >= {one} THEN '1' WHEN w.whole_engagement >= {two} THEN '2'"
        f" WHEN w.whole_engagement >= {three} THEN '3' ELSE '4' END AS grade,"
        f" CASE WHEN {score} >= {definition.hot_from} THEN 'hot'"
        f" WHEN {score} >= {definition.warm_from} THEN 'warm'"
        " ELSE 'cold' END AS temperature" + (", w.*" if explaining else "") + " FROM (" + numbers + ") w"
    )


def _dimension_sum(definition: Definition, dimension: Dimension) -> Fragment:
    """Return the sum of the groups of a dimension, each after its cap, and of the rules in no group."""
    groups = [group for group in definition.groups if group.dimension == dimension]
    grouped = {group.id for group in groups}
    single = [rule for rule in definition.of_dimension(dimension) if rule.group_id not in grouped]
    return total(
        [_group_sum(definition, group) for group in groups] + [Fragment(f"r.r{rule.id}") for rule in single]
    )


def _group_sum(definition: Definition, group: Group) -> Fragment:
    rules = definition.of_dimension(Dimension(group.dimension))
    return limited(
        total([Fragment(f"r.r{rule.id}") for rule in rules if rule.group_id == group.id]), group.cap
    )
