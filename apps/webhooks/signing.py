"""Secrets of webhooks, and signatures after the Standard Webhooks convention (https://www.standardwebhooks.com)."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping

from django.utils.crypto import salted_hmac

PREFIX = "whsec_"


def new_nonce() -> str:
    """What a secret is derived from."""
    return secrets.token_hex(24)


def secret_of(nonce: str) -> str:
    """The secret as its owner keeps it."""
    return PREFIX + base64.b64encode(_key(nonce)).decode()


def headers_for(*, key: str, timestamp: int, body: bytes, nonces: Iterable[str]) -> Mapping[str, str]:
    """What proves that a body comes from here: its id, the time in seconds, and a signature for each live secret."""
    signed = b"%s.%d.%s" % (key.encode(), timestamp, body)
    signatures = [hmac.new(_key(nonce), signed, hashlib.sha256).digest() for nonce in nonces]
    return {
        "webhook-id": key,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{base64.b64encode(each).decode()}" for each in signatures),
    }


def _key(nonce: str) -> bytes:
    return salted_hmac("flowboard.webhook", nonce, algorithm="sha256").digest()
