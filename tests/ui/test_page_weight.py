"""What a browser that knows nothing yet has to load for the lead list: how much, and how many files."""

import re
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

from django.contrib.staticfiles import finders
from django.test import Client

from leadapp.models import User
from tests.ui.build import make_activity, make_change, make_clock, make_lead
from tests.ui.conftest import As

MOST_BYTES = 150_000
MOST_FILES = 20
# Of status line, headers and cookies; answers have some 500 bytes of these.
HEADERS = 600


class Needed(HTMLParser):
    """Collects what a page loads by itself."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "link" and given.get("rel") in ("stylesheet", "icon", "preload"):
            self.addresses.append(str(given["href"]))
        elif tag in ("script", "img", "iframe") and given.get("src"):
            self.addresses.append(str(given["src"]))
        elif (given.get("hx-trigger") or "").startswith("load"):
            self.addresses.append(str(given["hx-get"]))


def compressed(client: Client, address: str) -> int:
    """Return how many bytes come over the wire for an address."""
    response = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert response.status_code == 200, address
    return len(response.getvalue()) + HEADERS


def everything(page: str) -> list[str]:
    """Return the addresses that a page needs, those within style sheets among them."""
    found = list(dict.fromkeys(Needed(page).addresses))
    for sheet in [address for address in found if address.endswith(".css")]:
        path = finders.find(sheet.removeprefix("/static/"))
        assert isinstance(path, str)
        urls = re.findall(r"url\([\"']?([^)\"']+)", Path(path).read_text())
        found += [urljoin(sheet, url) for url in urls if not url.startswith("data:")]
    return found


def test_a_cold_start_of_the_lead_list_is_light(as_: As, rep: User) -> None:
    for number in range(50):
        lead = make_lead(
            150 - number, company=f"Precision works {number}", job_title="Head of Sales", owner=rep
        )
        make_activity(lead, "demo_requested")
        make_clock(lead, rep, due_in=timedelta(hours=number))
        for days in range(1, 8):
            make_change(lead, 20 + days, 21 + days, days_ago=days)
    client = as_(rep)
    page = client.get("/").content.decode()
    assert page.count('class="leads__name"') == 50

    weights = {address: compressed(client, address) for address in ["/", *everything(page)]}

    assert sum(weights.values()) < MOST_BYTES, weights
    assert len(weights) <= MOST_FILES, list(weights)


def test_pages_and_data_are_compressed_for_who_can_read_it_and_are_the_same(as_: As, rep: User) -> None:
    make_lead(100, owner=rep)
    client = as_(rep)

    plain = client.get("/notices/")
    packed = client.get("/notices/", headers={"Accept-Encoding": "gzip"})

    assert "Content-Encoding" not in plain
    assert packed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed["Vary"]
    assert len(packed.content) < len(plain.content) / 2


def test_the_same_secret_page_never_has_the_same_length_or_token_twice(as_: As, rep: User) -> None:
    client = as_(rep)
    answers = [client.get("/notices/", headers={"Accept-Encoding": "gzip"}).content for _ in range(8)]
    tokens = set()
    for _ in range(3):
        found = re.search(r'"X-CSRFToken": "(\w+)"', client.get("/notices/").content.decode())
        assert found
        tokens.add(found[1])

    assert len({len(answer) for answer in answers}) > 1
    assert len(tokens) == 3
