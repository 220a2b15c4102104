"""What the rows of the lead list say beside the lead itself: one query for each column, never one a row."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import OuterRef, Subquery
from django.db.models.functions import TruncDay
from django.utils.translation import gettext as _

from leadapp.models import Activity, Lead, LeadTag
from leadapp.services.lists.columns import USUAL
from leadapp.shipped import shown
from qualification.services.clock.clocks import Clock, clocks_of
from scoring.engine import reasons_for
from scoring.models import ScoreChange, ScoreOverride
from scoring.services.overrides import overrides_of

TREND = timedelta(days=30)
# An answer that was given in time is news for so long.
ANSWERED = timedelta(days=7)


@dataclass(frozen=True)
class Trend:
    """How the score went in the last 30 days: the sum of its changes, and its course day by day."""

    change: int
    course: Sequence[int]


@dataclass(frozen=True)
class Row:
    """A lead in the list."""

    lead: Lead
    reasons: Sequence[str]
    clock: Clock | None
    last_activity: str
    trend: Trend | None = field(default=None)
    override: ScoreOverride | None = None
    tags: Sequence[str] = ()
    # Of the list that it stands in.
    columns: Collection[str] = ()
    # What the address of the lead carries on of this list.
    query: str = ""

    @property
    def beneath(self) -> str:
        """Return title and company as far as they have no columns of their own."""
        title, company = self.lead.job_title, self.lead.company.name if self.lead.company else ""
        if not title and not company:
            return _("No title, no company")
        shown = ("" if "job_title" in self.columns else title, "" if "company" in self.columns else company)
        return ", ".join(filter(None, shown))

    @property
    def choose(self) -> str:
        """Say what ticking its box does."""
        return _("Choose %(lead)s") % {"lead": self.lead.name}

    @property
    def as_seen(self) -> str:
        """Return how the lead stands here; who changes many of them changes none that moved meanwhile."""
        return f"{self.lead.pk}.{self.lead.stage}.{self.lead.status}.{self.lead.owner_id or ''}"


def rows_of(leads: Sequence[Lead], *, columns: Collection[str] = USUAL, now: datetime) -> list[Row]:
    """Read what these columns of the list show of these leads, and nothing for the others."""
    ids = [lead.pk for lead in leads]
    reasons = reasons_for(leads, now=now) if "reasons" in columns else {}
    clocks = news_of_clocks(ids, now=now) if "due" in columns else {}
    kinds = last_activities(ids) if "active" in columns else {}
    trends = trends_of(leads, now=now) if "trend" in columns else {}
    overrides = overrides_of(ids, now=now)
    tags = tags_of(ids) if "tags" in columns else {}
    return [
        Row(
            lead,
            reasons.get(lead.pk, []),
            clocks.get(lead.pk),
            kinds.get(lead.pk, _("Created")),
            trends.get(lead.pk),
            overrides.get(lead.pk),
            tags.get(lead.pk, ()),
            columns,
        )
        for lead in leads
    ]


def short_rows_of(leads: Sequence[Lead], *, now: datetime) -> list[Row]:
    """Read the reasons of these leads, and which scores are set aside."""
    reasons = reasons_for(leads, now=now)
    overrides = overrides_of([lead.pk for lead in leads], now=now)
    return [Row(lead, reasons.get(lead.pk, []), None, "", override=overrides.get(lead.pk)) for lead in leads]


def news_of_clocks(ids: Sequence[int], *, now: datetime) -> dict[int, Clock]:
    """Return the clocks of leads whose answer is due, or was given lately."""
    return {
        pk: clock
        for pk, clock in clocks_of(lead_ids=ids, now=now).items()
        if clock.answered_at is None or now - clock.answered_at < ANSWERED
    }


def tags_of(ids: Sequence[int]) -> Mapping[int, Sequence[str]]:
    """Return the tags of each lead that has some, by name."""
    tagged = LeadTag.objects.filter(lead__in=ids).order_by("lead").values("lead")
    named = tagged.annotate(names=ArrayAgg("tag__name", order_by="tag__name"))
    return dict(named.values_list("lead", "names"))


def last_activities(ids: Sequence[int]) -> dict[int, str]:
    """Return the kind of the newest activity of each lead."""
    newest = Activity.objects.filter(lead=OuterRef("pk"), voided_at__isnull=True)
    label = newest.order_by("-occurred_at", "-id").values("type__label")[:1]
    found = Lead.objects.filter(pk__in=ids).values_list("pk", Subquery(label))
    return {pk: shown(kind) for pk, kind in found if kind}


def trends_of(leads: Sequence[Lead], *, now: datetime) -> Mapping[int, Trend]:
    """Return how the scores of the last 30 days went, for the leads that have one."""
    days = (
        ScoreChange.objects.filter(lead__in=[lead.pk for lead in leads], at__gt=now - TREND, at__lte=now)
        .annotate(day=TruncDay("at"))
        .values("lead", "day")
        .annotate(
            last=ArrayAgg("score", order_by=["-at", "-id"]),
            first=ArrayAgg("score_before", order_by=["at", "id"]),
        )
        .order_by("lead", "day")
        .values_list("lead", "last", "first")
    )
    courses: dict[int, list[int]] = {}
    for lead, last, first in days:
        courses.setdefault(lead, [first[0] or 0]).append(last[0] or 0)
    return {
        lead.pk: Trend(lead.score - courses[lead.pk][0] if lead.pk in courses else 0, course)
        for lead in leads
        if lead.score is not None
        for course in [courses.get(lead.pk, [lead.score])]
    }
