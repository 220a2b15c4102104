"""Write the demo into an empty Leadapp, in one transaction, scored by the real services."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from leadapp.demo.behaviour import behave
from leadapp.demo.capture import follow_website, use_forms
from leadapp.demo.copying import copy_rows
from leadapp.demo.costs import spend
from leadapp.demo.evidence import answer_in_forms, hear_more
from leadapp.demo.extras import (
    add_bursts,
    add_custom_fields,
    add_identifiers_and_consents,
    void_some,
)
from leadapp.demo.history import DAYS_BACK, score_the_year
from leadapp.demo.objections import set_some_aside
from leadapp.demo.people import create_people
from leadapp.demo.population import Event, Prospect, build_companies, build_people
from leadapp.demo.recycling import recycle
from leadapp.demo.selling import Selling, answer_request, sell
from leadapp.demo.sharing import share_work
from leadapp.demo.teams import create_teams
from leadapp.demo.verdicts import judge
from leadapp.demo.views import keep_views
from leadapp.errors import Conflict
from leadapp.models import Activity, ActivityType, Company, Lead, Stage, Status, User
from leadapp.services.leads.changes import Origin, records_of_new
from qualification.models import (
    AdvocacyChange,
    Assignment,
    BantAnswer,
    Deal,
    Note,
    StageChange,
    Task,
    WakeUp,
)
from qualification.services.clock.promises import Promises
from qualification.services.evidence.answers import see_ends
from qualification.services.gates.evaluation import evaluate_waiting
from scoring.engine import score_leads
from scoring.models import Publication, ScoringModelVersion

BATCH = 2_000
COMPANIES_PER_LEAD = 0.2
# Any number; two loads at once must not both see an empty table.
LOCK = 7_320_551
# What `load` reports through `advance`: six steps, and one per scored moment.
STEPS = 6 + len(DAYS_BACK)


@dataclass(frozen=True)
class Loaded:
    """What a load has written."""

    leads: int
    activities: int
    people: dict[str, User]
    kept: list[str]


def load(
    *,
    leads: int,
    seed: int,
    password: str,
    now: datetime,
    advance: Callable[[str], None] = lambda step: None,
) -> Loaded:
    """Load the demo into an empty Leadapp, all of it or nothing."""
    with transaction.atomic():
        _claim()
        rng = random.Random(seed)  # noqa: S311 - nothing here is secret
        people, kept = create_people(password=password)
        create_teams(people, now=now)
        keep_views(people, now=now)
        version = ScoringModelVersion.objects.select_related("model").get(
            model__is_primary=True, state="live"
        )
        _use_for_a_year(version, now=now)
        advance("companies and leads")
        prospects = _populate(rng, leads, now)
        advance("what they did")
        activities = _insert_activities([(p, event) for p in prospects for event in p.events], now=now)
        activities += _record_creation(prospects)
        advance("who was good enough for sales")
        selling, done = _sell_all(rng, prospects, version, people, now)
        # With dice of its own, so that the story before stays as it is.
        recycled = recycle(random.Random(seed + 1), prospects, selling, now=now)  # noqa: S311
        advance("what sales did")
        activities += _insert_activities([*done, *recycled.meetings], now=now)
        void_some(rng, by=people["marketer"], now=now)
        activities += add_bursts(prospects, now=now)
        selling.bant_answers += hear_more(selling.bant_answers, seed=seed)
        selling.bant_answers += answer_in_forms(prospects, seed=seed, now=now)
        use_forms(prospects, now=now)
        follow_website(now=now)
        spend(now=now)
        _finish_leads(prospects)
        _insert_selling(selling, version)
        WakeUp.objects.bulk_create(recycled.wake_ups, batch_size=BATCH)
        AdvocacyChange.objects.bulk_create(recycled.advocacy_changes, batch_size=BATCH)
        _look_at_tables()
        score_the_year(prospects, now=now, advance=lambda: advance("scores of the year"))
        advance("gates")
        while see_ends(now=now, limit=leads * 10):
            pass
        while evaluate_waiting(now=now, limit=leads):
            pass
        share_work(people, now=now)
        set_some_aside(now=now)
        _look_at_tables()
        advance("done")
        return Loaded(len(prospects), activities, people, kept)


def _claim() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    if Lead.objects.exists():
        raise Conflict(
            "There are leads already. The demo goes into an empty Leadapp only; nothing was changed."
        )


def _look_at_tables() -> None:
    """Let PostgreSQL know at once how much there is now, and not when it comes by some minutes later."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _use_for_a_year(version: ScoringModelVersion, *, now: datetime) -> None:
    """Let the model that ships be live for the whole year that the demo tells of."""
    year_ago = now - timedelta(days=366)
    moved = ScoringModelVersion.objects.filter(pk=version.pk, published_at__gt=year_ago).update(
        created_at=year_ago - timedelta(days=2), published_at=year_ago
    )
    if moved:
        Publication.objects.filter(version=version).delete()
        Publication.objects.create(version=version, at=year_ago, note=version.note)


