"""Templates and schedules in JSON, and what may be written of them. Lengths, days and rights are the services' to
judge."""

from typing import Any, ClassVar

from rest_framework import serializers

from apps.core.api import Fields, IdField
from apps.issues.api.serializers.fields import PointsField, PriorityField, ids
from apps.recurring.selectors import ASSIGNS, FREQUENCIES
from apps.recurring.services import MOST_SUBTASKS

_NAME = 200


class _Number(serializers.IntegerField):
    """A small number; how small is for the services to say."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": 0, "max_value": 2**31 - 1} | options)


class TemplateFields(Fields):
    """What issues made from a template begin with. `shift` moves it some places up (below 0) or down."""

    name = serializers.CharField(required=False, max_length=_NAME)
    type = IdField(required=False)
    is_default = serializers.BooleanField(required=False)
    title = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    description = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    priority = PriorityField(required=False)
    points = PointsField(required=False, allow_null=True)
    assigns = serializers.ChoiceField(choices=ASSIGNS, required=False)
    # Who, where it assigns a person.
    assignee = IdField(required=False, allow_null=True)
    labels = ids(required=False)
    subtasks = serializers.ListField(
        child=serializers.CharField(trim_whitespace=False), required=False, max_length=MOST_SUBTASKS
    )

    class Meta:
        example: ClassVar[dict[str, Any]] = {"title": "Report of {date}", "subtasks": ["Write", "Send"]}


class TemplateEditFields(TemplateFields):
    """What can be changed of a template. `shift` moves it some places up (below 0) or down."""

    shift = serializers.IntegerField(required=False, min_value=-100, max_value=100)


class NewTemplateFields(TemplateFields):
    """A template to make, behind those that are there."""

    name = serializers.CharField(max_length=_NAME)
    type = IdField()

    class Meta:
        example: ClassVar[dict[str, Any]] = {"name": "Report", "type": 21, "title": "Report of {date}"}


class TemplateSerializer(serializers.Serializer[Any]):
    """What an issue of a certain kind begins with. Title and text may hold placeholders, such as `{date}`."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)
    type = serializers.IntegerField(source="type_id", read_only=True)
    is_default = serializers.BooleanField(read_only=True)
    title = serializers.CharField(read_only=True)
    description = serializers.CharField(read_only=True)
    priority = PriorityField(read_only=True)
    points = serializers.FloatField(read_only=True, allow_null=True)
    assigns = serializers.CharField(read_only=True)
    assignee = serializers.IntegerField(source="assignee_id", read_only=True, allow_null=True)
    labels = serializers.SerializerMethodField()
    subtasks = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "id": 15,
            "name": "Report",
            "type": 21,
            "is_default": False,
            "title": "Report of {date}",
            "description": "",
            "priority": "none",
            "points": None,
            "assigns": "creator",
            "assignee": None,
            "labels": [31],
            "subtasks": ["Write", "Send"],
        }

    def get_labels(self, template: Any) -> list[int]:
        """The ids of the labels."""
        return sorted(label.pk for label in template.labels.all())


class FromTemplateFields(Fields):
    """The template by its id, and what shall be otherwise than it says. Sub-tasks are created with the issue."""

    template = IdField()
    title = serializers.CharField(required=False, trim_whitespace=False)
    description = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    assignee = IdField(required=False, allow_null=True)
    due_date = serializers.DateField(required=False, allow_null=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"template": 15, "due_date": "2026-12-24"}


class TimingFields(Fields):
    """When issues are made, and where they go. It ends with `end_date`, or after so many (`most`)."""

    frequency = serializers.ChoiceField(choices=FREQUENCIES, required=False)
    interval = _Number(required=False)
    weekdays = serializers.ListField(child=_Number(max_value=6), required=False, max_length=7)
    month_day = _Number(required=False, allow_null=True)
    nth = _Number(required=False, allow_null=True, min_value=-1)
    start_date = serializers.DateField(required=False)
    end_date = serializers.DateField(required=False, allow_null=True)
    most = _Number(required=False, allow_null=True)
    at = serializers.TimeField(required=False)
    # Whose clock `at` is of; without it the schedule's own, or that of whoever makes one.
    time_zone = serializers.CharField(required=False, max_length=64)
    due_days = _Number(required=False, allow_null=True)
    joins_sprint = serializers.BooleanField(required=False)
    status = IdField(required=False, allow_null=True)


