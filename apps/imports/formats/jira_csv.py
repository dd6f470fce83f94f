"""Tables that Jira exports, Cloud and Server, in any of its usual languages.

The columns of lists repeat, people are followed by their ids (Cloud), and comments, attachments and logged work are
cells of several parts. Comments have no ids there: who said something when stands in for one.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import zip_longest

from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.formats.base import Format, Sample
from apps.imports.formats.building import ID_LENGTH, comment, person
from apps.imports.formats.jira_columns import Column, columns_of
from apps.imports.formats.jira_texts import Ids, add_section, field_name, fits_field, wiki_to_markdown
from apps.imports.formats.jira_times import Times, minutes_of_seconds
from apps.imports.formats.jira_words import AFFECTS, UNRESOLVED, category_named, key_of, level_named, link
from apps.imports.moments import Order, Reader, parse_number, points_of, zone_of
from apps.imports.reading.tables import Dialect, NoTable, TableRow, dialect_of, read_table
from apps.imports.records import (
    AttachmentRecord,
    CommentRecord,
    IssueRecord,
    LinkRecord,
    Person,
    Ref,
    Row,
    SprintRecord,
    Unreadable,
    VersionRecord,
    WorkLogRecord,
)
from apps.imports.texts import Notes, clean, names_of, text_of, title_of, words
from apps.projects.models import Status

_NUMBERED = re.compile(r"/attachment/(?:content/|thumbnail/)?(\d+)")
# Some have a blank in them.
_LOGIN = re.compile(r"\S{0,100}(?: \S{1,60})?")
_PEOPLE = (
    ("assignee", "assignee_id"),
    ("reporter", "reporter_id"),
    ("creator", "creator_id"),
    ("watcher", "watcher_id"),
)
_TIMES = ("created", "updated", "resolved", "due")


class JiraCsv(Format):
    """A table exported from Jira's list of issues."""

    name = "jira-csv"
    source = "jira"
    label = "Jira (CSV)"

    def recognises(self, sample: Sample) -> bool:
        """By the columns of keys and titles, in any language, and one more that every export of Jira's has."""
        meanings = {column.meaning for column in columns_of(sample.columns)}
        return {"key", "title"} <= meanings and bool(meanings & {"id", "type", "status", "project_key"})

    def read(self, upload: Upload, choices: Choices) -> Iterator[Row]:
        """One issue a row. The table is looked over before, for the names of people and what its columns hold."""
        try:
            dialect = dialect_of(upload)
        except NoTable as error:
            yield Row(f"{upload.name}:1", 0, Unreadable("", str(error)))
            return
        table = _Table.of(upload, dialect, choices)
        for row in read_table(upload, dialect):
            yield Row(f"{upload.name}:{row.number}", row.size, _content(row, table))


@dataclass(slots=True)
class _Table:
    """What is known of a table before its rows are read."""

    columns: list[Column]
    times: Times
    # What people with ids are called.
    names: dict[str, str] = field(default_factory=dict)
    # Of the fields of its own: whether every value is a number, or a date.
    numbers: dict[str, bool] = field(default_factory=dict)
    dates: dict[str, bool] = field(default_factory=dict)
    _widths: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, upload: Upload, dialect: Dialect, choices: Choices) -> "_Table":
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


def _content(row: TableRow, table: _Table) -> IssueRecord | Unreadable:
    if row.fault:
        return Unreadable("", row.fault)
    try:
        return _Reading(row, table).issue()
    except Unreadable as error:
        return error


