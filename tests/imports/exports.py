"""Small exports in Jira's form, written for these tests."""

import gzip
import json
from pathlib import Path
from typing import Any

CATEGORIES = {"Open": "new", "Reopened": "new", "In Progress": "indeterminate", "QA": "indeterminate", "Closed": "done"}


def person(handle: str, name: str = "", email: str = "") -> dict[str, Any]:
    """A user as Jira writes one."""
    return {"name": handle, "displayName": name or handle.title(), "emailAddress": email}


def comment(
    number: int, body: str, author: str = "mira", created: str = "2024-03-02T10:00:00.000+0000"
) -> dict[str, Any]:
    """A comment as Jira writes one."""
    return {"id": str(number), "author": person(author), "body": body, "created": created}


def issue(key: str, *, status: str = "Open", kind: str = "Bug", comments: Any = (), **fields: Any) -> dict[str, Any]:
    """An issue as Jira's REST interface writes one."""
    project, number = key.rsplit("-", 1)
    content = {
        "project": {"key": project, "name": f"The {project} project"},
        "issuetype": {"name": kind, "subtask": kind == "Sub-task"},
        "summary": f"Lamp {number} flickers",
        "description": "It flickers *a lot*.",
        "status": {"name": status, "statusCategory": {"key": CATEGORIES[status]}},
        "priority": {"name": "Major"},
        "resolution": None,
        "resolutiondate": None,
        "created": "2024-03-01T09:30:00.000+0100",
        "updated": "2024-03-05T09:30:00.000+0000",
        "labels": [],
        "reporter": person("mira", "Mira Stone"),
        "assignee": None,
        "comment": {"comments": list(comments), "total": len(comments)},
    }
    return {"id": str(10_000 + int(number)), "key": key, "fields": {**content, **fields}}


def write(path: Path, *rows: dict[str, Any] | bytes) -> Path:
    """Rows as a file, one a line; bytes go in as they are. A name that ends in .gz makes it gzip."""
    lines = [row if isinstance(row, bytes) else json.dumps(row, ensure_ascii=False).encode() for row in rows]
    data = b"\n".join(lines) + b"\n"
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path
