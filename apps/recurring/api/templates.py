"""Templates of a project for scripts, and issues that are made from one."""

from typing import Any, ClassVar

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import operation
from apps.issues.api.changes import Choices
from apps.issues.api.serializers.configuration.common import PartsQuery
from apps.issues.api.serializers.issues import EXPANDS, IssueSerializer
from apps.issues.api.views.base import IssueView, chosen
from apps.issues.selectors import get_issue_by_id
from apps.orgs.api.base import OrganizationView
from apps.orgs.scopes import Resource
from apps.projects.selectors import get_configurable_project, get_project, list_types_for_new
from apps.recurring import selectors, services
from apps.recurring.api.serializers import (
    FromTemplateFields,
    NewTemplateFields,
    TemplateEditFields,
    TemplateSerializer,
)

_SAME = ("name", "is_default", "title", "description", "priority", "points", "assigns", "subtasks")


class TemplateScopeView(OrganizationView):
    """Base of what is read and written of templates."""

    resource = Resource.PROJECTS

    def shown(self, template: Any, status: int = 200) -> Response:
        """The template as it is now."""
        fresh = selectors.get_template(actor=self.actor, project=template.project, template_id=template.pk)
        return Response(TemplateSerializer(fresh).data, status)

    def content(self, project: Any, now: dict[str, Any]) -> services.Content:
        """What a template shall say: what it says `now`, and in place of it what was sent, ids as what they name.

        :raises Invalid: if a value is not of the project
        """
        values, choices = dict(self.body), Choices(self.actor, project)
        if "type" in values:
            types = list_types_for_new(actor=self.actor, project=project)
            values["type"] = chosen(types, values["type"], field="type")
        if "labels" in values:
            values["labels"] = [chosen(choices.labels, pk, field="labels") for pk in values["labels"]]
        if "assignee" in values:
            values["assignee"] = chosen(choices.assignee, values["assignee"], field="assignee")
            values.setdefault("assigns", "nobody" if values["assignee"] is None else "person")
        return services.Content(**now | values)


class TemplateListView(TemplateScopeView):
    """The project's templates."""

    @operation("list_templates", query=PartsQuery, answer=TemplateSerializer, is_page=True)
    def get(self, request: Request, org: str, project_key: str) -> Response:
        """The templates of a project, in their order: all at once, since it has 50 at most."""
        project = get_project(actor=self.actor, key=project_key)
        self.follow(project)
        found = selectors.list_templates(actor=self.actor, project=project, is_retired=self.query["retired"])
        return self.whole(TemplateSerializer, found)

    @operation("create_template", body=NewTemplateFields, answer=TemplateSerializer, status=201)
    def post(self, request: Request, org: str, project_key: str) -> Response:
        """Make a template."""
        project = get_configurable_project(actor=self.actor, key=project_key)
        made = services.create_template(actor=self.actor, project=project, content=self.content(project, {}))
        return self.shown(made, 201)


class TemplateView(TemplateScopeView):
    """One template."""

    @operation("get_template", answer=TemplateSerializer)
    def get(self, request: Request, org: str, project_key: str, template_id: int) -> Response:
        """The template."""
        project = get_project(actor=self.actor, key=project_key)
        self.follow(project)
        found = selectors.get_template(actor=self.actor, project=project, template_id=template_id)
        return Response(TemplateSerializer(found).data)

    @operation("edit_template", body=TemplateEditFields, answer=TemplateSerializer)
    def patch(self, request: Request, org: str, project_key: str, template_id: int) -> Response:
        """Change what issues made from it begin with, from now on, or move it in the order of the templates."""
        actor = self.actor
        found = self._configurable(project_key, template_id)
        shift = self.body.pop("shift", 0)
        if shift:
            services.shift_template(actor=actor, template=found, by=shift)
        now = {name: getattr(found, name) for name in (*_SAME, "type", "assignee")} | {
            "labels": list(found.labels.all())
        }
        services.edit_template(actor=actor, template=found, content=self.content(found.project, now))
        return self.shown(found)

    @operation("delete_template", status=204)
    def delete(self, request: Request, org: str, project_key: str, template_id: int) -> Response:
        """Delete a template. One that a schedule needs is refused."""
        services.retire_template(actor=self.actor, template=self._configurable(project_key, template_id))
        return Response(status=204)

    def _configurable(self, project_key: str, template_id: int) -> Any:
        project = get_configurable_project(actor=self.actor, key=project_key)
        return selectors.get_template(actor=self.actor, project=project, template_id=template_id)


class TemplateReturnView(TemplateScopeView):
    """The return of a template."""

    @operation("restore_template", answer=TemplateSerializer)
    def post(self, request: Request, org: str, project_key: str, retired_template_id: int) -> Response:
        """Bring a deleted template back."""
        actor = self.actor
        project = get_configurable_project(actor=actor, key=project_key)
        found = selectors.get_template(actor=actor, project=project, template_id=retired_template_id, is_retired=True)
        return self.shown(services.restore_template(actor=actor, template=found))


class FromTemplateView(IssueView):
    """An issue that begins as a template says."""

    counts: ClassVar[dict[str, str]] = {"POST": "api-create"}

    @operation("create_from_template", body=FromTemplateFields, answer=IssueSerializer, status=201, expands=EXPANDS)
    def post(self, request: Request, org: str, project_key: str) -> Response:
        """Create an issue with its sub-tasks from a template. What the template names that is no more is left out."""
        actor, values = self.actor, self.body
        project = get_project(actor=actor, key=project_key)
        template = selectors.get_template(actor=actor, project=project, template_id=values.pop("template"))
        if "assignee" in values:
            people = Choices(actor, project).assignee
            values["assignee"] = chosen(people, values["assignee"], field="assignee")
        with self.in_zone():
            day = timezone.localdate()
        filled = selectors.Present(actor=actor, project=project).fill(template, day=day)
        made = services.create_from_template(
            actor=actor,
            project=project,
            new=services.new_issue(template, filled, **values),
            subtasks=filled.subtasks,
        )
        return self.answer(get_issue_by_id(actor=actor, issue_id=made[0].pk), 201)
