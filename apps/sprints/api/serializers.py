"""Sprints in JSON, and what may be written of them. Lengths, dates and rights are the services' to judge."""

from typing import Any, ClassVar

from rest_framework import serializers

from apps.core.api import Fields, IdField, PageQuery
from apps.issues.api.serializers.fields import PointsField
from apps.sprints.calendars import WHOSE
from apps.sprints.selectors import STATES
from apps.sprints.services import AHEAD, COOLDOWN, WEEKS


class SprintListQuery(PageQuery):
    """Which sprints are read."""

    state = serializers.ChoiceField(choices=STATES, required=False, help_text="Only those that are there.")


class NewSprintFields(Fields):
    """What a sprint begins with."""

    name = serializers.CharField()
    goal = serializers.CharField(required=False, allow_blank=True)
    start_date = serializers.DateField(required=False, allow_null=True)
    end_date = serializers.DateField(required=False, allow_null=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"name": "Sprint 10", "start_date": "2026-12-01", "end_date": "2026-12-14"}


class SprintFields(NewSprintFields):
    """What can be changed of a sprint. It is started, completed, reopened and planned again by its state."""

    name = serializers.CharField(required=False)
    state = serializers.ChoiceField(choices=STATES, required=False)
    carry_to = IdField(
        required=False,
        allow_null=True,
        help_text="Where open work goes when it is completed: the id of another sprint, or nothing for the backlog.",
    )
    carry_to_new = serializers.BooleanField(
        required=False, help_text="Open work goes into a new sprint, planned for it, when this one is completed."
    )

    class Meta:
        example: ClassVar[dict[str, Any]] = {"state": "completed", "carry_to": 62}


class PlanFields(Fields):
    """Which issues, by their ids, go into which sprint; without one they go back to the backlog."""

    issues = serializers.ListField(child=IdField(), min_length=1, max_length=500)
    sprint = IdField(allow_null=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"issues": [120, 121], "sprint": 61}


