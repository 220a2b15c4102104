"""Compare leads that are new or changed with those that share a key with them, in a worker.

One transaction per round: a worker that is killed leaves the requests where they were. Leads that are
compared cannot be erased meanwhile; those that somebody is about to erase are passed over, so that nobody
waits in a ring.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import datetime

from django.db import connection, transaction

from leadapp.models import DuplicatePair, Lead, MatchKey, MatchRequest
from leadapp.services.duplicates.keys import keys_of
from leadapp.services.duplicates.traits import Traits, read_traits
from leadapp.services.duplicates.weighing import Weighed, weigh
from leadapp.services.inserts import insert_unless_present

# A key that more share than this tells nobody apart; the others find who they are.
MOST_PER_KEY = 50
# Less probable pairs are not kept.
WORTH_A_LOOK = 0.5

# Whoever erases a lead locks it before its rows: it waits for this transaction, or is passed over here.
# By arrays, not joins, as scoring.services.queue claims: the queue is mostly empty.
CLAIM = """
WITH head AS MATERIALIZED (
    SELECT q.lead_id FROM leadapp_matchrequest q JOIN leadapp_lead l ON l.id = q.lead_id
    ORDER BY q.id LIMIT %s FOR UPDATE OF q SKIP LOCKED FOR KEY SHARE OF l SKIP LOCKED
), taken AS MATERIALIZED (
    SELECT r.id FROM leadapp_matchrequest r
    WHERE r.lead_id = ANY(ARRAY(SELECT lead_id FROM head)) FOR UPDATE SKIP LOCKED
)
DELETE FROM leadapp_matchrequest r WHERE r.id = ANY(ARRAY(SELECT id FROM taken)) RETURNING r.lead_id
"""
# Keys of the leads that are still there, in the order of the unique key.
FORGET_KEYS = "DELETE FROM leadapp_matchkey WHERE lead_id = ANY(%s)"
# Those with whom a lead shares a key, through the index and bounded for each key.
SHARING = """
SELECT DISTINCT LEAST(m.lead_id, o.lead_id), GREATEST(m.lead_id, o.lead_id)
FROM leadapp_matchkey m CROSS JOIN LATERAL (
    SELECT lead_id FROM leadapp_matchkey WHERE key = m.key AND lead_id <> m.lead_id
    ORDER BY lead_id DESC LIMIT %s
) o WHERE m.lead_id = ANY(%s)
"""
HOLD = "SELECT id FROM leadapp_lead WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE SKIP LOCKED"
KEEP = """
INSERT INTO leadapp_duplicatepair
    (first_id, second_id, probability, evidence, named_together, state, found_at)
SELECT first_id, second_id, probability, evidence::jsonb, '{}', 'open', %s
FROM unnest(%s::bigint[], %s::bigint[], %s::float8[], %s::text[])
    AS f (first_id, second_id, probability, evidence)
WHERE probability >= %s OR EXISTS (
    SELECT FROM leadapp_duplicatepair p WHERE p.first_id = f.first_id AND p.second_id = f.second_id
)
ORDER BY first_id, second_id
ON CONFLICT (first_id, second_id)
DO UPDATE SET probability = EXCLUDED.probability, evidence = EXCLUDED.evidence
"""

Pair = tuple[int, int]


def is_waiting() -> bool:
    """Tell whether a lead waits to be compared."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM leadapp_matchrequest)")
        return bool(cursor.fetchone()[0])


def compare_waiting(*, now: datetime, limit: int = 200) -> int:
    """Compare the leads that have waited longest with those like them; return how many.

    A fixed number of queries. Pairs that people have decided on get their new weight and stay decided.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(CLAIM, [limit])
            lead_ids = sorted({lead_id for (lead_id,) in cursor.fetchall()})
        if not lead_ids:
            return 0
        traits = read_traits(lead_ids)
        _write_keys(traits)
        hinted = _hinted(lead_ids)
        pairs = _sharing(list(traits)) | hinted.keys()
        if others := {pk for pair in pairs for pk in pair} - traits.keys():
            held = _hold(others)
            traits |= read_traits(held)
            _compare_again(pairs, others - held)
        _keep(
            {
                pair: weigh(traits[pair[0]], traits[pair[1]], named_together=hinted.get(pair, ()))
                for pair in sorted(pairs)
                if pair[0] in traits and pair[1] in traits
            },
            now,
        )
    return len(lead_ids)


def _write_keys(traits: Mapping[int, Traits]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FORGET_KEYS, [list(traits)])
    rows = sorted((key, lead_id) for lead_id, one in traits.items() for key in keys_of(one))
    insert_unless_present([MatchKey(lead_id=lead_id, key=key) for key, lead_id in rows], returning=["id"])


def _hinted(lead_ids: Collection[int]) -> dict[Pair, list[str]]:
    """Return the pairs of these leads that are known already, with the names by which both were called."""
    known = DuplicatePair.objects.filter(first__in=lead_ids) | DuplicatePair.objects.filter(
        second__in=lead_ids
    )
    return {
        (first, second): kinds
        for first, second, kinds in known.values_list("first_id", "second_id", "named_together")
    }


def _sharing(lead_ids: Collection[int]) -> set[Pair]:
    with connection.cursor() as cursor:
        cursor.execute(SHARING, [MOST_PER_KEY, list(lead_ids)])
        return set(cursor.fetchall())


def _hold(lead_ids: Collection[int]) -> set[int]:
    """Keep leads from being erased until the transaction ends; return those that nobody is about to erase."""
    with connection.cursor() as cursor:
        cursor.execute(HOLD, [sorted(lead_ids)])
        return {pk for (pk,) in cursor.fetchall()}


def _compare_again(pairs: Collection[Pair], not_held: Collection[int]) -> None:
    """Let those wait on that share a key with somebody who may be gone in a moment, or may stay after all."""
    if not not_held:
        return
    staying = set(Lead.objects.filter(pk__in=not_held).values_list("pk", flat=True))
    waiting = {pk for pair in pairs if staying.intersection(pair) for pk in pair} - set(not_held)
    MatchRequest.objects.bulk_create(MatchRequest(lead_id=pk) for pk in sorted(waiting))


def _keep(weighed: Mapping[Pair, Weighed], now: datetime) -> None:
    if not weighed:
        return
    columns = (
        [pair[0] for pair in weighed],
        [pair[1] for pair in weighed],
        [one.probability for one in weighed.values()],
        [json.dumps([asdict(seen) for seen in one.seen]) for one in weighed.values()],
    )
    with connection.cursor() as cursor:
        cursor.execute(KEEP, [now, *columns, WORTH_A_LOOK])
