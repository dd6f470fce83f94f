"""Labels."""

from typing import Any, ClassVar

from rest_framework import serializers

from apps.core.api import Fields

from .common import NAME, HueField


class LabelEditFields(Fields):
    """What can be changed of a label."""

    name = serializers.CharField(required=False, max_length=NAME)
    hue = HueField(required=False)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"name": "tyres", "hue": 120}


class NewLabelFields(LabelEditFields):
    """A label to make. Without a colour it gets the next one."""

    name = serializers.CharField(max_length=NAME)


class LabelSerializer(serializers.Serializer[Any]):
    """A word to find issues by."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)
    hue = serializers.IntegerField(read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"id": 31, "name": "wheels", "hue": 120}
