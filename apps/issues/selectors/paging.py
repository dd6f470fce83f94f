"""A project's issues in pages, by keyset, in an order from an allowlist."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, Lookup, Q

from apps.core.errors import Invalid
from apps.core.paging import decimal_or_none, moment, read_values
from apps.core.tenancy import Actor
from apps.issues.models import Issue, IssueQuerySet
from apps.issues.selectors.tree import with_parents
from apps.issues.selectors.visible import Filters, visible_issues
from apps.projects.models import Project
from apps.projects.selectors import list_projects

# The list's orders: the ordering columns, last of them unique, so that a page can go on after a row.
SORTS: dict[str, tuple[str, ...]] = {
    "key": ("number",),
    "-key": ("-number",),
    "status": ("status__position", "id"),
    "-status": ("-status__position", "-id"),
    "priority": ("priority", "id"),
    "-priority": ("-priority", "-id"),
    "points": ("points", "id"),
    "-points": ("-points", "-id"),
    "updated": ("updated_at", "id"),
    "-updated": ("-updated_at", "-id"),
    "rank": ("rank", "id"),
}
# Those that make sense for issues of several projects.
SORTS_ACROSS = frozenset({"updated", "-updated", "rank"})
DEFAULT_SORT = "-updated"
# The one ordering column that need not hold anything.
_MAY_BE_EMPTY = "points"
# What a page mark says of each column.
_READ: dict[str, Callable[[Any], Any]] = {
    "number": int,
    "status__position": int,
    "priority": int,
    "points": decimal_or_none,
    "updated_at": moment,
    "rank": str,
    "id": int,
}


@dataclass(frozen=True, slots=True)
class IssuePage:
    """A page of issues, and where its neighbours begin (None where there is none)."""

    issues: list[Issue]
    next_after: tuple[Any, ...] | None
    previous_before: tuple[Any, ...] | None = None


class Archived(StrEnum):
    """Whether a list has what was put into the archive."""

    EXCLUDE = "exclude"
    INCLUDE = "include"
    ONLY = "only"

    def narrow(self, issues: IssueQuerySet) -> IssueQuerySet:
        """Those of the issues; none that waits in Triage."""
        if self is Archived.EXCLUDE:
            return issues.alive()
        decided = issues.undeleted().filter(triage_since__isnull=True)
        return decided if self is Archived.INCLUDE else decided.filter(archived_at__isnull=False)


def issue_page(
    *,
    actor: Actor,
    project: Project,
    filters: Filters,
    sort: str = DEFAULT_SORT,
    archived: Archived = Archived.EXCLUDE,
    after: Sequence[Any] | None = None,
    before: Sequence[Any] | None = None,
    size: int = 50,
    extra: Q | None = None,
    joins: Sequence[str] = (),
) -> IssuePage:
    """A page of the project's issues by keyset: rows that change place while one reads are neither lost nor doubled
    among those that do not.

    :param after: the ordering values of the last row read, as `next_after` gave them
    :param before: those of the first row read, as `previous_before` gave them, to go back
    :param extra: a further condition
    :param joins: what else of each issue the caller will read
    :raises Invalid: if there is no such order, or the values do not fit it
    """
    order = SORTS.get(sort)
    if order is None:
        raise Invalid("There is no such order.", field="sort")
    issues = visible_issues(actor=actor).filter(filters.condition(actor, project), extra or Q(), project=project)
    return _page(actor, archived.narrow(issues), order, after=after, before=before, size=size, joins=joins)


def issue_page_across(
    *,
    actor: Actor,
    filters: Filters,
    sort: str = DEFAULT_SORT,
    archived: Archived = Archived.EXCLUDE,
    after: Sequence[Any] | None = None,
    before: Sequence[Any] | None = None,
    size: int = 50,
    joins: Sequence[str] = (),
) -> IssuePage:
    """The same of the issues of all projects that the actor sees, in one of `SORTS_ACROSS`.

    :raises Invalid: if there is no such order, or the values do not fit it
    """
    if sort not in SORTS_ACROSS:
        raise Invalid("There is no such order.", field="sort")
    projects = list_projects(actor=actor) if filters.q else ()
    issues = visible_issues(actor=actor).filter(filters.condition_across(actor, projects))
    return _page(actor, archived.narrow(issues), SORTS[sort], after=after, before=before, size=size, joins=joins)


def _page(
    actor: Actor,
    issues: IssueQuerySet,
    order: Sequence[str],
    *,
    after: Sequence[Any] | None,
    before: Sequence[Any] | None,
    size: int,
    joins: Sequence[str],
) -> IssuePage:
    readers = [_READ[name.lstrip("-")] for name in order]
    if after is not None:
        issues = issues.filter(beyond(order, read_values(after, readers)))
    if before is not None:
        before = read_values(before, readers)
        # What is neither the row itself nor beyond it, read from its end.
        issues = issues.exclude(beyond(order, before)).exclude(_exactly(order, before))
    # Which they are is decided by their order alone; all else is read of these few.
    ids = ArraySubquery(_ordered(issues, order, is_reversed=before is not None).values("pk")[: size + 1])
    # Not `IN`: the planner, to which row-level security hides how many rows there are, would ask it for each issue.
    these = visible_issues(actor=actor).filter(_IsAny(F("pk"), ids))
    found = with_parents(actor=actor, issues=these.as_cards())
    if joins:  # without names Django would join every reference that is never empty
        found = found.select_related(*joins)
    rows = list(_ordered(found, order, is_reversed=before is not None))
    has_more = len(rows) > size
    rows = rows[:size]
    if before is not None:
        rows.reverse()
    if not rows:
        return IssuePage(rows, None)
    first, last = (tuple(_value(row, name.lstrip("-")) for name in order) for row in (rows[0], rows[-1]))
    has_next = has_more or before is not None
    has_previous = has_more if before is not None else after is not None
    return IssuePage(rows, last if has_next else None, first if has_previous else None)


def rows_by_id(*, actor: Actor, project: Project, ids: Collection[int], filters: Filters) -> list[Issue]:
    """Those of some issues that the project's list shows under these filters."""
    found = visible_issues(actor=actor).alive().filter(filters.condition(actor, project), project=project, pk__in=ids)
    return list(with_parents(actor=actor, issues=found.as_cards()))


