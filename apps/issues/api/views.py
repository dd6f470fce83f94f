"""Issues for scripts: the same selectors and services as the pages."""

import re
from collections.abc import Iterable
from functools import partial
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import Cursor, PageQuery, operation
from apps.core.errors import Invalid, NotFound
from apps.issues import services
from apps.issues.activity import history_page
from apps.issues.api.serializers import (
    ORDERINGS,
    CommentFields,
    CommentSerializer,
    DoneSerializer,
    EntrySerializer,
    HistoryQuery,
    IssueEditFields,
    IssueQuery,
    IssueSerializer,
    MoveFields,
    NewIssueFields,
    ThreadFields,
    UndoFields,
    WorkEditFields,
    WorkFields,
    WorkSerializer,
)
from apps.issues.records import JOINS, comment_page, issue_records
from apps.issues.selectors import (
    Filters,
    field_id_of,
    find_comment,
    first_comment,
    get_issue,
    get_issue_by_id,
    get_issues_by_id,
    get_work,
    issue_page,
    work_page,
)
from apps.orgs.api.base import OrganizationView
from apps.orgs.scopes import Resource
from apps.projects.selectors import (
    assignable_people,
    get_project,
    list_issue_types,
    list_labels,
    list_statuses,
    list_versions,
)

# What `answer` gives: the version, and behind it what stands for the whole answer (see `OrganizationView`).
_ETAG = re.compile(r'(?:W/)?"([1-9][0-9]{0,8})(?:-[0-9a-f]{24})?"')


def _chosen(rows: Iterable[Any], wanted: int | None, *, field: str) -> Any:
    """The row of the project with this id; none where none was asked for.

    :raises Invalid: if the project has no such row, whoever else may have
    """
    if wanted is None:
        return None
    found = next((row for row in rows if row.pk == wanted), None)
    if found is None:
        raise Invalid(_("The project has none with the id %(id)s.") % {"id": wanted}, field=field)
    return found


class IssueScopeView(OrganizationView):
    """Base of what is read and written of issues."""

    resource = Resource.ISSUES


class IssueView(IssueScopeView):
    """Base of the endpoints that answer with one issue."""

    def answer(self, issue: Any, code: int = status.HTTP_200_OK) -> Response:
        """The issue, and its version as the ETag that `If-Match` takes back."""
        (record,) = issue_records(actor=self.actor, issues=[issue])
        return Response(IssueSerializer(record).data, code, headers={"ETag": f'"{record.version}"'})


class IssueListView(IssueView):
    """The issues of a project."""

    counts: ClassVar[dict[str, str]] = {"POST": "api-create"}

    @operation("list_issues", query=IssueQuery, answer=IssueSerializer, is_page=True)
    def get(self, request: Request, org: str, project_key: str) -> Response:
        """A page of them: by number, unless another order is asked for. Archived ones are left out."""
        query = self.query
        actor = self.actor
        project = get_project(actor=actor, key=project_key)
        self.follow(project)
        assignee = query.get("assignee")
        filters = Filters(
            q=query.get("q", ""),
            mine=assignee == "me",
            assignee=assignee if isinstance(assignee, int) else None,
            label=query.get("label"),
            status=query.get("status"),
            updated_since=query.get("updated_since"),
        )
        cursor = Cursor(self, query["ordering"], query.get("cursor"))
        page = issue_page(
            actor=actor,
            project=project,
            filters=filters,
            sort=ORDERINGS[query["ordering"]],
            after=cursor.after,
            before=cursor.before,
            size=query["limit"],
            joins=JOINS,
        )
        records = issue_records(actor=actor, issues=page.issues)
        return cursor.answer(
            IssueSerializer(records, many=True).data, next_after=page.next_after, previous_before=page.previous_before
        )

    @operation("create_issue", body=NewIssueFields, answer=IssueSerializer, status=201)
    def post(self, request: Request, org: str, project_key: str) -> Response:
        """Create an issue at the end of its column."""
        values = self.body
        actor = self.actor
        project = get_project(actor=actor, key=project_key)
        new = services.NewIssue(title=values.pop("title"))
        references: dict[str, Any] = {
            "type": list_issue_types,
            "status": list_statuses,
            "assignee": assignable_people,
        }
        for field, read in references.items():
            if values.get(field) is not None:
                setattr(new, field, _chosen(read(actor=actor, project=project), values[field], field=field))
        if values.get("labels"):
            labels = list_labels(actor=actor, project=project)
            new.labels = [_chosen(labels, label_id, field="labels") for label_id in values["labels"]]
        if values.get("fix_versions"):
            versions = list_versions(actor=actor, project=project)
            new.fix_versions = [_chosen(versions, pk, field="fix_versions") for pk in values["fix_versions"]]
        if values.get("parent") is not None:
            new.parent = get_issue_by_id(actor=actor, issue_id=values["parent"])
        for field in ("description", "priority", "points", "due_date"):
            if field in values:
                setattr(new, field, values[field])
        own = values.get("custom_fields", {})
        new.values = {pk: value for name, value in own.items() if (pk := field_id_of(name)) is not None}
        issue = services.create_issue(actor=actor, project=project, new=new)
        return self.answer(issue, status.HTTP_201_CREATED)


