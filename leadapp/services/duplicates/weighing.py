"""How probable it is that two leads are one person: weights after Fellegi and Sunter (docs/identity.md).

Each trait that both have agrees in some degree. A degree has two chances: m, to be seen if it is one person,
and u, if they are two people. log2(m / u) is the weight of what was seen; the weights add up on top of what
is to be expected of any two leads. The chances are stated, not learnt: whoever reads a probability can follow
it, and it does not change because other leads came in.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import log2

from jellyfish import damerau_levenshtein_distance, jaro_winkler_similarity

from leadapp.services.duplicates.traits import Traits

# Of so many pairs of any two leads one is the same person.
ONE_IN = 5_000


@dataclass(frozen=True)
class Chances:
    """The chance of a degree among pairs that are one person (m) and among those that are not (u)."""

    m: float
    u: float

    @property
    def weight(self) -> float:
        """Return the weight of the degree in bits."""
        return log2(self.m / self.u)


# fmt: off
CHANCES: dict[str, dict[str, Chances]] = {
    "first_name": {
        "equal": Chances(0.75, 0.006), "near": Chances(0.14, 0.004), "initial": Chances(0.02, 0.02),
        "swapped": Chances(0.02, 0.0005), "different": Chances(0.07, 0.97),
    },
    "last_name": {
        "equal": Chances(0.75, 0.004), "near": Chances(0.14, 0.003), "initial": Chances(0.01, 0.02),
        "swapped": Chances(0.02, 0.0005), "different": Chances(0.08, 0.973),
    },
    "phone": {
        "equal": Chances(0.5, 0.0005), "near": Chances(0.1, 0.0005), "different": Chances(0.4, 0.999),
    },
    "email": {
        "equal": Chances(0.25, 0.000002), "same_name": Chances(0.2, 0.001),
        "near": Chances(0.15, 0.002), "different": Chances(0.4, 0.997),
    },
    "linkedin": {"equal": Chances(0.9, 0.000005), "different": Chances(0.1, 0.999995)},
    "company": {
        "equal": Chances(0.7, 0.005), "near": Chances(0.1, 0.002), "different": Chances(0.2, 0.993),
    },
    "city": {
        "equal": Chances(0.7, 0.02), "near": Chances(0.18, 0.005), "different": Chances(0.12, 0.975),
    },
    "birth_year": {"equal": Chances(0.9, 0.02), "different": Chances(0.1, 0.98)},
    "custom": {
        "equal": Chances(0.78, 0.002), "near": Chances(0.14, 0.002), "different": Chances(0.08, 0.996),
    },
    "named_together": {"external": Chances(0.5, 0.00002), "email": Chances(0.5, 0.00002),
                       "visitor": Chances(0.2, 0.0005)},
}
# fmt: on
NEAR = 0.9  # of Jaro and Winkler's similarity
SHORTEST_NEAR = 4  # a letter of three is another word


@dataclass(frozen=True)
class Seen:
    """What a comparison of one trait saw: its degree, how many letters apart, and what that weighs."""

    trait: str
    degree: str
    weight: float
    letters: int = 0
    field: str = ""


@dataclass(frozen=True)
class Weighed:
    """How probable it is that two leads are one person, and why."""

    probability: float
    seen: tuple[Seen, ...]


def weigh(one: Traits, other: Traits, *, named_together: Iterable[str] = ()) -> Weighed:
    """Compare two leads; `named_together` are kinds of names by which a request called both."""
    seen = (*_compare(one, other), *_names(named_together))
    odds = 2.0 ** (sum(item.weight for item in seen)) / ONE_IN
    return Weighed(round(odds / (1 + odds), 6), tuple(sorted(seen, key=lambda item: -item.weight)))


def _compare(one: Traits, other: Traits) -> Iterator[Seen]:
    yield from _compare_names(one, other)
    if one.phones and other.phones:
        yield _seen("phone", *_phones(one, other))
    if one.email and other.email and (degree := _emails(one, other)):
        yield _seen("email", degree)
    for trait in ("linkedin", "birth_year"):
        mine, theirs = getattr(one, trait), getattr(other, trait)
        if mine and theirs:
            yield _seen(trait, "equal" if mine == theirs else "different")
    if (one.company or one.domain) and (other.company or other.domain):
        yield _seen("company", *_companies(one, other))
    if one.city and other.city:
        yield _seen("city", *_texts(one.city, other.city))
    for key in one.custom.keys() & other.custom.keys():
        yield _seen("custom", *_texts(one.custom[key], other.custom[key]), field=key)


def _names(kinds: Iterable[str]) -> Iterator[Seen]:
    # Several names of one request are one piece of evidence: the strongest.
    known = sorted(set(kinds) & CHANCES["named_together"].keys())
    if known:
        yield _seen("named_together", known[0])


def _seen(trait: str, degree: str, letters: int = 0, *, field: str = "") -> Seen:
    return Seen(trait, degree, round(CHANCES[trait][degree].weight, 3), letters, field)


def _compare_names(one: Traits, other: Traits) -> Iterator[Seen]:
    crossed = (one.first_name, one.last_name), (other.last_name, other.first_name)
    first = _name(one.first_name, other.first_name)
    last = _name(one.last_name, other.last_name)
    if all((*crossed[0], *crossed[1])) and {first[0], last[0]} == {"different"} and _is_crossed(*crossed):
        first = last = ("swapped", 0)
    for trait, degree in (("first_name", first), ("last_name", last)):
        if degree[0]:
            yield _seen(trait, *degree)


def _is_crossed(mine: tuple[str, str], theirs: tuple[str, str]) -> bool:
    return all(_texts(*pair)[0] != "different" for pair in zip(mine, theirs, strict=True))


def _name(mine: str, theirs: str) -> tuple[str, int]:
    if not mine or not theirs:
        return "", 0
    shorter, longer = sorted((mine, theirs), key=len)
    if len(shorter) == 1 and len(longer) > 1 and longer[0] == shorter:
        return "initial", 0
    return _texts(mine, theirs)


def _texts(mine: str, theirs: str) -> tuple[str, int]:
    """Return equal, near (a slip or two), or different, and how many letters apart."""
    if mine == theirs:
        return "equal", 0
    mine, theirs = mine.replace(" ", ""), theirs.replace(" ", "")
    if mine == theirs:
        return "near", 0
    letters = damerau_levenshtein_distance(mine, theirs)
    is_long = min(len(mine), len(theirs)) >= SHORTEST_NEAR
    if is_long and (letters == 1 or (letters <= 3 and jaro_winkler_similarity(mine, theirs) >= NEAR)):
        return "near", letters
    return "different", letters


def _phones(one: Traits, other: Traits) -> tuple[str, int]:
    if one.phones & other.phones:
        return "equal", 0
    pairs = [(mine, theirs) for mine in one.phones for theirs in other.phones]
    is_near = any(damerau_levenshtein_distance(*pair) == 1 for pair in pairs)
    return ("near", 1) if is_near else ("different", 0)


def _emails(one: Traits, other: Traits) -> str:
    """Compare addresses. What is alike in front of the @ says nothing new where the names are known."""
    if one.mailbox == other.mailbox:
        return "equal"
    is_same = one.mail_name == other.mail_name
    if not is_same and _texts(one.mail_name, other.mail_name)[0] == "different":
        return "different"
    if all((one.first_name, one.last_name, other.first_name, other.last_name)):
        return ""
    return "same_name" if is_same else "near"


def _companies(one: Traits, other: Traits) -> tuple[str, int]:
    if one.domain and one.domain == other.domain:
        return "equal", 0
    if not one.company or not other.company:
        return "different", 0
    return _texts(one.company, other.company)
