"""A project's boards in JSON, and what may be written of them."""

from typing import Any, ClassVar

from rest_framework import serializers

from apps.boards.selectors import CARD_FIELDS, LANE_LIMITS, LIMIT_POLICIES, LIMIT_UNITS
from apps.core.api import Fields, IdField
from apps.issues.api.serializers.fields import PriorityField, ids
from apps.issues.selectors import GROUPINGS
from apps.projects.services import MOST_STATUSES

_NAME = 200
MOST_DAYS = 999
_SHOWS = [name for name, _words in CARD_FIELDS]


class ShowsField(serializers.ListField):
    """What cards show besides their titles."""

    def __init__(self, **options: Any) -> None:
        super().__init__(child=serializers.ChoiceField(choices=_SHOWS), max_length=len(_SHOWS), **options)


class WipFields(Fields):
    """How much there may be at once (null: as much as there is), in issues or points, and what happens beyond it."""

    wip_limit = serializers.IntegerField(min_value=1, max_value=999, required=False, allow_null=True)
    wip_unit = serializers.ChoiceField(choices=LIMIT_UNITS, required=False)
    wip_policy = serializers.ChoiceField(choices=LIMIT_POLICIES, required=False)


class NewBoardFields(Fields):
    """A board to make. It begins with the columns of the default one."""

    name = serializers.CharField(max_length=_NAME)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"name": "Testing"}


class CardsOfBoardFields(Fields):
    """What can be changed of boards of all kinds: `shows` is all that its cards show.

    What is done stays for `done_days` (null: for ever). Where `marks_slow`, cards are marked that take longer than is
    usual.
    """

    name = serializers.CharField(required=False, max_length=_NAME)
    shows = ShowsField(required=False)
    done_days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, required=False, allow_null=True)
    marks_slow = serializers.BooleanField(required=False)


class BoardEditFields(CardsOfBoardFields):
    """What can be changed of a board as a whole.

    `shows` is all that its cards show. What is done stays for `done_days` (null: for ever). Where `marks_slow`, cards
    are marked that take longer than is usual. `grouping` are the lanes of whoever chose none for themselves.
    """

    grouping = serializers.ChoiceField(choices=GROUPINGS, required=False)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"name": "Testing", "shows": ["key", "assignee"], "done_days": 14}


class NewColumnFields(WipFields):
    """A column to add. Where another one showed a status that it shows, it does not any more."""

    name = serializers.CharField(max_length=_NAME)
    statuses = ids(most=MOST_STATUSES, min_length=1)
    position = serializers.IntegerField(
        min_value=0, max_value=100, required=False, help_text="At which place, counted from 0; without it, at the end."
    )

    class Meta:
        example: ClassVar[dict[str, Any]] = {"name": "Testing", "statuses": [14], "wip_limit": 3, "wip_policy": "block"}


class ColumnEditFields(WipFields):
    """What can be changed of a column. `shift` moves it some places to the left (below 0) or to the right."""

    name = serializers.CharField(required=False, max_length=_NAME)
    shift = serializers.IntegerField(required=False, min_value=-100, max_value=100)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"wip_limit": 5, "shift": -1}


class StatusPlaceFields(Fields):
    """A status (by its id), and the column of the board that shows it, or none."""

    status = IdField()
    column = IdField(allow_null=True)


class PlacesFields(Fields):
    """Which columns show which statuses. Statuses that are not named stay where they are."""

    places = serializers.ListField(child=StatusPlaceFields(), min_length=1, max_length=MOST_STATUSES)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"places": [{"status": 14, "column": 93}, {"status": 15, "column": None}]}


class LaneLimitFields(Fields):
    """How much each person, epic or parent has in work at once, or all issues of one priority, which is named then."""

    by = serializers.ChoiceField(choices=LANE_LIMITS)
    priority = PriorityField(required=False, allow_null=True)
    wip_limit = serializers.IntegerField(min_value=1, max_value=999)
    wip_unit = serializers.ChoiceField(choices=LIMIT_UNITS, default="issues")
    wip_policy = serializers.ChoiceField(choices=LIMIT_POLICIES, default="warn")

    class Meta:
        example: ClassVar[dict[str, Any]] = {"by": "assignee", "wip_limit": 3, "wip_policy": "block"}


class AskedFields(Fields):
    """What a quick filter is called, and what it asks of issues of any board: all that is set must hold."""

    name = serializers.CharField(max_length=_NAME)
    is_mine = serializers.BooleanField(default=False)
    is_unassigned = serializers.BooleanField(default=False)
    least_priority = PriorityField(required=False, allow_null=True)


