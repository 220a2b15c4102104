"""Forms on websites, and the team's own fields."""

import re
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from leadapp.admin.refusals import say_refusals
from leadapp.models import ActivityType, CustomField, Form
from leadapp.services.facts import COMPANY_FACTS, LEAD_FACTS
from qualification.models import Dimension

EMPTY_ROWS = 3
NAME = re.compile(r"^[A-Za-z][A-Za-z0-9_\-]{0,63}$")
COLUMNS = ("name", "label", "fact", "required", "answer")
# Texts that say no, and texts that say nothing; a semicolon between several.
OPTIONS = ("ruled_out", "unknown")


class FieldRowsWidget(forms.Widget):
    """The fields of a form as rows of inputs, with a few empty rows at the end."""

    template_name = "admin/leadapp/field_rows.html"

    def __init__(self) -> None:
        super().__init__()
        self.facts: list[tuple[str, str]] = []
        self.answers: list[tuple[str, str]] = []

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Render with the project's own templates: those of widgets come from Django alone."""
        return SafeString(render_to_string(self.template_name, self.get_context(name, value, attrs)))

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Add the rows and what a field may become."""
        rows = [_written(row) for row in value if isinstance(row, dict)] if isinstance(value, list) else []
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["widget"] |= {
            "rows": [*rows, *({} for _ in range(EMPTY_ROWS))],
            "facts": self.facts,
            "answers": self.answers,
        }
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, Any]]:
        """Collect the rows that have something in them."""
        count = data.get(f"{name}-count", "0")[:3]
        rows = []
        for index in range(int(count) if count.isascii() and count.isdigit() else 0):
            row = {column: data.get(f"{name}-{index}-{column}", "").strip() for column in COLUMNS}
            if row["name"] or row["label"] or row["fact"]:
                listed = {option: _split(data.get(f"{name}-{index}-{option}", "")) for option in OPTIONS}
                rows.append({**row, **listed, "required": row["required"] == "on"})
        return rows


def _split(text: str) -> list[str]:
    return [option.strip() for option in text.split(";") if option.strip()]


def _written(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with its lists as one types them."""
    return row | {option: "; ".join(str(one) for one in row.get(option) or []) for option in OPTIONS}


class FieldRows(forms.Field):
    """A list of {"name", "label", "required", "fact", "answer", "ruled_out", "unknown"}."""

    widget = FieldRowsWidget

    def clean(self, value: Any) -> list[dict[str, Any]]:
        """Check each row; the messages name the row by what was typed."""
        faults: list[str] = []
        names: set[str] = set()
        facts, answers = ({key for key, _ in choices()} for choices in (fact_choices, answer_choices))
        for row in value:
            faults += _faults(row, names, facts=facts, answers=answers)
            names.add(row["name"])
            row["label"] = row["label"] or row["name"].replace("_", " ").capitalize()
            if not row["answer"]:
                for column in ("answer", *OPTIONS):
                    row.pop(column)
        if "email" not in {row["fact"] for row in value}:
            faults.append("One field must become the email address: that is how the person is known.")
        if faults:
            raise forms.ValidationError(faults)
        return list(value)


def _faults(row: dict[str, Any], names: set[str], *, facts: set[str], answers: set[str]) -> list[str]:
    """Say what is wrong with a row, given the names of those before it."""
    name, faults = row["name"], []
    if not NAME.match(name):
        wrong = name or row["label"]
        faults.append(f"“{wrong}”: a name begins with a letter and holds letters, digits, - and _.")
    elif name in names:
        faults.append(f"“{name}” is there twice.")
    if row["fact"] not in facts:
        faults.append(f"“{name}”: there is no such fact.")
    if row["answer"] not in answers:
        faults.append(f"“{name}”: there is no such question.")
    if not row["answer"] and any(row[option] for option in OPTIONS):
        faults.append(f"“{name}”: choose what it answers, or leave out which texts say no.")
    return faults


class FormForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form of a website."""

    fields_list = FieldRows(
        label="Fields",
        help_text="The name is what the website sends. Choose the fact that the answer becomes, or leave it "
        "with the activity. A field can also answer what sales asks about: then any text confirms it, but "
        "for those that say no (such as No budget) or say nothing (such as Not sure yet); put semicolons "
        "between several. Empty a row to take it out; save to get more empty rows.",
    )

    class Meta:
        model = Form
        fields = ("name", "slug", "activity_type", "is_active", "consent_text")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "fields_list" in self.fields:
            self.fields["fields_list"].widget.facts = fact_choices()
            self.fields["fields_list"].widget.answers = answer_choices()
            self.initial["fields_list"] = (
                self.instance.fields
                if self.instance.pk
                else [{"name": "email", "label": "Email", "fact": "email", "required": True}]
            )
        if "activity_type" in self.fields:
            types = ActivityType.objects.filter(is_internal=False).order_by("label")
            self.fields["activity_type"].queryset = types  # type: ignore[attr-defined]

    def save(self, commit: bool = True) -> Any:
        """Keep the rows with the form."""
        self.instance.fields = self.cleaned_data["fields_list"]
        return super().save(commit)


def fact_choices() -> list[tuple[str, str]]:
    """Return what an answer may become."""
    own = CustomField.objects.order_by("label").values_list("key", "label")
    return [
        ("", "stays with the activity"),
        *((name, name.replace("_", " ")) for name in LEAD_FACTS),
        *((f"company.{name}", f"company: {name.replace('_', ' ')}") for name in COMPANY_FACTS),
        *((f"attributes.{key}", label) for key, label in own),
    ]


def answer_choices() -> list[tuple[str, str]]:
    """Return the dimensions that a field may answer."""
    asked = Dimension.objects.order_by("position", "pk").values_list("pk", "label")
    return [("", "nothing"), *asked]


@admin.register(Form)
class FormAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Forms whose submissions become activities."""

    form = FormForm
    list_display = ("name", "slug", "activity_type", "is_active")
    list_select_related = ("activity_type",)
    ordering = ("name",)
    fields = ("name", "slug", "activity_type", "is_active", "fields_list", "consent_text")
    prepopulated_fields = {"slug": ("name",)}

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the rows as they are to who may only read."""
        readable = ("name", "slug", "activity_type", "is_active", "shown_fields", "consent_text")
        return self.fields if self._may_edit(request, obj) else readable

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep the slug of a known form: websites send to it."""
        if not self._may_edit(request, obj):
            return ("shown_fields",)
        return ("slug",) if obj else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Fill in the slug of a new form only."""
        return {} if obj else self.prepopulated_fields

    def _may_edit(self, request: HttpRequest, obj: Any) -> bool:
        return self.has_change_permission(request, obj) if obj else self.has_add_permission(request)

    @admin.display(description="Fields")
    def shown_fields(self, form: Form) -> str:
        """Return the fields as text."""
        return ", ".join(str(field.get("label") or field.get("name")) for field in form.fields)

    @say_refusals
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Tell refusals."""
        return super().changeform_view(request, *args, **kwargs)


@admin.register(CustomField)
class CustomFieldAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Facts of the team's own; rules can test them."""

    list_display = ("label", "key", "kind")
    ordering = ("label",)
    fields = ("label", "key", "kind")
    prepopulated_fields = {"key": ("label",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[CustomField]:
        """Return all."""
        return super().get_queryset(request)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Fill in the key of a new field only."""
        return {} if obj else self.prepopulated_fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep key and kind of a known field: leads carry values, rules test them."""
        return ("key", "kind") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Fields stay: leads carry values, rules test them."""
        return False

    @say_refusals
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Tell refusals."""
        return super().changeform_view(request, *args, **kwargs)
