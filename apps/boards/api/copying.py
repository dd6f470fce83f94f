"""Projects that begin, and configurations that are copied, for scripts: both give a project its boards."""

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.boards import services
from apps.boards.selectors.copying import Ways
from apps.core.api import Fields, operation
from apps.core.errors import Invalid
from apps.projects.api.serializers import NewProjectFields, ProjectDetailSerializer
from apps.projects.api.views import ProjectListView, ProjectScopeView
from apps.projects.selectors import get_configurable_project, get_project
from apps.projects.services import create_project


class SourceFields(Fields):
    """Whose configuration it is, by the project's key."""

    # DRF's own `source` is an attribute of fields; the metaclass takes this one for a field.
    source = serializers.CharField(max_length=200)  # type: ignore[assignment]  # not DRF's attribute

    class Meta:
        example: ClassVar[dict[str, Any]] = {"source": "ROVER"}


class CopyFields(SourceFields):
    """Whose configuration is copied, and what becomes of the transitions that are there.

    `seen` is what the plan said that somebody agreed to.
    """

    ways = serializers.ChoiceField(choices=[way.value for way in Ways], default=Ways.KEEP.value)
    seen = serializers.CharField(required=False, max_length=64)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"source": "ROVER", "ways": "keep"}


class KindSerializer(serializers.Serializer[Any]):
    """One kind of thing: the names of those that are added, and of those that are there already."""

    kind = serializers.CharField(source="name", read_only=True)
    added = serializers.ListField(child=serializers.CharField(), read_only=True)
    kept = serializers.ListField(child=serializers.CharField(), read_only=True)


class LeftSerializer(serializers.Serializer[Any]):
    """Something that is not copied, and why."""

    name = serializers.CharField(read_only=True)
    why = serializers.CharField(read_only=True)


class CopySerializer(serializers.Serializer[Any]):
    """What copying does. `seen` stands for it, for whoever wants exactly this done."""

    seen = serializers.CharField(source="digest", read_only=True)
    kinds = KindSerializer(source="summaries", many=True, read_only=True)
    left_out = LeftSerializer(source="left", many=True, read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "seen": "5c1e…",
            "kinds": [{"kind": "Statuses", "added": ["In review"], "kept": ["To do", "Done"]}],
            "left_out": [],
        }


class ProjectsView(ProjectListView):
    """The organization's projects, and where they begin."""

    counts: ClassVar[dict[str, str]] = {"POST": "api-create"}

    @operation("create_project", body=NewProjectFields, answer=ProjectDetailSerializer, status=201)
    def post(self, request: Request, org: str) -> Response:
        """Start a project; whoever does administers it."""
        actor, values = self.actor, self.body
        like, with_members = values.pop("like", None), values.pop("with_members", False)
        if like is not None and ("template" in values or values["description"]):
            raise Invalid(_("Either it is like a project, or it has what you say."), field="like")
        if with_members and like is None:
            raise Invalid(_("Say which project it is like."), field="with_members")
        if like is None:
            project, _actor = create_project(actor=actor, **values)
        else:
            del values["description"]
            source = get_project(actor=actor, key=like)
            project, _plan, _people = services.create_project_like(
                actor=actor, source=source, with_members=with_members, **values
            )
        return self.whole_project(project, 201)


class CopyPlanView(ProjectScopeView):
    """What copying would do."""

    @operation("plan_copy", body=SourceFields, answer=CopySerializer)
    def post(self, request: Request, org: str, project_key: str) -> Response:
        """What copying the configuration of another project would do. Nothing is done."""
        actor = self.actor
        project = get_configurable_project(actor=actor, key=project_key)
        source = get_project(actor=actor, key=self.body["source"])
        return Response(CopySerializer(services.plan_copy(actor=actor, source=source, target=project)).data)


class CopyView(ProjectScopeView):
    """The configuration of another project."""

    @operation("copy_configuration", body=CopyFields, answer=CopySerializer)
    def post(self, request: Request, org: str, project_key: str) -> Response:
        """Give a project all that it lacks of the configuration of another one; what it has stays."""
        actor, values = self.actor, self.body
        project = get_configurable_project(actor=actor, key=project_key)
        source = get_project(actor=actor, key=values["source"])
        plan = services.copy_configuration(
            actor=actor, source=source, target=project, ways=Ways(values["ways"]), seen=values.get("seen")
        )
        return Response(CopySerializer(plan).data)


class CopyBackView(ProjectScopeView):
    """The way back from copying."""

    @operation("undo_copy", status=204)
    def post(self, request: Request, org: str, project_key: str) -> Response:
        """Take one's own last copying back, within ten minutes: all of it, or nothing."""
        project = get_configurable_project(actor=self.actor, key=project_key)
        services.take_copy_back(actor=self.actor, project=project)
        return Response(status=204)
