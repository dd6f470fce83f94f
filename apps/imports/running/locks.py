"""Who is at what: locks of the database, which belong to a connection and end with it, whatever ended it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import Conflict
from apps.projects.models import Project

PROJECTS, RUNS, TURNS = 0x1339, 0x133A, 0x133B


class ImportRunning(Conflict):
    """Another import writes to the project."""

    title = gettext_lazy("Another import is running")


@contextmanager
def hold_run(run_id: int) -> Iterator[bool]:
    """Be the only worker at a run; whether nobody else is. The command holds it from before its run can be seen."""
    with _lock(RUNS, run_id) as is_held:
        yield is_held


@contextmanager
def take_turn() -> Iterator[bool]:
    """Be one of the few workers that are at imports, so that others are left for mails and the like; whether there was
    room."""
    with ExitStack() as stack:
        yield any(stack.enter_context(_lock(TURNS, place)) for place in range(settings.IMPORTS_AT_ONCE))


@contextmanager
def only_import_into(project: Project) -> Iterator[None]:
    """Hold the project's import lock.

    :raises ImportRunning: if somebody else holds it
    """
    with _lock(PROJECTS, project.pk) as is_held:
        if not is_held:
            raise ImportRunning(
                _("Another import writes to %(key)s. Wait for it, or stop it, then run this one again.")
                % {"key": project.key}
            )
        yield


@contextmanager
def _lock(kind: int, number: int) -> Iterator[bool]:
    # These locks have two small numbers. Should two ids ever share one, one of them waits for the other.
    keys = [kind, number & 0x7FFFFFFF]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", keys)
        row: tuple[bool] | None = cursor.fetchone()
    is_held = bool(row and row[0])
    try:
        yield is_held
    finally:
        if is_held:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", keys)
