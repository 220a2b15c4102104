"""Signatures are those of the specification, with one for each secret while it is rotated."""

from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from leadapp.errors import Invalid, NotAllowed
from leadapp.models import WebhookEndpoint
from leadapp.services.webhooks.endpoints import rotate_secret
from leadapp.services.webhooks.signing import new_secret, signed_headers
from tests.qualification.build import make_lead, make_user
from tests.webhooks.build import NOW, deliver, say
from tests.webhooks.receiver import Receiver


def test_a_signature_worked_out_by_hand() -> None:
    # The example of the specification's libraries.
    headers = signed_headers(
        public_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        body=b'{"test": 2432232314}',
        secrets=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        now=datetime.fromtimestamp(1614265330, tz=UTC),
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_every_secret_is_another_one() -> None:
    assert len({new_secret() for _ in range(100)}) == 100


@pytest.mark.django_db
def test_while_a_secret_is_rotated_both_verify(endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    old = endpoint.secret
    fresh = rotate_secret(endpoint=endpoint, overlap=timedelta(hours=24), actor=None, now=NOW)
    assert fresh.secret != old
    say(make_lead())
    deliver()
    (got,) = receiver.received  # which the receiver verified with the old one
    assert Webhook(fresh.secret).verify(got.body, got.headers)["type"] == "lead.created"
    assert got.headers["webhook-signature"].count("v1,") == 2


@pytest.mark.django_db
@pytest.mark.parametrize("overlap", [timedelta(), timedelta(hours=1)], ids=["at once", "after its end"])
def test_the_old_secret_ends(endpoint: WebhookEndpoint, receiver: Receiver, overlap: timedelta) -> None:
    old, receiver.secret = endpoint.secret, ""
    fresh = rotate_secret(endpoint=endpoint, overlap=overlap, actor=None, now=NOW - timedelta(hours=1))
    say(make_lead())
    deliver()
    (got,) = receiver.received
    Webhook(fresh.secret).verify(got.body, got.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(got.body, got.headers)


@pytest.mark.django_db
def test_only_who_may_change_webhooks_rotates_and_not_for_too_long(endpoint: WebhookEndpoint) -> None:
    for role in ("rep", "marketer", "manager"):
        with pytest.raises(NotAllowed):
            rotate_secret(endpoint=endpoint, overlap=timedelta(), actor=make_user(role, role), now=NOW)
    with pytest.raises(Invalid):
        rotate_secret(endpoint=endpoint, overlap=timedelta(days=8), actor=None, now=NOW)
    kept = WebhookEndpoint.objects.get()
    assert (kept.secret, kept.old_secret) == (endpoint.secret, "")
