"""Issues and comments in JSON, and what may be written of them."""

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework import serializers

from apps.core.api import Fields, IdField, PageQuery
from apps.issues.selectors import PRIORITIES, PRIORITY_NAMES, field_id_of
from apps.orgs.api.serializers import PersonSerializer
from apps.projects.api.serializers import NamedSerializer, StatusSerializer

# What a script orders by, and how the selector calls it.
ORDERINGS = {
    "number": "key",
    "-number": "-key",
    "priority": "priority",
    "-priority": "-priority",
    "updated_at": "updated",
    "-updated_at": "-updated",
}
_PRIORITY_NUMBERS = {name: number for number, name in PRIORITY_NAMES.items()}


class PriorityField(serializers.ChoiceField):
    """A priority by its name; services know its number."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=PRIORITIES, **options)

    def to_internal_value(self, data: Any) -> int:  # type: ignore[override]
        """The number, so that sorting means something."""
        return _PRIORITY_NUMBERS[super().to_internal_value(data)]


class MinutesField(serializers.IntegerField):
    """A number of minutes that the database can hold; how many there may be is for the services to say."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, max_value=2**31 - 1, **options)


class CustomValuesField(serializers.DictField):
    """Values by the keys of the project's own fields."""

    key_pattern = r"^field_[1-9][0-9]{0,17}$"


class IssueFields(Fields):
    """What can be set of an issue at any time. Lengths and rights are the services' to judge."""

    description = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    type = IdField(required=False)
    priority = PriorityField(required=False)
    assignee = IdField(required=False, allow_null=True)
    parent = IdField(required=False, allow_null=True)  # type: ignore[assignment]
    points = serializers.DecimalField(max_digits=6, decimal_places=2, required=False, allow_null=True)
    due_date = serializers.DateField(required=False, allow_null=True)
    labels = serializers.ListField(child=IdField(), required=False, max_length=100)
    fix_versions = serializers.ListField(child=IdField(), required=False, max_length=100)
    # Of the project's own fields, by their keys (`field_12`).
    custom_fields = CustomValuesField(child=serializers.JSONField(allow_null=True), required=False)

    def validate_custom_fields(self, value: dict[str, Any]) -> dict[str, Any]:
        """Names of fields only: what the project has of them is the service's to judge."""
        unknown = sorted(name for name in value if field_id_of(name) is None)
        if unknown:
            raise serializers.ValidationError({name[:60]: [_("There is no such field.")] for name in unknown[:20]})
        return value


class NewIssueFields(IssueFields):
    """What can be set when an issue is created."""

    title = serializers.CharField(trim_whitespace=False)
    status = IdField(required=False)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "title": "The left wheel squeaks",
            "description": "Since yesterday.",
            "priority": "high",
            "points": 3,
        }


class IssueEditFields(IssueFields):
    """What can be edited, each field on its own. A status is changed by a move."""

    title = serializers.CharField(required=False, trim_whitespace=False)
    start_date = serializers.DateField(required=False, allow_null=True)
    # In minutes, where the project tracks time.
    time_estimate = MinutesField(required=False, allow_null=True)
    time_remaining = MinutesField(required=False, allow_null=True)
    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"priority": "urgent", "due_date": "2026-12-01", "version": 4}


class MoveFields(Fields):
    """Where an issue goes: to a status, and there before or after another issue (by id)."""

    status = IdField(required=False)
    before = IdField(required=False, allow_null=True)
    after = IdField(required=False, allow_null=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"status": 12, "before": 118}


class CommentFields(Fields):
    """What can be set of a new comment; with `parent`, the id of another one of the issue, it is a reply to that."""

    body = serializers.CharField(trim_whitespace=False)
    # DRF's own `parent` is an attribute of fields; the metaclass takes this one for a field.
    parent = IdField(required=False, allow_null=True)  # type: ignore[assignment]

    class Meta:
        example: ClassVar[dict[str, Any]] = {"body": "I can hear it, too.", "parent": 900}


