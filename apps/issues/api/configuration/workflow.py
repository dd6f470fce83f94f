"""A project's workflow for scripts: statuses, the ways between them, and the types of its issues."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import operation
from apps.core.errors import Invalid
from apps.issues import services
from apps.issues.api.configuration.base import ConfigurationView, now
from apps.issues.api.serializers.configuration.common import ChangedSerializer, HeirFields
from apps.issues.api.serializers.configuration.workflow import (
    NewStatusFields,
    NewTransitionFields,
    NewTypeFields,
    OrderFields,
    RuleFields,
    StatusEditFields,
    TransitionSerializer,
    TypeEditFields,
    TypeSerializer,
    WorkflowStatusSerializer,
)
from apps.projects import selectors
from apps.projects import services as project_services

_RULES = (
    "allowed_parties",
    "required_fields",
    "needs_finished_subtasks",
    "needs_no_open_blocker",
    "sets_priority",
    "assigns",
    "adds_label",
    "comment",
)


class StatusListView(ConfigurationView):
    """The steps of the workflow."""

    @operation("list_statuses", answer=WorkflowStatusSerializer, is_page=True)
    def get(self, request: Request, org: str, project_key: str) -> Response:
        """The statuses of a project, in their order: all at once, since it has 40 at most."""
        return self.listed(WorkflowStatusSerializer, selectors.list_statuses)

    @operation("add_status", body=NewStatusFields, answer=WorkflowStatusSerializer, status=201)
    def post(self, request: Request, org: str, project_key: str) -> Response:
        """Add a step to the end of the workflow. No board shows it yet."""
        made = project_services.add_status(actor=self.actor, project=self.configurable(), **self.body)
        return Response(WorkflowStatusSerializer(made).data, 201)


class StatusOrderView(ConfigurationView):
    """The order of the statuses."""

    @operation("order_statuses", body=OrderFields, answer=WorkflowStatusSerializer, is_page=True)
    def post(self, request: Request, org: str, project_key: str) -> Response:
        """Put the statuses into another order; they come back all at once."""
        ordered = project_services.order_statuses(
            actor=self.actor, project=self.configurable(), status_ids=self.body["order"]
        )
        return self.whole(WorkflowStatusSerializer, ordered)


class StatusView(ConfigurationView):
    """One status."""

    @operation("edit_status", body=StatusEditFields, answer=WorkflowStatusSerializer)
    def patch(self, request: Request, org: str, project_key: str, status_id: int) -> Response:
        """Rename a status, recolour it, let it mean something else, or let new issues begin in it."""
        actor, values = self.actor, self.body
        found = self.found(selectors.get_status, status_id=status_id)
        is_initial = values.pop("is_initial", None)
        if is_initial is False:
            raise Invalid(_("Set it on the status where new issues shall begin."), field="is_initial")
        if is_initial:
            found = project_services.choose_initial_status(actor=actor, status=found)
        edited = services.edit_status(actor=actor, status=found, **now(found, "name", "category", "hue", **values))
        return Response(WorkflowStatusSerializer(edited).data)


class StatusRemovalView(ConfigurationView):
    """The end of a status."""

    @operation("remove_status", body=HeirFields, answer=ChangedSerializer)
    def post(self, request: Request, org: str, project_key: str, status_id: int) -> Response:
        """Take a status out of the workflow; its issues go to another one."""
        actor = self.actor
        found = self.found(selectors.get_status, status_id=status_id)
        to = selectors.get_status(actor=actor, project=found.project, status_id=self.body["to"])
        return self.changed(services.retire_status(actor=actor, status=found, to=to))


class TransitionListView(ConfigurationView):
    """The ways between statuses."""

    @operation("list_transitions", answer=TransitionSerializer, is_page=True)
    def get(self, request: Request, org: str, project_key: str) -> Response:
        """The transitions of a project, those from anywhere first: all at once, since statuses are few."""
        return self.listed(TransitionSerializer, selectors.list_transitions)

    @operation("set_transition", body=NewTransitionFields, answer=TransitionSerializer, status=201)
    def post(self, request: Request, org: str, project_key: str) -> Response:
        """Open a way between two statuses, or give the one that there is these rules."""
        actor, project, values = self.actor, self.configurable(), self.body
        source_id, target_id = values.pop("source", None), values.pop("target")
        source = None if source_id is None else selectors.get_status(actor=actor, project=project, status_id=source_id)
        target = selectors.get_status(actor=actor, project=project, status_id=target_id)
        return Response(TransitionSerializer(_ruled(self, project, source, target, values)).data, 201)


class TransitionView(ConfigurationView):
    """One transition."""

    @operation("edit_transition", body=RuleFields, answer=TransitionSerializer)
    def patch(self, request: Request, org: str, project_key: str, transition_id: int) -> Response:
        """Change the name or the rules of a transition. Where it leads stays: for another way, make another one."""
        found = self.found(selectors.get_transition, transition_id=transition_id)
        values = now(found, "name", *_RULES, **self.body)
        return Response(TransitionSerializer(_ruled(self, found.project, found.source, found.target, values)).data)

    @operation("remove_transition", status=204)
    def delete(self, request: Request, org: str, project_key: str, transition_id: int) -> Response:
        """Close a way between two statuses. Issues stay where they are."""
        found = self.found(selectors.get_transition, transition_id=transition_id)
        project_services.remove_transition(actor=self.actor, transition=found)
        return Response(status=204)


def _ruled(view: ConfigurationView, project: Any, source: Any, target: Any, values: dict[str, Any]) -> Any:
    name, label = values.pop("name", ""), values.get("adds_label")
    if isinstance(label, int):
        values["adds_label"] = selectors.get_label(actor=view.actor, project=project, label_id=label)
    target.project = project
    rules = project_services.Rules(**values)
    return project_services.set_transition(actor=view.actor, source=source, target=target, name=name, rules=rules)


class TypeListView(ConfigurationView):
    """What issues can be."""

    @operation("list_types", answer=TypeSerializer, is_page=True)
    def get(self, request: Request, org: str, project_key: str) -> Response:
        """The types of a project's issues, in their order: all at once, since it has few."""
        return self.listed(TypeSerializer, selectors.list_issue_types)

    @operation("add_type", body=NewTypeFields, answer=TypeSerializer, status=201)
    def post(self, request: Request, org: str, project_key: str) -> Response:
        """Add a type that issues can have."""
        made = project_services.add_issue_type(actor=self.actor, project=self.configurable(), **self.body)
        return Response(TypeSerializer(made).data, 201)


class TypeView(ConfigurationView):
    """One type."""

    @operation("edit_type", body=TypeEditFields, answer=TypeSerializer)
    def patch(self, request: Request, org: str, project_key: str, type_id: int) -> Response:
        """Rename a type, or give it another sign."""
        found = self.found(selectors.get_issue_type, type_id=type_id)
        values = now(found, "name", "icon", "hue", **self.body)
        return Response(
            TypeSerializer(project_services.edit_issue_type(actor=self.actor, issue_type=found, **values)).data
        )


class TypeRemovalView(ConfigurationView):
    """The end of a type."""

    @operation("remove_type", body=HeirFields, answer=ChangedSerializer)
    def post(self, request: Request, org: str, project_key: str, type_id: int) -> Response:
        """Take a type out of use; its issues become another one of the same level."""
        actor = self.actor
        found = self.found(selectors.get_issue_type, type_id=type_id)
        to = selectors.get_issue_type(actor=actor, project=found.project, type_id=self.body["to"])
        return self.changed(services.retire_issue_type(actor=actor, issue_type=found, to=to))
