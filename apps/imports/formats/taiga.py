"""Taiga's export of a project: one JSON document with its epics, user stories, tasks and issues.

What is said of a thing elsewhere (which statuses close, what points are worth, whose epic a story is) is looked up in
a first pass. Refs are counted through a project, so a thing's id is the project's slug and its ref.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.formats import building
from apps.imports.formats.base import Format, Sample
from apps.imports.formats.building import listing, mapping
from apps.imports.moments import MOST_POINTS, Reader, zone_of
from apps.imports.reading.parts import read_parts
from apps.imports.records import (
    AttachmentRecord,
    CommentRecord,
    Content,
    IssueRecord,
    LeftOut,
    Level,
    LinkRecord,
    Person,
    ProjectRecord,
    Ref,
    Relation,
    Row,
    SprintRecord,
    SprintState,
    Unreadable,
)
from apps.imports.texts import Notes, clean, names_of, title_of, words
from apps.projects.models import Status

_EPICS, _STORIES, _TASKS, _ISSUES = "epics.item", "user_stories.item", "tasks.item", "issues.item"
_STATUSES = {
    _EPICS: "epic_statuses.item",
    _STORIES: "us_statuses.item",
    _TASKS: "task_statuses.item",
    _ISSUES: "issue_statuses.item",
}
_WIKI = "wiki_pages.item"
_FILE = "attachments.item.attached_file.data"
_TELLING = {"is_backlog_activated", "is_kanban_activated", "us_statuses", "userstories_csv_uuid", "total_story_points"}


class Taiga(Format):
    """What a project's settings export under “Export”."""

    name = "taiga"
    source = "taiga"
    label = "Taiga"

    def recognises(self, sample: Sample) -> bool:
        """By what only Taiga says of a project."""
        return "slug" in sample.json_paths and len(_TELLING & sample.json_paths) > 1

    def read(self, upload: Upload, choices: Choices) -> Iterator[Row]:
        """What is told of the project first, then a row for each epic, story, task and issue."""
        project = _Project(upload, choices)
        yield Row(f"{upload.name}:project", 0, project.record())
        for part in read_parts(upload, {_EPICS, _STORIES, _TASKS, _ISSUES, _WIKI}, _FILE):
            name = f"{upload.name}:{part.place.removesuffix('.item') or 'document'}/{part.number or 'end'}"
            content: Content
            if part.fault:
                content = Unreadable("", part.fault)
            elif part.place == _WIKI:
                content = LeftOut(_("wiki page"))
            else:
                content = project.issue(part.place, part.content)
            yield Row(name, part.size, content)


@dataclass(slots=True)
class _Known:
    """What the first pass finds."""

    slug: str = ""
    name: str = ""
    points: dict[str, Decimal] = field(default_factory=dict)
    # By the place of what has it: name → whether it closes.
    statuses: dict[str, dict[str, bool]] = field(default_factory=dict)
    sprints: dict[str, SprintRecord] = field(default_factory=dict)
    epics: dict[str, str] = field(default_factory=dict)


