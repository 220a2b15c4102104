"""The websites with the tracker: made, changed, found by their key."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from leadapp.access import Actor, require
from leadapp.errors import Conflict, Invalid, NotFound
from leadapp.models import TrackedSite
from leadapp.services.privacy.asking import save_asking

MOST_ORIGINS = 50
USUAL_PORTS = {"http": 80, "https": 443}


def create_site(*, address: str, actor: Actor, now: datetime) -> TrackedSite:
    """Follow a website, named after its host; whoever edits it later changes the words of consent."""
    (origin,) = clean_origins([address])
    words = _(
        "I agree that you recognise this browser, and see which of your pages it opens and for how long, "
        "so that you know what I am interested in when I contact you. I can take this back at any time."
    )
    site = TrackedSite(name=origin.partition("://")[2][:100], origins=[origin], consent_text=words)
    return save_site(site=site, actor=actor, now=now)


def save_site(*, site: TrackedSite, actor: Actor, now: datetime) -> TrackedSite:
    """Keep a website that was added or changed; other words of consent become a new version."""
    needed = "leadapp.change_trackedsite" if site.pk else "leadapp.add_trackedsite"
    require(actor, needed, _("You may not set up websites."))
    site.origins = clean_origins(site.origins)
    for name, text in (("name", site.name), ("consent_text", site.consent_text)):
        if not text.strip():
            raise Invalid.field(name, _("This field is required."))
    if not site.pk:
        site.key = f"site_{secrets.token_hex(12)}"
    try:
        with transaction.atomic():
            save_asking(asking=site, actor=actor, now=now)
    except IntegrityError as error:
        message = _("There is a website with this name already.")
        raise Conflict(message, errors={"name": [message]}) from error
    return site


def clean_origins(texts: Sequence[str]) -> list[str]:
    """Return addresses of websites as browsers name them (https://www.example.com), or raise Invalid."""
    given = [text.strip() for text in texts if text.strip()]
    if not given or len(given) > MOST_ORIGINS:
        message = _("Give one to %(most)s addresses, such as https://www.example.com.")
        raise Invalid.field("origins", message % {"most": MOST_ORIGINS})
    origins = [_origin(text) for text in given]
    return list(dict.fromkeys(origins))


def _origin(text: str) -> str:
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = (parts.hostname or "").encode("idna").decode().lower()
        port = parts.port
    except (ValueError, UnicodeError):
        parts, host, port = None, "", None
    is_plain = bool(host) and not set(host) - set("abcdefghijklmnopqrstuvwxyz0123456789.-")
    if parts is None or parts.scheme not in USUAL_PORTS or not is_plain or "@" in parts.netloc:
        message = _("“%(text)s” is not the address of a website, such as https://www.example.com.")
        raise Invalid.field("origins", message % {"text": text[:100]})
    shown_port = "" if port in (None, USUAL_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{shown_port}"


def find_site(*, key: object) -> TrackedSite:
    """Return the website with this key, or raise NotFound."""
    site = None
    if isinstance(key, str) and key.isascii() and len(key) <= 40:
        site = TrackedSite.objects.filter(key=key, is_active=True).first()
    if site is None:
        raise NotFound(_("No website that is followed has this key."))
    return site
