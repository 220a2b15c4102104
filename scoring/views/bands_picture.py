"""Bands and thresholds as a picture: the total on one line, the grades in a square."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from leadapp.models import Temperature
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
        Band(Temperature.COLD, "Cold", f"0 to {warm - 1:,}", 0, across(warm)),
        Band(Temperature.WARM, "Warm", f"{warm:,} to {hot - 1:,}", across(warm), across(hot) - across(warm)),
        Band(Temperature.HOT, "Hot", f"from {hot:,}", across(hot), round(100 - across(hot), 2)),
    ]
    threshold = across(version.threshold)
    mark = Mark(f"Sales from {_number(version.threshold)}", threshold, "end" if threshold > 60 else "start")
    return BandsPicture(
        bands=[band for band in bands if band.width > 0],
        mark=mark,
        highest=highest,
        fit=_grades("ABCD", (version.fit_a, version.fit_b, version.fit_c)),
        engagement=_grades("1234", (version.engagement_1, version.engagement_2, version.engagement_3)),
        fit_bounds=f"{_number(version.fit_min)} to {_number(version.fit_max)} points",
        engagement_bounds=f"{_number(version.engagement_min)} to {_number(version.engagement_max)} points",
        sentence=(
            f"Below {warm} a lead is cold, from {warm} warm, from {hot} hot; "
            f"sales gets it from {version.threshold}."
        ),
    )


def _grades(codes: str, limits: tuple[int, int, int]) -> list[GradeBand]:
    """Say from where to where each grade goes, the best first."""
    texts = [f"from {_number(limits[0])}"]
    texts += [f"{_number(low)} to {_number(high - 1)}" for high, low in pairwise(limits)]
    texts.append(f"below {_number(limits[-1])}")
    return [GradeBand(code, text) for code, text in zip(codes, texts, strict=True)]


def _number(value: int) -> str:
    return f"{MINUS if value < 0 else ''}{abs(value):,}"
