"""The parts of a project's configuration in JSON, and what may be written of them.

How long a name may be, and how many there may be of something, is for the services to say.
"""

from typing import Any, ClassVar

from rest_framework import serializers

from apps.core.api import Fields, IdField
from apps.projects.api.serializers import OptionSerializer
from apps.projects.selectors import ASSIGNS, CATEGORIES, FIELD_KINDS, LEVELS, PARTIES, PROJECT_ROLES, REQUIRED_FIELDS
from apps.projects.services import HUES, MOST_OPTIONS, MOST_STATUSES

_NAME = 200


class HueField(serializers.ChoiceField):
    """A colour: an angle on the colour wheel."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=list(HUES), **options)


class HeirFields(Fields):
    """What becomes of what has it: it gets another one (by id)."""

    to = IdField()

    class Meta:
        example: ClassVar[dict[str, Any]] = {"to": 12}


class OptionalHeirFields(Fields):
    """What becomes of what has it: it gets another one (by id), or none."""

    to = IdField(required=False, allow_null=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"to": 12}


class ChangedSerializer(serializers.Serializer[Any]):
    """How many issues changed with it."""

    changed = serializers.IntegerField(read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"changed": 3}


# Statuses


class StatusEditFields(Fields):
    """What can be changed of a status. `is_initial` is only ever set: that new issues begin here."""

    name = serializers.CharField(required=False, max_length=_NAME)
    category = serializers.ChoiceField(choices=CATEGORIES, required=False)
    hue = HueField(required=False, allow_null=True)
    is_initial = serializers.BooleanField(required=False)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"name": "In review", "hue": 210}


class NewStatusFields(Fields):
    """A status to add."""

    name = serializers.CharField(max_length=_NAME)
    category = serializers.ChoiceField(choices=CATEGORIES)
    hue = HueField(required=False, allow_null=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"name": "In review", "category": "in_progress"}


class OrderFields(Fields):
    """The statuses in the order that they shall have: all of them, once each."""

    order = serializers.ListField(child=IdField(), min_length=1, max_length=MOST_STATUSES)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"order": [11, 13, 12]}


class WorkflowStatusSerializer(serializers.Serializer[Any]):
    """A step of the workflow; its category says what it means to reports."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)
    category = serializers.CharField(read_only=True)
    hue = serializers.IntegerField(read_only=True, allow_null=True)
    is_initial = serializers.BooleanField(read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "id": 11,
            "name": "To do",
            "category": "todo",
            "hue": None,
            "is_initial": True,
        }


# Transitions


class RuleFields(Fields):
    """What a transition asks for, and what happens with it."""

    name = serializers.CharField(required=False, max_length=_NAME)
    allowed_parties = serializers.ListField(child=serializers.ChoiceField(choices=PARTIES), required=False)
    required_fields = serializers.ListField(child=serializers.ChoiceField(choices=REQUIRED_FIELDS), required=False)
    needs_finished_subtasks = serializers.BooleanField(required=False)
    needs_no_open_blocker = serializers.BooleanField(required=False)
    sets_priority = serializers.ChoiceField(choices=range(5), required=False, allow_null=True)
    assigns = serializers.ChoiceField(choices=ASSIGNS, required=False)
    adds_label = IdField(required=False, allow_null=True)
    comment = serializers.CharField(required=False, allow_blank=True, max_length=10_000)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"name": "Start", "allowed_parties": ["assignee"], "assigns": "mover"}


class NewTransitionFields(RuleFields):
    """A way between two statuses; without a source, from any."""

    # DRF's own `source` is an attribute of fields; the metaclass takes this one for a field.
    source = IdField(required=False, allow_null=True)  # type: ignore[assignment]
    target = IdField()

    class Meta:
        example: ClassVar[dict[str, Any]] = {"source": 11, "target": 12, "name": "Start"}


class TransitionSerializer(serializers.Serializer[Any]):
    """A one-way edge of the workflow; without a source, from any status."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)
    # As above: a field, not DRF's attribute.
    source = serializers.IntegerField(source="source_id", read_only=True, allow_null=True)  # type: ignore[assignment]
    target = serializers.IntegerField(source="target_id", read_only=True)
    allowed_parties = serializers.ListField(child=serializers.CharField(), read_only=True)
    required_fields = serializers.ListField(child=serializers.CharField(), read_only=True)
    needs_finished_subtasks = serializers.BooleanField(read_only=True)
    needs_no_open_blocker = serializers.BooleanField(read_only=True)
    sets_priority = serializers.IntegerField(read_only=True, allow_null=True)
    assigns = serializers.CharField(read_only=True)
    adds_label = serializers.IntegerField(source="adds_label_id", read_only=True, allow_null=True)
    comment = serializers.CharField(read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "id": 71,
            "name": "Start",
            "source": 11,
            "target": 12,
            "allowed_parties": ["assignee"],
            "required_fields": [],
            "needs_finished_subtasks": False,
            "needs_no_open_blocker": False,
            "sets_priority": None,
            "assigns": "mover",
            "adds_label": None,
            "comment": "",
        }


# Types of issues


class TypeEditFields(Fields):
    """What can be changed of a type; its level stays."""

    name = serializers.CharField(required=False, max_length=_NAME)
    icon = serializers.CharField(required=False, max_length=20)
    hue = HueField(required=False)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"name": "Defect"}


class NewTypeFields(Fields):
    """A type to add. Its level says what holds what: 2 an epic, 1 an issue, 0 a sub-task."""

    name = serializers.CharField(max_length=_NAME)
    icon = serializers.CharField(max_length=20, default="star")
    hue = HueField(default=0)
    level = serializers.ChoiceField(choices=[level for level, _name in LEVELS], default=1)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"name": "Spike", "icon": "zap", "hue": 60}


class TypeSerializer(serializers.Serializer[Any]):
    """What kind of work an issue can be."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)
    icon = serializers.CharField(read_only=True)
    hue = serializers.IntegerField(read_only=True)
    level = serializers.IntegerField(read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"id": 21, "name": "Bug", "icon": "bug", "hue": 0, "level": 1}


