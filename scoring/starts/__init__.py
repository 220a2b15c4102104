"""Models that come with Leadapp, each a file that a marketer may begin with."""

import json
from collections.abc import Iterator
from pathlib import Path

FILES = tuple(sorted(Path(__file__).parent.glob("*.json")))


def texts() -> Iterator[str]:
    """Return what people read of them: what they, their groups and their rules are called."""
    for path in FILES:
        start = json.loads(path.read_text())
        yield from (start["name"], start["description"], start["note"])
        for part in (*start["groups"], *start["rules"]):
            yield part["name"]
