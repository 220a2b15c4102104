"""Bands and thresholds as a picture: the total on one line, the grades in a square."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.translation import gettext as _

from leadapp.models import Temperature
from leadapp.numbers import write_number
from scoring.models import ScoringModelVersion
from scoring.sentences import MINUS

# Room to the right of the highest limit, so that the band above it is seen.
BEYOND = 1.25


@dataclass(frozen=True)
class Band:
    """A stretch of the line, in percent of its width."""

    code: str
    label: str
    text: str
    x: float
    width: float


@dataclass(frozen=True)
class Mark:
    """A limit on the line; labels near the end of the line stand before it."""

    text: str
    x: float
    anchor: str


@dataclass(frozen=True)
class GradeBand:
    """One row or column of the square of grades."""

    code: str
    text: str


@dataclass(frozen=True)
class BandsPicture:
    """All that is drawn."""

    bands: Sequence[Band]
    mark: Mark
    highest: int
    fit: Sequence[GradeBand]
    engagement: Sequence[GradeBand]
    fit_bounds: str
    engagement_bounds: str
    sentence: str


def draw_bands(version: ScoringModelVersion) -> BandsPicture:
    """Draw the bands of a version."""
    highest = max(
        version.fit_max + version.engagement_max,
        round(max(version.hot_from, version.threshold) * BEYOND),
    )
    # A wide bound would squeeze everything that matters to the left.
    highest = min(highest, round(max(version.hot_from, version.threshold) * 2))
    warm, hot = version.warm_from, version.hot_from

    def across(value: int) -> float:
        return round(min(max(value, 0), highest) / highest * 100, 2)

    bands = [
        Band(
            Temperature.COLD,
            _("Cold"),
            _("0 to %(warm)s") % {"warm": write_number(warm - 1)},
            0,
            across(warm),
        ),
        Band(
            Temperature.WARM,
            _("Warm"),
            _("%(warm)s to %(hot)s") % {"warm": write_number(warm), "hot": write_number(hot - 1)},
            across(warm),
            across(hot) - across(warm),
        ),
        Band(
            Temperature.HOT,
            _("Hot"),
            _("from %(hot)s") % {"hot": write_number(hot)},
            across(hot),
            round(100 - across(hot), 2),
        ),
    ]
    threshold = across(version.threshold)
    mark = Mark(
        _("Sales from %(threshold)s") % {"threshold": _number(version.threshold)},
        threshold,
        "end" if threshold > 60 else "start",
    )
    return BandsPicture(
        bands=[band for band in bands if band.width > 0],
        mark=mark,
        highest=highest,
        fit=_grades("ABCD", (version.fit_a, version.fit_b, version.fit_c)),
        engagement=_grades("1234", (version.engagement_1, version.engagement_2, version.engagement_3)),
        fit_bounds=_("%(fit_min)s to %(fit_max)s points")
        % {"fit_min": _number(version.fit_min), "fit_max": _number(version.fit_max)},
        engagement_bounds=_("%(engagement_min)s to %(engagement_max)s points")
        % {
            "engagement_min": _number(version.engagement_min),
            "engagement_max": _number(version.engagement_max),
        },
        sentence=(
            _(
                "Below %(warm)s a lead is cold, from %(warm)s warm, from %(hot)s hot; "
                "sales gets it from %(threshold)s."
            )
            % {"warm": warm, "hot": hot, "threshold": version.threshold}
        ),
    )


def _grades(codes: str, limits: tuple[int, int, int]) -> list[GradeBand]:
    """Say from where to where each grade goes, the best first."""
    texts = [_("from %(limits)s") % {"limits": _number(limits[0])}]
    texts += [
        _("%(low)s to %(high)s") % {"low": _number(low), "high": _number(high - 1)}
        for high, low in pairwise(limits)
    ]
    texts.append(_("below %(limits)s") % {"limits": _number(limits[-1])})
    return [GradeBand(code, text) for code, text in zip(codes, texts, strict=True)]


def _number(value: int) -> str:
    return f"{MINUS if value < 0 else ''}{write_number(abs(value))}"
