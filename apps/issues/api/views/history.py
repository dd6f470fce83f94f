"""What happened to an issue, and the way back."""

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import Cursor, operation
from apps.issues import services
from apps.issues.activity import history_page
from apps.issues.api.serializers.history import EntrySerializer, HistoryQuery, UndoFields
from apps.issues.api.serializers.issues import IssueSerializer
from apps.issues.api.views.base import IssueScopeView, IssueView


class HistoryView(IssueScopeView):
    """What happened to an issue."""

    @operation("list_history", query=HistoryQuery, answer=EntrySerializer, is_page=True)
    def get(self, request: Request, org: str, issue_key: str) -> Response:
        """A page of its changes, newest first unless `order` is `oldest`; as many facts as asked for, whole."""
        query = self.query
        actor = self.actor
        issue = self.issue(issue_key)
        self.follow(issue.project)
        cursor = Cursor(self, query["order"], query.get("cursor"))
        page = history_page(
            actor=actor,
            issue=issue,
            after=cursor.after[0] if cursor.after else None,
            is_oldest_first=query["order"] == "oldest",
            size=query["limit"],
        )
        return cursor.answer(
            EntrySerializer(page.entries, many=True).data,
            next_after=None if page.next_after is None else [page.next_after],
            previous_before=None,
        )


class UndoView(IssueView):
    """The way back from a change of an issue."""

    @operation("undo_change", body=UndoFields, answer=IssueSerializer)
    def post(self, request: Request, org: str, issue_key: str) -> Response:
        """Take a change back. If the field was changed since, both values come back, and `seen` to insist with."""
        values = self.body
        actor = self.actor
        issue = self.issue(issue_key, with_deleted=True)
        services.undo_change(actor=actor, issue=issue, change_id=values["change"], seen=values.get("seen"))
        return self.answer(self.issue(issue_key, with_deleted=True))
