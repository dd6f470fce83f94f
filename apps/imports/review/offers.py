"""What a word of another tracker can become here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

GUESS = ""


@dataclass(frozen=True, slots=True)
class Option:
    """Something that a word can become. Where it is written rather than chosen, it goes by its name and by `also`."""

    value: str
    name: str
    meaning: Any
    also: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """What words of each kind can become here: the project's own as (id, name), members by id as (name, handle)."""

    statuses: Sequence[tuple[int, str]]
    types: Sequence[tuple[int, str]]
    people: Mapping[int, tuple[str, str]]
    labels: Sequence[str]
    fields: Sequence[tuple[int, str]]
    categories: Sequence[tuple[str, Any]]
    levels: Sequence[tuple[str, Any]]
    priorities: Sequence[tuple[int, Any]]
    kinds: Sequence[tuple[str, Any]]
    columns: Sequence[tuple[str, Any]]


def kinds() -> dict[str, Any]:
    """What words can become anew, whatever the project."""
    return {
        "categories": [
            ("backlog", _("Backlog")),
            ("todo", _("To do")),
            ("in_progress", _("In progress")),
            ("done", _("Done")),
            ("cancelled", _("Cancelled")),
        ],
        "levels": [("epic", _("Epic")), ("standard", _("Standard")), ("subtask", _("Sub-task"))],
        "priorities": [(4, _("Urgent")), (3, _("High")), (2, _("Medium")), (1, _("Low")), (0, _("No priority"))],
        "kinds": [
            ("text", _("Text")),
            ("number", _("Number")),
            ("date", _("Date")),
            ("select", _("One option")),
            ("multi", _("Several options")),
            ("url", _("Web address")),
        ],
        "columns": [
            ("external_id", _("Its id")),
            ("key", _("Key")),
            ("title", _("Title")),
            ("text", _("Description")),
            ("type_name", _("Type")),
            ("status_name", _("Status")),
            ("resolution", _("Resolution")),
            ("priority_name", _("Priority")),
            ("assignee", _("Assignee")),
            ("reporter", _("Reporter")),
            ("labels", _("Labels")),
            ("components", _("Components")),
            ("fix_versions", _("Version")),
            ("sprints", _("Sprint")),
            ("parent", _("Parent")),
            ("points", _("Points")),
            ("estimate_minutes", _("Estimate of time")),
            ("start_date", _("Start date")),
            ("due_date", _("Due date")),
            ("created_at", _("Created")),
            ("updated_at", _("Updated")),
            ("resolved_at", _("Resolved")),
            ("comments", _("Comments")),
            ("custom", _("A field of its own")),
            ("ignore", _("Leave it out")),
        ],
    }
