# ruff: noqa: S608 - the text is built of identifiers and whole numbers only; values are parameters
"""A definition as one SQL statement, for single moments of leads or for a range of leads at one moment.

From the inside: what rules read of each activity; points per rule, group and dimension, each after its
cap; whole numbers, grade and temperature. All arithmetic is double precision, since
numeric is several times slower. OFFSET 0 keeps PostgreSQL from pulling a level up and computing its
expressions once per use.
"""

from collections.abc import Callable

from scoring.engine.activities import engagement_of
from scoring.engine.definition import Definition, Group, Rule
from scoring.engine.facts import facts_of, fit_of
from scoring.engine.fragments import Fragment, Later, join
from scoring.engine.sums import bounded, limited, total
from scoring.models import Dimension

Points = Callable[[Rule], Fragment]

LEAD_IDS, AS_OFS, AS_OF = Later("lead_ids"), Later("as_ofs"), Later("as_of")
FIRST_ID, LAST_ID, VERSION_ID = Later("first_id"), Later("last_id"), Later("version_id")

MOMENTS = Fragment("unnest(%s::bigint[], %s::timestamptz[]) AS m (lead_id, as_of)", (LEAD_IDS, AS_OFS))
# The moments and versions that explain what is stored, as `scoring.engine.stored` says in Python; without
# leads that wait to be scored again.
STORED = Fragment(
    "(SELECT k.id AS lead_id, COALESCE(r.started_at, k.scored_at) AS as_of FROM leadapp_lead k"
    " LEFT JOIN (SELECT q.version_id, q.started_at FROM scoring_rescore q"
    " JOIN scoring_scoringmodelversion v ON v.id = q.version_id AND v.state = 'live'"
    " JOIN scoring_scoringmodel p ON p.id = v.model_id AND p.is_primary"
    " WHERE q.cause = 'publish' AND q.finished_at IS NOT NULL AND q.leads_total > 0"
    " ORDER BY q.started_at DESC LIMIT 1"
    ") r ON r.version_id <> k.score_version_id AND r.started_at >= k.scored_at"
    " WHERE k.id BETWEEN %s AND %s AND COALESCE(r.version_id, k.score_version_id) = %s"
    " AND k.score IS NOT NULL AND NOT EXISTS"
    " (SELECT FROM scoring_scoringrequest w WHERE w.lead_id = k.id)) m",
    (FIRST_ID, LAST_ID, VERSION_ID),
)
LEAD = " JOIN leadapp_lead l ON l.id = m.lead_id AND NOT l.do_not_score"
OF_THE_LEAD = "a.lead_id = m.lead_id"
ONE_MOMENT = Fragment("(SELECT %s::timestamptz AS as_of) m", (AS_OF,))


def of_moments(definition: Definition, *, moments: Fragment = MOMENTS) -> Fragment:
    """Return a SELECT of one row per moment: lead_id, as_of, fit, engagement, score, grade, temperature.

    It wants `lead_ids` and `as_ofs`, or what other `moments` want.
    """
    fit, engagement = fit_of(definition), engagement_of(definition)
    columns = [_engagement_sum(definition, engagement.points, " AS engagement_bounded")]
    return _whole(
        definition,
        "SELECT l.id AS lead_id, m.as_of, " + _fit_sum(definition, fit.points, " AS fit_bounded")
        + ", e.engagement_bounded FROM " + moments + LEAD + fit.source
        + " CROSS JOIN LATERAL (" + engagement.select(columns, OF_THE_LEAD) + ") e",
    )  # fmt: skip


