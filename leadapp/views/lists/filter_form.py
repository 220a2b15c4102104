"""The form that filters the lead list: a panel on the list, and a page of its own without JavaScript."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from leadapp.models import Advocacy, Company, CustomField, Lead, Stage, Status, Tag, Temperature, User
from leadapp.services.lists.filter_kinds import FILTERS, FITS
from leadapp.services.lists.filters import Asked, read_address
from leadapp.services.lists.own_filters import PREFIX, YES_OR_NO
from leadapp.services.lists.report_filters import SCORES
from leadapp.shipped import shown
from leadapp.views.answering import signed_in
from qualification.models import DisqualifyReason
from scoring.models import Verdict

MOST_CHOICES = 200
ANY = gettext_lazy("Any")
SPANS = ("1", "7", "14", "30", "90")


class RangeWidget(forms.MultiWidget):
    """Two boxes in one row, from and to."""

    use_fieldset = True
    is_range = True

    def __init__(self, widget: type[forms.Widget], attributes: Mapping[str, str]) -> None:
        boxes = [
            widget({**attributes, "class": "input", "aria-label": words, "placeholder": words})
            for words in (pgettext_lazy("range", "From"), pgettext_lazy("range", "To"))
        ]
        super().__init__(boxes)
        self.widgets_names = [".from", ".to"]

    def decompress(self, value: Any) -> list[str]:
        """Split a range into its ends."""
        return list(value) if value else ["", ""]


def _choice(label: Any, choices: Iterable[Any] = (), nothing: Any = ANY) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=False, choices=[("", nothing), *choices])


def _boxes(label: Any, choices: Iterable[Any]) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, choices=list(choices), required=False, widget=forms.CheckboxSelectMultiple
    )


def _range(label: Any, widget: type[forms.Widget], **attributes: str) -> forms.Field:
    return forms.Field(label=label, required=False, widget=RangeWidget(widget, attributes))


class FilterForm(forms.Form):
    """Every filter. It is sent to the list, which reads and checks it."""

    owner = _choice(gettext_lazy("Owner"))
    due = _choice(gettext_lazy("Answer"), [("waiting", gettext_lazy("Still to be given"))])
    stage = _boxes(gettext_lazy("Stage"), Stage.choices)
    status = _boxes(gettext_lazy("Status"), Status.choices)
    temperature = _boxes(gettext_lazy("Temperature"), Temperature.choices)
    grade = _boxes(gettext_lazy("Grade"), [(fit, fit) for fit in FITS])
    score = _range(gettext_lazy("Score"), forms.NumberInput, min="0", max="9999", inputmode="numeric")
    tag = forms.CharField(
        label=gettext_lazy("Tag"),
        required=False,
        help_text=gettext_lazy("Several with commas: one of them is enough."),
        widget=forms.TextInput({"list": "tags", "autocomplete": "off"}),
    )
    active = _choice(gettext_lazy("Last activity"), nothing=gettext_lazy("At any time"))
    quiet = _choice(gettext_lazy("No activity"))
    source = _choice(gettext_lazy("Source"))
    campaign = _choice(gettext_lazy("Campaign"))
    country = _choice(gettext_lazy("Country"))
    industry = _choice(gettext_lazy("Industry"))
    created = _range(gettext_lazy("Came in"), forms.DateInput, type="date")
    advocacy = _boxes(
        gettext_lazy("Speaks for us"),
        [(value, label) for value, label in Advocacy.choices if value != Advocacy.NONE],
    )
    aside = _boxes(gettext_lazy("Score set aside"), Verdict.choices)
    reason = _choice(gettext_lazy("Disqualified for"), nothing=gettext_lazy("Any reason, or none"))

    def __init__(self, asked: Asked, user: User, own: Iterable[CustomField]) -> None:
        super().__init__()
        self.asked = asked
        self._add_own(own)
        self.initial = {name: self._begin_with(name, kept) for name, kept in asked.values.items()}
        # What is not chosen here stays: what reports ask for, and what a box cannot show.
        self.carried = [
            (name, ",".join(kept))
            for name, kept in asked.values.items()
            if name not in self.fields or self.initial[name] is None
        ]
        self.initial = {name: value for name, value in self.initial.items() if value is not None}
        self._offer_values(user)

    def _add_own(self, own: Iterable[CustomField]) -> None:
        self.own = [f"{PREFIX}{one.key}" for one in own]
        for name, one in zip(self.own, own, strict=True):
            if one.kind == CustomField.Kind.BOOLEAN:
                self.fields[name] = _choice(one.label, YES_OR_NO.items())
            elif one.kind == CustomField.Kind.TEXT:
                hint = _("A part of it; with = in front all of it.")
                self.fields[name] = forms.CharField(label=one.label, required=False, help_text=hint)
            elif one.kind == CustomField.Kind.NUMBER:
                self.fields[name] = _range(one.label, forms.NumberInput, step="any")
            else:
                self.fields[name] = _range(one.label, forms.DateInput, type="date")

    def _begin_with(self, name: str, kept: list[str]) -> Any:
        """Return what the field begins with, or None where it cannot show what is asked for."""
        field = self.fields.get(name)
        if field is None:
            return None
        if isinstance(field.widget, RangeWidget):
            return _ends(kept[0]) if len(kept) == 1 else None
        return kept if isinstance(field, forms.MultipleChoiceField) else ",".join(kept)

    def _offer_values(self, user: User) -> None:
        leads = Lead.objects.visible_to(user).order_by()
        people = User.objects.filter(is_active=True, groups__permissions__codename="work_own_lead").distinct()
        owners = sorted((str(person), str(person.pk)) for person in people if person.pk != user.pk)
        self._offer(
            "owner",
            [
                ("me", _("Me")),
                ("team", _("My team")),
                ("none", _("Nobody")),
                ("me,none", _("Me or nobody")),
                *((pk, name) for name, pk in owners),
            ],
        )
        reasons = DisqualifyReason.objects.order_by("position", "label").values_list("code", "label")
        self._offer("reason", [(code, shown(label)) for code, label in reasons])
        for name in ("active", "quiet"):
            self._offer(name, [(days, FILTERS[name].in_words(days)) for days in SPANS])
        self._offer("source", _pairs(leads.values_list("source", flat=True)))
        self._offer("campaign", _pairs(leads.values_list("campaign", flat=True)))
        self._offer("country", _pairs(leads.values_list("country", flat=True)))
        self._offer("industry", _pairs(Company.objects.values_list("industry", flat=True)))
        self.tags = Tag.objects.order_by("name").values_list("name", flat=True)[:MOST_CHOICES]

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        # What the address asks for stays choosable, even where no lead has it now.
        asked = self.initial.get(name, "")
        words = self.asked.known[name].in_words(asked) if asked else ""
        more = [] if not asked or asked in dict(choices) else [(asked, words)]
        field = cast(forms.ChoiceField, self.fields[name])
        field.choices = [*field.choices, *choices, *more]  # type: ignore[misc]

    def parts(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Return the fields in groups, each with its heading; first what most people use."""
        groups = [
            ("", ["owner", "due", "active", "quiet", "stage", "status", "temperature", "grade", "score"]),
            (_("Where from"), ["source", "campaign", "country", "industry", "created", "tag"]),
            (_("Own fields"), self.own),
            (_("More"), ["advocacy", "aside", "reason"]),
        ]
        return [(heading, [self[name] for name in names]) for heading, names in groups if names]


def _ends(value: str) -> tuple[str, str] | None:
    if SCORES.fullmatch(value):
        least, _to, most = value.partition("-")
        return least, most
    first, found, last = value.partition("..")
    return (first, last) if found else None


def _pairs(values: QuerySet[Any, str]) -> list[tuple[str, str]]:
    found = values.distinct()[:MOST_CHOICES]
    return [(value, value) for value in sorted(filter(None, found), key=str.casefold)]


@require_safe
def list_filters(request: HttpRequest) -> HttpResponse:
    """Show the form, filled with what the address asks for."""
    user = signed_in(request)
    asked = read_address(request.GET, user)
    own = CustomField.objects.order_by("label", "pk")
    context = {"form": FilterForm(asked, user, list(own)), "asked": asked, "search_text": asked.text}
    in_panel = bool(getattr(request, "htmx", False))
    response = render(request, f"leads/{'filter_form' if in_panel else 'filters'}.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response
