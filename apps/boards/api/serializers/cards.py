"""The cards of boards in JSON, and what becomes of them."""

from collections.abc import Collection, Iterable
from typing import Any, ClassVar

from rest_framework import serializers

from apps.core.api import Fields, IdField, PageQuery
from apps.issues.api.serializers.fields import AnyOfField, ids
from apps.issues.api.serializers.issues import IssueFilterFields
from apps.issues.selectors import GROUPINGS, Lane
from apps.issues.services import MOST_ISSUES
from apps.orgs.api.serializers import PersonSerializer
from apps.projects.api.serializers import NamedSerializer, StatusSerializer
from apps.sprints.services import MOST_AT_ONCE

# What `expand` adds to a card: it changes with time, or with facts of other projects.
EXPANDS = ("blocked_by", "days_in_column", "pace")
# Which part of a board's cards some of it is, as its settings call it.
_PARTS = {"blocked": "blocked_by", "age": "days_in_column"}
LANE = r"^((assignee|epic|parent)-(none|[1-9][0-9]{0,17})|priority-[0-4])$"


class SprintQuery(Fields):
    """Which of several active sprints a board shows."""

    sprint = IdField(
        required=False, help_text="Which of several active sprints the board shows; without it, the first."
    )


class BoardQuery(SprintQuery, IssueFilterFields):  # type: ignore[misc]  # another kind of `sprint`
    """To what a board is narrowed, besides what it shows by itself: all that is named must hold.

    Issues can be filtered by the project's own fields too, as in lists.
    """

    quick = AnyOfField(IdField(), required=False, help_text="Ids of quick filters of the board, divided by commas.")
    lanes = serializers.ChoiceField(
        choices=GROUPINGS, required=False, help_text="The lanes; without it, those that the board has for everybody."
    )


class CardQuery(PageQuery, BoardQuery):  # type: ignore[misc]  # as above
    """Which cards of a column are read."""

    lane = serializers.RegexField(LANE, required=False, help_text="Only this lane, by its key: `assignee-7`.")


class MoveCardsFields(Fields):
    """Cards (by the ids of their issues) that are dropped into a column, one below the other in their order.

    They land below `after`, or else above `before` (ids of other issues), or else at the foot of the column; in a lane
    (by its key, such as `assignee-7`) they get what its issues share.
    """

    issues = ids(most=MOST_ISSUES, min_length=1)
    before = IdField(required=False, allow_null=True)
    after = IdField(required=False, allow_null=True)
    lane = serializers.CharField(required=False, allow_null=True, max_length=40)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"issues": [4711, 4712], "after": 4700}


class NewCardsFields(Fields):
    """Titles of issues that are created at the foot of a column."""

    titles = serializers.ListField(
        child=serializers.CharField(trim_whitespace=False), min_length=1, max_length=MOST_AT_ONCE
    )

    class Meta:
        example: ClassVar[dict[str, Any]] = {"titles": ["Oil the axle", "Weld the frame"]}


class RelatedCardSerializer(serializers.Serializer[Any]):
    """What an issue belongs to."""

    id = serializers.IntegerField(read_only=True)
    title = serializers.CharField(read_only=True)


class PaceSerializer(serializers.Serializer[Any]):
    """That a card is in work for longer than 85 of 100 issues of its project were (`usual`, in days), or even 95."""

    days = serializers.IntegerField(read_only=True)
    usual = serializers.IntegerField(read_only=True)
    is_extreme = serializers.BooleanField(read_only=True)


