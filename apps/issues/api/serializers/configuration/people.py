"""Who works in a project."""

from typing import Any, ClassVar

from rest_framework import serializers

from apps.core.api import Fields, IdField
from apps.projects.selectors import PROJECT_ROLES

from .common import OptionalHeirFields


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
