"""Make the timeline short: points stand beside what made them, several alike in a row become one line."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby

from django.utils import timezone

from leadapp.views.activity_words import Words, duration
from leadapp.views.timeline_entries import PAGE_VIEW, Entry
from scoring.models import Cause

# A score that follows an activity within this time is taken as its effect.
AT_ONCE = timedelta(minutes=5)
MOST_TITLES = 4


def give_points(entries: list[Entry], *, complete: bool) -> list[Entry]:
    """Write the change of the score beside the activity that made it, where there can be only one.

    Where several different activities went into one scoring the change keeps a line of its own.
    """
    kept: list[Entry] = []
    for index, entry in enumerate(entries):
        causes = list(_causes(entry, entries[index + 1 :]))
        alike = {cause.fold or cause.cursor for cause in causes}
        reaches_end = index + 1 + len(causes) == len(entries)
        if len(alike) != 1 or (reaches_end and not complete) or any(cause.is_voided for cause in causes):
            kept.append(entry)
            continue
        causes[0].points, causes[0].score = entry.points, entry.score
    return kept


def _causes(entry: Entry, older: list[Entry]) -> Iterator[Entry]:
    change = entry.score_change
    if change is None or change.cause != Cause.ACTIVITY or change.score is None:
        return
    for cause in older:
        received = cause.activity.received_at if cause.activity else None
        if cause.quarantine is not None:
            received = cause.quarantine.released_at or cause.quarantine.found_at
        if received is None or not change.at - AT_ONCE < received <= change.at:
            return
        yield cause


def fold(entries: list[Entry]) -> list[Entry]:
    """Fold several alike in a row into the newest: activities of one day, and the fading of a score."""
    lines: list[Entry] = []
    for _, group in groupby(entries, _alike):
        first, *rest = group
        lines.append(_folded(first, rest) if rest else first)
    return lines


def _alike(entry: Entry) -> object:
    if entry.fold is None:
        return entry.cursor
    return entry.fold if entry.score_change else (timezone.localdate(entry.at), entry.fold)


def _folded(first: Entry, rest: list[Entry]) -> Entry:
    """Return the newest of several alike, in their name."""
    first.repeats = [Entry(**{**vars(first), "repeats": []}), *rest]
    points = [entry.points for entry in first.repeats if entry.points is not None]
    first.points = sum(points) if points else None
    if first.score_change is not None:
        first.words = _faded(first, rest[-1])
    elif first.activity is not None and first.activity.type.slug == PAGE_VIEW:
        first.words = _visit(first.repeats)
    else:
        first.words = Words(
            before=first.words.before,
            strong=first.words.strong,
            after=f" {len(first.repeats)} times",
            icon=first.words.icon,
        )
    return first


def _faded(newest: Entry, oldest: Entry) -> Words:
    before = oldest.score_change.score_before if oldest.score_change else None
    since = timezone.localtime(oldest.at)
    after = f", since time passed from {since.day} {since:%b} on"
    return Words(before=f"Score {before} → ", strong=str(newest.score), after=after, icon="chart")


def _visit(pages: list[Entry]) -> Words:
    titles = list(dict.fromkeys(page.words.strong for page in reversed(pages)))
    seconds = sum(page.seconds for page in pages)
    length = f", {duration(seconds)}" if seconds else ""
    if len(titles) == 1:
        return Words(before="Read ", strong=titles[0], after=f" {len(pages)} times{length}", icon="eye")
    named = ", ".join(titles[:MOST_TITLES]) + (" and more" if len(titles) > MOST_TITLES else "")
    return Words(before="Read ", strong=f"{len(pages)} pages", after=f"{length}: {named}", icon="eye")