class CardSerializer(serializers.Serializer[Any]):
    """A card, whatever the board's settings say that its pages show. The last three are there when `expand` asks.

    `lane` is the key of the lane that it is in. `parent` is null also where the caller may not know of it.
    `days_in_column` is null of what is not in work; `pace` of what takes no longer than is usual.
    """

    id = serializers.IntegerField(read_only=True)
    key = serializers.CharField(read_only=True)
    title = serializers.CharField(read_only=True)
    type = NamedSerializer(read_only=True)
    status = StatusSerializer(read_only=True)
    priority = serializers.CharField(read_only=True)
    labels = NamedSerializer(many=True, read_only=True)
    points = serializers.FloatField(read_only=True, allow_null=True)
    assignee = PersonSerializer(read_only=True, allow_null=True)
    parent = RelatedCardSerializer(read_only=True, allow_null=True)
    sprint = serializers.IntegerField(read_only=True, allow_null=True)
    lane = serializers.CharField(read_only=True, allow_null=True)
    due_date = serializers.DateField(read_only=True, allow_null=True)
    comment_count = serializers.IntegerField(read_only=True)
    attachment_count = serializers.IntegerField(read_only=True)
    custom_fields = serializers.DictField(read_only=True)
    rank = serializers.CharField(read_only=True)
    version = serializers.IntegerField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)
    # Not read-only, which would mean that they are always there.
    blocked_by = serializers.ListField(child=serializers.CharField(), required=False)
    days_in_column = serializers.IntegerField(required=False, allow_null=True)
    pace = PaceSerializer(required=False, allow_null=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "id": 4711,
            "key": "FLOW-12",
            "title": "Wheel squeaks on gravel",
            "type": {"id": 3, "name": "Bug"},
            "status": {"id": 8, "name": "In progress", "category": "in_progress"},
            "priority": "high",
            "labels": [{"id": 6, "name": "wheels"}],
            "points": 3.0,
            "assignee": {"id": 2, "name": "Mateo Silva"},
            "parent": {"id": 4700, "title": "Rover"},
            "sprint": 61,
            "lane": "assignee-2",
            "due_date": "2026-12-24",
            "comment_count": 1,
            "attachment_count": 0,
            "custom_fields": {"field_12": 31},
            "rank": "a1",
            "version": 7,
            "updated_at": "2026-11-20T16:05:12Z",
        }


def card_rows(board: Any, cards: Iterable[Any], expanded: Collection[str]) -> list[dict[str, Any]]:
    """The cards of a board, of one project or of several, as they are written."""
    return [
        {
            "id": card.id,
            "key": card.key,
            "title": card.title,
            "type": card.type,
            "status": card.status,
            "priority": card.priority,
            "labels": card.labels,
            "points": card.points,
            "assignee": card.assignee,
            "parent": {"id": card.parent_id, "title": card.parent_title} if card.parent_title else None,
            "sprint": card.sprint_id,
            "lane": Lane(board.grouping, card.lane).key if board.has_lanes else None,
            "due_date": card.due_date,
            "comment_count": card.comment_count,
            "attachment_count": card.file_count,
            "custom_fields": {each.field.key: each.value for each in card.field_values},
            "rank": card.rank,
            "version": card.version,
            "updated_at": card.updated_at,
        }
        | ({"blocked_by": card.blocked_by} if "blocked_by" in expanded else {})
        | ({"days_in_column": card.days_in_status} if "days_in_column" in expanded else {})
        | ({"pace": board.pace(card)} if "pace" in expanded else {})
        for card in cards
    ]


def left_out(expanded: Collection[str]) -> frozenset[str]:
    """Which parts of cards are not read for a script, since it did not ask for them."""
    return frozenset(part for part, name in _PARTS.items() if name not in expanded)


class FiguresSerializer(serializers.Serializer[Any]):
    """How many issues match, and their points, shown or not."""

    issues = serializers.IntegerField(source="total", read_only=True)
    points = serializers.FloatField(read_only=True)


class ColumnFiguresSerializer(FiguresSerializer):
    """The figures of a column. `older` were done too long ago for the board; `inside` is what its limit counts."""

    id = serializers.IntegerField(read_only=True)
    older = serializers.IntegerField(read_only=True)
    inside = serializers.FloatField(read_only=True)


class LaneFiguresSerializer(FiguresSerializer):
    """The figures of a lane, by its key; `wip_limit` is what its issues, or its person, have in work at most."""

    key = serializers.CharField(read_only=True)
    name = serializers.CharField(read_only=True)
    wip_limit = serializers.IntegerField(read_only=True, allow_null=True)
    inside = serializers.FloatField(read_only=True)


class ReachedSerializer(serializers.Serializer[Any]):
    """Somebody, or something that the board shows no lane of, that is at a limit or beyond it."""

    key = serializers.CharField(source="lane.key", read_only=True)
    name = serializers.CharField(read_only=True)
    wip_limit = serializers.IntegerField(read_only=True)
    inside = serializers.FloatField(read_only=True)


class TotalsSerializer(serializers.Serializer[Any]):
    """True figures of a board's columns and lanes, and how many issues no column shows (`off_board`)."""

    columns = ColumnFiguresSerializer(many=True, read_only=True)
    lanes = LaneFiguresSerializer(many=True, read_only=True)
    reached = ReachedSerializer(many=True, read_only=True)
    off_board = serializers.IntegerField(source="unmapped", read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "columns": [{"issues": 12, "points": 30.0, "id": 91, "older": 0, "inside": 12.0}],
            "lanes": [
                {
                    "issues": 4,
                    "points": 8.0,
                    "key": "assignee-7",
                    "name": "Ada Okafor",
                    "wip_limit": 3,
                    "inside": 2.0,
                }
            ],
            "reached": [],
            "off_board": 0,
        }
