"""The score over time, with what moved it."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from leadapp.models import Activity, CustomField, Lead
from leadapp.shipped import shown
from leadapp.words import lower_first
from scoring.fields import FIELDS
from scoring.models import Cause, ScoreChange

CREATED, UPDATED, OWN = "lead.created", "lead.updated", "attributes."
MOST_CHANGES, MOST_ACTIVITIES = 400, 2_000


def _called(name: str, own: Mapping[str, str]) -> str:
    """Return what people call a fact; the team's own ones by their labels (once gone, by their keys)."""
    known = FIELDS.get(name if name.startswith("company.") else f"lead.{name}")
    if known is not None:
        return known.label
    if name in own:
        return own[name]
    # Facts that no rule asks about: the company itself, the wish not to be scored.
    columns = {column.name: column.verbose_name for column in Lead._meta.fields}
    words = str(columns.get(name) or name.removeprefix(OWN).replace(".", " ").replace("_", " "))
    return words[:1].upper() + words[1:]


@dataclass(frozen=True)
class Event:
    """Something that came in since the score before: an activity, changed facts, or a voiding."""

    activity: Activity
    at: datetime
    is_voiding: bool = False
    # The labels of the team's own facts, by their names.
    own: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_key(self) -> bool:
        """Tell whether it is a key event: a demo or quote request, a meeting."""
        return self.activity.type.is_signal and not self.is_voiding

    @property
    def facts(self) -> tuple[str, ...]:
        """Return the names of the facts that changed."""
        after = self.activity.properties.get("after")
        return tuple(after) if isinstance(after, dict) else ()

    @property
    def text(self) -> str:
        """Say what it was: "Demo requested", "Job title changed", "Voided: Email link clicked"."""
        label = shown(self.activity.type.label)
        if self.is_voiding:
            return _("Voided: %(what)s") % {"what": label}
        if self.activity.type.slug == UPDATED and self.facts:
            first, *others = (_called(name, self.own) for name in self.facts[:4])
            return _("%(names)s changed") % {"names": ", ".join([first, *map(lower_first, others)])}
        return label


@dataclass(frozen=True)
class Move:
    """A change of the score, and what came in since the change before it, oldest first."""

    change: ScoreChange
    events: tuple[Event, ...]

    @property
    def shift(self) -> int:
        """Return by how many points the score moved; no score counts as none."""
        return (self.change.score or 0) - (self.change.score_before or 0)

    @property
    def key_event(self) -> Event | None:
        """Return the newest key event, if there is one."""
        return next((event for event in reversed(self.events) if event.is_key), None)

    @property
    def because(self) -> str:
        """Say why: the newest three things that came in, else the cause, such as "Time passed"."""
        change = self.change
        if change.cause == Cause.PUBLISH and change.version is not None:
            return _("%(version)s went live") % {"version": change.version}
        names = list(dict.fromkeys(event.text for event in reversed(self.events)))
        keys = [event.text for event in reversed(self.events) if event.is_key]
        names.sort(key=lambda name: name not in keys)
        if not names or change.cause == Cause.DECAY:
            return str(change.get_cause_display())
        named = ", ".join(names[:3])
        if len(names) > 3:
            return _("%(named)s and %(rest)s more") % {"named": named, "rest": len(names) - 3}
        return named


def moves_of(lead: Lead, changes: Sequence[ScoreChange]) -> list[Move]:
    """Return what moved the score at each of these changes of a lead, in their order.

    They follow each other without a gap, newest first. Of the oldest only what came in on its day is known.
    Two queries, and one more where facts of the team's own changed.
    """
    if not changes:
        return []
    ordered = sorted(changes, key=lambda change: (change.at, change.pk))
    moments = [change.at for change in ordered]
    buckets: list[list[Event]] = [[] for _ in ordered]
    first = _before(lead, ordered[0])
    for event in _with_labels(list(_events(lead, after=first, until=moments[-1]))):
        buckets[bisect_left(moments, event.at)].append(event)
    found = {
        change.pk: tuple(sorted(events, key=lambda event: (event.at, event.activity.pk)))
        for change, events in zip(ordered, buckets, strict=True)
    }
    return [Move(change, found[change.pk]) for change in changes]


def _with_labels(events: Sequence[Event]) -> Sequence[Event]:
    """Return events that know the labels of the team's own facts, if any of these changed."""
    if not any(name.startswith(OWN) for event in events for name in event.facts):
        return events
    own = {f"{OWN}{key}": label for key, label in CustomField.objects.values_list("key", "label")}
    return [replace(event, own=own) for event in events]


def score_history(*, lead: Lead, since: datetime | None = None) -> list[Move]:
    """Return the newest changes of a lead's score with what moved it, newest first; three or four queries."""
    changes = ScoreChange.objects.filter(lead=lead).select_related("version__model")
    if since is not None:
        changes = changes.filter(at__gte=since)
    return moves_of(lead, list(changes.order_by("-at", "-id")[:MOST_CHANGES]))


def _before(lead: Lead, oldest: ScoreChange) -> datetime | None:
    """Return when the score changed before the oldest one that is looked at."""
    earlier = ScoreChange.objects.filter(lead=lead, at__lt=oldest.at).order_by("-at", "-id")
    return earlier.values_list("at", flat=True).first()


def _events(lead: Lead, *, after: datetime | None, until: datetime) -> Iterator[Event]:
    """Yield what came in or was voided after a moment, until another; the newest, if there is too much."""
    came = Q(received_at__lte=until) & (Q(received_at__gt=after) if after else Q())
    voided = Q(voided_at__lte=until) & (Q(voided_at__gt=after) if after else Q())
    activities = Activity.objects.filter(lead=lead).filter(came | voided).exclude(type__slug=CREATED)
    for activity in activities.select_related("type").order_by("-occurred_at", "-id")[:MOST_ACTIVITIES]:
        if activity.received_at <= until and (after is None or activity.received_at > after):
            yield Event(activity, activity.received_at)
        voided_at = activity.voided_at
        if voided_at is not None and voided_at <= until and (after is None or voided_at > after):
            yield Event(activity, voided_at, is_voiding=True)
