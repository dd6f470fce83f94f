"""Logged time in JSON, and what may be written of it."""

from typing import Any

from rest_framework import serializers

from apps.core.api import Fields
from apps.issues.api.serializers.fields import MinutesField
from apps.orgs.api.serializers import PersonSerializer


class WorkEditFields(Fields):
    """What can be changed of an entry of the work log."""

    minutes = MinutesField(required=False)
    day = serializers.DateField(required=False)
    note = serializers.CharField(required=False, allow_blank=True)

    class Meta:
        example: dict[str, Any] = {"minutes": 45}


class WorkFields(WorkEditFields):
    """What can be said when time is logged. What is left goes down, unless `adjust` or `remaining` says otherwise."""

    minutes = MinutesField()
    adjust = serializers.ChoiceField(choices=["auto", "leave"], required=False)
    remaining = MinutesField(required=False)

    class Meta:
        example: dict[str, Any] = {"minutes": 30, "day": "2026-11-20", "note": "Took it apart."}


class WorkSerializer(serializers.Serializer[Any]):
    """An entry of the work log."""

    id = serializers.IntegerField(read_only=True)
    person = PersonSerializer(read_only=True)
    day = serializers.DateField(read_only=True)
    minutes = serializers.IntegerField(read_only=True)
    note = serializers.CharField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    edited_at = serializers.DateTimeField(read_only=True, allow_null=True)

    class Meta:
        example = {
            "id": 19,
            "person": {"id": 1, "name": "Ada Okafor"},
            "day": "2026-11-20",
            "minutes": 30,
            "note": "Took it apart.",
            "created_at": "2026-11-20T16:05:12Z",
            "edited_at": None,
        }
