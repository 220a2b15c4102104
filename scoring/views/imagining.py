"""The form in which somebody imagines a lead: the facts that the rules ask for, and what the lead did."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.models import ActivityType, CustomField, Lead
from leadapp.numbers import whole_number
from leadapp.shipped import shown
from scoring.engine.imagined import ImaginedActivity, ImaginedLead
from scoring.fields import ATTRIBUTE, FIELDS, PROPERTY, Field, Kind, find_field
from scoring.models import RuleCondition, ScoringModelVersion

DOMAIN, EMAIL = "lead.email_domain", "lead.email"
MOST_ROWS, ROWS_AT_FIRST = 20, 3
YES_NO = (("", gettext_lazy("Not known")), ("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No")))
WORDS = {"yes": True, "true": True, "no": False, "false": False}
LONGEST = 500


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the rules of the versions look at: nothing else can change the score."""

    fields: Sequence[Field]
    types: Sequence[tuple[str, str]]
    properties: Sequence[str]


def read_asked(versions: Iterable[ScoringModelVersion]) -> Asked:
    """Read which facts, activities and properties the rules of these versions ask for (three queries)."""
    ids = [version.pk for version in versions]
    conditions = RuleCondition.objects.filter(rule__version__in=ids)
    keys = set(conditions.order_by("field").values_list("field", flat=True).distinct())
    # The address is what one types; its domain follows.
    keys = {EMAIL if key == DOMAIN else key for key in keys}
    known = [key for key in FIELDS if key in keys and key.startswith(("lead.", "company."))]
    own = sorted(key for key in keys if key.startswith(ATTRIBUTE))
    labels = dict(CustomField.objects.values_list("key", "label")) if own else {}
    found = [find_field(key) for key in [*known, *own]]
    fields = [_labelled(field, labels.get(field.key.removeprefix(ATTRIBUTE), "")) for field in found if field]
    types = ActivityType.objects.filter(is_internal=False).order_by("label")
    return Asked(
        fields=fields,
        types=[(slug, shown(label)) for slug, label in types.values_list("slug", "label")],
        properties=sorted(key.removeprefix(PROPERTY) for key in keys if key.startswith(PROPERTY)),
    )


def _labelled(field: Field, label: str) -> Field:
    return Field(field.key, label, field.kind, field.sql, field.params) if label else field


class FactsForm(forms.Form):
    """One input for each fact that the rules ask for; `lead` is the stored one that is copied."""

    def __init__(self, data: Any = None, *, asked: Asked, lead: Lead | None = None) -> None:
        initial = {field.key: _stored(lead, field) for field in asked.fields} if lead else {}
        super().__init__(data, initial=initial, prefix="fact")
        self.asked = asked
        for field in asked.fields:
            self.fields[field.key] = _input(field)

    @property
    def of_lead(self) -> list[Any]:
        """Return the inputs about the person."""
        return [self[field.key] for field in self.asked.fields if not field.key.startswith("company.")]

    @property
    def of_company(self) -> list[Any]:
        """Return the inputs about the company."""
        return [self[field.key] for field in self.asked.fields if field.key.startswith("company.")]

    def facts(self, *, of_copy: bool) -> dict[str, Any]:
        """Return the facts that were typed; of a copy also those that were emptied."""
        typed = {field.key: _typed(field, self.cleaned_data[field.key]) for field in self.asked.fields}
        if of_copy:
            return {key: typed[key] for key in self.changed_data}
        return {key: value for key, value in typed.items() if value not in ("", None)}


