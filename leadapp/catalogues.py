"""The texts of the UI and their translations: `update` finds them, `compile` builds what programs read.

Run by make as `python -m leadapp.catalogues`; neither needs services, settings or tools besides Babel.
"""

import argparse
import ast
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from scoring.starts import texts

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
CODE, TEMPLATES = ("leadapp", "scoring", "qualification"), "templates"
# Which arguments of which function are texts; "c" marks a context.
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
HEADER = (
    "# The texts of Leadapp's UI. `make messages` adds new ones; docs/languages.md says how to write them."
)


def find_texts() -> Catalog:
    """Return every text that code and templates mark for translation."""
    catalog = Catalog(charset="utf-8")
    for path, source in _sources():
        found = extract(
            "python", io.BytesIO(source.encode()), keywords=KEYWORDS, options={"encoding": "utf-8"}
        )
        for _line, said, _comments, context in found:
            catalog.add(said, locations=[(str(path.relative_to(ROOT)), 1)], context=context)
        if "models" in path.parts:
            for name in _names(ast.parse(source)):
                catalog.add(name, locations=[(str(path.relative_to(ROOT)), 1)])
    for text in texts():
        catalog.add(text, locations=[("scoring/starts", 1)])
    return catalog


def read_catalogue(path: Path) -> Catalog:
    """Read the translations into one language."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


def catalogues() -> list[Path]:
    """Return the files of translations, one for each language."""
    return sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))


def update() -> None:
    """Add new texts to the translations, without guessing what they mean, and drop those that are gone."""
    found = find_texts()
    for path in catalogues():
        catalog = read_catalogue(path)
        catalog.update(found, no_fuzzy_matching=True, update_creation_date=False)
        catalog.header_comment = HEADER
        with path.open("wb") as file:
            write_po(file, catalog, width=110, ignore_obsolete=True, include_lineno=False, sort_by_file=True)


def compile_all(paths: Sequence[Path]) -> None:
    """Build the files that Django reads."""
    for path in paths:
        with path.with_suffix(".mo").open("wb") as file:
            write_mo(file, read_catalogue(path))


def _names(module: ast.Module) -> Iterator[str]:
    """Return what Django calls the models of a module and their fields (leadapp/model_names.py)."""
    for model in module.body:
        if not isinstance(model, ast.ClassDef):
            continue
        fields = [node for node in model.body if isinstance(node, ast.Assign) and _is_field(node.value)]
        for field in fields:
            assert isinstance(field.targets[0], ast.Name)
            yield field.targets[0].id.replace("_", " ")
        if fields:
            meta = _meta(model)
            name = meta.get("verbose_name") or re.sub("(?<=[a-z0-9])(?=[A-Z])", " ", model.name).lower()
            yield from (name, meta.get("verbose_name_plural") or f"{name}s")


def _meta(model: ast.ClassDef) -> dict[str, str]:
    """Return the names that the Meta of a model gives it."""
    found = {}
    for meta in (node for node in model.body if isinstance(node, ast.ClassDef) and node.name == "Meta"):
        for node in (node for node in meta.body if isinstance(node, ast.Assign)):
            said = node.value.args[0] if isinstance(node.value, ast.Call) and node.value.args else node.value
            if isinstance(node.targets[0], ast.Name) and isinstance(said, ast.Constant):
                found[node.targets[0].id] = str(said.value)
    return found


def _is_field(value: ast.expr) -> bool:
    function = value.func if isinstance(value, ast.Call) else None
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name.endswith(("Field", "ForeignKey"))


def _sources() -> Iterator[tuple[Path, str]]:
    """Return what may hold texts, as Python; a template becomes the calls that it stands for."""
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, path.read_text()
    for path in sorted((ROOT / TEMPLATES).rglob("*.*")):
        # Babel reads tokens, and to those the indentation of a page would be an error.
        lines = templatize(path.read_text(), origin=str(path)).splitlines()
        yield path, "\n".join(line.strip() for line in lines)


def main() -> None:
    """Do what make asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)
    commands.add_parser("update").set_defaults(run=lambda asked: update())
    compiling = commands.add_parser("compile")
    compiling.add_argument("paths", nargs="*", type=Path)
    compiling.set_defaults(run=lambda asked: compile_all(asked.paths or catalogues()))
    asked = parser.parse_args()
    asked.run(asked)


if __name__ == "__main__":
    main()
