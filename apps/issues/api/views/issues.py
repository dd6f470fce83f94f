"""Issues: lists, one, its statuses, and what becomes of it as a whole."""

from functools import partial
from typing import ClassVar

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import operation
from apps.issues import services
from apps.issues.api.changes import Choices, edited, new_issue
from apps.issues.api.filters import filters_of
from apps.issues.api.serializers.issues import (
    EXPANDS,
    ORDERINGS,
    ORDERINGS_ACROSS,
    IssueAcrossQuery,
    IssueEditFields,
    IssueQuery,
    IssueSerializer,
    IssueTransitionFields,
    IssueTransitionSerializer,
    MoveFields,
    NewIssueFields,
)
from apps.issues.api.views.base import UNTOLD, IssueScopeView, IssueView, chosen
from apps.issues.selectors import (
    Archived,
    get_issue,
    get_issues_by_id,
    get_workflow,
    issue_page,
    issue_page_across,
    ways_from,
)
from apps.projects.selectors import get_project, list_statuses


class IssueListView(IssueView):
    """The issues of a project."""

    counts: ClassVar[dict[str, str]] = {"POST": "api-create"}

    @operation("list_issues", query=IssueQuery, answer=IssueSerializer, is_page=True, expands=EXPANDS)
    def get(self, request: Request, org: str, project_key: str) -> Response:
        """A page of them: by number, unless another order is asked for. Archived ones are left out."""
        query = self.query
        project = get_project(actor=self.actor, key=project_key)
        if not (self.expanded | query.keys()) & UNTOLD:
            self.follow(project)
        read = partial(
            issue_page,
            actor=self.actor,
            project=project,
            filters=filters_of(query, self.actor.user_id),
            sort=ORDERINGS[query["ordering"]],
            archived=Archived(query["archived"]),
        )
        return self.issues(read, order=query["ordering"])

    @operation("create_issue", body=NewIssueFields, answer=IssueSerializer, status=201)
    def post(self, request: Request, org: str, project_key: str) -> Response:
        """Create an issue at the end of its column."""
        project = get_project(actor=self.actor, key=project_key)
        new = new_issue(Choices(self.actor, project), self.body)
        issue = services.create_issue(actor=self.actor, project=project, new=new)
        return self.answer(issue, status.HTTP_201_CREATED)


class IssuesAcrossView(IssueScopeView):
    """The issues of all projects that the caller sees."""

    @operation("list_issues_across", query=IssueAcrossQuery, answer=IssueSerializer, is_page=True, expands=EXPANDS)
    def get(self, request: Request, org: str) -> Response:
        """A page of them, those that changed last first, or the other way round. Archived ones are left out."""
        query = self.query
        read = partial(
            issue_page_across,
            actor=self.actor,
            filters=filters_of(query, self.actor.user_id),
            sort=ORDERINGS_ACROSS[query["ordering"]],
            archived=Archived(query["archived"]),
        )
        return self.issues(read, order=query["ordering"])


class IssueDetailView(IssueView):
    """One issue."""

    @operation("get_issue", answer=IssueSerializer, expands=EXPANDS)
    def get(self, request: Request, org: str, issue_key: str) -> Response:
        """The issue, also when it is archived."""
        issue = self.issue(issue_key)
        if not self.expanded & UNTOLD:
            self.follow(issue.project)
        return self.answer(issue)

    @operation("edit_issue", body=IssueEditFields, answer=IssueSerializer, matches=True)
    def patch(self, request: Request, org: str, issue_key: str) -> Response:
        """Set some fields. With `If-Match` or `version` an edit of what somebody else changed since is refused."""
        values = self.body
        version = self.began_from(request)
        issue = self.issue(issue_key)
        services.edit_and_act(actor=self.actor, issue=issue, values=edited(values), version=version)
        return self.answer(self.issue(issue_key))

    @operation("delete_issue", status=204)
    def delete(self, request: Request, org: str, issue_key: str) -> Response:
        """Put it into the bin, from which `restore_issue` brings it back. Issues that it held belong to none then."""
        services.delete_issue(actor=self.actor, issue=self.issue(issue_key))
        return Response(status=status.HTTP_204_NO_CONTENT)


