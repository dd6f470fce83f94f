"""Projects for scripts."""

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import OrganizationView
from apps.events.selectors import events_since, project_stream, with_changes
from apps.projects import selectors
from apps.projects.api.serializers import (
    CustomFieldSerializer,
    EventQuery,
    EventSerializer,
    NamedSerializer,
    PersonSerializer,
    ProjectSerializer,
    StatusSerializer,
)


class ProjectListView(OrganizationView):
    """The organization's projects."""

    def get(self, request: Request, org: str) -> Response:
        """The projects that the actor sees and that are not archived, by name; an organization has few."""
        projects = selectors.list_projects(actor=self.actor)
        return Response({"next": None, "previous": None, "results": ProjectSerializer(projects, many=True).data})


class ProjectView(OrganizationView):
    """One project, with the ids that its issues refer to."""

    def get(self, request: Request, org: str, project_key: str) -> Response:
        """The project, its statuses, types, labels, versions and fields, and the people who can be given its issues."""
        actor = self.actor
        project = selectors.get_project(actor=actor, key=project_key)
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

    def get(self, request: Request, org: str, project_key: str) -> Response:
        """What happened after `since`, in order. Ask again with `next_since`: nothing is told twice or left out."""
        query = self.queried(EventQuery)
        actor = self.actor
        project = selectors.get_project(actor=actor, key=project_key)
        stream_id, head = project_stream(actor=actor, project_id=project.pk)
        events = events_since(actor=actor, stream_id=stream_id, seq=query["since"], limit=query["limit"])
        return Response(
            {
                "head": head,
                "next_since": events[-1].seq if events else query["since"],
                "results": EventSerializer(with_changes(events), many=True).data,
            }
        )
