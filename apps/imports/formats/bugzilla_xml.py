"""Bugs as Bugzilla's `show_bug.cgi?ctype=xml` shows them, with their comments and what is known of their files."""

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.formats import bugzilla, building
from apps.imports.formats.base import Format, Sample
from apps.imports.moments import Reader, minutes_of, zone_of
from apps.imports.reading.elements import read_elements
from apps.imports.records import (
    AttachmentRecord,
    CommentRecord,
    IssueRecord,
    Person,
    Row,
    Unreadable,
    VersionRecord,
)
from apps.imports.texts import Notes, clean, names_of, title_of, words

# What has a place of its own, or says nothing once it is here.
_KNOWN = {
    "bug_id", "creation_ts", "short_desc", "delta_ts", "reporter_accessible", "cclist_accessible", "classification_id",
    "classification", "product", "component", "bug_status", "resolution", "keywords", "priority", "bug_severity",
    "target_milestone", "dependson", "blocked", "everconfirmed", "reporter", "assigned_to", "cc", "token", "long_desc",
    "attachment", "dup_id", "estimated_time", "remaining_time", "actual_time", "deadline", "comment_sort_order", "flag",
    "group", "votes", "tag",
}  # fmt: skip
_NAMES = {
    "version": "Version",
    "rep_platform": "Platform",
    "op_sys": "Operating system",
    "status_whiteboard": "Whiteboard",
    "bug_file_loc": "URL",
    "qa_contact": "QA contact",
    "see_also": "See also",
    "alias": "Alias",
}


class BugzillaXml(Format):
    """What the link “XML” below a bug or a list of bugs gives."""

    name = "bugzilla-xml"
    source = bugzilla.SOURCE
    label = "Bugzilla (XML)"

    def recognises(self, sample: Sample) -> bool:
        """By the document's outermost element."""
        return sample.root_tag == "bugzilla"

    def read(self, upload: Upload, choices: Choices) -> Iterator[Row]:
        """One bug a row."""
        reader = _Bugs(choices)
        for found in read_elements(upload, "bug"):
            name = f"{upload.name}:{found.number}"
            if found.node is None:
                yield Row(name, 0, Unreadable("", found.fault))
            else:
                yield Row(name, found.size, reader.bug(found.node))


