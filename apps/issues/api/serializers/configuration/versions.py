"""Versions."""

from typing import Any, ClassVar

from rest_framework import serializers

from apps.core.api import Fields, PageQuery

from .common import NAME, OptionalHeirFields, PartsQuery


class VersionQuery(PartsQuery, PageQuery):
    """Which versions."""


class VersionEditFields(Fields):
    """What can be changed of a version. An archived one is not offered any more."""

    name = serializers.CharField(required=False, max_length=NAME)
    description = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    start_date = serializers.DateField(required=False, allow_null=True)
    release_date = serializers.DateField(required=False, allow_null=True)
    archived = serializers.BooleanField(required=False)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"release_date": "2026-12-11"}


class NewVersionFields(Fields):
    """A version to plan."""

    name = serializers.CharField(max_length=NAME)
    description = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    start_date = serializers.DateField(required=False, allow_null=True)
    release_date = serializers.DateField(required=False, allow_null=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"name": "2.4", "release_date": "2026-12-11"}


class ReleaseFields(OptionalHeirFields):
    """Where open issues go: they stay, or (`keeps_open` is false) go to another version (by id), or to none."""

    keeps_open = serializers.BooleanField(default=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"keeps_open": False, "to": 42}


class UnreleaseFields(Fields):
    """Whether issues come back that went elsewhere with the release."""

    brings_back = serializers.BooleanField(default=False)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"brings_back": True}


class VersionSerializer(serializers.Serializer[Any]):
    """A release of what the project makes."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)
    description = serializers.CharField(read_only=True)
    start_date = serializers.DateField(read_only=True, allow_null=True)
    release_date = serializers.DateField(read_only=True, allow_null=True)
    released_at = serializers.DateTimeField(read_only=True, allow_null=True)
    archived_at = serializers.DateTimeField(read_only=True, allow_null=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "id": 41,
            "name": "2.4",
            "description": "",
            "start_date": None,
            "release_date": "2026-12-11",
            "released_at": None,
            "archived_at": None,
        }


class ReleaseSerializer(VersionSerializer):
    """A version and how far it is: issues and points, all of them and what is done."""

    issues = serializers.IntegerField(read_only=True)
    issues_done = serializers.IntegerField(read_only=True)
    points = serializers.FloatField(read_only=True)
    points_done = serializers.FloatField(read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = VersionSerializer.Meta.example | {
            "issues": 12,
            "issues_done": 7,
            "points": 34.0,
            "points_done": 20.0,
        }


class NotesSerializer(serializers.Serializer[Any]):
    """What was done for a version, as Markdown."""

    markdown = serializers.CharField(read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"markdown": "# 2.4\n\n## Bug\n\n- FLOW-12 Dock the rover\n"}
