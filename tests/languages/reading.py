"""What a person reads on a page, or hears: its texts, and the attributes that are texts."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

TEXTS = {"title", "placeholder", "alt", "label", "hx-confirm", "aria-label", "aria-description"}
TEXTS |= {"aria-roledescription", "aria-valuetext"}
# What programs read, and what people type or copy as it is.
SILENT = {"script", "style", "code", "pre", "samp", "kbd", "textarea", "template"}
BUTTONS = {"submit", "button", "reset"}
EMPTY = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


class Reader(HTMLParser):
    """Gathers the texts of a page, each with where it stands."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the texts of attributes."""
        given = {name: value or "" for name, value in attrs}
        for name, value in given.items():
            if name in TEXTS or (name.startswith("data-") and " " in value.strip() and value[0] not in "[{"):
                self.texts.append((f"{tag} {name}", value))
        if tag == "input" and given.get("type") in BUTTONS:
            self.texts.append(("input value", given.get("value", "")))
        if tag == "meta" and given.get("name") == "description":
            self.texts.append(("meta content", given.get("content", "")))
        if tag not in EMPTY:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Leave what was opened."""
        while tag in self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Take a text."""
        if data.strip() and not SILENT.intersection(self._open):
            self.texts.append((self._open[-1] if self._open else "", re.sub(r"\s+", " ", data).strip()))


def read(page: str) -> Iterator[tuple[str, str]]:
    """Go through the texts of a page."""
    reader = Reader()
    reader.feed(page)
    return iter(dict.fromkeys(reader.texts))