class _Project:
    def __init__(self, upload: Upload, choices: Choices) -> None:
        self._times = Reader(zone_of(choices))
        self._known = _Known()
        of_statuses = {found: place for place, found in _STATUSES.items()}
        places = {"slug", "name", "points.item", "milestones.item", _EPICS, *of_statuses}
        for part in read_parts(upload, places, _FILE):
            if part.fault:
                # The second pass tells it.
                continue
            if part.place in of_statuses:
                raw = mapping(part.content)
                closes = self._known.statuses.setdefault(of_statuses[part.place], {})
                closes[words(raw.get("name"))] = raw.get("is_closed") is True
            else:
                self._learn(part.place, part.content)
        name = self._known.name or self._known.slug
        self._key = building.ProjectKeys().of(name)
        self._name = name or self._key

    def _learn(self, place: str, content: Any) -> None:
        raw = mapping(content)
        match place:
            case "slug":
                self._known.slug = words(content)[:60]
            case "name":
                self._known.name = words(content)[:120]
            case "points.item":
                value = raw.get("value")
                if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < MOST_POINTS:
                    self._known.points[words(raw.get("name"))] = Decimal(str(value))
            case "milestones.item" if words(raw.get("name")):
                sprint = self._sprint(raw)
                self._known.sprints[sprint.name] = sprint
            case _:
                epic = building.identifier(raw.get("ref"))
                for each in map(mapping, listing(raw.get("related_user_stories"))):
                    if not each.get("source_project_slug"):
                        self._known.epics.setdefault(building.identifier(each.get("user_story")), epic)

    def _sprint(self, raw: dict[str, Any]) -> SprintRecord:
        untold: Notes = []
        is_closed = raw.get("closed") is True
        ends_at = self._times.time_of(words(raw.get("estimated_finish")), "milestones", untold)
        return SprintRecord(
            name=words(raw.get("name"))[:60],
            external_id=f"{self._known.slug}/{words(raw.get('slug')) or words(raw.get('name'))}"[: building.ID_LENGTH],
            state=SprintState.COMPLETED if is_closed else None,
            started_at=self._times.time_of(words(raw.get("estimated_start")), "milestones", untold),
            ends_at=ends_at,
            completed_at=ends_at if is_closed else None,
        )

    def record(self) -> ProjectRecord:
        """The project itself, with its sprints."""
        return ProjectRecord(key=self._key, name=self._name, sprints=list(self._known.sprints.values()))

    def issue(self, place: str, content: Any) -> IssueRecord | Unreadable:
        """An epic, story, task or issue."""
        raw = mapping(content)
        number = raw.get("ref")
        if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 10**9:
            return Unreadable("ref", "There is no number of it in its project.")
        notes: Notes = []
        external_id = self._id(number)
        owner = _person(raw.get("owner"))
        created_at = self._times.time_of(words(raw.get("created_date")), "created_date", notes)
        updated_at = self._times.time_of(words(raw.get("modified_date")), "modified_date", notes)
        finished = words(raw.get("finish_date") or raw.get("finished_date"))
        text, overflow = building.text_with_overflow(
            raw.get("description"),
            "description",
            notes,
            str,
            external_id=external_id,
            author=owner,
            created_at=created_at,
        )
        status = words(raw.get("status"))[:60]
        is_closed = self._known.statuses.get(place, {}).get(status, raw.get("is_closed") is True)
        sprint = self._known.sprints.get(words(raw.get("milestone"))[:60])
        type_name, level = _kind(place, raw)
        return IssueRecord(
            external_id=external_id,
            key=str(number),
            number=number,
            project_key=self._key,
            project_name=self._name,
            title=title_of(raw.get("subject"), str(number), notes, "subject"),
            text=text,
            type_name=type_name,
            level=level,
            status_name=status,
            category=Status.Category.DONE if is_closed else None,
            priority_name=words(raw.get("priority"))[:60],
            labels=names_of([_tag(each) for each in listing(raw.get("tags"))], "tags", notes),
            sprints=[sprint] if sprint is not None else [],
            points=self._points(raw, notes),
            due_date=self._times.date_of(words(raw.get("due_date")), "due_date", notes),
            reporter=owner,
            assignee=_person(raw.get("assigned_to")),
            watchers=_watchers(raw),
            parent=self._parent(place, raw, number),
            links=self._links(raw),
            comments=[*overflow, *self._comments(raw, external_id, notes)],
            attachments=self._attachments(raw, external_id, notes),
            custom=_custom(raw),
            place=_place(raw),
            created_at=created_at,
            updated_at=max(updated_at, created_at) if updated_at and created_at else updated_at or created_at,
            resolved_at=self._times.time_of(finished, "finish_date", notes) if is_closed else None,
            notes=notes,
        )

    def _id(self, number: Any) -> str:
        return f"{self._known.slug}/{number}"[: building.ID_LENGTH]

    def _ref(self, value: Any) -> Ref | None:
        number = building.identifier(value)
        return Ref(external_id=self._id(number), key=number) if number else None

    def _parent(self, place: str, raw: dict[str, Any], number: int) -> Ref | None:
        """A task is its story's, a story its epic's."""
        if place == _TASKS:
            return self._ref(raw.get("user_story"))
        return self._ref(self._known.epics.get(str(number))) if place == _STORIES else None

    def _links(self, raw: dict[str, Any]) -> list[LinkRecord]:
        """What a story was made of."""
        made_of = [self._ref(raw.get(name)) for name in ("generated_from_issue", "generated_from_task")]
        return [LinkRecord(Relation.RELATES, target, "generated from") for target in made_of if target is not None]

    def _points(self, raw: dict[str, Any], notes: Notes) -> Decimal | None:
        """The points of all roles together; None where every role has yet to say."""
        names = [words(mapping(each).get("points")) for each in listing(raw.get("role_points"))]
        values = [self._known.points[name] for name in names if name in self._known.points]
        total = sum(values, start=Decimal(0))
        if total >= MOST_POINTS:
            notes.append(("role_points", f"{total} points are more than can be kept and were left out."))
            return None
        return round(total, 2) if values else None

    def _comments(self, raw: dict[str, Any], external_id: str, notes: Notes) -> list[CommentRecord]:
        """What was said in the history; the rest of it tells what was changed. Deleted comments stay deleted."""
        said = [
            each
            for each in map(mapping, listing(raw.get("history")))
            if words(each.get("comment")) and not each.get("delete_comment_date")
        ]
        said.sort(key=lambda each: words(each.get("created_at")))
        return [
            record
            for place, each in enumerate(said, start=1)
            for record in building.comment(
                each.get("comment"),
                notes,
                str,
                external_id=f"{external_id[:80]}/comment/{place}",
                author=_person(each.get("user")),
                created_at=self._times.time_of(words(each.get("created_at")), "history", notes),
            )
        ]

    def _attachments(self, raw: dict[str, Any], external_id: str, notes: Notes) -> list[AttachmentRecord]:
        found = []
        for place, each in enumerate(map(mapping, listing(raw.get("attachments"))), start=1):
            file = mapping(each.get("attached_file"))
            # Of the file itself, only the length of its text was kept.
            length, size = building.count(file.get("data")), building.count(each.get("size"))
            found.append(
                AttachmentRecord(
                    external_id=f"{external_id[:80]}/file/{place}",
                    name=building.file_name(each.get("name") or file.get("name")),
                    author=_person(each.get("owner")),
                    created_at=self._times.time_of(words(each.get("created_date")), "attachments", notes),
                    size=length * 3 // 4 if size is None and length is not None else size,
                )
            )
        return found


