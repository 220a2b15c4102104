"""What is typed during a call is kept as it is typed, once per lead and person."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from leadapp.errors import Conflict, Invalid
from leadapp.models import Lead, User
from qualification.models import CallDraft

LONGEST_DRAFT = 60_000


class DraftChanged(Conflict):
    """Another tab wrote meanwhile; `version` is what is stored now, 0 where nothing is any more."""

    def __init__(self, version: int) -> None:
        self.version = version
        super().__init__(_("This call was also typed in another window."))


def draft_of(*, lead: Lead, author: User) -> CallDraft | None:
    """Return what this person has typed about this lead and not saved yet."""
    found: CallDraft | None = CallDraft.objects.filter(lead=lead, author=author).first()
    return found


def keep_draft(
    *, lead: Lead, author: User, call_id: UUID, content: Mapping[str, str], version: int, now: datetime
) -> CallDraft:
    """Keep what was typed over the version that the person saw (0: none), or raise DraftChanged.

    A window that wrote last may come again with an older version: it did not hear how that went.
    Nobody is asked for the right to work on the lead: who loses it during a call does not lose their notes.
    """
    if sum(len(name) + len(text) for name, text in content.items()) > LONGEST_DRAFT:
        raise Invalid(_("That is more than can be kept. Save the call."))
    with transaction.atomic():
        stored = CallDraft.objects.select_for_update().filter(lead=lead, author=author).first()
        if stored is not None and (stored.version == version or _is_same_window(stored.content, content)):
            stored.call_id, stored.content, stored.saved_at = call_id, dict(content), now
            stored.version += 1
            stored.save(update_fields=["call_id", "content", "saved_at", "version"])
            return stored
        if stored is not None or version:
            raise DraftChanged(stored.version if stored else 0)
        return _begin(lead, author, call_id, content, now)


def _is_same_window(stored: Mapping[str, str], content: Mapping[str, str]) -> bool:
    return bool(content.get("tab")) and stored.get("tab") == content.get("tab")


def _begin(lead: Lead, author: User, call_id: UUID, content: Mapping[str, str], now: datetime) -> CallDraft:
    try:
        with transaction.atomic():
            return CallDraft.objects.create(
                lead=lead, author=author, call_id=call_id, content=dict(content), saved_at=now
            )
    except IntegrityError:  # two tabs began at the same moment
        raise DraftChanged(1) from None


def discard_draft(*, lead: Lead, author: User) -> None:
    """Throw away what was typed. Doing so again changes nothing."""
    CallDraft.objects.filter(lead=lead, author=author).delete()
