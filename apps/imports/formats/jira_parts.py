"""What hangs on an issue of Jira's REST interface, or stands by itself: people, versions, sprints."""

import re
from typing import Any

from apps.imports.formats.building import identifier, listing, mapping, person
from apps.imports.records import Person, SprintRecord, SprintState, VersionRecord
from apps.imports.texts import Notes, clean, date_of, names_of, time_of, words

_STATES = {"closed": SprintState.COMPLETED, "active": SprintState.ACTIVE, "future": SprintState.PLANNED}
# How older versions of Jira write a sprint into a field.
_SPRINT = re.compile(r"com\.atlassian\.greenhopper\.service\.sprint\.Sprint@[0-9a-f]+\[(.*)\]", re.DOTALL)
_SPRINT_PART = re.compile(r",(?=[a-zA-Z]{2,30}=)")


def user(value: Any) -> Person | None:
    """Somebody as Jira names them: by an account's id (Cloud) or a login (Server)."""
    raw = mapping(value)
    handle = next((raw[name] for name in ("accountId", "name", "key", "emailAddress") if words(raw.get(name))), "")
    return person(raw.get("displayName"), raw.get("emailAddress"), handle) if handle else None


def version(value: Any, notes: Notes) -> VersionRecord | None:
    """A release."""
    raw = mapping(value)
    names = names_of([raw.get("name")], "versions", notes)
    if not names:
        return None
    return VersionRecord(
        name=names[0],
        description=clean(raw["description"]).strip() if isinstance(raw.get("description"), str) else "",
        start_date=date_of(raw.get("startDate"), "versions", notes),
        release_date=date_of(raw.get("releaseDate"), "versions", notes),
        is_released=raw.get("released") is True,
        is_archived=raw.get("archived") is True,
    )


def is_sprint(value: Any) -> bool:
    """Whether a value in a field is a sprint."""
    if isinstance(value, str):
        return _SPRINT.fullmatch(value) is not None
    return mapping(value).keys() >= {"id", "name", "state", "boardId"}


def sprint(value: Any, notes: Notes) -> SprintRecord | None:
    """A sprint, as an object or as older versions write it."""
    raw = mapping(value)
    if isinstance(value, str) and (found := _SPRINT.fullmatch(value)) is not None:
        parts = (part.partition("=") for part in _SPRINT_PART.split(found[1]))
        raw = {name: text for name, _sign, text in parts if text != "<null>"}
    names = names_of([raw.get("name")], "sprint", notes)
    if not names:
        return None
    return SprintRecord(
        name=names[0],
        external_id=identifier(raw.get("id")),
        goal=words(raw.get("goal")),
        state=_STATES.get(str(raw.get("state")).lower()),
        started_at=time_of(raw.get("startDate"), "sprint", notes),
        ends_at=time_of(raw.get("endDate"), "sprint", notes),
        completed_at=time_of(raw.get("completeDate"), "sprint", notes),
    )


def in_order(sprints: list[SprintRecord]) -> list[SprintRecord]:
    """Each once, in the order in which they were; those that are not over come last."""
    once = list({each.external_id or each.name: each for each in sprints}.values())
    over = [each for each in once if each.state == SprintState.COMPLETED]
    if all(each.started_at is not None for each in over):
        over.sort(key=lambda each: each.started_at.timestamp() if each.started_at is not None else 0)
    return [*over, *(each for each in once if each.state != SprintState.COMPLETED)]


def named(value: Any) -> list[Any]:
    """What the objects of a list are called."""
    return [mapping(each).get("name") for each in listing(value)]
