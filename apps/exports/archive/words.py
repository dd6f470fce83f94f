"""How values are written in an archive: people, times, numbers."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from apps.accounts.models import User


class Words:
    """Values as an archive has them. `has_addresses` says whether its reader may know people's addresses."""

    def __init__(self, *, has_addresses: bool) -> None:
        self._has_addresses = has_addresses

    def person(self, user: User | None) -> dict[str, str] | None:
        """Somebody: by the handle where they have one, always by name, by address as far as the reader may know it."""
        if user is None:
            return None
        found = {"id": str(user.pk), "name": user.name}
        if user.handle:
            found["handle"] = user.handle
        if self._has_addresses and user.kind == User.Kind.PERSON and user.deleted_at is None:
            found["email"] = user.email
        return found


def plain(value: Any) -> Any:
    """A date, a time or a number as JSON has it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
