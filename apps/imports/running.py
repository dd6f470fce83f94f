"""Working at an import: reading its files, writing what they hold, taking it back. The page, the command and the jobs
all drive the same run.

Each batch is a unit of work that stores its issues, the account of its rows and how far the run is, so that whoever
takes up a run whose worker was killed goes on behind the last batch. One worker is at a run, and one run writes to a
project at a time: both are locks of the database, which belong to the connection and end with it.
"""

import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from enum import Enum, auto
from functools import partial
from typing import IO

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import Conflict, DomainError
from apps.core.tenancy import Actor, Origin, run_as, run_as_system
from apps.core.tenancy.doors import NoSuchOrganization, OrganizationSuspended
from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.formats.base import Format
from apps.imports.mapping import Mapping, People
from apps.imports.models import ImportRun
from apps.imports.reconciliation import Reconciliation
from apps.imports.records import CommentsRecord, IssueRecord, LeftOut, ProjectRecord, Row, Unreadable
from apps.imports.selectors import can_import, files_of, is_wanted
from apps.imports.services import (
    Entry,
    files_at_hand,
    follow_references,
    is_of_tracker,
    keep_comments,
    note_project,
    take_back_batch,
    write_batch,
    write_project,
)
from apps.imports.services.progress import (
    end_import,
    end_taking_back,
    note_beat,
    put_down,
    store_progress,
    store_survey,
    store_taken_back,
    take_up,
)
from apps.imports.surveying import Survey
from apps.projects.models import PROJECT_KEY, Project
from apps.projects.selectors import visible_projects
from apps.projects.services import KeyTaken, create_project

State = ImportRun.State
BATCH_ROWS = 200
# Rows differ in size by a factor of ten thousand; a batch of large ones must not fill the memory.
BATCH_BYTES = 4 * 1024 * 1024
# So long a worker stays at a run before others have their turn, at least; finding the way back into a long file must
# not take longer than what is then written.
TURN = 30.0
_WAYS_BACK = 3
# So often a worker says that it is alive, and looks whether whoever started the run may still do so.
BEAT = 5.0
RIGHTS = 10.0

_PROJECTS, _RUNS, _TURNS = 0x1339, 0x133A, 0x133B


class ImportRunning(Conflict):
    """Another import writes to the project."""

    title = gettext_lazy("Another import is running")


class Stopped(DomainError):
    """The import cannot go on."""

    title = gettext_lazy("The import was stopped")


class Outcome(Enum):
    """What a worker leaves behind."""

    # Nothing is left to do, or not for this worker.
    OVER = auto()
    # It gave its turn away and wants another.
    AGAIN = auto()
    # Something stands in the way for now; whoever looks for runs without a worker comes by.
    WAITING = auto()


Tell = Callable[[ImportRun], None]


def _nobody(_run: ImportRun) -> None:
    return


def work(*, org_id: int, run_id: int, has_turns: bool = False, on_progress: Tell = _nobody) -> Outcome:
    """Do what an import has to do: look its files through, write them, or take it back.

    :param has_turns: gives way to other imports now and then
    :param on_progress: told the run after each batch
    """
    with hold_run(run_id) as is_mine:
        if not is_mine:
            return Outcome.OVER
        with run_as_system(org_id=org_id) as actor:
            run = take_up(actor=actor, run_id=run_id)
        if run is None:
            return Outcome.OVER
        try:
            return _WORK[State(run.state)](run, has_turns, on_progress)
        except (ImportRunning, OrganizationSuspended):
            with run_as_system(org_id=org_id) as actor:
                put_down(actor=actor, run=run, is_next=False)
            return Outcome.WAITING
        except (DomainError, OSError) as error:
            with run_as_system(org_id=org_id) as actor:
                end_import(actor=actor, run=run, state=State.FAILED, fault=_sentence(error))
            return Outcome.OVER


def _sentence(error: DomainError | OSError) -> str:
    if isinstance(error, DomainError):
        return str(error.detail or error.title)
    if isinstance(error, FileNotFoundError):
        return _("A file of the import is gone, so it cannot be read any further. Hand it in again.")
    return _("A file of the import cannot be read: %(error)s") % {"error": error}


# ---- looking through


