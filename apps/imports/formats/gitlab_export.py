"""The export of a GitLab project, unpacked: the files of its folder `tree/project`, one thing a line; or, as GitLab
wrote it before version 13, all of them in one `project.json`.

It names hardly anybody: people are numbers, except where they commented. So the file is looked through once for the
names of those who did; everybody else is called by their number. It has no ids of comments either: when and by whom
they were made stands in.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.formats import building, gitlab
from apps.imports.formats.base import Format, Sample
from apps.imports.formats.building import listing, mapping
from apps.imports.formats.values import (
    Repeats,
    later,
    minutes_of_seconds,
    moment,
    one_line,
    place_of,
    text_or_nothing,
    whole,
)
from apps.imports.moments import Reader, points_of, zone_of
from apps.imports.reading.objects import Element, read_documents, read_objects
from apps.imports.records import (
    AttachmentRecord,
    CommentRecord,
    IssueRecord,
    LeftOut,
    Person,
    ProjectRecord,
    Row,
    Unreadable,
    WorkLogRecord,
)
from apps.imports.texts import Notes, names_of, title_of, words
from apps.projects.models import Status

_ISSUE = {"iid", "author_id", "project_id", "title"}
_LABEL = {"title", "color", "priorities"}
_MILESTONE = {"title", "iid", "start_date", "due_date", "state"}
# What only the project itself has.
_PROJECT = {"visibility_level", "archived"}
_PLACES = ("labels.item", "milestones.item", "issues.item", "merge_requests.item")
_MOST_PEOPLE = 50_000
_LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)


class GitLabExport(Format):
    """`issues.ndjson`, `labels.ndjson` and `milestones.ndjson` of a project's export, or its `project.json`."""

    name = "gitlab-export"
    source = gitlab.SOURCE
    label = "GitLab (project export)"

    def recognises(self, sample: Sample) -> bool:
        """By the first line: an issue, label or milestone of a project that is a number; or the project itself."""
        paths = sample.json_paths
        if paths >= _PROJECT:
            return True
        is_milestone = paths >= _MILESTONE and bool({"project_id", "group_id"} & paths)
        return "web_url" not in paths and (paths >= _ISSUE or paths >= _LABEL or (is_milestone and "id" not in paths))

    def read(self, upload: Upload, choices: Choices) -> Iterator[Row]:
        """One issue, label or milestone a row."""
        reader = _Export(choices, _names(upload))
        element = None
        for element in _elements(upload):
            content = Unreadable("", element.fault) if element.fault else reader.content(element.content)
            yield Row(f"{upload.name}:{element.number}", element.size, content)
        if element is None:
            reason = "There is only the project itself in this file. Hand in issues.ndjson, which stands beside it."
            yield Row(f"{upload.name}:1", 0, Unreadable("issues", reason))


def _elements(upload: Upload) -> Iterator[Element]:
    """Everything that the file holds, whichever way it was written."""
    if Sample(upload).json_paths >= _PROJECT:
        return read_objects(upload, *_PLACES)
    return read_documents(upload)


def _names(upload: Upload) -> dict[int, str]:
    """The names of those who commented, by their numbers."""
    found: dict[int, str] = {}
    for element in _elements(upload):
        for note in map(mapping, listing(mapping(element.content).get("notes"))):
            number, name = whole(note.get("author_id")), words(mapping(note.get("author")).get("name"))
            if number is not None and name and len(found) < _MOST_PEOPLE:
                found.setdefault(number, name)
    return found


