"""A configuration in words, whoever wrote them: what cannot be is left out alone, and said."""

from typing import Any

import pytest

from apps.boards.models import Board, Column, ColumnStatus, LaneLimit, QuickFilter
from apps.boards.services.describing import MOST_LEFT, Described, describe
from apps.projects.models import CustomField, IssueType, Label, Status, Transition
from apps.recurring.models import IssueTemplate, TemplateLabel


def words(**parts: Any) -> dict[str, Any]:
    """One of everything, as an archive has it."""
    column = {"name": "Doing", "statuses": ["To do", "Doing"], "wip_limit": 3, "wip_unit": "points"}
    usual: dict[str, Any] = {
        "template": "scrum",
        "has_triage": True,
        "has_time_tracking": True,
        "minutes_a_day": 360,
        "days_a_week": 4,
        "types": [
            {"name": "Story", "icon": "star", "hue": 60, "level": "standard"},
            {"name": "Part", "icon": "list-tree", "hue": 0, "level": "subtask"},
        ],
        "statuses": [
            {"name": "To do", "category": "todo", "hue": None, "is_initial": True},
            {"name": "Doing", "category": "in_progress", "hue": 120},
            {"name": "Done", "category": "done"},
        ],
        "labels": [{"name": "api", "hue": 30}],
        "custom_fields": [{"name": "Size", "kind": "select", "options": ["S", "L"], "types": ["Story"]}],
        "transitions": [
            {"name": "Finish", "from": "Doing", "to": "Done", "adds_label": "api", "required_fields": ["points"]},
            {"from": None, "to": "Doing"},
        ],
        "boards": [
            {
                "name": "Board",
                "columns": [column],
                "lane_limits": [{"by": "assignee", "at": 2}],
                "quick_filters": [{"name": "Mine", "is_mine": True, "type": "Story", "label": "api"}],
            }
        ],
        "issue_templates": [{"name": "A story", "type": "Story", "labels": ["api"], "subtasks": ["Look"]}],
    }
    return usual | parts


def left(found: Described) -> dict[str, str]:
    return {each.name: each.why for each in found.left}


def changed(part: str, **values: Any) -> dict[str, Any]:
    """The same with the first thing of a part otherwise."""
    usual = words()
    [first, *others] = usual[part]
    return usual | {part: [first | values, *others]}


class TestDescribe:
    def test_makes_rows_that_refer_to_each_other(self) -> None:
        found = describe(words())
        assert found.left == []
        assert found.is_whole
        assert {model.__name__: len(rows) for model, rows in found.rows.items() if rows} == {
            "IssueType": 2,
            "Status": 3,
            "Label": 1,
            "CustomField": 1,
            "CustomFieldType": 1,
            "Transition": 2,
            "Board": 1,
            "Column": 1,
            "ColumnStatus": 2,
            "LaneLimit": 1,
            "QuickFilter": 1,
            "IssueTemplate": 1,
            "TemplateLabel": 1,
        }
        [finish, begin] = found.rows[Transition]
        assert (finish.source_id, finish.target_id, finish.adds_label_id) == (2, 3, 1)
        assert (begin.source_id, begin.target_id, begin.name) == (None, 2, "Doing")
        assert [each.status_id for each in found.rows[ColumnStatus]] == [1, 2]
        assert found.settings == {
            "template": "scrum",
            "has_triage": True,
            "has_time_tracking": True,
            "minutes_a_day": 360,
            "days_a_week": 4,
        }

    @pytest.mark.parametrize("missing", ["types", "statuses", "boards"])
    def test_is_whole_if_issues_can_live_in_it(self, missing: str) -> None:
        assert not describe(words(**{missing: []})).is_whole
        assert not describe(words(statuses=[{"name": "Done", "category": "done", "is_initial": True}])).is_whole

    def test_begins_new_issues_in_one_open_status(self) -> None:
        said = [
            {"name": "Over", "category": "done", "is_initial": True},
            {"name": "One", "category": "todo", "is_initial": True},
            {"name": "Two", "category": "todo", "is_initial": True},
        ]
        assert [each.is_initial for each in describe(words(statuses=said)).rows[Status]] == [False, True, False]

    def test_fills_one_template_in_for_each_type(self) -> None:
        said = [{"name": name, "type": "Story", "is_default": True} for name in "ab"]
        found = describe(words(issue_templates=said))
        assert [each.is_default for each in found.rows[IssueTemplate]] == [True, False]

    def test_assigns_templates_to_people_by_their_ids(self) -> None:
        [template] = describe(changed("issue_templates", assigns="person", assignee=7)).rows[IssueTemplate]
        assert (template.assigns, template.assignee_id) == ("person", 7)
        found = describe(changed("issue_templates", assigns="person", assignee=None))
        [template] = found.rows[IssueTemplate]
        assert (template.assigns, template.assignee_id) == ("nobody", None)
        assert "assigned to nobody" in left(found)["A story"]

    def test_gives_types_a_sign_of_ours(self) -> None:
        assert describe(changed("types", icon="x" * 90)).rows[IssueType][0].icon == "square-check"


