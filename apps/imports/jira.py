"""Issues as Jira's REST interface gives them, one JSON object a line."""

import json
import re
from datetime import date, datetime
from typing import Any

from apps.imports.jira_markup import as_code, to_markdown
from apps.imports.records import CommentRecord, IssueRecord, Person, Unreadable
from apps.issues.models import TEXT_LENGTH, TITLE_LENGTH, Priority
from apps.projects.models import Status

SOURCE = "jira"

_KEY = re.compile(r"([A-Z][A-Z0-9_]+)-([1-9]\d{0,8})")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# Room for the fence and the sentence around a piece of a text that is too long for one field.
_PIECE = TEXT_LENGTH - 200
_LABEL_LENGTH = 60

_CATEGORIES = {
    "new": Status.Category.TODO,
    "undefined": Status.Category.TODO,
    "indeterminate": Status.Category.IN_PROGRESS,
    "done": Status.Category.DONE,
}
# Resolutions that say the work was done; any other one closes an issue without it.
_DONE = {"done", "fixed", "complete", "completed", "resolved", "implemented", "delivered"}
_PRIORITIES = {
    "blocker": Priority.URGENT,
    "highest": Priority.URGENT,
    "critical": Priority.URGENT,
    "urgent": Priority.URGENT,
    "major": Priority.HIGH,
    "high": Priority.HIGH,
    "medium": Priority.MEDIUM,
    "normal": Priority.MEDIUM,
    "minor": Priority.LOW,
    "low": Priority.LOW,
    "lowest": Priority.LOW,
    "trivial": Priority.LOW,
    "none": Priority.NONE,
}


def read_issue(data: bytes) -> IssueRecord:
    """One row as an issue.

    :raises Unreadable: if it is no issue, or lacks what an issue cannot be without
    """
    raw, fields = _object(data)
    key = raw.get("key")
    match = _KEY.fullmatch(key) if isinstance(key, str) else None
    if match is None:
        raise Unreadable("key", "There is no issue key such as FLOW-12.")
    notes: list[tuple[str, str]] = []
    project = _dict(fields.get("project"))
    kind = _dict(fields.get("issuetype"))
    status = _dict(fields.get("status"))
    created_at = _required_time(fields, "created")
    updated_at = _time(fields, "updated", notes) or created_at
    category, status_name = _status(status, _dict(fields.get("resolution")), notes)
    reporter = _person(fields.get("reporter")) or _person(fields.get("creator"))
    text, overflow = _text(fields.get("description"), "description", notes)
    comments = [
        CommentRecord(external_id=f"{match[0]}/text/{number}", author=reporter, body=piece, created_at=created_at)
        for number, piece in enumerate(overflow, start=2)
    ]
    return IssueRecord(
        external_id=str(raw.get("id") or key)[:100],
        key=match[0],
        number=int(match[2]),
        project_key=str(project.get("key") or match[1]),
        project_name=_words(project.get("name")) or match[1],
        title=_title(fields.get("summary"), match[0], notes),
        text=text,
        type_name=_words(kind.get("name")) or "Task",
        is_subtask=kind.get("subtask") is True,
        status_name=status_name,
        category=category,
        priority=_priority(_dict(fields.get("priority")), notes),
        labels=_labels(fields.get("labels"), notes),
        reporter=reporter,
        assignee=_person(fields.get("assignee")),
        created_at=created_at,
        updated_at=max(updated_at, created_at),
        resolved_at=_resolved_at(fields, category, updated_at, notes),
        due_date=_date(fields, notes),
        comments=[*comments, *_comments(fields, created_at, notes)],
        notes=notes,
    )


def read_parent(data: bytes) -> tuple[str, str, str] | None:
    """The ids of a row's issue and of what is above it (its parent or epic), and the latter's key, if there is one.

    :raises Unreadable: if the row is no issue
    """
    if b'"parent"' not in data and b'"epic"' not in data:
        return None
    raw, fields = _object(data)
    for name in ("parent", "epic"):
        above = _dict(fields.get(name))
        if above.get("id") or above.get("key"):
            own_id = str(raw.get("id") or raw.get("key"))[:100]
            return own_id, str(above.get("id") or above["key"])[:100], str(above.get("key") or above["id"])
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


def _clean(text: str) -> str:
    """The text without what PostgreSQL cannot store: NUL and halves of characters."""
    return _UNSTORABLE.sub("\ufffd", text)


def _words(value: Any) -> str:
    return " ".join(_clean(value).split()) if isinstance(value, str) else ""


def _title(value: Any, key: str, notes: list[tuple[str, str]]) -> str:
    title = _words(value)
    if not title:
        notes.append(("summary", "There is no title; the key stands in for it."))
        return key
    if len(title) > TITLE_LENGTH:
        notes.append(("summary", f"The title has {len(title)} characters and was cut to {TITLE_LENGTH}."))
        return title[: TITLE_LENGTH - 1] + "…"
    return title


