"""Keys that leads of one person share: only leads that have one in common are compared at all.

Each is made of what survives the usual slips: a sound instead of a spelling, one half of a name instead of
both. So a new lead is compared with few, however many there are.
"""

from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b

from jellyfish import metaphone

from leadapp.services.duplicates.traits import Traits

DIGITS = 8  # of a phone: what stays the same with and without country code and trunk zero
SHORTEST_MAIL_NAME = 5  # info@ and jane@ are many people


def keys_of(traits: Traits) -> set[int]:
    """Return the keys of somebody, hashed."""
    return {_hash(text) for text in _texts(traits)}


def _texts(traits: Traits) -> Iterator[str]:
    first, last = _sound(traits.first_name), _sound(traits.last_name)
    if traits.first_name and traits.last_name:
        yield f"last {last} {traits.first_name[0]}"
        yield f"first {first} {traits.last_name[0]}"
        yield f"both {' '.join(sorted((first, last)))}"
    for phone in traits.phones:
        yield f"phone {phone[-DIGITS:]}"
    if traits.linkedin:
        yield f"linkedin {traits.linkedin}"
    if len(traits.mail_name) >= SHORTEST_MAIL_NAME:
        yield f"mail {traits.mail_name}"
    for place, value in (("company", traits.company), ("domain", traits.domain), ("city", traits.city)):
        if value:
            yield from (f"{place} {value} {sound}" for sound in {first, last} if sound)
    for key, value in traits.custom.items():
        initials = {name[0] for name in (traits.first_name, traits.last_name) if name}
        yield from (f"custom {key} {value} {initial}" for initial in initials)


@lru_cache(maxsize=65_536)
def _sound(name: str) -> str:
    return metaphone(name) or name


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)
