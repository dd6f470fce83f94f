"""What words of other trackers usually mean. People can choose otherwise (`apps.imports.choices`)."""

from collections.abc import Mapping
from typing import Any

from apps.imports import languages
from apps.imports.choices import Choices
from apps.imports.records import IssueRecord, Level
from apps.issues.models import Priority
from apps.projects.models import Project, Status

# Resolutions that say the work was done; any other one closes an issue without it.
_DONE_RESOLUTIONS = {
    "done", "fixed", "complete", "completed", "resolved", "implemented", "delivered",
    "errata", "currentrelease", "nextrelease", "rawhide", "upstream",
}  # fmt: skip
_DONE_RESOLUTIONS |= languages.DONE_RESOLUTIONS
# Words for that there is none.
_OPEN_RESOLUTIONS = {"unresolved", "none"}
_PRIORITIES = {
    "blocker": Priority.URGENT,
    "highest": Priority.URGENT,
    "critical": Priority.URGENT,
    "urgent": Priority.URGENT,
    "immediate": Priority.URGENT,
    "major": Priority.HIGH,
    "high": Priority.HIGH,
    "medium": Priority.MEDIUM,
    "normal": Priority.MEDIUM,
    "minor": Priority.LOW,
    "low": Priority.LOW,
    "lowest": Priority.LOW,
    "trivial": Priority.LOW,
    "p1": Priority.URGENT,
    "p2": Priority.HIGH,
    "p3": Priority.MEDIUM,
    "p4": Priority.LOW,
    "p5": Priority.LOW,
    "enhancement": Priority.LOW,
    "": Priority.NONE,
    "none": Priority.NONE,
    "no priority": Priority.NONE,
}
_PRIORITIES |= {name: _PRIORITIES[english] for name, english in languages.PRIORITIES.items()}
_CATEGORIES = {
    Status.Category.BACKLOG: {"backlog", "icebox", "triage", "later"},
    Status.Category.TODO: {
        "open", "new", "to do", "todo", "reopened", "ready", "selected for development", "opened", "unconfirmed",
        "confirmed",
    },
    Status.Category.IN_PROGRESS: {
        "in progress", "started", "doing", "in review", "review", "testing", "qa", "in development", "assigned",
        "feedback", "blocked", "on_dev", "on_qa", "verified", "modified", "post",
    },
    Status.Category.DONE: {"done", "closed", "resolved", "complete", "completed", "fixed", "merged", "released"},
    Status.Category.CANCELLED: {
        "cancelled", "canceled", "rejected", "won't fix", "wontfix", "won't do", "duplicate", "invalid", "declined",
    },
}  # fmt: skip
_CATEGORIES = {
    category: names | languages.STATUSES.get(category, frozenset()) for category, names in _CATEGORIES.items()
}
_EPICS = {"epic", "initiative"}
_SUBTASKS = {"sub-task", "subtask", "sub task"}


def template_of(survey: Mapping[str, Any], *, key: str, takes_all: bool) -> str:
    """What a project that is made for an import begins as: where there are sprints, with the pages that show them.

    :param survey: of it, what was found of projects and of sprints
    :param takes_all: all rows go there, whatever projects they name
    """
    named = [one for one in survey.get("projects") or () if one["key"] == key]
    has_sprints = survey.get("sprints") if takes_all else any(one.get("has_sprints") for one in named)
    return Project.Template.SCRUM if has_sprints else Project.Template.KANBAN


def status_category_of(record: IssueRecord) -> str | None:
    """Where a status stands, by what the tracker says of it, else by its name; None if neither tells."""
    name = record.status_name.casefold()
    return record.category or next((key for key, names in _CATEGORIES.items() if name in names), None)


def category_of(record: IssueRecord) -> str | None:
    """Where an issue stands: as its status does, unless it was closed for another reason than that its work was done.

    Then it is cancelled.
    """
    category = status_category_of(record)
    if category == Status.Category.DONE and is_cancelling(record.resolution):
        return Status.Category.CANCELLED
    return category


def chosen(choices: dict[str, Any], word: str) -> Any:
    """What was chosen for a word, written as it is or in small letters; None if nothing was."""
    return choices.get(word, choices.get(word.casefold()))


def is_cancelling(resolution: str) -> bool:
    """Whether an issue was closed for another reason than that its work was done."""
    return bool(resolution) and resolution.casefold() not in _OPEN_RESOLUTIONS | _DONE_RESOLUTIONS


def priority_of(name: str) -> int | None:
    """A priority by its name; None if it says nothing."""
    return _PRIORITIES.get(name.casefold())


def level_of(record: IssueRecord) -> Level:
    """How high a type stands, by what the tracker says of it, else by its name."""
    if record.level is not None:
        return record.level
    name = record.type_name.casefold()
    if name in _EPICS:
        return Level.EPIC
    return Level.SUBTASK if name in _SUBTASKS else Level.STANDARD


def notes(record: IssueRecord, choices: Choices | None = None) -> list[tuple[str, str]]:
    """What of a record says nothing by its words, and was not chosen: (field, reason)."""
    choices = choices or Choices()
    found = []
    # What has no status has none that could be misread.
    is_unknown = bool(record.status_name) and status_category_of(record) is None
    if is_unknown and chosen(choices.statuses, record.status_name) is None:
        found.append(("status", f"“{record.status_name}” has no known category and counts as to do."))
    if priority_of(record.priority_name) is None and chosen(choices.priorities, record.priority_name) is None:
        found.append(("priority", f"“{record.priority_name}” is no known priority; none was set."))
    return found