def _exactly(order: Sequence[str], values: Sequence[Any]) -> Q:
    return Q(**{order[-1].lstrip("-"): values[-1]})


class _IsAny(Lookup):
    """`column = ANY(array)`: the array is made once, before anything is looked up by it."""

    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        """The condition and its parameters."""
        left, left_values = self.process_lhs(compiler, connection)
        right, right_values = self.process_rhs(compiler, connection)
        return f"{left} = ANY({right})", (*left_values, *right_values)


def _ordered(issues: IssueQuerySet, order: Sequence[str], *, is_reversed: bool) -> IssueQuerySet:
    """In this order, what is empty last. Where nothing can be, that is left unsaid: an index is read in its order."""
    columns = [
        F(_MAY_BE_EMPTY).desc(nulls_last=True)
        if name == f"-{_MAY_BE_EMPTY}"
        else F(name).asc(nulls_last=True)
        if name == _MAY_BE_EMPTY
        else name
        for name in order
    ]
    ordered = issues.order_by(*columns)
    return ordered.reverse() if is_reversed else ordered


def _value(issue: Issue, path: str) -> Any:
    value: Any = issue
    for step in path.split("__"):
        value = getattr(value, step)
    return value


def beyond(order: Sequence[str], after: Sequence[Any]) -> Q:
    """Rows that come after the given ordering values; empty values come last in either direction."""
    condition = Q()
    same = Q()
    for name, value in zip(order, after, strict=True):
        column = name.lstrip("-")
        if value is None:
            further = Q(pk__in=[])
        else:
            operator = "lt" if name.startswith("-") else "gt"
            further = Q(**{f"{column}__{operator}": value})
            if column == _MAY_BE_EMPTY:
                further |= Q(**{f"{column}__isnull": True})
        condition |= same & further
        same &= Q(**{f"{column}__isnull": True}) if value is None else Q(**{column: value})
    return condition
