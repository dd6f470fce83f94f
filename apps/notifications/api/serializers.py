"""Somebody's inbox in JSON, and what may be done with what is in it."""

from typing import Any, ClassVar

from rest_framework import serializers

from apps.core.api import BIGGEST_ID, Fields, PageQuery
from apps.notifications.selectors import VIEWS
from apps.orgs.api.serializers import PersonSerializer


class InboxQuery(PageQuery):
    """Which view of the inbox."""

    view = serializers.ChoiceField(
        choices=list(VIEWS), default="inbox", help_text="What of it: all that waits, or one of the inbox's other views."
    )


class EntryFields(Fields):
    """What becomes of an entry, each on its own. Null for `snoozed_until` brings it back at once."""

    read = serializers.BooleanField(required=False)
    done = serializers.BooleanField(required=False)
    saved = serializers.BooleanField(required=False)
    snoozed_until = serializers.DateTimeField(required=False, allow_null=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"read": True}


class NewsSerializer(serializers.Serializer[Any]):
    """One thing that happened to the issue; without a person, FlowBoard did it."""

    who = PersonSerializer(read_only=True, allow_null=True)
    text = serializers.SerializerMethodField()
    at = serializers.DateTimeField(read_only=True)
    comment = serializers.IntegerField(source="comment_id", read_only=True, allow_null=True)

    def get_text(self, news: Any) -> str:
        """The sentence without its markup."""
        return str(news.sentence_html.striptags())


class LineSerializer(serializers.Serializer[Any]):
    """An issue in the inbox, with what happened to it last, and why that reached its person."""

    id = serializers.IntegerField(read_only=True)
    issue = serializers.CharField(source="key", read_only=True)
    title = serializers.CharField(source="issue.title", read_only=True)
    unread_count = serializers.IntegerField(read_only=True)
    news = NewsSerializer(many=True, read_only=True)
    why = serializers.CharField(read_only=True)
    at = serializers.DateTimeField(read_only=True)
    done = serializers.BooleanField(source="is_done", read_only=True)
    saved = serializers.BooleanField(source="is_saved", read_only=True)
    snoozed_until = serializers.DateTimeField(read_only=True, allow_null=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "id": 81,
            "issue": "FLOW-12",
            "title": "Dock the rover",
            "unread_count": 1,
            "news": [
                {
                    "who": {"id": 7, "name": "Ada Okafor"},
                    "text": "commented: “Slowly.”",
                    "at": "2026-11-02T09:30:00Z",
                    "comment": 61,
                }
            ],
            "why": "assigned",
            "at": "2026-11-02T09:30:00Z",
            "done": False,
            "saved": False,
            "snoozed_until": None,
        }


class UnreadSerializer(serializers.Serializer[Any]):
    """How many issues have something new."""

    unread = serializers.IntegerField(read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"unread": 3}


class FinishFields(Fields):
    """Which view of the inbox one is through with."""

    view = serializers.ChoiceField(choices=list(VIEWS), default="inbox")

    class Meta:
        example: ClassVar[dict[str, Any]] = {"view": "unread"}


class FinishedSerializer(serializers.Serializer[Any]):
    """How many issues were finished, and the moment by which that is taken back; nothing where there were none."""

    finished = serializers.IntegerField(read_only=True)
    at = serializers.DateTimeField(read_only=True, allow_null=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"finished": 3, "at": "2026-11-02T09:30:00.123456Z"}


class UnfinishFields(Fields):
    """The moment that `finish_all` answered."""

    at = serializers.DateTimeField()

    class Meta:
        example: ClassVar[dict[str, Any]] = {"at": "2026-11-02T09:30:00.123456Z"}


class BackSerializer(serializers.Serializer[Any]):
    """How many issues are back."""

    back = serializers.IntegerField(read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"back": 3}


class EndedWorkSerializer(serializers.Serializer[Any]):
    """Something that is over of what one had asked for, such as an archive, and the page where it is found."""

    id = serializers.IntegerField(read_only=True)
    text = serializers.CharField(read_only=True)
    url = serializers.CharField(read_only=True)
    is_done = serializers.BooleanField(read_only=True)
    at = serializers.DateTimeField(read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "id": 812,
            "text": "Your archive of Rover is ready.",
            "url": "/acme/FLOW/settings/export/",
            "is_done": True,
            "at": "2026-11-02T09:30:00Z",
        }


class SeenFields(Fields):
    """Up to which of them (by its id) one has seen what is over."""

    until = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"until": 812}


class SeenSerializer(serializers.Serializer[Any]):
    """How many of them are seen with it."""

    seen = serializers.IntegerField(read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"seen": 1}
