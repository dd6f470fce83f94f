"""What happened to an issue in JSON, and the way back."""

from typing import Any

from rest_framework import serializers

from apps.core.api import Fields, IdField, PageQuery
from apps.orgs.api.serializers import PersonSerializer


class UndoFields(Fields):
    """Which change is taken back; nevertheless, if the last change of the field is the one that was `seen`."""

    change = IdField()
    seen = IdField(required=False)

    class Meta:
        example = {"change": 90210}


class HistoryQuery(PageQuery):
    """In which order the history is read."""

    order = serializers.ChoiceField(choices=["newest", "oldest"], default="newest", help_text="Which come first.")


class EntrySerializer(serializers.Serializer[Any]):
    """A change of an issue (see `apps.issues.activity.Entry`): in words, and as the log keeps it.

    `change` names it for an undo, where there is one.
    """

    event = serializers.IntegerField(read_only=True, source="id")
    change = serializers.IntegerField(read_only=True, source="change_id", allow_null=True)
    at = serializers.DateTimeField(read_only=True)
    author = PersonSerializer(read_only=True, allow_null=True)
    field = serializers.CharField(read_only=True)
    old = serializers.JSONField(read_only=True)
    new = serializers.JSONField(read_only=True)
    text = serializers.SerializerMethodField()
    origin = serializers.CharField(read_only=True)
    reason = serializers.CharField(read_only=True)
    takes_back = serializers.IntegerField(read_only=True, source="takes_back_id", allow_null=True)
    is_taken_back = serializers.BooleanField(read_only=True)
    can_undo = serializers.BooleanField(read_only=True)

    class Meta:
        example = {
            "event": 70125,
            "change": 90210,
            "at": "2026-11-20T16:05:12Z",
            "author": {"id": 1, "name": "Ada Okafor"},
            "field": "priority",
            "old": 2,
            "new": 3,
            "text": "changed the priority from Medium to High",
            "origin": "user",
            "reason": "",
            "takes_back": None,
            "is_taken_back": False,
            "can_undo": True,
        }

    def get_text(self, entry: Any) -> str:
        """The sentence without its markup."""
        return str(entry.sentence_html.striptags())
