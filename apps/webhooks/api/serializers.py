"""Webhooks in JSON, and what may be written of them. What can be sent where is the services' to judge."""

from typing import Any, ClassVar

from rest_framework import serializers

from apps.core.api import Fields, IdField, PageQuery
from apps.core.egress import LONGEST_URL
from apps.webhooks.selectors import STATES

_AT = "2026-11-02T09:30:00Z"
_WEBHOOK = {
    "id": 5,
    "project": "FLOW",
    "name": "Release notes",
    "url": "https://hooks.example.com/flowboard",
    "kinds": ["version.released"],
    "projects": [],
    "types": [],
    "paused": False,
    "pause_reason": "",
    "created_at": _AT,
    "failing_since": None,
}
_MESSAGE = {
    "id": 800,
    "webhook_id": "msg_0f8b1c52c1f94b6a9d3e5a7c2b4d6e8f",
    "kind": "version.released",
    "state": "delivered",
    "attempts": 1,
    "created_at": _AT,
    "due_at": _AT,
    "settled_at": _AT,
    "last_error": "",
}


class WebhookEditFields(Fields):
    """What can be changed of a webhook. Lists that are empty stand for everything."""

    name = serializers.CharField(required=False)
    url = serializers.CharField(required=False, max_length=LONGEST_URL)
    kinds = serializers.ListField(child=serializers.CharField(max_length=60), required=False, max_length=200)
    projects = serializers.ListField(child=IdField(), required=False, max_length=500)
    types = serializers.ListField(child=IdField(), required=False, max_length=200)
    paused = serializers.BooleanField(required=False)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"kinds": ["issue.created", "issue.moved"], "paused": False}


class NewWebhookFields(Fields):
    """What a webhook begins with. Lists that are empty, or not sent, stand for everything."""

    name = serializers.CharField()
    url = serializers.CharField(max_length=LONGEST_URL)
    kinds = serializers.ListField(child=serializers.CharField(max_length=60), required=False, max_length=200)
    projects = serializers.ListField(child=IdField(), required=False, max_length=500)
    types = serializers.ListField(child=IdField(), required=False, max_length=200)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "name": "Release notes",
            "url": "https://hooks.example.com/flowboard",
            "kinds": ["version.released"],
        }


class MessageQuery(PageQuery):
    """Which messages are read."""

    state = serializers.ChoiceField(choices=STATES, required=False, help_text="Only those that are there.")


class WebhookSerializer(serializers.Serializer[Any]):
    """A webhook: of a project, or of the organization (`project` is nothing)."""

    id = serializers.IntegerField(read_only=True)
    project = serializers.CharField(source="project.key", read_only=True, allow_null=True, default=None)
    name = serializers.CharField(read_only=True)
    url = serializers.CharField(read_only=True)
    kinds = serializers.ListField(child=serializers.CharField(), read_only=True)
    projects = serializers.ListField(source="project_ids", child=serializers.IntegerField(), read_only=True)
    types = serializers.ListField(source="type_ids", child=serializers.IntegerField(), read_only=True)
    paused = serializers.BooleanField(source="is_paused", read_only=True)
    pause_reason = serializers.CharField(source="pause", read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    failing_since = serializers.DateTimeField(read_only=True, allow_null=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = _WEBHOOK


class SecretSerializer(WebhookSerializer):
    """A webhook with the secret by which it signs, which is shown in this one answer."""

    secret = serializers.CharField(read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = _WEBHOOK | {"secret": "whsec_…"}


class MessageSerializer(serializers.Serializer[Any]):
    """What a webhook sent or is to send; `webhook_id` is what receivers tell it by."""

    id = serializers.IntegerField(read_only=True)
    webhook_id = serializers.CharField(source="webhook_key", read_only=True)
    kind = serializers.CharField(read_only=True)
    state = serializers.CharField(read_only=True)
    attempts = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    due_at = serializers.DateTimeField(read_only=True)
    settled_at = serializers.DateTimeField(read_only=True, allow_null=True)
    last_error = serializers.CharField(read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = _MESSAGE


class AttemptSerializer(serializers.Serializer[Any]):
    """One try, and the beginning of what was answered."""

    at = serializers.DateTimeField(read_only=True)
    seconds = serializers.FloatField(read_only=True)
    status = serializers.IntegerField(read_only=True, allow_null=True)
    answer = serializers.CharField(read_only=True)
    error = serializers.CharField(read_only=True)


class MessageDetailSerializer(MessageSerializer):
    """A message with the body that is sent, and all its tries, newest first."""

    body = serializers.CharField(read_only=True)
    tries = AttemptSerializer(many=True, read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = _MESSAGE | {
            "body": '{"type": "version.released"}',
            "tries": [{"at": _AT, "seconds": 0.12, "status": 204, "answer": "", "error": ""}],
        }
