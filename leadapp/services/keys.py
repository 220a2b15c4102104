"""API keys: shown once, stored as a digest, found by their first characters, rotated and revoked."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from leadapp.access import Actor, require, user_of
from leadapp.errors import Conflict, Invalid
from leadapp.models import ApiKey
from leadapp.models.capture import LONGEST_OVERLAP
from leadapp.services.intake.known_queries import rows_where
from leadapp.services.texts import clean_text

MARK = "la_"
PREFIX_LENGTH = 12
USE_NOTED_EVERY = timedelta(hours=1)
# What the database can count to.
HIGHEST_LIMIT = 2**31 - 1


class KeyFault(StrEnum):
    """Why the text of a key is not taken."""

    UNKNOWN = "unknown"
    REVOKED = "revoked"
    EXPIRED = "expired"
    REPLACED = "replaced"


def create_api_key(
    *, name: str, scopes: Collection[str], expires_at: datetime | None = None, actor: Actor, now: datetime
) -> tuple[ApiKey, str]:
    """Make a key and return it with its text, which is never shown again."""
    require(actor, "leadapp.add_apikey", _("You may not create API keys."))
    name = clean_text(name, "name", longest=100)
    if not name:
        raise Invalid.field("name", _("Give the key a name that says who uses it."))
    unknown = sorted(set(scopes) - set(ApiKey.Scope.values))
    if unknown or not scopes:
        known = ", ".join(ApiKey.Scope.values)
        raise Invalid.field("scopes", _("Choose one or more of: %(known)s.") % {"known": known})
    _check_expiry(expires_at, now)
    text = _new_text()
    key = ApiKey(
        name=name,
        prefix=text[:PREFIX_LENGTH],
        digest=_digest(text),
        scopes=[scope for scope in ApiKey.Scope.values if scope in scopes],
        created_by=user_of(actor),
        created_at=now,
        expires_at=expires_at,
    )
    try:
        with transaction.atomic():
            key.save(force_insert=True)
    except IntegrityError as error:
        message = _("There is a key with this name already.")
        raise Conflict(message, errors={"name": [message]}) from error
    return key, text


def rotate_api_key(
    *, key: ApiKey, overlap: timedelta, expires_at: datetime | None, actor: Actor, now: datetime
) -> tuple[ApiKey, str]:
    """Give a key a new text, which is returned and never shown again.

    The text of before stays valid for the time of the overlap, but not beyond the day on which it would
    have expired; one that was replaced before ends at once. `expires_at` is when the key expires from now on.
    """
    require(actor, "leadapp.change_apikey", _("You may not rotate API keys."))
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        raise Invalid.field("overlap", _("Choose up to %(days)s days.") % {"days": LONGEST_OVERLAP.days})
    _check_expiry(expires_at, now)
    text = _new_text()
    with transaction.atomic():
        locked = ApiKey.objects.select_for_update(no_key=True).get(pk=key.pk)
        if locked.revoked_at is not None:
            raise Conflict(_("This key is revoked. Make a new one."))
        ends = now + overlap
        if locked.expires_at is not None:
            ends = max(now, min(ends, locked.expires_at))
        locked.old_prefix, locked.old_digest = locked.prefix, locked.digest
        locked.old_valid_until, locked.old_used_at = ends, locked.last_used_at
        locked.prefix, locked.digest = text[:PREFIX_LENGTH], _digest(text)
        locked.rotated_at, locked.last_used_at, locked.expires_at = now, None, expires_at
        locked.save()
    return locked, text


def authenticate_key(*, text: str, now: datetime) -> ApiKey | None:
    """Return the key with this text if it is valid now; note its use, at most once an hour."""
    key = _find(text)
    if key is None or _fault(key, text, now):
        return None
    column = "last_used_at" if _is_present(key, text) else "old_used_at"
    used_at = getattr(key, column)
    if used_at is None or used_at <= now - USE_NOTED_EVERY:
        setattr(key, column, now)
        ApiKey.objects.filter(pk=key.pk).update(**{column: now})
    return key


def fault_of(*, text: str, now: datetime) -> tuple[KeyFault, datetime | None]:
    """Return why a text is not taken, and since when."""
    key = _find(text)
    fault = _fault(key, text, now) if key else None
    return fault or (KeyFault.UNKNOWN, None)


def revoke_api_key(*, key: ApiKey, reason: str = "", actor: Actor, now: datetime) -> None:
    """Make a key useless from now on, under whichever text."""
    require(actor, "leadapp.change_apikey", _("You may not revoke API keys."))
    reason = clean_text(reason, "reason", longest=200)
    still_valid = ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True)
    still_valid.update(revoked_at=now, revoked_reason=reason)


def limit_api_key(
    *, key: ApiKey, requests_per_minute: int | None, events_per_minute: int | None, actor: Actor
) -> None:
    """Let a key send more or less in a minute than others; None is as much as they."""
    require(actor, "leadapp.change_apikey", _("You may not change API keys."))
    limits = {"requests_per_minute": requests_per_minute, "events_per_minute": events_per_minute}
    for field, limit in limits.items():
        if limit is not None and not 1 <= limit <= HIGHEST_LIMIT:
            raise Invalid.field(field, _("Must be a whole number from 1 on."))
    ApiKey.objects.filter(pk=key.pk).update(**limits)


def _find(text: str) -> ApiKey | None:
    if not text.startswith(MARK) or not text.isascii():
        return None
    prefix = text[:PREFIX_LENGTH]
    for key in rows_where(ApiKey, "prefix = $1 OR old_prefix = $1", [prefix]):
        digest = key.digest if _is_present(key, text) else key.old_digest
        if digest is not None and secrets.compare_digest(bytes(digest), _digest(text)):
            return key
    return None


def _is_present(key: ApiKey, text: str) -> bool:
    """Tell whether this is the text that the key has now, and not the one of before."""
    return key.prefix == text[:PREFIX_LENGTH]


def _fault(key: ApiKey, text: str, now: datetime) -> tuple[KeyFault, datetime | None] | None:
    if key.revoked_at is not None:
        return KeyFault.REVOKED, key.revoked_at
    if not _is_present(key, text) and (key.old_valid_until is None or key.old_valid_until <= now):
        return KeyFault.REPLACED, key.old_valid_until
    if key.expires_at is not None and key.expires_at <= now:
        return KeyFault.EXPIRED, key.expires_at
    return None


def _check_expiry(expires_at: datetime | None, now: datetime) -> None:
    if expires_at is not None and expires_at <= now:
        raise Invalid.field("expires_at", _("Must be in the future."))


def _new_text() -> str:
    return MARK + secrets.token_urlsafe(32)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
