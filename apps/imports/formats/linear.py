"""Linear's CSV: the export of a workspace in any of its layouts, and the small file that Linear itself imports.

An issue is known again by its identifier (“ENG-12”), by which rows name each other too. The small file has none; there
the title stands in. Linear's projects, their milestones and initiatives are no components of a product but plans, of
which an issue has one each: they become fields of the project's own. Cycles become sprints.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.formats import building
from apps.imports.formats.base import Format, Sample
from apps.imports.formats.values import Tree, later
from apps.imports.moments import Reader, parse_number, points_of, zone_of
from apps.imports.reading.tables import NoTable, TableRow, dialect_of, read_table
from apps.imports.records import IssueRecord, LinkRecord, Person, Ref, Relation, Row, SprintRecord, Unreadable
from apps.imports.texts import Notes, names_of, said, title_of, words
from apps.projects.models import Status

SOURCE = "linear"
_NEEDED = {"ID", "Team", "Title", "Status", "Priority", "Creator"}
_OF_LINEAR = {"Cycle Number", "Cycle Name", "Canceled", "Parent issue"}
# The file that Linear imports has these columns, and no others but those after them.
_TO_IMPORT = {"Title", "Description", "Priority", "Labels", "Estimate"}
_ALSO_TO_IMPORT = {"Status", "Assignee", "Created", "Completed"}
_KEY = re.compile(r"([A-Z][A-Z0-9_]{0,29})-([1-9]\d{0,8})")
_PRIORITIES = {"0": "No priority", "1": "Urgent", "2": "High", "3": "Medium", "4": "Low"}
_UNSTARTED = {"", "backlog", "triage", "todo", "to do", "unstarted", "icebox"}
_LINKS = (
    ("Related to", Relation.RELATES, "related to"),
    ("Blocked by", Relation.BLOCKED_BY, "blocked by"),
    ("Blocks", Relation.BLOCKS, "blocks"),
    ("Duplicate of", Relation.DUPLICATES, "duplicate of"),
)
# What has a place of its own here, or says nothing that others do not.
_KNOWN = _NEEDED | _OF_LINEAR | _TO_IMPORT | _ALSO_TO_IMPORT | {
    "Cycle Start", "Cycle End", "Updated", "Started", "Triaged", "Archived", "Due Date", "UUID", "Project ID",
    "Project Milestone ID", "Related to", "Blocked by", "Blocks", "Duplicate of", "Time in status (minutes)",
}  # fmt: skip
_SEVERAL = {"Initiatives", "Roadmaps"}
_CALLED = {"Milestone": "Project milestone", "Project Milestone": "Project milestone", "Roadmaps": "Initiatives"}


class Linear(Format):
    """What Linear's “Export data” gives, and what its importer takes."""

    name = "linear-csv"
    source = SOURCE
    label = "Linear (CSV)"

    def recognises(self, sample: Sample) -> bool:
        """By the names of its columns, which Linear does not translate."""
        columns = set(sample.columns)
        is_export = columns >= _NEEDED and len(columns & _OF_LINEAR) > 1
        return is_export or (columns >= _TO_IMPORT and columns <= _TO_IMPORT | _ALSO_TO_IMPORT)

    def read(self, upload: Upload, choices: Choices) -> Iterator[Row]:
        """One issue a row."""
        try:
            issues = _Issues(upload, choices)
            for row in read_table(upload, dialect_of(upload)):
                content = Unreadable("", row.fault) if row.fault else issues.issue(row)
                yield Row(f"{upload.name}:{row.number}", row.size, content)
        except NoTable as error:
            yield Row(f"{upload.name}:1", 0, Unreadable("", str(error)))


