"""Backup and restore of a whole installation: every row, every rule that guards it, and every uploaded file.

PostgreSQL's own pg_dump and pg_restore move the data. What is added here is one snapshot for the dump and the checksums
in the manifest, and the comparison of both after a restore.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from django.utils.crypto import salted_hmac

from apps.ops import archive
from apps.ops.archive import BackupError, Manifest
from apps.ops.embedded.postgres import program

OWNER = "owner"
ROLES = ("flowboard_owner", "flowboard_app", "flowboard_staff")

Say = Callable[[str], object]


def make_backup(target: Path) -> Path:
    """Write a backup and return its path; a directory gets a file named after the time. Any other name must end in
    `.tar`, so that the name of a directory that is not there does not become a file's.

    People may go on working meanwhile: what they commit after the beginning is not in it.

    :raises BackupError: if it cannot be made
    """
    if target.is_dir():
        target = target / f"flowboard-{timezone.now():%Y%m%dT%H%M%SZ}.tar"
    elif target.suffix != ".tar":
        raise BackupError(f"There is no directory {target}. Make it first, or name a file that ends in .tar.")
    if not target.parent.is_dir():
        raise BackupError(f"There is no directory {target.parent}.")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".flowboard-backup-") as name:
            workplace = Path(name)
            with archive.writing(target) as writer:
                manifest = _dump(workplace / archive.DATABASE)
                writer.add(workplace / archive.DATABASE, archive.DATABASE)
                # After the database: a file that a row names is there, one that no row names yet does no harm.
                writer.add_tree(Path(settings.MEDIA_ROOT), archive.MEDIA)
                writer.finish(manifest, workplace)
    except OSError as error:
        raise BackupError(f"{target} cannot be written: {error.strerror or error}.") from error
    return target


def restore_backup(source: Path, *, say: Say) -> None:
    """Load a backup into an empty installation, bring its schema up to this release, and compare.

    :raises BackupError: if the target is not empty, or the backup is damaged, newer, or not the same afterwards
    """
    if not source.is_file():
        raise BackupError(f"There is no file {source}.")
    _refuse_used_target()
    media = Path(settings.MEDIA_ROOT)
    media.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=media.parent, prefix=".flowboard-restore-") as name:
        workplace = Path(name)
        manifest = archive.unpack(source, workplace)
        _refuse_newer(manifest)
        say(f"The backup is whole: release {manifest.release}, made {manifest.made_at}.")
        _run_tool(
            "pg_restore", "--exit-on-error", "--single-transaction", str(workplace / archive.DATABASE), "--dbname"
        )
        _compare(manifest)
        say(f"The database is restored: {len(manifest.tables)} tables, all rows as they were.")
        if (workplace / archive.MEDIA).is_dir():
            media.mkdir(exist_ok=True)
            for path in (workplace / archive.MEDIA).iterdir():
                shutil.move(path, media / path.name)
    # Schema of this release, and the walls as it declares them.
    call_command("migrate", interactive=False, verbosity=0)
    # What a former installation left in Valkey speaks of other rows.
    cache.clear()
    if manifest.key != _key_fingerprint():
        say(
            "FLOWBOARD_SECRET_KEY is not the one of the backup: people sign in again, password reset links are void, "
            "and open invitations have to be revoked and sent anew (links that were mailed before still work)."
        )


def _dump(file: Path) -> Manifest:
    connection = connections[OWNER]
    with transaction.atomic(using=OWNER):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT pg_export_snapshot(), current_setting('server_version')")
            snapshot, postgres = cursor.fetchone()
        tables = fingerprints(connection)
        applied = MigrationRecorder(connection).applied_migrations()
        # The snapshot lives as long as this transaction.
        _run_tool(
            "pg_dump",
            "--format=custom",
            f"--snapshot={snapshot}",
            "--lock-wait-timeout=60s",
            f"--file={file}",
            "--dbname",
        )
    return Manifest(
        made_at=timezone.now().isoformat(timespec="seconds"),
        release=settings.RELEASE,
        postgres=postgres,
        key=_key_fingerprint(),
        migrations=sorted(f"{app}.{name}" for app, name in applied),
        tables=tables,
    )


def fingerprints(connection: BaseDatabaseWrapper) -> dict[str, list[str]]:
    """The number of rows of every table, and a checksum that is the same for the same rows in any order."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        for (table,) in cursor.fetchall():
            cursor.execute(
                f'SELECT count(*)::text, coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM "{table}" t'  # noqa: S608 (names from the catalogue)
            )
            found[table] = list(cursor.fetchone())
    return found