def _kind(place: str, raw: dict[str, Any]) -> tuple[str, Level]:
    match place:
        case "epics.item":
            return "Epic", Level.EPIC
        case "tasks.item":
            # What a project here calls a task stands beside stories, as a task of no story does.
            return ("Subtask", Level.SUBTASK) if raw.get("user_story") else ("Task", Level.STANDARD)
        case "issues.item":
            return words(raw.get("type"))[:60] or "Issue", Level.STANDARD
        case _:
            return "User story", Level.STANDARD


def _person(value: Any) -> Person | None:
    """An address, or (in the history) an address and a name."""
    if isinstance(value, list):
        address, name = [*value, "", ""][:2]
        return building.person(name, address if "@" in words(address) else "")
    return building.person(value, value if "@" in words(value) else "")


def _watchers(raw: dict[str, Any]) -> list[Person]:
    others = [each for each in listing(raw.get("assigned_users")) if each != raw.get("assigned_to")]
    people = [_person(each) for each in [*listing(raw.get("watchers")), *others]]
    return list(dict.fromkeys(each for each in people if each is not None))


def _tag(value: Any) -> Any:
    """A tag is a word, or a word and its colour."""
    return value[0] if isinstance(value, list) and value else value


def _place(raw: dict[str, Any]) -> str:
    for name in ("backlog_order", "us_order", "epics_order"):
        order = building.count(raw.get(name))
        if order is not None:
            return f"{order:020d}"
    return ""


def _custom(raw: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in mapping(raw.get("custom_attributes_values")).items():
        called = words(name)[:60]
        if not called or isinstance(value, bool | dict | list) or value in (None, ""):
            continue
        found[called] = Decimal(str(value)) if isinstance(value, int | float) else clean(str(value)).strip()
    if words(raw.get("severity")):
        found.setdefault("Severity", words(raw.get("severity"))[:60])
    if raw.get("is_blocked") is True:
        found.setdefault("Blocked", clean(str(raw.get("blocked_note") or "")).strip() or "yes")
    return found