class IssueDetailView(IssueView):
    """One issue."""

    @operation("get_issue", answer=IssueSerializer)
    def get(self, request: Request, org: str, issue_key: str) -> Response:
        """The issue, also when it is archived."""
        issue = get_issue(actor=self.actor, key=issue_key)
        self.follow(issue.project)
        return self.answer(issue)

    @operation("edit_issue", body=IssueEditFields, answer=IssueSerializer, matches=True)
    def patch(self, request: Request, org: str, issue_key: str) -> Response:
        """Set some fields. With `If-Match` or `version` an edit of what somebody else changed since is refused."""
        values = self.body
        version = values.pop("version", None)
        if version is None:
            version = self._matched_version(request)
        actor = self.actor
        issue = get_issue(actor=actor, key=issue_key)
        values |= values.pop("custom_fields", {})
        services.edit_and_act(actor=actor, issue=issue, values=values, version=version)
        return self.answer(get_issue(actor=actor, key=issue_key))

    @staticmethod
    def _matched_version(request: Request) -> int | None:
        sent = request.headers.get("If-Match")
        if sent is None or sent.strip() in {"", "*"}:
            return None
        match = _ETAG.fullmatch(sent.strip())
        if match is None:
            raise Invalid(_('Send the ETag of the issue, such as "7".'), field="If-Match")
        return int(match.group(1))


class IssueMoveView(IssueView):
    """Where an issue stands."""

    @operation("move_issue", body=MoveFields, answer=IssueSerializer)
    def post(self, request: Request, org: str, issue_key: str) -> Response:
        """Move it to a status (its own, if none is named), and there next to another issue of the project."""
        values = self.body
        actor = self.actor
        issue = get_issue(actor=actor, key=issue_key)
        statuses = list_statuses(actor=actor, project=issue.project)
        to = _chosen(statuses, values.get("status", issue.status_id), field="status")
        neighbours = {
            name: get_issues_by_id(actor=actor, project=issue.project, issue_ids=[values[name]])[values[name]]
            for name in ("before", "after")
            if values.get(name) is not None
        }
        services.move_issue(actor=actor, issue=issue, to=to, **neighbours)
        return self.answer(get_issue(actor=actor, key=issue_key))


class HistoryView(IssueScopeView):
    """What happened to an issue."""

    @operation("list_history", query=HistoryQuery, answer=EntrySerializer, is_page=True)
    def get(self, request: Request, org: str, issue_key: str) -> Response:
        """A page of its changes, newest first unless `order` is `oldest`; as many facts as asked for, whole."""
        query = self.query
        actor = self.actor
        issue = get_issue(actor=actor, key=issue_key)
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
        issue = get_issue(actor=actor, key=issue_key, with_deleted=True)
        services.undo_change(actor=actor, issue=issue, change_id=values["change"], seen=values.get("seen"))
        return self.answer(get_issue(actor=actor, key=issue_key, with_deleted=True))


