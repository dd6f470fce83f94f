"""Any table of issues: its columns are what people say, else what their names say.

A row is known again by its id or key. Where a table has neither, its title stands in (and which of the rows of that
title it is): numbers of rows would take one file's rows for another's.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import PurePath
from typing import Any, ClassVar

from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.formats import building
from apps.imports.formats.base import Format, Sample
from apps.imports.formats.columns import CUSTOM, Column, Kind, Plan, has_title, plain, plan, reader_for
from apps.imports.markup import unknown
from apps.imports.moments import Reader, minutes_of, parse_number, points_of
from apps.imports.reading.tables import NoTable, TableRow, dialect_of, read_table
from apps.imports.records import (
    CommentRecord,
    IssueRecord,
    Person,
    Ref,
    Row,
    SprintRecord,
    Unreadable,
    VersionRecord,
)
from apps.imports.texts import Notes, clean, names_of, title_of, words
from apps.projects.models import PROJECT_KEY

_KEY = re.compile(r"([A-Z][A-Z0-9_]{0,29})-([1-9]\d{0,8})")
_NUMBER = re.compile(r"#?([1-9]\d{0,8})")
_ADDRESS = re.compile(r"([^<>@]*)<([^<>\s]+@[^<>\s]+)>|([^<>\s@]+@[^<>\s@]+)")
# A picture or a program decodes to these.
_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\ufffd]")
_LONGEST_NAME = 120


class Table(Format):
    """A CSV file of any origin."""

    name = "csv"
    source = "csv"
    label = "CSV"
    # What a tracker's own table calls its columns, where that differs from what their names say.
    known: ClassVar[Mapping[str, str]] = {}

    def recognises(self, sample: Sample) -> bool:
        """By a first row that names columns, one of them as titles are named, or else by rows as long as it."""
        columns = sample.columns
        if not columns or _NO_TEXT.search("".join(columns)) or max(map(len, columns)) > _LONGEST_NAME:
            return False
        if has_title(columns):
            return True
        lengths = [len(row.cells) for row, _place in zip(read_table(sample.upload), range(20), strict=False)]
        return len(columns) > 1 and bool(lengths) and set(lengths) == {len(columns)}

    def read(self, upload: Upload, choices: Choices) -> Iterator[Row]:
        """One issue a row."""
        try:
            dialect = dialect_of(upload)
            reader = self.rows(upload, self._plan(upload, choices), choices)
            for row in read_table(upload, dialect):
                content = Unreadable("", row.fault) if row.fault else reader.issue(row)
                yield Row(f"{upload.name}:{row.number}", row.size, content)
        except NoTable as error:
            yield Row(f"{upload.name}:1", 0, Unreadable("", str(error)))

    def columns(self, upload: Upload, choices: Choices) -> list[Column]:
        """The table's columns, what each is taken for, and an example of what stands in it.

        :raises NoTable: if the file is none
        """
        return self._plan(upload, choices).columns

    def rows(self, upload: Upload, table: Plan, choices: Choices) -> "TableIssues":
        """What makes issues of this table's rows."""
        return TableIssues(upload, table, choices)

    def _plan(self, upload: Upload, choices: Choices) -> Plan:
        dialect = dialect_of(upload)
        return plan(dialect.columns, read_table(upload, dialect), choices, self.known)


