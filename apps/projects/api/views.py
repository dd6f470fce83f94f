"""Projects for scripts."""

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import operation
from apps.events.selectors import events_since, project_stream, with_changes
from apps.orgs.api.base import OrganizationView
from apps.orgs.api.serializers import PersonSerializer
from apps.orgs.scopes import Resource
from apps.projects import selectors
from apps.projects.api.serializers import (
    CustomFieldSerializer,
    EventPageSerializer,
    EventQuery,
    EventSerializer,
    NamedSerializer,
    ProjectDetailSerializer,
    ProjectSerializer,
    StatusSerializer,
)


class ProjectListView(OrganizationView):
    """The organization's projects."""

    resource = Resource.PROJECTS

    @operation("list_projects", answer=ProjectSerializer, is_page=True)
    def get(self, request: Request, org: str) -> Response:
        """The projects that the caller sees and that are not archived, by name.

        An organization has few: they come all at once.
        """
        projects = selectors.list_projects(actor=self.actor)
        return Response({"next": None, "previous": None, "results": ProjectSerializer(projects, many=True).data})


class ProjectView(OrganizationView):
    """One project, with the ids that its issues refer to."""

    resource = Resource.PROJECTS

    @operation("get_project", answer=ProjectDetailSerializer)
    def get(self, request: Request, org: str, project_key: str) -> Response:
        """A project with its configuration.

        Its statuses, types, labels, versions and fields, and the people who can be given its issues.
        """
        actor = self.actor
        project = selectors.get_project(actor=actor, key=project_key)
        self.follow(project)
        return Response(
            {
                **ProjectSerializer(project).data,
                "statuses": StatusSerializer(selectors.list_statuses(actor=actor, project=project), many=True).data,
                "types": NamedSerializer(selectors.list_issue_types(actor=actor, project=project), many=True).data,
                "labels": NamedSerializer(selectors.list_labels(actor=actor, project=project), many=True).data,
                "versions": NamedSerializer(selectors.list_versions(actor=actor, project=project), many=True).data,
                "custom_fields": CustomFieldSerializer(
                    selectors.list_custom_fields(actor=actor, project=project), many=True
                ).data,
                "people": PersonSerializer(selectors.assignable_people(actor=actor, project=project), many=True).data,
            }
        )


class ProjectEventsView(OrganizationView):
    """The project's fact log."""

    resource = Resource.PROJECTS

    @operation("list_events", query=EventQuery, answer=EventPageSerializer)
    def get(self, request: Request, org: str, project_key: str) -> Response:
        """What happened after `since`, in order.

        Ask again with `next_since`: nothing is told twice or left out.
        """
        actor = self.actor
        since = self.query["since"]
        project = selectors.get_project(actor=actor, key=project_key)
        stream_id, head = project_stream(actor=actor, project_id=project.pk)
        events = events_since(actor=actor, stream_id=stream_id, seq=since, limit=self.query["limit"])
        return Response(
            {
                "head": head,
                "next_since": events[-1].seq if events else since,
                "results": EventSerializer(with_changes(events), many=True).data,
            }
        )