# Labels


class LabelEditFields(Fields):
    """What can be changed of a label."""

    name = serializers.CharField(required=False, max_length=_NAME)
    hue = HueField(required=False)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"name": "tyres", "hue": 120}


class NewLabelFields(LabelEditFields):
    """A label to make. Without a colour it gets the next one."""

    name = serializers.CharField(max_length=_NAME)


class LabelSerializer(serializers.Serializer[Any]):
    """A word to find issues by."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)
    hue = serializers.IntegerField(read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"id": 31, "name": "wheels", "hue": 120}


# Versions


class VersionEditFields(Fields):
    """What can be changed of a version. An archived one is not offered any more."""

    name = serializers.CharField(required=False, max_length=_NAME)
    description = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    start_date = serializers.DateField(required=False, allow_null=True)
    release_date = serializers.DateField(required=False, allow_null=True)
    archived = serializers.BooleanField(required=False)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"release_date": "2026-12-11"}


class NewVersionFields(Fields):
    """A version to plan."""

    name = serializers.CharField(max_length=_NAME)
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


# Fields of the project's own


class FieldEditFields(Fields):
    """What can be changed of a field; what it holds stays. `shift` moves it some places up (below 0) or down."""

    name = serializers.CharField(required=False, max_length=_NAME)
    # DRF's own `help_text` is an attribute of fields; the metaclass takes this one for a field.
    help_text = serializers.CharField(  # type: ignore[assignment]
        required=False, allow_blank=True, max_length=1000
    )
    is_required = serializers.BooleanField(required=False)
    on_cards = serializers.BooleanField(required=False)
    in_lists = serializers.BooleanField(required=False)
    types = serializers.ListField(child=IdField(), required=False, max_length=100)
    shift = serializers.IntegerField(required=False, min_value=-100, max_value=100)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"is_required": True, "types": [21]}


class NewFieldFields(Fields):
    """A field to give to issues: to those of some types or, without any, to all. Choices have options."""

    name = serializers.CharField(max_length=_NAME)
    kind = serializers.ChoiceField(choices=FIELD_KINDS)
    # As above: a field, not DRF's attribute.
    help_text = serializers.CharField(  # type: ignore[assignment]
        required=False, allow_blank=True, max_length=1000
    )
    is_required = serializers.BooleanField(required=False)
    on_cards = serializers.BooleanField(required=False)
    in_lists = serializers.BooleanField(required=False)
    types = serializers.ListField(child=IdField(), required=False, max_length=100)
    options = serializers.ListField(
        child=serializers.CharField(max_length=_NAME), required=False, max_length=MOST_OPTIONS
    )

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "name": "Customer",
            "kind": "select",
            "options": ["Harbour Freight", "Globex"],
        }


class OptionsFields(Fields):
    """What a field shall offer besides."""

    options = serializers.ListField(
        child=serializers.CharField(max_length=_NAME), min_length=1, max_length=MOST_OPTIONS
    )

    class Meta:
        example: ClassVar[dict[str, Any]] = {"options": ["Initech"]}


class OptionEditFields(Fields):
    """Another name for an option, or some places up (below 0) or down for it."""

    name = serializers.CharField(required=False, max_length=_NAME)
    shift = serializers.IntegerField(required=False, min_value=-100, max_value=100)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"name": "Initech Ltd"}


class OwnFieldSerializer(serializers.Serializer[Any]):
    """A field of the project's own: `key` is what issues call it; without types, those of all have it."""

    id = serializers.IntegerField(read_only=True)
    key = serializers.CharField(read_only=True)
    name = serializers.CharField(read_only=True)
    kind = serializers.CharField(read_only=True)
    # As above: a field, not DRF's attribute.
    help_text = serializers.CharField(read_only=True)  # type: ignore[assignment]
    is_required = serializers.BooleanField(read_only=True)
    on_cards = serializers.BooleanField(read_only=True)
    in_lists = serializers.BooleanField(read_only=True)
    types = serializers.ListField(source="type_ids", child=serializers.IntegerField(), read_only=True)
    options = OptionSerializer(source="choices", many=True, read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "id": 5,
            "key": "field_5",
            "name": "Customer",
            "kind": "select",
            "help_text": "",
            "is_required": False,
            "on_cards": True,
            "in_lists": False,
            "types": [21],
            "options": [{"id": 51, "name": "Harbour Freight"}],
        }


# People


class ProjectRoleFields(Fields):
    """Somebody of the organization (by id), and their role in the project."""

    user = IdField()
    role = serializers.ChoiceField(choices=PROJECT_ROLES)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"user": 7, "role": "member"}


class LeaveFields(OptionalHeirFields):
    """Where open issues go: they stay with the person, or (`keeps_work` is false) go to somebody else, or to nobody."""

    keeps_work = serializers.BooleanField(default=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"keeps_work": False, "to": 7}


class ProjectMemberSerializer(serializers.Serializer[Any]):
    """Somebody with a role of their own in the project."""

    id = serializers.IntegerField(source="user_id", read_only=True)
    name = serializers.CharField(source="user.name", read_only=True)
    role = serializers.CharField(read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"id": 7, "name": "Ada Okafor", "role": "member"}
