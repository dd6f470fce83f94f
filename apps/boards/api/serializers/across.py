"""Boards over several projects in JSON, and what may be written of them. Projects go by their keys."""

from typing import Any, ClassVar

from rest_framework import serializers

from apps.boards.api.serializers.boards import AskedFields, AskingSerializer, CardsOfBoardFields, ShowsField
from apps.boards.api.serializers.cards import FiguresSerializer, ReachedSerializer
from apps.boards.selectors.across import COLUMNS_BY, LANES
from apps.core.api import Fields, IdField, PageQuery
from apps.issues.api.serializers.fields import AnyOfField, IdOrWordField, ids
from apps.issues.api.serializers.many import BulkValues
from apps.issues.services import MOST_ISSUES
from apps.sprints.services import MOST_AT_ONCE

_NAME = 200
_KEY = r"^[A-Za-z][A-Za-z0-9]{1,9}$"
LANE = r"^((assignee|epic|project)-(none|[1-9][0-9]{0,17})|priority-[0-4])$"


class KeysField(serializers.ListField):
    """Keys of projects."""

    def __init__(self, **options: Any) -> None:
        super().__init__(child=serializers.RegexField(_KEY), min_length=1, max_length=100, **options)


class NewAcrossFields(Fields):
    """A board over projects to make, and what its columns stand for: the projects' statuses, or their categories."""

    name = serializers.CharField(max_length=_NAME)
    projects = KeysField()
    by = serializers.ChoiceField(choices=COLUMNS_BY, default="status")

    class Meta:
        example: ClassVar[dict[str, Any]] = {"name": "Everything", "projects": ["FLOW", "ROVER"]}


class AcrossEditFields(CardsOfBoardFields):
    """What can be changed of a board over several projects.

    `projects` are all that it shows and that the caller sees: others stay on it. See `edit_board` for the rest.
    """

    projects = KeysField(required=False)
    by = serializers.ChoiceField(choices=COLUMNS_BY, required=False)
    grouping = serializers.ChoiceField(choices=LANES, required=False)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"projects": ["FLOW", "ROVER"], "grouping": "project"}


class NewAcrossQuickFilterFields(AskedFields):
    """A quick filter to add. Types and labels go by their names, since each project has its own."""

    type = serializers.CharField(required=False, allow_blank=True, max_length=_NAME)
    label = serializers.CharField(  # type: ignore[assignment]  # not DRF's attribute
        required=False, allow_blank=True, max_length=_NAME
    )

    class Meta:
        example: ClassVar[dict[str, Any]] = {"name": "Urgent bugs", "type": "Bug", "least_priority": "high"}


class AcrossQuery(Fields):
    """To what a board over several projects is narrowed: all that is named must hold."""

    q = serializers.CharField(required=False, max_length=200, help_text="Words in the title, or a key.")
    assignee = IdOrWordField("me", required=False, help_text="A person's id, or `me`.")
    label = serializers.CharField(  # type: ignore[assignment]  # not DRF's attribute
        required=False, max_length=60, help_text="The name of a label, of which each project has its own."
    )
    project = serializers.RegexField(_KEY, required=False, help_text="The key of one of its projects.")
    quick = AnyOfField(IdField(), required=False, help_text="Ids of quick filters of the board, divided by commas.")
    lanes = serializers.ChoiceField(
        choices=LANES, required=False, help_text="The lanes; without it, those that the board has for everybody."
    )


class AcrossCardQuery(AcrossQuery, PageQuery):
    """Which cards of a column are read."""

    lane = serializers.RegexField(LANE, required=False, help_text="Only this lane, by its key: `assignee-7`.")
    older = serializers.BooleanField(
        default=False, help_text="Those that were done too long ago for the board instead of the others."
    )


class NewAcrossCardsFields(Fields):
    """Titles of issues that are created in one of the projects, at the foot of a column.

    In a Scrum project they are in the sprint that its board shows first.
    """

    project = serializers.RegexField(_KEY)
    titles = serializers.ListField(
        child=serializers.CharField(trim_whitespace=False), min_length=1, max_length=MOST_AT_ONCE
    )

    class Meta:
        example: ClassVar[dict[str, Any]] = {"project": "ROVER", "titles": ["Oil the axle", "Weld the frame"]}


class AcrossBulkValues(BulkValues):
    """What becomes of all the cards. Sprints, epics, labels and versions are one project's, and so are their cards."""

    status = None  # type: ignore[assignment]  # each project has its own: a card gets one by its column


class AcrossBulkFields(Fields):
    """Cards by the ids of their issues, what becomes of all of them, and into which column they go, if into any."""

    issues = ids(most=MOST_ISSUES, min_length=1)
    values = AcrossBulkValues()
    column = IdField(required=False, allow_null=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"issues": [4711, 5120], "values": {"priority": "high"}}


