"""How much is in an import, and its first issues, in words for people."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.boards.selectors.copying import PART_NAMES
from apps.imports.review.offers import kinds

# A figure's name, how much it is, and whether that is bad news.
Figure = tuple[str, int, bool]
MOST_CONFIGURATIONS = 20


def figures_found(survey: Mapping[str, Any]) -> list[Figure]:
    """How much is in the files; of what hangs on issues only what there is any of."""
    rows = [
        (_("rows"), "rows", False),
        (_("new issues"), "new", False),
        (_("changed"), "changed", False),
        (_("as they are here"), "same", False),
    ]
    hanging = [
        (_("cannot be read"), "failed", True),
        (_("comments"), "comments", False),
        (_("links named"), "links", False),
        (_("files named"), "attachments", False),
        (_("entries of work"), "work_logs", False),
        (_("recurring issues"), "schedules", False),
        (_("automatic sprints"), "cadences", False),
    ]
    found = [(name, survey.get(key) or 0, is_bad) for name, key, is_bad in rows]
    return found + [(name, survey[key], is_bad) for name, key, is_bad in hanging if survey.get(key)]


def configurations_found(survey: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What would become of projects of which the files tell what they are made of, the first of them."""
    return [
        {
            "key": each["key"],
            "is_replaced": each["is_replaced"],
            "parts": ", ".join(f"{PART_NAMES[name]} ({count})" for name, count in each["counts"] if name in PART_NAMES),
        }
        for each in (survey.get("configurations") or [])[:MOST_CONFIGURATIONS]
    ]


def previewed(survey: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The first issues as they will be, with what is stored of them in words."""
    priorities = dict(kinds()["priorities"])
    return [
        {
            **found,
            "priority": priorities.get(found["priority"], "") if found.get("priority") else "",
            "created_at": datetime.fromisoformat(found["created_at"]) if found.get("created_at") else None,
        }
        for found in survey.get("preview") or []
    ]


def figures_written(counts: Mapping[str, Any]) -> list[Figure]:
    """What came with the issues of an import, as far as there was any."""
    comments, people = counts.get("comments") or {}, counts.get("people") or {}
    found = [
        (_("comments"), comments.get("imported")),
        (_("comments updated"), comments.get("updated")),
        (_("parts of the project"), counts.get("configured")),
        (_("roles"), counts.get("roles")),
        (_("parents"), counts.get("parents")),
        (_("links"), counts.get("links")),
        (_("sprints"), counts.get("sprints")),
        (_("versions"), counts.get("versions")),
        (_("recurring issues"), counts.get("schedules")),
        (_("automatic sprints"), counts.get("cadences")),
        (_("entries of work"), counts.get("work_logs")),
        (_("files"), counts.get("attachments")),
        (_("entries of history"), counts.get("history")),
        (_("members found"), people.get("members")),
        (_("placeholders"), people.get("placeholders")),
    ]
    return [(name, count, False) for name, count in found if count]
