"""An example of each call in curl and in Python, made from the examples of the schema (x-codeSamples)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pprint import pformat
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

Json = dict[str, Any]

# What stands in the place of {id} and the like.
NUMBER = 312
NAMES = {
    "/api/v1/forms/{slug}/submissions": {"slug": "demo-request"},
    "/api/v1/scoring/models/{slug}": {"slug": "default"},
    "/api/v1/scoring/starts/{slug}": {"slug": "agency"},
}


@dataclass(frozen=True)
class Key:
    """How a key travels, in both languages."""

    curl: str
    python: str
    imports: str


KEYS = {
    "ApiKey": Key(
        '-H "Authorization: Api-Key $KEY"',
        "f\"Api-Key {os.environ['KEY']}\"",
        "import json, os, urllib.request",
    ),
    "WriteKey": Key(
        '-u "$KEY:"',
        '"Basic " + base64.b64encode(f"{os.environ[\'KEY\']}:".encode()).decode()',
        "import base64, json, os, urllib.request",
    ),
}
VALUES = {"revision": 1, "lead": NUMBER}
METHODS = ("get", "post", "put", "patch", "delete")
PYTHON = """\
{imports}

request = urllib.request.Request(
    {url},
    method={method},
    headers={headers},{data}
)
with urllib.request.urlopen(request) as response:
    print({read})
"""


def add_samples(result: Json, generator: Any, request: Any, public: bool) -> Json:
    """Give each call of the schema its examples; drf-spectacular calls this once the schema is there."""
    for path, calls in result["paths"].items():
        for method, call in calls.items():
            if method in METHODS:
                call["x-codeSamples"] = samples_of(path, method, call)
    return result


def samples_of(path: str, method: str, call: Json) -> list[dict[str, str]]:
    """Return the examples of one call."""
    url = _url(path, call)
    body = _body(call)
    key = _key(call)
    return [
        {"lang": "Shell", "label": "curl", "source": _curl(method.upper(), url, body, key)},
        {"lang": "Python", "label": "Python", "source": _python(method.upper(), url, body, key, call)},
    ]


def _key(call: Json) -> Key | None:
    names = [name for way in call.get("security", ()) for name in way] if _needs_key(call) else []
    return next((KEYS[name] for name in names if name in KEYS), None)


def _needs_key(call: Json) -> bool:
    return {} not in call.get("security", [{}])


def _url(path: str, call: Json) -> str:
    values: dict[str, object] = {}
    query: dict[str, object] = {}
    for parameter in call.get("parameters", ()):
        name, where = parameter.get("name"), parameter.get("in")
        if where == "path":
            values[name] = _place(path, name)
        elif where == "query" and parameter.get("required"):
            query[name] = VALUES.get(name, NUMBER)
    address = settings.LEADAPP_ADDRESS + path.format(**values)
    return f"{address}?{urlencode(query)}" if query else address


def _place(path: str, name: str) -> object:
    known: Mapping[str, str] = next((one for start, one in NAMES.items() if path.startswith(start)), {})
    return known.get(name, NUMBER)


def _body(call: Json) -> object:
    content = call.get("requestBody", {}).get("content", {}).get("application/json", {})
    examples = content.get("examples", {})
    return next((example["value"] for example in examples.values()), None)


def _curl(method: str, url: str, body: object, key: Key | None) -> str:
    lines = [f'curl -X {method} "{url}"']
    if key is not None:
        lines.append(f"  {key.curl}")
    if body is not None:
        lines.append('  -H "Content-Type: application/json"')
        text = json.dumps(body, indent=2, ensure_ascii=False).replace("'", "'\\''")
        lines.append(f"  -d '{text}'")
    return " \\\n".join(lines)


def _python(method: str, url: str, body: object, key: Key | None, call: Json) -> str:
    headers = [f'"Authorization": {key.python}'] if key is not None else []
    if body is not None:
        headers.append('"Content-Type": "application/json"')
    is_empty = "204" in call["responses"]
    data = pformat(body, width=80, sort_dicts=False).replace("\n", "\n    ")
    return PYTHON.format(
        imports=key.imports if key is not None else "import json, urllib.request",
        url=json.dumps(url),
        method=json.dumps(method),
        headers=f"{{{', '.join(headers)}}}",
        data=f"\n    data=json.dumps({data}).encode()," if body is not None else "",
        read="response.status" if is_empty else "json.load(response)",
    )
