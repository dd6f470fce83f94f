"""Addresses that mail servers refuse for good: writing to them again and again would make a spammer of the server."""

from apps.accounts.models import RefusedAddress, User
from apps.events.services import service


@service
def pause_address(*, user: User, email: str, answer: str) -> None:
    """Send nothing more to somebody's address until they say that it works again.

    :param answer: what the mail server said
    """
    RefusedAddress.objects.update_or_create(user=user, defaults={"email": email, "answer": answer})
