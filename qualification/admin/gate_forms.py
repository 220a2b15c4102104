"""The form of a gate and the rows of its criteria: what makes no sense is said at its field."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms.formsets import DELETION_FIELD_NAME
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.errors import Invalid
from qualification.models import Gate
from qualification.models.gates import MOST_HOURS
from qualification.services.gates.criteria import validate_counting, validate_criterion, validate_leave_value
from qualification.services.gates.editing import fault_of_criterion, faults_of_gate
from scoring.admin.conditions import ConditionForm

UNITS = {"hours": 1, "days": 24}


class GateForm(forms.ModelForm):  # type: ignore[type-arg]
    """How a gate works. `is_held` keeps it from being saved: it is only tried."""

    is_held = False

    stay = forms.IntegerField(
        label=gettext_lazy("Minimum stay"),
        required=False,
        min_value=0,
        help_text=gettext_lazy("Nobody goes back by itself before. Empty: no minimum."),
    )
    stay_unit = forms.ChoiceField(
        label=gettext_lazy("in"),
        required=False,
        choices=[("days", gettext_lazy("days")), ("hours", gettext_lazy("hours"))],
    )

    class Meta:
        model = Gate
        fields = ("match", "is_automatic", "takes_back")
        labels = {
            "match": gettext_lazy("Needed"),
            "is_automatic": gettext_lazy("Automatic"),
            "takes_back": gettext_lazy("Takes leads back"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hours = self.instance.minimum_stay_hours
        unit = "hours" if hours % 24 else "days"
        self.initial.update(stay=hours // UNITS[unit] or None, stay_unit=unit)

    def clean(self) -> dict[str, Any]:
        """Check how a gate works as a whole."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        hours = (cleaned.get("stay") or 0) * UNITS[cleaned.get("stay_unit") or "days"]
        if hours > MOST_HOURS:
            self.add_error("stay", _("Give at most a year."))
        elif "stay" in self.fields:
            self.instance.minimum_stay_hours = hours
        gate = Gate(
            step=self.instance.step,
            is_automatic=cleaned.get("is_automatic", self.instance.is_automatic),
            takes_back=cleaned.get("takes_back", False),
        )
        for name, texts in faults_of_gate(gate).items():
            self.add_error(name if name in self.fields else None, texts)
        return cleaned

    def is_valid(self) -> bool:
        """Tell whether it may be saved."""
        return super().is_valid() and not self.is_held

    def faults(self) -> Iterator[str]:
        """Return what is wrong, each with the name of its field."""
        for name, texts in self.errors.items():
            place = f"{self.fields[name].label}: " if name in self.fields else ""
            yield from (f"{place}{text}" for text in texts)


class CriterionForm(ConditionForm):
    """One criterion: a condition, its far side, and how often and how lately activities happened."""

    validate = staticmethod(validate_criterion)

    leave_value = forms.FloatField(label=gettext_lazy("Back at"), required=False)
    min_occurrences = forms.IntegerField(label=gettext_lazy("Times"), required=False)
    window_days = forms.IntegerField(label=gettext_lazy("Within days"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs["aria-label"] = str(field.label or name)
        # Once is what goes without saying.
        if self.initial.get("min_occurrences") == 1:
            self.initial["min_occurrences"] = None

    def clean(self) -> dict[str, Any]:
        """Check the parts that only gates have, once the condition itself makes sense."""
        cleaned = super().clean()
        if cleaned.get("min_occurrences") is None:
            cleaned["min_occurrences"] = 1
        if self.errors or not cleaned.get("field") or not cleaned.get("operator"):
            return cleaned
        asked = {"field": cleaned["field"], "operator": cleaned["operator"], "value": cleaned.get("value")}
        try:
            cleaned["leave_value"] = validate_leave_value(**asked, leave_value=cleaned.get("leave_value"))
            validate_counting(
                field=cleaned["field"],
                min_occurrences=cleaned["min_occurrences"],
                window_days=cleaned.get("window_days"),
            )
        except Invalid as refusal:
            for name, texts in refusal.errors.items():
                self.add_error(name, list(texts))
        return cleaned


class CriterionRows(BaseInlineFormSet):  # type: ignore[type-arg]
    """The criteria of a gate."""

    def add_fields(self, form: Any, index: int | None) -> None:
        """Name the box that takes a row out: a table has no room for labels."""
        super().add_fields(form, index)
        if DELETION_FIELD_NAME in form.fields:
            form.fields[DELETION_FIELD_NAME].widget.attrs["aria-label"] = _("Take out")

    def kept(self) -> Iterator[CriterionForm]:
        """Return the rows that say something and are not taken out, in the order of the page."""
        for row in self.forms:
            is_blank = not row.instance.pk and not row.has_changed()
            if not is_blank and not getattr(row, "cleaned_data", {}).get(DELETION_FIELD_NAME, False):
                yield row  # type: ignore[misc]

    def clean(self) -> None:
        """Check each criterion against how the gate works."""
        super().clean()
        for row in self.kept():
            if not row.errors and (fault := fault_of_criterion(self.instance, row.instance)):
                row.add_error("leave_value", fault)

    def faults(self) -> Iterator[str]:
        """Return what is wrong, each with the number of its row and the name of its field."""
        for number, row in enumerate(self.kept(), 1):
            for name, texts in row.errors.items():
                place = f", {row.fields[name].label}" if name in row.fields else ""
                yield from (
                    _("Criterion %(number)s%(place)s: %(text)s")
                    % {"number": number, "place": place, "text": text}
                    for text in texts
                )
        yield from map(str, self.non_form_errors())
