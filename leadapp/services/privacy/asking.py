"""What asks visitors for consent, and its words, version by version."""

from datetime import datetime

from leadapp.access import Actor, user_of
from leadapp.models import Form, TrackedSite


def save_asking(*, asking: Form | TrackedSite, actor: Actor, now: datetime) -> None:
    """Save a form or website in a transaction of the caller; other words become a new version."""
    stored = type(asking)._default_manager.select_for_update().filter(pk=asking.pk)
    before: Form | TrackedSite | None = stored.first() if asking.pk else None
    if before is None:
        asking.created_by, asking.created_at = user_of(actor), now
    asking.consent_version = before.consent_version if before else 0
    has_new_words = bool(asking.consent_text) and (before is None or _words(asking) != _words(before))
    asking.consent_version += has_new_words
    asking.save()
    if has_new_words:
        purpose, text = _words(asking)
        version = asking.consent_version
        asking.consent_texts.create(version=version, purpose=purpose, text=text, created_at=now)


def _words(asking: Form | TrackedSite) -> tuple[str, str]:
    return asking.consent_purpose, asking.consent_text
