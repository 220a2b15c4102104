"""What the data hold: the values of a field, the kinds of activity, the properties that events carry.

Marketers pick from these instead of guessing. Large tables are sampled by pages; then counts are estimates.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from leadapp.errors import NotFound
from leadapp.models import ActivityType
from leadapp.numbers import write_number
from scoring.fields import Field, Kind, Scope, find_field

# What is read of a table at most: some 60,000 leads or 130,000 activities, in about a tenth of a second.
MOST_PAGES = 3_000
SOME_PAGES = 500
PAGES = "SELECT GREATEST(1, pg_relation_size(%s) / current_setting('block_size')::int)"

# Values that differ in case only are one; it is written as it is written most often.
COUNT = """
WITH seen AS MATERIALIZED (SELECT {value} AS value FROM {source}),
written AS (SELECT value, count(*) AS n FROM seen WHERE value IS NOT NULL GROUP BY value)
SELECT (array_agg(value ORDER BY n DESC, value))[1], sum(n)::bigint,
    (SELECT count(*) FROM seen), (SELECT count(value) FROM seen)
FROM written WHERE length(value) <= 200 GROUP BY lower(value) HAVING lower(value) LIKE %s
ORDER BY 2 DESC, 1 LIMIT %s
"""
SPREAD = """
SELECT percentile_disc(ARRAY[0, 0.5, 1]) WITHIN GROUP (ORDER BY {value}), count(*), count({value})
FROM {source}
"""
TYPES = "SELECT a.type_id, count(*) FROM {source} WHERE a.voided_at IS NULL GROUP BY a.type_id"
PROPERTIES = """
SELECT name, count(*) FROM {source},
    jsonb_object_keys(CASE jsonb_typeof(a.properties) WHEN 'object' THEN a.properties ELSE '{{}}' END) AS name
