"""Projects and their configuration in JSON."""

from typing import Any, ClassVar

from rest_framework import serializers

from apps.core.api import BIGGEST_ID, Fields
from apps.orgs.api.serializers import PersonSerializer
from apps.projects.selectors import TEMPLATES, VISIBILITIES


class StatusSerializer(serializers.Serializer[Any]):
    """A step of the workflow; its category says what it means to reports."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)
    category = serializers.CharField(read_only=True)


class NamedSerializer(serializers.Serializer[Any]):
    """Something with a name: a type, a label, a sprint."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)


class OptionSerializer(serializers.Serializer[Any]):
    """Something that a field offers."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)


class CustomFieldSerializer(serializers.Serializer[Any]):
    """A field of the project's own: how issues call it (`key`), what it holds, and which types have it (none: all)."""

    key = serializers.CharField(read_only=True)
    name = serializers.CharField(read_only=True)
    kind = serializers.CharField(read_only=True)
    # DRF's own `help_text` is an attribute of fields; the metaclass takes this one for a field.
    help_text = serializers.CharField(read_only=True)  # type: ignore[assignment]  # not DRF's attribute
    is_required = serializers.BooleanField(read_only=True)
    types = serializers.ListField(source="type_ids", child=serializers.IntegerField(), read_only=True)
    options = OptionSerializer(source="choices", many=True, read_only=True)


class ProjectSerializer(serializers.Serializer[Any]):
    """A project as lists show it."""

    id = serializers.IntegerField(read_only=True)
    key = serializers.CharField(read_only=True)
    name = serializers.CharField(read_only=True)
    description = serializers.CharField(read_only=True)
    template = serializers.CharField(read_only=True)
    visibility = serializers.CharField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    archived_at = serializers.DateTimeField(read_only=True, allow_null=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "id": 3,
            "key": "FLOW",
            "name": "Rover",
            "description": "Everything that drives.",
            "template": "scrum",
            "visibility": "organization",
            "created_at": "2026-11-02T09:30:00Z",
            "archived_at": None,
        }


class ProjectDetailSerializer(ProjectSerializer):
    """A project with its configuration: the ids that its issues refer to."""

    lead = PersonSerializer(read_only=True, allow_null=True)
    has_triage = serializers.BooleanField(read_only=True)
    has_time_tracking = serializers.BooleanField(read_only=True)
    minutes_a_day = serializers.IntegerField(read_only=True)
    days_a_week = serializers.IntegerField(read_only=True)
    statuses = StatusSerializer(many=True, read_only=True)
    types = NamedSerializer(many=True, read_only=True)
    labels = NamedSerializer(many=True, read_only=True)
    versions = NamedSerializer(many=True, read_only=True)
    custom_fields = CustomFieldSerializer(many=True, read_only=True)
    people = PersonSerializer(many=True, read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = ProjectSerializer.Meta.example | {
            "lead": {"id": 7, "name": "Ada Okafor"},
            "has_triage": False,
            "has_time_tracking": True,
            "minutes_a_day": 480,
            "days_a_week": 5,
            "statuses": [{"id": 11, "name": "To do", "category": "todo"}],
            "types": [{"id": 21, "name": "Bug"}],
            "labels": [{"id": 31, "name": "wheels"}],
            "versions": [{"id": 41, "name": "2.4"}],
            "custom_fields": [
                {
                    "key": "field_5",
                    "name": "Customer",
                    "kind": "option",
                    "help_text": "",
                    "is_required": False,
                    "types": [21],
                    "options": [{"id": 51, "name": "Harbour Freight"}],
                }
            ],
            "people": [{"id": 7, "name": "Ada Okafor"}],
        }


class ProjectQuery(Fields):
    """Which projects."""

    archived = serializers.BooleanField(default=False, help_text="Those that are archived, instead of those in use.")
    starred = serializers.BooleanField(required=False, help_text="Those among one's favourites, or all others.")


class ProjectEditFields(Fields):
    """What can be changed of a project, each field on its own. Another key is every issue's as well."""

    name = serializers.CharField(required=False, max_length=80)
    description = serializers.CharField(required=False, allow_blank=True, max_length=2_000)
    visibility = serializers.ChoiceField(choices=VISIBILITIES, required=False)
    template = serializers.ChoiceField(choices=TEMPLATES, required=False)
    key = serializers.CharField(required=False, max_length=200)
    archived = serializers.BooleanField(required=False)
    has_triage = serializers.BooleanField(required=False)
    has_time_tracking = serializers.BooleanField(required=False)
    # What people mean who type “1d” and “1w”.
    minutes_a_day = serializers.IntegerField(required=False, min_value=1, max_value=24 * 60)
    days_a_week = serializers.IntegerField(required=False, min_value=1, max_value=7)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"description": "Everything that drives.", "has_time_tracking": True}


