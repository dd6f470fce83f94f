"""Sprints for scripts: the same selectors and services as the pages."""

from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import operation
from apps.core.errors import Invalid
from apps.issues.selectors import get_issues_by_id
from apps.orgs.api.base import OrganizationView
from apps.orgs.scopes import Resource
from apps.projects.selectors import get_project
from apps.sprints import selectors, services
from apps.sprints.api.serializers import (
    NewSprintFields,
    PlanFields,
    PlannedSerializer,
    ReportSerializer,
    SprintFields,
    SprintListQuery,
    SprintSerializer,
)

# What each state of a sprint can be made into, and by what; completing it says besides where open work goes.
_TURNS = {
    ("planned", "active"): services.start_sprint,
    ("active", "planned"): services.cancel_sprint,
    ("completed", "active"): services.reopen_sprint,
}


class SprintScopeView(OrganizationView):
    """Base of what is read and written of sprints."""

    resource = Resource.SPRINTS

    def _sprint(self, project: Any, sprint_id: int) -> Any:
        return selectors.get_sprint(actor=self.actor, project=project, sprint_id=sprint_id)

    def _chosen(self, project: Any, sprint_id: int | None, *, field: str) -> Any:
        """A sprint that the body names; None where it names none.

        :raises Invalid: if the project has no such sprint, whoever else may have
        """
        if sprint_id is None:
            return None
        found = selectors.find_sprint(actor=self.actor, project=project, sprint_id=sprint_id)
        if found is None:
            raise Invalid(_("The project has none with the id %(id)s.") % {"id": sprint_id}, field=field)
        return found


class SprintListView(SprintScopeView):
    """The sprints of a project."""

    @operation("list_sprints", query=SprintListQuery, answer=SprintSerializer, is_page=True)
    def get(self, request: Request, org: str, project_key: str) -> Response:
        """A page of them, in the order in which they were planned."""
        project = get_project(actor=self.actor, key=project_key)
        self.follow(project)
        read = partial(selectors.sprint_page, actor=self.actor, project=project, state=self.query.get("state"))
        return self.page(SprintSerializer, read)

    @operation("create_sprint", body=NewSprintFields, answer=SprintSerializer, status=201)
    def post(self, request: Request, org: str, project_key: str) -> Response:
        """Plan a sprint."""
        project = get_project(actor=self.actor, key=project_key)
        sprint = services.create_sprint(actor=self.actor, project=project, **self.body)
        return Response(SprintSerializer(sprint).data, 201)


class SprintView(SprintScopeView):
    """One sprint."""

    @operation("get_sprint", answer=SprintSerializer)
    def get(self, request: Request, org: str, project_key: str, sprint_id: int) -> Response:
        """The sprint. What is in it is found among the issues (`issues/?sprint=`)."""
        project = get_project(actor=self.actor, key=project_key)
        self.follow(project)
        return Response(SprintSerializer(self._sprint(project, sprint_id)).data)

    @operation("edit_sprint", body=SprintFields, answer=SprintSerializer)
    def patch(self, request: Request, org: str, project_key: str, sprint_id: int) -> Response:
        """Change it, or start, complete, reopen or plan it again by its state.

        A completed sprint takes its open work to `carry_to`, or back to the backlog. What is refused changes nothing.
        """
        actor = self.actor
        project = get_project(actor=actor, key=project_key)
        sprint = self._sprint(project, sprint_id)
        values = dict(self.body)
        state, carry_to = values.pop("state", None), values.pop("carry_to", None)
        target = self._chosen(project, carry_to, field="carry_to")
        if target is not None and state != "completed":
            raise Invalid(_("Open work goes elsewhere only when a sprint is completed."), field="carry_to")
        if values:
            now = {name: getattr(sprint, name) for name in ("name", "goal", "start_date", "end_date")}
            sprint = services.edit_sprint(actor=actor, sprint=sprint, **now | values)
        if state is not None and state != sprint.state:
            sprint = self._turned(sprint, state, target)
        return Response(SprintSerializer(sprint).data)

    def _turned(self, sprint: Any, state: str, target: Any) -> Any:
        if (sprint.state, state) == ("active", "completed"):
            return services.complete_sprint(actor=self.actor, sprint=sprint, to=target or services.BACKLOG)
        turn = _TURNS.get((sprint.state, state))
        if turn is None:
            raise Invalid(
                _("A sprint that is %(now)s cannot become %(state)s.") % {"now": sprint.state, "state": state},
                field="state",
            )
        return turn(actor=self.actor, sprint=sprint)


class ReportView(SprintScopeView):
    """What became of a sprint."""

    @operation("get_sprint_report", answer=ReportSerializer)
    def get(self, request: Request, org: str, project_key: str, sprint_id: int) -> Response:
        """Its figures and its burndown, from its ledger: those of a completed sprint never change."""
        project = get_project(actor=self.actor, key=project_key)
        sprint = self._sprint(project, sprint_id)
        return Response(ReportSerializer(selectors.sprint_report(actor=self.actor, sprint=sprint)).data)


class PlanView(SprintScopeView):
    """What is in which sprint."""

    @operation("plan_issues", body=PlanFields, answer=PlannedSerializer)
    def post(self, request: Request, org: str, project_key: str) -> Response:
        """Put issues into a sprint, or back into the backlog: all of them or, if one is refused, none."""
        actor = self.actor
        project = get_project(actor=actor, key=project_key)
        sprint = self._chosen(project, self.body["sprint"], field="sprint")
        found = get_issues_by_id(actor=actor, project=project, issue_ids=self.body["issues"])
        issues = services.plan_issues(actor=actor, issues=list(found.values()), sprint=sprint)
        return Response({"sprint": self.body["sprint"], "issues": sorted(issue.pk for issue in issues)})
