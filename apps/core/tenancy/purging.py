"""In which order the tables of an organization or project are emptied when its time is over.

The order follows from the foreign keys, so a new table cannot be forgotten: one that stands in the way of an order
fails `migrate`. The deleting itself is `flowboard_purge_some` in `doors.sql`, since the application may not delete most
rows; what may go at all is decided there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

from django.db import connection
from django.db.backends.utils import CursorWrapper

if TYPE_CHECKING:
    from apps.core.tenancy.tables import Table

ORGANIZATION, PROJECT = "orgs_organization", "projects_project"


@dataclass(frozen=True, slots=True)
class _Reference:
    """A foreign key from one tenant table to another."""

    source: str
    column: str
    target: str
    is_required: bool


def _references(cursor: CursorWrapper, tables: Mapping[str, "Table"]) -> list[_Reference]:
    cursor.execute(
        """
        SELECT c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text, a.attnotnull
          FROM pg_constraint c
          JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
         WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace AND cardinality(c.conkey) = 1
         ORDER BY 1, 2
        """
    )
    found = [_Reference(*row) for row in cursor.fetchall()]
    return [each for each in found if {each.source, each.target} <= tables.keys()]


def _condition(name: str, table: "Table", references: list[_Reference], tables: Mapping[str, "Table"]) -> str | None:
    """What tells a project's rows in a table, `$2` being the project; None where it has none."""
    if table.scope == "project":
        return f"{table.project} = $2"
    for each in references:
        if each.source == name and each.is_required and tables[each.target].scope == "project":
            parent = tables[each.target].project
            return f'{each.column} IN (SELECT id FROM "{each.target}" WHERE {parent} = $2)'  # noqa: S608 (our names)
    return None


def apply(cursor: CursorWrapper, declared: Mapping[str, "Table"]) -> None:
    """Write the order, and the references that are cut or followed on the way, down as functions of the owner.

    :raises graphlib.CycleError: if rows of some tables could only go together
    """
    tables = {name: table for name, table in declared.items() if table.scope != "outside" and not table.is_kept}
    references = _references(cursor, tables)
    sorter: TopologicalSorter[str] = TopologicalSorter({name: set() for name in tables})
    for each in references:
        if each.source != each.target and (each.is_required or each.target in {ORGANIZATION, PROJECT}):
            sorter.add(each.target, each.source)
    steps = [
        (
            position,
            name,
            "id = $1" if name == ORGANIZATION else "org_id = $1",
            _condition(name, tables[name], references, tables),
        )
        for position, name in enumerate(sorter.static_order())
    ]
    loose = [
        (each.target, each.source, each.column, each.is_required)
        for each in references
        if (each.target not in {ORGANIZATION, PROJECT} and tables[each.target].scope == "project")
        # Rows of the organization that name a project, and need not, outlive it.
        or (each.target == PROJECT and tables[each.source].scope == "organization" and not each.is_required)
    ]
    _write(
        cursor,
        "flowboard_purge_steps",
        "step int, table_name text, of_org text, of_project text",
        "(%s, %s, %s, %s::text)",
        steps,
    )
    _write(
        cursor,
        "flowboard_loose_references",
        "target text, source text, column_name text, is_required boolean",
        "(%s, %s, %s, %s)",
        loose,
    )


def _write(
    cursor: CursorWrapper, name: str, columns: str, row: str, values: Sequence[tuple[str | int | None, ...]]
) -> None:
    rows = ", ".join([row] * len(values))
    cursor.execute(
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS TABLE ({columns}) "  # noqa: S608 (constants)
        f"LANGUAGE sql STABLE SET search_path = public, pg_temp AS $body$ VALUES {rows} $body$",
        [part for value in values for part in value],
    )


def due_purges(*, limit: int = 100) -> list[tuple[int, int | None]]:
    """What is past its date: organizations as `(id, None)`, projects of others as `(organization's id, id)`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT org_id, project_id FROM flowboard_due_purges(%s)", [limit])
        due: list[tuple[int, int | None]] = cursor.fetchall()
    return due


@dataclass(frozen=True, slots=True)
class Purged:
    """How many rows went, and from where the next call goes on."""

    gone: int = 0
    step: int = 0
    after: int = 0


def purge_some(*, org_id: int, project_id: int | None, limit: int, since: Purged | None = None) -> Purged:
    """Delete some rows of what is past its date, of one table. None are left when none went.

    :param since: what the call before answered; without it the tables are read from their beginning
    """
    since = since or Purged()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT gone, at_step, after_id FROM flowboard_purge_some(%s, %s, %s, %s, %s)",
            [org_id, project_id, since.step, since.after, limit],
        )
        row = cursor.fetchone()
    return Purged(*row) if row else Purged()
