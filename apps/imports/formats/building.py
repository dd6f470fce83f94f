"""What readers have in common when they build a record: people, texts and their overflow, lists in cells, keys."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from apps.imports.records import CommentRecord, Person
from apps.imports.texts import Notes, text_of, words

ID_LENGTH = 100
_KEY_LENGTH = 10
_NO_KEY = "IMPORT"


def person(name: Any, email: Any = "", handle: Any = "") -> Person | None:
    """Somebody by whatever the export says of them; None where it names nobody."""
    address = words(email).lower()
    shown = words(name) or words(handle) or address
    if not shown:
        return None
    return Person(handle=(words(handle) or address or shown)[:200], name=shown[:120], email=address[:254])


def file_name(value: Any) -> str:
    """A name of a file without any folders, however they are written."""
    return words(value).replace("\\", "/").rsplit("/", 1)[-1][:255] or "file"


def one_assignee(people: list[Person], name: str, notes: Notes) -> tuple[Person | None, list[Person]]:
    """The first of several assignees; the others watch, since an issue has one assignee here."""
    if len(people) > 1:
        others = ", ".join(each.name for each in people[1:])[:200]
        notes.append((name, f"An issue has one assignee here; watching instead: {others}."))
    return (people[0] if people else None), people[1:]


def mapping(value: Any) -> dict[str, Any]:
    """The object that JSON should have held here, empty where it held something else."""
    return value if isinstance(value, dict) else {}


def listing(value: Any) -> list[Any]:
    """The list that JSON should have held here, empty where it held something else."""
    return value if isinstance(value, list) else []


def identifier(value: Any) -> str:
    """An id as text; "" for what is none."""
    return words(str(value))[:ID_LENGTH] if isinstance(value, str | int) and not isinstance(value, bool) else ""


def count(value: Any) -> int | None:
    """A number of bytes or the like; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**62 else None


def text_with_overflow(
    value: Any,
    field: str,
    notes: Notes,
    convert: Callable[[str], str],
    *,
    external_id: str,
    author: Person | None,
    created_at: datetime | None,
) -> tuple[str, list[CommentRecord]]:
    """A description, and the comments in which one that is too long goes on."""
    text, overflow = text_of(value, field, notes, convert)
    return text, [
        CommentRecord(
            external_id=f"{external_id[: ID_LENGTH - 12]}/text/{number}",
            author=author,
            body=piece,
            created_at=created_at,
        )
        for number, piece in enumerate(overflow, start=2)
    ]


def comment(
    value: Any,
    notes: Notes,
    convert: Callable[[str], str],
    *,
    external_id: str,
    author: Person | None,
    created_at: datetime | None,
) -> list[CommentRecord]:
    """What somebody said, in as many comments as it takes; none where they said nothing."""
    body, overflow = text_of(value, "comment", notes, convert)
    if not body.strip():
        return []
    return [
        CommentRecord(
            external_id=external_id[:ID_LENGTH] if number == 1 else f"{external_id[: ID_LENGTH - 8]}/{number}",
            author=author,
            body=piece,
            created_at=created_at,
        )
        for number, piece in enumerate([body, *overflow], start=1)
    ]


def items_of(cell: str, separators: str = ",;") -> list[str]:
    """The words that a cell lists: as JSON, or set apart by commas, semicolons or line ends."""
    text = cell.strip()
    if text.startswith("["):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, list):
            return [words(str(each)) for each in found if isinstance(each, str | int) and words(str(each))]
    return [words(each) for each in re.split(rf"[{re.escape(separators)}\n]", text) if words(each)]


class ProjectKeys:
    """Keys for projects of trackers that only name them: letters of the name, never one key for two names."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}

    def of(self, name: str) -> str:
        """The key of the project of this name."""
        if name not in self._keys:
            letters = re.sub(r"[^A-Z0-9]", "", name.upper()).lstrip("0123456789")[:_KEY_LENGTH]
            key = base = letters if len(letters) > 1 else _NO_KEY
            number = 1
            while key in self._keys.values():
                number += 1
                key = base[: _KEY_LENGTH - len(str(number))] + str(number)
            self._keys[name] = key
        return self._keys[name]