class NewProjectFields(Fields):
    """A project to start, as a template has it, or (`like`, another project's key) as another one is."""

    name = serializers.CharField(max_length=80)
    key = serializers.CharField(max_length=200)
    description = serializers.CharField(default="", allow_blank=True, max_length=2_000)
    visibility = serializers.ChoiceField(choices=VISIBILITIES, default="organization")
    template = serializers.ChoiceField(choices=TEMPLATES, required=False)
    like = serializers.CharField(required=False, max_length=200)
    with_members = serializers.BooleanField(required=False)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"name": "Rover", "key": "FLOW", "template": "scrum"}


class ConfirmationFields(Fields):
    """The name of what is to be deleted, so that no slip of the finger deletes it."""

    confirmation = serializers.CharField(max_length=254)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"confirmation": "Rover"}


class DeletedProjectSerializer(serializers.Serializer[Any]):
    """A deleted project, and until when it can be brought back."""

    id = serializers.IntegerField(read_only=True)
    key = serializers.CharField(source="short", read_only=True)
    name = serializers.CharField(read_only=True)
    deleted_at = serializers.DateTimeField(read_only=True)
    gone_at = serializers.DateTimeField(read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "id": 3,
            "key": "FLOW",
            "name": "Rover",
            "deleted_at": "2026-11-02T09:30:00Z",
            "gone_at": "2026-12-02T09:30:00Z",
        }


class EventQuery(Fields):
    """From where the log is read, and how much of it."""

    since = serializers.IntegerField(
        min_value=0, max_value=BIGGEST_ID, default=0, help_text="The last `seq` that is known already."
    )
    limit = serializers.IntegerField(min_value=1, max_value=500, default=100)
    wait = serializers.IntegerField(
        min_value=0,
        max_value=30,
        default=0,
        help_text="Where nothing happened since: for how many seconds the answer waits for something.",
    )


class ChangeSerializer(serializers.Serializer[Any]):
    """A changed field: ids for references, ISO text for dates."""

    field = serializers.CharField(read_only=True)
    old = serializers.JSONField(read_only=True)
    new = serializers.JSONField(read_only=True)


class EventSerializer(serializers.Serializer[Any]):
    """A fact: what happened, to which issue, by whom, when."""

    seq = serializers.IntegerField(read_only=True)
    kind = serializers.CharField(read_only=True)
    issue = serializers.IntegerField(source="issue_id", read_only=True, allow_null=True)
    actor = serializers.IntegerField(source="actor_id", read_only=True, allow_null=True)
    # DRF's own `data` is a property of serializers; the metaclass takes this one for a field.
    data = serializers.JSONField(read_only=True)  # type: ignore[assignment]  # not DRF's attribute
    changes = ChangeSerializer(many=True, read_only=True)
    origin = serializers.CharField(read_only=True)
    op = serializers.CharField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    occurred_at = serializers.DateTimeField(read_only=True)


class EventPageSerializer(serializers.Serializer[Any]):
    """Facts in their order: `next_since` is where to go on, `head` the last there is."""

    head = serializers.IntegerField(read_only=True)
    next_since = serializers.IntegerField(read_only=True)
    results = EventSerializer(many=True, read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "head": 812,
            "next_since": 812,
            "results": [
                {
                    "seq": 812,
                    "kind": "issue.edited",
                    "issue": 120,
                    "actor": 7,
                    "data": {"v": 4},
                    "changes": [{"field": "priority", "old": 2, "new": 3}],
                    "origin": "user",
                    "op": "",
                    "created_at": "2026-11-02T09:30:00Z",
                    "occurred_at": "2026-11-02T09:30:00Z",
                }
            ],
        }