class _Export:
    def __init__(self, choices: Choices, names: dict[int, str]) -> None:
        self._times = Reader(zone_of(choices))
        self._keys = building.ProjectKeys()
        self._repeats = Repeats()
        self._names = names

    def content(self, raw: Any) -> Any:
        """What a line is."""
        if not isinstance(raw, dict):
            return Unreadable("", "This is no issue of GitLab, but a value of another kind.")
        if "source_branch" in raw:
            return LeftOut("merge request")
        if "author_id" not in raw and ("color" in raw or "start_date" in raw):
            return self._about(raw)
        record = self._issue(raw)
        return record if isinstance(record, Unreadable) else self._repeats.or_content(raw, record)

    def _about(self, raw: dict[str, Any]) -> ProjectRecord | Unreadable:
        name = gitlab.name_of_project(raw)
        project = ProjectRecord(key=self._keys.of(name), name=name)
        if "color" in raw:
            project.labels = names_of([raw.get("title")], "title", [])
        else:
            project.versions = gitlab.milestone(raw, self._times, [])
        if not project.labels and not project.versions:
            return Unreadable("title", "The label or milestone has no title. Give it one there and export it again.")
        return project

    def _issue(self, raw: dict[str, Any]) -> IssueRecord | Unreadable:
        number = whole(raw.get("iid"))
        if number is None:
            return gitlab.no_number(raw.get("iid"))
        notes: Notes = []
        name = gitlab.name_of_project(raw)
        external_id = gitlab.id_of(raw.get("project_id"), number)
        created_at = moment(raw.get("created_at"), self._times, "created_at", notes)
        updated_at = moment(raw.get("updated_at"), self._times, "updated_at", notes)
        closed_at = moment(raw.get("closed_at"), self._times, "closed_at", notes)
        reporter = self._person(raw.get("author_id"))
        text, overflow = building.text_with_overflow(
            text_or_nothing(raw.get("description"), "description", notes),
            "description",
            notes,
            str,
            external_id=external_id,
            author=reporter,
            created_at=created_at,
        )
        resolution = gitlab.resolution_of(raw)
        status, category = gitlab.standing(raw.get("state"), resolution, notes)
        assignees = [self._person(mapping(each).get("user_id")) for each in listing(raw.get("issue_assignees"))]
        assignee, further = building.one_assignee(
            list(dict.fromkeys(each for each in assignees if each is not None)), "issue_assignees", notes
        )
        type_name, level = gitlab.type_of(raw)
        labels = [
            mapping(mapping(each).get("label")).get("title")
            for each in listing(raw.get("label_links")) or [{"label": each} for each in listing(raw.get("labels"))]
        ]
        record = IssueRecord(
            external_id=external_id,
            key=f"#{number}",
            number=number,
            project_key=self._keys.of(name),
            project_name=name,
            title=title_of(raw.get("title"), f"#{number}", notes, "title"),
            text=text,
            type_name=type_name,
            level=level,
            status_name=status,
            category=category,
            resolution=resolution,
            labels=names_of(labels, "labels", notes),
            fix_versions=gitlab.milestone(raw.get("milestone"), self._times, notes),
            sprints=gitlab.iteration(raw.get("iteration"), self._times, notes),
            points=points_of(gitlab.numeric(raw.get("weight")), "weight", notes),
            estimate_minutes=minutes_of_seconds(raw.get("time_estimate"), "time_estimate", notes),
            due_date=gitlab.day(raw.get("due_date"), self._times, "due_date", notes),
            reporter=reporter,
            assignee=assignee,
            watchers=further,
            comments=[*overflow, *self._comments(raw, external_id, notes)],
            attachments=self._designs(raw, external_id),
            work_logs=self._work_logs(raw, external_id, notes),
            custom=gitlab.custom_of(raw),
            place=place_of(raw.get("relative_position")),
            created_at=created_at,
            updated_at=later(updated_at, created_at),
            resolved_at=closed_at if category in Status.CLOSED else None,
            notes=notes,
        )
        gitlab.guard(record, raw.get("confidential") is True)
        return record

    def _person(self, value: Any) -> Person | None:
        number = whole(value)
        if number is None:
            return None
        called = f"GitLab user {number}"
        return Person(handle=called, name=self._names.get(number, called)[:120])

    def _comments(self, raw: dict[str, Any], issue_id: str, notes: Notes) -> list[CommentRecord]:
        found: list[CommentRecord] = []
        taken: dict[str, int] = {}
        of_itself = empty = internal = 0
        for each in map(mapping, listing(raw.get("notes"))):
            if each.get("system") is True:
                of_itself += 1
                continue
            author = self._person(each.get("author_id"))
            stand_in = f"{issue_id}/{one_line(each.get('created_at'), 30)}/{one_line(each.get('author_id'), 20)}"[:92]
            taken[stand_in] = taken.get(stand_in, 0) + 1
            made = building.comment(
                text_or_nothing(each.get("note"), "notes", notes),
                notes,
                str,
                external_id=stand_in if taken[stand_in] == 1 else f"{stand_in}~{taken[stand_in]}",
                author=author,
                created_at=moment(each.get("created_at"), self._times, "notes", notes),
            )
            empty += not made
            internal += bool(made) and True in (each.get("confidential"), each.get("internal"))
            found += made
        if of_itself:
            notes.append(("notes", f"{of_itself} note(s) by GitLab itself, on what was changed, were left out."))
        if empty:
            notes.append(("notes", f"{empty} comment(s) without text were left out."))
        if internal:
            notes.append(("notes", f"{internal} comment(s) were internal; everybody in the project reads them here."))
        # Those of one moment stay as they came; of those without a time nobody knows more than that they are there.
        return sorted(found, key=lambda comment: comment.created_at or _LONG_AGO)

    def _work_logs(self, raw: dict[str, Any], issue_id: str, notes: Notes) -> list[WorkLogRecord]:
        found = []
        for place, each in enumerate(map(mapping, listing(raw.get("timelogs"))), start=1):
            minutes = minutes_of_seconds(each.get("time_spent"), "timelogs", notes)
            created_at = moment(each.get("created_at"), self._times, "timelogs", notes)
            spent_on: date | None = gitlab.day(each.get("spent_at"), self._times, "timelogs", notes)
            spent_on = spent_on or (created_at.date() if created_at is not None else None)
            if minutes is None:
                continue
            if spent_on is None:
                notes.append(("timelogs", f"{minutes} minute(s) of work have no day and were left out."))
                continue
            found.append(
                WorkLogRecord(
                    external_id=f"{issue_id}/timelog/{place}",
                    author=self._person(each.get("user_id")),
                    minutes=minutes,
                    day=spent_on,
                    note=words(each.get("summary"))[:500],
                    created_at=created_at,
                )
            )
        return found

    @staticmethod
    def _designs(raw: dict[str, Any], issue_id: str) -> list[AttachmentRecord]:
        """Pictures of a design hang on an issue as files do."""
        return [
            AttachmentRecord(
                external_id=f"{issue_id}/design/{place}", name=building.file_name(mapping(each).get("filename"))
            )
            for place, each in enumerate(listing(raw.get("designs")), start=1)
        ]