class IssueMoveView(IssueView):
    """Where an issue stands."""

    @operation("move_issue", body=MoveFields, answer=IssueSerializer, matches=True)
    def post(self, request: Request, org: str, issue_key: str) -> Response:
        """Move it to a status (its own, if none is named), and there next to another issue of the project.

        With `If-Match` or `version` a move is refused if somebody else moved it to another status since.
        """
        values = self.body
        version = self.began_from(request)
        actor = self.actor
        issue = self.issue(issue_key)
        to = issue.status
        if "status" in values:
            to = chosen(list_statuses(actor=actor, project=issue.project), values["status"], field="status")
        neighbours = {
            name: get_issues_by_id(actor=actor, project=issue.project, issue_ids=[values[name]])[values[name]]
            for name in ("before", "after")
            if values.get(name) is not None
        }
        services.move_issue(actor=actor, issue=issue, to=to, version=version, **neighbours)
        return self.answer(self.issue(issue_key))


class TransitionView(IssueView):
    """The statuses that an issue can have next."""

    @operation("list_issue_transitions", answer=IssueTransitionSerializer, is_page=True)
    def get(self, request: Request, org: str, issue_key: str) -> Response:
        """All statuses of its project, all at once, and for those to which the caller cannot take it, why not.

        What a transition asks for besides, such as a field that must be filled in, is said when it is taken.
        """
        issue = self.issue(issue_key)
        self.follow(issue.project)
        statuses = list_statuses(actor=self.actor, project=issue.project)
        workflow = get_workflow(project=issue.project)
        ways = [
            {
                "status": way.status,
                "is_current": way.status.pk == issue.status_id,
                "is_allowed": not way.refused,
                "refused": way.refused,
            }
            for way in ways_from(actor=self.actor, issue=issue, statuses=statuses, workflow=workflow)
        ]
        return self.whole(IssueTransitionSerializer, ways)

    @operation("take_transition", body=IssueTransitionFields, answer=IssueSerializer, matches=True)
    def post(self, request: Request, org: str, issue_key: str) -> Response:
        """Take it to a status, at the end of the column. With `If-Match` or `version` as when it is moved."""
        version = self.began_from(request)
        issue = self.issue(issue_key)
        statuses = list_statuses(actor=self.actor, project=issue.project)
        to = chosen(statuses, self.body["status"], field="status")
        services.move_issue(actor=self.actor, issue=issue, to=to, version=version)
        return self.answer(self.issue(issue_key))


class ArchiveView(IssueView):
    """The archive."""

    @operation("archive_issue", answer=IssueSerializer)
    def post(self, request: Request, org: str, issue_key: str) -> Response:
        """Take it off boards and lists. It can still be read, and restored."""
        services.archive_issue(actor=self.actor, issue=self.issue(issue_key))
        return self.answer(self.issue(issue_key))


class RestoreView(IssueView):
    """The way back from the archive and the bin."""

    @operation("restore_issue", answer=IssueSerializer)
    def post(self, request: Request, org: str, issue_key: str) -> Response:
        """Bring it back from the bin or the archive, with everything that belongs to it."""
        services.restore_issue(actor=self.actor, issue=self.issue(issue_key, with_deleted=True))
        return self.answer(self.issue(issue_key))


class CopyView(IssueView):
    """A copy."""

    counts: ClassVar[dict[str, str]] = {"POST": "api-create"}

    @operation("copy_issue", answer=IssueSerializer, status=201)
    def post(self, request: Request, org: str, issue_key: str) -> Response:
        """Create an issue that asks for the same, without comments, files, links, dates and sub-tasks."""
        made = services.copy_issue(actor=self.actor, issue=self.issue(issue_key))
        return self.answer(get_issue(actor=self.actor, key=f"{made.project.key}-{made.number}"), 201)