class NewQuickFilterFields(AskedFields):
    """A quick filter to add: what it asks of an issue, of which all that is set must hold.

    `is_mine` is whoever's who presses it. Types and labels go by their ids.
    """

    type = IdField(required=False, allow_null=True)
    label = IdField(required=False, allow_null=True)  # type: ignore[assignment]  # not DRF's attribute

    class Meta:
        example: ClassVar[dict[str, Any]] = {"name": "Urgent bugs", "type": 21, "least_priority": "high"}


class ColumnSerializer(serializers.Serializer[Any]):
    """A column: the statuses that it shows, the one for newcomers first, and how much it takes."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)
    category = serializers.CharField(read_only=True)
    statuses = serializers.ListField(source="status_ids", child=serializers.IntegerField(), read_only=True)
    wip_limit = serializers.IntegerField(read_only=True, allow_null=True)
    wip_unit = serializers.CharField(read_only=True)
    wip_policy = serializers.CharField(read_only=True)


class LaneLimitSerializer(serializers.Serializer[Any]):
    """A limit of what each person, or each lane of a kind, has in work."""

    id = serializers.IntegerField(read_only=True)
    by = serializers.CharField(read_only=True)
    priority = PriorityField(read_only=True, allow_null=True)
    wip_limit = serializers.IntegerField(source="at", read_only=True)
    wip_unit = serializers.CharField(source="unit", read_only=True)
    wip_policy = serializers.CharField(source="policy", read_only=True)


class AskingSerializer(serializers.Serializer[Any]):
    """A quick filter of a board of any kind."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)
    is_mine = serializers.BooleanField(read_only=True)
    is_unassigned = serializers.BooleanField(read_only=True)
    least_priority = PriorityField(read_only=True, allow_null=True)


class QuickFilterSerializer(AskingSerializer):
    """A quick filter; issues that meet it meet all that is set."""

    type = serializers.IntegerField(source="type_id", read_only=True, allow_null=True)
    label = serializers.IntegerField(  # type: ignore[assignment]  # not DRF's attribute
        source="label_id", read_only=True, allow_null=True
    )


class BoardSprintSerializer(serializers.Serializer[Any]):
    """A sprint that the board can show: one at a time, the first unless `sprint` says otherwise."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)
    goal = serializers.CharField(read_only=True)
    end_date = serializers.DateField(read_only=True, allow_null=True)


_EXAMPLE: dict[str, Any] = {
    "id": 31,
    "name": "Board",
    "is_default": True,
    "shows": ["key", "type", "assignee"],
    "done_days": 14,
    "marks_slow": False,
    "grouping": "none",
}


class BoardSerializer(serializers.Serializer[Any]):
    """A board, as its settings are. A project opens with the default one, which stays."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)
    is_default = serializers.BooleanField(read_only=True)
    shows = ShowsField(read_only=True)
    done_days = serializers.IntegerField(read_only=True, allow_null=True)
    marks_slow = serializers.BooleanField(read_only=True)
    grouping = serializers.CharField(source="usual_grouping", read_only=True)

    class Meta:
        example = _EXAMPLE


class BoardDetailSerializer(BoardSerializer):
    """A board with its columns, limits and quick filters, and the active sprints of which it shows one."""

    columns = ColumnSerializer(many=True, read_only=True)
    lane_limits = LaneLimitSerializer(many=True, read_only=True)
    quick_filters = QuickFilterSerializer(many=True, read_only=True)
    sprints = BoardSprintSerializer(many=True, read_only=True)

    class Meta:
        example = _EXAMPLE | {
            "columns": [
                {
                    "id": 91,
                    "name": "To do",
                    "category": "todo",
                    "statuses": [11],
                    "wip_limit": None,
                    "wip_unit": "issues",
                    "wip_policy": "warn",
                }
            ],
            "lane_limits": [
                {
                    "id": 51,
                    "by": "assignee",
                    "priority": None,
                    "wip_limit": 3,
                    "wip_unit": "issues",
                    "wip_policy": "block",
                }
            ],
            "quick_filters": [
                {
                    "id": 41,
                    "name": "Urgent bugs",
                    "is_mine": False,
                    "is_unassigned": False,
                    "least_priority": "high",
                    "type": 21,
                    "label": None,
                }
            ],
            "sprints": [{"id": 61, "name": "Sprint 9", "goal": "Drive silently.", "end_date": "2026-11-29"}],
        }


class DeletedBoardSerializer(serializers.Serializer[Any]):
    """A board that can be brought back."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)
    deleted_at = serializers.DateTimeField(read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"id": 32, "name": "Testing", "deleted_at": "2026-11-20T16:05:12Z"}
