"""GitLab's issues as its REST interface lists them, and what the readers of its other exports share.

An issue is known again by its project and its number there (“4#30”, for the CSV “group/project#30”), which the export
of a project has as well as the interface, while ids proper are missing from it. A milestone becomes a version and an
iteration a sprint: milestones may be open together, overlap and have no dates, as releases do and sprints do not, and
a CSV does not tell their dates; so one project reads the same from each of its exports.
"""

import re
from collections.abc import Iterator
from typing import Any

from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.formats import building
from apps.imports.formats.base import Format, Sample
from apps.imports.formats.building import listing, mapping
from apps.imports.formats.values import (
    Repeats,
    later,
    minutes_of_seconds,
    moment,
    one_line,
    text_or_nothing,
    whole,
)
from apps.imports.moments import Reader, points_of, zone_of
from apps.imports.reading.objects import read_documents
from apps.imports.records import IssueRecord, Level, Person, Row, SprintRecord, SprintState, Unreadable
from apps.imports.records import VersionRecord as Version
from apps.imports.texts import Notes, clean, names_of, said, title_of, words
from apps.projects.models import Status

SOURCE = "gitlab"
CONFIDENTIAL = "confidential"
_PATH = re.compile(r"https?://[^/\s]+/(.{1,200}?)/(?:-/)?(?:issues|work_items|milestones)/\d+.*")
_TYPES = {
    "": ("", None),
    "issue": ("", None),
    "incident": ("Incident", Level.STANDARD),
    "task": ("Task", Level.STANDARD),
    "test_case": ("Test case", Level.STANDARD),
    "epic": ("Epic", Level.EPIC),
}
_ITERATIONS = {1: SprintState.PLANNED, 2: SprintState.ACTIVE, 3: SprintState.COMPLETED}


class GitLab(Format):
    """Lists of issues, as `/projects/…/issues` gives them."""

    name = "gitlab"
    source = SOURCE
    label = "GitLab"

    def recognises(self, sample: Sample) -> bool:
        """By what every issue of GitLab bears."""
        paths = {path.removeprefix("item.") for path in sample.json_paths}
        return {"iid", "project_id", "web_url", "author", "title"} <= paths and "target_branch" not in paths

    def read(self, upload: Upload, choices: Choices) -> Iterator[Row]:
        """One issue a row."""
        issues = _Issues(choices)
        for element in read_documents(upload):
            content = Unreadable("", element.fault) if element.fault else issues.content(element.content)
            yield Row(f"{upload.name}:{element.number}", element.size, content)


class _Issues:
    def __init__(self, choices: Choices) -> None:
        self._times = Reader(zone_of(choices))
        self._keys = building.ProjectKeys()
        self._repeats = Repeats()

    def content(self, raw: Any) -> Any:
        """What an object of the list is."""
        if not isinstance(raw, dict):
            return Unreadable("", "This is no issue of GitLab, but a value of another kind.")
        record = self._issue(raw)
        return record if isinstance(record, Unreadable) else self._repeats.or_content(raw, record)

    def _issue(self, raw: dict[str, Any]) -> IssueRecord | Unreadable:
        number = whole(raw.get("iid"))
        if number is None:
            return no_number(raw.get("iid"))
        notes: Notes = []
        path = path_of(raw.get("web_url"))
        name = path.rpartition("/")[2] or name_of_project(raw)
        external_id = id_of(raw.get("project_id"), number)
        created_at = moment(raw.get("created_at"), self._times, "created_at", notes)
        updated_at = moment(raw.get("updated_at"), self._times, "updated_at", notes)
        closed_at = moment(raw.get("closed_at"), self._times, "closed_at", notes)
        reporter = person(raw.get("author"))
        text, overflow = building.text_with_overflow(
            text_or_nothing(raw.get("description"), "description", notes),
            "description",
            notes,
            str,
            external_id=external_id,
            author=reporter,
            created_at=created_at,
        )
        times = mapping(raw.get("time_stats"))
        resolution = resolution_of(raw)
        status, category = standing(raw.get("state"), resolution, notes)
        people = [person(each) for each in listing(raw.get("assignees")) or [raw.get("assignee")]]
        assignee, further = building.one_assignee(
            list(dict.fromkeys(each for each in people if each is not None)), "assignees", notes
        )
        type_name, level = type_of(raw)
        labels = [mapping(each).get("name") if isinstance(each, dict) else each for each in listing(raw.get("labels"))]
        record = IssueRecord(
            external_id=external_id,
            key=f"{path}#{number}"[-building.ID_LENGTH :],
            number=number,
            project_key=self._keys.of(name),
            project_name=name[:120],
            title=title_of(raw.get("title"), f"#{number}", notes, "title"),
            text=text,
            type_name=type_name,
            level=level,
            status_name=status,
            category=category,
            resolution=resolution,
            labels=names_of(labels, "labels", notes),
            fix_versions=milestone(raw.get("milestone"), self._times, notes),
            sprints=iteration(raw.get("iteration"), self._times, notes),
            points=points_of(numeric(raw.get("weight")), "weight", notes),
            estimate_minutes=minutes_of_seconds(times.get("time_estimate"), "time_estimate", notes),
            spent_minutes=minutes_of_seconds(times.get("total_time_spent"), "time_stats", notes),
            due_date=day(raw.get("due_date"), self._times, "due_date", notes),
            start_date=day(raw.get("start_date"), self._times, "start_date", notes),
            reporter=reporter,
            assignee=assignee,
            watchers=further,
            comments=overflow,
            custom=custom_of(raw),
            created_at=created_at,
            updated_at=later(updated_at, created_at),
            resolved_at=closed_at if category in Status.CLOSED else None,
            notes=notes,
        )
        guard(record, raw.get("confidential") is True)
        count = raw.get("user_notes_count")
        if isinstance(count, int) and count > 0:
            notes.append(
                (
                    "user_notes_count",
                    f"{count} comment(s) are not in this file; its notes and the project's export have them.",
                )
            )
        return record


