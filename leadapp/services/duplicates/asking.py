"""Ask for two leads to be compared because a request spoke of them as one person."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from leadapp.services.identity.resolving import Person

SUSPECT = """
INSERT INTO leadapp_duplicatepair
    (first_id, second_id, probability, evidence, named_together, state, found_at)
SELECT first_id, second_id, 0, '[]', array_agg(DISTINCT kind ORDER BY kind), 'open', %s
FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS said (first_id, second_id, kind)
GROUP BY first_id, second_id ORDER BY first_id, second_id
ON CONFLICT (first_id, second_id) DO UPDATE SET named_together = (
    SELECT array_agg(DISTINCT kind ORDER BY kind)
    FROM unnest(leadapp_duplicatepair.named_together || EXCLUDED.named_together) AS kind
)
WHERE NOT leadapp_duplicatepair.named_together @> EXCLUDED.named_together
RETURNING first_id
"""
COMPARE = "INSERT INTO leadapp_matchrequest (lead_id) SELECT unnest(%s::bigint[])"


def suspect(at_odds: Iterable[tuple[Person, Person, str]], *, now: datetime) -> None:
    """Note pairs of leads that a request called by one another's names; a worker weighs them."""
    said = {
        (*sorted((one.lead.pk, other.lead.pk)), kind)
        for one, other, kind in at_odds
        if one.lead != other.lead
    }
    if not said:
        return
    first, second, kinds = zip(*sorted(said), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(SUSPECT, [now, list(first), list(second), list(kinds)])
        cursor.execute(COMPARE, [sorted({pk for (pk,) in cursor.fetchall()})])
