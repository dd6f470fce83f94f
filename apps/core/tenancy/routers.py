"""Which database role a query runs as."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_as_staff: ContextVar[bool] = ContextVar("flowboard_as_staff", default=False)


@contextmanager
def as_staff() -> Iterator[None]:
    """Read across organizations, as the read-only staff role. The admin site alone does this."""
    token = _as_staff.set(True)
    try:
        yield
    finally:
        _as_staff.reset(token)


@contextmanager
def as_application() -> Iterator[None]:
    """Inside `as_staff`: read as the application again, where a service is about to write."""
    token = _as_staff.set(False)
    try:
        yield
    finally:
        _as_staff.reset(token)


class StaffRouter:
    """Reads inside `as_staff` go to the staff role; writes never do."""

    # Sessions, people and the admin's own log are written in the same request, so they stay on one connection.
    _OWN = frozenset({"sessions", "contenttypes", "auth", "account", "accounts"})

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        """The staff alias inside the admin, Django's choice elsewhere."""
        if _as_staff.get() and model._meta.app_label not in self._OWN:
            return "staff"
        return None

    def allow_relation(self, obj1: Any, obj2: Any, **hints: Any) -> bool | None:
        """One database, three roles: rows may refer to each other."""
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        """Only the owner migrates; the test runner migrates the owner's alias too."""
        return db == "owner"