class SprintSerializer(serializers.Serializer[Any]):
    """A sprint. Its dates are days of its own time zone, which is that of whoever started it."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)
    goal = serializers.CharField(read_only=True)
    state = serializers.CharField(read_only=True)
    start_date = serializers.DateField(read_only=True, allow_null=True)
    end_date = serializers.DateField(read_only=True, allow_null=True)
    time_zone = serializers.CharField(read_only=True)
    carried_to = serializers.IntegerField(source="carried_to_id", read_only=True, allow_null=True)
    created_at = serializers.DateTimeField(read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "id": 61,
            "name": "Sprint 9",
            "goal": "Drive silently.",
            "state": "active",
            "start_date": "2026-11-16",
            "end_date": "2026-11-29",
            "time_zone": "Europe/Berlin",
            "carried_to": None,
            "created_at": "2026-11-02T09:30:00Z",
        }


class PlannedSerializer(serializers.Serializer[Any]):
    """The issues that were planned, with the sprint in which they are now."""

    sprint = serializers.IntegerField(read_only=True, allow_null=True)
    issues = serializers.ListField(child=serializers.IntegerField(), read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"sprint": 61, "issues": [120, 121]}


class AmountSerializer(serializers.Serializer[Any]):
    """So many points, and so many issues."""

    points = serializers.FloatField(read_only=True)
    issues = serializers.IntegerField(read_only=True)


class DaySerializer(serializers.Serializer[Any]):
    """How it stood at the end of a day; nothing of days to come."""

    day = serializers.DateField(read_only=True)
    remaining = AmountSerializer(read_only=True, allow_null=True)
    completed = AmountSerializer(read_only=True, allow_null=True)
    target = serializers.FloatField(read_only=True, allow_null=True)


class ReportSerializer(serializers.Serializer[Any]):
    """The figures of a sprint, from its ledger: what is committed, plus added and re-estimated, minus removed and
    completed, remains. `days` are its burndown."""

    unit = serializers.CharField(read_only=True)
    committed = AmountSerializer(read_only=True)
    added = AmountSerializer(read_only=True)
    removed = AmountSerializer(read_only=True)
    reestimated = AmountSerializer(read_only=True)
    completed = AmountSerializer(read_only=True)
    remaining = AmountSerializer(read_only=True)
    days = DaySerializer(many=True, read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "unit": "points",
            "committed": {"points": 21.0, "issues": 8},
            "added": {"points": 3.0, "issues": 1},
            "removed": {"points": 0.0, "issues": 0},
            "reestimated": {"points": -1.0, "issues": 0},
            "completed": {"points": 13.0, "issues": 5},
            "remaining": {"points": 10.0, "issues": 4},
            "days": [
                {
                    "day": "2026-11-16",
                    "remaining": {"points": 21.0, "issues": 8},
                    "completed": {"points": 0.0, "issues": 0},
                    "target": 21.0,
                }
            ],
        }


class FinishedSprintSerializer(SprintSerializer):
    """A sprint that is over, and what was completed in it."""

    completed = AmountSerializer(read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = SprintSerializer.Meta.example | {
            "state": "completed",
            "completed": {"points": 13.0, "issues": 5},
        }


class VelocitySerializer(serializers.Serializer[Any]):
    """What the last sprints got done, newest first, and on average: in points or, if none are estimated, in issues."""

    unit = serializers.CharField(read_only=True)
    average = serializers.FloatField(read_only=True, allow_null=True)
    sprints = FinishedSprintSerializer(many=True, read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "unit": "points",
            "average": 13.0,
            "sprints": [FinishedSprintSerializer.Meta.example],
        }


class CadenceFields(Fields):
    """How sprints start and end by themselves. Weekdays are numbers, 0 is Monday."""

    is_on = serializers.BooleanField(required=False)
    weeks = serializers.IntegerField(required=False, min_value=WEEKS[0], max_value=WEEKS[-1])
    weekday = serializers.IntegerField(required=False, min_value=0, max_value=6)
    cooldown_weeks = serializers.IntegerField(required=False, min_value=COOLDOWN[0], max_value=COOLDOWN[-1])
    ahead = serializers.IntegerField(required=False, min_value=AHEAD[0], max_value=AHEAD[-1])
    rolls_over = serializers.BooleanField(required=False)
    # Whose days count; without it those of whoever sets another rhythm.
    time_zone = serializers.CharField(required=False, max_length=64)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"is_on": True, "weeks": 2}


class CadenceSerializer(serializers.Serializer[Any]):
    """The rhythm of a project's sprints; without one they wait for somebody (`is_on` is false)."""

    is_on = serializers.BooleanField(read_only=True)
    weeks = serializers.IntegerField(read_only=True)
    weekday = serializers.IntegerField(read_only=True)
    cooldown_weeks = serializers.IntegerField(read_only=True)
    ahead = serializers.IntegerField(read_only=True)
    rolls_over = serializers.BooleanField(read_only=True)
    anchor_date = serializers.DateField(read_only=True, allow_null=True)
    time_zone = serializers.CharField(read_only=True, allow_blank=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "is_on": True,
            "weeks": 2,
            "weekday": 0,
            "cooldown_weeks": 0,
            "ahead": 2,
            "rolls_over": True,
            "anchor_date": "2026-12-07",
            "time_zone": "Europe/Berlin",
        }


class PointsByPerson(serializers.DictField):
    """Points by people's ids; nothing where it is not said."""

    child = PointsField(allow_null=True)
    key_pattern = r"^[1-9][0-9]{0,17}$"

    def to_internal_value(self, data: Any) -> dict[int, Any]:
        """Names in JSON are text."""
        values = super().to_internal_value(data)
        return {IdField().run_validation(person): points for person, points in values.items()}


class CapacityFields(Fields):
    """How many points people take on, by their ids; who is not named stays as they are."""

    points = PointsByPerson()

    class Meta:
        example: ClassVar[dict[str, Any]] = {"points": {"7": 8, "9": None}}


class CapacitySerializer(serializers.Serializer[Any]):
    """How many points people take on in a sprint, by their ids; what they did in the last one, if nothing is said."""

    points = serializers.DictField(child=serializers.FloatField(), read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"points": {"7": 8.0}}


class CalendarLinkSerializer(serializers.Serializer[Any]):
    """An address at which a calendar reads a project's sprints and due dates; its secret is not told again."""

    id = serializers.IntegerField(read_only=True)
    project = serializers.CharField(source="project.key", read_only=True)
    whose = serializers.ChoiceField(choices=WHOSE, read_only=True)
    prefix = serializers.CharField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    last_used_at = serializers.DateTimeField(read_only=True, allow_null=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "id": 4,
            "project": "FLOW",
            "whose": "mine",
            "prefix": "3f9c1a2b",
            "created_at": "2026-11-02T09:30:00Z",
            "last_used_at": None,
        }
