"""Finding leads by parts of names, addresses and company names, with the trigram indexes.

Django's icontains compares UPPER(column), which no index here serves; ILIKE on the column itself is
what an index of trigrams answers.
"""

from collections.abc import Sequence
from typing import Any

from django.db.models import F, IntegerField, Lookup, Q, Value

from leadapp.models import Company
from leadapp.models.querysets import LeadQuerySet

MAX_WORDS = 6
# More companies than this have the word in their names ("GmbH"): a list of them would not narrow
# anything down, so names are compared while the leads are read in their order.
MAX_COMPANIES = 500
SEARCHED = ("first_name", "last_name", "email")


class ILike(Lookup):  # type: ignore[type-arg]
    """The condition: column ILIKE pattern."""

    lookup_name = "ilike"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Write the comparison."""
        column, column_params = self.process_lhs(compiler, connection)
        pattern, pattern_params = self.process_rhs(compiler, connection)
        return f"{column} ILIKE {pattern}", [*column_params, *pattern_params]


def find_leads(leads: LeadQuerySet, text: str) -> LeadQuerySet:
    """Keep the leads that have every word of the text in a name, the address, or the company's name.

    Asks for the companies first, in one query: an OR across two tables could not use an index of either.
    """
    words = list(dict.fromkeys(text.split()))[:MAX_WORDS]
    companies = _companies_with(words)
    for word in words:
        found = Q()
        for column in SEARCHED:
            found |= Q(ILike(F(column), _pattern(word)))
        if len(companies[word]) > MAX_COMPANIES:
            found |= Q(ILike(F("company__name"), _pattern(word)))
        elif companies[word]:
            found |= Q(company__in=companies[word])
        leads = leads.filter(found)
    return leads


def _companies_with(words: Sequence[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {word: [] for word in words}
    if not words:
        return found
    queries = [
        Company.objects.filter(Q(ILike(F("name"), _pattern(word))))
        .annotate(word=Value(index, output_field=IntegerField()))
        .values_list("word", "pk")[: MAX_COMPANIES + 1]
        for index, word in enumerate(words)
    ]
    for index, pk in queries[0].union(*queries[1:], all=True) if len(queries) > 1 else queries[0]:
        found[words[index]].append(pk)
    return found


def _pattern(word: str) -> str:
    """Look for one or two letters at the beginning only: fewer than three in the middle make no trigram."""
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"{escaped}%" if len(word) < 3 else f"%{escaped}%"