WHERE a.voided_at IS NULL{only} GROUP BY name ORDER BY 2 DESC, 1 LIMIT 200
"""


@dataclass(frozen=True)
class KnownValue:
    """A value as it is typed into a condition, as it is said, and how often it occurs."""

    value: str
    label: str
    count: int


@dataclass(frozen=True)
class KnownValues:
    """The most common values of a field, in how many leads (or activities), of which so many have one."""

    field: str
    label: str
    values: tuple[KnownValue, ...]
    of: int
    filled: int
    is_estimate: bool
    are_activities: bool
    # The smallest, the middle and the largest of numbers.
    spread: tuple[float, float, float] | None = None

    @property
    def filled_words(self) -> str:
        """Write how many of how many have one: "About 1,200 of 2,000 leads"."""
        match self.is_estimate, self.are_activities:
            case True, True:
                text = _("About %(filled)s of %(of)s activities")
            case True, False:
                text = _("About %(filled)s of %(of)s leads")
            case False, True:
                text = _("%(filled)s of %(of)s activities")
            case _leads:
                text = _("%(filled)s of %(of)s leads")
        return text % {"filled": write_number(self.filled), "of": write_number(self.of)}


def known_values(field: str, *, types: Sequence[str] = (), search: str = "", limit: int = 20) -> KnownValues:
    """Return the most common values of a field, most common first; those that contain `search` if given.

    Values of an activity may be narrowed to activity types (slugs). Raises NotFound for an unknown field, and
    for one that only gates know.
    """
    found = find_field(field)
    if found is None or found.scopes == {Scope.GATE}:
        raise NotFound(_("There is no field %(field)s.") % {"field": field})
    source, share = _source_of(found, types)
    value, params = f"NULLIF({found.text_sql}, '')", [*found.params, *source.params]
    if found.kind == Kind.NUMBER:
        spread, of, filled = _fetch(SPREAD.format(value=found.sql, source=source.sql), params)[0]
        numbers = tuple(float(number) for number in spread) if spread else None
        values: tuple[KnownValue, ...] = ()
    elif found.kind == Kind.DATE:  # no two are alike
        of, filled, values, numbers = 0, 0, (), None
    else:
        pattern = f"%{search.strip().lower().translate(_ESCAPED)}%"
        rows = _fetch(COUNT.format(value=value, source=source.sql), [*params, pattern, limit])
        of, filled = (rows[0][2], rows[0][3]) if rows else (0, 0)
        values = tuple(
            KnownValue(_typed(found, text), _said(found, text), _scaled(count, share))
            for text, count, *_rest in rows
        )
        numbers = None
    return KnownValues(
        field=field,
        label=_label(found),
        values=values,
        of=_scaled(of, share),
        filled=_scaled(filled, share),
        is_estimate=share < 1,
        are_activities=_is_of_activity(found),
        spread=numbers,  # type: ignore[arg-type]
    )


def known_types() -> dict[str, int]:
    """Return how many activities there are of each kind (slug), about that many when there are very many."""
    source, share = _sampled("leadapp_activity", "a", MOST_PAGES)
    slugs = dict(ActivityType.objects.filter(is_internal=False).values_list("pk", "slug"))
    counted = dict(_fetch(TYPES.format(source=source), []))
    return {slug: _scaled(counted.get(pk, 0), share) for pk, slug in slugs.items()}


def known_properties(types: Sequence[str] = ()) -> dict[str, int]:
    """Return the property names that activities carry, most common first, with about how often."""
    source, share = _sampled("leadapp_activity", "a", SOME_PAGES)
    only, params = _only(types)
    rows = _fetch(PROPERTIES.format(source=source, only=only), params)
    return {name: _scaled(count, share) for name, count in rows}


@dataclass(frozen=True)
class _Source:
    """What is read, with its parameters."""

    sql: str
    params: Sequence[Any] = ()


def _source_of(field: Field, types: Sequence[str]) -> tuple[_Source, float]:
    if _is_of_activity(field):
        source, share = _sampled("leadapp_activity", "a", MOST_PAGES)
        only, params = _only(types)
        return _Source(f"{source} WHERE a.voided_at IS NULL{only}", params), share
    source, share = _sampled("leadapp_lead", "l", MOST_PAGES)
    if field.key.startswith("company."):
        source += " LEFT JOIN leadapp_company c ON c.id = l.company_id"
    return _Source(source), share


def _sampled(table: str, letter: str, pages: int) -> tuple[str, float]:
    """Return the table, or as many of its pages, and the share of it that is."""
    [(size,)] = _fetch(PAGES, [table])
    share = min(1.0, pages / size)
    if share == 1:
        return f"{table} {letter}", 1.0
    # The same pages each time, so that numbers stay while one looks at them.
    return f"{table} {letter} TABLESAMPLE SYSTEM ({100 * share:.4f}) REPEATABLE (7)", share


def _only(types: Iterable[str]) -> tuple[str, list[Any]]:
    slugs = list(types)
    if not slugs:
        return "", []
    ids = ActivityType.objects.filter(slug__in=slugs).values_list("pk", flat=True)
    return " AND a.type_id = ANY(%s::int[])", [list(ids)]


def _fetch(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _is_of_activity(field: Field) -> bool:
    return field.scopes == {Scope.ENGAGEMENT}


def _scaled(count: int, share: float) -> int:
    """Return what a count of the sample means for all, in two digits."""
    if share == 1:
        return count
    whole = round(count / share)
    return round(whole, 2 - len(str(whole)))


def _label(field: Field) -> str:
    plain = field.label.replace("_", " ")
    return plain[:1].upper() + plain[1:]


def _typed(field: Field, text: str) -> str:
    if field.kind == Kind.BOOLEAN:
        return "yes" if text == "true" else "no"
    return text


def _said(field: Field, text: str) -> str:
    if field.kind == Kind.CHOICE:
        return str(dict(field.choices).get(text, text))
    return _typed(field, text)


_ESCAPED = str.maketrans({"\\": r"\\", "%": r"\%", "_": r"\_"})
