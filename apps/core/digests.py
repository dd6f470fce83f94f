"""What is stored of a secret that stands in a link or a token."""

import hashlib


def hash_secret(secret: str) -> str:
    """A plain digest: the secrets are random and long, so nobody can try them out."""
    return hashlib.sha256(secret.encode()).hexdigest()
