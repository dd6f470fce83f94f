"""Statuses, the ways between them, and the types of issues."""

from typing import Any, ClassVar

from rest_framework import serializers

from apps.core.api import Fields, IdField
from apps.issues.api.serializers.fields import PriorityField
from apps.projects.selectors import ASSIGNS, CATEGORIES, LEVELS, PARTIES, REQUIRED_FIELDS
from apps.projects.services import MOST_STATUSES

from .common import NAME, HueField

# Statuses


class StatusEditFields(Fields):
    """What can be changed of a status. `is_initial` is only ever set: that new issues begin here."""

    name = serializers.CharField(required=False, max_length=NAME)
    category = serializers.ChoiceField(choices=CATEGORIES, required=False)
    hue = HueField(required=False, allow_null=True)
    is_initial = serializers.BooleanField(required=False)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"name": "In review", "hue": 210}


class NewStatusFields(Fields):
    """A status to add."""

    name = serializers.CharField(max_length=NAME)
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

    name = serializers.CharField(required=False, max_length=NAME)
    allowed_parties = serializers.ListField(child=serializers.ChoiceField(choices=PARTIES), required=False)
    required_fields = serializers.ListField(child=serializers.ChoiceField(choices=REQUIRED_FIELDS), required=False)
    needs_finished_subtasks = serializers.BooleanField(required=False)
    needs_no_open_blocker = serializers.BooleanField(required=False)
    sets_priority = PriorityField(required=False, allow_null=True)
    assigns = serializers.ChoiceField(choices=ASSIGNS, required=False)
    adds_label = IdField(required=False, allow_null=True)
    comment = serializers.CharField(required=False, allow_blank=True, max_length=10_000)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"name": "Start", "allowed_parties": ["assignee"], "assigns": "mover"}


class NewTransitionFields(RuleFields):
    """A way between two statuses; without a source, from any."""

    # DRF's own `source` is an attribute of fields; the metaclass takes this one for a field.
    source = IdField(required=False, allow_null=True)  # type: ignore[assignment]  # not DRF's attribute
    target = IdField()

    class Meta:
        example: ClassVar[dict[str, Any]] = {"source": 11, "target": 12, "name": "Start"}


class TransitionSerializer(serializers.Serializer[Any]):
    """A one-way edge of the workflow; without a source, from any status."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)
    # As above: a field, not DRF's attribute.
    source = serializers.IntegerField(  # type: ignore[assignment]  # not DRF's attribute
        source="source_id", read_only=True, allow_null=True
    )
    target = serializers.IntegerField(source="target_id", read_only=True)
    allowed_parties = serializers.ListField(child=serializers.CharField(), read_only=True)
    required_fields = serializers.ListField(child=serializers.CharField(), read_only=True)
    needs_finished_subtasks = serializers.BooleanField(read_only=True)
    needs_no_open_blocker = serializers.BooleanField(read_only=True)
    sets_priority = PriorityField(read_only=True, allow_null=True)
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
            "sets_priority": "high",
            "assigns": "mover",
            "adds_label": None,
            "comment": "",
        }


# Types of issues


class TypeEditFields(Fields):
    """What can be changed of a type; its level stays."""

    name = serializers.CharField(required=False, max_length=NAME)
    icon = serializers.CharField(required=False, max_length=20)
    hue = HueField(required=False)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"name": "Defect"}


class NewTypeFields(Fields):
    """A type to add. Its level says what holds what: 2 an epic, 1 an issue, 0 a sub-task."""

    name = serializers.CharField(max_length=NAME)
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
