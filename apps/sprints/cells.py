"""Cells pasted from a spreadsheet or a CSV file: which column is what, and what each row would become.

A heading that we know says what its column is. Without headings the values say it, where all of them can be read as the
same; what is left is the title, or not used. Nothing is guessed silently: the preview shows what each row becomes.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.errors import Invalid

MOST_COLUMNS = 40
# Of one paste; a hundred rows with descriptions are far less.
MOST_TEXT = 200_000

# What people call a column, in their spreadsheets and in the exports of other trackers.
HEADINGS: dict[str, tuple[str, ...]] = {
    "title": ("title", "summary", "name", "task", "issue", "story", "subject", "user story"),
    "type": ("type", "issue type", "issuetype", "kind", "work item type"),
    "points": ("points", "story points", "estimate", "sp", "pts", "story point estimate"),
    "priority": ("priority", "prio"),
    "assignee": ("assignee", "assigned to", "owner", "responsible"),
    "labels": ("labels", "label", "tags", "tag"),
    "due_date": ("due", "due date", "deadline"),
    "description": ("description", "details", "notes"),
}
_FIELD_OF = {heading: name for name, headings in HEADINGS.items() for heading in headings}
# Of a column without a heading only these can be told from its values.
_TELLING = ("points", "priority", "type", "due_date", "assignee")


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """What the words in cells can mean in a project: names in lower case to ids."""

    types: Mapping[str, int]
    priorities: Mapping[str, int]
    people: Mapping[str, int]
    labels: Mapping[str, int]


@dataclass(slots=True, kw_only=True)
class PastedRow:
    """What a row would become: its title, the other values (ids, numbers, ISO dates), and what was not understood."""

    title: str
    values: dict[str, Any] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pasted:
    """The rows, and the headings (or numbers) of the columns that are not used."""

    rows: list[PastedRow]
    unused: list[str]


def read_cells(text: str, vocabulary: Vocabulary) -> Pasted | None:
    """The rows of a pasted table; None if the text is none."""
    table = _table(text)
    if table is None:
        return None
    fields, body, names = _columns(table, vocabulary)
    if "title" not in fields:
        return None
    rows = [_row(cells, fields, vocabulary) for cells in body]
    unused = [names[index] for index, name in enumerate(fields) if name is None and names[index]]
    return Pasted(rows=[row for row in rows if row.title], unused=unused)


def _table(text: str) -> list[list[str]] | None:
    """The cells: tabs as spreadsheets copy them, else commas or semicolons below a heading that we know."""
    for delimiter in ("\t", ",", ";"):
        first = text.partition("\n")[0]
        if delimiter not in first:
            continue
        reader = csv.reader(io.StringIO(text), delimiter=delimiter)
        table = [[" ".join(cell.split()) for cell in cells[:MOST_COLUMNS]] for cells in reader]
        table = [cells for cells in table if any(cells)]
        # A comma is part of many a title.
        if delimiter == "\t" or any(_heading(cell) == "title" for cell in table[0]):
            return table
    return None


def _heading(cell: str) -> str | None:
    return _FIELD_OF.get(re.sub(r"[\s_-]+", " ", cell.strip().casefold()).rstrip(":*"))


def _columns(table: list[list[str]], vocabulary: Vocabulary) -> tuple[list[str | None], list[list[str]], list[str]]:
    """What each column is, the rows below the headings, and what the columns are called."""
    width = max(len(cells) for cells in table)
    headings = [_heading(cell) for cell in table[0]]
    if "title" in headings:
        fields: list[str | None] = []
        for name in headings + [None] * (width - len(headings)):
            # Trackers repeat the name of a column that holds several values.
            fields.append(None if name in fields and name != "labels" else name)
        return fields, table[1:], table[0] + [""] * (width - len(table[0]))
    columns = [[cells[index] for cells in table if index < len(cells) and cells[index]] for index in range(width)]
    fields = [None] * width
    for index, values in enumerate(columns):
        for name in _TELLING:
            if values and name not in fields and all(_READ[name](value, vocabulary) is not None for value in values):
                fields[index] = name
                break
    free = [
        index
        for index, name in enumerate(fields)
        if name is None and any(_points(value, vocabulary) is None for value in columns[index])
    ]
    if free:
        # The longest texts are the titles.
        fields[max(free, key=lambda index: sum(map(len, columns[index])) / len(columns[index]))] = "title"
    return fields, table, [_("column %(number)s") % {"number": index + 1} for index in range(width)]


def _points(cell: str, vocabulary: Vocabulary) -> str | None:
    try:
        number = Decimal(cell.replace(",", "."))
    except InvalidOperation:
        return None
    is_good = number.is_finite() and 0 <= number < 10_000 and number == round(number, 2)
    return f"{number.normalize():f}" if is_good else None


def _points_in_words(value: str) -> str:
    # Half a point is as plural as two.
    return ngettext("%(figure)s point", "%(figure)s points", 1 if value == "1" else 2) % {"figure": value}


def _due_date(cell: str, vocabulary: Vocabulary) -> str | None:
    try:
        return date.fromisoformat(cell[:10]).isoformat()
    except ValueError:
        return None


def _labels(cell: str, vocabulary: Vocabulary) -> list[int] | None:
    words = [word.strip().casefold() for word in re.split(r"[,;]", cell) if word.strip()]
    found = [vocabulary.labels[word] for word in words if word in vocabulary.labels]
    return found if len(found) == len(words) else None


_READ: dict[str, Callable[[str, Vocabulary], Any]] = {
    "type": lambda cell, vocabulary: vocabulary.types.get(cell.casefold()),
    "priority": lambda cell, vocabulary: vocabulary.priorities.get(cell.casefold()),
    "assignee": lambda cell, vocabulary: vocabulary.people.get(cell.casefold()),
    "points": _points,
    "labels": _labels,
    "due_date": _due_date,
    "description": lambda cell, vocabulary: cell,
}


def _row(cells: Sequence[str], fields: Sequence[str | None], vocabulary: Vocabulary) -> PastedRow:
    row = PastedRow(title="")
    for name, cell in zip(fields, cells, strict=False):
        if name == "title":
            row.title = cell
        elif name is not None and cell:
            value = _READ[name](cell, vocabulary)
            if value is None:
                row.notes.append(_("“%(text)s” is left out") % {"text": cell[:60]})
                continue
            row.values[name] = [*row.values.get(name, []), *value] if name == "labels" else value
            row.shown.append(_points_in_words(value) if name == "points" else cell[:60])
    return row


def pasted_rows(titles: Sequence[str], cells: Sequence[str]) -> list[dict[str, Any]]:
    """What the dialog sends: titles, and for each what its row said beside it, as JSON (none for plain lines).

    :raises Invalid: for what is no such JSON
    """
    rows = []
    for index, title in enumerate(titles):
        text = cells[index] if index < len(cells) else ""
        try:
            values = json.loads(text[:MOST_TEXT]) if text else {}
        except (ValueError, RecursionError) as error:
            raise Invalid(_("These cells are not ones of ours."), field="cells") from error
        if not isinstance(values, dict):
            raise Invalid(_("These cells are not ones of ours."), field="cells")
        rows.append({name: values[name] for name in HEADINGS if name in values} | {"title": title})
    return rows
