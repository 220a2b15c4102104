"""Secrets and signatures as Standard Webhooks has them: HMAC-SHA256 over id, moment and body."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime

PREFIX = "whsec_"
SIZE = 32  # bytes; the specification asks for 24 to 64


def new_secret() -> str:
    """Make up a secret in the form in which people copy it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SIZE)).decode()


def signed_headers(*, public_id: str, body: bytes, secrets: Iterable[str], now: datetime) -> dict[str, str]:
    """Return the headers that let a receiver check a delivery, with a signature for each secret."""
    moment = int(now.timestamp())
    signed = b".".join([public_id.encode(), str(moment).encode(), body])
    signatures = [f"v1,{_signature(secret, signed)}" for secret in secrets]
    return {
        "webhook-id": public_id,
        "webhook-timestamp": str(moment),
        "webhook-signature": " ".join(signatures),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
