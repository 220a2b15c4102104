"""What becomes of a score if nothing happens: the days on which it falls below a line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import pairwise

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.models import Activity, Lead, Temperature
from leadapp.times import write_weekday
from scoring.engine.scores import Score, score_moments
from scoring.models import ScoringModelVersion

DAYS = 90
# With more activities than that a lead takes too long to be scored on each day of three months.
BUSY = 500
# The days that are named on the lead page are always among those that are looked at.
NAMED = (7, 14, 30)
_WARMTH = [Temperature.COLD, Temperature.WARM, Temperature.HOT]

# As they are said in a sentence.
WARMTH = {
    Temperature.HOT: gettext_lazy("hot"),
    Temperature.WARM: gettext_lazy("warm"),
    Temperature.COLD: gettext_lazy("cold"),
}


@dataclass(frozen=True)
class Crossing:
    """A line that the score falls below: at the end of which day first, and the score then.

    `kind` is temperature, grade or handover; `before` and `after` are words such as hot and warm, A1 and A2.
    """

    kind: str
    at: datetime
    score: int
    before: str
    after: str
    text: str


@dataclass(frozen=True)
class Forecast:
    """The score at the end of the next days if nothing happens, and what is lost on the way."""

    days: tuple[tuple[datetime, Score], ...]
    crossings: tuple[Crossing, ...]
    sentence: str


def forecast(*, lead: Lead, version: ScoringModelVersion, now: datetime, days: int = DAYS) -> Forecast | None:
    """Tell when the score of a lead crosses a line downwards; None for a lead without a score.

    It starts from what the version gives now, not from what is stored. Two queries; of a lead that did a lot
    each week is looked at first, then the days of those in which something is lost (three queries).
    """
    is_busy = Activity.objects.filter(lead=lead).count() > BUSY
    first = sorted({*range(0, days, 7), *NAMED, days}) if is_busy else range(days + 1)
    scores = _scores(lead, version, now, [None, *first])
    if not scores:
        return None
    if is_busy:
        scores |= _scores(lead, version, now, _days_between(scores, version))
    numbers = sorted(number for number in scores if number is not None)
    series = [(now, scores[None]), *((_end_of(now, number), scores[number]) for number in numbers)]
    crossings = tuple(_crossings(series, version))
    return Forecast(tuple(series[1:]), crossings, _sentence(series, crossings, days))


def _scores(
    lead: Lead, version: ScoringModelVersion, now: datetime, numbers: Sequence[int | None]
) -> dict[int | None, Score]:
    """Score the lead at the end of some of the next days, and (None) now."""
    moments = {now if number is None else _end_of(now, number): number for number in numbers}
    scored = score_moments(version=version, moments=[(lead.pk, at) for at in moments])
    return {moments[at]: score for _, at, score in scored}


def _days_between(scores: Mapping[int | None, Score], version: ScoringModelVersion) -> list[int | None]:
    """Return the days of the weeks in which something is lost."""
    numbers = sorted(number for number in scores if number is not None)
    lowest, wanted = scores[None], list[int | None]()
    for before, after in pairwise(numbers):
        lowest = _lower(lowest, scores[before])
        was_ready = lowest.score >= version.threshold
        is_lost = was_ready and scores[after].score < version.threshold
        if is_lost or _bands(_lower(lowest, scores[after])) != _bands(lowest):
            wanted += range(before + 1, after)
    return wanted


def _end_of(now: datetime, number: int) -> datetime:
    """Return the end of a day from now on; 0 is today."""
    day = timezone.localtime(now).date() + timedelta(days=number)
    return timezone.make_aware(datetime.combine(day, time.max))


def _crossings(series: Sequence[tuple[datetime, Score]], version: ScoringModelVersion) -> Iterator[Crossing]:
    """Yield the first day of each loss, in the order in which they come."""
    (now, lowest), *days = series
    is_ready = lowest.score >= version.threshold
    for at, score in days:
        day = _say(at, now)
        if is_ready and score.score < version.threshold:
            is_ready = False
            text = _("below the sales line on %(day)s") % {"day": day}
            yield Crossing("handover", at, score.score, _("ready for sales"), _("not ready"), text)
        if _warmth(score) < _warmth(lowest):
            text = (
                _("cold on %(day)s") % {"day": day}
                if _warmth(score) == 0
                else _("below %(temperature)s on %(day)s")
                % {"temperature": WARMTH[Temperature(lowest.temperature)], "day": day}
            )
            yield Crossing("temperature", at, score.score, lowest.temperature, score.temperature, text)
        if _is_worse(score.grade, lowest.grade):
            text = _("from grade %(grade)s to %(grade_2)s on %(day)s") % {
                "grade": lowest.grade,
                "grade_2": score.grade,
                "day": day,
            }
            yield Crossing("grade", at, score.score, lowest.grade, score.grade, text)
        lowest = _lower(lowest, score)


def _lower(one: Score, other: Score) -> Score:
    """Return the lower of everything, so that what rises again is not lost twice."""
    return Score(
        min(one.fit, other.fit),
        min(one.engagement, other.engagement),
        min(one.score, other.score),
        "".join(max(pair) for pair in zip(one.grade, other.grade, strict=True)),
        min(one, other, key=_warmth).temperature,
    )


def _bands(score: Score) -> tuple[str, str]:
    return score.grade, score.temperature


def _warmth(score: Score) -> int:
    return _WARMTH.index(Temperature(score.temperature))


def _is_worse(grade: str, than: str) -> bool:
    return any(mine > other for mine, other in zip(grade, than, strict=True))


def _told(told: Sequence[Crossing]) -> str:
    first, facts = told[0], {"first": told[0].text, "second": told[-1].text}
    if len(told) == 1 and first.after == Temperature.COLD:
        return _("Goes %(first)s unless something happens.") % facts
    if len(told) == 1:
        return _("Falls %(first)s unless something happens.") % facts
    match first.after == Temperature.COLD, told[1].after == Temperature.COLD:
        case True, True:
            return _("Goes %(first)s and %(second)s unless something happens.") % facts
        case True, False:
            return _("Goes %(first)s and falls %(second)s unless something happens.") % facts
        case False, True:
            return _("Falls %(first)s and goes %(second)s unless something happens.") % facts
    return _("Falls %(first)s and %(second)s unless something happens.") % facts


def _sentence(series: Sequence[tuple[datetime, Score]], crossings: Sequence[Crossing], days: int) -> str:
    """Say what is lost first; grades are for those who ask."""
    told = [crossing for crossing in crossings if crossing.kind != "grade"][:2]
    if told:
        return _told(told)
    now, last = series[0][1], series[-1][1]
    if last.score > now.score:
        return _("Rises to %(score)s within %(days)s days even if nothing happens: minus points fade.") % {
            "score": last.score,
            "days": days,
        }
    if now.score == last.score:
        return _("Stays at %(score)s for the next %(days)s days even if nothing happens.") % {
            "score": now.score,
            "days": days,
        }
    return _("Stays %(temperature)s for the next %(days)s days even if nothing happens.") % {
        "temperature": WARMTH[Temperature(now.temperature)],
        "days": days,
    }


def _say(at: datetime, now: datetime) -> str:
    return write_weekday(at, with_year=timezone.localtime(at).year != timezone.localtime(now).year)
