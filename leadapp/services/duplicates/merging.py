"""Unite two leads that are one person: everything of the loser is the winner's from then on.

The loser is no row of the lead table any more, so that no list, score or report has to leave it out; what it
was is kept with the merge, and its addresses lead to the winner (docs/identity.md).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from leadapp.access import Actor, require, user_of
from leadapp.errors import Conflict, Invalid, NotFound
from leadapp.models import (
    Activity,
    ActivityType,
    Company,
    DuplicatePair,
    Lead,
    LeadIdentifier,
    Merge,
    MergedRows,
    User,
)
from leadapp.services.duplicates import choices as choosing
from leadapp.services.duplicates.owning import Ownership, tell_owners
from leadapp.services.duplicates.tables import Column, as_rows, move_rows
from leadapp.services.identity.contacts import linkedin_profile
from leadapp.services.identity.resolving import EMAIL, LINKEDIN, PHONE
from leadapp.services.inserts import insert_unless_present
from leadapp.services.intake.recording import try_again
from leadapp.services.leads.changes import NO_SCORE, UPDATED
from qualification.models import Assignment, Move, WakeUp
from qualification.services.locks import lock_whole
from qualification.services.moves.writing import Standing, write_moves
from scoring.models import Cause, ScoreOverride
from scoring.services.queue import request_scoring
from scoring.tasks import nudge

MERGE = "leadapp.merge_lead"
MERGED = "lead.merged"
SOURCE = "merge"
OWN_PAGES = "leadapp"


def merge_leads(
    *,
    winner: Lead,
    loser: Lead,
    actor: Actor,
    now: datetime,
    choices: Mapping[str, str] | None = None,
    seen: Mapping[int, datetime] | None = None,
    probability: float | None = None,
) -> Merge:
    """Unite `loser` with `winner`.

    `choices` say of single facts (job_title, company, owner, attributes.KEY …) whose is taken: "winner" or
    "loser"; else it is the winner's, or the loser's where the winner has none. `seen` are the moments of
    the last change of the leads as somebody saw them. Raise Conflict if one of them changed since, or is
    gone by now; nothing is written then.
    """
    require(actor, MERGE, _("You may not merge leads."))
    if winner.pk == loser.pk:
        raise Invalid(_("A lead cannot be merged with itself."))
    merge = try_again(lambda: _merge(winner.pk, loser.pk, actor, now, choices or {}, seen or {}, probability))
    nudge()
    return merge


def _merge(
    winner_id: int,
    loser_id: int,
    actor: Actor,
    now: datetime,
    choices: Mapping[str, str],
    seen: Mapping[int, datetime],
    probability: float | None,
) -> Merge:
    winner, loser = _lock(winner_id, loser_id, actor, seen)
    facts = choosing.chosen(winner, loser, choices)
    standing = loser if choosing.stands_further(loser, winner) else None
    owner_id = facts.get("owner", winner.owner_id)
    owners = (winner.owner_id, loser.owner_id)
    ownership = Ownership(winner, loser, owner_id=owner_id, status=(standing or winner).status)
    merge = Merge.objects.create(
        winner=winner,
        loser_id=loser.pk,
        loser_name=loser.name[:300],
        loser=as_rows([loser])[0],
        before={name: as_json(value_of(winner, name)) for name in facts},
        after={name: as_json(value) for name, value in facts.items()},
        at=now,
        actor=user_of(actor),
        probability=probability if probability is not None else _probability(winner, loser),
    )
    further = _further_names(winner, loser, facts)
    move_rows(merge, ending=_ending(winner, loser, ownership, standing), now=now)
    Lead.objects.filter(pk=loser.pk)._raw_delete(Lead.objects.db)
    _write_facts(winner, facts, now)
    written: dict[str, list[int]] = {
        "leadapp.LeadIdentifier.lead": _name(winner, further, now),
        Column(Assignment, "lead").label: ownership.write(
            winner, reason=_("Merged with %(name)s") % {"name": loser.name}, actor=actor, now=now
        ),
    }
    if standing is not None:
        written["qualification.StageChange.lead"] = _move(winner, standing, actor, now)
    MergedRows.objects.bulk_create(
        MergedRows(merge=merge, table=table, fate=MergedRows.Fate.WRITTEN, ids=ids)
        for table, ids in written.items()
        if ids
    )
    _carry_decisions(merge, winner)
    _record(merge, winner, actor, now)
    tell_owners(merge, winner, owners=owners, now=now)
    request_scoring(lead_ids=[winner.pk], cause=Cause.FACTS, now=now)
    return merge


def _lock(winner_id: int, loser_id: int, actor: Actor, seen: Mapping[int, datetime]) -> tuple[Lead, Lead]:
    locked = lock_whole([winner_id, loser_id])
    if isinstance(actor, User):
        visible = set(Lead.objects.visible_to(actor).filter(pk__in=locked).values_list("pk", flat=True))
        if visible != set(locked):
            raise NotFound(_("There is no such lead."))
    if len(locked) < 2:
        gone = ({winner_id, loser_id} - locked.keys()).pop()
        if Merge.objects.filter(loser_id=gone, undone_at=None).exists():
            raise Conflict(_("Somebody merged these leads meanwhile."))
        raise NotFound(_("This lead does not exist any more."))
    for pk, moment in seen.items():
        if pk in locked and locked[pk].updated_at != moment:
            raise Conflict(
                _("Somebody changed %(name)s meanwhile. Look again before you merge.")
                % {"name": locked[pk].name}
            )
    return locked[winner_id], locked[loser_id]


def _probability(winner: Lead, loser: Lead) -> float | None:
    first, second = sorted((winner.pk, loser.pk))
    pair = DuplicatePair.objects.filter(first=first, second=second).first()
    return pair.probability if pair else None


def _ending(
    winner: Lead, loser: Lead, ownership: Ownership, standing: Lead | None
) -> dict[type[Any], Sequence[int]]:
    """Say of which lead what can run only once ends."""
    ending: dict[type[Any], Sequence[int]] = {Assignment: ownership.ending}
    # A lead wakes from the nurture that it is in.
    ending[WakeUp] = [winner.pk if standing is loser else loser.pk]
    if ScoreOverride.objects.filter(lead=winner, ended_at=None).exists():
        ending[ScoreOverride] = [loser.pk]
    return ending


def value_of(lead: Lead, name: str) -> Any:
    """Return a fact that can be chosen, a link as its id."""
    if name.startswith(choosing.ATTRIBUTE):
        return lead.attributes.get(name.removeprefix(choosing.ATTRIBUTE))
    return getattr(lead, f"{name}_id" if name in choosing.LINKS else name)


def as_json(value: Any) -> Any:
    """Return a fact as a merge keeps it."""
    return value.isoformat() if isinstance(value, datetime) else value


def _further_names(winner: Lead, loser: Lead, facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the addresses, numbers and profiles of both that the winner does not show any more."""
    names: list[tuple[str, str]] = []
    for kind, name in ((EMAIL, "email"), (PHONE, "phone"), (LINKEDIN, "linkedin_url")):
        left = facts.get(name, getattr(winner, name))
        others = {getattr(winner, name), getattr(loser, name)} - {left, None, ""}
        names += [(kind, linkedin_profile(value) if kind == LINKEDIN else value) for value in others]
    return sorted((kind, value) for kind, value in names if value)


