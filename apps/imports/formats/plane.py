"""Plane's CSV: a row an issue, lists and comments as JSON in cells. A row's identifier (“LAMP-7”) is its id."""

import json
from collections.abc import Iterator
from typing import Any

from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.formats import building
from apps.imports.formats.base import Format, Sample
from apps.imports.formats.values import Tree
from apps.imports.markup import unknown
from apps.imports.moments import Reader, parse_number, points_of, zone_of
from apps.imports.reading.tables import NoTable, TableRow, dialect_of, read_table
from apps.imports.records import (
    AttachmentRecord,
    CommentRecord,
    IssueRecord,
    LinkRecord,
    Person,
    Ref,
    Relation,
    Row,
    SprintRecord,
    Unreadable,
)
from apps.imports.texts import Notes, names_of, title_of, words

_NEEDED = {"Identifier", "Project Identifier", "Sequence Id", "State Name"}
_KNOWN = _NEEDED | {
    "Project Name", "Parent", "Name", "Priority", "Assignees", "Subscribers", "Created By Name", "Start Date",
    "Target Date", "Completed At", "Created At", "Updated At", "Archived At", "Estimate", "Labels", "Cycles", "Modules",
    "Links", "Relations", "Comments", "Sub Issues Count", "Link Count", "Attachment Count", "Is Draft", "Description",
}  # fmt: skip
_RELATIONS = {
    "blocked_by": Relation.BLOCKED_BY,
    "blocking": Relation.BLOCKS,
    "blocks": Relation.BLOCKS,
    "duplicate": Relation.DUPLICATES,
    "start_before": Relation.RELATES,
    "finish_before": Relation.RELATES,
    "start_after": Relation.RELATES,
    "finish_after": Relation.RELATES,
    "relates_to": Relation.RELATES,
}
_TURNED = {
    Relation.BLOCKED_BY: Relation.BLOCKS,
    Relation.BLOCKS: Relation.BLOCKED_BY,
    Relation.DUPLICATES: Relation.DUPLICATED_BY,
}


class Plane(Format):
    """What Plane's export of a workspace or project gives."""

    name = "plane-csv"
    source = "plane"
    label = "Plane (CSV)"

    def recognises(self, sample: Sample) -> bool:
        """By the names of its columns."""
        return set(sample.columns) >= _NEEDED

    def read(self, upload: Upload, choices: Choices) -> Iterator[Row]:
        """One issue a row."""
        times = Reader(zone_of(choices))
        try:
            tree = _tree(upload)
            for row in read_table(upload, dialect_of(upload)):
                content = Unreadable("", row.fault) if row.fault else _content(row, times)
                if isinstance(content, IssueRecord):
                    tree.put(content)
                yield Row(f"{upload.name}:{row.number}", row.size, content)
        except NoTable as error:
            yield Row(f"{upload.name}:1", 0, Unreadable("", str(error)))


def _tree(upload: Upload) -> Tree:
    """What is a part of what."""
    tree = Tree()
    for row in read_table(upload, dialect_of(upload)):
        own, parent = (words(row.first(name))[: building.ID_LENGTH] for name in ("Identifier", "Parent"))
        tree.add(own, parent)
    return tree.seal()


