"""Asana's CSV. Tasks name each other by their titles, so the file is looked through once for whose id is meant."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.formats import building
from apps.imports.formats.base import Sample
from apps.imports.formats.columns import CUSTOM, IGNORE, Plan
from apps.imports.formats.table import Cells, Table, TableIssues
from apps.imports.reading.tables import dialect_of, read_table
from apps.imports.records import IssueRecord, Level, LinkRecord, Ref, Relation
from apps.imports.texts import names_of, words
from apps.projects.models import Status

_NEEDED = {"Task ID", "Name", "Section/Column", "Completed At"}
_NO_SECTION = "(no section)"
_COMPLETED = "Completed"
_LONGEST_LIST = 10_000


class Asana(Table):
    """What Asana's menu “Export to CSV” gives."""

    name = "asana-csv"
    source = "asana"
    label = "Asana (CSV)"
    known: ClassVar[Mapping[str, str]] = {
        "taskid": "external_id",
        "name": "title",
        "notes": "text",
        "createdat": "created_at",
        "completedat": "resolved_at",
        "lastmodified": "updated_at",
        "sectioncolumn": IGNORE,
        "assignee": "assignee",
        "assigneeemail": IGNORE,
        "tags": "labels",
        "projects": IGNORE,
        "parenttask": IGNORE,
        "blockedbydependencies": IGNORE,
        "blockingdependencies": IGNORE,
        "type": CUSTOM,
    }

    def recognises(self, sample: Sample) -> bool:
        """By the names of its columns, which Asana does not translate."""
        return set(sample.columns) >= _NEEDED

    def rows(self, upload: Upload, table: Plan, choices: Choices) -> TableIssues:
        """What makes issues of this table's rows."""
        return _Tasks(upload, table, choices)


class _Tasks(TableIssues):
    def __init__(self, upload: Upload, table: Plan, choices: Choices) -> None:
        super().__init__(upload, table, choices)
        self._ids: dict[str, list[str]] = {}
        for row in read_table(upload, dialect_of(upload)):
            own, title = words(row.first("Task ID")), words(row.first("Name"))
            if own and own not in self._ids.setdefault(title, []):
                self._ids[title].append(own[: building.ID_LENGTH])

    @staticmethod
    def convert(text: str) -> str:
        """Asana exports its notes as plain text."""
        return text

    def finish(self, record: IssueRecord, cells: Cells) -> None:
        """Section, project, parent and dependencies."""
        # Asana's ids have sixteen digits; they number nothing.
        record.number = None
        self._sort(record, cells)
        projects = building.items_of(cells.named("projects"), ",")
        if projects:
            record.project_key, record.project_name = self.keys.of(projects[0]), projects[0][:120]
        if len(projects) > 1:
            record.custom["Projects"] = projects
            record.notes.append(("Projects", f"The task is in several projects; it was put into “{projects[0][:60]}”."))
        address = words(cells.named("assigneeemail"))
        if address:
            name = record.assignee.name if record.assignee is not None else ""
            record.assignee = building.person(name, address)
        parent = words(cells.named("parenttask"))
        record.type_name, record.level = "Task", Level.STANDARD
        if parent:
            record.type_name, record.level = "Subtask", Level.SUBTASK
            record.parent = self._task(parent, "Parent task", record)
        for column, relation in (("blockedby", Relation.BLOCKED_BY), ("blocking", Relation.BLOCKS)):
            name = "Blocked By (Dependencies)" if column == "blockedby" else "Blocking (Dependencies)"
            record.links += [
                LinkRecord(relation, target)
                for title in self._titles(cells.named(f"{column}dependencies"))
                if (target := self._task(title, name, record)) is not None
            ]

    @staticmethod
    def _sort(record: IssueRecord, cells: Cells) -> None:
        """The section is the status until a task is completed; then it still says where that was."""
        section = next(iter(names_of([cells.named("sectioncolumn")], "Section/Column", record.notes)), "")
        section = "" if section == _NO_SECTION else section
        if record.resolved_at is None:
            record.status_name = section
            record.category = None if section else Status.Category.TODO
            return
        record.status_name, record.category = _COMPLETED, Status.Category.DONE
        if section:
            record.custom["Section"] = section

    def _task(self, title: str, column: str, record: IssueRecord) -> Ref | None:
        """The task of this title; of several the first, which is told."""
        ids = self._ids.get(title, [])
        if not ids:
            record.notes.append((column, f"“{title[:60]}” is not in the file, so nothing points to it."))
            return None
        if len(ids) > 1:
            record.notes.append((column, f"{len(ids)} tasks are called “{title[:60]}”; the first was taken."))
        return Ref(external_id=ids[0])

    def _titles(self, cell: str) -> Iterator[str]:
        """The titles that a cell lists. Commas part them, and may stand inside of them."""
        text = words(cell[:_LONGEST_LIST])
        if not text:
            return
        if text in self._ids:
            yield text
            return
        waiting = ""
        for piece in text.split(","):
            waiting = f"{waiting},{piece}" if waiting else piece
            if waiting.strip() in self._ids or len(waiting) > 1000:
                yield waiting.strip()
                waiting = ""
        if waiting.strip():
            yield waiting.strip()
