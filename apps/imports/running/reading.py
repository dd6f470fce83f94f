"""The rows of the files of an import."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from apps.core.tenancy import run_as_system
from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.formats.base import Format
from apps.imports.models import ImportRun
from apps.imports.records import Row
from apps.imports.selectors import files_of
from apps.imports.services import files_at_hand


@contextmanager
def open_files(run: ImportRun) -> Iterator[Sequence[tuple[Upload, Format]]]:
    """The files of an import on this machine, each with its format.

    :raises FileNotFoundError: if they are gone
    """
    with run_as_system(org_id=run.org_id) as actor:
        files = files_of(actor=actor, run=run)
    if not files:
        raise FileNotFoundError
    with files_at_hand(files) as here:
        yield here


def rows_of(here: Iterable[tuple[Upload, Format]], choices: Choices) -> Iterator[Row]:
    """Every row of some files, in their order."""
    for upload, file_format in here:
        yield from file_format.read(upload, choices)
