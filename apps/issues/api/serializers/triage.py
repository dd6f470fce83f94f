"""What waits in Triage, the decisions about it, and epics with how far they are, in JSON."""

from typing import Any

from rest_framework import serializers

from apps.core.api import Fields, IdField, PageQuery
from apps.issues.api.serializers.fields import PriorityField
from apps.issues.selectors import EPICS_SHOWN
from apps.orgs.api.serializers import PersonSerializer
from apps.projects.api.serializers import NamedSerializer, StatusSerializer


class WaitingSerializer(serializers.Serializer[Any]):
    """An issue that waits for a decision; a day in `snoozed_until` says when it comes back by itself."""

    id = serializers.IntegerField(read_only=True)
    key = serializers.CharField(read_only=True)
    title = serializers.CharField(read_only=True)
    type = NamedSerializer(read_only=True)
    priority = serializers.CharField(read_only=True)
    reporter = PersonSerializer(read_only=True, allow_null=True)
    comment_count = serializers.IntegerField(read_only=True)
    since = serializers.DateTimeField(read_only=True)
    snoozed_until = serializers.DateField(read_only=True, allow_null=True)

    class Meta:
        example = {
            "id": 4711,
            "key": "FLOW-12",
            "title": "Wheel squeaks on gravel",
            "type": {"id": 3, "name": "Bug"},
            "priority": "none",
            "reporter": {"id": 9, "name": "Noor Haddad"},
            "comment_count": 0,
            "since": "2026-11-02T09:30:00Z",
            "snoozed_until": None,
        }


class AcceptFields(Fields):
    """Where an accepted issue begins, and what it gets; without them it is as it was reported."""

    status = IdField(required=False)
    sprint = IdField(required=False, allow_null=True)
    assignee = IdField(required=False, allow_null=True)
    priority = PriorityField(required=False)

    class Meta:
        example = {"status": 8, "assignee": 2, "priority": "high"}


class DeclineFields(Fields):
    """Why not, as a comment."""

    comment = serializers.CharField(trim_whitespace=False)

    class Meta:
        example = {"comment": "That is how gravel sounds."}


class DuplicateFields(Fields):
    """Which issue (by its id) it repeats."""

    of = IdField()

    class Meta:
        example = {"of": 4700}


class SnoozeFields(Fields):
    """Until which day it is put off."""

    until = serializers.DateField()

    class Meta:
        example = {"until": "2026-12-24"}


class EpicQuery(PageQuery):
    """Which epics."""

    show = serializers.ChoiceField(choices=EPICS_SHOWN, default="open", help_text="As the page divides them.")


class EpicSerializer(serializers.Serializer[Any]):
    """An epic, and how far what belongs to it is: issues and points, all of them and what is done."""

    id = serializers.IntegerField(source="issue.pk", read_only=True)
    key = serializers.CharField(read_only=True)
    title = serializers.CharField(source="issue.title", read_only=True)
    status = StatusSerializer(source="issue.status", read_only=True)
    assignee = PersonSerializer(source="issue.assignee", read_only=True, allow_null=True)
    due_date = serializers.DateField(source="issue.due_date", read_only=True, allow_null=True)
    issues = serializers.IntegerField(source="progress.issues", read_only=True)
    issues_done = serializers.IntegerField(source="progress.done", read_only=True)
    points = serializers.FloatField(source="progress.points", read_only=True)
    points_done = serializers.FloatField(source="progress.points_done", read_only=True)

    class Meta:
        example = {
            "id": 4700,
            "key": "FLOW-1",
            "title": "Rover",
            "status": {"id": 8, "name": "In progress", "category": "in_progress"},
            "assignee": None,
            "due_date": "2026-12-24",
            "issues": 12,
            "issues_done": 7,
            "points": 34.0,
            "points_done": 20.0,
        }