def _name(winner: Lead, names: Sequence[tuple[str, str]], now: datetime) -> list[int]:
    rows = [LeadIdentifier(lead=winner, kind=kind, value=value, created_at=now) for kind, value in names]
    return [pk for (pk,) in insert_unless_present(rows, returning=["id"])]


def _write_facts(winner: Lead, facts: Mapping[str, Any], now: datetime) -> None:
    columns = choosing.write(winner, facts)
    winner.updated_at = now
    if winner.do_not_score:
        for name, value in NO_SCORE.items():
            setattr(winner, name, value)
        columns = [*columns, *NO_SCORE]
    winner.save(update_fields=[*columns, "updated_at"])
    # An address that it shows is no further one.
    if winner.email:
        LeadIdentifier.objects.filter(lead=winner, kind=EMAIL, value=winner.email).delete()


def _move(winner: Lead, loser: Lead, actor: Actor, now: datetime) -> list[int]:
    changes = write_moves(
        [winner],
        to=Standing(
            stage=loser.stage if loser.stage != winner.stage else None,
            status=loser.status if loser.status != winner.status else None,
            because=loser.disqualify_reason,
        ),
        move=Move.MERGE,
        reason=loser.status_reason or _("Merged with %(name)s") % {"name": loser.name},
        actor=actor,
        now=now,
    )
    return [change.pk for change in changes]


def _carry_decisions(merge: Merge, winner: Lead) -> None:
    """Keep in mind who is not the loser: they are not the winner either."""
    kept = MergedRows.objects.filter(
        merge=merge, table__startswith=DuplicatePair._meta.label, fate=MergedRows.Fate.KEPT
    )
    fields = [row["fields"] for part in kept for row in part.rows]
    decided = [one for one in fields if one["state"] == DuplicatePair.State.DISMISSED]
    pairs = []
    for one in decided:
        other = one["second"] if one["first"] == merge.loser_id else one["first"]
        if other != winner.pk:
            first, second = sorted((winner.pk, other))
            pairs.append(
                DuplicatePair(
                    first_id=first,
                    second_id=second,
                    state=DuplicatePair.State.DISMISSED,
                    decided_at=one["decided_at"],
                    decided_by_id=one["decided_by"],
                    found_at=one["found_at"],
                )
            )
    DuplicatePair.objects.bulk_create(pairs, ignore_conflicts=True)


def _record(merge: Merge, winner: Lead, actor: Actor, now: datetime) -> None:
    said = {"merge": merge.pk, "lead": merge.loser_id, "name": merge.loser_name}
    records = [(winner.pk, MERGED, said | {"is_automatic": actor is None})]
    if merge.after:
        records.append((winner.pk, UPDATED, readable(merge.before, merge.after) | {"by": SOURCE}))
    keep_records(records, actor=actor, now=now)


def keep_records(records: Sequence[tuple[int, str, dict[str, Any]]], *, actor: Actor, now: datetime) -> None:
    """Write into the histories of leads what was done to them: (lead, type, properties) each."""
    slugs = {slug for _lead, slug, _properties in records}
    types = {kind.slug: kind for kind in ActivityType.objects.filter(slug__in=slugs)}
    Activity.objects.bulk_create(
        Activity(
            lead_id=lead_id,
            type=types[slug],
            occurred_at=now,
            received_at=now,
            source=OWN_PAGES,
            properties=properties,
            actor=user_of(actor),
        )
        for lead_id, slug, properties in records
    )


def readable(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts before and after as the history of a lead has them: a company by its name."""
    ids = {one["company"] for one in (before, after) if one.get("company")}
    names = dict(Company.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}

    def told(facts: Mapping[str, Any]) -> dict[str, Any]:
        left = {name: value for name, value in facts.items() if name not in ("owner", "created_at")}
        return left | ({"company": names.get(left["company"])} if "company" in left else {})

    return {"before": told(before), "after": told(after)}
