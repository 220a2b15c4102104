"""What requests may leave out, told to the schema at one place once drf-spectacular has made it."""

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

# Opt-outs are yes or no: null is refused, so that nobody takes one back by chance.
NOT_NULL = "do_not_"


def allow_null(result: Json, generator: Any, request: Any, public: bool) -> Json:
    """Say of what a request may leave out that it may be null as well, which means the same."""
    shapes: Json = result["components"]["schemas"]
    waiting = [body["schema"] for call in _calls(result) for body in _bodies(call)]
    seen: set[str] = set()
    while waiting:
        shape = waiting.pop()
        name = shape.get("$ref", "").rpartition("/")[2]
        waiting += [*shape.get("allOf", ()), *shape.get("oneOf", ()), *shape.get("anyOf", ())]
        waiting += [shape["items"]] if "items" in shape else []
        if not name or name in seen:
            continue
        seen.add(name)
        properties: Json = shapes[name].get("properties", {})
        waiting += properties.values()
        for key in properties.keys() - set(shapes[name].get("required", ())):
            if not key.startswith(NOT_NULL):
                properties[key] = _or_null(properties[key])
    return result


def _calls(result: Json) -> Iterator[Json]:
    for calls in result["paths"].values():
        yield from calls.values()


def _bodies(call: Json) -> list[Json]:
    return list(call.get("requestBody", {}).get("content", {}).values())


def _or_null(shape: Json) -> Json:
    kind = shape.get("type")
    if isinstance(kind, list) or any("Null" in str(one) for one in shape.get("oneOf", ())):
        return shape
    if isinstance(kind, str) and "enum" not in shape:
        return {**shape, "type": [kind, "null"]}
    if "oneOf" in shape:
        return {**shape, "oneOf": [*shape["oneOf"], {"type": "null"}]}
    inner = {key: value for key, value in shape.items() if key not in ("description", "default")}
    if not inner:  # any value, so null as well
        return shape
    outer = {key: value for key, value in shape.items() if key not in inner}
    return {**outer, "oneOf": [inner, {"type": "null"}]}
