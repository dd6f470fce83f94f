"""Tables that Jira exports, Cloud and Server, in any of its usual languages.

The columns of lists repeat, people are followed by their ids (Cloud), and what hangs on an issue are cells of several
parts.
"""

from collections.abc import Callable, Iterator
from itertools import zip_longest

from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.formats.base import Format, Sample
from apps.imports.formats.building import ID_LENGTH, person
from apps.imports.formats.jira_columns import columns_of
from apps.imports.formats.jira_hanging import Hanging
from apps.imports.formats.jira_table import Cells, Table
from apps.imports.formats.jira_texts import Ids, add_section, fits_field, wiki_to_markdown
from apps.imports.formats.jira_times import minutes_of_seconds
from apps.imports.formats.jira_words import AFFECTS, UNRESOLVED, category_named, key_of, level_named
from apps.imports.moments import parse_number
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
from apps.imports.texts import names_of, text_of, title_of, words
from apps.projects.models import Status

# What other trackers have no columns for, or call otherwise.
_JIRAS_OWN = {
    "id", "category", "project_key", "project_name", "creator", "fix_version", "affects_version", "remaining", "spent",
    "work_log", "environment", "security", "inward", "outward", "epic", "rank",
}  # fmt: skip
_ENOUGH = 3
_NO_KEYS = (
    "The table has no keys of issues: they get new numbers, and what names others by their keys, such as links, cannot "
    "be followed. Export it again with the column “Issue key”, unless you can do without."
)
_NO_IDS = "It has no ids either, so an issue that was renamed there comes once more when a newer export is imported."


class JiraCsv(Format):
    """A table exported from Jira's list of issues."""

    name = "jira-csv"
    source = "jira"
    label = "Jira (CSV)"

    def recognises(self, sample: Sample) -> bool:
        """By the columns of keys and titles, in any language, and one more that every export of Jira's has.

        Without keys it takes several columns that only Jira calls so.
        """
        meanings = {column.meaning for column in columns_of(sample.columns)}
        if {"key", "title"} <= meanings:
            return bool(meanings & {"id", "type", "status", "project_key"})
        return {"title", "type"} <= meanings and len(meanings & _JIRAS_OWN) >= _ENOUGH

    def read(self, upload: Upload, choices: Choices) -> Iterator[Row]:
        """One issue a row. The table is looked over before, for the names of people and what its columns hold."""
        try:
            dialect = dialect_of(upload)
        except NoTable as error:
            yield Row(f"{upload.name}:1", 0, Unreadable("", str(error)))
            return
        table = Table.of(upload, dialect, choices)
        for row in read_table(upload, dialect):
            yield Row(f"{upload.name}:{row.number}", row.size, _content(row, table))


def _content(row: TableRow, table: Table) -> IssueRecord | Unreadable:
    if row.fault:
        return Unreadable("", row.fault)
    try:
        return _Reading(row, table).issue()
    except Unreadable as error:
        return error


class _Reading(Cells):
    """One row on its way to a record."""

    def issue(self) -> IssueRecord:
        """The row as an issue.

        :raises Unreadable: if it has no key though the table has keys
        """
        key, number, project_key = self._key()
        own_id = (self.first("id") or (key if self.table.has_keys else self._stand_in()))[:ID_LENGTH]
        hanging = Hanging(self, Ids(own_id), self._convert)
        created_at = self.time("created")
        updated_at = self.time("updated") or created_at
        resolved_at = self.time("resolved")
        reporter = self.person("reporter") or self.person("creator")
        resolution = words(self.first("resolution"))
        text, overflow = self._text()
        comments = [
            CommentRecord(external_id=f"{own_id[:80]}/text/{place}", author=reporter, body=piece, created_at=created_at)
            for place, piece in enumerate(overflow, start=2)
        ]
        kind = words(self.first("type"))
        return IssueRecord(
            external_id=own_id,
            key=key,
            number=number,
            project_key=words(self.first("project_key")) or project_key,
            project_name=words(self.first("project_name")) or project_key,
            title=title_of(self.first("title"), key, self.notes, self.called("title")),
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
            spent_minutes=minutes_of_seconds(self.first("spent"), self.called("spent"), self.notes),
            start_date=self.date("start"),
            due_date=self.date("due"),
            reporter=reporter,
            assignee=self.person("assignee"),
            watchers=self._watchers(),
            parent=self._parent(),
            links=self.links,
            comments=[*comments, *hanging.comments(created_at)],
            attachments=hanging.attachments(),
            work_logs=hanging.work_logs(),
            custom=self._custom(),
            place=self.first("rank"),
            created_at=created_at,
            updated_at=max(updated_at, created_at) if updated_at and created_at else updated_at,
            resolved_at=resolved_at,
            notes=self.notes,
        )

    def _key(self) -> tuple[str, int | None, str]:
        """What the row calls the issue, its number, and the key of its project.

        :raises Unreadable: if it has no key though the table has keys
        """
        said = self.first("key")[:40]
        if (key := key_of(self.first("key"))) is not None:
            return key[0], int(key[2]), key[1]
        if self.table.has_keys:
            raise Unreadable(
                self.called("key"),
                f"“{said}” is no issue key such as FLOW-12." if said else "There is no issue key such as FLOW-12.",
            )
        if not self.table.is_told:
            self.table.is_told = True
            self.notes.append(("", _NO_KEYS if self.first("id") else f"{_NO_KEYS} {_NO_IDS}"))
        name = words(self.first("project_name"))
        return f"row {self.number}", None, self.table.keys.of(name or "Jira")

    def _stand_in(self) -> str:
        """An id that the same issue has in the next export of this kind, unless it was renamed."""
        return self.table.ids.of(self.first("project_name"), self.first("created"), self.first("title"))

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
        pairs = zip_longest(self.at("watcher"), self.at("watcher_id"), fillvalue="")
        found = {each.handle: each for name, handle in pairs if (each := person(name, handle=handle)) is not None}
        return list(found.values())

    def _parent(self) -> Ref | None:
        """What is above an issue, by id or key; an epic only where there is nothing nearer."""
        above, key = self.first("parent"), self.first("parent_key")
        if above or key:
            if key_of(above):
                return Ref(key=above)
            return Ref(external_id=above[:ID_LENGTH], key=key if key_of(key) else "")
        found = next((cell for name in ("epic", "parent_link") for cell in self.all(name) if key_of(cell)), "")
        return Ref(key=found) if found else None

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
