"""Comments and reactions in JSON, and what may be written of them."""

from typing import Any

from rest_framework import serializers

from apps.core.api import Fields, IdField
from apps.issues.selectors import EMOJI
from apps.orgs.api.serializers import PersonSerializer


class CommentFields(Fields):
    """What can be set of a new comment; with `parent`, the id of another one of the issue, it is a reply to that."""

    body = serializers.CharField(trim_whitespace=False)
    # DRF's own `parent` is an attribute of fields; the metaclass takes this one for a field.
    parent = IdField(required=False, allow_null=True)  # type: ignore[assignment]  # not DRF's attribute

    class Meta:
        example = {"body": "It is the bearing."}


class CommentEditFields(Fields):
    """What can be changed of a comment: what it says, whether its thread is resolved, whether it is pinned."""

    body = serializers.CharField(required=False, trim_whitespace=False)
    resolved = serializers.BooleanField(required=False)
    pinned = serializers.BooleanField(required=False)

    class Meta:
        example = {"resolved": True}


class CommentSerializer(serializers.Serializer[Any]):
    """A comment. `parent` is the first comment of its thread, which says whether the thread is resolved."""

    id = serializers.IntegerField(read_only=True)
    # As above: a field, not DRF's attribute.
    parent = serializers.IntegerField(  # type: ignore[assignment]  # not DRF's attribute
        source="thread_id", read_only=True, allow_null=True
    )
    author = PersonSerializer(read_only=True, allow_null=True)
    body = serializers.CharField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    edited_at = serializers.DateTimeField(read_only=True, allow_null=True)
    pinned_at = serializers.DateTimeField(read_only=True, allow_null=True)
    resolved_at = serializers.DateTimeField(read_only=True, allow_null=True)
    resolved_by = PersonSerializer(read_only=True, allow_null=True)

    class Meta:
        example = {
            "id": 311,
            "parent": None,
            "author": {"id": 1, "name": "Ada Okafor"},
            "body": "It is the bearing.",
            "created_at": "2026-11-20T16:05:12Z",
            "edited_at": None,
            "pinned_at": None,
            "resolved_at": None,
            "resolved_by": None,
        }


class DoneSerializer(serializers.Serializer[Any]):
    """What the quick actions of a comment did, in words, where it had nothing else to say."""

    done = serializers.CharField(read_only=True)

    class Meta:
        example = {"done": "Priority high."}


class ReactionFields(Fields):
    """A sign under an issue, or under one of its comments, and whether it is there."""

    emoji = serializers.ChoiceField(choices=EMOJI)
    comment = IdField(required=False, allow_null=True)
    is_on = serializers.BooleanField()

    class Meta:
        example = {"emoji": "heart", "comment": 311, "is_on": True}


class ReactionSerializer(serializers.Serializer[Any]):
    """A sign: under which comment (none: the issue itself), how often, and whether the caller's is among them."""

    comment = serializers.IntegerField(read_only=True, allow_null=True)
    emoji = serializers.CharField(read_only=True)
    count = serializers.IntegerField(read_only=True)
    is_mine = serializers.BooleanField(read_only=True)

    class Meta:
        example = {"comment": 311, "emoji": "heart", "count": 2, "is_mine": True}
