"""GitLab's CSV: a row an issue. Its times are all in UTC, as its columns say; comments are not in it."""

from collections.abc import Iterator
from typing import Any

from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.formats import building, gitlab
from apps.imports.formats.base import Format, Sample
from apps.imports.formats.values import later, minutes_of_seconds, whole
from apps.imports.moments import Reader, parse_number, points_of
from apps.imports.reading.tables import NoTable, TableRow, dialect_of, read_table
from apps.imports.records import IssueRecord, Person, Row, Unreadable, VersionRecord
from apps.imports.texts import Notes, names_of, said, title_of, words
from apps.projects.models import Status

_NEEDED = {"Issue ID", "URL", "Title", "State", "Author Username", "Assignee Username"}
_KNOWN = _NEEDED | {
    "Description", "Author", "Assignee", "Confidential", "Locked", "Due Date", "Created At (UTC)", "Updated At (UTC)",
    "Closed At (UTC)", "Milestone", "Weight", "Labels", "Time Estimate", "Time Spent", "Epic ID", "Epic Title", "Type",
}  # fmt: skip


class GitLabCsv(Format):
    """What “Export as CSV” of a project's issues gives."""

    name = "gitlab-csv"
    source = gitlab.SOURCE
    label = "GitLab (CSV)"

    def recognises(self, sample: Sample) -> bool:
        """By the names of its columns, which GitLab does not translate."""
        return set(sample.columns) >= _NEEDED

    def read(self, upload: Upload, choices: Choices) -> Iterator[Row]:
        """One issue a row."""
        issues = _Issues()
        try:
            for row in read_table(upload, dialect_of(upload)):
                content = Unreadable("", row.fault) if row.fault else issues.issue(row)
                yield Row(f"{upload.name}:{row.number}", row.size, content)
        except NoTable as error:
            yield Row(f"{upload.name}:1", 0, Unreadable("", str(error)))


class _Issues:
    def __init__(self) -> None:
        self._times = Reader()
        self._keys = building.ProjectKeys()

    def issue(self, row: TableRow) -> IssueRecord | Unreadable:
        """A row as an issue."""
        cell = words(row.first("Issue ID"))
        number = whole(int(cell)) if cell.isascii() and cell.isdigit() and len(cell) < 11 else None
        if number is None:
            return Unreadable("Issue ID", f"“{said(cell)}” is no number of an issue. Export the issues again.")
        notes: Notes = [("", oddity) for oddity in row.oddities]
        path = gitlab.path_of(row.first("URL"))
        name = path.rpartition("/")[2] or "GitLab"
        external_id = f"{path}#{number}"[-building.ID_LENGTH :]
        created_at = self._times.time_of(row.first("Created At (UTC)"), "Created At (UTC)", notes)
        updated_at = self._times.time_of(row.first("Updated At (UTC)"), "Updated At (UTC)", notes)
        closed_at = self._times.time_of(row.first("Closed At (UTC)"), "Closed At (UTC)", notes)
        reporter = building.person(row.first("Author"), "", row.first("Author Username"))
        text, overflow = building.text_with_overflow(
            row.first("Description"),
            "Description",
            notes,
            str,
            external_id=external_id,
            author=reporter,
            created_at=created_at,
        )
        status, category = gitlab.standing(row.first("State"), "", notes)
        assignee, further = building.one_assignee(_assignees(row), "Assignee", notes)
        type_name, level = gitlab.type_of({"type": row.first("Type")})
        labels = building.items_of(row.first("Labels"), ",")
        record = IssueRecord(
            external_id=external_id,
            key=external_id,
            number=number,
            project_key=self._keys.of(name),
            project_name=name[:120],
            title=title_of(row.first("Title"), f"#{number}", notes, "Title"),
            text=text,
            type_name=type_name,
            level=level,
            status_name=status,
            category=category,
            labels=names_of(labels, "Labels", notes),
            fix_versions=[
                VersionRecord(name=each) for each in names_of([row.first("Milestone")], "Milestone", notes) if each
            ],
            points=points_of(row.first("Weight"), "Weight", notes),
            estimate_minutes=minutes_of_seconds(_number(row.first("Time Estimate")), "Time Estimate", notes),
            spent_minutes=minutes_of_seconds(_number(row.first("Time Spent")), "Time Spent", notes),
            due_date=self._times.date_of(row.first("Due Date"), "Due Date", notes),
            reporter=reporter,
            assignee=assignee,
            watchers=further,
            comments=overflow,
            custom=_custom(row),
            created_at=created_at,
            updated_at=later(updated_at, created_at),
            resolved_at=closed_at if category in Status.CLOSED else None,
            notes=notes,
        )
        gitlab.guard(record, words(row.first("Confidential")).lower() == "yes")
        return record


def _number(cell: str) -> Any:
    number = parse_number(cell)
    if number is None or number != int(number):
        return cell.strip() or None
    return int(number)


def _assignees(row: TableRow) -> list[Person]:
    """A comma parts them; where names hold some themselves, the usernames have to do."""
    handles = building.items_of(row.first("Assignee Username"), ",")
    names = building.items_of(row.first("Assignee"), ",")
    if not handles:
        handles = names
    names = names if len(names) == len(handles) else handles
    if len(handles) == 1:
        names = [words(row.first("Assignee")) or handles[0]]
    people = (building.person(name, "", handle) for name, handle in zip(names, handles, strict=True))
    return list(dict.fromkeys(each for each in people if each is not None))


def _custom(row: TableRow) -> dict[str, Any]:
    epic = words(row.first("Epic Title"))[:255]
    found = {"Epic": epic} if epic else {}
    for column, cell in zip(row.columns, row.cells, strict=False):
        if column and column not in _KNOWN and cell.strip():
            found[column] = words(cell)[:2000]
    return found
