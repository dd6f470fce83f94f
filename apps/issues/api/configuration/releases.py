"""A project's versions for scripts."""

from functools import partial
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import operation
from apps.issues import services
from apps.issues.api.configuration.base import ConfigurationView, now
from apps.issues.api.serializers.configuration.common import ChangedSerializer, OptionalHeirFields
from apps.issues.api.serializers.configuration.versions import (
    NewVersionFields,
    NotesSerializer,
    ReleaseFields,
    ReleaseSerializer,
    UnreleaseFields,
    VersionEditFields,
    VersionQuery,
    VersionSerializer,
)
from apps.issues.selectors import release_notes, release_view
from apps.projects import selectors
from apps.projects import services as project_services


class VersionListView(ConfigurationView):
    """The project's versions."""

    @operation("list_versions", query=VersionQuery, answer=VersionSerializer, is_page=True)
    def get(self, request: Request, org: str, project_key: str) -> Response:
        """A page of versions, archived ones too, in the order in which they were planned."""
        project = self.project()
        self.follow(project)
        is_retired = self.query["retired"]
        read = partial(selectors.version_page, actor=self.actor, project=project, is_retired=is_retired)
        return self.page(VersionSerializer, read, order="id of retired" if is_retired else "id")

    @operation("create_version", body=NewVersionFields, answer=VersionSerializer, status=201)
    def post(self, request: Request, org: str, project_key: str) -> Response:
        """Plan a version."""
        made = project_services.create_version(actor=self.actor, project=self.configurable(), **self.body)
        return Response(VersionSerializer(made).data, 201)


class VersionView(ConfigurationView):
    """One version."""

    @operation("get_version", answer=ReleaseSerializer)
    def get(self, request: Request, org: str, project_key: str, version_id: int) -> Response:
        """A version, and how far it is."""
        project = self.project()
        self.follow(project)
        version = selectors.get_version(actor=self.actor, project=project, version_id=version_id)
        far = release_view(actor=self.actor, version=version).progress
        figures = {
            "issues": far.issues,
            "issues_done": far.done,
            "points": far.points,
            "points_done": far.points_done,
        }
        return Response(ReleaseSerializer(VersionSerializer(version).data | figures).data)

    @operation("edit_version", body=VersionEditFields, answer=VersionSerializer)
    def patch(self, request: Request, org: str, project_key: str, version_id: int) -> Response:
        """Change its name, description or dates; archive it, or put it back."""
        actor, values = self.actor, self.body
        found = self.found(selectors.get_version, version_id=version_id)
        archived = values.pop("archived", None)
        if archived is not None:
            found = project_services.set_version_archived(actor=actor, version=found, is_archived=archived)
        values = now(found, "name", "description", "start_date", "release_date", **values)
        return Response(VersionSerializer(project_services.edit_version(actor=actor, version=found, **values)).data)


class VersionNotesView(ConfigurationView):
    """What a version brought."""

    @operation("get_release_notes", answer=NotesSerializer)
    def get(self, request: Request, org: str, project_key: str, version_id: int) -> Response:
        """What was done for a version: keys and titles by type, as Markdown."""
        project = self.project()
        self.follow(project)
        version = selectors.get_version(actor=self.actor, project=project, version_id=version_id)
        return Response(NotesSerializer({"markdown": release_notes(actor=self.actor, version=version)}).data)


class VersionWriteView(ConfigurationView):
    """Base of what becomes of a version."""

    def heir(self, version: Any) -> Any:
        """The version that unfinished work goes to, if one was named."""
        to = self.body.get("to")
        if to is None:
            return None
        return selectors.get_version(actor=self.actor, project=version.project, version_id=to)


class VersionReleaseView(VersionWriteView):
    """A version comes out."""

    @operation("release_version", body=ReleaseFields, answer=VersionSerializer)
    def post(self, request: Request, org: str, project_key: str, version_id: int) -> Response:
        """Say that a version has come out, and where its open issues go."""
        found = self.found(selectors.get_version, version_id=version_id)
        to, keeps_open = self.heir(found), self.body["keeps_open"]
        released = services.release_version(actor=self.actor, version=found, keeps_open=keeps_open, to=to)
        return Response(VersionSerializer(released).data)


class VersionUnreleaseView(ConfigurationView):
    """A version has not come out after all."""

    @operation("unrelease_version", body=UnreleaseFields, answer=VersionSerializer)
    def post(self, request: Request, org: str, project_key: str, released_version_id: int) -> Response:
        """Take a release back: the version is open again."""
        found = self.found(selectors.get_version, version_id=released_version_id)
        return Response(
            VersionSerializer(services.unrelease_version(actor=self.actor, version=found, **self.body)).data
        )


class VersionRemovalView(VersionWriteView):
    """The end of a version."""

    @operation("remove_version", body=OptionalHeirFields, answer=ChangedSerializer)
    def post(self, request: Request, org: str, project_key: str, version_id: int) -> Response:
        """Delete a version; its open issues come with another one, or with none."""
        found = self.found(selectors.get_version, version_id=version_id)
        return self.changed(services.retire_version(actor=self.actor, version=found, to=self.heir(found)))


class VersionReturnView(ConfigurationView):
    """The return of a version."""

    @operation("restore_version", answer=VersionSerializer)
    def post(self, request: Request, org: str, project_key: str, retired_version_id: int) -> Response:
        """Bring a deleted version back, with the issues that came with it."""
        found = self.found(selectors.get_version, version_id=retired_version_id, is_retired=True)
        return Response(VersionSerializer(services.restore_version(actor=self.actor, version=found)).data)