def _text(value: Any, field: str, notes: list[tuple[str, str]]) -> tuple[str, list[str]]:
    """A description or comment as Markdown, and the pieces that did not fit into it."""
    if not isinstance(value, str):
        return "", []
    if "\x00" in value:
        notes.append((field, "NUL characters were replaced; no text can hold them."))
    text = _clean(value)
    converted = to_markdown(text) if len(text) <= TEXT_LENGTH else ""
    if len(text) <= TEXT_LENGTH and len(converted) <= TEXT_LENGTH:
        return converted, []
    # A text of this size is a pasted log: it is kept whole, as code, in as many pieces as it takes.
    pieces = _split(text)
    notes.append((field, f"The text has {len(text)} characters and goes on in {len(pieces) - 1} comment(s)."))
    return pieces[0], pieces[1:]


def _split(text: str) -> list[str]:
    pieces = []
    start = 0
    while start < len(text):
        end = min(start + _PIECE // 2, len(text))
        line_end = text.rfind("\n", start, end) + 1
        if end < len(text) and line_end > start:
            end = line_end
        pieces.append(as_code(text[start:end]))
        start = end
    return pieces


def _status(
    status: dict[str, Any], resolution: dict[str, Any], notes: list[tuple[str, str]]
) -> tuple[Status.Category, str]:
    name = _words(status.get("name"))
    key = str(_dict(status.get("statusCategory")).get("key") or "").lower()
    if key not in _CATEGORIES:
        notes.append(("status", f"“{name}” has no known category and counts as to do."))
    category = _CATEGORIES.get(key, Status.Category.TODO)
    reason = _words(resolution.get("name")).lower()
    if category == Status.Category.DONE and reason and reason not in _DONE:
        category = Status.Category.CANCELLED
    return category, name


def _priority(priority: dict[str, Any], notes: list[tuple[str, str]]) -> int:
    name = _words(priority.get("name"))
    if name and name.lower() not in _PRIORITIES:
        notes.append(("priority", f"“{name}” is no known priority; none was set."))
    return _PRIORITIES.get(name.lower(), Priority.NONE)


def _labels(value: Any, notes: list[tuple[str, str]]) -> list[str]:
    names = [_words(item) for item in value] if isinstance(value, list) else []
    notes += [
        ("labels", f"“{name[:_LABEL_LENGTH]}…” was cut to {_LABEL_LENGTH} characters.")
        for name in names
        if len(name) > _LABEL_LENGTH
    ]
    return list(dict.fromkeys(name[:_LABEL_LENGTH].strip() for name in names if name))


def _person(value: Any) -> Person | None:
    raw = _dict(value)
    handle = _words(raw.get("accountId") or raw.get("name") or raw.get("key") or raw.get("emailAddress"))
    if not handle:
        return None
    email = _words(raw.get("emailAddress")).lower()
    return Person(handle=handle[:200], name=(_words(raw.get("displayName")) or handle)[:120], email=email)


def _parse_time(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _time(fields: dict[str, Any], field: str, notes: list[tuple[str, str]]) -> datetime | None:
    value = fields.get(field)
    moment = _parse_time(value)
    if moment is None and value:
        notes.append((field, f"“{str(value)[:40]}” is no time with a zone and was left out."))
    return moment


def _required_time(fields: dict[str, Any], field: str) -> datetime:
    moment = _parse_time(fields.get(field))
    if moment is None:
        raise Unreadable(field, "There is no time such as 2015-01-30T00:43:49.000+0000.")
    return moment


def _resolved_at(
    fields: dict[str, Any], category: str, updated_at: datetime, notes: list[tuple[str, str]]
) -> datetime | None:
    """When it was resolved; an issue that was opened again is not."""
    if category not in Status.CLOSED:
        return None
    return _time(fields, "resolutiondate", notes) or updated_at


def _date(fields: dict[str, Any], notes: list[tuple[str, str]]) -> date | None:
    value = fields.get("duedate")
    if not value:
        return None
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        notes.append(("duedate", f"“{str(value)[:40]}” is no date and was left out."))
        return None


def _comments(fields: dict[str, Any], issue_created_at: datetime, notes: list[tuple[str, str]]) -> list[CommentRecord]:
    block = _dict(fields.get("comment"))
    raw_comments = [raw for raw in block.get("comments") or () if isinstance(raw, dict)]
    total = block.get("total")
    if isinstance(total, int) and total > len(raw_comments):
        notes.append(("comment", f"The file holds {len(raw_comments)} of {total} comments."))
    found: list[CommentRecord] = []
    empty = 0
    for position, raw in enumerate(raw_comments, start=1):
        body, overflow = _text(raw.get("body"), "comment", notes)
        if not body.strip():
            empty += 1
            continue
        author = _person(raw.get("author"))
        created_at = _time(raw, "created", notes) or issue_created_at
        own_id = str(raw.get("id") or f"position-{position}")[:100]
        for number, piece in enumerate([body, *overflow], start=1):
            external_id = own_id if number == 1 else f"{own_id}/{number}"
            found.append(CommentRecord(external_id=external_id, author=author, body=piece, created_at=created_at))
    if empty:
        notes.append(("comment", f"{empty} comment(s) without text were left out."))
    return found
