"""Attached files in JSON, and how they are sent."""

from typing import Any

from rest_framework import serializers

from apps.core.api import Fields
from apps.orgs.api.serializers import PersonSerializer


class FilesFields(Fields):
    """The files, as parts of a form (`multipart/form-data`).

    One file that is sent again with the same `sending`, an id of your choice, is attached once.
    """

    file = serializers.ListField(child=serializers.FileField(allow_empty_file=True), min_length=1, max_length=100)
    sending = serializers.UUIDField(required=False)


class FileQuery(Fields):
    """A file is sent whole, or the part that `Range` asks for."""


class FileListQuery(Fields):
    """Whether those are listed that were taken away, and that the caller may bring back."""

    removed = serializers.BooleanField(default=False, help_text="Those that were taken away instead.")


class FileSerializer(serializers.Serializer[Any]):
    """An attached file; `content_type` was read from its content."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)
    content_type = serializers.CharField(read_only=True)
    size = serializers.IntegerField(read_only=True)
    sha256 = serializers.CharField(read_only=True)
    uploader = PersonSerializer(read_only=True, allow_null=True)
    created_at = serializers.DateTimeField(read_only=True)

    class Meta:
        example = {
            "id": 52,
            "name": "wheel.png",
            "content_type": "image/png",
            "size": 48213,
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "uploader": {"id": 1, "name": "Ada Okafor"},
            "created_at": "2026-11-20T16:05:12Z",
        }


class FilesSerializer(serializers.Serializer[Any]):
    """The files that were attached, in the order in which they were sent."""

    results = FileSerializer(many=True, read_only=True)

    class Meta:
        example = {"results": [FileSerializer.Meta.example]}
