"""Exports in JSON, and what can be asked for."""

from typing import Any, ClassVar

from rest_framework import serializers

from apps.core.api import Fields, PageQuery
from apps.issues.api.serializers.issues import IssueFilterFields


class ArchiveQuery(PageQuery):
    """Which archives are listed."""

    project = serializers.CharField(required=False, max_length=20, help_text="Only those of the project with this key.")


class NewArchiveFields(Fields):
    """What is taken out: a project, by its key, or all that the caller sees (null)."""

    project = serializers.CharField(allow_null=True, max_length=20)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"project": "FLOW"}


class TableQuery(IssueFilterFields):
    """Which issues are in a table: all of them, archived ones too; those that a list shows where it is narrowed."""

    bom = serializers.BooleanField(default=False, help_text="Begin with the mark by which Excel knows UTF-8.")


class ContentQuery(Fields):
    """An archive is sent whole, or the part that `Range` asks for."""


class ArchiveSerializer(serializers.Serializer[Any]):
    """An archive: of a project, or of everything that the caller sees (`project` is nothing).

    It is `waiting`, then `running`, then `ready` or `failed` (`fault` says why), and can be downloaded until
    `expires_at`. `lost_files` are attachments whose content the server has no more.
    """

    id = serializers.IntegerField(read_only=True)
    project = serializers.CharField(source="project.key", read_only=True, allow_null=True, default=None)
    state = serializers.CharField(read_only=True)
    issues_total = serializers.IntegerField(read_only=True)
    issues_done = serializers.IntegerField(read_only=True)
    size = serializers.IntegerField(read_only=True)
    sha256 = serializers.CharField(read_only=True)
    lost_files = serializers.IntegerField(read_only=True)
    fault = serializers.CharField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    ended_at = serializers.DateTimeField(read_only=True, allow_null=True)
    expires_at = serializers.DateTimeField(read_only=True, allow_null=True)
    expired = serializers.BooleanField(source="is_expired", read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "id": 12,
            "project": "FLOW",
            "state": "ready",
            "issues_total": 820,
            "issues_done": 820,
            "size": 5_820_113,
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "lost_files": 0,
            "fault": "",
            "created_at": "2026-11-20T01:00:02Z",
            "ended_at": "2026-11-20T01:01:40Z",
            "expires_at": "2026-11-27T01:01:40Z",
            "expired": False,
        }
