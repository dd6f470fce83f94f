"""Projects for scripts."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import operation
from apps.events.selectors import events_since, project_stream, with_changes
from apps.orgs.api.base import OrganizationView
from apps.orgs.scopes import Resource
from apps.orgs.selectors import deleted_projects
from apps.projects import selectors, services
from apps.projects.api.serializers import (
    ConfirmationFields,
    DeletedProjectSerializer,
    EventPageSerializer,
    EventQuery,
    EventSerializer,
    ProjectDetailSerializer,
    ProjectEditFields,
    ProjectQuery,
    ProjectSerializer,
)


class ProjectScopeView(OrganizationView):
    """Base of what is read and written of projects."""

    resource = Resource.PROJECTS

    def whole_project(self, project: Any, status: int = 200) -> Response:
        """A project with its configuration."""
        actor = self.actor
        parts: dict[str, Any] = {
            "statuses": selectors.list_statuses(actor=actor, project=project),
            "types": selectors.list_issue_types(actor=actor, project=project),
            "labels": selectors.list_labels(actor=actor, project=project),
            "versions": selectors.list_versions(actor=actor, project=project),
            "custom_fields": selectors.list_custom_fields(actor=actor, project=project),
            "people": selectors.assignable_people(actor=actor, project=project),
        }
        return Response(ProjectDetailSerializer(Whole(project, parts)).data, status)


class Whole:
    """A project, and lists of its parts beside its own attributes."""

    def __init__(self, project: Any, parts: dict[str, Any]) -> None:
        self._project = project
        self._parts = parts

    def __getattr__(self, name: str) -> Any:
        return self._parts[name] if name in self._parts else getattr(self._project, name)


class ProjectListView(ProjectScopeView):
    """The organization's projects."""

    @operation("list_projects", query=ProjectQuery, answer=ProjectSerializer, is_page=True)
    def get(self, request: Request, org: str) -> Response:
        """The projects that the caller sees, by name: those that are not archived, unless asked.

        An organization has few: they come all at once.
        """
        projects = selectors.list_projects(
            actor=self.actor, is_archived=self.query["archived"], starred=self.query.get("starred")
        )
        return self.whole(ProjectSerializer, projects)


class ProjectView(ProjectScopeView):
    """One project, with the ids that its issues refer to."""

    @operation("get_project", answer=ProjectDetailSerializer)
    def get(self, request: Request, org: str, project_key: str) -> Response:
        """A project with its configuration.

        Its statuses, types, labels, versions and fields, and the people who can be given its issues.
        """
        project = selectors.get_project(actor=self.actor, key=project_key)
        self.follow(project)
        return self.whole_project(project)

    @operation("edit_project", body=ProjectEditFields, answer=ProjectDetailSerializer)
    def patch(self, request: Request, org: str, project_key: str) -> Response:
        """Change some of a project: what it is called, who sees it, how its team works, what it keeps.

        Archive it, or open it again. All that is sent is done, or nothing.
        """
        actor, values = self.actor, self.body
        project = selectors.get_configurable_project(actor=actor, key=project_key)
        texts = {
            name: values.get(name, getattr(project, name)) for name in ("name", "description", "visibility", "template")
        }
        project = services.edit_project(actor=actor, project=project, **texts)
        if values.keys() & {"has_time_tracking", "minutes_a_day", "days_a_week"}:
            project = services.set_time_tracking(
                actor=actor,
                project=project,
                is_on=values.get("has_time_tracking", project.has_time_tracking),
                day=f"{values.get('minutes_a_day', project.minutes_a_day)}m",
                days_a_week=values.get("days_a_week", project.days_a_week),
            )
        if "has_triage" in values:
            project = services.set_triage(actor=actor, project=project, is_on=values["has_triage"])
        if "key" in values:
            project = services.change_project_key(actor=actor, project=project, key=values["key"])
        if "archived" in values:
            project = services.set_project_archived(actor=actor, project=project, is_archived=values["archived"])
        return self.whole_project(project)


class ProjectDeletionView(ProjectScopeView):
    """The end of a project."""

    @operation("delete_project", body=ConfirmationFields, status=204)
    def post(self, request: Request, org: str, project_key: str) -> Response:
        """Hide a project from everybody. For 30 days it can be brought back; then it is gone."""
        project = selectors.get_configurable_project(actor=self.actor, key=project_key)
        services.delete_project(actor=self.actor, project=project, **self.body)
        return Response(status=204)


class DeletedProjectListView(ProjectScopeView):
    """What can be brought back."""

    @operation("list_deleted_projects", answer=DeletedProjectSerializer, is_page=True)
    def get(self, request: Request, org: str) -> Response:
        """The deleted projects that the caller may bring back, newest first: few, so they come all at once."""
        return self.whole(DeletedProjectSerializer, deleted_projects())


class ProjectReturnView(ProjectScopeView):
    """The return of a project."""

    @operation("restore_project", answer=ProjectSerializer)
    def post(self, request: Request, org: str, project_id: int) -> Response:
        """Bring a deleted project back."""
        project, actor = selectors.get_deleted_project(actor=self.actor, project_id=project_id)
        return Response(ProjectSerializer(services.restore_project(actor=actor, project=project)).data)


class ProjectStarView(ProjectScopeView):
    """One's favourites."""

    @operation("star_project", status=204)
    def put(self, request: Request, org: str, project_key: str) -> Response:
        """Take a project among one's favourites."""
        return self._star(project_key, is_starred=True)

    @operation("unstar_project", status=204)
    def delete(self, request: Request, org: str, project_key: str) -> Response:
        """Take a project out of one's favourites."""
        return self._star(project_key, is_starred=False)

    def _star(self, project_key: str, *, is_starred: bool) -> Response:
        project = selectors.get_project(actor=self.actor, key=project_key)
        services.set_project_starred(actor=self.actor, project=project, is_starred=is_starred)
        return Response(status=204)


class ProjectEventsView(ProjectScopeView):
    """The project's fact log."""

    @operation("list_events", query=EventQuery, answer=EventPageSerializer)
    def get(self, request: Request, org: str, project_key: str) -> Response:
        """What happened after `since`, in order.

        Ask again with `next_since`: nothing is told twice or left out. With `wait` the answer comes as soon as
        something happens, or empty after so many seconds (long polling): of one token, ten wait at once.
        """
        actor = self.actor
        since = self.query["since"]
        project = selectors.get_project(actor=actor, key=project_key)
        stream_id, head = project_stream(actor=actor, project_id=project.pk)
        events = events_since(actor=actor, stream_id=stream_id, seq=since, limit=self.query["limit"])
        if self.query["wait"] and since == head:
            self.wait_for(stream_id=stream_id, seq=head, seconds=self.query["wait"])
        return Response(
            {
                "head": head,
                "next_since": events[-1].seq if events else since,
                "results": EventSerializer(with_changes(events), many=True).data,
            }
        )
