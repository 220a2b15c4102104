"""The form of a rule and the rows of its conditions; what they say is checked and written by the service."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.forms.formsets import DELETION_FIELD_NAME
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.errors import Invalid, Refused
from leadapp.models import ActivityType
from leadapp.numbers import write_number
from scoring.admin.conditions import ConditionForm, write_value
from scoring.analysis.values import known_types
from scoring.fields import PROPERTY
from scoring.models import RuleCondition, RuleGroup, ScoringRule
from scoring.rules import ConditionFacts, RuleFacts, as_data, facts_of, rule_from_data

CONDITION = re.compile(r"^conditions\[(\d+)\]\.(\w+)$")
# What engagement rules say beyond fit rules.
COUNTING = ("counting", "min_occurrences", "window_days", "decay", "decay_days")


class RuleForm(forms.ModelForm):  # type: ignore[type-arg]
    """A rule of one version and one dimension, which the instance carries already.

    `refusal` is what the service said when it was saved; `is_held` keeps it from being saved at all.
    """

    refusal: Refused | None = None
    is_held = False

    # The revision that is shown here, and what it says, so that somebody else's edit can be told.
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = ScoringRule
        fields = ("name", "group", "points", "max_points", "is_active", "match", "activity_types", *COUNTING)
        widgets = {
            "activity_types": forms.CheckboxSelectMultiple,
            "name": forms.TextInput(attrs={"size": 60}),
        }
        labels = {
            "max_points": gettext_lazy("At most"),
            "is_active": gettext_lazy("Switched on"),
            "match": gettext_lazy("Needed"),
            "min_occurrences": gettext_lazy("From so many times on"),
            "window_days": gettext_lazy("Within days"),
            "decay": gettext_lazy("Fading"),
            "decay_days": gettext_lazy("Days of fading"),
        }
        help_texts = {
            "name": gettext_lazy("As the breakdown of a lead says it: “Asked for a demo”."),
            "points": gettext_lazy("Between −1000 and 1000, not 0. Negative points take away."),
            "max_points": gettext_lazy("This rule never gives (or takes) more than that. Empty: no cap."),
            "match": gettext_lazy("When there are several conditions."),
            "group": gettext_lazy("Rules of a group share its cap."),
            "activity_types": gettext_lazy("Behind each: how many there are."),
            "counting": gettext_lazy(
                "Every time adds up all occurrences; once takes the strongest single one."
            ),
            "min_occurrences": gettext_lazy(
                "3 together with a window of 7 days means “three visits in seven days”."
            ),
            "window_days": gettext_lazy("Only activities of the last so many days. Empty: all of them."),
            "decay": gettext_lazy("How points fade with the age of an activity."),
            "decay_days": gettext_lazy("The half-life, or the days until nothing is left."),
            "is_active": gettext_lazy("Off: stays in the version and gives no points."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = self.fields.get("group")
        if groups is None:  # the page is only read
            return
        groups.queryset = RuleGroup.objects.filter(  # type: ignore[attr-defined]
            version_id=self.instance.version_id, dimension=self.instance.dimension
        ).order_by("position", "name")
        groups.empty_label = _("No group")  # type: ignore[attr-defined]
        if "activity_types" in self.fields:
            types: Any = self.fields["activity_types"]
            counts = known_types()
            types.label_from_instance = lambda kind: f"{kind} ({write_number(counts.get(kind.slug, 0))})"
            types.queryset = ActivityType.objects.filter(is_internal=False).order_by("channel", "label")
        if self.instance.pk:
            self.initial["revision"] = self.instance.revision
            self.initial["seen"] = write_seen(facts_of(self.instance))

    def is_valid(self) -> bool:
        """Tell whether it may be saved; add what the service refused."""
        for name, texts in _faults(self.refusal):
            if not CONDITION.match(name):
                self.add_error(name if name in self.fields else None, list(texts))
        return super().is_valid() and self.refusal is None and not self.is_held

    def _post_clean(self) -> None:
        """Leave the instance as it is stored: the service checks and writes."""


class ConditionRows(BaseInlineFormSet):  # type: ignore[type-arg]
    """The conditions of a rule as rows without ids: saving replaces them all, also from a stale page."""

    refusal: Refused | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # What the log of the admin asks for.
        self.new_objects, self.changed_objects, self.deleted_objects = [], [], []
        kwargs["queryset"] = RuleCondition.objects.none()
        rule = kwargs.get("instance")
        if kwargs.get("data") is None and rule is not None and rule.pk:
            kwargs["initial"] = [_row_of(each) for each in facts_of(rule).conditions]
            self.extra = len(kwargs["initial"]) + 1
        super().__init__(*args, **kwargs)

    def initial_form_count(self) -> int:
        """Say that all rows are new."""
        return 0

    def kept(self) -> Iterator[ConditionForm]:
        """Return the rows that say something and are not taken out."""
        for row in self.forms:
            is_blank = not row.errors and not row.has_changed()
            if not is_blank and not row.cleaned_data.get(DELETION_FIELD_NAME, False):
                yield row  # type: ignore[misc]

    def is_valid(self) -> bool:
        """Tell whether all rows may be saved; add what the service refused."""
        is_valid = super().is_valid()
        rows = list(self.kept())
        for name, texts in _faults(self.refusal):
            if (found := CONDITION.match(name)) and int(found[1]) < len(rows):
                row = rows[int(found[1])]
                place = _place(row, found[2])
                if not row.has_error(place):  # Django asks more than once
                    row.add_error(place, list(texts))
        return is_valid and self.refusal is None


def facts_from(form: RuleForm, rows: ConditionRows) -> RuleFacts:
    """Return what a valid form says."""
    typed = form.cleaned_data
    group, types = typed.get("group"), typed.get("activity_types") or ()
    facts = RuleFacts(
        name=typed["name"],
        dimension=form.instance.dimension,
        points=typed["points"],
        group=group.name if group else "",
        match=typed["match"],
        max_points=typed["max_points"],
        is_active=typed["is_active"],
        activity_types=tuple(sorted(kind.slug for kind in types)),
        conditions=tuple(condition_from(row) for row in rows.kept()),
    )
    return replace(facts, **{name: typed[name] for name in COUNTING if name in typed})


def condition_from(row: ConditionForm) -> ConditionFacts:
    """Return what a row says."""
    typed = row.cleaned_data
    return ConditionFacts(typed.get("field", ""), typed.get("operator", ""), typed.get("value"))


def write_seen(facts: RuleFacts) -> str:
    """Write what a page shows, to be sent back with an edit."""
    return json.dumps(as_data(facts), separators=(",", ":"))


def read_seen(text: str) -> RuleFacts | None:
    """Return what a page showed, or nothing where the browser sent something else."""
    try:
        return rule_from_data(json.loads(text))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _faults(refusal: Refused | None) -> Iterable[tuple[str, Sequence[str]]]:
    """Return what was wrong, field by field."""
    return refusal.errors.items() if isinstance(refusal, Invalid) else ()


def _row_of(condition: ConditionFacts) -> dict[str, str]:
    return {
        "field": condition.field,
        "operator": condition.operator,
        "value": write_value(condition.value),
    }


def _place(row: ConditionForm, name: str) -> str:
    is_property = str(row.cleaned_data.get("field", "")).startswith(PROPERTY)
    if name == "field" and is_property and row.cleaned_data.get("property_name"):
        return "property_name"
    return name if name in row.fields else "value"
