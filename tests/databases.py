"""The databases of the test suite: one migrated template per state of the code, and a copy of it for each process.

A template carries the hash of everything that shapes a schema, so it is reused as long as nothing changed and never
goes stale.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
# Everything that has a say in tables, policies, grants and functions.
SHAPES = (
    "apps/*/migrations/**/*.py",
    "apps/*/models.py",
    "apps/*/models/*.py",
    "apps/**/tenancy*.py",
    "apps/core/tenancy/**/*",
    "apps/**/*.sql",
    "deploy/postgres/roles.sql",
    "requirements.txt",
)
MAINTENANCE_LOCK = 7_301_447


def template_name() -> str:
    """Return the name of the template that fits the code as it is now."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in SHAPES for path in ROOT.glob(pattern) if path.is_file()}):
        if "__pycache__" not in path.parts:
            digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return f"test_template_{digest.hexdigest()[:12]}"


def copy_name(suffix: str) -> str:
    """Return the name of a copy that belongs to this test run; its number tells whether the run still lives."""
    return f"test_{os.environ['FLOWBOARD_TEST_RUN']}_{suffix}"


@contextmanager
def maintenance() -> Iterator[psycopg.Connection]:
    """Connect as the owner, outside any test database, for CREATE and DROP DATABASE: one process at a time."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [MAINTENANCE_LOCK])
        yield connection


def make_copy(name: str) -> None:
    """Make the database `name` anew, as the code's migrations leave it."""
    with maintenance() as connection:
        template = _ensure_template(connection)
        _drop(connection, name)
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )


def make_template() -> None:
    """Make the template that fits the code, if there is none."""
    with maintenance() as connection:
        _ensure_template(connection)


def drop_copy(name: str) -> None:
    """Drop the database `name`, ending whoever is still connected.

    A thread of this process may still hold a connection as another role, which the owner may not end. Then the database
    stays until the next run, which drops what dead processes left (`_drop_leftovers`).
    """
    with maintenance() as connection, suppress(psycopg.errors.InsufficientPrivilege):
        _drop(connection, name)


def point_django_at(name: str) -> None:
    """Make every alias of this process speak to the database `name`, each as its own role."""
    from django.db import connections

    if not name.startswith("test_"):
        raise AssertionError(f"{name} is not a test database")
    connections.close_all()
    for alias in connections:
        connections[alias].settings_dict["NAME"] = name


def _ensure_template(connection: psycopg.Connection) -> str:
    """Return the name of a migrated template, making it if no other process has."""
    name = template_name()
    _drop_leftovers(connection, keep=name)
    if name not in _databases(connection):
        building = f"{name}_building"
        _drop(connection, building)
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(building)))
        _migrate(building)
        connection.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(building), sql.Identifier(name))
        )
    return name


def _migrate(name: str) -> None:
    from django.core.management import call_command
    from django.db import connections

    point_django_at(name)
    call_command("migrate", database="owner", verbosity=0, interactive=False)
    connections.close_all()


def _drop_leftovers(connection: psycopg.Connection, *, keep: str) -> None:
    """Drop what killed runs and former states of the code left behind."""
    for name in _databases(connection):
        number = name.split("_")[1]
        dead_run = number.isdigit() and not psutil.pid_exists(int(number))
        if dead_run or (number == "template" and name != keep):
            _drop(connection, name)


def _databases(connection: psycopg.Connection) -> list[str]:
    rows = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'test\\_%'").fetchall()
    return [name for (name,) in rows]


def _drop(connection: psycopg.Connection, name: str) -> None:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


# What migrations write, and no test changes.
LASTING = frozenset({"django_content_type", "django_migrations", "auth_permission"})


def empty() -> None:
    """Delete every row that a test left.

    Django's own way, TRUNCATE of all tables and then content types and permissions anew, takes most of a second: each
    table gets new files, indexes included. A test leaves few rows in few tables, and all references between them are
    checked at the end of the transaction, so their order does not matter.
    """
    from django.db import connections, transaction

    connection = connections["owner"]
    tables = [table for table in connection.introspection.table_names() if table not in LASTING]
    quote = connection.ops.quote_name
    with transaction.atomic(using="owner"), connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM {quote(table)})" for table in tables)
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {quote(table)}")