class ActivityForm(forms.Form):
    """One thing that the lead did; a row without a type is left out."""

    type = forms.ChoiceField(label=gettext_lazy("What they did"), required=False)
    days = forms.FloatField(
        label=gettext_lazy("Days ago"),
        required=False,
        min_value=0,
        max_value=3650,
        widget=forms.NumberInput({"step": "any"}),
    )
    times = forms.IntegerField(label=gettext_lazy("Times"), required=False, min_value=1, max_value=100)
    property = forms.CharField(
        label=gettext_lazy("Property"),
        required=False,
        max_length=80,
        widget=forms.TextInput({"list": "properties"}),
    )
    value = forms.CharField(label=gettext_lazy("Its value"), required=False, max_length=LONGEST)

    def __init__(self, *args: Any, asked: Asked, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["type"].choices = [("", _("Nothing")), *asked.types]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Ask for the type of a row that says something."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        says = any(cleaned.get(name) not in (None, "") for name in ("days", "property", "value"))
        if says and not cleaned.get("type") and "type" not in self.errors:
            self.add_error("type", _("Choose what they did."))
        if cleaned.get("value") and not cleaned.get("property"):
            self.add_error("property", _("Name the property."))
        return cleaned

    def activities(self, now: datetime) -> list[ImaginedActivity]:
        """Return what the row says: nothing, one, or the same several times."""
        data = self.cleaned_data
        if not data.get("type"):
            return []
        happened = now - timedelta(days=data["days"] or 0)
        properties = {data["property"]: _guess(data["value"])} if data["property"] else {}
        activity = ImaginedActivity(type=data["type"], occurred_at=happened, properties=properties)
        return [activity] * (data["times"] or 1)


class ActivityFormSet(forms.BaseFormSet):  # type: ignore[type-arg]
    """The rows of activities."""

    def activities(self, now: datetime) -> list[ImaginedActivity]:
        """Return all that the lead did."""
        return [each for form in self.forms for each in form.activities(now)]


def activity_rows(data: Any, asked: Asked, *, more: bool = False) -> ActivityFormSet:
    """Return the rows as they were sent, with one more if asked for."""
    formset: Any = forms.formset_factory(
        ActivityForm, formset=ActivityFormSet, extra=ROWS_AT_FIRST, max_num=MOST_ROWS, absolute_max=MOST_ROWS
    )
    if data is not None and more:
        data = data.copy()
        sent = whole_number(data.get("did-TOTAL_FORMS", ""), largest=999)
        total = ROWS_AT_FIRST if sent is None else sent
        data["did-TOTAL_FORMS"] = str(min(total + 1, MOST_ROWS))
    rows: ActivityFormSet = formset(data, prefix="did", form_kwargs={"asked": asked})
    return rows


def imagine(facts: FactsForm, rows: ActivityFormSet, *, lead: Lead | None, now: datetime) -> ImaginedLead:
    """Return the lead that was typed; forms must be valid."""
    return ImaginedLead(
        facts=facts.facts(of_copy=lead is not None), activities=rows.activities(now), copy_of=lead
    )


def _input(field: Field) -> forms.Field:
    options: dict[str, Any] = {"label": field.label, "required": False}
    match field.kind:
        case Kind.CHOICE:
            return forms.ChoiceField(choices=[("", _("Not known")), *field.choices], **options)
        case Kind.BOOLEAN:
            return forms.ChoiceField(choices=YES_NO, **options)
        case Kind.NUMBER:
            return forms.FloatField(widget=forms.NumberInput({"step": "any"}), **options)
        case Kind.DATE:
            return forms.DateField(widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"), **options)
    return forms.CharField(max_length=LONGEST, **options)


def _typed(field: Field, value: Any) -> Any:
    """Return the value in the shape that the engine takes."""
    if value in ("", None):
        return None
    if field.kind == Kind.BOOLEAN:
        return value == "yes"
    if field.kind == Kind.DATE:
        return timezone.make_aware(datetime.combine(value, time()))
    if field.kind == Kind.NUMBER:
        return int(value) if value == int(value) else value
    return _guess(value) if field.kind == Kind.ANY else value


def _guess(text: str) -> Any:
    """Read what a tracker would have sent: a number, yes or no, or text."""
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        return text
    return int(number) if number == int(number) and abs(number) < 1e15 else number


def _stored(lead: Lead, field: Field) -> Any:
    """Return what is stored, as the input shows it."""
    owner, _, name = field.key.partition(".")
    if field.key.startswith(ATTRIBUTE):
        value = lead.attributes.get(field.key.removeprefix(ATTRIBUTE))
    elif owner == "company":
        value = getattr(lead.company, name) if lead.company else None
    else:
        value = getattr(lead, name)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if field.kind == Kind.DATE and isinstance(value, datetime):
        return timezone.localtime(value).date()
    return value
