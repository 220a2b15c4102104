"""Which kind of activity an event of another system is, by its name; names that nobody knows are learnt."""

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from django.db import connection, transaction

from leadapp.models import ActivityType, EventName
from leadapp.services.inserts import insert_unless_present

Call = EventName.Call
Name = tuple[str, str]  # the call, and the name as it was sent
Key = tuple[str, str]  # the call, and the normal form of the name

# So many names become kinds of activity by themselves; whatever else comes is an OTHER.
MOST_LEARNT = 200
OTHER = "other_event"
LONGEST = 200
SLUG = re.compile(r"[a-z][a-z0-9_]{0,63}")
HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
BETWEEN = re.compile(r"[\W_]+")
# The space of the lock of those who learn ("evnt").
LEARNING = 0x65766E74


def event_key(name: str) -> str:
    """Return what spellings of a name share: "Trial Started", "trial-started" and "trialStarted" are one."""
    plain = HUMP.sub("_", unicodedata.normalize("NFC", name)).casefold()
    return BETWEEN.sub("_", plain).strip("_")[:LONGEST]


def kinds_of(names: Iterable[Name], *, source: str, now: datetime) -> dict[Name, ActivityType]:
    """Return the kind of activity for each name. Events with names that nobody knows become new kinds.

    Those have no rule, so they score nothing until a marketer says so. Beyond MOST_LEARNT of them,
    and for names that are none, it is OTHER.
    """
    keys = {(call, name): (call, event_key(name)) for call, name in names}
    if not keys:
        return {}
    known = _known(keys.values())
    new = {
        key: name
        for (_call, name), key in sorted(keys.items())
        if key[0] == Call.TRACK and key[1] and key not in known and len(name) <= LONGEST
    }
    if new and EventName.objects.filter(learnt_at__isnull=False).count() < MOST_LEARNT:
        known |= _learn(new, source=source, now=now)
    found = {name: known.get(key) or known.get((key[0], "")) for name, key in keys.items()}
    sure = {name: kind for name, kind in found.items() if kind is not None}
    if len(sure) < len(found):
        other = ActivityType.objects.get(slug=OTHER)
        sure |= dict.fromkeys(found.keys() - sure.keys(), other)
    return sure


def known_kinds(names: Iterable[Name]) -> dict[Name, ActivityType]:
    """Return the kind of activity for each name that is in the table. Nothing is learnt."""
    keys = {(call, name): (call, event_key(name)) for call, name in names}
    known = _known(keys.values()) if keys else {}
    return {name: known[key] for name, key in keys.items() if key in known}


def _known(keys: Collection[Key]) -> dict[Key, ActivityType]:
    """Return the kinds by key; pages and screens also by the empty one, which stands for all of them."""
    wanted = {key for _call, key in keys} | {""}
    rows = EventName.objects.filter(key__in=wanted, call__in={call for call, _key in keys})
    return {(row.call, row.key): row.activity_type for row in rows.select_related("activity_type")}


def _learn(new: Mapping[Key, str], *, source: str, now: datetime) -> dict[Key, ActivityType]:
    """Make kinds for new names, as far as there is room; the names are one for whoever comes at once."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LEARNING])
        known = _known(new)
        room = MOST_LEARNT - EventName.objects.filter(learnt_at__isnull=False).count()
        learnt = [key for key in new if key not in known][: max(room, 0)]
        slugs = {key: _slug(key[1]) for key in learnt}
        insert_unless_present(
            [
                ActivityType(slug=slugs[key], label=_line(new[key]), channel=ActivityType.Channel.PRODUCT)
                for key in learnt
            ],
            returning=["slug"],
        )
        # A name that is called like a kind that exists is that kind.
        kinds = {kind.slug: kind for kind in ActivityType.objects.filter(slug__in=slugs.values())}
        EventName.objects.bulk_create(
            EventName(
                call=key[0],
                name=new[key],
                key=key[1],
                activity_type=kinds[slugs[key]],
                learnt_at=now,
                source=source,
            )
            for key in learnt
        )
    return known | {key: kinds[slugs[key]] for key in learnt}


def _line(name: str) -> str:
    """Return a name as a label of one line: anybody can send names, and labels stand in e-mails."""
    return " ".join(name.splitlines())[:100]


def _slug(key: str) -> str:
    """Return the name of the kind: the key itself where it is one, such as trial_started."""
    if SLUG.fullmatch(key):
        return key
    return f"event_{hashlib.sha256(key.encode()).hexdigest()[:16]}"
