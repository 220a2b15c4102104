"""Tags of leads, one or many at once: put on, taken off, and that taken back."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from leadapp.access import Actor, require_may_work, user_of
from leadapp.errors import Invalid, NotFound, Refused
from leadapp.models import Lead, LeadTag, Tag
from leadapp.models.tags import LONGEST_TAG
from leadapp.services.inserts import insert_unless_present
from leadapp.services.texts import text_fault
from qualification.services.locks import lock_whole

MOST_TAGS = 20
INSERT = """
INSERT INTO leadapp_leadtag (lead_id, tag_id, added_by_id, added_at)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::timestamptz[])
ON CONFLICT DO NOTHING RETURNING id, lead_id
"""


@dataclass(frozen=True)
class Untagged:
    """A tag that was taken off a lead, and who had put it on, and when."""

    lead_id: int
    tag_id: int
    added_by_id: int | None
    added_at: datetime


@dataclass(frozen=True)
class Tagged:
    """How it went with one lead: what was put on and taken off, as an undo needs it, or the refusal."""

    lead_id: int
    added: Sequence[int] = ()
    removed: Sequence[Untagged] = ()
    refused: Refused | None = None


def read_tags(text: str) -> list[str]:
    """Return the tags that somebody wrote, with commas between them."""
    return [part for part in text.split(",") if part.strip()]


def clean_tags(names: Iterable[str], *, field: str = "tags") -> list[str]:
    """Return tags without needless spaces, each once however it is written, or raise Invalid."""
    found: dict[str, str] = {}
    for name in names:
        word = re.sub(r"\s+", " ", name).strip()
        if not word or "," in word or not word.isprintable():
            raise Invalid.field(field, _("A tag is a word or a few, without a comma."))
        if text_fault(word, longest=LONGEST_TAG):
            raise Invalid.field(
                field, _("A tag has at most %(longest)d characters.") % {"longest": LONGEST_TAG}
            )
        found.setdefault(word.lower(), word)
    if len(found) > MOST_TAGS:
        raise Invalid.field(field, _("Name up to %(most)d tags at once.") % {"most": MOST_TAGS})
    return list(found.values())


def change_tags(
    *,
    lead_ids: Collection[int],
    actor: Actor,
    now: datetime,
    add: Iterable[str] = (),
    remove: Iterable[str] = (),
) -> list[Tagged]:
    """Put tags on leads and take tags off, whichever are not there, or there, yet.

    A tag that is new is made. Each lead is judged by itself, and a refusal stops no other lead. One
    transaction, a fixed number of queries.
    """
    wanted, unwanted = clean_tags(add, field="add"), clean_tags(remove, field="remove")
    if both := {name.lower() for name in wanted} & {name.lower() for name in unwanted}:
        raise Invalid.field("remove", _("“%(tag)s” cannot be put on and taken off.") % {"tag": min(both)})
    if not wanted and not unwanted:
        raise Invalid.field("tags", _("Name a tag."))
    with transaction.atomic():
        refusals = _refusals(lead_ids, actor)
        standing = sorted(set(lead_ids) - refusals.keys())
        removed = _take_off(standing, _known(unwanted)) if unwanted else {}
        added = _put_on(standing, _made(wanted, now), actor, now) if wanted and standing else {}
        Lead.objects.filter(pk__in=added.keys() | removed.keys()).update(updated_at=now)
    return [
        Tagged(pk, added.get(pk, []), removed.get(pk, []), refusals.get(pk)) for pk in dict.fromkeys(lead_ids)
    ]


def put_tags(*, tags: Mapping[int, Collection[str]], actor: Actor, now: datetime) -> set[int]:
    """Put clean tags on locked or new leads, in the caller's transaction; rights are the caller's.

    Return the leads that had not all of them.
    """
    names = {name.lower(): name for wanted in tags.values() for name in wanted}
    if not names:
        return set()
    _made(list(names.values()), now)
    found = Tag.objects.annotate(lowered=Lower("name")).filter(lowered__in=names)
    ids = dict(found.values_list("lowered", "pk"))
    user = user_of(actor)
    rows = [
        Untagged(lead_id, ids[name.lower()], user.pk if user else None, now)
        for lead_id, wanted in tags.items()
        for name in wanted
    ]
    return set(_insert(rows))


def undo_tags(*, changes: Collection[Tagged], actor: Actor, now: datetime) -> list[Tagged]:
    """Take back what was put on, and put back what was taken off, as far as nobody did so since.

    Return how it went with each lead: without anything added or removed, nothing of it stood any more.
    """
    with transaction.atomic():
        refusals = _refusals([change.lead_id for change in changes], actor)
        standing = [change for change in changes if change.lead_id not in refusals]
        removed = _delete(LeadTag.objects.filter(pk__in=[pk for change in standing for pk in change.added]))
        gone = [row for change in standing for row in change.removed]
        known = set(Tag.objects.filter(pk__in={row.tag_id for row in gone}).values_list("pk", flat=True))
        added = _insert([row for row in gone if row.tag_id in known]) if gone else {}
        Lead.objects.filter(pk__in=added.keys() | removed.keys()).update(updated_at=now)
    return [
        Tagged(
            change.lead_id,
            added.get(change.lead_id, []),
            removed.get(change.lead_id, []),
            refusals.get(change.lead_id),
        )
        for change in changes
    ]


def tags_of(lead_ids: Collection[int]) -> dict[int, list[str]]:
    """Return the tags of leads by the alphabet, in one query; leads without a tag are left out."""
    found: dict[int, list[str]] = {}
    rows = LeadTag.objects.filter(lead__in=lead_ids).order_by("lead", Lower("tag__name"))
    for lead_id, name in rows.values_list("lead_id", "tag__name"):
        found.setdefault(lead_id, []).append(name)
    return found


def _refusals(lead_ids: Collection[int], actor: Actor) -> dict[int, Refused]:
    """Lock these leads and return the refusals of those that the actor may not work on."""
    leads = lock_whole(lead_ids)
    refusals: dict[int, Refused] = {
        pk: NotFound(_("This lead does not exist any more.")) for pk in set(lead_ids) - leads.keys()
    }
    for pk, lead in leads.items():
        try:
            require_may_work(actor, lead)
        except Refused as refusal:
            refusals[pk] = refusal
    return refusals


def _known(names: Sequence[str]) -> list[int]:
    """Return the ids of tags by their names; those that do not exist are left out."""
    found = Tag.objects.annotate(lowered=Lower("name")).filter(lowered__in=[name.lower() for name in names])
    return list(found.values_list("pk", flat=True).order_by("pk"))


def _made(names: Sequence[str], now: datetime) -> list[int]:
    """Return the ids of tags by their names; new ones are made."""
    by_name = sorted(names, key=str.lower)
    insert_unless_present([Tag(name=name, created_at=now) for name in by_name], returning=["id"])
    return _known(names)


def _put_on(
    lead_ids: Sequence[int], tag_ids: Sequence[int], actor: Actor, now: datetime
) -> Mapping[int, list[int]]:
    user = user_of(actor)
    by = user.pk if user else None
    return _insert([Untagged(lead_id, tag_id, by, now) for lead_id in lead_ids for tag_id in tag_ids])


def _insert(rows: Sequence[Untagged]) -> Mapping[int, list[int]]:
    """Write these rows unless they are there; return the ids of those that were not, by lead."""
    in_order = sorted(rows, key=lambda row: (row.lead_id, row.tag_id))
    columns = (attrgetter(name) for name in ("lead_id", "tag_id", "added_by_id", "added_at"))
    found: dict[int, list[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [list(map(column, in_order)) for column in columns])
        for pk, lead_id in cursor.fetchall():
            found.setdefault(lead_id, []).append(pk)
    return found


def _take_off(lead_ids: Sequence[int], tag_ids: Sequence[int]) -> Mapping[int, list[Untagged]]:
    return _delete(LeadTag.objects.filter(lead__in=lead_ids, tag__in=tag_ids))


def _delete(rows: QuerySet[LeadTag]) -> Mapping[int, list[Untagged]]:
    """Delete these rows of locked leads; return what they were, by lead."""
    found: dict[int, list[Untagged]] = {}
    pks = []
    for row in rows.order_by("pk"):
        pks.append(row.pk)
        found.setdefault(row.lead_id, []).append(
            Untagged(row.lead_id, row.tag_id, row.added_by_id, row.added_at)
        )
    if pks:
        LeadTag.objects.filter(pk__in=pks).delete()
    return found
