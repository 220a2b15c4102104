"""What is asked about a file: which one, how it is read, what its columns are, what happens to whom."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.models import BoughtList, ConsentRecord, ConsentText, ImportJob, OnKnown
from leadapp.services.imports import Reading, Rules
from leadapp.services.imports.detecting import DELIMITERS, ENCODINGS
from leadapp.services.imports.targets import all_targets

DELIMITER_NAMES = {
    ",": gettext_lazy("Comma"),
    ";": gettext_lazy("Semicolon"),
    "\t": gettext_lazy("Tab"),
    "|": gettext_lazy("Vertical bar"),
}
TAB = "tab"


class UploadForm(forms.Form):
    """Which file."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        error_messages={
            "required": gettext_lazy("Choose a file."),
            "empty": gettext_lazy("The file is empty."),
        },
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
    )


class ReadingForm(forms.Form):
    """How a file is read."""

    has_header = forms.BooleanField(label=gettext_lazy("The first row names the columns"), required=False)

    def __init__(self, *args: Any, job: ImportJob, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.job = job
        if job.file_format == ImportJob.FileFormat.XLSX:
            self.fields["sheet"] = forms.ChoiceField(
                label=_("Sheet"), choices=[(name, name) for name in job.sheets], initial=job.sheet
            )
        else:
            delimiters: dict[str, Any] = {one: DELIMITER_NAMES[one] for one in DELIMITERS}
            delimiters.setdefault(job.delimiter, job.delimiter)
            self.fields["encoding"] = forms.ChoiceField(
                label=_("Encoding"),
                choices=[(name, name.upper()) for name in ENCODINGS],
                initial=job.encoding,
            )
            self.fields["delimiter"] = forms.ChoiceField(
                label=_("Between the cells"),
                choices=[(TAB if one == "\t" else one, label) for one, label in delimiters.items()],
                initial=TAB if job.delimiter == "\t" else job.delimiter,
            )
        self.fields["has_header"].initial = job.has_header

    @property
    def reading(self) -> Reading:
        """Return how the file is to be read."""
        given: dict[str, Any] = dict(self.cleaned_data)
        if given.get("delimiter") == TAB:
            given["delimiter"] = "\t"
        return Reading(**given)


class WordsField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """The words of a form, by the form, the version and what they are about."""

    def label_from_instance(self, obj: Any) -> str:
        """Name the words."""
        return _("%(form)s, version %(version)d: %(purpose)s") % {
            "form": obj.form,
            "version": obj.version,
            "purpose": obj.get_purpose_display(),
        }


class RulesForm(forms.Form):
    """What happens to whom. The columns are fields of their own, `column-0` and so on."""

    on_known = forms.ChoiceField(
        label=gettext_lazy("People who are known already"), choices=OnKnown.choices, widget=forms.Select
    )
    by_linkedin = forms.BooleanField(label=gettext_lazy("Also find them by LinkedIn profile"), required=False)
    by_phone = forms.BooleanField(label=gettext_lazy("Also find them by phone number"), required=False)
    adds_new = forms.BooleanField(label=gettext_lazy("Add people who are not known yet"), required=False)
    clears_empty = forms.BooleanField(
        label=gettext_lazy("An empty cell empties the fact"),
        required=False,
        help_text=gettext_lazy("Only where the file replaces what is known; never an address or an opt-out."),
    )
    leaves_out = forms.BooleanField(
        label=gettext_lazy("Leave out cells that cannot be read"),
        required=False,
        help_text=gettext_lazy("Otherwise the whole row is refused, and you get it back to mend it."),
    )
    source = forms.CharField(label=gettext_lazy("Source of new leads"), max_length=100)
    country = forms.CharField(
        label=gettext_lazy("Country of phone numbers without a code"),
        max_length=2,
        required=False,
        help_text=gettext_lazy("Two letters, such as DE."),
    )
    tags = forms.CharField(
        label=gettext_lazy("Tags for all of them"),
        max_length=1_000,
        required=False,
        help_text=gettext_lazy("With commas between them."),
    )
    bought_list = forms.ModelChoiceField(
        label=gettext_lazy("Bought, rented or passed on"),
        queryset=BoughtList.objects.none(),
        required=False,
        empty_label=gettext_lazy("No: these people came by themselves"),
        help_text=gettext_lazy("Kept with each new lead: where it came from and what allows its use."),
    )
    consent_text = WordsField(
        label=gettext_lazy("Words that they agreed to"),
        queryset=ConsentText.objects.none(),
        required=False,
        empty_label=gettext_lazy("Other words, below"),
    )
    consent_words = forms.CharField(
        label=gettext_lazy("Other words"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    consent_how = forms.ChoiceField(
        label=gettext_lazy("How they agreed"),
        required=False,
        choices=[("", gettext_lazy("By themselves, such as in a form")), *ConsentRecord.How.choices],
    )

    def __init__(self, *args: Any, job: ImportJob, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.job = job
        self.initial = {**_initial(job), **self.initial}
        self.fields["bought_list"].queryset = BoughtList.objects.order_by("-obtained_on", "-pk")  # type: ignore[attr-defined]
        words = ConsentText.objects.filter(form__isnull=False).select_related("form")
        self.fields["consent_text"].queryset = words.order_by("form", "-version")  # type: ignore[attr-defined]
        choices = _choices()
        for index, column in enumerate(job.columns):
            self.fields[f"column-{index}"] = forms.ChoiceField(
                label=column,
                choices=choices,
                required=False,
                initial=job.mapping[index],
                widget=forms.Select(attrs={"class": "input"}),
            )

    @property
    def columns(self) -> list[Any]:
        """Return the fields of the columns."""
        return [self[f"column-{index}"] for index in range(len(self.job.columns))]

    @property
    def asks_for_words(self) -> bool:
        """Tell whether a column says who agreed."""
        return any(str(bound.value() or "").startswith("consent.") for bound in self.columns)

    @property
    def rules(self) -> Rules:
        """Return how the file is to be taken in."""
        given = self.cleaned_data
        plain = ("on_known", "adds_new", "clears_empty", "leaves_out", "source", "country", "bought_list")
        ways = {"linkedin": given["by_linkedin"], "phone": given["by_phone"]}
        return Rules(
            mapping=[given[f"column-{index}"] for index in range(len(self.job.columns))],
            match_by=[name for name, is_wanted in ways.items() if is_wanted],
            tags=[part for part in given["tags"].split(",") if part.strip()],
            consent_text=given["consent_text"],
            consent_words=given["consent_words"],
            consent_how=given["consent_how"],
            **{name: given[name] for name in plain},
        )


def _initial(job: ImportJob) -> dict[str, Any]:
    names = ("on_known", "adds_new", "clears_empty", "leaves_out", "source", "country")
    return {name: getattr(job, name) for name in names} | {
        "by_linkedin": "linkedin" in job.match_by,
        "by_phone": "phone" in job.match_by,
        "tags": ", ".join(job.tags),
        "bought_list": job.bought_list_id,
        "consent_text": job.consent_text_id,
        "consent_words": job.consent_words,
        "consent_how": job.consent_how,
    }


def _choices() -> list[Any]:
    groups: dict[str, list[tuple[str, Any]]] = {}
    for target in all_targets():
        groups.setdefault(str(target.group), []).append((target.code, target.label))
    return [("", _("Leave out")), *groups.items()]
