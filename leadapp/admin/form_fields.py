"""The fields of a website form as rows of inputs."""

import re
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from leadapp.models import CustomField, FieldType
from leadapp.numbers import whole_number
from leadapp.services.forms.reading import OWN_FIELDS
from leadapp.services.leads.facts import COMPANY_FACTS, LEAD_FACTS
from leadapp.shipped import shown
from leadapp.views.lead.fact_groups import label_of
from qualification.models import Dimension

EMPTY_ROWS, MOST_ROWS = 3, 999
NAME = re.compile(r"^[A-Za-z][A-Za-z0-9_\-]{0,63}$")
COLUMNS = ("name", "label", "type", "fact", "required", "answer")
# Texts that say no, and texts that say nothing; a semicolon between several.
ANSWER_TEXTS = ("ruled_out", "unknown")
# What a list offers, with semicolons between; or what a hidden field holds.
CONTENT = "content"


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
            "types": [("", _("as usual")), *FieldType.choices],
        }
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, Any]]:
        """Collect the rows that have something in them."""
        count = whole_number(data.get(f"{name}-count", "0"), largest=MOST_ROWS)
        rows = []
        for index in range(count or 0):
            row = {column: data.get(f"{name}-{index}-{column}", "").strip() for column in COLUMNS}
            if row["name"] or row["label"] or row["fact"]:
                listed = {option: _split(data.get(f"{name}-{index}-{option}", "")) for option in ANSWER_TEXTS}
                content = data.get(f"{name}-{index}-{CONTENT}", "").strip()
                rows.append({**row, **listed, CONTENT: content, "required": row["required"] == "on"})
        return rows


def _split(text: str) -> list[str]:
    return [option.strip() for option in text.split(";") if option.strip()]


def _written(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with its lists as one types them."""
    content = row.get(CONTENT) or row.get("value") or "; ".join(map(str, row.get("options") or []))
    listed = {option: "; ".join(str(one) for one in row.get(option) or []) for option in ANSWER_TEXTS}
    return row | listed | {CONTENT: content}


class FieldRows(forms.Field):
    """A list of what leadapp.models.Form keeps in `fields`."""

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
            _leave_out_what_is_empty(row)
        if "email" not in {row["fact"] for row in value}:
            faults.append(_("One field must become the email address: that is how the person is known."))
        if faults:
            raise forms.ValidationError(faults)
        return list(value)


def _leave_out_what_is_empty(row: dict[str, Any]) -> None:
    """Keep what a row says, and nothing else."""
    content, kind = row.pop(CONTENT), row["type"]
    if not row["answer"]:
        for column in ("answer", *ANSWER_TEXTS):
            row.pop(column)
    if not kind:
        row.pop("type")
    if kind == FieldType.CHOICE:
        row["options"] = _split(content)
    elif kind == FieldType.HIDDEN and content:
        row["value"] = content


def _faults(row: dict[str, Any], names: set[str], *, facts: set[str], answers: set[str]) -> list[str]:
    """Say what is wrong with a row, given the names of those before it."""
    name, faults = row["name"], []
    if not NAME.match(name):
        wrong = {"name": name or row["label"]}
        faults.append(
            _("“%(name)s”: a name begins with a letter and holds letters, digits, - and _.") % wrong
        )
    elif name in names:
        faults.append(_("“%(name)s” is there twice.") % {"name": name})
    checks = (
        (name in OWN_FIELDS, _("“%(name)s” is a name that Leadapp itself uses.")),
        (row["fact"] not in facts, _("“%(name)s”: there is no such fact.")),
        (row["answer"] not in answers, _("“%(name)s”: there is no such question.")),
        (row["type"] not in {"", *FieldType.values}, _("“%(name)s”: there is no such type.")),
        (
            not row["answer"] and any(row[option] for option in ANSWER_TEXTS),
            _("“%(name)s”: choose what it answers, or leave out which texts say no."),
        ),
        (
            row["type"] == FieldType.CHOICE and not _split(row[CONTENT]),
            _("“%(name)s”: say what the list offers, with semicolons between."),
        ),
    )
    return faults + [text % {"name": name} for is_wrong, text in checks if is_wrong]


def fact_choices() -> list[tuple[str, str]]:
    """Return what an answer may become."""
    of_company = _("company: %(fact)s")
    own = CustomField.objects.order_by("label").values_list("key", "label")
    return [
        ("", _("stays with the activity")),
        *((name, label_of(name, {})) for name in LEAD_FACTS),
        *(
            (f"company.{name}", of_company % {"fact": label_of(f"company.{name}", {})})
            for name in COMPANY_FACTS
        ),
        *((f"attributes.{key}", label) for key, label in own),
    ]


def answer_choices() -> list[tuple[str, str]]:
    """Return the dimensions that a field may answer."""
    asked = Dimension.objects.order_by("position", "pk").values_list("pk", "label")
    return [("", _("nothing")), *((key, shown(label)) for key, label in asked)]