def of_range(definition: Definition) -> Fragment:
    """Return the same SELECT for all leads from `first_id` to `last_id` at one moment `as_of`.

    It reads the activities of the range once and groups them by lead, instead of looking them up lead by
    lead. Leads that were scored later than `as_of` are left out. Parallel workers may share the reading.
    """
    fit, engagement = fit_of(definition), engagement_of(definition)
    columns = [
        Fragment("x.lead_id"),
        _engagement_sum(definition, engagement.points, " AS engagement_bounded"),
    ]
    in_range = Fragment("a.lead_id BETWEEN %s AND %s", (FIRST_ID, LAST_ID))
    without = str(max(definition.engagement_bounds[0], min(0, definition.engagement_bounds[1])))
    return _whole(
        definition,
        "SELECT l.id AS lead_id, m.as_of, " + _fit_sum(definition, fit.points, " AS fit_bounded")
        + f", COALESCE(e.engagement_bounded, {without}::float8) AS engagement_bounded FROM " + ONE_MOMENT
        + Fragment(" JOIN leadapp_lead l ON l.id BETWEEN %s AND %s", (FIRST_ID, LAST_ID))
        + " AND NOT l.do_not_score AND (l.scored_at IS NULL OR l.scored_at <= m.as_of)" + fit.source
        + " LEFT JOIN (" + engagement.select(columns, in_range, moment=ONE_MOMENT)
        + ") e ON e.lead_id = l.id",
    )  # fmt: skip


def explaining(definition: Definition) -> Fragment:
    """Return the SELECT of `of_moments` with its parts.

    Per rule the points after and before its cap (r, raw), the number and newest of its activities (n, t) or
    the facts it looked at (f); per group the points after the cap (g); per dimension the sum before and
    after its bounds.
    """
    fit, engagement = fit_of(definition), engagement_of(definition)
    columns = [Fragment("l.id AS lead_id, m.as_of")]
    for rule in definition.of_dimension(Dimension.FIT):
        columns += [
            fit.points(rule) + f" AS r{rule.id}",
            fit.raw[rule.id] + f" AS raw{rule.id}",
            facts_of(rule) + f" AS f{rule.id}",
        ]
    source = MOMENTS + LEAD + fit.source
    if aggregates := engagement.explaining_columns():
        columns.append(Fragment("e.*"))
        source += " CROSS JOIN LATERAL (" + engagement.select(aggregates, OF_THE_LEAD) + ") e"
    per_rule = "SELECT " + join(", ", columns) + " FROM " + source

    def points(rule: Rule) -> Fragment:
        return Fragment(f"r.r{rule.id}")

    sums = [
        _fit_sum(definition, points, " AS fit_bounded"),
        _engagement_sum(definition, points, " AS engagement_bounded"),
        _dimension_sum(definition, Dimension.FIT, points) + " AS fit_sum",
        _dimension_sum(definition, Dimension.ENGAGEMENT, points) + " AS engagement_sum",
        *(_group_sum(definition, group, points) + f" AS g{group.id}" for group in definition.groups),
    ]
    per_dimension = "SELECT r.*, " + join(", ", sums) + " FROM (" + per_rule + " OFFSET 0) r"
    return _whole(definition, per_dimension, parts=", w.*")


def _whole(definition: Definition, bounded_sums: Fragment, *, parts: str = "") -> Fragment:
    numbers = (
        "SELECT d.*, d.fit_bounded::integer AS whole_fit,"
        " floor(round(d.engagement_bounded * 1e6::float8) / 1e6::float8 + 0.5::float8)::integer"
        " AS whole_engagement"
        " FROM (" + bounded_sums + " OFFSET 0) d OFFSET 0"
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
        f" ELSE 'cold' END AS temperature{parts} FROM (" + numbers + ") w"
    )


def _fit_sum(definition: Definition, points: Points, name: str) -> Fragment:
    return bounded(_dimension_sum(definition, Dimension.FIT, points), definition.fit_bounds) + name


def _engagement_sum(definition: Definition, points: Points, name: str) -> Fragment:
    return (
        bounded(_dimension_sum(definition, Dimension.ENGAGEMENT, points), definition.engagement_bounds) + name
    )


def _dimension_sum(definition: Definition, dimension: Dimension, points: Points) -> Fragment:
    """Return the sum of the groups of a dimension, each after its cap, and of the rules in no group."""
    groups = [group for group in definition.groups if group.dimension == dimension]
    grouped = {group.id for group in groups}
    single = [rule for rule in definition.of_dimension(dimension) if rule.group_id not in grouped]
    return total(
        [_group_sum(definition, group, points) for group in groups] + [points(rule) for rule in single]
    )


def _group_sum(definition: Definition, group: Group, points: Points) -> Fragment:
    rules = definition.of_dimension(Dimension(group.dimension))
    return limited(total([points(rule) for rule in rules if rule.group_id == group.id]), group.cap)