class _Bugs:
    def __init__(self, choices: Choices) -> None:
        self._times = Reader(zone_of(choices))
        self._keys = building.ProjectKeys()

    def bug(self, node: Element) -> IssueRecord | Unreadable:
        """An element as an issue."""
        key = _text(node, "bug_id")[: building.ID_LENGTH]
        if node.get("error"):
            return Unreadable("bug_id", f"Bugzilla did not show this bug ({words(node.get('error'))[:60]}).")
        if not key:
            return Unreadable("bug_id", "There is no number of a bug.")
        notes: Notes = []
        created_at = self._times.time_of(_text(node, "creation_ts"), "creation_ts", notes)
        updated_at = self._times.time_of(_text(node, "delta_ts"), "delta_ts", notes)
        where = bugzilla.standing(_text(node, "bug_status"), _text(node, "resolution"))
        reporter = _person(node.find("reporter"))
        product = _text(node, "product")[:120]
        text, comments = self._comments(node, key, notes)
        milestone = bugzilla.chosen(_text(node, "target_milestone"))
        is_number = key.isascii() and key.isdigit() and len(key) < 10 and int(key) > 0
        return IssueRecord(
            external_id=key,
            key=key,
            number=int(key) if is_number else None,
            project_key=self._keys.of(product),
            project_name=product or self._keys.of(product),
            title=title_of(_text(node, "short_desc"), key, notes, "short_desc"),
            text=text,
            type_name="Bug",
            status_name=where.status,
            category=where.category,
            resolution=where.resolution,
            priority_name=bugzilla.priority(_text(node, "priority"), _text(node, "bug_severity")),
            labels=names_of(building.items_of(_text(node, "keywords")), "keywords", notes),
            components=names_of([bugzilla.chosen(_text(node, "component"))], "component", notes),
            fix_versions=[VersionRecord(name=milestone)] if milestone else [],
            estimate_minutes=minutes_of(_hours(node, "estimated_time"), "estimated_time", notes),
            remaining_minutes=minutes_of(_hours(node, "remaining_time"), "remaining_time", notes),
            due_date=self._times.date_of(_text(node, "deadline"), "deadline", notes),
            reporter=reporter,
            assignee=_person(node.find("assigned_to")),
            watchers=[found for each in node.findall("cc") if (found := _person(each)) is not None],
            links=bugzilla.links(_numbers(node, "dependson"), _numbers(node, "blocked"), _text(node, "dup_id")),
            comments=comments,
            attachments=self._attachments(node, key, notes),
            custom=_custom(node),
            created_at=created_at,
            updated_at=max(updated_at, created_at) if updated_at and created_at else updated_at or created_at,
            resolved_at=updated_at if where.category == "done" else None,
            notes=notes,
        )

    def _comments(self, node: Element, key: str, notes: Notes) -> tuple[str, list[CommentRecord]]:
        """The description, which is the first of a bug's comments, and the others."""
        description, comments = "", []
        hidden = 0
        for place, each in enumerate(node.findall("long_desc")):
            author = _person(each.find("who"))
            created_at = self._times.time_of(_text(each, "bug_when"), "bug_when", notes)
            body = _raw(each, "thetext")
            is_first = place == 0 and _text(each, "comment_count") in {"", "0"}
            if is_first and _is_of_the_reporter(node, each):
                description, overflow = building.text_with_overflow(
                    body, "long_desc", notes, str, external_id=key, author=author, created_at=created_at
                )
                comments += overflow
            else:
                comments += building.comment(
                    body,
                    notes,
                    str,
                    external_id=_text(each, "commentid") or f"{key}/comment/{place}",
                    author=author,
                    created_at=created_at,
                )
            hidden += each.get("isprivate") == "1"
        if hidden:
            notes.append(
                ("long_desc", f"{hidden} comment(s) were private there; here everybody in the project sees them.")
            )
        return description, comments

    def _attachments(self, node: Element, key: str, notes: Notes) -> list[AttachmentRecord]:
        found = []
        for place, each in enumerate(node.findall("attachment"), start=1):
            size = _text(each, "size")
            found.append(
                AttachmentRecord(
                    external_id=_text(each, "attachid")[: building.ID_LENGTH] or f"{key}/file/{place}",
                    name=building.file_name(_text(each, "filename") or _text(each, "desc")),
                    author=_person(each.find("attacher")),
                    created_at=self._times.time_of(_text(each, "date"), "attachment", notes),
                    content_type=_text(each, "type")[:100],
                    size=int(size) if size.isascii() and size.isdigit() and len(size) < 18 else None,
                )
            )
            if each.get("isprivate") == "1":
                notes.append(("attachment", f"“{found[-1].name[:60]}” was private there."))
        return found


def _is_of_the_reporter(node: Element, first: Element) -> bool:
    """Whether a bug's first comment is what it was opened with: by whom and when it was."""
    return _text(first, "comment_count") == "0" or _text(first, "bug_when")[:16] == _text(node, "creation_ts")[:16]


def _raw(node: Element, tag: str) -> str:
    child = node.find(tag)
    return "".join(child.itertext()) if child is not None else ""


def _text(node: Element, tag: str) -> str:
    return words(_raw(node, tag))


def _hours(node: Element, tag: str) -> str:
    """Hours; zero says that nobody gave any."""
    hours = _text(node, tag)
    return hours if hours.strip("0.") else ""


def _numbers(node: Element, tag: str) -> list[str]:
    return [words(each.text)[: building.ID_LENGTH] for each in node.findall(tag) if words(each.text)]


def _person(node: Element | None) -> Person | None:
    """Somebody by their address, which signed-out readers see without its end."""
    if node is None:
        return None
    login = words(node.text)
    if login.casefold() in {"nobody", "nobody@mozilla.org"}:
        return None
    return building.person(node.get("name") or login, login if "@" in login else "", login)


def _custom(node: Element) -> dict[str, Any]:
    found: dict[str, Any] = {}
    severity = bugzilla.chosen(_text(node, "bug_severity"))
    if severity:
        found["Severity"] = severity
    for child in node:
        value = clean("".join(child.itertext())).strip()
        if child.tag in _KNOWN or not value or not bugzilla.chosen(value):
            continue
        name = _NAMES.get(child.tag, child.tag.removeprefix("cf_").replace("_", " ").capitalize())[:60]
        if name in found:
            earlier = found[name]
            found[name] = [*(earlier if isinstance(earlier, list) else [earlier]), value]
        else:
            found[name] = value
    return found
