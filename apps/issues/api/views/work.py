"""The work log of an issue."""

from functools import partial
from typing import Any, ClassVar

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import PageQuery, operation
from apps.issues import services
from apps.issues.api.serializers.work import WorkEditFields, WorkFields, WorkSerializer
from apps.issues.api.views.base import IssueScopeView
from apps.issues.selectors import get_work, work_page


class WorkListView(IssueScopeView):
    """What was logged on an issue."""

    counts: ClassVar[dict[str, str]] = {"POST": "api-create"}

    @operation("list_work", query=PageQuery, answer=WorkSerializer, is_page=True)
    def get(self, request: Request, org: str, issue_key: str) -> Response:
        """A page of entries, the latest day first."""
        issue = self.issue(issue_key)
        self.follow(issue.project)
        return self.page(WorkSerializer, partial(work_page, actor=self.actor, issue=issue), order="-day")

    @operation("log_work", body=WorkFields, answer=WorkSerializer, status=201)
    def post(self, request: Request, org: str, issue_key: str) -> Response:
        """Log how long one worked on the issue: today, unless another day is named."""
        values = self.body
        actor = self.actor
        issue = self.issue(issue_key)
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
        return get_work(actor=self.actor, issue=self.issue(issue_key), work_id=work_id)