class ThreadFields(Fields):
    """What can be set of the thread of a comment."""

    resolved = serializers.BooleanField()

    class Meta:
        example: ClassVar[dict[str, Any]] = {"resolved": True}


class WorkEditFields(Fields):
    """What can be changed of an entry of the work log."""

    minutes = MinutesField(required=False)
    day = serializers.DateField(required=False)
    note = serializers.CharField(required=False, allow_blank=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"minutes": 45, "note": "Oiled it."}


class WorkFields(WorkEditFields):
    """What can be said when time is logged. What is left goes down, unless `adjust` or `remaining` says otherwise."""

    minutes = MinutesField()
    adjust = serializers.ChoiceField(choices=["auto", "leave"], required=False)
    remaining = MinutesField(required=False)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "minutes": 90,
            "day": "2026-11-02",
            "note": "Took it apart.",
            "remaining": 30,
        }


class UndoFields(Fields):
    """Which change is taken back; nevertheless, if the last change of the field is the one that was `seen`."""

    change = IdField()
    seen = IdField(required=False)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"change": 5521}


class HistoryQuery(PageQuery):
    """In which order the history is read."""

    order = serializers.ChoiceField(choices=["newest", "oldest"], default="newest", help_text="Which come first.")


class IssueQuery(PageQuery):
    """How a list of issues is narrowed and ordered."""

    q = serializers.CharField(required=False, max_length=200, help_text="Words in the title, or a key.")
    status = IdField(required=False, help_text="The id of a status.")
    assignee = serializers.RegexField(r"^(me|[1-9][0-9]{0,18})$", required=False, help_text="A person's id, or `me`.")
    label = IdField(required=False, help_text="The id of a label.")  # type: ignore[assignment]
    updated_since = serializers.DateTimeField(required=False, help_text="Changed at this moment or later.")
    ordering = serializers.ChoiceField(
        choices=sorted(ORDERINGS), default="number", help_text="With a minus, the other way round."
    )

    def validate_assignee(self, value: str) -> str | int:
        """A person's id, or `me`."""
        return value if value == "me" else IdField().run_validation(value)


class ParentSerializer(serializers.Serializer[Any]):
    """The epic or issue above."""

    id = serializers.IntegerField(read_only=True)
    key = serializers.CharField(read_only=True)
    title = serializers.CharField(read_only=True)


class IssueSerializer(serializers.Serializer[Any]):
    """An issue (see `apps.issues.records.IssueRecord`)."""

    id = serializers.IntegerField(read_only=True)
    key = serializers.CharField(read_only=True)
    number = serializers.IntegerField(read_only=True)
    project = serializers.CharField(read_only=True)
    title = serializers.CharField(read_only=True)
    description = serializers.CharField(read_only=True)
    type = NamedSerializer(read_only=True)
    status = StatusSerializer(read_only=True)
    priority = serializers.CharField(read_only=True)
    reporter = PersonSerializer(read_only=True)
    assignee = PersonSerializer(read_only=True, allow_null=True)
    parent = ParentSerializer(read_only=True, allow_null=True)
    sprint = NamedSerializer(read_only=True, allow_null=True)
    labels = NamedSerializer(many=True, read_only=True)
    fix_versions = NamedSerializer(many=True, read_only=True)
    custom_fields = serializers.DictField(read_only=True)
    points = serializers.FloatField(read_only=True, allow_null=True)
    start_date = serializers.DateField(read_only=True, allow_null=True)
    due_date = serializers.DateField(read_only=True, allow_null=True)
    time_estimate = serializers.IntegerField(read_only=True, allow_null=True)
    time_spent = serializers.IntegerField(read_only=True)
    time_remaining = serializers.IntegerField(read_only=True, allow_null=True)
    comment_count = serializers.IntegerField(read_only=True)
    rank = serializers.CharField(read_only=True)
    version = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)
    status_changed_at = serializers.DateTimeField(read_only=True)
    resolved_at = serializers.DateTimeField(read_only=True, allow_null=True)
    archived_at = serializers.DateTimeField(read_only=True, allow_null=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "id": 120,
            "key": "FLOW-12",
            "number": 12,
            "project": "FLOW",
            "title": "The left wheel squeaks",
            "description": "Since yesterday.",
            "type": {"id": 21, "name": "Bug"},
            "status": {"id": 11, "name": "To do", "category": "todo"},
            "priority": "high",
            "reporter": {"id": 7, "name": "Ada Okafor"},
            "assignee": None,
            "parent": {"id": 101, "key": "FLOW-3", "title": "Drive silently"},
            "sprint": {"id": 61, "name": "Sprint 9"},
            "labels": [{"id": 31, "name": "wheels"}],
            "fix_versions": [],
            "custom_fields": {"field_5": 51},
            "points": 3.0,
            "start_date": None,
            "due_date": "2026-12-01",
            "time_estimate": 240,
            "time_spent": 90,
            "time_remaining": 150,
            "comment_count": 2,
            "rank": "a1",
            "version": 4,
            "created_at": "2026-11-02T09:30:00Z",
            "updated_at": "2026-11-02T09:30:00Z",
            "status_changed_at": "2026-11-02T09:30:00Z",
            "resolved_at": None,
            "archived_at": None,
        }


