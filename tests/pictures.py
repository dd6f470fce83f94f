"""Pictures of all rows, and undoing: worlds that are made once and stand for many tests.

A world lives in a transaction that is never committed. A test asks within `undone()`, so the next one finds the world
as it was; whether something changed is seen by comparing two pictures.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.cache import caches
from django.db import connection, transaction

from apps.core.tenancy import run_as_system, tables
from apps.orgs.models import Organization

# Sessions come and go with requests; refusals are allowed to be noted.
UNWATCHED = {"django_session", "audit_logentry", "django_migrations"}

Picture = list[tuple[Any, ...]]

# Everybody's session as the cache had it when the world was made.
sessions: dict[str, Any] = {}
# The last pictures of each organization, and how many rows had been written when they were taken.
_pictures: dict[str, Picture] = {}
_written: list[int] = []
# Of what is counted, found once.
_counted: list[int] = []


def picture(*orgs: Organization) -> Picture:
    """Every table's number of rows and a digest of their content, as each organization shows them.

    Read anew only where a row was written since, since it costs far more than most requests do.
    """
    written = [rows_written()]
    if _written != written:
        _written[:] = written
        _pictures.clear()
    for org in orgs:
        if org.slug not in _pictures:
            _pictures[org.slug] = _take_picture(org)
    return sorted(row for org in orgs for row in _pictures[org.slug])


def _take_picture(org: Organization) -> Picture:
    parts = [
        f"SELECT '{name}', count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM \"{name}\" t"
        for name in sorted(tables.TABLES.keys() - UNWATCHED)
    ]
    with run_as_system(org_id=org.pk), connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return [(org.slug, *row) for row in cursor.fetchall()]


def rows_written() -> int:
    """How many rows this transaction has written so far, what was taken back included. It never goes down."""
    with connection.cursor() as cursor:
        if not _counted:
            cursor.execute("SELECT relid FROM pg_stat_user_tables WHERE relname <> ALL(%s)", [list(UNWATCHED)])
            _counted.extend(relid for (relid,) in cursor.fetchall())
        # What `pg_stat_xact_user_tables` says, whose joins would cost ten times as much with each request.
        cursor.execute(
            "SELECT sum(pg_stat_get_xact_tuples_inserted(t) + pg_stat_get_xact_tuples_updated(t)"
            " + pg_stat_get_xact_tuples_deleted(t))::bigint FROM unnest(%s::oid[]) AS t",
            [_counted],
        )
        written: int = cursor.fetchone()[0]
        return written


@contextmanager
def world_stands() -> Iterator[None]:
    """A transaction for a world, which is gone at its end. What another world knew is forgotten."""
    with transaction.atomic():
        _written.clear()
        sessions.clear()
        yield
        transaction.set_rollback(True)


@contextmanager
def undone() -> Iterator[None]:
    """Whatever happens inside has not happened afterwards, counters and sessions included."""
    before = rows_written()
    is_known = _written == [before]
    known = dict(_pictures)
    with transaction.atomic():
        try:
            yield
        except BaseException:
            # What a failing test saw is not what the next one finds.
            _written.clear()
            raise
        transaction.set_rollback(True)
    # Every row is again what it was, so a picture of before needs no second look.
    written = rows_written()
    if is_known:
        _pictures.clear()
        _pictures.update(known)
        _written[:] = [written]
    elif written != before:
        _written.clear()
    # This empties all of the cache. Sessions are put back: each request would look for its own in vain.
    caches["limits"].clear()
    caches["default"].set_many(sessions)
