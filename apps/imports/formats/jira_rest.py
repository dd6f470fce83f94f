"""What Jira's REST interface answers: issues (one a line, a page, a list, one alone), comments, projects."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.formats.base import Format, Sample
from apps.imports.formats.building import identifier, listing, mapping
from apps.imports.formats.jira_issue import Texts, comment_of, issue_of
from apps.imports.formats.jira_parts import version
from apps.imports.reading.lines import Line, read_lines
from apps.imports.reading.objects import Element, read_objects
from apps.imports.records import CommentsRecord, Content, IssueRecord, LeftOut, ProjectRecord, Ref, Row, Unreadable
from apps.imports.texts import Notes, names_of, words

_PAGE = {"issues.item.key", "issues.item.fields"}
_LIST = {"item.key", "item.fields"}
_ONE = {"key", "fields"}
_PROJECT = {"key", "issueTypes", "versions", "components"}
_OF_ISSUE = re.compile(r"/issue/([A-Za-z0-9_-]{1,60})/comment/")


class JiraRest(Format):
    """What Jira's REST interface answers."""

    name = "jira-rest"
    source = "jira"
    label = "Jira (REST)"

    def recognises(self, sample: Sample) -> bool:
        """By the keys that issues, pages of comments and projects have there."""
        paths = sample.json_paths
        return any(shape <= paths for shape in (_PAGE, _LIST, _ONE, _PROJECT)) or _is_comments(paths)

    def read(self, upload: Upload, choices: Choices) -> Iterator[Row]:
        """Every issue, comment or project of the file."""
        sample = Sample(upload)
        paths = sample.json_paths
        if paths >= _PAGE or "issues.item.id" in paths:
            yield from _page(upload)
        elif _is_comments(paths):
            yield from _objects(upload, "comments.item", _comment)
        elif sample.first_byte == b"[":
            yield from _objects(upload, "item", lambda raw: issue_of(raw, {}))
        elif paths >= _PROJECT and "fields" not in paths:
            yield from _objects(upload, "", _project)
        elif _is_one_document(sample):
            yield from _objects(upload, "", lambda raw: issue_of(raw, _names_in(raw)))
        else:
            for line in read_lines(upload):
                yield Row(f"{upload.name}:{line.number}", len(line.data), _of_line(line))


def _is_comments(paths: frozenset[str]) -> bool:
    return {"comments.item.body", "comments.item.self"} <= paths and "fields" not in paths and "key" not in paths


def _is_one_document(sample: Sample) -> bool:
    """Whether the file is one object over several lines, not one a line."""
    first, line_end, _rest = sample.head.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")
    return bool(line_end) and not first.rstrip().endswith(b"}")


# ---- lines


def _of_line(line: Line) -> IssueRecord | Unreadable:
    if line.fault:
        return Unreadable("", line.fault)
    try:
        return read_issue(line.data)
    except Unreadable as error:
        return error


def read_issue(data: bytes) -> IssueRecord:
    """One line as an issue.

    :raises Unreadable: if it is no issue, or lacks what an issue cannot be without
    """
    try:
        raw = json.loads(data)
    except UnicodeDecodeError as error:
        raise Unreadable("", f"The row is not UTF-8 (byte {error.start}).") from error
    except json.JSONDecodeError as error:
        raise Unreadable("", f"The row is no JSON: {error.msg} at character {error.pos}.") from error
    except RecursionError as error:
        raise Unreadable("", "The row is nested too deeply.") from error
    except ValueError as error:
        raise Unreadable("", "The row holds a number with thousands of digits; no export does.") from error
    if not isinstance(raw, dict):
        raise Unreadable("fields", "The row is no issue of Jira's REST interface.")
    return issue_of(raw, _names_in(raw))


def _names_in(raw: Mapping[str, Any]) -> Mapping[str, str]:
    """What an answer says that its fields are called (`expand=names`)."""
    return mapping(raw.get("names"))


# ---- documents


def _page(upload: Upload) -> Iterator[Row]:
    """A page of a search. That there is more than it holds is a note on its last issue."""
    answer = _Answer.of(upload)
    count = 0
    last: Row | None = None
    for row in _objects(upload, "issues.item", lambda raw: issue_of(raw, answer.names)):
        if last is not None:
            yield last
        last, count = row, count + 1
    if last is None:
        yield Row(f"{upload.name}:1", 0, Unreadable("issues", "There is no issue in this page of a search."))
        return
    if isinstance(last.content, IssueRecord):
        last.content.notes += answer.missing(count)
    yield last


@dataclass(slots=True)
class _Answer:
    """What a page of a search says of itself, before its issues or after them."""

    said: dict[str, Any]

    @classmethod
    def of(cls, upload: Upload) -> "_Answer":
        """Look a page over. What is wrong with it is told where its rows are read."""
        found = read_objects(upload, "total", "startAt", "isLast", "names")
        return cls({element.place: element.content for element in found if not element.fault})

    @property
    def names(self) -> dict[str, Any]:
        """What it calls its fields."""
        return mapping(self.said.get("names"))

    def _number(self, name: str) -> int:
        value = self.said.get(name)
        return value if isinstance(value, int) else 0

    def missing(self, count: int) -> Notes:
        """A note if the search found more than the page's issues."""
        end, total = self._number("startAt") + count, self._number("total")
        if total > end:
            return [("", f"The page ends at issue {end} of {total}. Hand in the pages after it, too.")]
        if self.said.get("isLast") is False:
            return [("", "The page is not the last of its search. Hand in the pages after it, too.")]
        return []


def _objects(upload: Upload, where: str, content: Callable[[dict[str, Any]], Content]) -> Iterator[Row]:
    for element in read_objects(upload, where):
        yield Row(f"{upload.name}:{element.number}", element.size, _of_element(element, content))


def _of_element(element: Element, content: Callable[[dict[str, Any]], Content]) -> Content:
    if element.fault:
        return Unreadable("", element.fault)
    if not isinstance(element.content, dict):
        return Unreadable("", "This is no object as Jira's REST interface gives them.")
    try:
        return content(element.content)
    except Unreadable as error:
        return error
    except RecursionError:
        return Unreadable("", "The row is nested too deeply.")


def _comment(raw: dict[str, Any]) -> CommentsRecord | LeftOut | Unreadable:
    """One comment of a page of them, which only says by its address what it is of."""
    found = _OF_ISSUE.search(words(raw.get("self")))
    own_id = identifier(raw.get("id"))
    if found is None or not own_id:
        return Unreadable("self", "The comment does not say which issue it belongs to. Export it with its issue.")
    said = comment_of(raw, own_id, Texts({"comment": {"comments": [raw]}}), [], None)
    if not said:
        return LeftOut(gettext("comment without text"))
    issue = Ref(external_id=found[1]) if found[1].isdecimal() else Ref(key=found[1])
    return CommentsRecord(issue=issue, comments=said)


def _project(raw: dict[str, Any]) -> ProjectRecord | Unreadable:
    key = words(raw.get("key"))
    if not key:
        return Unreadable("key", "The project has no key.")
    notes: Notes = []
    return ProjectRecord(
        key=key,
        name=words(raw.get("name")) or key,
        versions=[each for found in listing(raw.get("versions")) if (each := version(found, notes)) is not None],
        components=names_of(
            [mapping(each).get("name") for each in listing(raw.get("components"))], "components", notes
        ),
    )
