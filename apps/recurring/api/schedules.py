"""Schedules of a project for scripts: issues that are made by themselves."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import operation
from apps.core.errors import Invalid
from apps.issues.api.serializers.configuration.common import PartsQuery
from apps.issues.api.views.base import chosen
from apps.issues.selectors import get_issues_by_id
from apps.orgs.api.base import OrganizationView
from apps.orgs.scopes import Resource
from apps.projects.selectors import get_configurable_project, get_project
from apps.recurring import selectors, services
from apps.recurring.api.serializers import NewScheduleFields, ScheduleEditFields, ScheduleSerializer

_TIMING = (
    "frequency", "interval", "weekdays", "month_day", "nth", "start_date", "end_date", "most", "at", "due_days",
    "joins_sprint", "status",
)  # fmt: skip


class ScheduleScopeView(OrganizationView):
    """Base of what is read and written of schedules."""

    resource = Resource.PROJECTS

    def shown(self, schedule: Any, status: int = 200) -> Response:
        """The schedule as it is now."""
        found = selectors.get_schedule(actor=self.actor, project=schedule.project, schedule_id=schedule.pk)
        return Response(ScheduleSerializer(selectors.line_of(actor=self.actor, schedule=found)).data, status)

    def timing(self, project: Any, values: dict[str, Any]) -> services.Timing:
        """When issues shall be made, with the status that was sent as what it names.

        :raises Invalid: if the workflow does not let an issue begin there
        """
        if isinstance(values.get("status"), int):
            statuses = selectors.statuses_to_begin_in(actor=self.actor, project=project)
            values["status"] = chosen(statuses, values["status"], field="status")
        return services.Timing(**values)


class ScheduleListView(ScheduleScopeView):
    """The project's schedules."""

    @operation("list_schedules", query=PartsQuery, answer=ScheduleSerializer, is_page=True)
    def get(self, request: Request, org: str, project_key: str) -> Response:
        """The schedules of a project, in the order of their templates: all at once, since it has 50 at most."""
        project = get_project(actor=self.actor, key=project_key)
        found = selectors.list_schedules(actor=self.actor, project=project, is_retired=self.query["retired"])
        return self.whole(ScheduleSerializer, found)

    @operation("create_schedule", body=NewScheduleFields, answer=ScheduleSerializer, status=201)
    def post(self, request: Request, org: str, project_key: str) -> Response:
        """Let issues be made by themselves, in one's own name, from a template or from an issue kept as one."""
        actor, values = self.actor, self.body
        project = get_configurable_project(actor=actor, key=project_key)
        template_id, issue_id, name = (values.pop(field, None) for field in ("template", "issue", "name"))
        if (template_id is None) == (issue_id is None):
            raise Invalid(_("Name a template, or an issue to keep as one."), field="template")
        if (issue_id is None) != (name is None):
            raise Invalid(_("An issue that is kept as a template needs a name, a template has one."), field="name")
        with self.in_zone(values.pop("time_zone", None)):
            timing = self.timing(project, values)
            if template_id is not None:
                template = selectors.get_template(actor=actor, project=project, template_id=template_id)
                made = services.create_schedule(actor=actor, project=project, template=template, timing=timing)
            else:
                issue = get_issues_by_id(actor=actor, project=project, issue_ids=[issue_id])[issue_id]
                made = services.repeat_issue(actor=actor, issue=issue, name=name, timing=timing)
        return self.shown(made, 201)


class ScheduleView(ScheduleScopeView):
    """One schedule."""

    @operation("get_schedule", answer=ScheduleSerializer)
    def get(self, request: Request, org: str, project_key: str, schedule_id: int) -> Response:
        """The schedule, with what comes next."""
        project = get_project(actor=self.actor, key=project_key)
        return self.shown(selectors.get_schedule(actor=self.actor, project=project, schedule_id=schedule_id))

    @operation("edit_schedule", body=ScheduleEditFields, answer=ScheduleSerializer)
    def patch(self, request: Request, org: str, project_key: str, schedule_id: int) -> Response:
        """Let issues be made at other times, pause it, or let it go on in one's own name."""
        actor, values = self.actor, self.body
        found = self._configurable(project_key, schedule_id)
        paused = values.pop("paused", None)
        zone = values.pop("time_zone", found.time_zone)
        if values or zone != found.time_zone:
            now = {name: getattr(found, name) for name in _TIMING}
            with self.in_zone(zone):
                timing = self.timing(found.project, now | values)
                services.edit_schedule(actor=actor, schedule=found, timing=timing)
        if paused is not None:
            (services.pause_schedule if paused else services.resume_schedule)(actor=actor, schedule=found)
        return self.shown(found)

    @operation("delete_schedule", status=204)
    def delete(self, request: Request, org: str, project_key: str, schedule_id: int) -> Response:
        """Delete a schedule. Its template stays, and so do the issues that it made."""
        services.retire_schedule(actor=self.actor, schedule=self._configurable(project_key, schedule_id))
        return Response(status=204)

    def _configurable(self, project_key: str, schedule_id: int) -> Any:
        project = get_configurable_project(actor=self.actor, key=project_key)
        return selectors.get_schedule(actor=self.actor, project=project, schedule_id=schedule_id)


class ScheduleReturnView(ScheduleScopeView):
    """The return of a schedule."""

    @operation("restore_schedule", answer=ScheduleSerializer)
    def post(self, request: Request, org: str, project_key: str, retired_schedule_id: int) -> Response:
        """Bring a deleted schedule back. Slots that passed meanwhile are left out."""
        actor = self.actor
        project = get_configurable_project(actor=actor, key=project_key)
        found = selectors.get_schedule(actor=actor, project=project, schedule_id=retired_schedule_id, is_retired=True)
        return self.shown(services.restore_schedule(actor=actor, schedule=found))
