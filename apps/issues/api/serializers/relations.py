"""What an issue is linked to, and who watches it, in JSON."""

from typing import Any

from rest_framework import serializers

from apps.core.api import Fields, IdField
from apps.projects.api.serializers import StatusSerializer

# What one issue is to another as scripts say it: how the services call it, and whether the other one is its source.
KINDS = {
    "blocks": ("blocks", False),
    "is_blocked_by": ("blocks", True),
    "duplicates": ("duplicates", False),
    "is_duplicated_by": ("duplicates", True),
    "relates_to": ("relates", False),
}
_NAMES = {("relates", True): "relates_to"} | {meaning: name for name, meaning in KINDS.items()}


class RelatedSerializer(serializers.Serializer[Any]):
    """Another issue, as far as one that names it tells of it."""

    id = serializers.IntegerField(read_only=True)
    key = serializers.CharField(read_only=True)
    title = serializers.CharField(read_only=True)

    class Meta:
        example = {"id": 4700, "key": "FLOW-1", "title": "Rover"}


class LinkFields(Fields):
    """What an issue is to another one, named by its id."""

    kind = serializers.ChoiceField(choices=list(KINDS))
    issue = IdField()

    class Meta:
        example = {"kind": "blocks", "issue": 4700}


class LinkedSerializer(RelatedSerializer):
    """The other issue of a link."""

    id = serializers.IntegerField(source="issue_id", read_only=True)
    status = StatusSerializer(read_only=True)


class LinkSerializer(serializers.Serializer[Any]):
    """A link, told from the side of the issue that it was asked for."""

    id = serializers.IntegerField(read_only=True)
    kind = serializers.SerializerMethodField()
    issue = LinkedSerializer(source="*", read_only=True)

    class Meta:
        example = {
            "id": 88,
            "kind": "blocks",
            "issue": {
                "id": 4700,
                "key": "FLOW-1",
                "title": "Rover",
                "status": {"id": 8, "name": "In progress", "category": "in_progress"},
            },
        }

    def get_kind(self, link: Any) -> str:
        """What the issue is to the other one."""
        return _NAMES[link.kind, not link.is_source]