# What is wrong with which part, and the words of the refusal.
WRONG: dict[str, tuple[Any, dict[str, Any], str, str]] = {
    "a type of no level": (IssueType, changed("types", level="king"), "Story", "offered"),
    "a type without a name": (IssueType, changed("types", name=" "), "Issue types", "Give it a name"),
    "a name without end": (IssueType, changed("types", name="x" * 10_000_000), "x" * 60, "10000000 characters"),
    "a long name": (Label, changed("labels", name="x" * 61), "x" * 60, "at most 60"),
    "a status that means nothing": (Status, changed("statuses", category="limbo"), "To do", "offered"),
    "a colour that is none": (Label, changed("labels", hue=7), "api", "offered"),
    "a number that is text": (Status, changed("statuses", hue="red"), "To do", "not as FlowBoard"),
    "a tick that is a number": (Status, changed("statuses", is_initial=1), "To do", "not as FlowBoard"),
    "a number that is a tick": (Label, changed("labels", hue=True), "api", "not as FlowBoard"),
    "a thing that is text": (Label, words(labels=["api"]), "Labels", "not as FlowBoard"),
    "a field of no kind": (CustomField, changed("custom_fields", kind="secret"), "Size", "offered"),
    "a field with options without end": (
        CustomField,
        changed("custom_fields", options=["x"] * 1_000_000),
        "Size",
        "1000000",
    ),
    "options that are numbers": (CustomField, changed("custom_fields", options=[1]), "Size", "not as FlowBoard"),
    "an option twice": (CustomField, changed("custom_fields", options=["a", "A"]), "Size", "already"),
    "a field of a type that is not there": (CustomField, changed("custom_fields", types=["Saga"]), "Size", "“Saga”"),
    "a way to itself": (Transition, changed("transitions", **{"from": "Done"}), "Finish", "another status"),
    "a way to nowhere": (Transition, changed("transitions", to="Limbo"), "Finish", "“Limbo”"),
    "a rule that is none": (Transition, changed("transitions", allowed_parties=["god"]), "Finish", "offered"),
    "a board in no lanes": (Board, changed("boards", grouping="king"), "Board", "offered"),
    "a board with an unknown card": (Board, changed("boards", left_out=["soul"]), "Board", "offered"),
    "a template of sub-tasks": (IssueTemplate, changed("issue_templates", type="Part"), "A story", "offered"),
    "a template for a god": (IssueTemplate, changed("issue_templates", assigns="god"), "A story", "offered"),
    "a template with odd points": (IssueTemplate, changed("issue_templates", points="many"), "A story", "Points"),
    "a template with a label that is not there": (
        IssueTemplate,
        changed("issue_templates", labels=["ghost"]),
        "A story",
        "“ghost”",
    ),
}

