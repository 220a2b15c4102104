"""Make the timeline short: points stand beside what made them, several alike in a row become one line."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from leadapp.views.lead.activity_words import Words, duration, say
from leadapp.views.lead.timeline_entries import PAGE_VIEW, Entry
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
    for _key, group in groupby(entries, _alike):
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
            after=" " + _("%(number)d times") % {"number": len(first.repeats)},
            icon=first.words.icon,
        )
    return first


def _faded(newest: Entry, oldest: Entry) -> Words:
    before = oldest.score_change.score_before if oldest.score_change else None
    since = timezone.localtime(oldest.at)
    return say(
        _("Score %(before)s → <b>%(score)s</b>, since time passed from %(day)s on"),
        icon="chart",
        before=before,
        score=newest.score,
        day=date_format(since, "MONTH_DAY_FORMAT"),
    )


def _visit(pages: list[Entry]) -> Words:
    titles = list(dict.fromkeys(page.words.strong for page in reversed(pages)))
    seconds = sum(page.seconds for page in pages)
    length = duration(seconds) if seconds else ""
    told: dict[str, Any] = {"number": len(pages), "titles": ", ".join(titles[:MOST_TITLES])}
    if len(titles) == 1:
        return say(_("Read <b>%(titles)s</b> %(number)d times"), length, icon="eye", **told)
    told["length"] = f", {length}" if length else ""
    pattern = _("Read <b>%(number)d pages</b>%(length)s: %(titles)s")
    if len(titles) > MOST_TITLES:
        pattern = _("Read <b>%(number)d pages</b>%(length)s: %(titles)s and more")
    return say(pattern, icon="eye", **told)