class ScheduleEditFields(TimingFields):
    """What can be changed of a schedule; whether it is paused is of it too."""

    paused = serializers.BooleanField(required=False)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"paused": True}


class NewScheduleFields(TimingFields):
    """When issues shall be made, from a template (by its id), or from an issue (by its id) that is kept as one of this
    `name`. Weekdays are numbers, 0 is Monday; `nth` is which of them in a month, -1 the last."""

    template = IdField(required=False)
    issue = IdField(required=False)
    name = serializers.CharField(required=False, max_length=_NAME)
    frequency = serializers.ChoiceField(choices=FREQUENCIES)
    interval = _Number(default=1)
    start_date = serializers.DateField()
    at = serializers.TimeField()

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "template": 15,
            "frequency": "weekly",
            "weekdays": [0],
            "start_date": "2026-12-07",
            "at": "09:00",
        }


class SlotSerializer(serializers.Serializer[Any]):
    """A day that comes, and the moment on it."""

    day = serializers.DateField(read_only=True)
    at = serializers.DateTimeField(read_only=True)


class ScheduleSerializer(serializers.Serializer[Any]):
    """When issues are made by themselves, in whose name, how many were, and what comes next. `at` is of its zone.

    `problem` says what refused the slot that is due; `stop`, why it was paused by nobody.
    """

    id = serializers.IntegerField(source="schedule.pk", read_only=True)
    template = serializers.IntegerField(source="schedule.template_id", read_only=True)
    owner = serializers.IntegerField(source="schedule.owner_id", read_only=True)
    frequency = serializers.CharField(source="schedule.frequency", read_only=True)
    interval = serializers.IntegerField(source="schedule.interval", read_only=True)
    weekdays = serializers.ListField(source="schedule.weekdays", child=serializers.IntegerField(), read_only=True)
    month_day = serializers.IntegerField(source="schedule.month_day", read_only=True, allow_null=True)
    nth = serializers.IntegerField(source="schedule.nth", read_only=True, allow_null=True)
    start_date = serializers.DateField(source="schedule.start_date", read_only=True)
    end_date = serializers.DateField(source="schedule.end_date", read_only=True, allow_null=True)
    most = serializers.IntegerField(source="schedule.most", read_only=True, allow_null=True)
    at = serializers.TimeField(source="schedule.at", read_only=True)
    time_zone = serializers.CharField(source="schedule.time_zone", read_only=True)
    due_days = serializers.IntegerField(source="schedule.due_days", read_only=True, allow_null=True)
    joins_sprint = serializers.BooleanField(source="schedule.joins_sprint", read_only=True)
    status = serializers.IntegerField(source="schedule.status_id", read_only=True, allow_null=True)
    paused_at = serializers.DateTimeField(source="schedule.paused_at", read_only=True, allow_null=True)
    stop = serializers.CharField(source="schedule.stop", read_only=True)
    problem = serializers.CharField(source="schedule.problem", read_only=True)
    made = serializers.IntegerField(read_only=True)
    coming = SlotSerializer(many=True, read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "id": 16,
            "template": 15,
            "owner": 7,
            "frequency": "weekly",
            "interval": 1,
            "weekdays": [0],
            "month_day": None,
            "nth": None,
            "start_date": "2026-12-07",
            "end_date": None,
            "most": None,
            "at": "09:00:00",
            "time_zone": "Europe/Berlin",
            "due_days": None,
            "joins_sprint": False,
            "status": None,
            "paused_at": None,
            "stop": "",
            "problem": "",
            "made": 3,
            "coming": [{"day": "2026-12-28", "at": "2026-12-28T08:00:00Z"}],
        }