class TableIssues:
    """Makes issues of the rows of one table. Trackers whose tables say more add to it."""

    def __init__(self, upload: Upload, table: Plan, choices: Choices) -> None:
        self._columns = table.columns
        self.times: Reader = reader_for(table, choices)
        self._has_ids = bool({"key", "external_id"} & table.targets())
        self.keys = building.ProjectKeys()
        self._file_name = words(PurePath(upload.name).stem.split(".")[0])
        self._met: Counter[str] = Counter()

    def issue(self, row: TableRow) -> IssueRecord:
        """A row as an issue."""
        cells = Cells(self._columns, row)
        notes: Notes = [("", oddity) for oddity in row.oddities]
        key, number, project_key = self._key(cells.one("key") or cells.one("external_id"))
        title = title_of(cells.one("title"), key or f"Row {row.number}", notes, cells.name_of("title"))
        external_id = self._external_id(cells, title)
        created_at = self.times.time_of(cells.one("created_at"), cells.name_of("created_at"), notes)
        updated_at = self.times.time_of(cells.one("updated_at"), cells.name_of("updated_at"), notes)
        reporter = _person(cells.one("reporter"))
        text, comments = building.text_with_overflow(
            cells.one("text"),
            cells.name_of("text"),
            notes,
            self.convert,
            external_id=external_id,
            author=reporter,
            created_at=created_at,
        )
        project_key, project_name = self._project(project_key, words(cells.one("project_key")))
        assignee, further = building.one_assignee(_people(cells.one("assignee")), cells.name_of("assignee"), notes)
        record = IssueRecord(
            external_id=external_id,
            key=key or f"row {row.number}",
            number=number,
            project_key=project_key,
            project_name=project_name,
            title=title,
            text=text,
            type_name=_name(cells, "type_name", notes),
            status_name=_name(cells, "status_name", notes),
            resolution=_name(cells, "resolution", notes),
            priority_name=_name(cells, "priority_name", notes),
            labels=_names(cells, "labels", notes),
            components=_names(cells, "components", notes),
            fix_versions=[VersionRecord(name=name) for name in _names(cells, "fix_versions", notes)],
            sprints=[SprintRecord(name=name) for name in _names(cells, "sprints", notes)],
            points=points_of(cells.one("points"), cells.name_of("points"), notes),
            estimate_minutes=minutes_of(cells.one("estimate_minutes"), cells.name_of("estimate_minutes"), notes),
            remaining_minutes=minutes_of(cells.one("remaining_minutes"), cells.name_of("remaining_minutes"), notes),
            start_date=self.times.date_of(cells.one("start_date"), cells.name_of("start_date"), notes),
            due_date=self.times.date_of(cells.one("due_date"), cells.name_of("due_date"), notes),
            reporter=reporter,
            assignee=assignee,
            watchers=[*(found for cell in cells.all("watchers") for found in _people(cell)), *further],
            parent=self._parent(cells.one("parent")),
            comments=[*comments, *self._comments(cells, external_id, created_at, notes)],
            custom=self._custom(cells, notes),
            created_at=created_at,
            updated_at=max(updated_at, created_at) if updated_at and created_at else updated_at or created_at,
            resolved_at=self.times.time_of(cells.one("resolved_at"), cells.name_of("resolved_at"), notes),
            notes=notes,
        )
        self.finish(record, cells)
        return record

    @staticmethod
    def convert(text: str) -> str:
        """A text as Markdown."""
        return unknown.to_markdown(text)

    def finish(self, record: IssueRecord, cells: "Cells") -> None:
        """What else a tracker's own table says."""

    @staticmethod
    def _key(cell: str) -> tuple[str, int | None, str]:
        """A key as it is written, its number, and the project's key in it."""
        key = words(cell)[: building.ID_LENGTH]
        if (found := _KEY.fullmatch(key)) is not None:
            return key, int(found[2]), found[1]
        number = _NUMBER.fullmatch(key)
        return key, int(number[1]) if number is not None else None, ""

    def _external_id(self, cells: "Cells", title: str) -> str:
        own = words(cells.one("external_id") or cells.one("key"))[: building.ID_LENGTH]
        if own:
            return own
        stand_in = _digest(title)
        self._met[stand_in] += 1
        return f"{stand_in}/{self._met[stand_in]}"

    def _project(self, key: str, name: str) -> tuple[str, str]:
        """The project's key and name."""
        if key:
            return key, name or key
        if re.fullmatch(PROJECT_KEY, name):
            return name, name
        called = name or self._file_name
        return self.keys.of(called), called or self.keys.of(called)

    def _parent(self, cell: str) -> Ref | None:
        named = words(cell)[: building.ID_LENGTH]
        if not named:
            return None
        return Ref(external_id=named.lstrip("#") if self._has_ids else f"{_digest(named)}/1", key=named)

    def _comments(self, cells: "Cells", external_id: str, created_at: Any, notes: Notes) -> list[CommentRecord]:
        return [
            record
            for place, cell in enumerate(cells.all("comments"), start=1)
            for record in building.comment(
                cell,
                notes,
                self.convert,
                external_id=f"{external_id[:80]}/comment/{place}",
                author=None,
                created_at=created_at,
            )
        ]

    def _custom(self, cells: "Cells", notes: Notes) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for column, cell in cells.of(CUSTOM):
            value = self._value(column, cell, notes)
            if value is None:
                continue
            if column.name in found:
                earlier = found[column.name]
                found[column.name] = [*(earlier if isinstance(earlier, list) else [str(earlier)]), str(value)]
            else:
                found[column.name] = value
        return found

    def _value(self, column: Column, cell: str, notes: Notes) -> str | Decimal | date | None:
        if column.kind is Kind.NUMBER:
            return parse_number(cell)
        if column.kind is Kind.DATE:
            return self.times.date_of(cell, column.name, notes)
        return clean(cell).strip()


class Cells:
    """The cells of a row by what their columns hold."""

    def __init__(self, columns: list[Column], row: TableRow) -> None:
        self._columns = columns
        self._filled = [
            (column, cell) for column, cell in zip(columns, row.cells, strict=False) if cell and not cell.isspace()
        ]

    def of(self, target: str) -> list[tuple[Column, str]]:
        """The filled cells of the columns that hold this."""
        return [(column, cell) for column, cell in self._filled if column.target == target]

    def all(self, target: str) -> list[str]:
        """What stands in them."""
        return [cell for _column, cell in self.of(target)]

    def one(self, target: str) -> str:
        """What stands in the first of them, else ""."""
        return next((cell for column, cell in self._filled if column.target == target), "")

    def named(self, name: str) -> str:
        """What stands in the column that is called so, else ""."""
        return next((cell for column, cell in self._filled if plain(column.name) == name), "")

    def name_of(self, target: str) -> str:
        """How the table calls the column, for people."""
        return next((column.name for column in self._columns if column.target == target), target)[:60]


def _name(cells: Cells, target: str, notes: Notes) -> str:
    return next(iter(names_of([cells.one(target)], cells.name_of(target), notes)), "")


def _names(cells: Cells, target: str, notes: Notes) -> list[str]:
    named = [name for cell in cells.all(target) for name in building.items_of(cell)]
    return names_of(named, cells.name_of(target), notes)


def _person(cell: str) -> Person | None:
    text = words(cell)[:400]
    if (found := _ADDRESS.fullmatch(text)) is not None:
        return building.person(found[1], found[2] or found[3])
    return building.person(text)


def _people(cell: str) -> list[Person]:
    """Those whom a cell lists. A comma may stand inside of a name (“Stone, Mira”): it parts addresses only."""
    separators = ";" if "@" not in cell else ",;"
    return [found for each in building.items_of(cell, separators) if (found := _person(each)) is not None]


def _digest(title: str) -> str:
    return "title-" + hashlib.sha256(title.casefold().encode("utf-8", "replace")).hexdigest()[:40]
