"""The secrets in links and tokens, and what is stored of them."""

from django.utils.crypto import salted_hmac

from apps.core.digests import hash_secret

__all__ = ["TOKEN_PREFIX", "hash_secret", "invitation_secret"]

TOKEN_PREFIX = "fb_"  # noqa: S105 (the prefix by which a leaked token is recognised, not a secret)


def invitation_secret(nonce: str) -> str:
    """The secret in an invitation's link."""
    return salted_hmac("flowboard.invitation", nonce, algorithm="sha256").hexdigest()