class _Issues:
    def __init__(self, upload: Upload, choices: Choices) -> None:
        self._times = Reader(zone_of(choices))
        self._keys = building.ProjectKeys()
        self._met: Counter[str] = Counter()
        self._file = words(upload.name.split(".", 1)[0])[:60]
        self._tree = Tree()
        for row in read_table(upload, dialect_of(upload)):
            self._tree.add(words(row.first("ID")), words(row.first("Parent issue")))
        self._tree.seal()

    def issue(self, row: TableRow) -> IssueRecord | Unreadable:
        """A row as an issue."""
        notes: Notes = [("", oddity) for oddity in row.oddities]
        has_ids = "ID" in row.columns
        own = words(row.first("ID"))
        found = _KEY.fullmatch(own)
        if has_ids and found is None:
            return Unreadable("ID", f"“{said(own)}” is no identifier such as ENG-12. Export the issues again.")
        title = title_of(row.first("Title"), own or f"Row {row.number}", notes, "Title")
        external_id = own or self._stand_in(title)
        times = {
            name: self._times.time_of(row.first(name), name, notes)
            for name in ("Created", "Updated", "Started", "Completed", "Canceled", "Archived")
        }
        team = words(row.first("Team"))[:120] or (found[1] if found is not None else self._file)
        reporter = _person(row.first("Creator"))
        text, overflow = building.text_with_overflow(
            row.first("Description"),
            "Description",
            notes,
            str,
            external_id=external_id,
            author=reporter,
            created_at=times["Created"],
        )
        status = next(iter(names_of([row.first("Status")], "Status", notes)), "")
        priority = words(row.first("Priority"))
        estimate = row.first("Estimate")
        is_number = parse_number(estimate) is not None
        project_key = found[1] if found is not None else self._keys.of(team)
        record = IssueRecord(
            external_id=external_id,
            key=own or f"row {row.number}",
            number=int(found[2]) if found is not None else None,
            project_key=project_key,
            project_name=team,
            title=title,
            text=text,
            status_name=status,
            category=_category(status, times),
            resolution="Duplicate" if row.first("Duplicate of") and times["Canceled"] else "",
            priority_name=_PRIORITIES.get(priority, priority)[:60],
            labels=names_of(building.items_of(row.first("Labels"), ","), "Labels", notes),
            sprints=self._cycle(row, project_key, notes),
            points=points_of(estimate, "Estimate", notes) if is_number else None,
            due_date=self._times.date_of(row.first("Due Date"), "Due Date", notes),
            reporter=reporter,
            assignee=_person(row.first("Assignee")),
            parent=_ref(row.first("Parent issue")),
            links=_links(row, notes),
            comments=overflow,
            custom=_custom(row),
            is_archived=times["Archived"] is not None,
            created_at=times["Created"],
            updated_at=later(times["Updated"], times["Created"]),
            resolved_at=times["Completed"] or times["Canceled"],
            notes=notes,
        )
        if estimate.strip() and not is_number:
            # Teams may estimate in the sizes of shirts.
            record.custom["Estimate"] = words(estimate)[:200]
        self._tree.put(record)
        return record

    def _stand_in(self, title: str) -> str:
        """What stands in for an id: the title, and which of the rows of this title it is."""
        digest = "title-" + hashlib.sha256(title.casefold().encode("utf-8", "replace")).hexdigest()[:40]
        self._met[digest] += 1
        return f"{digest}/{self._met[digest]}"

    def _cycle(self, row: TableRow, team: str, notes: Notes) -> list[SprintRecord]:
        number = words(row.first("Cycle Number"))[:20]
        name = words(row.first("Cycle Name")) or (f"Cycle {number}" if number else "")
        if not name:
            return []
        return [
            SprintRecord(
                name=name[:80],
                external_id=f"{team}/{number}" if number else "",
                started_at=self._times.time_of(row.first("Cycle Start"), "Cycle Start", notes),
                ends_at=self._times.time_of(row.first("Cycle End"), "Cycle End", notes),
            )
        ]


def _category(status: str, times: dict[str, Any]) -> Status.Category | None:
    """Where an issue stands, by what happened to it; None leaves that to the name of its status."""
    if times["Canceled"] is not None:
        return Status.Category.CANCELLED
    if times["Completed"] is not None:
        return Status.Category.DONE
    if not status:
        return Status.Category.TODO
    is_begun = times["Started"] is not None and status.casefold() not in _UNSTARTED
    return Status.Category.IN_PROGRESS if is_begun else None


def _person(cell: str) -> Person | None:
    """Somebody by their address, as Linear exports them, or else by their name."""
    text = words(cell)
    return building.person(text, text if "@" in text and " " not in text else "")


def _ref(cell: str) -> Ref | None:
    key = words(cell)[: building.ID_LENGTH]
    return Ref(external_id=key, key=key) if key else None


def _links(row: TableRow, notes: Notes) -> list[LinkRecord]:
    found = []
    for column, relation, said_there in _LINKS:
        for name in building.items_of(row.first(column)):
            target = _ref(name)
            if target is None or _KEY.fullmatch(target.key) is None:
                notes.append((column, f"“{said(name)}” is no identifier of an issue and was left out."))
                continue
            found.append(LinkRecord(relation, target, said_there))
    return list(dict.fromkeys(found))


def _custom(row: TableRow) -> dict[str, Any]:
    """Project, milestone, initiatives, and whatever columns Linear adds after today."""
    found: dict[str, Any] = {}
    for column, cell in zip(row.columns, row.cells, strict=False):
        if not column or column in _KNOWN or not cell.strip():
            continue
        value = building.items_of(cell, ",") if column in _SEVERAL else words(cell)[:2000]
        found.setdefault(_CALLED.get(column, column), value)
    return found
