"""What several parts of the configuration have."""

from typing import Any, ClassVar

from rest_framework import serializers

from apps.core.api import Fields, IdField
from apps.projects.services import HUES

NAME = 200


class HueField(serializers.ChoiceField):
    """A colour: an angle on the colour wheel."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=list(HUES), **options)


class PartsQuery(Fields):
    """Which parts of the configuration."""

    retired = serializers.BooleanField(
        default=False, help_text="Those that were taken away and can be brought back, instead of those in use."
    )


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
