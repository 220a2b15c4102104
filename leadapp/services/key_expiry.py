"""Whom to tell of API keys that stop working soon: those who may rotate them."""

from datetime import UTC, datetime, timedelta
from functools import partial

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from leadapp.models import ApiKey
from leadapp.services.people import holders_of
from qualification.models import NoticeKind
from qualification.services.notices import Telling, tell

SOON = timedelta(days=14)


def tell_of_expiring(*, now: datetime) -> None:
    """Tell those who manage keys of each that expires soon; of each date they are told once."""
    soon = ApiKey.objects.filter(revoked_at__isnull=True, expires_at__gt=now, expires_at__lte=now + SOON)
    expiring = [(key, key.expires_at) for key in soon if key.expires_at]
    if not expiring:
        return
    tell(
        (
            Telling(user_id, NoticeKind.KEY, partial(_expires, key.name, at), f"key:{key.pk}:{at:%Y-%m-%d}")
            for user_id in holders_of("leadapp.change_apikey")
            for key, at in expiring
        ),
        now=now,
    )


def _expires(name: str, at: datetime) -> str:
    return _("The API key “%(name)s” expires on %(moment)s UTC. Rotate it before.") % {
        "name": name,
        "moment": date_format(at.astimezone(UTC), "SHORT_DATETIME_FORMAT"),
    }
