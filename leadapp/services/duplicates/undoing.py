"""Take a merge back: both leads are there again, each with what was its own.

What came in after the merge stays with the winner, facts that were changed since stay as they are, and what a
merge wrote is taken back only where nobody has gone on with it. Who said no since said it for both.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from leadapp.access import Actor, key_of, require, user_of
from leadapp.errors import Conflict, NotFound
from leadapp.models import (
    DuplicatePair,
    Lead,
    LeadIdentifier,
    Merge,
    MergedRows,
    Status,
)
from leadapp.services.duplicates import choices as choosing
from leadapp.services.duplicates.merging import MERGE, as_json, keep_records, readable, value_of
from leadapp.services.duplicates.owning import tell_of_undo
from leadapp.services.duplicates.tables import Column, from_rows, put_back
from leadapp.services.intake.recording import try_again
from leadapp.services.leads.changes import NO_SCORE, UPDATED
from leadapp.services.privacy.opt_out import said_no_since
from qualification.models import Assignment, Move, StageChange
from qualification.services.gates.inbox import ask_for_evaluation
from qualification.services.locks import lock_whole
from scoring.models import Cause
from scoring.services.queue import request_scoring
from scoring.tasks import nudge

UNMERGED = "lead.unmerged"


def undo_merge(*, merge: Merge, actor: Actor, now: datetime) -> Lead:
    """Make two leads of one again; return the one that had gone, under its old id.

    Raise Conflict if it was undone already, or if the winner was merged with another lead since: that merge
    is undone first. The two are remembered as not the same person.
    """
    require(actor, MERGE, _("You may not merge leads, nor undo that."))
    lead = try_again(lambda: _undo(merge.pk, actor, now))
    nudge()
    return lead


def _undo(merge_id: int, actor: Actor, now: datetime) -> Lead:
    merge, winner = _lock(merge_id)
    written = {
        part.table: part.ids for part in MergedRows.objects.filter(merge=merge, fate=MergedRows.Fate.WRITTEN)
    }
    since = said_no_since(lead_ids=[winner.pk], since=merge.at).get(winner.pk, set())
    said_no = {flag for flag in since if getattr(winner, flag)}  # and did not take it back
    loser, email, opted_out = _bring_back(merge, said_no, now)
    _forget_written(written)
    put_back(merge)
    before = _restore_facts(merge, winner, said_no, now)
    if email and not Lead.objects.filter(email=email).exists():
        Lead.objects.filter(pk=loser.pk).update(email=email)
    moved = _move_back(winner, written, actor, now)
    Merge.objects.filter(pk=merge.pk).update(undone_at=now, undone_by=user_of(actor))
    _remember(merge, actor, now)
    _record(merge, winner, before, opted_out, actor, now)
    loser.refresh_from_db()
    tell_of_undo(merge, winner, loser, now=now)
    request_scoring(lead_ids=sorted((winner.pk, loser.pk)), cause=Cause.FACTS, now=now)
    if moved:
        ask_for_evaluation(lead_ids=[winner.pk], now=now)
    return loser


def _lock(merge_id: int) -> tuple[Merge, Lead]:
    found = Merge.objects.filter(pk=merge_id).first()
    winner = lock_whole([found.winner_id]).get(found.winner_id) if found else None
    # Read again under the lock: the winner may have been merged, or this undone.
    merge = Merge.objects.select_for_update(no_key=True).filter(pk=merge_id).first()
    if merge is None or winner is None:
        raise NotFound(_("This lead does not exist any more."))
    if merge.is_undone:
        raise Conflict(_("This merge was undone already."))
    if merge.winner_id != winner.pk:
        raise Conflict(_("%(name)s was merged meanwhile. Look again.") % {"name": winner.name})
    last = Merge.objects.filter(winner=winner, undone_at=None).order_by("-pk").first()
    if last is not None and last.pk != merge.pk:
        raise Conflict(
            _("%(name)s was merged into this lead since. Undo that first.") % {"name": last.loser_name}
        )
    return merge, winner


def _bring_back(merge: Merge, said_no: Collection[str], now: datetime) -> tuple[Lead, str | None, list[str]]:
    """Insert the loser as it was, without its address as long as the winner may have that.

    Return also what it opts out of by now.
    """
    (lead,) = from_rows([merge.loser])
    email: str | None = lead.email
    lead.email = None
    opted_out = sorted(flag for flag in said_no if not getattr(lead, flag))
    for flag in opted_out:
        setattr(lead, flag, True)
        lead.updated_at = now
    if "do_not_score" in opted_out:
        for name, value in NO_SCORE.items():
            setattr(lead, name, value)
    Lead.objects.bulk_create([lead])
    return lead, email, opted_out


def _forget_written(written: Mapping[str, list[int]]) -> None:
    """Delete names and assignments that the merge wrote, unless somebody went on with them."""
    LeadIdentifier.objects.filter(pk__in=written.get("leadapp.LeadIdentifier.lead", [])).delete()
    untouched = Assignment.objects.running().filter(
        pk__in=written.get(Column(Assignment, "lead").label, []), answered_at=None
    )
    untouched.delete()


def _restore_facts(merge: Merge, winner: Lead, said_no: Collection[str], now: datetime) -> dict[str, Any]:
    """Put back the winner's facts that are still as the merge made them; return those."""
    unchanged = {
        name: merge.before[name]
        for name, value in merge.after.items()
        if as_json(value_of(winner, name)) == value and name not in said_no
    }
    columns = choosing.write(winner, unchanged)
    winner.updated_at = now
    winner.save(update_fields=[*columns, "updated_at"])
    return unchanged


