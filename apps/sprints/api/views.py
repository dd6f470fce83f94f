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
from apps.projects.selectors import get_configurable_project, get_project
from apps.sprints import calendars, selectors, services
from apps.sprints.api.serializers import (
    CadenceFields,
    CadenceSerializer,
    CalendarLinkSerializer,
    CapacityFields,
    CapacitySerializer,
    NewSprintFields,
    PlanFields,
    PlannedSerializer,
    ReportSerializer,
    SprintFields,
    SprintListQuery,
    SprintSerializer,
    VelocitySerializer,
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
        carries_on = values.pop("carry_to_new", False)
        target = self._chosen(project, carry_to, field="carry_to")
        if (target is not None or carries_on) and state != "completed":
            raise Invalid(_("Open work goes elsewhere only when a sprint is completed."), field="carry_to")
        if target is not None and carries_on:
            raise Invalid(_("Open work goes to one place."), field="carry_to_new")
        if values:
            now = {name: getattr(sprint, name) for name in ("name", "goal", "start_date", "end_date")}
            sprint = services.edit_sprint(actor=actor, sprint=sprint, **now | values)
        if state is not None and state != sprint.state:
            # Its days are those of whoever starts it.
            with self.in_zone():
                sprint = self._turned(sprint, state, services.NEW_SPRINT if carries_on else target)
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


class VelocityView(SprintScopeView):
    """What sprints get done."""

    @operation("get_velocity", answer=VelocitySerializer)
    def get(self, request: Request, org: str, project_key: str) -> Response:
        """What the last six completed sprints got done, and on average."""
        project = get_project(actor=self.actor, key=project_key)
        self.follow(project)
        over = selectors.list_sprints(actor=self.actor, project=project)["completed"]
        found = selectors.velocity(over)
        sprints = [SprintSerializer(line.sprint).data | {"completed": line.report.completed} for line in found.lines]
        return Response(VelocitySerializer({"unit": found.unit, "average": found.average, "sprints": sprints}).data)


class CadenceView(SprintScopeView):
    """Sprints that start and end by themselves."""

    @operation("get_cadence", answer=CadenceSerializer)
    def get(self, request: Request, org: str, project_key: str) -> Response:
        """The rhythm of a project's sprints."""
        project = get_project(actor=self.actor, key=project_key)
        self.follow(project)
        return Response(CadenceSerializer(self._cadence(project)).data)

    @operation("set_cadence", body=CadenceFields, answer=CadenceSerializer)
    def patch(self, request: Request, org: str, project_key: str) -> Response:
        """Let sprints start and end by themselves, in another rhythm, or no longer. What is not sent stays."""
        actor, values = self.actor, self.body
        project = get_configurable_project(actor=actor, key=project_key)
        zone = values.pop("time_zone", None)
        now = {name: value for name, value in self._cadence(project).items() if name in selectors.USUAL_CADENCE}
        with self.in_zone(zone):
            services.set_cadence(actor=actor, project=project, **{"is_on": True} | now | values)
        return Response(CadenceSerializer(self._cadence(project)).data)

    def _cadence(self, project: Any) -> dict[str, Any]:
        found = selectors.get_cadence(actor=self.actor, project=project)
        if found is None:
            return selectors.USUAL_CADENCE | {"is_on": False, "anchor_date": None, "time_zone": ""}
        return {str(name): getattr(found, str(name)) for name in CadenceSerializer().fields}


class CapacityView(SprintScopeView):
    """How much people take on."""

    @operation("get_capacity", answer=CapacitySerializer)
    def get(self, request: Request, org: str, project_key: str, sprint_id: int) -> Response:
        """How many points people take on in a sprint."""
        project = get_project(actor=self.actor, key=project_key)
        self.follow(project)
        return self._capacity(self._sprint(project, sprint_id))

    @operation("set_capacity", body=CapacityFields, answer=CapacitySerializer)
    def patch(self, request: Request, org: str, project_key: str, sprint_id: int) -> Response:
        """Say how many points some people take on; others stay as they are."""
        project = get_configurable_project(actor=self.actor, key=project_key)
        sprint = self._sprint(project, sprint_id)
        services.set_capacity(actor=self.actor, sprint=sprint, points=self.body["points"])
        return self._capacity(sprint)

    def _capacity(self, sprint: Any) -> Response:
        points = selectors.capacities(actor=self.actor, sprint=sprint)
        return Response(CapacitySerializer({"points": {str(person): said for person, said in points.items()}}).data)


class CalendarLinkListView(SprintScopeView):
    """One's calendars."""

    @operation("list_calendar_links", answer=CalendarLinkSerializer, is_page=True)
    def get(self, request: Request, org: str) -> Response:
        """One's own calendar addresses that still work, newest first: few, so all at once.

        They are made on their page alone: a token must not make what outlives it.
        """
        return self.whole(CalendarLinkSerializer, calendars.list_calendar_links(actor=self.actor))


class CalendarLinkView(SprintScopeView):
    """One calendar."""

    @operation("revoke_calendar_link", status=204)
    def delete(self, request: Request, org: str, calendar_link_id: int) -> Response:
        """Stop one of one's own addresses from working, at once and for good."""
        link = calendars.get_calendar_link(actor=self.actor, link_id=calendar_link_id)
        services.revoke_calendar_link(actor=self.actor, link=link)
        return Response(status=204)
