"""A table of Jira's and the cells of its rows, by what they mean."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.formats.building import ProjectKeys, person
from apps.imports.formats.jira_columns import Column, columns_of
from apps.imports.formats.jira_texts import Ids, field_name
from apps.imports.formats.jira_times import Times
from apps.imports.formats.jira_words import key_of, link
from apps.imports.moments import Order, Reader, parse_number, points_of, zone_of
from apps.imports.reading.tables import Dialect, TableRow, read_table
from apps.imports.records import LinkRecord, Person, Ref
from apps.imports.texts import Notes, clean, names_of, words

_PEOPLE = (
    ("assignee", "assignee_id"),
    ("reporter", "reporter_id"),
    ("creator", "creator_id"),
    ("watcher", "watcher_id"),
)
_TIMES = ("created", "updated", "resolved", "due")


@dataclass(slots=True)
class Table:
    """What is known of a table before its rows are read."""

    columns: list[Column]
    times: Times
    # What people with ids are called.
    names: dict[str, str] = field(default_factory=dict)
    # For what has no keys, or ids.
    keys: ProjectKeys = field(default_factory=ProjectKeys)
    ids: Ids = field(default_factory=lambda: Ids("row"))
    # Whether it was told already that there are none.
    is_told: bool = False
    # Of the fields of its own: whether every value is a number, or a date.
    numbers: dict[str, bool] = field(default_factory=dict)
    dates: dict[str, bool] = field(default_factory=dict)
    _widths: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, upload: Upload, dialect: Dialect, choices: Choices) -> "Table":
        """Look a table over."""
        order = Order()
        table = cls(columns_of(dialect.columns), Times(Reader(zone_of(choices), order)))
        dated = [position for position, column in enumerate(table.columns) if column.meaning in _TIMES]
        custom = [(at, field_name(each.name)) for at, each in enumerate(table.columns) if each.meaning == "custom"]
        table._widths.update(name for _at, name in custom)
        pairs = [pair for names in _PEOPLE for pair in zip(*map(table.positions, names), strict=False)]
        for row in read_table(upload, dialect):
            cells = row.cells
            for position in dated:
                if position < len(cells):
                    order.look_at(cells[position])
            for name, handle in pairs:
                if max(name, handle) < len(cells) and cells[handle].strip():
                    table.names.setdefault(cells[handle].strip(), words(cells[name]))
            for position, called in custom:
                if position < len(cells) and (value := cells[position].strip()):
                    table.learn(called, value)
        return table

    @property
    def has_keys(self) -> bool:
        """Whether issues are called by their keys."""
        return bool(self.positions("key"))

    def positions(self, meaning: str) -> list[int]:
        """Where the columns of a meaning stand."""
        return [position for position, column in enumerate(self.columns) if column.meaning == meaning]

    def learn(self, name: str, value: str) -> None:
        """What one more value says of a field."""
        if self.numbers.get(name, True):
            self.numbers[name] = parse_number(value) is not None
        if self.dates.get(name, True):
            self.dates[name] = self.times.is_time(value)

    def repeats(self, name: str) -> bool:
        """Whether a field has several columns, as lists have."""
        return self._widths[name] > 1

    def called(self, meaning: str) -> str:
        """What the file calls a column."""
        return next((column.name for column in self.columns if column.meaning == meaning), meaning)


class Cells:
    """The cells of one row. What cannot be kept as it was is noted."""

    def __init__(self, row: TableRow, table: Table) -> None:
        self.table = table
        self.notes: Notes = [("", oddity) for oddity in row.oddities]
        self.cells: dict[str, list[str]] = {}
        self.custom: dict[str, list[str]] = {}
        self.links: list[LinkRecord] = []
        self._by_position = row.cells
        self.number = row.number
        for column, cell in zip(table.columns, row.cells, strict=False):
            value = clean(cell).strip()
            if not value or not column.meaning:
                continue
            if column.meaning in {"inward", "outward"}:
                self._add_link(column, value)
            elif column.meaning == "custom":
                self.custom.setdefault(field_name(column.name), []).append(value)
            else:
                self.cells.setdefault(column.meaning, []).append(value)

    def all(self, meaning: str) -> list[str]:
        """What the columns of a meaning hold."""
        return self.cells.get(meaning, [])

    def first(self, meaning: str) -> str:
        """What the first column of a meaning that holds anything holds."""
        return next(iter(self.all(meaning)), "")

    def names(self, meaning: str) -> list[str]:
        """The names in the columns of a meaning, each once."""
        return names_of(self.all(meaning), self.called(meaning), self.notes)

    def called(self, meaning: str) -> str:
        """What the file calls a column."""
        return self.table.called(meaning)

    def time(self, meaning: str) -> datetime | None:
        """The moment in a column."""
        return self.table.times.time_of(self.first(meaning), self.called(meaning), self.notes)

    def date(self, meaning: str) -> date | None:
        """The day in a column."""
        return self.table.times.date_of(self.first(meaning), self.called(meaning), self.notes)

    def points(self, cell: str) -> Decimal | None:
        """Story points."""
        return points_of(cell, self.called("points"), self.notes)

    def person(self, meaning: str) -> Person | None:
        """Whom a column names, known by their id where the export has one."""
        name, handle = self.first(meaning), self.first(f"{meaning}_id")
        return self.known(handle) if handle and not name else person(name, handle=handle)

    def known(self, handle: str) -> Person | None:
        """Somebody of whom a cell only has the id or login."""
        return person(self.table.names.get(handle, handle), handle=handle)

    def at(self, meaning: str) -> list[str]:
        """The cells of a meaning, empty ones too, so that those of two meanings can be told which belong together."""
        cells: Sequence[str] = self._by_position
        return [cells[at] if at < len(cells) else "" for at in self.table.positions(meaning)]

    def _add_link(self, column: Column, value: str) -> None:
        # Some exports list several in one cell.
        for each in value.split(","):
            if key_of(each) is None:
                self.notes.append((column.name, f"“{each[:40]}” is no issue key; the link was left out."))
            else:
                is_outward = column.meaning == "outward"
                self.links.append(link(Ref(key=each.strip()), type_name=column.name, is_outward=is_outward))