def _move_back(winner: Lead, written: Mapping[str, list[int]], actor: Actor, now: datetime) -> bool:
    """Move the winner back if nobody moved it since; the history keeps both moves."""
    change = StageChange.objects.filter(pk__in=written.get("qualification.StageChange.lead", [])).first()
    last = StageChange.objects.filter(lead=winner).order_by("-pk").first()
    if change is None or last is None or last.pk != change.pk:
        return False
    StageChange.objects.create(
        lead=winner,
        at=now,
        move=Move.UNDO,
        from_stage=winner.stage,
        to_stage=change.from_stage,
        from_status=winner.status,
        to_status=change.from_status,
        actor=user_of(actor),
        api_key=key_of(actor),
        reason=_("The merge was undone"),
        score=winner.score,
        undoes=change,
    )
    Lead.objects.filter(pk=winner.pk).update(
        stage=change.from_stage,
        status=change.from_status,
        status_reason=change.from_reason,
        disqualify_reason=_why_out(change),
        stage_changed_at=change.from_since or now,
    )
    return True


def _why_out(change: StageChange) -> int | None:
    """Return the code by which the lead was out before this move."""
    if change.from_status != Status.DISQUALIFIED:
        return None
    earlier = StageChange.objects.filter(lead_id=change.lead_id, pk__lt=change.pk, move=Move.DISQUALIFY)
    return earlier.order_by("-pk").values_list("disqualify_reason", flat=True).first()


def _remember(merge: Merge, actor: Actor, now: datetime) -> None:
    first, second = sorted((merge.winner_id, merge.loser_id))
    DuplicatePair.objects.update_or_create(
        first_id=first,
        second_id=second,
        defaults={
            "state": DuplicatePair.State.DISMISSED,
            "decided_at": now,
            "decided_by": user_of(actor),
        },
    )


def _record(
    merge: Merge,
    winner: Lead,
    facts: Mapping[str, Any],
    opted_out: Collection[str],
    actor: Actor,
    now: datetime,
) -> None:
    records: list[tuple[int, str, dict[str, Any]]] = [
        (winner.pk, UNMERGED, {"merge": merge.pk, "lead": merge.loser_id, "name": merge.loser_name}),
        (merge.loser_id, UNMERGED, {"merge": merge.pk, "lead": winner.pk, "name": winner.name}),
    ]
    if facts:
        were = {name: merge.after[name] for name in facts}
        records.append((winner.pk, UPDATED, readable(were, facts) | {"by": "undo"}))
    if opted_out:
        no, yes = dict.fromkeys(opted_out, False), dict.fromkeys(opted_out, True)
        records.append((merge.loser_id, UPDATED, {"before": no, "after": yes, "by": "undo"}))
    keep_records(records, actor=actor, now=now)
