"""Pairs of leads with something in every table, and a look at all of it."""

from datetime import timedelta
from typing import Any

from django.db import models

from leadapp.models import (
    ActivityType,
    ConsentRecord,
    DuplicatePair,
    Lead,
    LeadIdentifier,
    LeadTag,
    Merge,
    MergedRows,
    Tag,
    User,
)
from leadapp.services.duplicates.tables import DERIVED, columns
from qualification.models import (
    Assignment,
    BantAnswer,
    CallDraft,
    Deal,
    Dimension,
    Note,
    StageChange,
    Task,
    WakeUp,
)
from scoring.models import ScoreChange, ScoreOverride
from tests.qualification.build import DAY, NOW, live_version, log, make_lead

LATER = NOW + timedelta(hours=1)
RECORDS = ("lead.merged", "lead.unmerged", "lead.updated")


def fill(lead: Lead, author: User, *, tags: tuple[str, ...] = ("fair",)) -> None:
    """Give a lead a row in many tables."""
    log(lead, "page_view", NOW - DAY)
    log(lead, "demo_requested", NOW - 2 * DAY, properties={"form": "demo-request"})
    ConsentRecord.objects.create(lead=lead, purpose="email", granted=True, source="form")
    Note.objects.create(lead=lead, text="Called", author=author)
    Task.objects.create(lead=lead, owner=author, text="Call again", due_at=NOW)
    dimension = Dimension.objects.earliest("pk")
    BantAnswer.objects.create(lead=lead, dimension=dimension, state="confirmed", author=author)
    Deal.objects.create(lead=lead, value=100, won_on=NOW.date())
    StageChange.objects.create(
        lead=lead, move="forward", from_stage="lead", to_stage="mql", from_status="open", to_status="open"
    )
    Assignment.objects.create(lead=lead, owner=author, assigned_at=NOW - DAY, reason="Took it")
    ScoreOverride.objects.create(
        lead=lead,
        author=author,
        verdict="too_low",
        reason="Knows better",
        score=5,
        version=live_version(),
        created_at=NOW - DAY,
        expires_at=NOW + 9 * DAY,
    )
    ScoreChange.objects.create(lead=lead, at=NOW - DAY, score=5, cause="activity")
    WakeUp.objects.create(lead=lead, wake_on=NOW.date(), set_at=NOW - DAY)
    CallDraft.objects.create(lead=lead, author=author, call_id="00000000-0000-0000-0000-000000000001")
    LeadIdentifier.objects.create(lead=lead, kind="external", value=f"crm-{lead.pk}")
    LeadIdentifier.objects.create(lead=lead, kind="visitor", value=f"v-{lead.pk}")
    for name in tags:
        tag = Tag.objects.get_or_create(name=name)[0]
        LeadTag.objects.create(lead=lead, tag=tag)


def make_pair(author: User, **facts: Any) -> tuple[Lead, Lead]:
    """Make two leads that may be one person, with rows in many tables."""
    winner = make_lead(first_name="Jane", last_name="Doe", phone="+4930901820", owner=author)
    loser = make_lead(
        **({"first_name": "Jane", "last_name": "Do", "phone": "+4930901821", "city": "Bonn"} | facts)
    )
    fill(winner, author)
    fill(loser, author, tags=("fair", "list"))
    return winner, loser


def rows() -> dict[str, list[Any]]:
    """Return every row that points to a lead, and the leads, but for what tells of merges themselves."""
    found: dict[str, list[Any]] = {}
    for column in columns():
        if column.model in DERIVED or column.model in {Merge, MergedRows, DuplicatePair}:
            continue
        found[column.label] = _values(column.model)
    found["lead"] = [
        {name: value for name, value in row.items() if name != "updated_at"}
        for row in Lead.objects.order_by("pk").values()
    ]
    return found


def _values(model: type[models.Model]) -> list[Any]:
    kept = model._base_manager.order_by("pk")
    if model is LeadIdentifier:
        # A trigger keeps those of phones, under new ids.
        return sorted(kept.values_list("lead_id", "kind", "value"))
    if any(field.name == "type" and field.related_model is ActivityType for field in model._meta.fields):
        kept = kept.exclude(type__slug__in=RECORDS)
    if model is StageChange:
        kept = kept.exclude(move="merge").exclude(undoes__move="merge")
    if model._meta.label == "qualification.Notice":
        kept = kept.exclude(kind="merge")
    return list(kept.values())
