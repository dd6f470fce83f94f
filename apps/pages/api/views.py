"""One's own latest work for scripts. What is assigned, watched or starred is found among the issues."""

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import operation
from apps.orgs.api.base import OrganizationView
from apps.orgs.api.serializers import PersonSerializer
from apps.orgs.scopes import Resource
from apps.pages import selectors
from apps.projects.api.serializers import NamedSerializer, StatusSerializer


class IssueLineSerializer(serializers.Serializer[Any]):
    """An issue as lists that cross projects show it."""

    id = serializers.IntegerField(read_only=True)
    key = serializers.CharField(read_only=True)
    title = serializers.CharField(read_only=True)
    project = serializers.CharField(source="project.key", read_only=True)
    type = NamedSerializer(read_only=True)
    status = StatusSerializer(read_only=True)
    priority = serializers.CharField(read_only=True)
    assignee = PersonSerializer(read_only=True, allow_null=True)
    due_date = serializers.DateField(read_only=True, allow_null=True)
    updated_at = serializers.DateTimeField(read_only=True)
    is_starred = serializers.BooleanField(read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "id": 4711,
            "key": "FLOW-12",
            "title": "Wheel squeaks on gravel",
            "project": "FLOW",
            "type": {"id": 3, "name": "Bug"},
            "status": {"id": 8, "name": "In progress", "category": "in_progress"},
            "priority": "high",
            "assignee": {"id": 2, "name": "Mateo Silva"},
            "due_date": "2026-12-24",
            "updated_at": "2026-11-20T16:05:12Z",
            "is_starred": True,
        }


class RecentView(OrganizationView):
    """What one worked with last."""

    resource = Resource.ISSUES

    @operation("list_recent", answer=IssueLineSerializer, is_page=True)
    def get(self, request: Request, org: str) -> Response:
        """The issues that one looked at or changed last, newest first: 50, all at once."""
        return self.whole(IssueLineSerializer, selectors.last_touched(actor=self.actor, limit=selectors.RECENT))
