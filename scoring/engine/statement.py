# ruff: noqa: S608 - the text is built of identifiers and whole numbers only; values are parameters
"""A definition as one SQL statement, for single moments of leads or for a range of leads at one moment.

From the inside: what rules read of each activity; points per rule, group and dimension, each after its
cap; whole numbers, grade and temperature. All arithmetic is double precision, since
numeric is several times slower. FENCE keeps PostgreSQL from pulling a level up and computing its
expressions once per use.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scoring.engine.activities import Needed, engagement_of
from scoring.engine.definition import Definition, Group, Rule
from scoring.engine.facts import COMPANY, Searched, facts_of, fit_of
from scoring.engine.fragments import FENCE, Fragment, Later, join
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
    " LEFT JOIN (SELECT q.version_id, q.started_at FROM"
    " (SELECT * FROM scoring_rescore WHERE cause = 'publish' AND leads_total > 0"
    " ORDER BY started_at DESC, id DESC LIMIT 1) q"
    " JOIN scoring_scoringmodelversion v ON v.id = q.version_id AND v.state = 'live'"
    " JOIN scoring_scoringmodel p ON p.id = v.model_id AND p.is_primary"
    " WHERE q.finished_at IS NOT NULL"
    ") r ON r.version_id <> k.score_version_id AND r.started_at >= k.scored_at"
    " WHERE k.id BETWEEN %s AND %s AND COALESCE(r.version_id, k.score_version_id) = %s"
    " AND k.score IS NOT NULL AND NOT EXISTS"
    " (SELECT FROM scoring_scoringrequest w WHERE w.lead_id = k.id)) m",
    (FIRST_ID, LAST_ID, VERSION_ID),
)
NUMBERS = ("score", "fit", "engagement", "grade", "temperature", "scored_at", "score_version_id")
LEAD = " JOIN leadapp_lead l ON l.id = m.lead_id AND NOT l.do_not_score"
OF_THE_LEAD = "a.lead_id = m.lead_id"
ONE_MOMENT = Fragment("(SELECT %s::timestamptz AS as_of) m", (AS_OF,))
SEVERAL_MOMENTS = Fragment("(SELECT unnest(%s::timestamptz[]) AS as_of) m", (AS_OFS,))


def of_moments(definition: Definition, *, moments: Fragment = MOMENTS) -> Fragment:
    """Return a SELECT of one row per moment: lead_id, as_of, fit, engagement, score, grade, temperature.

    It wants `lead_ids` and `as_ofs`, or what other `moments` want.
    """
    fit, engagement = fit_of(definition), engagement_of(definition)
    columns = [_engagement_sum(definition, engagement.points) + " AS engagement_bounded"]
    return _whole(
        [_Result(definition)],
        "SELECT l.id AS lead_id, m.as_of, " + _fit_sum(definition, fit.points) + " AS fit_bounded"
        + ", e.engagement_bounded FROM " + moments + LEAD + fit.source
        + " CROSS JOIN LATERAL (" + engagement.select(columns, OF_THE_LEAD) + ") e",
    )  # fmt: skip


def of_range(definition: Definition) -> Fragment:
    """Return the same SELECT for all leads from `first_id` to `last_id` at one moment `as_of`.

    Behind its numbers stand those that the lead has now, as stored_score and so on: whoever was scored later
    than `as_of` is not to be scored again.
    """
    return of_many([definition], leads=in_range, moments=ONE_MOMENT, also=NUMBERS)


def in_range(lead_id: str) -> Fragment:
    """Pick leads from `first_id` to `last_id`."""
    return Fragment(f"{lead_id} BETWEEN %s AND %s", (FIRST_ID, LAST_ID))


def in_list(lead_id: str) -> Fragment:
    """Pick the leads of `lead_ids`."""
    return Fragment(f"{lead_id} = ANY(%s::bigint[])", (LEAD_IDS,))


def of_many(
    definitions: Sequence[Definition],
    *,
    leads: Callable[[str], Fragment],
    moments: Fragment,
    also: Sequence[str] = (),
) -> Fragment:
    """Return a SELECT of one row per lead and moment, with the numbers of each definition.

    Those of the first are called as in `of_moments`, those of the others have _1, _2 … behind; `also` are
    columns of the lead to hand on, with stored_ before their names. The activities are read once and grouped
    by lead, instead of looking them up lead by lead; what definitions have in common is computed once.
    Parallel workers may share the reading.
    """
    searched, needed = Searched(), Needed()
    fits, engagements = _Sums("fit_bounded"), _Sums("engagement_bounded")
    results = []
    for number, definition in enumerate(definitions):
        fit, engagement = fit_of(definition, searched), engagement_of(definition, needed)
        results.append(
            _Result(
                definition,
                fit=fits.name(_fit_sum(definition, fit.points)),
                engagement=engagements.name(_engagement_sum(definition, engagement.points), definition),
                suffix=f"_{number}" if number else "",
            )
        )
    is_one = moments == ONE_MOMENT
    per_lead = "SELECT x.lead_id, " + ("" if is_one else "x.as_of, ") + engagements.columns()
    per_lead += " FROM (" + needed.select(leads("a.lead_id"), moments) + ") x GROUP BY x.lead_id"
    return _whole(
        results,
        "SELECT l.id AS lead_id, m.as_of, " + fits.columns() + engagements.of_all("e")
        + "".join(f", l.{name} AS stored_{name}" for name in also)
        + " FROM " + moments + " JOIN leadapp_lead l ON " + leads("l.id") + " AND NOT l.do_not_score"
        + COMPANY + searched.joins()
        + " LEFT JOIN (" + per_lead + ("" if is_one else ", x.as_of") + ") e ON e.lead_id = l.id"
        + ("" if is_one else " AND e.as_of = m.as_of"),
        parts="".join(f", w.stored_{name}" for name in also),
    )  # fmt: skip


class _Sums:
    """Sums of several definitions, each only once, and what an engagement is worth without any activity."""

    def __init__(self, name: str) -> None:
        self.prefix = name
        self.names: dict[Fragment, str] = {}
        self.without: dict[str, int] = {}

    def name(self, value: Fragment, definition: Definition | None = None) -> str:
        """Return what the column of a sum is called."""
        number = len(self.names)
        name = self.names.setdefault(value, f"{self.prefix}_{number}" if number else self.prefix)
        if definition is not None:
            low, high = definition.engagement_bounds
            self.without[name] = max(low, min(0, high))
        return name

    def columns(self) -> Fragment:
        """Return the sums, each under its name."""
        return join(", ", [value + f" AS {name}" for value, name in self.names.items()])

    def of_all(self, letter: str) -> str:
        """Return the sums that a join found, or what they are without any activity."""
        return "".join(
            f", COALESCE({letter}.{name}, {without}::float8) AS {name}"
            for name, without in self.without.items()
        )


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
        _fit_sum(definition, points) + " AS fit_bounded",
        _engagement_sum(definition, points) + " AS engagement_bounded",
        _dimension_sum(definition, Dimension.FIT, points) + " AS fit_sum",
        _dimension_sum(definition, Dimension.ENGAGEMENT, points) + " AS engagement_sum",
        *(_group_sum(definition, group, points) + f" AS g{group.id}" for group in definition.groups),
    ]
    per_dimension = "SELECT r.*, " + join(", ", sums) + " FROM (" + per_rule + f"{FENCE}) r"
    return _whole([_Result(definition)], per_dimension, parts=", w.*")


@dataclass(frozen=True)
class _Result:
    """The numbers of one definition: where its sums are, and what stands behind the names of its numbers."""

    definition: Definition
    fit: str = "fit_bounded"
    engagement: str = "engagement_bounded"
    suffix: str = ""


def _whole(results: Sequence[_Result], bounded_sums: Fragment, *, parts: str = "") -> Fragment:
    """Return a SELECT of whole numbers, grades and temperatures over one of bounded sums."""
    whole = [f"d.{name}::integer AS whole_{name}" for name in dict.fromkeys(r.fit for r in results)]
    whole += [
        f"floor(round(d.{name} * 1e6::float8) / 1e6::float8 + 0.5::float8)::integer AS whole_{name}"
        for name in dict.fromkeys(r.engagement for r in results)
    ]
    numbers = f"SELECT d.*, {', '.join(whole)} FROM (" + bounded_sums + f"{FENCE}) d{FENCE}"
    columns = ", ".join(_numbers(result) for result in results)
    return f"SELECT w.lead_id, w.as_of, {columns}{parts} FROM (" + numbers + ") w"


def _numbers(result: _Result) -> str:
    """Return fit, engagement, score, grade and temperature of one definition."""
    definition = result.definition
    fit, engagement, behind = f"w.whole_{result.fit}", f"w.whole_{result.engagement}", result.suffix
    a, b, c = definition.fit_grades
    one, two, three = definition.engagement_grades
    score = f"({fit} + {engagement})"
    return (
        f"{fit} AS fit{behind}, {engagement} AS engagement{behind}, GREATEST(0, {score}) AS score{behind},"
        f" CASE WHEN {fit} >= {a} THEN 'A' WHEN {fit} >= {b} THEN 'B' WHEN {fit} >= {c} THEN 'C' ELSE 'D' END"
        f" || CASE WHEN {engagement} >= {one} THEN '1' WHEN {engagement} >= {two} THEN '2'"
        f" WHEN {engagement} >= {three} THEN '3' ELSE '4' END AS grade{behind},"
        f" CASE WHEN {score} >= {definition.hot_from} THEN 'hot'"
        f" WHEN {score} >= {definition.warm_from} THEN 'warm' ELSE 'cold' END AS temperature{behind}"
    )


def _fit_sum(definition: Definition, points: Points) -> Fragment:
    return bounded(_dimension_sum(definition, Dimension.FIT, points), definition.fit_bounds)


def _engagement_sum(definition: Definition, points: Points) -> Fragment:
    return bounded(_dimension_sum(definition, Dimension.ENGAGEMENT, points), definition.engagement_bounds)


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
