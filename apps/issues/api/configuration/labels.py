"""A project's labels for scripts."""

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import operation
from apps.issues import services
from apps.issues.api.configuration.base import ConfigurationView, now
from apps.issues.api.serializers.configuration.common import ChangedSerializer, OptionalHeirFields, PartsQuery
from apps.issues.api.serializers.configuration.labels import LabelEditFields, LabelSerializer, NewLabelFields
from apps.projects import selectors
from apps.projects import services as project_services


class LabelListView(ConfigurationView):
    """The project's labels."""

    @operation("list_labels", query=PartsQuery, answer=LabelSerializer, is_page=True)
    def get(self, request: Request, org: str, project_key: str) -> Response:
        """The labels of a project, by name: all at once, since every menu of them shows them so."""
        return self.listed(LabelSerializer, selectors.list_labels, is_retired=self.query["retired"])

    @operation("create_label", body=NewLabelFields, answer=LabelSerializer, status=201)
    def post(self, request: Request, org: str, project_key: str) -> Response:
        """Make a label. Whoever edits issues may."""
        made = project_services.create_label(actor=self.actor, project=self.project(), **self.body)
        return Response(LabelSerializer(made).data, 201)


class LabelView(ConfigurationView):
    """One label."""

    @operation("edit_label", body=LabelEditFields, answer=LabelSerializer)
    def patch(self, request: Request, org: str, project_key: str, label_id: int) -> Response:
        """Rename or recolour a label, everywhere at once."""
        found = self.found(selectors.get_label, label_id=label_id)
        edited = project_services.edit_label(actor=self.actor, label=found, **now(found, "name", "hue", **self.body))
        return Response(LabelSerializer(edited).data)


class LabelRemovalView(ConfigurationView):
    """The end of a label."""

    @operation("remove_label", body=OptionalHeirFields, answer=ChangedSerializer)
    def post(self, request: Request, org: str, project_key: str, label_id: int) -> Response:
        """Delete a label; the issues that carry it get another one, or none."""
        actor, to = self.actor, self.body.get("to")
        found = self.found(selectors.get_label, label_id=label_id)
        heir = None if to is None else selectors.get_label(actor=actor, project=found.project, label_id=to)
        return self.changed(services.retire_label(actor=actor, label=found, to=heir))


class LabelReturnView(ConfigurationView):
    """The return of a label."""

    @operation("restore_label", answer=LabelSerializer)
    def post(self, request: Request, org: str, project_key: str, retired_label_id: int) -> Response:
        """Bring a deleted label back, with the issues that carried it."""
        found = self.found(selectors.get_retired_label, label_id=retired_label_id)
        return Response(LabelSerializer(services.restore_label(actor=self.actor, label=found)).data)
