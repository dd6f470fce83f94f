"""Many changes at once, and what became of them."""

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from apps.core.api import Fields, IdField
from apps.issues.api.serializers.fields import CustomValuesField, MinutesField, PointsField, PriorityField, ids
from apps.issues.api.serializers.issues import IssueEditFields, MoveFields, NewIssueFields
from apps.issues.api.serializers.relations import LinkFields
from apps.issues.api.serializers.talk import CommentFields
from apps.issues.services import MOST_CHANGES, MOST_ISSUES

_CHANGED: dict[str, Any] = {"id": 4711, "key": "FLOW-12", "version": 8}


class ChangedIssueSerializer(serializers.Serializer[Any]):
    """An issue that was made or changed."""

    id = serializers.IntegerField(read_only=True)
    key = serializers.CharField(read_only=True)
    version = serializers.IntegerField(read_only=True)

    class Meta:
        example = _CHANGED


def changed_issues(issues: Iterable[Any]) -> list[dict[str, Any]]:
    """The same of issues with their project."""
    return [
        {"id": issue.pk, "key": f"{issue.project.key}-{issue.number}", "version": issue.version} for issue in issues
    ]


class ChangedIssuesSerializer(serializers.Serializer[Any]):
    """Issues that were made or changed, in their order."""

    results = ChangedIssueSerializer(many=True, read_only=True)

    class Meta:
        example = {"results": [_CHANGED]}


class BulkValues(Fields):
    """What becomes of all the issues. A field that is not named stays; null is none."""

    status = IdField(required=False)
    assignee = IdField(required=False, allow_null=True)
    sprint = IdField(required=False, allow_null=True)
    parent = IdField(required=False, allow_null=True)  # type: ignore[assignment]  # not DRF's attribute
    priority = PriorityField(required=False)
    points = PointsField(required=False, allow_null=True)
    due_date = serializers.DateField(required=False, allow_null=True)
    time_remaining = MinutesField(required=False, allow_null=True)
    labels_add = ids(required=False)
    labels_remove = ids(required=False)
    versions_add = ids(required=False)
    versions_remove = ids(required=False)
    archived = serializers.BooleanField(required=False)
    deleted = serializers.BooleanField(required=False)
    custom_fields = CustomValuesField(required=False)


class BulkFields(Fields):
    """Issues of a project by their ids, and what becomes of all of them.

    With `after`, or else `before` (the id of another issue), they land there, one below the other in their order; then
    `values` may be empty.
    """

    issues = ids(most=MOST_ISSUES, min_length=1)
    values = BulkValues()
    before = IdField(required=False, allow_null=True)
    after = IdField(required=False, allow_null=True)

    class Meta:
        example = {"issues": [4711, 4712], "values": {"priority": "high", "labels_add": [6]}}


class BulkSerializer(serializers.Serializer[Any]):
    """The issues that changed, and what the edit is called, by which it can be taken back."""

    op = serializers.CharField(read_only=True)
    results = ChangedIssueSerializer(many=True, read_only=True)

    class Meta:
        example = {"op": "8d0f6f3e4a1b4f0c9d1e2a3b4c5d6e7f", "results": [_CHANGED]}


class BulkUndoFields(Fields):
    """Which bulk edit is taken back: what it is called, and one of the issues that it changed."""

    op = serializers.RegexField(r"^[A-Za-z0-9_-]{1,64}$")
    issue = IdField()

    class Meta:
        example = {"op": "8d0f6f3e4a1b4f0c9d1e2a3b4c5d6e7f", "issue": 4711}


class TakenBackSerializer(serializers.Serializer[Any]):
    """The issues that are as they were, and the keys of those of which something was changed since, and left."""

    results = ChangedIssueSerializer(many=True, read_only=True)
    left = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        example = {"results": [_CHANGED], "left": ["FLOW-13"]}


class _ById(serializers.DictField):
    """Ids of one project's things, each with the id of the other's."""

    child = IdField()
    key_pattern = r"^[1-9][0-9]{0,17}$"

    def to_internal_value(self, data: Any) -> dict[int, int]:
        """Names in JSON are text."""
        values = super().to_internal_value(data)
        return {IdField().run_validation(here): there for here, there in values.items()}


class TransferFields(Fields):
    """Issues that move to another project, and what their statuses and types become there, where not the like of it."""

    issues = ids(most=MOST_ISSUES, min_length=1)
    to = serializers.RegexField(r"^[A-Za-z][A-Za-z0-9]{1,9}$")
    statuses = _ById(required=False)
    types = _ById(required=False)

    class Meta:
        example = {"issues": [4711], "to": "ROVER", "statuses": {"8": 41}}


class TransferUndoFields(Fields):
    """One of the issues that were moved."""

    issue = IdField()

    class Meta:
        example = {"issue": 4711}


class CommentChange(CommentFields):
    """A comment within a batch, where quick actions are text."""


# The forms of the changes in a batch.
CHANGES: dict[str, type[Fields] | None] = {
    "create": NewIssueFields,
    "edit": IssueEditFields,
    "move": MoveFields,
    "comment": CommentChange,
    "link": LinkFields,
    "archive": None,
    "restore": None,
    "delete": None,
}


class ChangeFields(Fields):
    """One change of a batch: what is done, to which issue (by its id; none for a new one), with which values.

    The values are those of the operation on one issue: `create_issue`, `edit_issue`, `move_issue`, `add_comment`,
    `add_link`. Quick actions in texts are not done.
    """

    do = serializers.ChoiceField(choices=list(CHANGES))
    issue = IdField(required=False)
    values = serializers.DictField(required=False)

    class Meta:
        example = {"do": "edit", "issue": 4711, "values": {"priority": "high"}}


class BatchFields(Fields):
    """Up to 500 changes of one project, made one after the other: all of them, or none."""

    changes = serializers.ListField(child=ChangeFields(), min_length=1, max_length=MOST_CHANGES)

    class Meta:
        example = {
            "changes": [
                {"do": "create", "values": {"title": "Oil the axle"}},
                {"do": "edit", "issue": 4711, "values": {"priority": "high"}},
                {"do": "comment", "issue": 4711, "values": {"body": "It is the bearing."}},
            ]
        }
