"""What an archive says of a project itself (`project.json`), each part read for itself: one that is not as FlowBoard
writes it is told, and the others are read."""

import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from apps.imports.formats.flowboard_schedules import cadence_of
from apps.imports.formats.flowboard_values import FAULTS, day_of, moment_of, person_of
from apps.imports.records import Person, ProjectRecord, SprintRecord, VersionRecord
from apps.imports.texts import storable
from apps.projects.models import PROJECT_KEY

T = TypeVar("T")
# What `apps.boards.services.describing` makes rows of.
_SETTINGS = ("template", "has_triage", "has_time_tracking", "minutes_a_day", "days_a_week")
_PARTS = ("types", "statuses", "transitions", "labels", "custom_fields", "boards", "issue_templates")
_MOST_VERSIONS = 5000
_MOST_MEMBERS = 2000
_MOST_KEYS = 200
_LONGEST = 100_000


def read_project(key: str, about: dict[str, Any], sprints: list[SprintRecord]) -> ProjectRecord:
    """The project that a document tells.

    :raises RecursionError: if it is nested beyond reason
    """
    about = storable(about)
    notes: list[tuple[str, str]] = []
    return ProjectRecord(
        key=key,
        name=str(about.get("name") or key)[:200],
        versions=list(_each(about, "versions", _MOST_VERSIONS, _version, notes)),
        sprints=sprints,
        configuration=_configuration(about),
        former_keys=list(_each(about, "former_keys", _MOST_KEYS, _key, notes)),
        description=_text(about.get("description")),
        is_private=about.get("visibility") == "private",
        lead=_person_or_nobody(about.get("lead")),
        members=list(_each(about, "members", _MOST_MEMBERS, _member, notes)),
        cadence=_told(about, "cadence", cadence_of, notes),
        archived_at=_told(about, "archived_at", lambda found: moment_of(found.get("archived_at")), notes),
        notes=notes,
    )


def _told(
    about: dict[str, Any], name: str, read: Callable[[dict[str, Any]], T], notes: list[tuple[str, str]]
) -> T | None:
    try:
        return read(about)
    except FAULTS:
        notes.append((name, "It is not as FlowBoard writes it, so it was left out."))
        return None


def _each(
    about: dict[str, Any], name: str, most: int, read: Callable[[Any], T], notes: list[tuple[str, str]]
) -> Iterator[T]:
    found = about.get(name) or []
    if not isinstance(found, list):
        notes.append((name, "It is not as FlowBoard writes it, so it was left out."))
        return
    if len(found) > most:
        notes.append((name, f"There are {len(found)} of them; those after the first {most} were left out."))
    bad = 0
    for each in found[:most]:
        try:
            yield read(each)
        except FAULTS:
            bad += 1
    if bad:
        notes.append((name, f"{bad} of them are not as FlowBoard writes them, and were left out."))


def _configuration(about: dict[str, Any]) -> dict[str, Any]:
    found = {name: about[name] for name in (*_SETTINGS, *_PARTS) if name in about}
    templates = found.get("issue_templates")
    if isinstance(templates, list):
        found["issue_templates"] = [
            {**each, "assignee": _person_or_nobody(each.get("assignee"))} if isinstance(each, dict) else each
            for each in templates
        ]
    return found


def kinds_of(about: dict[str, Any]) -> dict[str, str]:
    """Which kind each field of the project's own is of, by its name."""
    return _named(about.get("custom_fields"), "kind")


def categories_of(about: dict[str, Any]) -> dict[str, str]:
    """What each status means, by its name."""
    return _named(about.get("statuses"), "category")


def _named(parts: Any, what: str) -> dict[str, str]:
    found = [each for each in parts if isinstance(each, dict)] if isinstance(parts, list) else []
    return {str(each.get("name")): str(each.get(what)) for each in found}


def _text(value: Any) -> str:
    return value[:_LONGEST] if isinstance(value, str) else ""


def _key(found: Any) -> str:
    if not re.fullmatch(PROJECT_KEY, found):
        raise ValueError(found)
    return str(found)


def _version(each: dict[str, Any]) -> VersionRecord:
    return VersionRecord(
        name=str(each["name"])[:_LONGEST],
        description=str(each.get("description") or ""),
        start_date=day_of(each.get("start_date")),
        release_date=day_of(each.get("release_date")),
        is_released=each.get("released_at") is not None,
        is_archived=each.get("archived_at") is not None,
    )


_ROLES = {"admin", "member", "commenter", "viewer"}


def _member(each: dict[str, Any]) -> tuple[Person, str]:
    person, role = person_of(each["person"]), each["role"]
    if person is None or role not in _ROLES:
        raise ValueError(role)
    return person, role


def _person_or_nobody(found: Any) -> Person | None:
    try:
        return person_of(found)
    except FAULTS:
        return None
