"""An issue in JSON, and what may be written of it."""

from typing import Any

from rest_framework import serializers

from apps.core.api import Fields, IdField, PageQuery
from apps.issues.api.serializers.fields import (
    AnyOfField,
    CustomValuesField,
    IdOrWordField,
    MinutesField,
    PointsField,
    PriorityField,
    ids,
)
from apps.issues.api.serializers.files import FileSerializer
from apps.issues.api.serializers.relations import LinkSerializer, RelatedSerializer
from apps.issues.api.serializers.talk import CommentSerializer
from apps.issues.selectors import field_id_of
from apps.orgs.api.serializers import PersonSerializer
from apps.projects.api.serializers import NamedSerializer, StatusSerializer
from apps.projects.selectors import CATEGORIES

# What a script orders a project's issues by, and how the selector calls it.
ORDERINGS = {
    "number": "key",
    "-number": "-key",
    "rank": "rank",
    "status": "status",
    "-status": "-status",
    "priority": "priority",
    "-priority": "-priority",
    "points": "points",
    "-points": "-points",
    "updated_at": "updated",
    "-updated_at": "-updated",
}
# The same for issues of all projects: numbers, statuses and ranks are of one.
ORDERINGS_ACROSS = {"updated_at": "updated", "-updated_at": "-updated"}
# What `expand` adds to an issue.
EXPANDS = ("comments", "links", "attachments", "watchers")

_EXAMPLE: dict[str, Any] = {
    "id": 4711,
    "key": "FLOW-12",
    "number": 12,
    "project": "FLOW",
    "title": "Wheel squeaks on gravel",
    "description": "Only the left one.",
    "type": {"id": 3, "name": "Bug"},
    "status": {"id": 8, "name": "In progress", "category": "in_progress"},
    "priority": "high",
    "reporter": {"id": 1, "name": "Ada Okafor"},
    "assignee": {"id": 2, "name": "Mateo Silva"},
    "parent": {"id": 4700, "key": "FLOW-1", "title": "Rover"},
    "sprint": {"id": 5, "name": "Sprint 3"},
    "labels": [{"id": 6, "name": "wheels"}],
    "fix_versions": [{"id": 9, "name": "2.1"}],
    "custom_fields": {"field_12": 31},
    "points": 3.0,
    "start_date": None,
    "due_date": "2026-12-24",
    "time_estimate": 240,
    "time_spent": 30,
    "time_remaining": 210,
    "comment_count": 1,
    "rank": "a1",
    "version": 7,
    "created_at": "2026-11-02T09:30:00Z",
    "updated_at": "2026-11-20T16:05:12Z",
    "status_changed_at": "2026-11-20T16:05:12Z",
    "resolved_at": None,
    "archived_at": None,
}


class IssueFields(Fields):
    """What can be set of an issue at any time. Lengths and rights are the services' to judge."""

    description = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    type = IdField(required=False)
    priority = PriorityField(required=False)
    assignee = IdField(required=False, allow_null=True)
    parent = IdField(required=False, allow_null=True)  # type: ignore[assignment]  # not DRF's attribute
    points = PointsField(required=False, allow_null=True)
    start_date = serializers.DateField(required=False, allow_null=True)
    due_date = serializers.DateField(required=False, allow_null=True)
    labels = ids(required=False)
    fix_versions = ids(required=False)
    # Of the project's own fields, by their keys (`field_12`).
    custom_fields = CustomValuesField(required=False)


class NewIssueFields(IssueFields):
    """What can be set when an issue is created."""

    title = serializers.CharField(trim_whitespace=False)
    status = IdField(required=False)
    # Later it is changed by `sprints/plan/`.
    sprint = IdField(required=False, allow_null=True)

    class Meta:
        example = {"title": "Wheel squeaks on gravel", "type": 3, "priority": "high", "labels": [6]}