def id_of(project: Any, number: int) -> str:
    """By what an issue is known again, in all that calls projects by their numbers."""
    return f"{one_line(project, 80)}#{number}"


def no_number(value: Any) -> Unreadable:
    """The answer to an issue that lacks what it cannot be without."""
    return Unreadable("iid", f"“{said(value)}” is no number of an issue. Export the project again.")


def name_of_project(raw: dict[str, Any]) -> str:
    """What a project is called of which an export only tells the number."""
    number = whole(raw.get("project_id"))
    return f"GitLab {number}" if number is not None else "GitLab"


def path_of(address: Any) -> str:
    """The project's path (“group/project”) in the address of one of its issues, or ""."""
    found = _PATH.fullmatch(words(address)[:1000])
    return found[1] if found is not None else ""


def numeric(value: Any) -> int | float | str | None:
    """A number, or a text that may be one; a note shows anything else as such."""
    return value if value is None or (isinstance(value, int | float | str) and not isinstance(value, bool)) else "…"


def day(value: Any, times: Reader, field: str, notes: Notes) -> Any:
    """The day of a date or a moment; anything else is told and left out."""
    found = moment(value, times, field, notes)
    return found.date() if found is not None else None


def type_of(raw: dict[str, Any]) -> tuple[str, Level | None]:
    """Name and level of the type: plain issues are of the project's usual one."""
    kind = mapping(raw.get("work_item_type")).get("base_type") or raw.get("issue_type") or raw.get("type")
    name = words(kind).lower()
    return _TYPES.get(name, (name.replace("_", " ").capitalize()[:60], Level.STANDARD))


def resolution_of(raw: dict[str, Any]) -> str:
    """Why an issue was closed, as far as GitLab says."""
    if raw.get("duplicated_to_id"):
        return "Duplicate"
    return "Moved" if raw.get("moved_to_id") else ""


def standing(state: Any, resolution: str, notes: Notes) -> tuple[str, Status.Category]:
    """Status and category."""
    word = words(state).lower()
    if word == "closed":
        if resolution:
            return f"Closed as {resolution.lower()}", Status.Category.CANCELLED
        return "Closed", Status.Category.DONE
    if word not in ("opened", "open", "reopened"):
        notes.append(("state", f"“{said(state)}” is neither open nor closed; it counts as open."))
    return "Open", Status.Category.TODO


def milestone(value: Any, times: Reader, notes: Notes) -> list[Version]:
    """A milestone as the version that it becomes; it is out once it is closed."""
    raw = mapping(value)
    names = names_of([raw.get("title")], "milestone", notes)
    return [
        Version(
            name=name,
            description=clean(raw["description"])[:2000] if isinstance(raw.get("description"), str) else "",
            start_date=day(raw.get("start_date"), times, "milestone", notes),
            release_date=day(raw.get("due_date"), times, "milestone", notes),
            is_released=words(raw.get("state")).lower() == "closed",
        )
        for name in names
    ]


def iteration(value: Any, times: Reader, notes: Notes) -> list[SprintRecord]:
    """An iteration as the sprint that it becomes. Most have no title; then their dates name them."""
    raw = mapping(value)
    number = whole(raw.get("id")) or whole(raw.get("iid"))
    starts_at = moment(raw.get("start_date"), times, "iteration", notes)
    ends_at = moment(raw.get("due_date"), times, "iteration", notes)
    name = words(raw.get("title")) or (f"Iteration {starts_at:%Y-%m-%d}" if starts_at else "")
    if not name:
        return []
    state = raw.get("state")
    return [
        SprintRecord(
            name=name[:80],
            external_id=str(number or ""),
            state=_ITERATIONS.get(state) if isinstance(state, int) else None,
            started_at=starts_at,
            ends_at=ends_at,
        )
    ]


def custom_of(raw: dict[str, Any]) -> dict[str, Any]:
    """What has no place here but in fields of the project's own."""
    epic = mapping(raw.get("epic"))
    found = {
        "Epic": words(epic.get("title"))[:255],
        "Health status": words(raw.get("health_status")).replace("_", " ").capitalize()[:60],
        "Severity": words(raw.get("severity")).capitalize()[:60],
    }
    return {name: value for name, value in found.items() if value and value != "Unknown"}


def guard(record: IssueRecord, is_confidential: bool) -> None:
    """Mark what fewer people could see there than will here."""
    if is_confidential:
        record.labels = list(dict.fromkeys([*record.labels, CONFIDENTIAL]))
        record.notes.append(
            (CONFIDENTIAL, f"It was confidential; everybody in the project sees it here, labelled “{CONFIDENTIAL}”.")
        )


def person(value: Any) -> Person | None:
    """Somebody as the interface names them."""
    raw = mapping(value)
    return building.person(raw.get("name"), raw.get("public_email") or raw.get("email"), raw.get("username"))