ON_A_BOARD: dict[str, tuple[Any, str, dict[str, Any], str, str]] = {
    "a column of a status that is not there": (
        Column,
        "columns",
        {"name": "C", "statuses": ["Limbo"]},
        "Board: C",
        "Limbo",
    ),
    "a column with a limit below one": (
        Column,
        "columns",
        {"name": "C", "statuses": ["Done"], "wip_limit": 0},
        "Board: C",
        "1 to 999",
    ),
    "a limit for no lanes": (LaneLimit, "lane_limits", {"by": "none", "at": 2}, "Board: Limits", "offered"),
    "a limit without a number": (LaneLimit, "lane_limits", {"by": "epic"}, "Board: Limits", "1 to 999"),
    "a filter that asks for nothing": (QuickFilter, "quick_filters", {"name": "Q"}, "Board: Q", "asks for"),
    "a filter for a type that is not there": (
        QuickFilter,
        "quick_filters",
        {"name": "Q", "type": "Saga"},
        "Board: Q",
        "“Saga”",
    ),
}


class TestWrongWords:
    @pytest.mark.parametrize("case", list(WRONG))
    def test_leave_one_thing_out_and_say_why(self, case: str) -> None:
        model, said, name, why = WRONG[case]
        usual, found = describe(words()), describe(said)
        assert len(found.rows[model]) == len(usual.rows[model]) - 1
        assert why in next(reason for what, reason in left(found).items() if what.startswith(name))

    @pytest.mark.parametrize("case", list(ON_A_BOARD))
    def test_leave_one_thing_of_a_board_out(self, case: str) -> None:
        model, part, said, name, why = ON_A_BOARD[case]
        found = describe(changed("boards", **{part: [said]}))
        assert found.rows[model] == []
        assert len(found.rows[Board]) == 1
        assert why in next(reason for what, reason in left(found).items() if what.startswith(name))

    def test_leave_doubles_out(self) -> None:
        usual = words()
        doubled = {name: [*part, *part] for name, part in usual.items() if isinstance(part, list)}
        found, once = describe(usual | doubled), describe(usual)
        boards = {Board, Column, ColumnStatus, LaneLimit, QuickFilter}
        for model, rows in once.rows.items():
            assert len(found.rows[model]) == len(rows) * (2 if model in boards else 1)
        assert "already" in left(found)["To do"]
        limits = changed("boards", lane_limits=[{"by": "epic", "at": 1}] * 2, columns=[])
        assert len(describe(limits).rows[LaneLimit]) == 1

    @pytest.mark.parametrize("part", ["types", "statuses", "labels", "transitions", "boards", "issue_templates"])
    def test_of_another_shape_are_said(self, part: str) -> None:
        found = describe(words(**{part: {"a": "b"}}))
        assert any("not as FlowBoard writes them" in why for why in left(found).values())

    def test_without_end_are_read_to_where_anybody_could_have_so_many(self) -> None:
        many = [{"name": f"S {number}", "category": "todo"} for number in range(200_000)]
        found = describe(words(statuses=many, transitions=[{"to": "nowhere"}] * 200_000))
        assert len(found.rows[Status]) == 40
        assert "There are 200000; at most 40 are possible." in left(found)["Statuses"]
        assert len(found.left) == MOST_LEFT

    def test_beyond_the_room_that_a_project_has_are_left_out(self) -> None:
        taken = [f"Own {number}" for number in range(39)]
        found = describe(words(), present={Status: [*taken, "done"]})
        assert [each.name for each in found.rows[Status]] == ["Done"]
        assert "no room" in left(found)["To do"]

    @pytest.mark.parametrize(
        "said",
        [{"template": "chaos"}, {"minutes_a_day": 9999}, {"days_a_week": 8}, {"has_triage": "yes"}],
        ids=["template", "day", "week", "tick"],
    )
    def test_of_settings_leave_them_as_they_are(self, said: dict[str, Any]) -> None:
        found = describe(words(**said))
        assert found.settings == {}
        assert "Settings" in left(found)

    def test_may_be_missing(self) -> None:
        found = describe({})
        assert not any(found.rows.values())
        assert not found.is_whole


def test_rows_of_templates_keep_their_labels_once() -> None:
    found = describe(changed("issue_templates", labels=["api", "api"]))
    assert len(found.rows[TemplateLabel]) == 1
