"""Which version scores the leads."""

from django.db import connection

from scoring.models import ScoringModelVersion

# The advisory lock between those who write scores (shared) and a publish.
LIVE_VERSION = 7_320_554


def live_version() -> ScoringModelVersion | None:
    """Return the live version of the primary model, which drives the list."""
    return ScoringModelVersion.objects.filter(
        state=ScoringModelVersion.State.LIVE, model__is_primary=True
    ).first()


def keep_live_version() -> ScoringModelVersion | None:
    """Return the live version, and keep it live to the end of the caller's transaction.

    Scores of a version are thus never committed after another one went live.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LIVE_VERSION])
    return live_version()


def replace_live_version() -> None:
    """Wait for those who write scores by a version that is about to be replaced, and keep others waiting."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LIVE_VERSION])
