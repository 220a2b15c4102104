"""Finding leads and companies by parts of names, addresses and phone numbers, with indexes of trigrams.

Django's icontains compares UPPER(column), which no index here serves; ILIKE on the column itself is
what an index of trigrams answers.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import reduce
from operator import add
from typing import Any

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db import connection, transaction
from django.db.models import F, Lookup, Q, QuerySet
from django.db.models.functions import Greatest

from leadapp.models import Company
from leadapp.models.querysets import LeadQuerySet

MAX_WORDS = 6
PHONE = re.compile(r"[+(]?[0-9][0-9 ()/.-]{4,}")
# How much of a word has to be there for a company to be like it; from which length on that means something.
LIKENESS = 0.35
SHORTEST_TYPO = 4
MOST_ALIKE = 20
# The nearest are looked for first, and no more than so many are compared.
LEAST_ALIKE = (0.6, 0.4)
MOST_COMPARED = 500
# Up to so many are few among all.
FEW = 3_000


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


def few_ids(found: QuerySet[Any]) -> list[int] | None:
    """Return the ids of what a search finds, or None where it finds many.

    Asked for in an order, PostgreSQL walks along the index of that order and compares row by row, which is
    quick only where many are found; few are looked up in the index of trigrams, once.
    """
    ids = list(found.order_by().values_list("pk", flat=True)[: FEW + 1])
    return ids if len(ids) <= FEW else None


def find_companies(companies: QuerySet[Company], text: str) -> QuerySet[Company]:
    """Keep the companies that have every word of the text in the name or the domain."""
    for word in list(dict.fromkeys(text.split()))[:MAX_WORDS]:
        part = escaped(word)
        if len(word) < 3:
            patterns = Q(ILike(F("name"), f"{part}%")) | Q(ILike(F("name"), f"% {part}%"))
            companies = companies.filter(patterns | Q(ILike(F("domain"), f"{part}%")))
        else:
            companies = companies.filter(
                Q(ILike(F("name"), f"%{part}%")) | Q(ILike(F("domain"), f"%{part}%"))
            )
    return companies


def leads_like(leads: LeadQuerySet, text: str) -> list[int]:
    """Return the ids of leads whose name, address or company is spelt nearly like the text, most alike first.

    Each word has to be there or to be like one that is. The nearest are looked for first, so that a word
    that many are a little like is as quick as a rare one.
    """
    misspelt = [part for word in _words(text) if (part := _misspelt_part(word))]
    if not misspelt:
        return []
    likeness = reduce(add, (TrigramWordSimilarity(word, "search__text") for word in misspelt))
    for least in LEAST_ALIKE:
        with _threshold(least):
            near = alike(leads, text).order_by().annotate(likeness=likeness).values_list("likeness", "pk")
            if found := list(near[:MOST_COMPARED]):
                return [pk for _, pk in sorted(found, reverse=True)[:MOST_ALIKE]]
    return []


def alike(leads: LeadQuerySet, text: str) -> LeadQuerySet:
    """Keep the leads that have each word of the text, or one that is as alike as the database shall ask."""
    for word in _words(text):
        has_it, part = Q(ILike(F("search__text"), _pattern(word))), _misspelt_part(word)
        leads = leads.filter(has_it | Q(search__text__trigram_word_similar=part) if part else has_it)
    return leads


def _misspelt_part(word: str) -> str:
    """Return what of a word may be spelt otherwise: of an address what stands before the @.

    The names of companies behind it are like thousands of others.
    """
    part = word.partition("@")[0] or word
    return "" if len(part) < SHORTEST_TYPO or part.isdigit() else part


def companies_like(text: str) -> list[int]:
    """Return the ids of companies whose name or domain is nearly this text, the most alike first."""
    if len(text) < SHORTEST_TYPO:
        return []
    likeness = Greatest(TrigramWordSimilarity(text, "name"), TrigramWordSimilarity(text, "domain"))
    near = Company.objects.filter(Q(name__trigram_word_similar=text) | Q(domain__trigram_word_similar=text))
    for least in (LEAST_ALIKE[0], LIKENESS):
        with _threshold(least):
            found = list(near.annotate(likeness=likeness).values_list("likeness", "pk")[:MOST_COMPARED])
        if found:
            return [pk for _, pk in sorted(found, key=lambda one: (-one[0], one[1]))[:MOST_ALIKE]]
    return []


@contextmanager
def _threshold(likeness: float) -> Iterator[None]:
    """Say how much alike is like, for the index of trigrams."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [str(likeness)]
            )
        yield


def _words(text: str) -> list[str]:
    if PHONE.fullmatch(text.strip()):
        # The digits without the zero of a trunk call, as they stand behind the country code.
        return [re.sub(r"\D", "", text.replace("(0)", "")).lstrip("0") or text.strip()]
    return list(dict.fromkeys(text.split()))[:MAX_WORDS]


def escaped(word: str) -> str:
    """Write a word so that ILIKE takes it as it is."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _pattern(word: str) -> str:
    """Look for one or two letters at the beginning only: fewer than three in the middle make no trigram."""
    return f"% {escaped(word)}%" if len(word) < 3 else f"%{escaped(word)}%"
