"""Bugs as Bugzilla's REST interface gives them, and their comments, which it gives apart."""

from collections.abc import Iterator
from typing import Any

from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.formats import bugzilla, building
from apps.imports.formats.base import Format, Sample
from apps.imports.formats.building import listing, mapping
from apps.imports.moments import Reader, minutes_of, zone_of
from apps.imports.reading.objects import read_objects
from apps.imports.records import (
    AttachmentRecord,
    CommentRecord,
    CommentsRecord,
    IssueRecord,
    Person,
    Ref,
    Row,
    Unreadable,
    VersionRecord,
)
from apps.imports.texts import Notes, clean, names_of, title_of, words

_NAMES = {
    "version": "Version",
    "platform": "Platform",
    "op_sys": "Operating system",
    "whiteboard": "Whiteboard",
    "url": "URL",
    "see_also": "See also",
    "qa_contact": "QA contact",
    "alias": "Alias",
}


class BugzillaRest(Format):
    """What `/rest/bug` answers."""

    name = "bugzilla-rest"
    source = bugzilla.SOURCE
    label = "Bugzilla (REST)"

    def recognises(self, sample: Sample) -> bool:
        """By a list of bugs."""
        return {"bugs.item.id", "bugs.item.summary"} <= sample.json_paths

    def read(self, upload: Upload, choices: Choices) -> Iterator[Row]:
        """One bug a row."""
        reader = _Bugs(choices)
        for element in read_objects(upload, "bugs.item"):
            content = Unreadable("", element.fault) if element.fault else reader.bug(element.content)
            yield Row(f"{upload.name}:{element.number}", element.size, content)


class BugzillaComments(Format):
    """What `/rest/bug/7/comment` answers."""

    name = "bugzilla-rest-comments"
    source = bugzilla.SOURCE
    label = "Bugzilla (REST, comments)"

    def recognises(self, sample: Sample) -> bool:
        """By comments under the number of a bug."""
        return any(
            path.startswith("bugs.") and path.endswith(".comments.item.text") and path.split(".")[1].isdecimal()
            for path in sample.json_paths
        )

    def read(self, upload: Upload, choices: Choices) -> Iterator[Row]:
        """The comments of one bug a row."""
        reader = _Bugs(choices)
        for element in read_objects(upload, "bugs"):
            if element.fault:
                yield Row(f"{upload.name}:{element.number}", 0, Unreadable("", element.fault))
                continue
            for key, block in mapping(element.content).items():
                yield Row(f"{upload.name}:{key[:40]}", len(str(block)), reader.comments(key, block))


