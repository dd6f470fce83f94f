"""Who works in a project, and who leaves it or the organization, for scripts."""

from functools import partial
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import PageQuery, operation
from apps.issues import services
from apps.issues.api.configuration.base import ConfigurationView
from apps.issues.api.serializers.configuration.common import ChangedSerializer
from apps.issues.api.serializers.configuration.people import LeaveFields, ProjectMemberSerializer, ProjectRoleFields
from apps.orgs.scopes import Resource
from apps.orgs.selectors import get_member
from apps.projects import selectors
from apps.projects import services as project_services


class ProjectMemberListView(ConfigurationView):
    """Who has a role of their own in the project."""

    @operation("list_project_members", query=PageQuery, answer=ProjectMemberSerializer, is_page=True)
    def get(self, request: Request, org: str, project_key: str) -> Response:
        """A page of those who have a role of their own in a project, in the order in which they first got it."""
        read = partial(selectors.member_page, actor=self.actor, project=self.project())
        return self.page(ProjectMemberSerializer, read)

    @operation("set_project_role", body=ProjectRoleFields, answer=ProjectMemberSerializer)
    def post(self, request: Request, org: str, project_key: str) -> Response:
        """Add somebody of the organization to a project, or give them another role in it."""
        actor, project = self.actor, self.configurable()
        seat = get_member(actor=actor, user_id=self.body["user"])
        member = project_services.set_project_role(actor=actor, project=project, user=seat.user, role=self.body["role"])
        return Response(ProjectMemberSerializer(member).data)


class LeavingView(ConfigurationView):
    """Base of how people leave."""

    def heir(self) -> Any:
        """Whoever gets open issues, if somebody was named."""
        to = self.body.get("to")
        return None if to is None else get_member(actor=self.actor, user_id=to).user


class ProjectMemberRemovalView(LeavingView):
    """Somebody leaves a project."""

    @operation("remove_project_member", body=LeaveFields, answer=ChangedSerializer)
    def post(self, request: Request, org: str, project_key: str, user_id: int) -> Response:
        """Take somebody's own role in a project away; their open issues there stay with them, or go to somebody."""
        member = self.found(selectors.get_project_member, user_id=user_id)
        keeps_work = self.body["keeps_work"]
        return self.changed(
            services.remove_from_project(actor=self.actor, member=member, keeps_work=keeps_work, to=self.heir())
        )


class MemberRemovalView(LeavingView):
    """Somebody leaves the organization."""

    resource = Resource.ORGANIZATION

    @operation("remove_member", body=LeaveFields, answer=ChangedSerializer)
    def post(self, request: Request, org: str, user_id: int) -> Response:
        """End somebody's seat; their open issues stay with them, or go to somebody."""
        seat = get_member(actor=self.actor, user_id=user_id)
        keeps_work = self.body["keeps_work"]
        return self.changed(
            services.remove_from_organization(actor=self.actor, membership=seat, keeps_work=keeps_work, to=self.heir())
        )
