"""What the endpoints of issues share."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.response import Response

from apps.core.api import Cursor
from apps.core.errors import Invalid
from apps.core.tenancy import current_unit
from apps.issues.api.serializers.issues import EXPANDED, IssueSerializer
from apps.issues.beside import beside_issues
from apps.issues.records import JOINS, issue_records
from apps.issues.selectors import IssuePage, get_issue
from apps.issues.services import Place
from apps.orgs.api.base import OrganizationView
from apps.orgs.scopes import Resource

# What of an issue changes without a fact in its project's log, or for its reader alone.
UNTOLD = frozenset({"links", "watchers", "starred", "watched"})


def chosen(rows: Iterable[Any], wanted: int | None, *, field: str) -> Any:
    """The row of the project with this id; none where none was asked for.

    :raises Invalid: if the project has no such row, whoever else may have
    """
    if wanted is None:
        return None
    found = next((row for row in rows if row.pk == wanted), None)
    if found is None:
        raise Invalid(_("The project has none with the id %(id)s.") % {"id": wanted}, field=field)
    return found


def place_of(values: Mapping[str, Any]) -> Place | None:
    """Where issues land, as a body says it; None where it names no neighbour."""
    near = {name: values[name] for name in ("after", "before") if values.get(name) is not None}
    return Place(**near) if near else None


def name_edit() -> str:
    """What an edit of many issues is called in the log: as the script says in `X-Op`, or else a new name."""
    unit = current_unit()
    if unit is None:
        raise RuntimeError("A request is a unit of work.")
    unit.op = unit.op or uuid4().hex
    return unit.op


class IssueScopeView(OrganizationView):
    """Base of what is read and written of issues."""

    resource = Resource.ISSUES

    def issue(self, key: str, *, with_deleted: bool = False) -> Any:
        """The issue that the address names."""
        return get_issue(actor=self.actor, key=key, with_deleted=with_deleted)

    def rows(self, issues: Sequence[Any], expanded: Collection[str] = ()) -> list[dict[str, Any]]:
        """Issues in JSON, with what is asked for of what belongs to them."""
        rows = [dict(row) for row in IssueSerializer(issue_records(actor=self.actor, issues=issues), many=True).data]
        ids = [issue.pk for issue in issues]
        for name, beside in beside_issues(actor=self.actor, issue_ids=ids, names=sorted(expanded)).items():
            for row in rows:
                row[name] = EXPANDED[name](beside.get(row["id"], ()), many=True).data
        return rows

    def issues(self, read: Callable[..., IssuePage], *, order: str) -> Response:
        """A page of a list of issues, with what `expand` asks for; see `page`."""
        cursor = Cursor(self, order, self.query.get("cursor"))
        page = read(after=cursor.after, before=cursor.before, size=self.query["limit"], joins=JOINS)
        rows = self.rows(page.issues, self.expanded)
        return cursor.answer(rows, next_after=page.next_after, previous_before=page.previous_before)


class IssueView(IssueScopeView):
    """Base of the endpoints that answer with one issue."""

    def answer(self, issue: Any, code: int = status.HTTP_200_OK) -> Response:
        """The issue, and its version as the ETag that `If-Match` takes back."""
        (row,) = self.rows([issue], self.expanded)
        return Response(row, code, headers={"ETag": f'"{row["version"]}"'})
