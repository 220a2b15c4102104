"""A website that is followed, and what its tracker sends."""

import itertools
import json
from datetime import datetime, timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from leadapp.models import TrackedSite
from leadapp.services.tracking.sites import save_site

ORIGIN = "https://www.acme-pumps.com"
WORDS = "You may recognise this browser."
VISITOR = "0b0f4c0e-6f6c-4a3e-9a57-0d2f7d0c1a11"
AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)
MINUTE = timedelta(minutes=1)
numbers = itertools.count(1)


def make_site(name: str = "Acme", **more: Any) -> TrackedSite:
    """Follow a website since yesterday."""
    site = TrackedSite(name=name, **{"origins": [ORIGIN], "consent_text": WORDS, **more})
    return save_site(site=site, actor=None, now=timezone.now() - timedelta(days=1))


def ms(moment: datetime) -> int:
    """Return a moment as browsers count."""
    return int(moment.timestamp() * 1000)


def event(name: str = "page_view", *, ago: timedelta = MINUTE, path: str = "/pricing/", **more: Any) -> Any:
    """Return something that a visitor did a minute ago."""
    return {
        "id": f"event-{next(numbers):012}",
        "name": name,
        "at": ms(timezone.now() - ago),
        "url": f"{ORIGIN}{path}",
        "title": "Pricing",
        **more,
    }


def batch(site: TrackedSite, *events: Any, visitor: str = VISITOR, **more: Any) -> dict[str, Any]:
    """Return what the tracker of somebody sends who agreed two minutes ago."""
    now = timezone.now()
    return {
        "site": site.key,
        "sent_at": ms(now),
        "visitor": visitor,
        "consent": {"version": 1, "at": ms(now - 2 * MINUTE)},
        "events": list(events),
        **more,
    }


def send(body: Any, *, origin: str = ORIGIN, agent: str = AGENT, **headers: str) -> Any:
    """Send it as a browser does: as text, from a page of the website."""
    return Client(raise_request_exception=False).post(
        "/t",
        json.dumps(body),
        content_type="text/plain;charset=UTF-8",
        headers={"Origin": origin, "User-Agent": agent, **headers},
    )
