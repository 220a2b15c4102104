"""Scores of leads at moments, by any version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db import connection

from scoring.engine.definition import Definition, read_definition
from scoring.engine.fragments import Fragment
from scoring.engine.statement import STORED, explaining, of_moments, of_range
from scoring.models import ScoringModelVersion

STORED_TABLES = Fragment("")


@dataclass(frozen=True)
class Score:
    """The numbers of one lead at one moment."""

    fit: int
    engagement: int
    score: int
    grade: str
    temperature: str


@dataclass(frozen=True)
class Compiled:
    """A version, ready to be run."""

    definition: Definition
    scoring: Fragment
    explaining: Fragment
    rescoring: Fragment
    stored: Fragment


def compiled(version: ScoringModelVersion) -> Compiled:
    """Return the statements of a version: kept for a published one, made anew for a draft."""
    if version.published_at is None:
        return _compile(version)
    return _published(version.pk, version.published_at)


@lru_cache(maxsize=64)
def published_version(version_id: int) -> ScoringModelVersion:
    """Return a version that scored leads, so that it will never change."""
    return ScoringModelVersion.objects.select_related("model").get(pk=version_id)


@lru_cache(maxsize=64)
def _published(version_id: int, published_at: datetime) -> Compiled:
    """Compile a version that will never change; a publish that is rolled back leaves its date behind."""
    return _compile(ScoringModelVersion.objects.get(pk=version_id))


def _compile(version: ScoringModelVersion) -> Compiled:
    definition = read_definition(version)
    return Compiled(
        definition=definition,
        scoring=of_moments(definition),
        explaining=explaining(definition),
        rescoring=of_range(definition),
        stored=of_moments(definition, moments=STORED),
    )


def score_moments(
    *,
    version: ScoringModelVersion,
    moments: Sequence[tuple[int, datetime]],
    tables: Fragment = STORED_TABLES,
) -> list[tuple[int, datetime, Score]]:
    """Score leads at moments, the same lead at several if wanted. Leads that opted out are left out.

    `tables` may stand in for what is stored (scoring.engine.imagined).
    """
    if not moments:
        return []
    statement = tables + compiled(version).scoring
    lead_ids, as_ofs = [lead_id for lead_id, _ in moments], [as_of for _, as_of in moments]
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, statement.bind(lead_ids=lead_ids, as_ofs=as_ofs))
        return [(lead_id, as_of, Score(*numbers)) for lead_id, as_of, *numbers in cursor.fetchall()]


def score_leads(*, version: ScoringModelVersion, moments: Mapping[int, datetime]) -> dict[int, Score]:
    """Score each lead at its moment. Leads that opted out of scoring are left out."""
    scored = score_moments(version=version, moments=list(moments.items()))
    return {lead_id: score for lead_id, _, score in scored}
