"""Finding leads by parts of names, addresses and company names, with the index of trigrams.

Django's icontains compares UPPER(column), which no index here serves; ILIKE on the column itself is
what an index of trigrams answers.
"""

from typing import Any

from django.db.models import F, Lookup, Q

from leadapp.models.querysets import LeadQuerySet

MAX_WORDS = 6


class ILike(Lookup):
    """The condition: column ILIKE pattern."""

    lookup_name = "ilike"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """Write the comparison."""
        column, column_params = self.process_lhs(compiler, connection)
        pattern, pattern_params = self.process_rhs(compiler, connection)
        return f"{column} ILIKE {pattern}", (*column_params, *pattern_params)


def find_leads(leads: LeadQuerySet, text: str) -> LeadQuerySet:
    """Keep the leads that have every word of the text in a name, the address, or the company's name."""
    for word in list(dict.fromkeys(text.split()))[:MAX_WORDS]:
        leads = leads.filter(Q(ILike(F("search__text"), _pattern(word))))
    return leads


def _pattern(word: str) -> str:
    """Look for one or two letters at the beginning only: fewer than three in the middle make no trigram."""
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"% {escaped}%" if len(word) < 3 else f"%{escaped}%"
