"""API keys: shown once, stored as a digest, found by their first characters."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from leadapp.access import Actor, require, user_of
from leadapp.errors import Conflict, Invalid
from leadapp.models import ApiKey
from leadapp.services.texts import clean_text

MARK = "la_"
PREFIX_LENGTH = 12
USE_NOTED_EVERY = timedelta(hours=1)


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
    if expires_at is not None and expires_at <= now:
        raise Invalid.field("expires_at", _("Must be in the future."))
    text = MARK + secrets.token_urlsafe(32)
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


def authenticate_key(*, text: str, now: datetime) -> ApiKey | None:
    """Return the key with this text if it is valid now; note its use, at most once an hour."""
    if not text.startswith(MARK) or not text.isascii():
        return None
    key = (
        ApiKey.objects.filter(prefix=text[:PREFIX_LENGTH], revoked_at__isnull=True)
        .filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now))
        .first()
    )
    if key is None or not secrets.compare_digest(bytes(key.digest), _digest(text)):
        return None
    if key.last_used_at is None or key.last_used_at <= now - USE_NOTED_EVERY:
        key.last_used_at = now
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key


def revoke_api_key(*, key: ApiKey, actor: Actor, now: datetime) -> None:
    """Make a key useless from now on."""
    require(actor, "leadapp.change_apikey", _("You may not revoke API keys."))
    ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=now)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
