"""Issues as Redmine's REST interface gives them: a list, or one with its journals, files, relations and children."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.formats import building
from apps.imports.formats.base import Format, Sample
from apps.imports.formats.building import listing, mapping
from apps.imports.guessing import category_of
from apps.imports.markup import html, textile
from apps.imports.moments import Reader, minutes_of, zone_of
from apps.imports.reading.objects import read_objects
from apps.imports.records import (
    AttachmentRecord,
    CommentRecord,
    IssueRecord,
    LinkRecord,
    Person,
    Ref,
    Relation,
    Row,
    Unreadable,
    VersionRecord,
)
from apps.imports.texts import Notes, clean, names_of, title_of, words
from apps.projects.models import Status

# What a relation says of the issue that it starts from, and of the one that it leads to.
_RELATIONS = {
    "blocks": (Relation.BLOCKS, Relation.BLOCKED_BY),
    "blocked": (Relation.BLOCKED_BY, Relation.BLOCKS),
    "precedes": (Relation.BLOCKS, Relation.BLOCKED_BY),
    "follows": (Relation.BLOCKED_BY, Relation.BLOCKS),
    "duplicates": (Relation.DUPLICATES, Relation.DUPLICATED_BY),
    "duplicated": (Relation.DUPLICATED_BY, Relation.DUPLICATES),
}
_IS_HTML = re.compile(r"\s*<(?:p|div|ul|ol|h[1-6]|table)\b", re.IGNORECASE)
_NEEDED = ("subject", "tracker")
# Nobody works longer; what a document claims beyond it could not be rounded.
_MOST_HOURS = 10**9


class RedmineRest(Format):
    """What `/issues.json` and `/issues/7.json` answer."""

    name = "redmine-rest"
    source = "redmine"
    label = "Redmine (REST)"

    def recognises(self, sample: Sample) -> bool:
        """By subjects and trackers in the place for issues."""
        paths = sample.json_paths
        return any(all(f"{place}.{name}" in paths for name in _NEEDED) for place in ("issues.item", "issue"))

    def read(self, upload: Upload, choices: Choices) -> Iterator[Row]:
        """One issue of the list a row, or the one there is."""
        reader = _Issues(choices)
        is_one = "issue.subject" in Sample(upload).json_paths
        for element in read_objects(upload, "issue" if is_one else "issues.item"):
            content = Unreadable("", element.fault) if element.fault else reader.issue(element.content)
            yield Row(f"{upload.name}:{element.number}", element.size, content)


def to_markdown(text: str) -> str:
    """A text of Redmine's as Markdown: it may be Textile, Markdown, or HTML of an editor, as the server is set."""
    if _IS_HTML.match(text):
        return html.to_markdown(text)
    return textile.to_markdown(text) if "<pre>" in text or textile.is_textile(text) else text