def _compare(manifest: Manifest) -> None:
    connection = connections[OWNER]
    restored = fingerprints(connection)
    different = sorted(
        name for name in manifest.tables.keys() | restored.keys() if manifest.tables.get(name) != restored.get(name)
    )
    if different:
        raise BackupError(
            f"The restored tables differ from the backup: {', '.join(different)}. Do not serve from them."
        )
    behind = _sequences_behind(connection)
    if behind:
        raise BackupError(f"These sequences stand below the ids of their rows: {', '.join(behind)}.")


def _sequences_behind(connection: BaseDatabaseWrapper) -> list[str]:
    behind = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, a.attname, pg_get_serial_sequence(quote_ident(c.relname), a.attname) "
            "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
            "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' "
            "AND pg_get_serial_sequence(quote_ident(c.relname), a.attname) IS NOT NULL"
        )
        for table, column, sequence in cursor.fetchall():
            cursor.execute(
                f'SELECT coalesce((SELECT max("{column}") FROM "{table}"), 0) > s.last_value FROM {sequence} s'  # noqa: S608 (names from the catalogue)
            )
            if cursor.fetchone()[0]:
                behind.append(sequence)
    return behind


def _refuse_used_target() -> None:
    with connections[OWNER].cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace) "
            "OR EXISTS (SELECT FROM pg_proc WHERE pronamespace = 'public'::regnamespace)"
        )
        if cursor.fetchone()[0]:
            raise BackupError(
                "The database is not empty: restore into a new FLOWBOARD_HOME, or into a newly created database."
            )
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [list(ROLES)])
        missing = sorted(set(ROLES) - {row[0] for row in cursor.fetchall()})
    if missing:
        raise BackupError(f"The server has no role {', '.join(missing)}: run deploy/postgres/roles.sql first.")
    connections[OWNER].close()
    media = Path(settings.MEDIA_ROOT)
    if media.is_dir() and any(media.iterdir()):
        raise BackupError(f"{media} is not empty: restore beside it with another FLOWBOARD_MEDIA_ROOT.")


def _refuse_newer(manifest: Manifest) -> None:
    known = {f"{app}.{name}" for app, name in MigrationLoader(None, ignore_no_migrations=True).disk_migrations}
    unknown = sorted(set(manifest.migrations) - known)
    if unknown:
        raise BackupError(
            f"The backup comes from release {manifest.release} and this is {settings.RELEASE}, which does not know "
            f"{unknown[0]}: install that release or a later one."
        )


def _key_fingerprint() -> str:
    """Enough of the secret key to recognise it, nothing to guess it from."""
    return salted_hmac("flowboard.backup", "key", algorithm="sha256").hexdigest()[:16]


def _run_tool(name: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs against the owner's database.

    :raises BackupError: with the program's first complaint, if it fails
    """
    given = connections[OWNER].settings_dict
    address = {
        "PGHOST": given["HOST"],
        "PGPORT": str(given["PORT"]),
        "PGUSER": given["USER"],
        "PGPASSWORD": given["PASSWORD"],
        "PGOPTIONS": "-c TimeZone=UTC",
        **{f"PG{key.upper()}": str(value) for key, value in given["OPTIONS"].items() if key.startswith("ssl")},
    }
    done = subprocess.run(
        [str(program(name)), "--no-password", *arguments, given["NAME"]],
        env={"PATH": os.environ.get("PATH", os.defpath), **{key: value for key, value in address.items() if value}},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[0]
        raise BackupError(f"{name} failed: {reason}")
