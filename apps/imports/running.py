"""Running an import: files in, batches written, every row in the account.

Each batch is a unit of work of its own, so an import that is killed goes on where it was when it is run again. One
import writes to a project at a time: it holds an advisory lock of the database for as long as it lives.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection
from django.utils.translation import gettext, gettext_lazy

from apps.core.errors import Conflict
from apps.core.tenancy import Actor, Origin, run_as_system
from apps.imports import guessing
from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.formats import recognise
from apps.imports.formats.base import Format
from apps.imports.mapping import Mapping, People
from apps.imports.reconciliation import Reconciliation
from apps.imports.records import IssueRecord, LeftOut, Row, Unreadable
from apps.imports.services import Entry, Link, sort_batch, write_batch, write_links
from apps.projects.models import PROJECT_KEY, Project
from apps.projects.selectors import visible_projects
from apps.projects.services import create_project

BATCH_ROWS = 200
# Rows differ in size by a factor of ten thousand; a batch of large ones must not fill the memory.
BATCH_BYTES = 4 * 1024 * 1024
_LOCK_CLASS = 0x1339


class ImportRunning(Conflict):
    """Another import writes to the project."""

    title = gettext_lazy("Another import is running")


@dataclass(slots=True)
class _Batch:
    entries: list[Entry] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    size: int = 0


class Import:
    """One run over some files into one organization.

    :param file_format: what the files are; without it their content tells
    :param project_key: the project that takes all rows; without it each row goes into the project of its own key,
        which is made if there is none
    :param on_progress: told the account after each batch
    """

    def __init__(
        self,
        *,
        org_id: int,
        files: Sequence[Path],
        file_format: Format | None = None,
        project_key: str | None = None,
        is_dry_run: bool = False,
        on_progress: Callable[[Reconciliation], None] = lambda account: None,
    ) -> None:
        self.org_id = org_id
        self.uploads = [Upload.at(path) for path in files]
        # One import is of one tracker: the first file says which.
        self.format = file_format or recognise(self.uploads[0])
        self.project_key = project_key.upper() if project_key else None
        self.is_dry_run = is_dry_run
        self.on_progress = on_progress
        self.account = Reconciliation()
        self._people = People(self.format.source)
        self._links: list[Link] = []
        self._mappings: dict[str, Mapping] = {}
        self._locks = ExitStack()

    def run(self) -> Reconciliation:
        """Read and write everything, then put issues under their parents.

        :raises ImportRunning: if another import writes to one of the projects
        :raises OSError: if a file cannot be read
        """
        with self._locks:
            for batch in self._batches():
                self._write(batch)
                self.on_progress(self.account)
            if not self.is_dry_run and self._mappings:
                self._link()
        return self.account

    # ---- rows to batches

    def _batches(self) -> Iterator[list[Entry]]:
        """Batches of one project each. A row that comes twice waits for the batch that holds its first copy."""
        open_batches: dict[str, _Batch] = {}
        for row, record in self._records():
            key = self.project_key or record.project_key
            batch = open_batches.setdefault(key, _Batch())
            if record.external_id in batch.ids or len(batch.entries) >= BATCH_ROWS or batch.size > BATCH_BYTES:
                yield batch.entries
                batch = open_batches[key] = _Batch()
            batch.entries.append(Entry(row.name, record))
            batch.ids.add(record.external_id)
            batch.size += row.size
        for batch in open_batches.values():
            yield batch.entries

    def _records(self) -> Iterator[tuple[Row, IssueRecord]]:
        for row in self._rows():
            self.account.read += 1
            match row.content:
                case Unreadable() as error:
                    self.account.fail(row.name, error.field, error.reason)
                case LeftOut(reason):
                    self.account.leave_out(reason)
                case IssueRecord() as record if not re.fullmatch(PROJECT_KEY, self.project_key or record.project_key):
                    reason = f"{record.project_key} cannot be the key of a project here; name one with --project."
                    self.account.fail(row.name, "project", reason)
                case IssueRecord() as record:
                    if record.parent is not None:
                        self._links.append(Link(row.name, record.external_id, record.parent))
                    yield row, record
                case _:
                    self.account.leave_out(gettext("no issue"))

    def _rows(self) -> Iterator[Row]:
        for upload in self.uploads:
            yield from self.format.read(upload, Choices())

    # ---- batches to the database

    def _write(self, entries: list[Entry]) -> None:
        key = self.project_key or entries[0].record.project_key
        with run_as_system(org_id=self.org_id, origin=Origin.IMPORT) as actor:
            if self.is_dry_run:
                account = self._rehearse(actor, key, entries)
            else:
                mapping = self._mapping(actor, key, name=entries[0].record.project_name)
                account = write_batch(actor=actor, mapping=mapping, source=self.format.source, entries=entries)
        self.account.add(account)

    def _mapping(self, actor: Actor, key: str, *, name: str) -> Mapping:
        mapping = self._mappings.get(key)
        if mapping is None:
            project = visible_projects(actor=actor).filter(key=key).first()
            if project is None:
                project, _actor = create_project(actor=actor, key=key, name=name[:80], template=Project.Template.KANBAN)
            self._locks.enter_context(_only_import_into(project))
            mapping = self._mappings[key] = Mapping(project, self._people)
        return mapping

    def _rehearse(self, actor: Actor, key: str, entries: list[Entry]) -> Reconciliation:
        """What would become of a batch, without writing."""
        account = Reconciliation()
        project = visible_projects(actor=actor).filter(key=key).first()
        if project is None:
            new, changed, same = entries, [], []
        else:
            batch = sort_batch(mapping=Mapping(project, self._people), source=self.format.source, entries=entries)
            new, changed, same = batch.new, [entry for entry, _ref in batch.changed], batch.same
        account.imported, account.updated, account.skipped = len(new), len(changed), len(same)
        for entry in [*new, *changed]:
            for name, reason in [*entry.record.notes, *guessing.notes(entry.record)]:
                account.note(entry.row, name, reason)
        account.comments["imported"] = sum(len(entry.record.comments) for entry in new)
        return account

    # ---- parents, once every issue is there

    def _link(self) -> None:
        """Put issues under their parents: a child may come before its parent, or in another file."""
        for start in range(0, len(self._links), BATCH_ROWS):
            self._write_links(self._links[start : start + BATCH_ROWS])

    def _write_links(self, links: list[Link]) -> None:
        with run_as_system(org_id=self.org_id, origin=Origin.IMPORT) as actor:
            account = write_links(
                actor=actor,
                project_ids=[mapping.project.pk for mapping in self._mappings.values()],
                all_project_ids=list(visible_projects(actor=actor).values_list("id", flat=True)),
                source=self.format.source,
                links=links,
            )
        self.account.add(account)


@contextmanager
def _only_import_into(project: Project) -> Iterator[None]:
    """Hold the project's import lock; it belongs to the connection, so a killed import gives it back.

    :raises ImportRunning: if somebody else holds it
    """
    keys = [_LOCK_CLASS, project.pk]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", keys)
        row: tuple[bool] = cursor.fetchone()
    if not row[0]:
        raise ImportRunning(
            f"Another import writes to {project.key}. Wait for it, or stop it, then run this one again."
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", keys)
