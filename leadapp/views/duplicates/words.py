"""How the comparison of two leads reads: what speaks for one person, and what against."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

WORDS = {
    ("first_name", "equal"): gettext_lazy("Same first name"),
    ("first_name", "initial"): gettext_lazy("First name: only a letter is known, and it fits"),
    ("first_name", "swapped"): gettext_lazy("First and last name are swapped"),
    ("first_name", "different"): gettext_lazy("Another first name"),
    ("last_name", "equal"): gettext_lazy("Same last name"),
    ("last_name", "initial"): gettext_lazy("Last name: only a letter is known, and it fits"),
    ("last_name", "swapped"): gettext_lazy("Last and first name are swapped"),
    ("last_name", "different"): gettext_lazy("Another last name"),
    ("phone", "equal"): gettext_lazy("Same phone"),
    ("phone", "near"): gettext_lazy("Phone one digit apart"),
    ("phone", "different"): gettext_lazy("Another phone"),
    ("email", "equal"): gettext_lazy("Same mailbox, written differently"),
    ("email", "same_name"): gettext_lazy("Same name in front of the @"),
    ("email", "near"): gettext_lazy("Nearly the same name in front of the @"),
    ("email", "different"): gettext_lazy("Another email address"),
    ("linkedin", "equal"): gettext_lazy("Same LinkedIn profile"),
    ("linkedin", "different"): gettext_lazy("Another LinkedIn profile"),
    ("company", "equal"): gettext_lazy("Same company"),
    ("company", "different"): gettext_lazy("Another company"),
    ("city", "equal"): gettext_lazy("Same city"),
    ("city", "different"): gettext_lazy("Another city"),
    ("birth_year", "equal"): gettext_lazy("Same year of birth"),
    ("birth_year", "different"): gettext_lazy("Another year of birth"),
    ("named_together", "external"): gettext_lazy("One request called both by their external ids"),
    ("named_together", "email"): gettext_lazy("One request called both, one by its address"),
    ("named_together", "visitor"): gettext_lazy("Both used the same browser"),
}


@dataclass(frozen=True)
class Reason:
    """One thing that speaks for or against one person; `weight` is in bits."""

    text: str
    weight: float

    @property
    def is_for(self) -> bool:
        """Tell whether it makes one person more probable."""
        return self.weight > 0


def reasons_of(evidence: Sequence[Mapping[str, Any]], labels: Mapping[str, str]) -> list[Reason]:
    """Say what was seen, the weightiest first; `labels` name custom fields."""
    return [Reason(_say(seen, labels), round(float(seen["weight"]), 1)) for seen in evidence]


def _say(seen: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    trait, degree = str(seen["trait"]), str(seen["degree"])
    if trait == "custom":
        return _say_custom(degree, labels.get(str(seen["field"]), str(seen["field"])))
    if degree == "near" and trait != "email" and (trait, degree) not in WORDS:
        return _say_near(trait, int(seen["letters"]))
    return str(WORDS.get((trait, degree), trait))


def _say_custom(degree: str, label: str) -> str:
    patterns = {"equal": _("Same: %(field)s"), "near": _("Nearly the same: %(field)s")}
    return patterns.get(degree, _("Another: %(field)s")) % {"field": label}


def _say_near(trait: str, letters: int) -> str:
    if not letters:
        same = {
            "first_name": _("First name written together or apart"),
            "last_name": _("Last name written together or apart"),
            "company": _("Company written together or apart"),
        }
        return same.get(trait, _("City written together or apart"))
    count = {"count": letters}
    near = {
        "first_name": ngettext(
            "First name %(count)d letter apart", "First name %(count)d letters apart", letters
        ),
        "last_name": ngettext(
            "Last name %(count)d letter apart", "Last name %(count)d letters apart", letters
        ),
        "company": ngettext("Company %(count)d letter apart", "Company %(count)d letters apart", letters),
    }
    city = ngettext("City %(count)d letter apart", "City %(count)d letters apart", letters)
    return near.get(trait, city) % count
