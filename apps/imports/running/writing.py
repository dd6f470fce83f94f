"""Writing the rows of an import."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from typing import IO

from django.utils.translation import gettext as _

from apps.core.tenancy import Actor, Origin, run_as_system
from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.formats.base import Format
from apps.imports.guessing import template_of
from apps.imports.mapping import Mapping, People
from apps.imports.models import ImportRun
from apps.imports.reconciliation import Reconciliation
from apps.imports.records import (
    CommentsRecord,
    HistoryRecord,
    IssueRecord,
    LedgerRecord,
    LeftOut,
    ProjectRecord,
    Row,
    ScheduleRecord,
    Unreadable,
)
from apps.imports.running import batches, reading
from apps.imports.running.locks import only_import_into
from apps.imports.running.past import Past, past_words
from apps.imports.running.rights import Rights, Stopped
from apps.imports.running.turns import Outcome, Pulse, Tell, Turn
from apps.imports.selectors import is_wanted
from apps.imports.services import (
    Entry,
    follow_references,
    is_of_tracker,
    keep_comments,
    note_project,
    take_over_configuration,
    write_batch,
    write_former_keys,
    write_project,
    write_rhythm,
)
from apps.imports.services.progress import end_import, note_beat, store_progress
from apps.projects.models import Project
from apps.projects.selectors import visible_projects
from apps.projects.services import KeyTaken, create_project

Visibility = Project.Visibility


def write(run: ImportRun, turn: Turn, on_progress: Tell) -> Outcome:
    """Write what is left, as far as this turn goes.

    :raises ImportRunning: if another import writes to one of the projects
    :raises Stopped: if it cannot go on
    """
    with ExitStack() as locks:
        return _Writing(run, locks, turn, on_progress).go()


class _Writing:
    """One worker's turn at writing a run."""

    def __init__(self, run: ImportRun, locks: ExitStack, turn: Turn, on_progress: Tell) -> None:
        self.run = run
        self.locks = locks
        self.turn = turn
        self.on_progress = on_progress
        self.choices = Choices.from_json(run.choices)
        self.people = People(run.source, self.choices)
        self.rights = Rights(run)
        self.mappings: dict[str, Mapping] = {}
        self.surveyed = {each["name"]: each for each in run.survey.get("fields") or ()}
        self.here: Sequence[tuple[Upload, Format]] = ()
        self.is_followed = False

    def go(self) -> Outcome:
        """Write what is left, as far as this turn goes."""
        with reading.open_files(self.run) as here:
            self.here = here
            for batch in batches.in_batches(self.run, self._unread(reading.rows_of(here, self.choices))):
                self.rights.look(key for row in batch if (key := batches.key_of(self.run, row)))
                if not self._step(partial(self._store, batch)):
                    return self._cancelled()
                if self.turn.is_over:
                    return self.turn.give_way()
        while not self.is_followed:
            self.rights.look(())
            if not self._step(self._follow):
                return self._cancelled()
            if self.turn.is_over and not self.is_followed:
                return self.turn.give_way()
        return self._done()

    def _unread(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows that are not accounted for yet."""
        done = self.run.rows_done
        pulse = Pulse()
        for number, row in enumerate(rows, start=1):
            if number > done:
                yield row
                continue
            if pulse.is_due():
                with run_as_system(org_id=self.run.org_id) as actor:
                    note_beat(actor=actor, run=self.run)
            if number == done:
                self.turn.begin_anew()

    def _cancelled(self) -> Outcome:
        with run_as_system(org_id=self.run.org_id) as actor:
            end_import(actor=actor, run=self.run, state=ImportRun.State.CANCELLED)
        return Outcome.OVER

    def _done(self) -> Outcome:
        run = self.run
        if run.rows_done != run.imported + run.updated + run.skipped + run.failed:
            raise Stopped(
                _("Some rows are unaccounted for. This is a fault of FlowBoard; tell whoever runs this server.")
            )
        with run_as_system(org_id=run.org_id) as actor:
            end_import(actor=actor, run=run, state=ImportRun.State.DONE)
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
        account = follow_references(actor=actor, run=self.run, batch_size=batches.BATCH_ROWS)
        # Those are references, not rows.
        self.is_followed, account.read = account.read == 0, 0
        return account

    # ---- a batch of rows

    def _store(self, batch: Sequence[Row], actor: Actor) -> Reconciliation:
        account = Reconciliation(read=len(batch))
        entries: dict[str, list[Entry]] = {}
        abouts: list[tuple[str, str, ProjectRecord]] = []
        loose: list[tuple[str, CommentsRecord]] = []
        past = Past()
        for row in batch:
            key = batches.key_of(self.run, row)
            match row.content:
                case Unreadable() as error:
                    account.fail(row.name, error.field, error.reason)
                case LeftOut(reason):
                    account.leave_out(reason)
                case CommentsRecord() as comments:
                    loose.append((row.name, comments))
                    account.leave_out(_("comments, kept with their issue"))
                case HistoryRecord() | LedgerRecord() | ScheduleRecord() as told:
                    past.add(key, row.name, told)
                    account.leave_out(past_words(told))
                case ProjectRecord() as about:
                    abouts.append((row.name, key, about))
                    account.leave_out(_("about the project"))
                case IssueRecord() as record:
                    entries.setdefault(key, []).append(Entry(row.name, record))
        for row_name, key, about in abouts:
            account.add(self._write_about(actor, row_name, key, about))
        for key, several in entries.items():
            account.add(self._write_entries(actor, key, several))
        if loose:
            keep_comments(actor=actor, run=self.run, rows=loose)
        for key, name in past.projects.items():
            # Where nothing could go, its issues have said so.
            if isinstance(mapping := self._mapping(actor, key, name=name), Mapping):
                account.add(past.write(actor, mapping, key, self.run))
        return account

    def _write_about(self, actor: Actor, row: str, key: str, about: ProjectRecord) -> Reconciliation:
        account = Reconciliation()
        for field, reason in about.notes:
            account.note(row, field, reason)
        mapping = self._mapping(actor, key, name=about.name, about=about)
        if isinstance(mapping, Mapping):
            source, run = self.run.source, self.run
            account.add(
                take_over_configuration(actor=actor, mapping=mapping, source=source, row=row, about=about, run=run)
            )
            account.add(write_former_keys(actor=actor, project=mapping.project, row=row, about=about, run=run))
            account.add(write_project(actor=actor, mapping=mapping, source=source, about=about, run=run))
            account.add(write_rhythm(actor=actor, mapping=mapping, source=source, row=row, about=about, run=run))
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

    def _mapping(self, actor: Actor, key: str, *, name: str, about: ProjectRecord | None = None) -> Mapping | str:
        """The mapping of a project, which is made if there is none; or why nothing can go there.

        :param about: what the export tells of it
        """
        if refusal := self.rights.refusal(key):
            return refusal
        if key in self.mappings:
            return self.mappings[key]
        run = self.run
        project = run.project or visible_projects(actor=actor).filter(key=key).first()
        is_made = project is None
        is_private = about is not None and about.is_private
        if project is None:
            try:
                project, _actor = create_project(
                    actor=actor,
                    key=key,
                    name=name[:80] or key,
                    template=template_of(run.survey, key=key, takes_all=bool(run.project_key)),
                    description=about.description if about is not None else "",
                    visibility=Visibility.PRIVATE if is_private else Visibility.ORGANIZATION,
                )
            except KeyTaken as error:
                return str(error.detail)
        elif not self.rights.is_seen(key):
            # Nobody learns that there is one.
            return str(_("Another project uses the key %(key)s, or a deleted one still has it.") % {"key": key})
        self.locks.enter_context(only_import_into(project))
        note_project(actor=actor, run=run, project=project, source=run.source, is_made=is_made)
        if run.project_key:
            run.project = project
        is_new = is_of_tracker(project=project, source=run.source)
        mapping = self.mappings[key] = Mapping(
            project, self.people, self.choices, is_new=is_new, surveyed=self.surveyed
        )
        return mapping
