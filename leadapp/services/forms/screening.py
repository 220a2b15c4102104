"""Tell submissions that look like spam; they are held and never dropped."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings

from leadapp.models import Form, HeldSubmission
from leadapp.services.forms.reading import CAMPAIGN_FIELDS, HONEYPOT, PLACES
from leadapp.services.forms.renderings import Rendering

Reason = HeldSubmission.Reason
LINK = re.compile(r"https?://", re.IGNORECASE)
# Nobody types these by hand; forums and guest books take them.
MARKUP = re.compile(r"\[url[=\]]|<a\s[^>]{0,200}href\s*=\s*[\"']?\s*https?:", re.IGNORECASE)
MOST_LINKS = 2


def reasons_to_hold(
    form: Form,
    raw: Mapping[str, object],
    typed: Mapping[str, str],
    *,
    rendering: Rendering | None,
    is_forged: bool,
    now: datetime,
) -> list[str]:
    """Return what is odd about a submission; nothing if it may pass."""
    found = {
        Reason.HONEYPOT: bool(raw.get(HONEYPOT)) and not _is_own(form, HONEYPOT),
        Reason.FAST: rendering is not None
        and now - rendering.shown_at < timedelta(seconds=settings.FORM_MIN_SECONDS),
        Reason.LINKS: _is_full_of_links(form, typed),
        Reason.FORGED: is_forged,
    }
    return [str(reason) for reason, holds in found.items() if holds]


def _is_own(form: Form, name: str) -> bool:
    return any(field["name"] == name for field in form.fields)


def _is_full_of_links(form: Form, typed: Mapping[str, str]) -> bool:
    """Look at what people write themselves; addresses of pages belong into the other fields."""
    elsewhere = {field["name"] for field in form.fields if field.get("type") == "url"}
    texts = [
        text
        for name, text in typed.items()
        if name not in elsewhere and name not in CAMPAIGN_FIELDS and name not in PLACES
    ]
    return sum(len(LINK.findall(text)) for text in texts) > MOST_LINKS or any(map(MARKUP.search, texts))
