"""Finding leads and companies by parts of names, addresses and phone numbers, with indexes of trigrams.

Django's icontains compares UPPER(column), which no index here serves; ILIKE on the column itself is
what an index of trigrams answers.
"""

import re
from typing import Any

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db import connection, transaction
from django.db.models import F, Lookup, Q, QuerySet
from django.db.models.functions import Greatest

from leadapp.models import Company
from leadapp.models.querysets import LeadQuerySet

MAX_WORDS = 6
PHONE = re.compile(r"[+(]?[0-9][0-9 ()/.-]{4,}")
# How much of a word has to be there for a name to be like it, and from which length on that means something.
LIKENESS = 0.35
SHORTEST_TYPO = 4
MOST_ALIKE = 20


class ILike(Lookup):
    """The condition: column ILIKE pattern."""

    lookup_name = "ilike"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """Write the comparison."""
        column, column_params = self.process_lhs(compiler, connection)
        pattern, pattern_params = self.process_rhs(compiler, connection)
        return f"{column} ILIKE {pattern}", (*column_params, *pattern_params)


def find_leads(leads: LeadQuerySet, text: str) -> LeadQuerySet:
    """Keep the leads that have every word of the text in a name, the address or the company's name.

    A text that looks like a phone number is looked for as one, however it is written.
    """
    for word in _words(text):
        leads = leads.filter(Q(ILike(F("search__text"), _pattern(word))))
    return leads


def find_companies(companies: QuerySet[Company], text: str) -> QuerySet[Company]:
    """Keep the companies that have every word of the text in the name or the domain."""
    for word in list(dict.fromkeys(text.split()))[:MAX_WORDS]:
        part = _escaped(word)
        if len(word) < 3:
            patterns = Q(ILike(F("name"), f"{part}%")) | Q(ILike(F("name"), f"% {part}%"))
            companies = companies.filter(patterns | Q(ILike(F("domain"), f"{part}%")))
        else:
            companies = companies.filter(
                Q(ILike(F("name"), f"%{part}%")) | Q(ILike(F("domain"), f"%{part}%"))
            )
    return companies


def companies_like(text: str) -> list[int]:
    """Return the ids of companies whose name or domain is nearly this text, the most alike first."""
    if len(text) < SHORTEST_TYPO:
        return []
    likeness = Greatest(TrigramWordSimilarity(text, "name"), TrigramWordSimilarity(text, "domain"))
    alike = Q(name__trigram_word_similar=text) | Q(domain__trigram_word_similar=text)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [str(LIKENESS)]
            )
        found = Company.objects.filter(alike).annotate(likeness=likeness).order_by("-likeness", "id")
        return list(found.values_list("pk", flat=True)[:MOST_ALIKE])


def _words(text: str) -> list[str]:
    if PHONE.fullmatch(text.strip()):
        # The digits without the zero of a trunk call, as they stand behind the country code.
        return [re.sub(r"\D", "", text.replace("(0)", "")).lstrip("0") or text.strip()]
    return list(dict.fromkeys(text.split()))[:MAX_WORDS]


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _pattern(word: str) -> str:
    """Look for one or two letters at the beginning only: fewer than three in the middle make no trigram."""
    return f"% {_escaped(word)}%" if len(word) < 3 else f"%{_escaped(word)}%"
