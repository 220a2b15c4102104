"""Sparse fields: `?fields=id,email,company.name` narrows an answer down, and what it costs."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from rest_framework.serializers import DictField, Field, Serializer

from leadapp.api.queries import Parameters

Names = Mapping[str, Collection[str]]


@dataclass(frozen=True)
class Fields:
    """The fields that an answer has; all of them where none is named."""

    names: tuple[str, ...] = ()

    def have(self, *names: str) -> bool:
        """Tell whether one of these, or a part of one, is among them."""
        return not self.names or any(name.partition(".")[0] in names for name in self.names)

    def cut(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is left of a document, in its own order. A part of null is null as a whole."""
        return _cut(document, self.names) if self.names else dict(document)


ALL = Fields()


def names_in(shape: Serializer[Any]) -> Names:
    """Return the names that `fields` can have for answers of this shape."""
    return {name: _parts(field) for name, field in shape.fields.items()}


def _parts(field: Field[Any, Any, Any, Any]) -> Collection[str]:
    if isinstance(field, Serializer):
        return tuple(field.fields)
    return ("*",) if isinstance(field, DictField) else ()


def read_fields(parameters: Parameters, known: Names) -> Fields:
    """Read the parameter `fields`. `known` are the names with their parts; "*" is any."""
    names = tuple(name.strip() for name in (parameters.text("fields") or "").split(",") if name.strip())
    unknown = [name for name in names if not _is_known(name, known)]
    if unknown:
        parameters.errors["fields"] = [f"There is no field {name}." for name in unknown]
    return Fields(tuple(dict.fromkeys(names)))


def _is_known(name: str, known: Names) -> bool:
    whole, dot, part = name.partition(".")
    return whole in known and (not dot or part in known[whole] or (bool(part) and "*" in known[whole]))


def _cut(document: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in document.items():
        parts = [name.partition(".")[2] for name in names if name.partition(".")[0] == key]
        if parts:
            found[key] = value if "" in parts or value is None else _cut(value, parts)
    return found