class _Reading:
    """One row on its way to a record."""

    def __init__(self, row: TableRow, table: _Table) -> None:
        self.table = table
        self.notes: Notes = [("", oddity) for oddity in row.oddities]
        self.cells: dict[str, list[str]] = {}
        self.custom: dict[str, list[str]] = {}
        self.links: list[LinkRecord] = []
        self._by_position = row.cells
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

    def issue(self) -> IssueRecord:
        """The row as an issue.

        :raises Unreadable: if it has no key
        """
        key = key_of(self.first("key"))
        if key is None:
            said = self.first("key")[:40]
            raise Unreadable(
                self.called("key"),
                f"“{said}” is no issue key such as FLOW-12." if said else "There is no issue key such as FLOW-12.",
            )
        ids = Ids(self.first("id") or key[0])
        created_at = self.time("created")
        updated_at = self.time("updated") or created_at
        resolved_at = self.time("resolved")
        reporter = self.person("reporter") or self.person("creator")
        resolution = words(self.first("resolution"))
        text, overflow = self._text()
        comments = [
            CommentRecord(external_id=f"{key[0]}/text/{number}", author=reporter, body=piece, created_at=created_at)
            for number, piece in enumerate(overflow, start=2)
        ]
        kind = words(self.first("type"))
        return IssueRecord(
            external_id=(self.first("id") or key[0])[:ID_LENGTH],
            key=key[0],
            number=int(key[2]),
            project_key=words(self.first("project_key")) or key[1],
            project_name=words(self.first("project_name")) or key[1],
            title=title_of(self.first("title"), key[0], self.notes, self.called("title")),
            text=text,
            type_name=kind,
            level=level_named(kind),
            status_name=words(self.first("status")),
            category=category_named(self.first("category")) or (Status.Category.DONE if resolved_at else None),
            resolution="" if resolution.casefold() in UNRESOLVED else resolution,
            priority_name=words(self.first("priority")),
            labels=names_of(self.all("label"), self.called("label"), self.notes),
            components=names_of(self.all("component"), self.called("component"), self.notes),
            fix_versions=[VersionRecord(name=name) for name in self.names("fix_version")],
            sprints=[SprintRecord(name=name) for name in self.names("sprint")],
            points=next((found for cell in self.all("points") if (found := self.points(cell)) is not None), None),
            estimate_minutes=minutes_of_seconds(self.first("estimate"), self.called("estimate"), self.notes),
            remaining_minutes=minutes_of_seconds(self.first("remaining"), self.called("remaining"), self.notes),
            start_date=self.date("start"),
            due_date=self.date("due"),
            reporter=reporter,
            assignee=self.person("assignee"),
            watchers=self._watchers(),
            parent=self._parent(),
            links=self.links,
            comments=[*comments, *self._comments(ids, created_at)],
            attachments=self._attachments(ids),
            work_logs=self._work_logs(ids),
            custom=self._custom(),
            place=self.first("rank"),
            created_at=created_at,
            updated_at=max(updated_at, created_at) if updated_at and created_at else updated_at,
            resolved_at=resolved_at,
            notes=self.notes,
        )

    # ---- cells

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

    # ---- what a row is made of

    def _text(self) -> tuple[str, list[str]]:
        convert = self._convert
        text, overflow = text_of(self.first("description"), self.called("description"), self.notes, convert)
        sections = [(self.called("environment"), self.first("environment"))]
        for name, values in self.custom.items():
            if not all(map(fits_field, values)):
                sections.append((name, "\n\n".join(values)))
        for heading, value in sections:
            text, overflow = add_section(text, overflow, heading, value, self.notes, convert)
        return text, overflow

    def _convert(self, text: str) -> str:
        return wiki_to_markdown(text, self.table.names)

    def _watchers(self) -> list[Person]:
        pairs = zip_longest(self._cells_at("watcher"), self._cells_at("watcher_id"), fillvalue="")
        found = {each.handle: each for name, handle in pairs if (each := person(name, handle=handle)) is not None}
        return list(found.values())

    def _cells_at(self, meaning: str) -> list[str]:
        """The cells of a meaning, empty ones too, so that those of two meanings can be told which belong together."""
        cells: Sequence[str] = self._by_position
        return [cells[at] if at < len(cells) else "" for at in self.table.positions(meaning)]

    def _parent(self) -> Ref | None:
        """What is above an issue, by id or key; an epic only where there is nothing nearer."""
        above, key = self.first("parent"), self.first("parent_key")
        if above or key:
            if key_of(above):
                return Ref(key=above)
            return Ref(external_id=above[:ID_LENGTH], key=key if key_of(key) else "")
        found = next((cell for name in ("epic", "parent_link") for cell in self.all(name) if key_of(cell)), "")
        return Ref(key=found) if found else None

    def _add_link(self, column: Column, value: str) -> None:
        # Some exports list several in one cell.
        for each in value.split(","):
            if key_of(each) is None:
                self.notes.append((column.name, f"“{each[:40]}” is no issue key; the link was left out."))
            else:
                is_outward = column.meaning == "outward"
                self.links.append(link(Ref(key=each.strip()), type_name=column.name, is_outward=is_outward))

    def _comments(self, ids: Ids, issue_created_at: datetime | None) -> list[CommentRecord]:
        found: list[CommentRecord] = []
        empty = 0
        for cell in self.all("comment"):
            moment, author, text = self._said(cell)
            said = comment(
                text,
                self.notes,
                self._convert,
                external_id=ids.of("comment", moment, author.handle if author else cell),
                author=author,
                created_at=moment or issue_created_at,
            )
            if moment is None and said:
                self.notes.append((self.called("comment"), "A comment does not say who wrote it when."))
            empty += not said
            found += said
        if empty:
            self.notes.append((self.called("comment"), f"{empty} comment(s) without text were left out."))
        return found

    def _said(self, cell: str) -> tuple[datetime | None, Person | None, str]:
        """When, who and what of a cell of these parts. What was done anonymously lacks the second."""
        first, mark, rest = cell.partition(";")
        moment = self._moment(first) if mark else None
        if moment is None:
            return None, None, cell
        handle, mark, text = rest.partition(";")
        if mark and (handle.strip() in self.table.names or _LOGIN.fullmatch(handle.strip())):
            return moment, self.known(handle.strip()), text
        return moment, None, rest

    def _moment(self, value: str) -> datetime | None:
        """The time that a part of a cell begins with; what is none makes it another kind of cell."""
        return self.table.times.time_of(value, "", [])

    def _attachments(self, ids: Ids) -> list[AttachmentRecord]:
        found = []
        for cell in self.all("attachment"):
            rest, _mark, url = cell.rpartition(";")
            if "://" not in url:
                rest, url = cell, ""
            moment, author, name = self._said(rest)
            numbered = _NUMBERED.search(url)
            name = words(name) or url.rsplit("/", 1)[-1]
            found.append(
                AttachmentRecord(
                    external_id=numbered[1] if numbered is not None else ids.of("attachment", cell),
                    name=name[:255],
                    author=author,
                    created_at=moment,
                    url=url.strip(),
                )
            )
        return found

    def _work_logs(self, ids: Ids) -> list[WorkLogRecord]:
        found = []
        name = self.called("work_log")
        for cell in self.all("work_log"):
            parts = cell.rsplit(";", 3)
            moment = self._moment(parts[1]) if len(parts) == 4 else None
            minutes = minutes_of_seconds(parts[3], name, []) if moment is not None else None
            if moment is None or minutes is None:
                self.notes.append((name, f"“{cell[:80]}” is no logged work that can be read and was left out."))
                continue
            author = self.known(words(parts[2]))
            found.append(
                WorkLogRecord(
                    external_id=ids.of("work", moment, parts[2], parts[3], parts[0]),
                    author=author,
                    minutes=minutes,
                    day=moment.date(),
                    note=words(parts[0]),
                    created_at=moment,
                )
            )
        spent = minutes_of_seconds(self.first("spent"), self.called("spent"), self.notes)
        logged = sum(each.minutes for each in found)
        if spent and spent > logged:
            reason = f"{spent} minutes were spent, but the file says of {logged} only who spent them."
            self.notes.append((self.called("spent"), reason))
        return found

    def _custom(self) -> dict[str, object]:
        found: dict[str, object] = {}
        versions = self.names("affects_version")
        if versions:
            found[AFFECTS] = ", ".join(versions)
        for meaning in ("team", "security", "epic_name"):
            value = words(self.first(meaning))
            if value and value != words(self.first("title")):
                found[self.called(meaning)] = value
        for name, values in self.custom.items():
            kept = [each for each in values if fits_field(each) and not _is_machine_talk(each)]
            if kept:
                found[name] = self._value(name, kept)
        return found

    def _value(self, name: str, values: list[str]) -> object:
        """What a field of Jira's own holds: what all of its column is."""
        if self.table.repeats(name):
            return list(dict.fromkeys(map(words, values)))
        convert: Callable[[str], object] = words
        if self.table.numbers.get(name):
            convert = parse_number
        elif self.table.dates.get(name):
            return self.table.times.date_of(values[0], name, self.notes)
        return convert(values[0])


def _is_machine_talk(value: str) -> bool:
    """Whether a value is what a program said of itself, where Jira has nothing better to export."""
    return value in {"{}", "[]"} or (value.startswith("com.atlassian.") and "@" in value)