class AcrossUndoFields(Fields):
    """Which edit of several cards is taken back: what it is called, and the issues that it changed."""

    op = serializers.RegexField(r"^[A-Za-z0-9_-]{1,64}$")
    issues = ids(most=MOST_ISSUES, min_length=1)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"op": "8d0f6f3e4a1b4f0c9d1e2a3b4c5d6e7f", "issues": [4711, 5120]}


class AcrossColumnSerializer(serializers.Serializer[Any]):
    """A column: statuses of several projects that mean the same. Any of their ids names it; this is the first."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)
    category = serializers.CharField(read_only=True)
    statuses = serializers.ListField(source="status_ids", child=serializers.IntegerField(), read_only=True)


class AcrossQuickFilterSerializer(AskingSerializer):
    """A quick filter. Types and labels go by their names; empty is any."""

    type = serializers.CharField(source="type_name", read_only=True)
    label = serializers.CharField(  # type: ignore[assignment]  # not DRF's attribute
        source="label_name", read_only=True
    )


_EXAMPLE: dict[str, Any] = {
    "id": 71,
    "name": "Everything",
    "by": "status",
    "projects": ["FLOW", "ROVER"],
    "can_change": True,
}


class AcrossSerializer(serializers.Serializer[Any]):
    """A board over projects, of which those are named that the caller sees."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)
    by = serializers.CharField(read_only=True)
    projects = serializers.ListField(source="project_keys", child=serializers.CharField(), read_only=True)
    can_change = serializers.BooleanField(read_only=True)

    class Meta:
        example = _EXAMPLE


class AcrossDetailSerializer(AcrossSerializer):
    """A board over projects with its settings, columns and quick filters, as far as the caller sees its projects."""

    shows = ShowsField(read_only=True)
    done_days = serializers.IntegerField(read_only=True, allow_null=True)
    marks_slow = serializers.BooleanField(read_only=True)
    grouping = serializers.CharField(source="usual_grouping", read_only=True)
    columns = AcrossColumnSerializer(many=True, read_only=True)
    quick_filters = AcrossQuickFilterSerializer(many=True, read_only=True)

    class Meta:
        example = _EXAMPLE | {
            "shows": ["key", "assignee"],
            "done_days": 14,
            "marks_slow": False,
            "grouping": "none",
            "columns": [{"id": 11, "name": "To do", "category": "todo", "statuses": [11, 41]}],
            "quick_filters": [
                {
                    "id": 45,
                    "name": "Urgent bugs",
                    "is_mine": False,
                    "is_unassigned": False,
                    "least_priority": "high",
                    "type": "Bug",
                    "label": "",
                }
            ],
        }


class ProjectLimitSerializer(serializers.Serializer[Any]):
    """A limit of one project's board, which holds for its issues here too, and how it stands to it."""

    project = serializers.CharField(source="project.key", read_only=True)
    name = serializers.CharField(read_only=True)
    wip_limit = serializers.IntegerField(read_only=True)
    wip_unit = serializers.CharField(read_only=True)
    wip_policy = serializers.CharField(read_only=True)
    inside = serializers.FloatField(read_only=True)


class AcrossColumnFiguresSerializer(FiguresSerializer):
    """The figures of a column, and the limits that hold in it. `older` were done too long ago for the board."""

    id = serializers.IntegerField(read_only=True)
    older = serializers.IntegerField(read_only=True)
    limits = ProjectLimitSerializer(many=True, read_only=True)


class AcrossLaneFiguresSerializer(FiguresSerializer):
    """The figures of a lane, by its key, and the limits that projects have for it."""

    key = serializers.CharField(read_only=True)
    name = serializers.CharField(read_only=True)
    limits = ProjectLimitSerializer(many=True, read_only=True)


class AcrossReachedSerializer(ReachedSerializer):
    """Somebody, or something that the board shows no lane of, that is at a limit of a project or beyond it."""

    project = serializers.CharField(source="project.key", read_only=True)


class AcrossTotalsSerializer(serializers.Serializer[Any]):
    """True figures of the columns and lanes of a board over several projects."""

    columns = AcrossColumnFiguresSerializer(many=True, read_only=True)
    lanes = AcrossLaneFiguresSerializer(many=True, read_only=True)
    reached = AcrossReachedSerializer(many=True, read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "columns": [
                {
                    "issues": 12,
                    "points": 30.0,
                    "id": 11,
                    "older": 0,
                    "limits": [
                        {
                            "project": "FLOW",
                            "name": "To do",
                            "wip_limit": 9,
                            "wip_unit": "issues",
                            "wip_policy": "warn",
                            "inside": 7.0,
                        }
                    ],
                }
            ],
            "lanes": [],
            "reached": [],
        }
