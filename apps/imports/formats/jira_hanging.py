"""What hangs on the rows of Jira's tables: comments, files and logged work, each a cell of several parts.

They have no ids there: when who said or did something stands in for one.
"""

import re
from collections.abc import Callable
from datetime import datetime

from apps.imports.formats.building import comment
from apps.imports.formats.jira_table import Cells
from apps.imports.formats.jira_texts import Ids
from apps.imports.formats.jira_times import minutes_of_seconds
from apps.imports.records import AttachmentRecord, CommentRecord, Person, WorkLogRecord
from apps.imports.texts import words

_NUMBERED = re.compile(r"/attachment/(?:content/|thumbnail/)?(\d+)")
# Some have a blank in them.
_LOGIN = re.compile(r"\S{0,100}(?: \S{1,60})?")


class Hanging:
    """What hangs on one row."""

    def __init__(self, cells: Cells, ids: Ids, convert: Callable[[str], str]) -> None:
        self._cells = cells
        self._ids = ids
        self._convert = convert

    def comments(self, issue_created_at: datetime | None) -> list[CommentRecord]:
        """What was said; those without a time get that of the issue."""
        found: list[CommentRecord] = []
        empty = 0
        for cell in self._cells.all("comment"):
            moment, author, text = self._said(cell)
            said = comment(
                text,
                self._cells.notes,
                self._convert,
                external_id=self._ids.of("comment", moment, author.handle if author else cell),
                author=author,
                created_at=moment or issue_created_at,
            )
            if moment is None and said:
                self._cells.notes.append((self._cells.called("comment"), "A comment does not say who wrote it when."))
            empty += not said
            found += said
        if empty:
            self._cells.notes.append((self._cells.called("comment"), f"{empty} comment(s) without text were left out."))
        return found

    def _said(self, cell: str) -> tuple[datetime | None, Person | None, str]:
        """When, who and what of a cell of these parts. What was done anonymously lacks the second."""
        first, mark, rest = cell.partition(";")
        moment = self._moment(first) if mark else None
        if moment is None:
            return None, None, cell
        handle, mark, text = rest.partition(";")
        if mark and (handle.strip() in self._cells.table.names or _LOGIN.fullmatch(handle.strip())):
            return moment, self._cells.known(handle.strip()), text
        return moment, None, rest

    def _moment(self, value: str) -> datetime | None:
        """The time that a part of a cell begins with; what is none makes it another kind of cell."""
        return self._cells.table.times.time_of(value, "", [])

    def attachments(self) -> list[AttachmentRecord]:
        """The files that are named."""
        found = []
        for cell in self._cells.all("attachment"):
            rest, _mark, url = cell.rpartition(";")
            if "://" not in url:
                rest, url = cell, ""
            moment, author, name = self._said(rest)
            numbered = _NUMBERED.search(url)
            name = words(name) or url.rsplit("/", 1)[-1]
            found.append(
                AttachmentRecord(
                    external_id=numbered[1] if numbered is not None else self._ids.of("attachment", cell),
                    name=name[:255],
                    author=author,
                    created_at=moment,
                    url=url.strip(),
                )
            )
        return found

    def work_logs(self) -> list[WorkLogRecord]:
        """The time that was logged."""
        found = []
        name = self._cells.called("work_log")
        for cell in self._cells.all("work_log"):
            parts = cell.rsplit(";", 3)
            moment = self._moment(parts[1]) if len(parts) == 4 else None
            minutes = minutes_of_seconds(parts[3], name, []) if moment is not None else None
            if moment is None or minutes is None:
                self._cells.notes.append((name, f"“{cell[:80]}” is no logged work that can be read and was left out."))
                continue
            author = self._cells.known(words(parts[2]))
            found.append(
                WorkLogRecord(
                    external_id=self._ids.of("work", moment, parts[2], parts[3], parts[0]),
                    author=author,
                    minutes=minutes,
                    day=moment.date(),
                    note=words(parts[0]),
                    created_at=moment,
                )
            )
        return found