class CommentSerializer(serializers.Serializer[Any]):
    """A comment. `parent` is the first comment of its thread, which says whether the thread is resolved."""

    id = serializers.IntegerField(read_only=True)
    # As above: a field, not DRF's attribute.
    parent = serializers.IntegerField(source="thread_id", read_only=True, allow_null=True)  # type: ignore[assignment]
    author = PersonSerializer(read_only=True)
    body = serializers.CharField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    edited_at = serializers.DateTimeField(read_only=True, allow_null=True)
    resolved_at = serializers.DateTimeField(read_only=True, allow_null=True)
    resolved_by = PersonSerializer(read_only=True, allow_null=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "id": 901,
            "parent": 900,
            "author": {"id": 7, "name": "Ada Okafor"},
            "body": "I can hear it, too.",
            "created_at": "2026-11-02T09:30:00Z",
            "edited_at": None,
            "resolved_at": None,
            "resolved_by": None,
        }


class DoneSerializer(serializers.Serializer[Any]):
    """What the quick actions of a comment did, where it had nothing else to say."""

    done = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"done": ["set the priority to high"]}


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
        example: ClassVar[dict[str, Any]] = {
            "id": 77,
            "person": {"id": 7, "name": "Ada Okafor"},
            "day": "2026-11-02",
            "minutes": 90,
            "note": "Took it apart.",
            "created_at": "2026-11-02T09:30:00Z",
            "edited_at": None,
        }


class EntrySerializer(serializers.Serializer[Any]):
    """A change of an issue (see `apps.issues.activity.Entry`): in words, and as the log keeps it.

    `change` names it for an undo, where there is one.
    """

    event = serializers.IntegerField(read_only=True, source="id")
    change = serializers.IntegerField(read_only=True, source="change_id", allow_null=True)
    at = serializers.DateTimeField(read_only=True)
    author = PersonSerializer(read_only=True)
    field = serializers.CharField(read_only=True)
    old = serializers.JSONField(read_only=True)
    new = serializers.JSONField(read_only=True)
    text = serializers.SerializerMethodField()
    origin = serializers.CharField(read_only=True)
    reason = serializers.CharField(read_only=True)
    takes_back = serializers.IntegerField(read_only=True, source="takes_back_id", allow_null=True)
    is_taken_back = serializers.BooleanField(read_only=True)
    can_undo = serializers.BooleanField(read_only=True)

    def get_text(self, entry: Any) -> str:
        """The sentence without its markup."""
        return str(entry.sentence_html.striptags())

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "event": 812,
            "change": 5521,
            "at": "2026-11-02T09:30:00Z",
            "author": {"id": 7, "name": "Ada Okafor"},
            "field": "priority",
            "old": 2,
            "new": 3,
            "text": "Ada Okafor changed the priority from medium to high",
            "origin": "user",
            "reason": "",
            "takes_back": None,
            "is_taken_back": False,
            "can_undo": True,
        }