def _survey(run: ImportRun, _has_turns: bool, on_progress: Tell) -> Outcome:
    survey = Survey(run)
    beat = time.monotonic()
    with _files(run) as here:
        for row in rows_of(here, survey.choices):
            survey.look(row)
            if time.monotonic() - beat > BEAT:
                beat = time.monotonic()
                with run_as_system(org_id=run.org_id) as actor:
                    if not note_beat(actor=actor, run=run, rows_read=survey.rows):
                        return Outcome.OVER
        found = survey.result(here)
    with run_as_system(org_id=run.org_id) as actor:
        store_survey(actor=actor, run=run, survey=found)
    on_progress(run)
    return Outcome.OVER


@contextmanager
def _files(run: ImportRun) -> Iterator[Sequence[tuple[Upload, Format]]]:
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


# ---- writing


def _write(run: ImportRun, has_turns: bool, on_progress: Tell) -> Outcome:
    with ExitStack() as locks:
        return _Writing(run, locks, has_turns, on_progress).go()


class _Writing:
    """One worker's turn at writing a run."""

    def __init__(self, run: ImportRun, locks: ExitStack, has_turns: bool, on_progress: Tell) -> None:
        self.run = run
        self.locks = locks
        self.has_turns = has_turns
        self.on_progress = on_progress
        self.choices = Choices.from_json(run.choices)
        self.people = People(run.source, self.choices)
        self.rights = _Rights(run)
        self.mappings: dict[str, Mapping] = {}
        self.here: Sequence[tuple[Upload, Format]] = ()
        self.is_followed = False
        self.began = time.monotonic()
        self.patience = TURN

    def go(self) -> Outcome:
        """Write what is left, as far as this turn goes."""
        with _files(self.run) as here:
            self.here = here
            for batch in _batches(self._unread(rows_of(here, self.choices))):
                self.rights.look(key for row in batch if (key := _key_of(self.run, row)))
                if not self._step(partial(self._store, batch)):
                    return self._cancelled()
                if self._is_over():
                    return self._give_way()
        while not self.is_followed:
            self.rights.look(())
            if not self._step(self._follow):
                return self._cancelled()
            if self._is_over() and not self.is_followed:
                return self._give_way()
        return self._done()

    def _unread(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows that are not accounted for yet."""
        done = self.run.rows_done
        beat = self.began
        for number, row in enumerate(rows, start=1):
            if number > done:
                yield row
                continue
            if time.monotonic() - beat > BEAT:
                beat = time.monotonic()
                with run_as_system(org_id=self.run.org_id) as actor:
                    note_beat(actor=actor, run=self.run)
            if number == done:
                way = time.monotonic() - self.began
                self.began, self.patience = time.monotonic(), max(TURN, _WAYS_BACK * way)

    def _is_over(self) -> bool:
        return self.has_turns and time.monotonic() - self.began > self.patience

    def _give_way(self) -> Outcome:
        with run_as_system(org_id=self.run.org_id) as actor:
            put_down(actor=actor, run=self.run, is_next=True)
        return Outcome.AGAIN

    def _cancelled(self) -> Outcome:
        with run_as_system(org_id=self.run.org_id) as actor:
            end_import(actor=actor, run=self.run, state=State.CANCELLED)
        return Outcome.OVER

    def _done(self) -> Outcome:
        run = self.run
        if run.rows_done != run.imported + run.updated + run.skipped + run.failed:
            raise Stopped(
                _("Some rows are unaccounted for. This is a fault of FlowBoard; tell whoever runs this server.")
            )
        with run_as_system(org_id=run.org_id) as actor:
            end_import(actor=actor, run=run, state=State.DONE)
        return Outcome.OVER

    def _step(self, write: Callable[[Actor], Reconciliation]) -> bool:
        """Write a batch with its account, in one transaction; whether the run was to go on."""
        with run_as_system(org_id=self.run.org_id, origin=Origin.IMPORT) as actor:
            if not is_wanted(actor=actor, run=self.run):
                return False
            store_progress(actor=actor, run=self.run, account=write(actor))
        self.on_progress(self.run)
        return True

    def _follow(self, actor: Actor) -> Reconciliation:
        account = follow_references(actor=actor, run=self.run, batch_size=BATCH_ROWS)
        # Those are references, not rows.
        self.is_followed, account.read = account.read == 0, 0
        return account

    # ---- a batch of rows

    def _store(self, batch: Sequence[Row], actor: Actor) -> Reconciliation:
        account = Reconciliation(read=len(batch))
        entries: dict[str, list[Entry]] = {}
        abouts: list[tuple[str, ProjectRecord]] = []
        loose: list[tuple[str, CommentsRecord]] = []
        for row in batch:
            key = _key_of(self.run, row)
            match row.content:
                case Unreadable() as error:
                    account.fail(row.name, error.field, error.reason)
                case LeftOut(reason):
                    account.leave_out(reason)
                case CommentsRecord() as comments:
                    loose.append((row.name, comments))
                    account.leave_out(_("comments, kept with their issue"))
                case ProjectRecord() as about:
                    abouts.append((key, about))
                    account.leave_out(_("about the project"))
                case IssueRecord() as record:
                    entries.setdefault(key, []).append(Entry(row.name, record))
        for key, about in abouts:
            if isinstance(mapping := self._mapping(actor, key, name=about.name), Mapping):
                source = self.run.source
                account.add(write_project(actor=actor, mapping=mapping, source=source, about=about, run=self.run))
        for key, several in entries.items():
            account.add(self._write_entries(actor, key, several))
        if loose:
            keep_comments(actor=actor, run=self.run, rows=loose)
        return account

    def _write_entries(self, actor: Actor, key: str, entries: list[Entry]) -> Reconciliation:
        mapping = self._mapping(actor, key, name=entries[0].record.project_name)
        if isinstance(mapping, Mapping):
            return write_batch(
                actor=actor,
                mapping=mapping,
                source=self.run.source,
                entries=entries,
                run=self.run,
                open_file=self._open_file,
            )
        account = Reconciliation()
        for entry in entries:
            account.fail(entry.row, "project", mapping)
        return account

    def _open_file(self, path: str) -> IO[bytes] | None:
        """A file that one of the exports holds beside its rows."""
        found = (file_format.open_file(upload, path) for upload, file_format in self.here)
        return next((content for content in found if content is not None), None)

    def _mapping(self, actor: Actor, key: str, *, name: str) -> Mapping | str:
        """The mapping of a project, which is made if there is none; or why nothing can go there."""
        if refusal := self.rights.refusal(key):
            return refusal
        if key in self.mappings:
            return self.mappings[key]
        run = self.run
        project = run.project or visible_projects(actor=actor).filter(key=key).first()
        is_made = project is None
        if project is None:
            try:
                project, _actor = create_project(
                    actor=actor, key=key, name=name[:80] or key, template=Project.Template.KANBAN
                )
            except KeyTaken as error:
                return str(error.detail)
        elif not self.rights.is_seen(key):
            # Nobody learns that there is one.
            return str(_("Another project uses the key %(key)s, or a deleted one still has it.") % {"key": key})
        self.locks.enter_context(_only_import_into(project))
        note_project(actor=actor, run=run, project=project, source=run.source, is_made=is_made)
        if run.project_key:
            run.project = project
        is_new = is_of_tracker(project=project, source=run.source)
        mapping = self.mappings[key] = Mapping(project, self.people, self.choices, is_new=is_new)
        return mapping


def _key_of(run: ImportRun, row: Row) -> str:
    """The key of the project that a row belongs to, "" if it belongs to none."""
    match row.content:
        case IssueRecord(project_key=key) | ProjectRecord(key=key):
            return run.project.key if run.project is not None else run.project_key or key
    return ""


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows in their order, some at a time. A row that comes twice waits for the batch behind that of its first copy."""
    batch: list[Row] = []
    ids: set[tuple[str, str]] = set()
    size = 0
    for row in rows:
        record = row.content if isinstance(row.content, IssueRecord) else None
        one = (record.project_key, record.external_id) if record is not None else None
        if batch and (one in ids or len(batch) >= BATCH_ROWS or size > BATCH_BYTES):
            yield batch
            batch, ids, size = [], set(), 0
        batch.append(row)
        size += row.size
        if one is not None:
            ids.add(one)
    if batch:
        yield batch


class _Rights:
    """Whether whoever started a run may still do so, looked up now and then; what FlowBoard started needs no leave."""

    def __init__(self, run: ImportRun) -> None:
        self._run = run
        self._looked_at: float | None = None
        self._seen: dict[str, bool] = {}
        self._refusals: dict[str, str] = {}

    def look(self, keys: Iterable[str]) -> None:
        """See to it that it is known for these projects.

        :raises Stopped: if nothing may be written any more
        """
        now, missing = time.monotonic(), set(keys)
        is_fresh = self._looked_at is not None and now - self._looked_at < RIGHTS
        missing = missing - self._seen.keys() if is_fresh else missing | self._seen.keys()
        unfit = {key for key in missing if not re.fullmatch(PROJECT_KEY, key)}
        self._refusals |= {
            key: _("“%(key)s” cannot be the key of a project here; choose the project for all rows.") % {"key": key}
            for key in unfit
        }
        self._seen |= dict.fromkeys(unfit, True)
        missing -= unfit
        if self._run.started_by_id is None:
            self._seen |= dict.fromkeys(missing, True)
        elif missing or not is_fresh:
            self._looked_at = now
            self._look_as(self._run.started_by_id, missing)

    def _look_as(self, user_id: int, keys: Collection[str]) -> None:
        run = self._run
        try:
            with run_as(user_id=user_id, org_slug=run.org.slug) as person:
                projects = visible_projects(actor=person)
                if run.project_id is not None:
                    project = projects.filter(pk=run.project_id).first()
                    if project is None or not can_import(person, project):
                        raise self._lost()
                    self._seen |= dict.fromkeys(keys, True)
                    return
                if not can_import(person, None):
                    raise self._lost()
                found = {project.key: project for project in projects.filter(key__in=keys)}
                for key in keys:
                    self._seen[key] = key in found
                    self._refusals.pop(key, None)
                    if key in found and not can_import(person, found[key]):
                        name = {"name": run.started_by, "key": key}
                        self._refusals[key] = _("%(name)s may not import into %(key)s.") % name
        except NoSuchOrganization as error:
            raise self._lost() from error

    def _lost(self) -> Stopped:
        return Stopped(
            _("%(name)s may not import here any more. What was written until then stays and can be taken back.")
            % {"name": self._run.started_by}
        )

    def refusal(self, key: str) -> str:
        """Why nothing can go into a project, or ""."""
        return self._refusals.get(key, "")

    def is_seen(self, key: str) -> bool:
        """Whether whoever started the run may know of the project of this key, if there is one."""
        return self._seen[key]


# ---- taking back


def _take_back(run: ImportRun, has_turns: bool, on_progress: Tell) -> Outcome:
    began = time.monotonic()
    is_done = False
    while not is_done:
        with run_as_system(org_id=run.org_id, origin=Origin.IMPORT) as actor:
            taken = take_back_batch(actor=actor, run=run)
            store_taken_back(actor=actor, run=run, taken=taken)
            is_done = taken.is_done
        on_progress(run)
        if has_turns and not is_done and time.monotonic() - began > TURN:
            with run_as_system(org_id=run.org_id) as actor:
                put_down(actor=actor, run=run, is_next=True)
            return Outcome.AGAIN
    with run_as_system(org_id=run.org_id) as actor:
        end_taking_back(actor=actor, run=run)
    return Outcome.OVER


_WORK: dict[State, Callable[[ImportRun, bool, Tell], Outcome]] = {
    State.SURVEYING: _survey,
    State.RUNNING: _write,
    State.REVERTING: _take_back,
}


# ---- locks


@contextmanager
def hold_run(run_id: int) -> Iterator[bool]:
    """Be the only worker at a run; whether nobody else is. The command holds it from before its run can be seen."""
    with _lock(_RUNS, run_id) as is_held:
        yield is_held


@contextmanager
def take_turn() -> Iterator[bool]:
    """Be one of the few workers that are at imports, so that others are left for mails and the like; whether there was
    room."""
    with ExitStack() as stack:
        yield any(stack.enter_context(_lock(_TURNS, place)) for place in range(settings.IMPORTS_AT_ONCE))


@contextmanager
def _only_import_into(project: Project) -> Iterator[None]:
    """Hold the project's import lock.

    :raises ImportRunning: if somebody else holds it
    """
    with _lock(_PROJECTS, project.pk) as is_held:
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
