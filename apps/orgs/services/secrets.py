"""The secrets in links and tokens, and what is stored of them."""

import hashlib

from django.utils.crypto import salted_hmac

TOKEN_PREFIX = "fb_"  # noqa: S105 (the prefix by which a leaked token is recognised, not a secret)


def hash_secret(secret: str) -> str:
    """What is stored of a link's or token's secret. The secrets are random, so a plain digest is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def invitation_secret(nonce: str) -> str:
    """The secret in an invitation's link."""
    return salted_hmac("flowboard.invitation", nonce, algorithm="sha256").hexdigest()
