"""Writing the archive of a run: as the person who asked for it, into the storage, however often workers die."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from tempfile import NamedTemporaryFile
from typing import IO, Any

from django.core.files.base import File
from django.db import connection
from django.utils.translation import gettext as _

from apps.core.errors import Forbidden, NotFound
from apps.core.files import EXPORTS, attached_files, new_key
from apps.core.tenancy import run_as, run_as_system
from apps.exports.archive import Lost, Written, write_archive
from apps.exports.models import ExportRun
from apps.exports.services import fail_archive, note_progress, store_archive, take_up

_LOCK_CLASS = 0x133A


def write(*, org_id: int, run_id: int) -> None:
    """Write an archive, if it is still to be written and no other worker is at it.

    One whose worker was killed is begun anew: nothing of it was kept.
    """
    with _held(run_id) as is_mine:
        if not is_mine:
            return
        with run_as_system(org_id=org_id) as actor:
            run = take_up(actor=actor, run_id=run_id)
        if run is not None:
            _write(run)


def _write(run: ExportRun) -> None:
    def on_progress(issues: int) -> bool:
        run.issues_done = issues
        with run_as_system(org_id=run.org_id) as actor:
            return note_progress(actor=actor, run=run, issues=issues)

    with NamedTemporaryFile() as file:
        try:
            written = write_archive(
                target=file,
                entering=partial(run_as, user_id=run.user_id, org_slug=run.org.slug),
                project_ids=run.project_ids,
                is_whole=run.project_id is None,
                on_progress=on_progress,
            )
        except Lost:
            return
        except (Forbidden, NotFound):
            fault = _("You may not take this out any more.")
            with run_as_system(org_id=run.org_id) as actor:
                fail_archive(actor=actor, run=run, fault=fault)
            return
        _keep(run, file, written)


def _keep(run: ExportRun, file: IO[bytes], written: Written) -> None:
    file.flush()
    size = file.tell()
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # a spooled file can be read so
    file.seek(0)
    key = attached_files().save(new_key(EXPORTS), File(file))
    with run_as_system(org_id=run.org_id) as actor:
        is_kept = store_archive(
            actor=actor,
            run=run,
            key=key,
            size=size,
            sha256=digest,
            project_ids=written.project_ids,
            lost_files=len(written.lost_files),
        )
    if not is_kept:
        attached_files().delete(key)


@contextmanager
def _held(run_id: int) -> Iterator[bool]:
    """Hold an archive; whether it is held now. The lock belongs to the connection: a killed worker gives it back."""
    keys: list[Any] = [_LOCK_CLASS, run_id % 2**31]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", keys)
        row = cursor.fetchone()
    is_mine = bool(row and row[0])
    try:
        yield is_mine
    finally:
        if is_mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", keys)
