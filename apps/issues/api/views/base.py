"""What the endpoints of issues share."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from django.utils.translation import gettext as _
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import Cursor
from apps.core.errors import Invalid
from apps.core.tenancy import current_unit
from apps.issues.api.serializers.issues import EXPANDED, IssueSerializer
from apps.issues.beside import beside_issues
from apps.issues.records import JOINS, issue_records
from apps.issues.selectors import PRIORITY_NAMES, IssuePage, get_issue
from apps.issues.services import Place, StaleEdit
from apps.orgs.api.base import OrganizationView
from apps.orgs.scopes import Resource

# What `answer` gives: the version, and behind it what stands for the whole answer (see `OrganizationView`).
_ETAG = re.compile(r'(?:W/)?"([1-9][0-9]{0,8})(?:-[0-9a-f]{24})?"')

_IN_WORDS: dict[str, Callable[[Any], Any]] = {"priority": PRIORITY_NAMES.__getitem__, "points": float}

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

    def handle_exception(self, exc: Exception) -> Response:
        """Refuse; both values of a conflict are told as answers and bodies have them, not as the log does."""
        if isinstance(exc, StaleEdit):
            for told in (exc.extra, *exc.extra["conflicts"]):
                in_words = _IN_WORDS.get(told["field"])
                for name in ("theirs", "mine"):
                    if in_words is not None and told[name] is not None:
                        told[name] = in_words(told[name])
        return super().handle_exception(exc)

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

    def began_from(self, request: Request) -> int | None:
        """The version of the issue that the change began from, which is said in its body or by `If-Match`; None where
        it is not said. It is taken out of the body.

        :raises ValidationError: if `If-Match` is no ETag of an issue
        :raises Invalid: if it says something else than the body
        """
        said: int | None = self.body.pop("version", None)
        sent = request.headers.get("If-Match", "").strip()
        if sent in {"", "*"}:
            return said
        match = _ETAG.fullmatch(sent)
        if match is None:
            raise serializers.ValidationError({"If-Match": [_('Send the ETag of the issue, such as "7".')]})
        matched = int(match.group(1))
        if said not in {None, matched}:
            raise Invalid(_("It and “version” differ: send one of the two."), field="If-Match")
        return matched
