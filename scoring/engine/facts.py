# ruff: noqa: S608 - the text is built of identifiers and whole numbers only; values are parameters
"""Fit rules as expressions over a scan of leads `l` and companies `c`."""

from dataclasses import dataclass

from leadapp.models import Match, Operator
from scoring.engine.conditions import ALWAYS, Shape, compile, has_a_word, read_in_place, words_of
from scoring.engine.definition import Definition, Rule
from scoring.engine.fragments import FENCE, Fragment, join
from scoring.engine.sums import capped
from scoring.fields import find_field
from scoring.models import Dimension

COMPANY = " LEFT JOIN leadapp_company c ON c.id = l.company_id"


@dataclass
class Fit:
    """The points of all fit rules before their own caps, and what must be joined to the lead for them."""

    raw: dict[int, Fragment]
    source: Fragment

    def points(self, rule: Rule) -> Fragment:
        """Return the points of a rule after its own cap."""
        return capped(self.raw[rule.id], rule)


def fit_of(definition: Definition, searched: "Searched | None" = None) -> Fit:
    """Return the expressions of the fit rules; several definitions may share what is searched."""
    searched = searched or Searched()
    raw = {
        rule.id: "CASE WHEN " + searched.holds(rule) + f" THEN {rule.points}::float8 ELSE 0::float8 END"
        for rule in definition.of_dimension(Dimension.FIT)
    }
    return Fit(raw, COMPANY + searched.joins())


def facts_of(rule: Rule) -> Fragment:
    """Return SQL for the values that the conditions of a rule look at, as texts."""
    fields = [find_field(key) for key, _, _ in rule.conditions]
    return "ARRAY[" + join(", ", [Fragment(f.text_sql, f.params) for f in fields if f]) + "]::text[]"


class Searched:
    """Texts in which several rules look for words: taken apart once, and once per value, not per lead.

    Each becomes a lateral join that depends on a single field, so that PostgreSQL remembers the answers for
    values it has seen (Memoize): titles and industries repeat.
    """

    def __init__(self) -> None:
        self.answers: dict[str, list[Fragment]] = {}

    def holds(self, rule: Rule) -> Fragment:
        """Return SQL that is true where the conditions of a rule hold."""
        parts = [self._condition(*condition) for condition in rule.conditions]
        if not parts:
            return ALWAYS
        return "(" + join(" OR " if rule.match == Match.ANY else " AND ", parts) + ")"

    def _condition(self, key: str, operator: str, value: object) -> Fragment:
        if operator != Operator.MATCHES_LIST:
            return compile(key, operator, value)  # type: ignore[arg-type]
        answers = self.answers.setdefault(key, [])
        answer = has_a_word(Fragment("t.words"), value)  # type: ignore[arg-type]
        if answer not in answers:
            answers.append(answer)
        return Fragment(f"w{list(self.answers).index(key)}.k{answers.index(answer) + 1}")

    def joins(self) -> Fragment:
        """Return the lateral joins."""
        return join("", (self._join(f"w{index}", key) for index, key in enumerate(self.answers)))

    def _join(self, name: str, key: str) -> Fragment:
        searched = find_field(key)
        if searched is None:
            return Fragment("")
        columns = (
            "COALESCE(" + answer + f", FALSE) AS k{n}" for n, answer in enumerate(self.answers[key], 1)
        )
        text = "lower(" + read_in_place(searched, Shape.TEXT) + ")"
        return (
            " CROSS JOIN LATERAL (SELECT " + join(", ", columns)
            + " FROM (SELECT " + words_of(text) + f" AS words{FENCE}) t{FENCE}) {name}"
        )  # fmt: skip
