"""The files of an issue."""

from typing import Any, ClassVar

from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import operation
from apps.core.downloads import send_file
from apps.core.errors import NotFound
from apps.core.filetypes import UNKNOWN
from apps.issues import services
from apps.issues.api.serializers.files import FileListQuery, FileQuery, FileSerializer, FilesFields, FilesSerializer
from apps.issues.api.views.base import IssueScopeView
from apps.issues.selectors import get_attachment, list_attachments


class FileListView(IssueScopeView):
    """What is attached to an issue."""

    parser_classes = (MultiPartParser,)
    counts: ClassVar[dict[str, str]] = {"POST": "api-create"}

    @operation("list_attachments", query=FileListQuery, answer=FileSerializer, is_page=True)
    def get(self, request: Request, org: str, issue_key: str) -> Response:
        """Its files, all at once, oldest first: an issue has 100 at most."""
        issue = self.issue(issue_key)
        self.follow(issue.project)
        files = list_attachments(actor=self.actor, issue=issue)
        return self.whole(FileSerializer, files.removed if self.query["removed"] else files.present)

    @operation("attach_files", body=FilesFields, answer=FilesSerializer, status=201)
    def post(self, request: Request, org: str, issue_key: str) -> Response:
        """Attach files, all of them or none. Their kinds and sizes are limited as on the page."""
        issue = self.issue(issue_key)
        attached = services.attach_files(
            actor=self.actor, issue=issue, uploads=self.body["file"], sending=self.body.get("sending")
        )
        return Response(FilesSerializer({"results": attached}).data, status.HTTP_201_CREATED)


class FileView(IssueScopeView):
    """One file."""

    @operation("remove_attachment", status=204)
    def delete(self, request: Request, org: str, issue_key: str, attachment_id: int) -> Response:
        """Take it away: one's own, or as an admin of the project anybody's. For 30 days it can be brought back."""
        services.remove_attachment(actor=self.actor, attachment=attached(self, issue_key, attachment_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class FileRestoreView(IssueScopeView):
    """The way back."""

    @operation("restore_attachment", answer=FileSerializer)
    def post(self, request: Request, org: str, issue_key: str, removed_attachment_id: int) -> Response:
        """Bring a file back that was taken away."""
        found = attached(self, issue_key, removed_attachment_id, is_removed=True)
        services.restore_attachment(actor=self.actor, attachment=found)
        return Response(FileSerializer(attached(self, issue_key, removed_attachment_id)).data)


class FileContentView(IssueScopeView):
    """What is in a file."""

    @operation("download_attachment", query=FileQuery, file_type=UNKNOWN)
    def get(self, request: Request, org: str, issue_key: str, attachment_id: int) -> Any:
        """The file under its own name, whole or the part that `Range` asks for."""
        found = attached(self, issue_key, attachment_id)
        return send_file(
            request._request,
            key=found.key,
            size=found.size,
            tag=found.sha256,
            kept_at=found.created_at,
            kind=found.content_type if found.is_shown else UNKNOWN,
            name=found.name,
            is_shown=False,
        )


def attached(view: IssueScopeView, issue_key: str, attachment_id: int, *, is_removed: bool = False) -> Any:
    """The file of the issue that the address names.

    :raises NotFound: if the issue has no such file
    """
    issue = view.issue(issue_key, with_deleted=True)
    found = get_attachment(actor=view.actor, attachment_id=attachment_id, is_removed=is_removed)
    if found.issue_id != issue.pk:
        raise NotFound
    return found
