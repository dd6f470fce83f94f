"""What the columns of any table mean: as people chose, else by their names in several languages and what they hold."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from apps.imports.choices import Choices
from apps.imports.formats.column_names import NAMES
from apps.imports.moments import Order, Reader, parse_number, zone_of
from apps.imports.reading.tables import TableRow

CUSTOM = "custom"
IGNORE = "ignore"

# What a column can be chosen to hold, and how people are told of it.
TARGETS = {
    "title": _("Title"),
    "text": _("Description"),
    "key": _("Key or number"),
    "external_id": _("Id in the other tracker"),
    "type_name": _("Type"),
    "status_name": _("Status"),
    "resolution": _("Resolution"),
    "priority_name": _("Priority"),
    "assignee": _("Assignee"),
    "reporter": _("Reporter"),
    "watchers": _("Watchers"),
    "labels": _("Labels"),
    "components": _("Components"),
    "fix_versions": _("Release"),
    "sprints": _("Sprint"),
    "points": _("Points"),
    "estimate_minutes": _("Estimate in hours"),
    "remaining_minutes": _("Time left in hours"),
    "start_date": _("Start date"),
    "due_date": _("Due date"),
    "created_at": _("Created"),
    "updated_at": _("Updated"),
    "resolved_at": _("Resolved"),
    "parent": _("Parent"),
    "comments": _("Comment"),
    "project_key": _("Project"),
    CUSTOM: _("A field of its own"),
    IGNORE: _("Leave it out"),
}
# Of these, several columns may be the same.
MANY = {"labels", "components", "fix_versions", "sprints", "watchers", "comments", CUSTOM, IGNORE}
DATES = {"start_date", "due_date", "created_at", "updated_at", "resolved_at"}

_KNOWN = {
    name: (target, place) for target, names in NAMES.items() for place, name in reversed(list(enumerate(names.split())))
}
_BLANKS = re.compile(r"[\W_]+")
_NUMBER_SIGN = {"#", "№", "n°", "nº", "no."}
_EXAMPLE_LENGTH = 80


class Kind(StrEnum):
    """What every cell of a column is that holds anything."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"


@dataclass(slots=True)
class Column:
    """A column: its name, what it is taken for, and what the table shows of it."""

    name: str
    target: str
    kind: Kind = Kind.TEXT
    example: str = ""


@dataclass(slots=True)
class Plan:
    """What a reader needs to know of a table before its first row."""

    columns: list[Column]
    order: Order = field(default_factory=Order)

    def targets(self) -> set[str]:
        """What the table holds."""
        return {column.target for column in self.columns}


def guess(names: Sequence[str], known: Mapping[str, str] | None = None) -> list[str]:
    """What columns of these names hold, as far as names tell; a field of its own each where they do not.

    :param known: what a format knows of its own columns, by their plain names
    """
    special = known or {}
    found = [
        (special[plain(name)], -1) if plain(name) in special else _KNOWN.get(plain(name), (CUSTOM, 0)) for name in names
    ]
    # “% Done” is not when it was.
    found = [(CUSTOM, 0) if "%" in name else each for name, each in zip(names, found, strict=True)]
    best: dict[str, int] = {}
    for position, (target, place) in enumerate(found):
        if target not in MANY and (target not in best or place < found[best[target]][1]):
            best[target] = position
    targets = [
        target if target in MANY or best[target] == position else CUSTOM
        for position, (target, _place) in enumerate(found)
    ]
    return [IGNORE if not name else target for name, target in zip(names, targets, strict=True)]


def has_title(names: Sequence[str]) -> bool:
    """Whether one of the columns says by its name that it holds titles."""
    return any(_KNOWN.get(plain(name), ("", 0))[0] == "title" for name in names)


def plan(
    names: Sequence[str], rows: Iterable[TableRow], choices: Choices, known: Mapping[str, str] | None = None
) -> Plan:
    """What the columns of a table hold, after one look through all of its rows.

    :param known: what a format knows of its own columns, by their plain names
    """
    targets = guess(names, known)
    looks = [_Look() for _name in names]
    order = Order()
    for row in rows:
        for look, target, cell in zip(looks, targets, row.cells, strict=False):
            if cell and not cell.isspace():
                look.at(cell)
                if target in DATES or target == CUSTOM:
                    order.look_at(cell)
    columns = [
        Column(name, _settled(name, target, look, choices), look.kind, look.example)
        for name, target, look in zip(names, targets, looks, strict=True)
    ]
    _ensure_title(columns, choices)
    return Plan(columns, order)


def _settled(name: str, target: str, look: "_Look", choices: Choices) -> str:
    chosen = choices.columns.get(name)
    if isinstance(chosen, str) and chosen in TARGETS:
        return chosen
    if target == "points" and look.kind is not Kind.NUMBER and look.is_seen:
        # “Estimate” is hours where it says so, and sizes of shirts where it says neither.
        return "estimate_minutes" if look.has_units else CUSTOM
    return target


def _ensure_title(columns: list[Column], choices: Choices) -> None:
    """A table without titles would be one of keys: the first column of words that nothing else claims holds them."""
    if any(column.target == "title" for column in columns):
        return
    free = [column for column in columns if column.target == CUSTOM and column.name not in choices.columns]
    words = [column for column in free if column.kind is Kind.TEXT]
    for column in [*words, *free][:1]:
        column.target = "title"


class _Look:
    """What has been seen of a column's cells."""

    _UNITS = re.compile(r"\d ?[hmdw:]", re.IGNORECASE)

    def __init__(self) -> None:
        self.example = ""
        self.is_seen = False
        self._may_be_number = self._may_be_date = self.has_units = True

    def at(self, cell: str) -> None:
        """One more cell that holds something."""
        if not self.is_seen:
            self.is_seen = True
            self.example = " ".join(cell[:1000].split())[:_EXAMPLE_LENGTH]
        self._may_be_number = self._may_be_number and parse_number(cell) is not None
        self._may_be_date = self._may_be_date and any(reader.is_date(cell) for reader in _EITHER_WAY)
        self.has_units = self.has_units and len(cell) < 40 and self._UNITS.search(cell) is not None

    @property
    def kind(self) -> Kind:
        """What all of them were."""
        if not self.is_seen:
            return Kind.TEXT
        return Kind.NUMBER if self._may_be_number else Kind.DATE if self._may_be_date else Kind.TEXT


_EITHER_WAY = (Reader(order=Order(days_first=1)), Reader(order=Order(months_first=1)))


def reader_for(table: Plan, choices: Choices) -> Reader:
    """What reads the table's times."""
    zone: tzinfo = zone_of(choices)
    return Reader(zone, table.order)


def plain(name: str) -> str:
    """A column's name as names are compared: lower case, letters and digits alone."""
    text = name.strip().casefold()
    return "key" if text in _NUMBER_SIGN else _BLANKS.sub("", text)
