"""Forms of the actions on a lead: moves, evidence, owners, notes and tasks."""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.models import Advocacy, Lead, User
from leadapp.shipped import shown
from leadapp.times import write_days
from leadapp.views.answering import SeenForm
from leadapp.words import Text
from qualification.models import BantAnswer, BantState, Confidence
from qualification.services.customers.deals import DealFacts
from qualification.services.evidence.answers import BantView
from qualification.services.moves import NEW_ROUND_AT
from qualification.services.recycling.reasons import offered_reasons
from qualification.services.recycling.wake_ups import HIGHEST_SCORE, Waking


def reason_field(hint: Text = "", *, required: bool = True) -> forms.CharField:
    """Ask why; the answer stays in the timeline."""
    widget = forms.Textarea({"rows": 2})
    return forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        required=required,
        widget=widget,
        help_text=hint or gettext_lazy("Your name and reason stay in the timeline."),
    )


class MoveForm(SeenForm):
    """A move through a gate that passes: nothing to ask."""


class ReasonForm(SeenForm):
    """A move that needs a reason."""

    reason = reason_field()


class WakingForm(forms.Form):
    """What wakes a lead: a day, a score, whichever comes first, or nothing but people."""

    wake_on = forms.DateField(
        label=gettext_lazy("Wakes on"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("It comes back to its owner on that day."),
    )
    wake_score = forms.IntegerField(
        label=gettext_lazy("Or from a score of"),
        required=False,
        min_value=1,
        max_value=HIGHEST_SCORE,
        widget=forms.TextInput({"inputmode": "numeric"}),
        help_text=gettext_lazy("As soon as it gets there, whichever comes first."),
    )

    @property
    def waking(self) -> Waking:
        """Return what was chosen."""
        return Waking(on=self.cleaned_data["wake_on"], score=self.cleaned_data["wake_score"])


def in_three_months() -> date:
    """Return when most leads in nurture are worth another look."""
    return timezone.localdate() + timedelta(days=90)


class NurtureForm(WakingForm, ReasonForm):
    """Why a lead is set aside, and until when."""

    field_order = ("reason", "wake_on", "wake_score")


class WhyOutForm(forms.Form):
    """Why a lead is out, as reports count it."""

    reason_code = forms.ChoiceField(label=gettext_lazy("Why"))
    reason = reason_field(
        gettext_lazy("Needed for “Other”. Your name and reason stay in the timeline."), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["reason_code"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Choose…")), *((item.code, str(item)) for item in offered_reasons())]
        self.fields["reason"].label = _("A word more")


class DisqualifyForm(WhyOutForm, SeenForm):
    """Why a lead is out."""


class OpportunityForm(SeenForm):
    """Where a customer sets out anew, and for what."""

    to_stage = forms.ChoiceField(
        label=gettext_lazy("Starts as"),
        choices=[(stage.value, stage.label) for stage in NEW_ROUND_AT],
        widget=forms.RadioSelect,
    )
    reason = reason_field(gettext_lazy("What it may buy. Your name and reason stay in the timeline."))


class AdvocacyForm(forms.Form):
    """Whether a customer speaks for us."""

    advocacy = forms.ChoiceField(
        label=gettext_lazy("This customer is"), choices=Advocacy.choices, widget=forms.RadioSelect
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=500,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=gettext_lazy("For example: takes calls from prospects, but not in December."),
    )


class WonForm(forms.Form):
    """What was won."""

    value = forms.DecimalField(
        label=gettext_lazy("Won value"),
        min_value=0,
        max_digits=14,
        decimal_places=2,
        widget=forms.TextInput({"inputmode": "decimal"}),
        help_text=gettext_lazy("Without a thousands mark, such as 58000 or 58000.50."),
    )
    currency = forms.RegexField(
        r"^[A-Za-z]{3}$",
        label=gettext_lazy("Currency"),
        initial="EUR",
        error_messages={"invalid": gettext_lazy("Write the three letters of the currency, such as EUR.")},
    )
    won_on = forms.DateField(
        label=gettext_lazy("Won on"),
        initial=timezone.localdate,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    product = forms.CharField(label=gettext_lazy("Product"), max_length=200, required=False)

    def clean_currency(self) -> str:
        """Write it in capitals."""
        return str(self.cleaned_data["currency"]).upper()

    @property
    def deal(self) -> DealFacts:
        """Return what was won."""
        return DealFacts(
            **{name: self.cleaned_data[name] for name in ("value", "currency", "won_on", "product")}
        )


class DealForm(WonForm, SeenForm):
    """What was won with the move to customer."""


class DealOverrideForm(DealForm):
    """What was won, past a gate that does not pass."""

    reason = reason_field()


GOOD_FOR: dict[int, Text] = {
    90: gettext_lazy("3 months"),
    180: gettext_lazy("6 months"),
    365: gettext_lazy("1 year"),
}
NO_END = ("", gettext_lazy("No end"))


def good_for_choices(days: int | None) -> list[tuple[str, str]]:
    """Return for how long an answer may be good, with the span that the dimension names."""
    spans = GOOD_FOR if days is None or days in GOOD_FOR else {days: write_days(days), **GOOD_FOR}
    return [*((str(span), str(label)) for span, label in sorted(spans.items())), (NO_END[0], str(NO_END[1]))]


class BantForm(forms.Form):
    """The answer to what one dimension asks."""

    state = forms.ChoiceField(
        label=gettext_lazy("It is"),
        choices=BantState.choices,
        initial=BantState.CONFIRMED,
        widget=forms.RadioSelect,
    )
    value = forms.CharField(
        label=gettext_lazy("Evidence"), max_length=500, required=False, widget=forms.Textarea({"rows": 2})
    )
    source = forms.ChoiceField(
        label=gettext_lazy("From"),
        choices=[(value, label) for value, label in BantAnswer.Source.choices if value != "form"],
        initial=BantAnswer.Source.CALL,
    )
    confidence = forms.ChoiceField(
        label=gettext_lazy("How sure"), choices=Confidence.choices, initial=Confidence.MEDIUM, required=False
    )
    good_for = forms.ChoiceField(label=gettext_lazy("Good for"), required=False)

    def __init__(self, *args: Any, known: BantView, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asked = known.dimension
        self.fields["value"].label = shown(asked.value_label)
        self.fields["good_for"].choices = good_for_choices(asked.good_for_days)  # type: ignore[attr-defined]
        self.initial = {"good_for": str(asked.good_for_days or "")}
        if known.answer is not None and not known.is_stale:
            self.initial |= {"state": known.answer.state, "value": known.answer.value}

    def clean(self) -> dict[str, Any]:
        """Confirmed or ruled out needs evidence: the next person has to know why."""
        data = super().clean() or self.cleaned_data
        if data.get("state") in (BantState.CONFIRMED, BantState.RULED_OUT) and not data.get("value"):
            self.add_error("value", _("Say what was told: an amount, a role, a pain or a date."))
        return data

    def expires_at(self, now: datetime) -> datetime | None:
        """Return the moment from which the answer is stale, or None: never."""
        days = self.cleaned_data["good_for"]
        is_answer = self.cleaned_data["state"] != BantState.UNKNOWN
        return now + timedelta(days=int(days)) if days and is_answer else None


class OwnerForm(SeenForm):
    """Who has the lead from now on."""

    sees = ("owner_id",)

    owner = forms.ModelChoiceField(
        label=gettext_lazy("New owner"), queryset=User.objects.none(), empty_label=gettext_lazy("Choose…")
    )
    reason = reason_field(gettext_lazy("Why this person; both of you read it."))

    def __init__(self, *args: Any, lead: Lead, **kwargs: Any) -> None:
        super().__init__(*args, lead=lead, **kwargs)
        owner_field = self.fields["owner"]
        assert isinstance(owner_field, forms.ModelChoiceField)
        owner_field.queryset = (
            User.objects.filter(is_active=True, groups__name="rep")
            .exclude(leads=lead)
            .order_by("first_name", "last_name", "pk")
            .distinct()
        )
