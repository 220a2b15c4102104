"""What is asked of a lead: the dimensions of the framework in use, and those asked beside every framework."""

from dataclasses import dataclass

from django.db.models import F, OuterRef, Q, Subquery

from leadapp.shipped import shown
from leadapp.words import lower_first
from qualification.models import Dimension, FrameworkDimension


@dataclass(frozen=True)
class Asked:
    """A dimension as it is asked now. Gates count only those of the framework in use."""

    key: str
    label: str
    prompts: tuple[str, ...]
    value_label: str
    example: str
    good_for_days: int | None
    clue_words: tuple[str, ...]
    counts: bool

    @property
    def name(self) -> str:
        """Return what it is called inside a sentence; abbreviations stay as they are."""
        return lower_first(shown(self.label))


@dataclass(frozen=True)
class Questions:
    """The name of the framework in use, and everything that is asked, in order."""

    framework: str
    asked: tuple[Asked, ...]

    @property
    def counted(self) -> tuple[Asked, ...]:
        """Return what the framework consists of."""
        return tuple(one for one in self.asked if one.counts)

    def find(self, key: str) -> Asked | None:
        """Return what is asked under this key."""
        return next((one for one in self.asked if one.key == key), None)


def read_questions() -> Questions:
    """Read what is asked now, in one query: the framework in its order, then what is asked beside it."""
    part = FrameworkDimension.objects.filter(framework__is_in_use=True, dimension=OuterRef("pk"))
    rows = (
        Dimension.objects.annotate(
            place=Subquery(part.values("position")[:1]),
            called=Subquery(part.values("label")[:1]),
            framework=Subquery(part.values("framework__name")[:1]),
        )
        .filter(Q(place__isnull=False) | Q(is_also_asked=True))
        .order_by(F("place").asc(nulls_last=True), "position", "pk")
    )
    found = list(rows)
    name = next((row.framework for row in found if row.framework), "")
    return Questions(name, tuple(_asked(row, row.called, row.place is not None) for row in found))


def _asked(row: Dimension, called: str | None, counts: bool) -> Asked:
    return Asked(
        key=row.key,
        label=called or row.label,
        prompts=tuple(line.strip() for line in row.prompts.splitlines() if line.strip()),
        value_label=row.value_label,
        example=row.example,
        good_for_days=row.good_for_days,
        clue_words=tuple(word.strip().lower() for word in row.clue_words.split(",") if word.strip()),
        counts=counts,
    )