class CommentListView(IssueScopeView):
    """What was said about an issue."""

    counts: ClassVar[dict[str, str]] = {"POST": "api-create"}

    @operation("list_comments", query=PageQuery, answer=CommentSerializer, is_page=True)
    def get(self, request: Request, org: str, issue_key: str) -> Response:
        """A page of comments, in the order in which they were stored."""
        actor = self.actor
        issue = get_issue(actor=actor, key=issue_key)
        self.follow(issue.project)
        return self.page(CommentSerializer, partial(comment_page, actor=actor, issue=issue))

    @operation("add_comment", body=CommentFields, answer=CommentSerializer, status=201, also={200: DoneSerializer})
    def post(self, request: Request, org: str, issue_key: str) -> Response:
        """Comment on the issue, or reply to a comment of it; a reply to a reply joins the thread.

        Quick actions in it are done; where it has nothing else, the answer (200) says so.
        """
        values = self.body
        actor = self.actor
        issue = get_issue(actor=actor, key=issue_key)
        parent = None
        if values.get("parent") is not None:
            parent = find_comment(actor=actor, issue=issue, comment_id=values["parent"])
            if parent is None:
                detail = _("The issue has no comment with the id %(id)s.") % {"id": values["parent"]}
                raise Invalid(detail, field="parent")
        said = services.comment_and_act(actor=actor, issue=issue, body=values["body"], reply_to=parent)
        if said.comment is None:
            return Response({"done": said.did.words})
        return Response(CommentSerializer(said.comment).data, status.HTTP_201_CREATED)


class CommentView(IssueScopeView):
    """One comment."""

    @operation("resolve_thread", body=ThreadFields, answer=CommentSerializer)
    def patch(self, request: Request, org: str, issue_key: str, comment_id: int) -> Response:
        """Resolve the thread in which it stands, or open it again. The answer is the comment that begins the thread."""
        values = self.body
        actor = self.actor
        issue = get_issue(actor=actor, key=issue_key)
        comment = find_comment(actor=actor, issue=issue, comment_id=comment_id)
        if comment is None:
            raise NotFound
        services.set_thread_resolved(actor=actor, comment=comment, is_resolved=values["resolved"])
        return Response(CommentSerializer(first_comment(actor=actor, comment=comment)).data)


class WorkListView(IssueScopeView):
    """What was logged on an issue."""

    counts: ClassVar[dict[str, str]] = {"POST": "api-create"}

    @operation("list_work", query=PageQuery, answer=WorkSerializer, is_page=True)
    def get(self, request: Request, org: str, issue_key: str) -> Response:
        """A page of entries, the latest day first."""
        actor = self.actor
        issue = get_issue(actor=actor, key=issue_key)
        self.follow(issue.project)
        return self.page(WorkSerializer, partial(work_page, actor=actor, issue=issue), order="-day")

    @operation("log_work", body=WorkFields, answer=WorkSerializer, status=201)
    def post(self, request: Request, org: str, issue_key: str) -> Response:
        """Log how long one worked on the issue: today, unless another day is named."""
        values = self.body
        actor = self.actor
        issue = get_issue(actor=actor, key=issue_key)
        adjust = services.Adjust(values.pop("adjust", services.Adjust.AUTO))
        remaining = services.Remaining(adjust)
        if "remaining" in values:
            remaining = services.Remaining(services.Adjust.SET, values.pop("remaining"))
        entry = services.log_work(actor=actor, issue=issue, remaining=remaining, **values)
        return Response(WorkSerializer(entry).data, status.HTTP_201_CREATED)


class WorkDetailView(IssueScopeView):
    """One entry of the work log."""

    @operation("edit_work", body=WorkEditFields, answer=WorkSerializer)
    def patch(self, request: Request, org: str, issue_key: str, work_id: int) -> Response:
        """Change some of it: one's own, or as an admin of the project anybody's."""
        values = self.body
        entry = self._entry(issue_key, work_id)
        now = {name: getattr(entry, name) for name in ("minutes", "day", "note")}
        edited = services.edit_work(actor=self.actor, entry=entry, **now | values)
        return Response(WorkSerializer(edited).data)

    @operation("remove_work", status=204)
    def delete(self, request: Request, org: str, issue_key: str, work_id: int) -> Response:
        """Take it away."""
        services.remove_work(actor=self.actor, entry=self._entry(issue_key, work_id))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _entry(self, issue_key: str, work_id: int) -> Any:
        return get_work(actor=self.actor, issue=get_issue(actor=self.actor, key=issue_key), work_id=work_id)