class VersionField(serializers.IntegerField):
    """The version of the issue that a change began from."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=2**31 - 1, **options)


class IssueEditFields(IssueFields):
    """What can be edited, each field on its own. A status is changed by a move."""

    title = serializers.CharField(required=False, trim_whitespace=False)
    # In minutes, where the project tracks time.
    time_estimate = MinutesField(required=False, allow_null=True)
    time_remaining = MinutesField(required=False, allow_null=True)
    version = VersionField(required=False)

    class Meta:
        example = {"assignee": 2, "due_date": "2026-12-24", "version": 7}


class MoveFields(Fields):
    """Where an issue goes: to a status, and there before or after another issue (by id)."""

    status = IdField(required=False)
    before = IdField(required=False, allow_null=True)
    after = IdField(required=False, allow_null=True)
    version = VersionField(required=False)

    class Meta:
        example = {"status": 8, "after": 4700, "version": 7}


class IssueTransitionFields(Fields):
    """The status that an issue gets."""

    status = IdField()
    version = VersionField(required=False)

    class Meta:
        example = {"status": 8}


class IssueTransitionSerializer(serializers.Serializer[Any]):
    """A status that an issue could have next; `refused` says why not, and is empty where it may."""

    status = StatusSerializer(read_only=True)
    is_current = serializers.BooleanField(read_only=True)
    is_allowed = serializers.BooleanField(read_only=True)
    refused = serializers.CharField(read_only=True)

    class Meta:
        example = {
            "status": {"id": 8, "name": "In progress", "category": "in_progress"},
            "is_current": False,
            "is_allowed": True,
            "refused": "",
        }


class ChildrenFields(Fields):
    """The issues to create inside of another one: a title for each, and of which type all are."""

    titles = serializers.ListField(child=serializers.CharField(trim_whitespace=False), min_length=1, max_length=100)
    type = IdField(required=False)

    class Meta:
        example = {"titles": ["Oil the axle", "Try it on gravel"]}


class IssueFilterFields(Fields):
    """What a list of issues is narrowed to, by ids where things have one. `field_12=31` asks for what an issue has in a
    field of the project's own: an option or a person by id, or 1 for a tick."""

    q = serializers.CharField(required=False, max_length=200, help_text="Words in the title, or a key.")
    type = AnyOfField(IdField(), required=False, help_text="Ids of types, divided by commas: any of them.")
    status = AnyOfField(IdField(), required=False, help_text="Ids of statuses, divided by commas: any of them.")
    category = AnyOfField(
        serializers.ChoiceField(choices=CATEGORIES),
        required=False,
        help_text="What the status means; several, divided by commas: any of them.",
    )
    priority = AnyOfField(PriorityField(), required=False, help_text="Names, divided by commas: any of them.")
    assignee = IdOrWordField("me", "none", required=False, help_text="A person's id, `me` or `none`.")
    reporter = IdOrWordField("me", required=False, help_text="A person's id, or `me`.")
    label = IdField(required=False, help_text="The id of a label.")  # type: ignore[assignment]  # not DRF's
    version = IdField(required=False, help_text="The id of a version.")
    sprint = IdOrWordField("none", required=False, help_text="The id of a sprint, or `none`.")
    parent = IdOrWordField(  # type: ignore[assignment]  # not DRF's attribute
        "none", required=False, help_text="The id of an epic or issue, or `none`."
    )
    created_since = serializers.DateTimeField(required=False, help_text="Made at this moment or later.")
    created_until = serializers.DateTimeField(required=False, help_text="Made before this moment.")
    updated_since = serializers.DateTimeField(required=False, help_text="Changed at this moment or later.")
    updated_until = serializers.DateTimeField(required=False, help_text="Not changed since this moment.")
    starred = serializers.BooleanField(required=False, help_text="Those among one's favourites, or all others.")
    watched = serializers.BooleanField(required=False, help_text="Those that one watches, or all others.")

    def to_internal_value(self, data: Any) -> Any:
        """The project's own fields are not named before they are asked for."""
        own = {name: value for name, value in data.items() if field_id_of(name) is not None}
        values = super().to_internal_value({name: value for name, value in data.items() if name not in own})
        errors, held = {}, []
        for name, value in sorted(own.items()):
            try:
                held.append((field_id_of(name), IdField().run_validation(value)))
            except serializers.ValidationError as error:
                errors[name] = error.detail
        if errors:
            raise serializers.ValidationError(errors)
        values["held"] = tuple(held)
        return values


class IssueListFields(PageQuery, IssueFilterFields):
    """What every list of issues is asked with."""

    archived = serializers.ChoiceField(
        choices=["exclude", "include", "only"], default="exclude", help_text="Whether those in the archive are listed."
    )


class IssueQuery(IssueListFields):
    """How the list of a project's issues is narrowed and ordered."""

    ordering = serializers.ChoiceField(
        choices=list(ORDERINGS), default="number", help_text="With a minus, the other way round."
    )


class IssueAcrossQuery(IssueListFields):
    """How the list of the organization's issues is narrowed and ordered."""

    ordering = serializers.ChoiceField(
        choices=list(ORDERINGS_ACROSS), default="-updated_at", help_text="With a minus, the other way round."
    )


class ChildrenQuery(PageQuery):
    """Which of the children are listed: all of them, those in the archive too."""


class IssueSerializer(serializers.Serializer[Any]):
    """An issue (see `apps.issues.records.IssueRecord`). The last four are there when `expand` asks for them."""

    id = serializers.IntegerField(read_only=True)
    key = serializers.CharField(read_only=True)
    number = serializers.IntegerField(read_only=True)
    project = serializers.CharField(read_only=True)
    title = serializers.CharField(read_only=True)
    description = serializers.CharField(read_only=True)
    type = NamedSerializer(read_only=True)
    status = StatusSerializer(read_only=True)
    priority = serializers.CharField(read_only=True)
    reporter = PersonSerializer(read_only=True, allow_null=True)
    assignee = PersonSerializer(read_only=True, allow_null=True)
    parent = RelatedSerializer(read_only=True, allow_null=True)
    sprint = NamedSerializer(read_only=True, allow_null=True)
    labels = NamedSerializer(many=True, read_only=True)
    fix_versions = NamedSerializer(many=True, read_only=True)
    custom_fields = serializers.DictField(read_only=True)
    points = serializers.FloatField(read_only=True, allow_null=True)
    start_date = serializers.DateField(read_only=True, allow_null=True)
    due_date = serializers.DateField(read_only=True, allow_null=True)
    time_estimate = serializers.IntegerField(read_only=True, allow_null=True)
    time_spent = serializers.IntegerField(read_only=True, allow_null=True)
    time_remaining = serializers.IntegerField(read_only=True, allow_null=True)
    comment_count = serializers.IntegerField(read_only=True)
    rank = serializers.CharField(read_only=True)
    version = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)
    status_changed_at = serializers.DateTimeField(read_only=True)
    resolved_at = serializers.DateTimeField(read_only=True, allow_null=True)
    archived_at = serializers.DateTimeField(read_only=True, allow_null=True)
    # Not read-only, which would mean that they are always there.
    comments = CommentSerializer(many=True, required=False)
    links = LinkSerializer(many=True, required=False)
    attachments = FileSerializer(many=True, required=False)
    watchers = PersonSerializer(many=True, required=False)

    class Meta:
        example = _EXAMPLE


# How what `expand` adds to an issue is written.
EXPANDED: dict[str, Any] = {name: type(IssueSerializer().fields[name].child) for name in EXPANDS}  # type: ignore[attr-defined]  # each is a list
