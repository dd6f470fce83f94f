"""The fields that a Jira gives its issues besides those that all have, as its REST interface answers them."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from apps.imports.formats.building import listing, mapping
from apps.imports.formats.jira_columns import custom_meaning, is_machinery
from apps.imports.formats.jira_parts import is_sprint, named, sprint
from apps.imports.formats.jira_texts import field_name, fits_field
from apps.imports.formats.jira_words import AFFECTS, RANK, key_of
from apps.imports.markup import adf
from apps.imports.moments import points_of
from apps.imports.records import Ref, SprintRecord
from apps.imports.texts import Notes, clean, date_of, names_of, words

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
# Fields that every Jira Cloud numbers alike; elsewhere only their names tell what they are.
_ON_CLOUD = {"customfield_10014": "epic", "customfield_10015": "start", "customfield_10016": "points"}


class OwnFields:
    """The fields besides those that every issue has, told apart by their names, else by the shape of what they hold."""

    def __init__(self, fields: Mapping[str, Any], names: Mapping[str, str], notes: Notes) -> None:
        self.fields = fields
        self.notes = notes
        self.values: dict[str, Any] = {}
        self.sections: list[tuple[str, Any]] = []
        self.sprints: list[SprintRecord] = []
        self.points: Decimal | None = None
        self.start: date | None = None
        self.epic: Ref | None = None
        self.rank = ""
        self.is_cloud = any("accountId" in mapping(fields.get(name)) for name in ("reporter", "assignee", "creator"))
        if affected := names_of(named(fields.get("versions")), "versions", self.notes):
            self.values[AFFECTS] = ", ".join(affected)
        if security := words(mapping(fields.get("security")).get("name")):
            self.values["Security level"] = security
        if fields.get("flagged") is True:
            self.values["Flagged"] = True
        for own_id, value in fields.items():
            if own_id.startswith("customfield_") and value not in (None, "", [], {}):
                self._take(own_id, words(names.get(own_id)), value)

    def _take(self, own_id: str, name: str, value: Any) -> None:
        meaning = custom_meaning(name) if name or not self.is_cloud else _ON_CLOUD.get(own_id, "")
        if isinstance(value, list) and all(map(is_sprint, value)):
            self.sprints += [made for raw in value if (made := sprint(raw, self.notes)) is not None]
        elif isinstance(value, str) and RANK.fullmatch(value):
            self.rank = value
        elif (key := self._epic_in(value)) and (meaning in {"epic", "parent_link"} or not name):
            self.epic = self.epic or Ref(key=key)
        elif meaning == "points" and isinstance(value, int | float | str):
            self.points = points_of(value, name or own_id, self.notes)
        elif meaning == "start" and isinstance(value, str):
            self.start = date_of(value, name or own_id, self.notes)
        elif meaning == "epic_name" and value == self.fields.get("summary"):
            return
        elif not is_machinery(name):
            self._keep(field_name(name or own_id), value)

    @staticmethod
    def _epic_in(value: Any) -> str:
        """The key that a link to something above holds: by itself, or inside of an object."""
        raw = mapping(value)
        inner = mapping(raw.get("data"))
        found = key_of(value) or key_of(raw.get("key")) or key_of(inner.get("key"))
        return found[0] if found is not None else ""

    def _keep(self, name: str, value: Any) -> None:
        if adf.is_document(value):
            self.sections.append((name, value))
            return
        kept = _plain(value)
        if isinstance(kept, str) and not fits_field(kept):
            self.sections.append((name, kept))
        elif kept not in (None, "", []):
            self.values[name] = kept


def _plain(value: Any) -> Any:
    """What a field holds: text, a number, a date, yes or no, or a list of texts; None for what says nothing here."""
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return points_of(value, "", []) if abs(value) < 10_000 else round(value)
    if isinstance(value, str):
        text = clean(value).strip()
        if text.startswith(("{", "com.atlassian.")):
            return None
        return (date_of(text, "", []) if _DAY.fullmatch(text) else None) or text
    if isinstance(value, dict):
        inner = words(mapping(value.get("child")).get("value"))
        outer = next((words(value[name]) for name in ("value", "displayName", "name") if words(value.get(name))), "")
        return f"{outer} – {inner}" if inner else outer
    names = [words(str(found)) for each in listing(value) if (found := _plain(each)) not in (None, "", [])]
    return list(dict.fromkeys(names))