class _Bugs:
    def __init__(self, choices: Choices) -> None:
        self._times = Reader(zone_of(choices))
        self._keys = building.ProjectKeys()

    def bug(self, content: Any) -> IssueRecord | Unreadable:
        """An object of the list as an issue."""
        raw = mapping(content)
        number = raw.get("id")
        if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 10**9:
            return Unreadable("id", "There is no number of a bug.")
        notes: Notes = []
        key = str(number)
        created_at = self._times.time_of(words(raw.get("creation_time")), "creation_time", notes)
        updated_at = self._times.time_of(words(raw.get("last_change_time")), "last_change_time", notes)
        resolved_at = self._times.time_of(words(raw.get("cf_last_resolved")), "cf_last_resolved", notes)
        where = bugzilla.standing(words(raw.get("status")), words(raw.get("resolution")))
        product = words(raw.get("product"))[:120]
        milestone = bugzilla.chosen(words(raw.get("target_milestone")))
        components = raw.get("component")
        comments = [
            record
            for place, each in enumerate(listing(raw.get("comments")))
            for record in self._comment(key, place, each, notes)
        ]
        is_opened_with = comments and comments[0].external_id.endswith("/description")
        return IssueRecord(
            external_id=key,
            key=key,
            number=number,
            project_key=self._keys.of(product),
            project_name=product or self._keys.of(product),
            title=title_of(raw.get("summary"), key, notes, "summary"),
            text=comments.pop(0).body if is_opened_with else "",
            type_name=_type(raw.get("type")),
            status_name=where.status,
            category=where.category,
            resolution=where.resolution,
            priority_name=bugzilla.priority(words(raw.get("priority")), words(raw.get("severity"))),
            labels=names_of(listing(raw.get("keywords")), "keywords", notes),
            components=names_of(components if isinstance(components, list) else [components], "component", notes),
            fix_versions=[VersionRecord(name=milestone)] if milestone else [],
            estimate_minutes=minutes_of(raw.get("estimated_time") or None, "estimated_time", notes),
            remaining_minutes=minutes_of(raw.get("remaining_time") or None, "remaining_time", notes),
            due_date=self._times.date_of(words(raw.get("deadline")), "deadline", notes),
            reporter=_person(raw, "creator"),
            assignee=_person(raw, "assigned_to"),
            watchers=_watchers(raw),
            links=bugzilla.links(
                [building.identifier(each) for each in listing(raw.get("depends_on"))],
                [building.identifier(each) for each in listing(raw.get("blocks"))],
                building.identifier(raw.get("dupe_of")),
            ),
            comments=comments,
            attachments=self._attachments(raw, key, notes),
            custom=_custom(raw),
            created_at=created_at,
            updated_at=max(updated_at, created_at) if updated_at and created_at else updated_at or created_at,
            resolved_at=(resolved_at or updated_at) if where.category == "done" else None,
            notes=notes,
        )

    def comments(self, key: str, block: Any) -> CommentsRecord | Unreadable:
        """What was said about one bug; what it was opened with comes as a comment, since the bug is elsewhere."""
        if not key.isdecimal() or len(key) > 9:
            return Unreadable("bugs", f"“{words(key)[:40]}” is no number of a bug.")
        notes: Notes = []
        found = [
            record
            for place, each in enumerate(listing(mapping(block).get("comments")))
            for record in self._comment(key, place, each, notes)
        ]
        return CommentsRecord(issue=Ref(key, key), comments=found)

    def _comment(self, key: str, place: int, value: Any, notes: Notes) -> list[CommentRecord]:
        raw = mapping(value)
        own = building.identifier(raw.get("id")) or f"{key}/comment/{place}"
        if raw.get("is_private") is True:
            notes.append(("comments", "A comment was private there; here everybody in the project sees it."))
        return building.comment(
            raw.get("text"),
            notes,
            str,
            external_id=f"{own}/description" if raw.get("count") == 0 else own,
            author=building.person(raw.get("creator"), "", raw.get("creator")),
            created_at=self._times.time_of(words(raw.get("creation_time")), "comments", notes),
        )

    def _attachments(self, raw: dict[str, Any], key: str, notes: Notes) -> list[AttachmentRecord]:
        return [
            AttachmentRecord(
                external_id=building.identifier(each.get("id")) or f"{key}/file/{place}",
                name=building.file_name(each.get("file_name")),
                author=building.person(each.get("creator"), "", each.get("creator")),
                created_at=self._times.time_of(words(each.get("creation_time")), "attachments", notes),
                content_type=words(each.get("content_type"))[:100],
                size=building.count(each.get("size")),
            )
            for place, each in enumerate(map(mapping, listing(raw.get("attachments"))), start=1)
        ]


def _type(value: Any) -> str:
    """Newer servers say “defect”, “enhancement” or “task”."""
    name = words(value)[:60].capitalize()
    return "Bug" if name in {"", "Defect"} else name


def _person(raw: dict[str, Any], name: str) -> Person | None:
    """Somebody by what is told of them in detail, else by their login."""
    detail = mapping(raw.get(f"{name}_detail"))
    login = words(detail.get("name") or detail.get("email") or raw.get(name))
    if not login or login == "nobody@mozilla.org":
        return None
    address = words(detail.get("email")) or (login if "@" in login else "")
    return building.person(detail.get("real_name") or login, address, login)


def _watchers(raw: dict[str, Any]) -> list[Person]:
    details = {words(mapping(each).get("name")): each for each in listing(raw.get("cc_detail"))}
    logins = [words(each) for each in listing(raw.get("cc"))] or list(details)
    people = [_person({"cc": login, "cc_detail": details.get(login)}, "cc") for login in logins]
    return [each for each in people if each is not None]


def _custom(raw: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in {"Severity": raw.get("severity"), **raw}.items():
        called = "Severity" if name == "Severity" else _NAMES.get(name)
        if called is None and name.startswith("cf_") and name != "cf_last_resolved":
            called = name.removeprefix("cf_").replace("_", " ").capitalize()
        if called is None:
            continue
        if isinstance(value, list):
            listed = [chosen for each in value if (chosen := bugzilla.chosen(words(each)))]
            if listed:
                found[called[:60]] = listed
        elif isinstance(value, str) and bugzilla.chosen(value):
            found[called[:60]] = clean(value).strip()
    return found