def _populate(rng: random.Random, count: int, now: datetime) -> list[Prospect]:
    add_custom_fields()
    companies = build_companies(rng, count=max(1, round(count * COMPANIES_PER_LEAD)), now=now)
    Company.objects.bulk_create(companies, batch_size=BATCH)
    prospects = build_people(rng, companies=companies, count=count, now=now)
    for prospect in prospects:
        behave(rng, prospect, now=now)
    for prospect in rng.sample(prospects, count // 160):
        prospect.lead.do_not_score = True
    Lead.objects.bulk_create([prospect.lead for prospect in prospects], batch_size=BATCH)
    add_identifiers_and_consents(rng, prospects, now=now)
    return prospects


def _insert_activities(events: Iterable[tuple[Prospect, Event]], *, now: datetime) -> int:
    """Insert what happened until now, oldest first as it came in; return how many."""
    types = dict(ActivityType.objects.values_list("slug", "id"))
    happened = sorted((pair for pair in events if pair[1].at < now), key=lambda pair: pair[1].at)
    return copy_rows(
        "leadapp_activity",
        (
            "lead_id",
            "type_id",
            "occurred_at",
            "received_at",
            "source",
            "properties",
            "actor_id",
            "void_reason",
        ),
        (
            (
                prospect.lead.pk,
                types[event.type],
                event.at,
                min(event.at + timedelta(seconds=2), now),
                event.source,
                event.properties,
                prospect.lead.owner_id if event.by_rep else None,
                "",
            )
            for prospect, event in happened
        ),
    )


def _record_creation(prospects: Sequence[Prospect]) -> int:
    """Keep what was known of each lead when it came in, as capture does."""
    origin = Origin(source="demo", actor=None, by="form", now=prospects[0].lead.created_at)
    records = records_of_new([prospect.lead for prospect in prospects], origin)
    for record in records:
        record.occurred_at = record.received_at = record.lead.created_at
    return len(Activity.objects.bulk_create(records, batch_size=BATCH))


def _sell_all(
    rng: random.Random,
    prospects: Sequence[Prospect],
    version: ScoringModelVersion,
    people: dict[str, User],
    now: datetime,
) -> tuple[Selling, list[tuple[Prospect, Event]]]:
    """Let the reps work on every lead that was good enough; return what they left and what they did."""
    verdicts = judge(prospects, version=version)
    selling = Selling()
    done: list[tuple[Prospect, Event]] = []
    reps = [people["rep"], people["rep2"]]
    promises = Promises.read()
    for prospect in prospects:
        verdict = verdicts.get(prospect.lead.pk)
        if verdict is not None:
            told = len(prospect.events)
            sell(rng, prospect, verdict, selling, reps=reps, promises=promises, now=now)
            done += [(prospect, event) for event in prospect.events[told:]]
    for prospect in prospects:
        if prospect.lead.owner is None and prospect.lead.status == Status.OPEN:
            told = len(prospect.events)
            answer_request(rng, prospect, selling, reps=reps, promises=promises, now=now)
            done += [(prospect, event) for event in prospect.events[told:]]
    return selling, done


def _finish_leads(prospects: Sequence[Prospect]) -> None:
    """Write what the year did to the leads; the rest comes from scoring."""
    fields = [
        "owner",
        "stage",
        "stage_changed_at",
        "status",
        "status_reason",
        "disqualify_reason",
        "advocacy",
    ]
    worked_on = [p.lead for p in prospects if p.lead.stage != Stage.LEAD or p.lead.owner is not None]
    Lead.objects.bulk_update(worked_on, fields, batch_size=500)


def _insert_selling(selling: Selling, version: ScoringModelVersion) -> None:
    _fill_scores(selling.stage_changes, version)
    StageChange.objects.bulk_create(selling.stage_changes, batch_size=BATCH)
    Assignment.objects.bulk_create(selling.assignments, batch_size=BATCH)
    BantAnswer.objects.bulk_create(selling.bant_answers, batch_size=BATCH)
    Deal.objects.bulk_create(selling.deals, batch_size=BATCH)
    Task.objects.bulk_create(selling.tasks, batch_size=BATCH)
    Note.objects.bulk_create(selling.notes, batch_size=BATCH)


def _fill_scores(changes: Sequence[StageChange], version: ScoringModelVersion) -> None:
    """Give every move the score of its moment: all first moves in one go, then the second ones."""
    turns: dict[int, list[StageChange]] = defaultdict(list)
    count: dict[int, int] = defaultdict(int)
    for change in changes:
        turns[count[change.lead_id]].append(change)
        count[change.lead_id] += 1
    for turn in turns.values():
        scores = score_leads(version=version, moments={change.lead_id: change.at for change in turn})
        for change in turn:
            if score := scores.get(change.lead_id):
                change.score = score.score
