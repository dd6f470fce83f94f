"""What came from outside and waits, the decisions about it, and epics."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import Cursor, operation
from apps.issues import services
from apps.issues.api.serializers.issues import EXPANDS, IssueSerializer
from apps.issues.api.serializers.triage import (
    AcceptFields,
    DeclineFields,
    DuplicateFields,
    EpicQuery,
    EpicSerializer,
    SnoozeFields,
    WaitingSerializer,
)
from apps.issues.api.views.base import IssueScopeView, IssueView
from apps.issues.selectors import epic_page, get_issue_by_id, get_triage
from apps.projects.selectors import get_project


class TriageView(IssueScopeView):
    """A project's Triage."""

    @operation("list_triage", answer=WaitingSerializer, is_page=True)
    def get(self, request: Request, org: str, project_key: str) -> Response:
        """What waits there, the oldest hundred all at once, those that are snoozed behind the others.

        Guests see what they reported.
        """
        project = get_project(actor=self.actor, key=project_key)
        with self.in_zone():
            found = get_triage(actor=self.actor, project=project)
        return self.whole(WaitingSerializer, [*found.waiting, *found.snoozed])


class DecisionView(IssueView):
    """Base of the decisions about an issue that waits."""

    def decided(self, issue: Any) -> Response:
        """The issue as it is now."""
        return self.answer(get_issue_by_id(actor=self.actor, issue_id=issue.pk))


class AcceptView(DecisionView):
    """Yes."""

    @operation("accept_issue", body=AcceptFields, answer=IssueSerializer, expands=EXPANDS)
    def post(self, request: Request, org: str, waiting_key: str) -> Response:
        """Take an issue out of Triage into the work of the project, as if it were created there."""
        values = self.body
        wanted = {
            {"status": "status_id", "sprint": "sprint_id"}.get(name, name): value for name, value in values.items()
        }
        return self.decided(services.accept_issue(actor=self.actor, issue=self.issue(waiting_key), **wanted))


class DeclineView(DecisionView):
    """No."""

    @operation("decline_issue", body=DeclineFields, answer=IssueSerializer, expands=EXPANDS)
    def post(self, request: Request, org: str, waiting_key: str) -> Response:
        """Cancel an issue that waits in Triage, and say why."""
        return self.decided(services.decline_issue(actor=self.actor, issue=self.issue(waiting_key), **self.body))


class DuplicateView(DecisionView):
    """Known already."""

    @operation("mark_duplicate", body=DuplicateFields, answer=IssueSerializer, expands=EXPANDS)
    def post(self, request: Request, org: str, waiting_key: str) -> Response:
        """Say that an issue in Triage repeats another one: it is cancelled, its watchers and links go to that one."""
        actor = self.actor
        canonical = get_issue_by_id(actor=actor, issue_id=self.body["of"])
        return self.decided(services.mark_duplicate(actor=actor, issue=self.issue(waiting_key), canonical=canonical))


class SnoozeView(DecisionView):
    """Later."""

    @operation("snooze_issue", body=SnoozeFields, answer=IssueSerializer, expands=EXPANDS)
    def post(self, request: Request, org: str, waiting_key: str) -> Response:
        """Put an issue in Triage off to a day, on which it is there again by itself."""
        issue = self.issue(waiting_key)
        with self.in_zone():
            services.snooze_issue(actor=self.actor, issue=issue, until=self.body["until"])
        return self.decided(issue)


class DecisionUndoView(DecisionView):
    """The way back."""

    @operation("undo_decision", answer=IssueSerializer, expands=EXPANDS)
    def post(self, request: Request, org: str, decided_key: str) -> Response:
        """Take one's own last decision about an issue back, within ten minutes."""
        return self.decided(services.take_decision_back(actor=self.actor, issue=self.issue(decided_key)))


class EpicListView(IssueScopeView):
    """A project's epics."""

    @operation("list_epics", query=EpicQuery, answer=EpicSerializer, is_page=True)
    def get(self, request: Request, org: str, project_key: str) -> Response:
        """A page of epics with how far each is, in their order. It is read in one direction."""
        query = self.query
        project = get_project(actor=self.actor, key=project_key)
        cursor = Cursor(self, query["show"], query.get("cursor"))
        page = epic_page(
            actor=self.actor, project=project, shown=query["show"], after=cursor.after, size=query["limit"]
        )
        rows = EpicSerializer(page.epics, many=True).data
        return cursor.answer(rows, next_after=page.next_after, previous_before=None)
