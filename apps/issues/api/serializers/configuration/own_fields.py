"""Fields of the project's own."""

from typing import Any, ClassVar

from rest_framework import serializers

from apps.core.api import Fields, IdField
from apps.projects.api.serializers import OptionSerializer
from apps.projects.selectors import FIELD_KINDS
from apps.projects.services import MOST_OPTIONS

from .common import NAME


class FieldEditFields(Fields):
    """What can be changed of a field; what it holds stays. `shift` moves it some places up (below 0) or down."""

    name = serializers.CharField(required=False, max_length=NAME)
    # DRF's own `help_text` is an attribute of fields; the metaclass takes this one for a field.
    help_text = serializers.CharField(  # type: ignore[assignment]  # not DRF's attribute
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

    name = serializers.CharField(max_length=NAME)
    kind = serializers.ChoiceField(choices=FIELD_KINDS)
    # As above: a field, not DRF's attribute.
    help_text = serializers.CharField(  # type: ignore[assignment]  # not DRF's attribute
        required=False, allow_blank=True, max_length=1000
    )
    is_required = serializers.BooleanField(required=False)
    on_cards = serializers.BooleanField(required=False)
    in_lists = serializers.BooleanField(required=False)
    types = serializers.ListField(child=IdField(), required=False, max_length=100)
    options = serializers.ListField(
        child=serializers.CharField(max_length=NAME), required=False, max_length=MOST_OPTIONS
    )

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "name": "Customer",
            "kind": "select",
            "options": ["Harbour Freight", "Globex"],
        }


class OptionsFields(Fields):
    """What a field shall offer besides."""

    options = serializers.ListField(child=serializers.CharField(max_length=NAME), min_length=1, max_length=MOST_OPTIONS)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"options": ["Initech"]}


class OptionEditFields(Fields):
    """Another name for an option, or some places up (below 0) or down for it."""

    name = serializers.CharField(required=False, max_length=NAME)
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
    help_text = serializers.CharField(read_only=True)  # type: ignore[assignment]  # not DRF's attribute
    is_required = serializers.BooleanField(read_only=True)
    on_cards = serializers.BooleanField(read_only=True)
    in_lists = serializers.BooleanField(read_only=True)
    types = serializers.ListField(source="type_ids", child=serializers.IntegerField(), read_only=True)
    options = OptionSerializer(source="choices", many=True, read_only=True)
    retired_options = OptionSerializer(source="retired_choices", many=True, read_only=True)

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
            "retired_options": [{"id": 52, "name": "Initech"}],
        }