class _Issues:
    def __init__(self, choices: Choices) -> None:
        self._times = Reader(zone_of(choices))
        self._keys = building.ProjectKeys()

    def issue(self, content: Any) -> IssueRecord | Unreadable:
        """An object of the list as an issue."""
        raw = mapping(content)
        number = raw.get("id")
        if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 10**9:
            return Unreadable("id", "There is no number of an issue.")
        notes: Notes = []
        key = str(number)
        author = _person(raw.get("author"))
        created_at = self._times.time_of(words(raw.get("created_on")), "created_on", notes)
        updated_at = self._times.time_of(words(raw.get("updated_on")), "updated_on", notes)
        text, overflow = building.text_with_overflow(
            raw.get("description"),
            "description",
            notes,
            to_markdown,
            external_id=key,
            author=author,
            created_at=created_at,
        )
        project = words(mapping(raw.get("project")).get("name"))[:120]
        version = words(mapping(raw.get("fixed_version")).get("name"))
        parent = building.identifier(mapping(raw.get("parent")).get("id"))
        if raw.get("is_private") is True:
            notes.append(("is_private", "It was private there; here everybody in the project sees it."))
        status = mapping(raw.get("status"))
        record = IssueRecord(
            external_id=key,
            key=key,
            number=number,
            project_key=self._keys.of(project),
            project_name=project or self._keys.of(project),
            title=title_of(raw.get("subject"), key, notes, "subject"),
            text=text,
            type_name=words(mapping(raw.get("tracker")).get("name"))[:60],
            status_name=words(status.get("name"))[:60],
            category=Status.Category.DONE if status.get("is_closed") is True else None,
            priority_name=words(mapping(raw.get("priority")).get("name"))[:60],
            components=names_of([mapping(raw.get("category")).get("name")], "category", notes),
            fix_versions=[VersionRecord(name=name) for name in names_of([version], "fixed_version", notes)],
            estimate_minutes=minutes_of(raw.get("estimated_hours"), "estimated_hours", notes),
            start_date=self._times.date_of(words(raw.get("start_date")), "start_date", notes),
            due_date=self._times.date_of(words(raw.get("due_date")), "due_date", notes),
            reporter=author,
            assignee=_person(raw.get("assigned_to")),
            watchers=[found for each in listing(raw.get("watchers")) if (found := _person(each)) is not None],
            parent=Ref(external_id=parent, key=parent) if parent else None,
            links=_links(raw, key),
            comments=[*overflow, *self._comments(raw, notes)],
            attachments=self._attachments(raw, notes),
            custom=_custom(raw),
            created_at=created_at,
            updated_at=max(updated_at, created_at) if updated_at and created_at else updated_at or created_at,
            resolved_at=self._times.time_of(words(raw.get("closed_on")), "closed_on", notes),
            notes=notes,
        )
        # Older servers do not say whether a status closes; having been closed tells where the name does not.
        if record.resolved_at is not None and "is_closed" not in status and category_of(record) is None:
            record.category = Status.Category.DONE
        return record

    def _comments(self, raw: dict[str, Any], notes: Notes) -> list[CommentRecord]:
        """Journals that say something; the others only tell what was changed."""
        found = []
        hidden = 0
        for place, journal in enumerate(map(mapping, listing(raw.get("journals"))), start=1):
            said = building.comment(
                journal.get("notes"),
                notes,
                to_markdown,
                external_id=building.identifier(journal.get("id")) or f"{raw['id']}/journal/{place}",
                author=_person(journal.get("user")),
                created_at=self._times.time_of(words(journal.get("created_on")), "created_on", notes),
            )
            found += said
            hidden += bool(said) and journal.get("private_notes") is True
        if hidden:
            notes.append(("journals", f"{hidden} note(s) were private there; here everybody in the project sees them."))
        return found

    def _attachments(self, raw: dict[str, Any], notes: Notes) -> list[AttachmentRecord]:
        return [
            AttachmentRecord(
                external_id=building.identifier(each.get("id")) or f"{raw['id']}/file/{place}",
                name=building.file_name(each.get("filename")),
                author=_person(each.get("author")),
                created_at=self._times.time_of(words(each.get("created_on")), "attachments", notes),
                content_type=words(each.get("content_type"))[:100],
                size=building.count(each.get("filesize")),
                url=words(each.get("content_url"))[:2000],
            )
            for place, each in enumerate(map(mapping, listing(raw.get("attachments"))), start=1)
        ]


def _person(value: Any) -> Person | None:
    raw = mapping(value)
    return building.person(raw.get("name"), raw.get("mail"), building.identifier(raw.get("login") or raw.get("id")))


def _links(raw: dict[str, Any], key: str) -> list[LinkRecord]:
    """Relations, which name both their ends."""
    found = []
    for each in map(mapping, listing(raw.get("relations"))):
        first, second = building.identifier(each.get("issue_id")), building.identifier(each.get("issue_to_id"))
        kind = words(each.get("relation_type"))
        forth, back = _RELATIONS.get(kind, (Relation.RELATES, Relation.RELATES))
        other, relation = (second, forth) if first == key else (first, back)
        if other and other != key:
            found.append(LinkRecord(relation, Ref(other, other), kind[:60]))
    return found


def _custom(raw: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in map(mapping, listing(raw.get("custom_fields"))):
        name, value = words(each.get("name"))[:60], each.get("value")
        if isinstance(value, list):
            value = [named for one in value if (named := words(str(one)))]
        elif isinstance(value, int | float) and not isinstance(value, bool):
            value = Decimal(str(value))
        elif value is not None:
            value = clean(str(value)).strip()
        if name and value not in (None, "", []):
            found[name] = value
    done = raw.get("done_ratio")
    if isinstance(done, int) and not isinstance(done, bool) and done:
        found["% done"] = Decimal(done)
    spent = raw.get("spent_hours")
    if isinstance(spent, int | float) and not isinstance(spent, bool) and 0 < spent <= _MOST_HOURS:
        found["Spent hours"] = round(Decimal(str(spent)), 2)
    return found
