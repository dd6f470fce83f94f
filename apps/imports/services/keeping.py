"""The files of imports: streamed into the storage of attached files, under keys of their own."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import Invalid, TooLarge
from apps.core.files import IMPORTS, PIECE, at_hand, attached_files, new_key
from apps.core.tenancy import Actor
from apps.events.services import service
from apps.imports.files import Upload
from apps.imports.formats import UnknownFormat, format_named, recognise
from apps.imports.formats.base import Format
from apps.imports.models import ImportFile, ImportRun
from apps.issues.services.attaching import clean_name

MOST_FILES = 50


class FilesTooLarge(TooLarge):
    """All files of an import together are larger than what is taken."""

    title = gettext_lazy("That is too much for one import")


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that was kept and belongs to no import yet."""

    key: str
    name: str
    size: int
    sha256: str
    format: Format


@contextmanager
def keeping(uploads: Sequence["File[Any]"], file_format: str) -> Iterator[list[Kept]]:
    """Keep files for the time of a block; if it fails, none of them stays.

    :raises Invalid: if there is none, there are too many, one is empty, or they are of different trackers
    :raises UnknownFormat: if one is nothing that is read
    :raises FilesTooLarge: if they are
    """
    if not uploads:
        raise Invalid(_("Choose a file."), field="files")
    if len(uploads) > MOST_FILES:
        raise Invalid(_("Choose at most %(most)s files at once.") % {"most": MOST_FILES}, field="files")
    most = settings.IMPORT_LARGEST
    if sum(upload.size for upload in uploads) > most:
        raise FilesTooLarge(
            _("The files of one import have at most %(most)s together. Pack them with gzip, or import some at a time.")
            % {"most": filesizeformat(most)}
        )
    kept: list[Kept] = []
    try:
        # Those before one that is refused are in the list as well.
        kept.extend(_keep(upload, file_format) for upload in uploads)
        _refuse_mixed(kept)
        yield kept
    except BaseException:
        delete_files([one.key for one in kept])
        raise


def _keep(upload: "File[Any]", file_format: str) -> Kept:
    name = clean_name(Path(upload.name or "").name)
    with NamedTemporaryFile() as copy:
        digest, size = hashlib.sha256(), 0
        upload.seek(0)
        while piece := upload.read(PIECE):
            copy.write(piece)
            digest.update(piece)
            size += len(piece)
        copy.flush()
        if not size:
            raise Invalid(_("“%(name)s” is empty. Was it still being written?") % {"name": name}, field="files")
        here = Upload(Path(copy.name), name)
        found = format_named(file_format) if file_format else recognise(here)
        key = _store(copy)
    return Kept(key, name, size, digest.hexdigest(), found)


def _store(copy: IO[bytes]) -> str:
    copy.seek(0)
    return str(attached_files().save(new_key(IMPORTS), File(copy)) or "")


def _refuse_mixed(kept: Sequence[Kept]) -> None:
    first = kept[0]
    other = next((one for one in kept if one.format.source != first.format.source), None)
    if other is not None:
        raise UnknownFormat(
            _(
                "“%(first)s” is of %(tracker)s, “%(other)s” of %(another)s. Import the files of each tracker by "
                "themselves."
            )
            % {
                "first": first.name,
                "tracker": first.format.label,
                "other": other.name,
                "another": other.format.label,
            }
        )


def note_files(run: ImportRun, kept: Sequence[Kept]) -> None:
    """Let kept files belong to an import."""
    ImportFile.objects.bulk_create(
        ImportFile(
            org_id=run.org_id,
            run=run,
            position=position,
            name=one.name,
            key=one.key,
            size=one.size,
            sha256=one.sha256,
            format=one.format.name,
        )
        for position, one in enumerate(kept)
    )


def delete_files(keys: Sequence[str]) -> None:
    """Delete files from the storage."""
    storage = attached_files()
    for key in keys:
        storage.delete(key)


def drop_files(run: ImportRun) -> int:
    """Let an import be without its files once this transaction commits; how many there were."""
    keys = list(ImportFile.objects.filter(run=run).values_list("key", flat=True))
    ImportFile.objects.filter(run=run).delete()
    transaction.on_commit(partial(delete_files, keys))
    return len(keys)


@service
def forget_files(*, actor: Actor, run: ImportRun) -> int:
    """Delete the files of an old import; what it wrote, its account and the way to take it back stay."""
    return drop_files(run)


@contextmanager
def files_at_hand(files: Sequence[ImportFile]) -> Iterator[list[tuple[Upload, Format]]]:
    """The files of an import on this machine, each with its format.

    :raises FileNotFoundError: if one is gone
    """
    with ExitStack() as stack:
        yield [
            (Upload(stack.enter_context(at_hand(file.key, size=file.size)), file.name), format_named(file.format))
            for file in files
        ]