def _content(row: TableRow, times: Reader) -> IssueRecord | Unreadable:
    key = words(row.first("Identifier"))[: building.ID_LENGTH]
    if not key:
        return Unreadable("Identifier", "There is no identifier such as LAMP-7.")
    notes: Notes = [("", oddity) for oddity in row.oddities]
    number = words(row.first("Sequence Id"))
    project_key = words(row.first("Project Identifier")).upper() or key.rpartition("-")[0]
    created_at = times.time_of(row.first("Created At"), "Created At", notes)
    updated_at = times.time_of(row.first("Updated At"), "Updated At", notes)
    reporter = building.person(row.first("Created By Name"))
    people = _people(row, "Assignees", notes)
    assignee, further = building.one_assignee(people, "Assignees", notes)
    text, overflow = building.text_with_overflow(
        row.first("Description"),
        "Description",
        notes,
        unknown.to_markdown,
        external_id=key,
        author=reporter,
        created_at=created_at,
    )
    estimate = row.first("Estimate")
    is_number = parse_number(estimate) is not None
    record = IssueRecord(
        external_id=key,
        key=key,
        number=int(number) if number.isascii() and number.isdigit() and 0 < len(number) < 10 and int(number) else None,
        project_key=project_key,
        project_name=words(row.first("Project Name"))[:120] or project_key,
        title=title_of(row.first("Name"), key, notes, "Name"),
        text=text,
        status_name=next(iter(names_of([row.first("State Name")], "State Name", notes)), ""),
        priority_name=words(row.first("Priority"))[:60],
        labels=names_of(_words(row, "Labels", notes), "Labels", notes),
        components=names_of(_words(row, "Modules", notes), "Modules", notes),
        sprints=[SprintRecord(name=name) for name in names_of(_words(row, "Cycles", notes), "Cycles", notes)],
        points=points_of(estimate, "Estimate", notes) if is_number else None,
        start_date=times.date_of(row.first("Start Date"), "Start Date", notes),
        due_date=times.date_of(row.first("Target Date"), "Target Date", notes),
        reporter=reporter,
        assignee=assignee,
        watchers=list(dict.fromkeys([*_people(row, "Subscribers", notes), *further])),
        parent=_ref(row.first("Parent")),
        links=_links(row, notes),
        comments=[*overflow, *_comments(row, key, times, notes)],
        attachments=_attachments(row, key, notes),
        custom={
            column: cell.strip()
            for column, cell in zip(row.columns, row.cells, strict=False)
            if column and column not in _KNOWN and cell.strip()
        },
        is_archived=bool(row.first("Archived At")),
        created_at=created_at,
        updated_at=max(updated_at, created_at) if updated_at and created_at else updated_at or created_at,
        resolved_at=times.time_of(row.first("Completed At"), "Completed At", notes),
        notes=notes,
    )
    if estimate and not is_number:
        record.custom["Estimate"] = words(estimate)
    if row.first("Is Draft").casefold() == "true":
        notes.append(("Is Draft", "It was a draft there; here everybody in the project sees it."))
    files = parse_number(row.first("Attachment Count"))
    if files:
        notes.append(("Attachment Count", f"{files} file(s) hang on it there; this export does not name them."))
    return record


def _list(row: TableRow, column: str, notes: Notes) -> list[Any]:
    """What a cell of JSON lists; anything else is told."""
    cell = row.first(column).strip()
    if not cell:
        return []
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list):
        notes.append((column, f"“{cell[:40]}” is no list and was left out."))
        return []
    return found


def _words(row: TableRow, column: str, notes: Notes) -> list[str]:
    """Names that a cell lists, as JSON or with commas between them."""
    if row.first(column).strip().startswith("["):
        return [name for each in _list(row, column, notes) if (name := words(each))]
    return building.items_of(row.first(column), ",")


def _people(row: TableRow, column: str, notes: Notes) -> list[Person]:
    return [found for each in _words(row, column, notes) if (found := building.person(each)) is not None]


def _ref(value: Any) -> Ref | None:
    key = words(value)[: building.ID_LENGTH]
    return Ref(external_id=key, key=key) if key else None


def _links(row: TableRow, notes: Notes) -> list[LinkRecord]:
    found = []
    for each in map(building.mapping, _list(row, "Relations", notes)):
        target = _ref(each.get("issue"))
        if target is None:
            notes.append(("Relations", "A relation names no issue and was left out."))
            continue
        kind = words(each.get("type"))
        relation = _RELATIONS.get(kind, Relation.RELATES)
        if words(each.get("direction")) == "incoming":
            relation = _TURNED.get(relation, relation)
        found.append(LinkRecord(relation, target, kind.replace("_", " ")))
    return found


def _comments(row: TableRow, key: str, times: Reader, notes: Notes) -> list[CommentRecord]:
    return [
        record
        for place, each in enumerate(map(building.mapping, _list(row, "Comments", notes)), start=1)
        for record in building.comment(
            each.get("comment"),
            notes,
            unknown.to_markdown,
            external_id=f"{key[:80]}/comment/{place}",
            author=building.person(each.get("created_by")),
            created_at=times.time_of(words(each.get("created_at")), "Comments", notes),
        )
    ]


def _attachments(row: TableRow, key: str, notes: Notes) -> list[AttachmentRecord]:
    """Links hang on an issue there as files do."""
    return [
        AttachmentRecord(
            external_id=f"{key[:80]}/link/{place}",
            name=words(each.get("title"))[:255] or words(each.get("url"))[:255] or "link",
            url=words(each.get("url"))[:2000],
        )
        for place, each in enumerate(map(building.mapping, _list(row, "Links", notes)), start=1)
    ]
