"""Issues as Jira's REST interface gives them, one JSON object a line."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.formats.base import Format, Sample
from apps.imports.markup.jira import to_markdown
from apps.imports.reading.lines import Line, read_lines
from apps.imports.records import CommentRecord, IssueRecord, Level, Person, Ref, Row, Unreadable
from apps.imports.texts import Notes, date_of, names_of, parse_time, text_of, time_of, title_of, words
from apps.projects.models import Status

_KEY = re.compile(r"([A-Z][A-Z0-9_]+)-([1-9]\d{0,8})")

_CATEGORIES = {
    "new": Status.Category.TODO,
    "undefined": Status.Category.TODO,
    "indeterminate": Status.Category.IN_PROGRESS,
    "done": Status.Category.DONE,
}


class JiraRest(Format):
    """What Jira's REST interface answers."""

    name = "jira-rest"
    source = "jira"
    label = "Jira (REST)"

    def recognises(self, sample: Sample) -> bool:
        """By an issue's key and fields on the first line."""
        return {"key", "fields"} <= sample.json_paths

    def read(self, upload: Upload, choices: Choices) -> Iterator[Row]:
        """One issue a line."""
        for line in read_lines(upload):
            yield Row(f"{upload.name}:{line.number}", len(line.data), _content(line))


def _content(line: Line) -> IssueRecord | Unreadable:
    if line.fault:
        return Unreadable("", line.fault)
    try:
        return read_issue(line.data)
    except Unreadable as error:
        return error


def read_issue(data: bytes) -> IssueRecord:
    """One row as an issue.

    :raises Unreadable: if it is no issue, or lacks what an issue cannot be without
    """
    raw, fields = _object(data)
    key = raw.get("key")
    match = _KEY.fullmatch(key) if isinstance(key, str) else None
    if match is None:
        raise Unreadable("key", "There is no issue key such as FLOW-12.")
    notes: Notes = []
    project = _dict(fields.get("project"))
    kind = _dict(fields.get("issuetype"))
    status = _dict(fields.get("status"))
    created_at = _required_time(fields, "created")
    updated_at = time_of(fields.get("updated"), "updated", notes) or created_at
    category = _CATEGORIES.get(str(_dict(status.get("statusCategory")).get("key") or "").lower())
    reporter = _person(fields.get("reporter")) or _person(fields.get("creator"))
    text, overflow = text_of(fields.get("description"), "description", notes, to_markdown)
    comments = [
        CommentRecord(external_id=f"{match[0]}/text/{number}", author=reporter, body=piece, created_at=created_at)
        for number, piece in enumerate(overflow, start=2)
    ]
    return IssueRecord(
        external_id=str(raw.get("id") or key)[:100],
        key=match[0],
        number=int(match[2]),
        project_key=str(project.get("key") or match[1]),
        project_name=words(project.get("name")) or match[1],
        title=title_of(fields.get("summary"), match[0], notes),
        text=text,
        type_name=words(kind.get("name")),
        level=Level.SUBTASK if kind.get("subtask") is True else None,
        status_name=words(status.get("name")),
        category=category,
        resolution=words(_dict(fields.get("resolution")).get("name")),
        priority_name=words(_dict(fields.get("priority")).get("name")),
        labels=names_of(_list(fields.get("labels")), "labels", notes),
        reporter=reporter,
        assignee=_person(fields.get("assignee")),
        created_at=created_at,
        updated_at=max(updated_at, created_at),
        resolved_at=time_of(fields.get("resolutiondate"), "resolutiondate", notes),
        due_date=date_of(fields.get("duedate"), "duedate", notes),
        parent=_parent(fields),
        comments=[*comments, *_comments(fields, created_at, notes)],
        notes=notes,
    )


def _parent(fields: dict[str, Any]) -> Ref | None:
    """What is above an issue: its parent or epic."""
    for name in ("parent", "epic"):
        above = _dict(fields.get(name))
        if above.get("id") or above.get("key"):
            return Ref(external_id=str(above.get("id") or "")[:100], key=str(above.get("key") or "")[:100])
    return None


def _object(data: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        raw = json.loads(data)
    except UnicodeDecodeError as error:
        raise Unreadable("", f"The row is not UTF-8 (byte {error.start}).") from error
    except json.JSONDecodeError as error:
        raise Unreadable("", f"The row is no JSON: {error.msg} at character {error.pos}.") from error
    except RecursionError as error:
        raise Unreadable("", "The row is nested too deeply.") from error
    if not isinstance(raw, dict) or not isinstance(raw.get("fields"), dict):
        raise Unreadable("fields", "The row is no issue of Jira's REST interface.")
    return raw, raw["fields"]


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _person(value: Any) -> Person | None:
    raw = _dict(value)
    handle = words(raw.get("accountId") or raw.get("name") or raw.get("key") or raw.get("emailAddress"))
    if not handle:
        return None
    email = words(raw.get("emailAddress")).lower()
    return Person(handle=handle[:200], name=(words(raw.get("displayName")) or handle)[:120], email=email)


def _required_time(fields: dict[str, Any], field: str) -> datetime:
    moment = parse_time(fields.get(field))
    if moment is None:
        raise Unreadable(field, "There is no time such as 2015-01-30T00:43:49.000+0000.")
    return moment


def _comments(fields: dict[str, Any], issue_created_at: datetime, notes: Notes) -> list[CommentRecord]:
    block = _dict(fields.get("comment"))
    raw_comments = [raw for raw in block.get("comments") or () if isinstance(raw, dict)]
    total = block.get("total")
    if isinstance(total, int) and total > len(raw_comments):
        notes.append(("comment", f"The file holds {len(raw_comments)} of {total} comments."))
    found: list[CommentRecord] = []
    empty = 0
    for position, raw in enumerate(raw_comments, start=1):
        body, overflow = text_of(raw.get("body"), "comment", notes, to_markdown)
        if not body.strip():
            empty += 1
            continue
        author = _person(raw.get("author"))
        created_at = time_of(raw.get("created"), "created", notes) or issue_created_at
        own_id = str(raw.get("id") or f"position-{position}")[:100]
        for number, piece in enumerate([body, *overflow], start=1):
            external_id = own_id if number == 1 else f"{own_id}/{number}"
            found.append(CommentRecord(external_id=external_id, author=author, body=piece, created_at=created_at))
    if empty:
        notes.append(("comment", f"{empty} comment(s) without text were left out."))
    return found
