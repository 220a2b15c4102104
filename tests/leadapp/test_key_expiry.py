"""Those who manage API keys are told of keys that stop working soon."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from leadapp.models import ApiKey, User
from leadapp.services.key_expiry import tell_of_expiring
from leadapp.services.keys import create_api_key, revoke_api_key
from qualification.models import Notice, NoticeKind
from tests.qualification.build import make_user

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


@pytest.fixture
def ines() -> User:
    return make_user("ines", "admin")


def make_key(name: str, days: int) -> ApiKey:
    expires_at = NOW + timedelta(days=days)
    key, _ = create_api_key(name=name, scopes=["read"], expires_at=expires_at, actor=None, now=NOW)
    return key


def test_administrators_are_told_once_of_a_date(ines: User) -> None:
    make_user("rita", "rep")
    make_user("mia", "manager")
    key = make_key("Shop", 14)
    make_key("Later", 15)

    for hours in (0, 1):
        tell_of_expiring(now=NOW + timedelta(hours=hours))

    notice = Notice.objects.get()
    assert (notice.user, notice.kind) == (ines, NoticeKind.KEY)
    assert notice.text == "The API key “Shop” expires on 4 Dec 2026, 10:00 UTC. Rotate it before."

    # Another date is another notice.
    ApiKey.objects.filter(pk=key.pk).update(expires_at=NOW + timedelta(days=5))
    tell_of_expiring(now=NOW)
    assert Notice.objects.count() == 2


def test_each_is_told_in_their_own_language(ines: User) -> None:
    User.objects.filter(pk=ines.pk).update(language="de")
    make_key("Shop", 1)
    tell_of_expiring(now=NOW)
    assert "API-Schlüssel" in Notice.objects.get().text


def test_nobody_is_told_of_keys_that_are_dead(ines: User) -> None:
    revoke_api_key(key=make_key("Gone", 1), actor=None, now=timezone.now())
    make_key("Old", 1)
    tell_of_expiring(now=NOW + timedelta(days=1))
    assert not Notice.objects.exists()
