"""What no page of the tests shows is marked all the same: all branches of templates, labels, errors."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django import forms
from django.apps import apps
from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise

from leadapp.catalogues import CODE, TEMPLATES, find_texts
from leadapp.model_names import OURS
from leadapp.views.sign_in import SignInForm

ROOT = Path(settings.BASE_DIR)
# What templates hold besides texts: tags, variables, comments, elements, and texts that are marked.
NO_TEXT = re.compile(
    r"\{% comment.*?endcomment %\}|\{% blocktranslate.*?endblocktranslate %\}"
    r"|<(script|style|code|kbd|pre|svg)\b.*?</\1>|\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}|<!--.*?-->|&#?\w+;",
    re.DOTALL,
)
ELEMENT = re.compile(r"<[^>]*>", re.DOTALL)
SPOKEN = re.compile(r'\s(?:aria-label|title|placeholder|alt|label)="([^"]*)"')
WORD = re.compile(r"[A-Za-z]{2,}")
# Names, units, what is the same in all languages, and examples of addresses.
SAME = re.compile(r"\b(?:Leadapp|BANT|UTC|px|API|CSV)\b|linkedin\.com/in/…|https://www\.example\.com")
# Calls whose first argument is read by people. English ones for programs are made in leadapp/api.
SAYERS = {
    "success",
    "warning",
    "error",
    "info",
    "NotAllowed",
    "NotFound",
    "Conflict",
    "ValidationError",
    "Http404",
}
LABELS = {"label", "help_text", "verbose_name", "description", "title", "submit", "cancel", "empty_label"}


def templates() -> list[Path]:
    return sorted((ROOT / TEMPLATES).rglob("*.html"))


def code() -> list[Path]:
    files = (path for folder in CODE for path in (ROOT / folder).rglob("*.py"))
    programs = {"api", "migrations", "management", "demo", "embedded"}
    return sorted(path for path in files if not programs & set(path.parts))


def called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def is_text(node: ast.expr) -> bool:
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.Constant) and WORD.search(str(part.value)) for part in node.values)
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(WORD.search(node.value))


def unmarked(tree: ast.AST) -> Iterator[ast.expr]:
    """Find texts that go to people as they are in the code."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or ast.unparse(node.func).startswith("logger."):
            continue
        if called(node.func) in SAYERS:
            yield from (argument for argument in node.args if is_text(argument))
        yield from (word.value for word in node.keywords if word.arg in LABELS and is_text(word.value))


@pytest.mark.parametrize("path", templates(), ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_hold_no_text_that_is_not_marked(path: Path) -> None:
    left = NO_TEXT.sub("", path.read_text())
    texts = [text.strip() for text in (*ELEMENT.split(left), *SPOKEN.findall(left))]
    assert [text for text in texts if WORD.search(SAME.sub("", text))] == []


@pytest.mark.parametrize("path", code(), ids=lambda path: str(path.relative_to(ROOT)))
def test_code_says_nothing_that_is_not_marked(path: Path) -> None:
    assert [ast.unparse(text) for text in unmarked(ast.parse(path.read_text()))] == []


def test_names_of_models_and_fields_are_in_the_catalogues() -> None:
    known = {message.id for message in find_texts()}
    faults = []
    for model in apps.get_models():
        if model._meta.app_label not in OURS:
            continue
        names = [model._meta.verbose_name, model._meta.verbose_name_plural]
        names += [field.verbose_name for field in model._meta.local_fields + model._meta.local_many_to_many]
        for name in names:
            assert isinstance(name, Promise), f"{name!r} of {model.__name__} stays English"
            english = str(name)
            with translation.override("de"):
                # Django brings the names of its own fields.
                if english not in known and str(name) == english:
                    faults.append(f"{english!r} of {model.__name__}")
    assert faults == []


def every_form(base: type[forms.BaseForm] = forms.BaseForm) -> Iterator[type[forms.BaseForm]]:
    for each in base.__subclasses__():
        if each.__module__.split(".")[0] in OURS:
            yield each
        yield from every_form(each)


def test_fields_of_forms_have_labels() -> None:
    faults = []
    # Whoever signs in is asked by labels that the form makes when it is made.
    for form in set(every_form()) - {SignInForm}:
        for name, field in getattr(form, "base_fields", {}).items():
            is_hidden = isinstance(field.widget, forms.HiddenInput | forms.MultipleHiddenInput)
            if not is_hidden and field.label != "" and not isinstance(field.label, Promise):
                faults.append(f"{form.__module__}.{form.__name__}: {name}")
    assert faults == []
