"""Many issues of a project at once."""

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import InvalidItem, operation
from apps.core.errors import Forbidden, NotFound
from apps.issues import services
from apps.issues.api.changes import Choices, change, checked_change, edited, named_ids
from apps.issues.api.serializers.many import (
    BatchFields,
    BulkFields,
    BulkSerializer,
    BulkUndoFields,
    ChangedIssuesSerializer,
    TakenBackSerializer,
    TransferFields,
    TransferUndoFields,
    changed_issues,
)
from apps.issues.api.views.base import IssueScopeView, name_edit, place_of
from apps.issues.selectors import destinations, find_issues_by_id, get_issues_by_id
from apps.projects import policies
from apps.projects.selectors import get_project


class BulkView(IssueScopeView):
    """One edit of many issues."""

    @operation("bulk_edit", body=BulkFields, answer=BulkSerializer)
    def post(self, request: Request, org: str, project_key: str) -> Response:
        """Change all of them or none, with one fact. For ten minutes `undo_bulk_edit` takes it back."""
        project = get_project(actor=self.actor, key=project_key)
        op = name_edit()
        edit = services.bulk_edit(
            actor=self.actor,
            project=project,
            issue_ids=self.body["issues"],
            values=edited(self.body["values"]),
            place=place_of(self.body),
        )
        return Response({"op": op, "results": changed_issues(edit.changed)})


class BulkUndoView(IssueScopeView):
    """The way back from a bulk edit."""

    @operation("undo_bulk_edit", body=BulkUndoFields, answer=TakenBackSerializer)
    def post(self, request: Request, org: str, project_key: str) -> Response:
        """Take one's own bulk edit of the last ten minutes back, except what was changed since."""
        project = get_project(actor=self.actor, key=project_key)
        back = services.take_back(actor=self.actor, project=project, issue_id=self.body["issue"], op=self.body["op"])
        return Response({"results": changed_issues(back.issues), "left": list(back.left)})


class TransferView(IssueScopeView):
    """The move to another project."""

    @operation("transfer_issues", body=TransferFields, answer=ChangedIssuesSerializer)
    def post(self, request: Request, org: str, project_key: str) -> Response:
        """Move issues and their sub-tasks to another project. They get keys of it; the old ones lead on.

        Statuses, types, labels and versions are found there by name or meaning; what has no counterpart is dropped.
        """
        values = self.body
        project = get_project(actor=self.actor, key=project_key)
        if not policies.can_edit_issues(self.actor, project):
            raise Forbidden
        offered = destinations(actor=self.actor, project=project)
        target = next((each for each in offered if each.key == values["to"].upper()), None)
        if target is None:
            raise NotFound(_("There is no project “%(key)s” to move to, or not for you.") % {"key": values["to"]})
        moved = services.move_to_project(
            actor=self.actor,
            project=project,
            issue_ids=values["issues"],
            target=target,
            statuses=values.get("statuses"),
            types=values.get("types"),
        )
        return Response({"results": changed_issues(moved)})


class TransferUndoView(IssueScopeView):
    """The way back from it."""

    @operation("undo_transfer", body=TransferUndoFields, answer=ChangedIssuesSerializer)
    def post(self, request: Request, org: str, project_key: str) -> Response:
        """Take one's own move to this project back, within ten minutes: all the issues that came with this one."""
        issue_id = self.body["issue"]
        project = get_project(actor=self.actor, key=project_key)
        get_issues_by_id(actor=self.actor, project=project, issue_ids=[issue_id])
        back = services.take_transfer_back(actor=self.actor, project=project, issue_id=issue_id)
        return Response({"results": changed_issues(back)})


class BatchView(IssueScopeView):
    """Many different changes."""

    counts: ClassVar[dict[str, str]] = {"POST": "api-create"}

    @operation("batch", body=BatchFields, answer=ChangedIssuesSerializer)
    def post(self, request: Request, org: str, project_key: str) -> Response:
        """Make up to 500 changes of the project's issues in one transaction: all of them, or none.

        The answer names the issue of each. A refusal says in `item` which change it is about, counted from 0. The batch
        counts once against the limits, and is refused if it takes longer than 20 seconds.
        """
        project = get_project(actor=self.actor, key=project_key)
        asked = []
        for item, each in enumerate(self.body["changes"]):
            with services.naming_item(item):
                asked.append(checked_change(each))
        named = named_ids(asked)
        issues = find_issues_by_id(actor=self.actor, project=project, issue_ids=named)
        choices = Choices(self.actor, project)
        changes = []
        for item, each in enumerate(asked):
            with services.naming_item(item):
                changes.append(change(choices, issues, each))
        done = services.change_together(actor=self.actor, project=project, changes=changes, issue_ids=named)
        # As they are after all of it.
        now = find_issues_by_id(actor=self.actor, project=project, issue_ids={issue.pk for issue in done})
        return Response({"results": changed_issues(now[issue.pk] for issue in done)})

    def checked(self, fields: Any, data: Any, *, is_json: bool = False) -> dict[str, Any]:
        """As every body; a refusal says which change it is about."""
        try:
            return super().checked(fields, data, is_json=is_json)
        except serializers.ValidationError as error:
            wrong: Any = error.detail
            wrong = wrong.get("changes") if isinstance(wrong, dict) else None
            if not isinstance(wrong, dict):
                raise
            raise InvalidItem(error.detail, item=min(wrong)) from error
