"""How leads that are open stand today: their scores and how warm they are."""

from dataclasses import dataclass

from leadapp.models import Temperature
from qualification.analysis.asking import SEEN, Asked, select

STEP, STEPS = 25, 9

STANDING = f"""
SELECT CASE WHEN score IS NULL THEN -1 ELSE LEAST(score / {STEP}, {STEPS - 1}) END, temperature,
    count(*), count(*) FILTER (WHERE owner_id IS NULL)
FROM leadapp_lead lead WHERE status = 'open' AND stage <> 'customer' AND {SEEN}
GROUP BY 1, 2
"""  # noqa: S608 - made of constants


@dataclass(frozen=True)
class Warmth:
    """Leads of a temperature (empty: without a score), and how many of them nobody has."""

    code: str
    leads: int
    free: int


@dataclass(frozen=True)
class Standing:
    """The open leads of today: `scores` counts steps of 25 points, the last one open."""

    leads: int
    scores: list[int]
    warmth: list[Warmth]


def standing(asked: Asked) -> Standing:
    """Return how open leads that are no customers stand today, whenever they came in."""
    rows = select(STANDING, asked.values)
    warmth = [
        Warmth(
            code,
            sum(leads for _, of, leads, _ in rows if of == code),
            sum(free for _, of, _, free in rows if of == code),
        )
        for code in (*Temperature.values, "")
    ]
    return Standing(
        leads=sum(leads for _, _, leads, _ in rows),
        scores=[sum(leads for step, _, leads, _ in rows if step == number) for number in range(STEPS)],
        warmth=[one for one in warmth if one.code or one.leads],
    )
