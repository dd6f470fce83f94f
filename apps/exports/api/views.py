"""The way out for scripts: the same selectors and services as the pages."""

from datetime import UTC
from functools import partial
from typing import Any

from django.urls import reverse
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import operation
from apps.core.filetypes import UNKNOWN
from apps.exports import selectors, services
from apps.exports.api.serializers import ArchiveQuery, ArchiveSerializer, ContentQuery, NewArchiveFields, TableQuery
from apps.exports.sending import send_archive, send_table
from apps.exports.table import Sheet
from apps.issues.api.filters import filters_of
from apps.orgs.api.base import OrganizationView
from apps.orgs.scopes import Resource
from apps.projects.selectors import get_project


class ExportScopeView(OrganizationView):
    """Base of what is taken out."""

    resource = Resource.EXPORTS

    def _project(self, key: str | None) -> Any:
        return None if key is None else get_project(actor=self.actor, key=key)


class TableView(ExportScopeView):
    """A project's issues as a table."""

    @operation("download_issues_csv", query=TableQuery, file_type="text/csv")
    def get(self, request: Request, org: str, project_key: str) -> Any:
        """The issues as CSV, one a row, written while it is sent.

        Without a filter all of them, archived ones too; with one those that a list shows. Times are in UTC. Headings
        are in words; what programs read again is better taken from `issues/`.
        """
        project = get_project(actor=self.actor, key=project_key)
        sheet = Sheet(
            project_key=project.key,
            zone=UTC,
            filters=filters_of(self.query, self.actor.user_id),
            has_mark=self.query["bom"],
        )
        return send_table(request._request, entering=self.entering, sheet=sheet)


class ArchiveListView(ExportScopeView):
    """Archives."""

    @operation("list_exports", query=ArchiveQuery, answer=ArchiveSerializer, is_page=True)
    def get(self, request: Request, org: str) -> Response:
        """A page of the archives that the caller asked for, newest first: nobody sees others'."""
        project = self._project(self.query.get("project"))
        return self.page(ArchiveSerializer, partial(selectors.archive_page, actor=self.actor, project=project))

    @operation("start_export", body=NewArchiveFields, answer=ArchiveSerializer, status=202)
    def post(self, request: Request, org: str) -> Response:
        """Let everything be written into an archive: one at a time for each person.

        `Location` says where to look how far it is. A project is its admins' to take out; everything is the
        organization's admins', and no token's that was made for chosen projects.
        """
        run = services.ask_for_archive(actor=self.actor, project=self._project(self.body["project"]))
        address = request.build_absolute_uri(reverse("api:export", args=[org, run.pk]))
        return Response(ArchiveSerializer(run).data, status.HTTP_202_ACCEPTED, headers={"Location": address})


class ArchiveView(ExportScopeView):
    """One archive."""

    @operation("get_export", answer=ArchiveSerializer)
    def get(self, request: Request, org: str, export_id: int) -> Response:
        """How far it is."""
        return Response(ArchiveSerializer(selectors.get_archive(actor=self.actor, pk=export_id)).data)

    @operation("delete_export", status=204)
    def delete(self, request: Request, org: str, export_id: int) -> Response:
        """Delete it. One that is being written is not written on."""
        run = selectors.get_archive(actor=self.actor, pk=export_id)
        services.remove_archive(actor=self.actor, run=run)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ArchiveContentView(ExportScopeView):
    """What is in an archive."""

    @operation("download_export", query=ContentQuery, file_type=UNKNOWN)
    def get(self, request: Request, org: str, export_id: int) -> Any:
        """The archive, whole or the part that `Range` asks for, as long as it is kept and the caller may see all that
        is in it."""
        run = selectors.get_readable_archive(actor=self.actor, pk=export_id)
        return send_archive(request._request, run=run)
