"""Boards over several projects in lanes: what is in which, what a drop into one changes, and what each person chose."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.boards.models import AcrossBoard, AcrossChoice
from apps.boards.selectors import across as selectors
from apps.boards.services import across, across_cards, choose_grouping, fold_lane
from apps.core.errors import Invalid, NotFound
from apps.core.tenancy import OrgRole
from apps.issues.models import Issue
from apps.issues.selectors import Lane
from apps.issues.services import Place
from apps.orgs.models import Organization
from apps.projects.models import IssueType, Project
from tests.boards.test_across import column, make, rows, shown
from tests.factories import acting, give_role, make_issues, make_member, make_project


@pytest.fixture
def kan(acme: Organization, ada: User) -> Project:
    return make_project(acme, ada, "KAN", template="kanban")


@pytest.fixture
def ops(acme: Organization, ada: User) -> Project:
    return make_project(acme, ada, "OPS", template="kanban")


def lay(user: User, org: Organization, board: AcrossBoard, by: str) -> None:
    with acting(user, org) as actor:
        view = selectors.get_across(actor=actor, across_id=board.pk)
        choose_grouping(actor=actor, board=view, grouping=by)


def cells(view: selectors.AcrossView, name: str = "To do") -> dict[str, list[str]]:
    """What is in the lanes of a column."""
    column_id = column(view, name).id
    return {lane.name: [card.title for card in lane.cells[column_id].cards] for lane in view.lanes}


def drop(user: User, org: Organization, board: AcrossBoard, lane: Lane, *titles: str, to: str = "To do") -> list[Issue]:
    with acting(user, org) as actor:
        view = selectors.get_across(actor=actor, across_id=board.pk)
        ids = list(Issue.objects.filter(title__in=titles).values_list("pk", flat=True))
        done = across_cards.edit_cards_across(
            actor=actor,
            view=view,
            issue_ids=ids,
            values={},
            column_id=column(view, to).id,
            place=Place(),
            lane=lane,
        )
        return list(done.changed)


class TestLanes:
    def test_by_assignee_priority_epic_and_project(
        self, ada: User, acme: Organization, kan: Project, ops: Project
    ) -> None:
        with acting(ada, acme):
            types = {name: IssueType.objects.get(project=kan, name=name) for name in ("Epic", "Task")}
        (epic,) = make_issues(acme, kan, ada, "Big", type=types["Epic"])
        make_issues(acme, kan, ada, "k0", assignee=ada, parent=epic)
        make_issues(acme, kan, ada, "k1", priority=4)
        make_issues(acme, ops, ada, "o0", points=2)
        board = make(ada, acme, kan, ops)
        assert not shown(ada, acme, board).has_lanes
        lay(ada, acme, board, "assignee")
        view = shown(ada, acme, board)
        assert cells(view) == {"Unassigned": ["Big", "o0", "k1"], "Ada Okafor": ["k0"]}
        assert [(lane.total, lane.points) for lane in view.lanes] == [(3, 2), (1, 0)]
        lay(ada, acme, board, "priority")
        assert cells(shown(ada, acme, board))["Urgent"] == ["k1"]
        lay(ada, acme, board, "epic")
        assert cells(shown(ada, acme, board)) == {"Big": ["k0"], "No epic": ["Big", "o0", "k1"]}
        lay(ada, acme, board, "project")
        view = shown(ada, acme, board)
        assert cells(view) == {"Project KAN": ["Big", "k0", "k1"], "Project OPS": ["o0"]}
        assert (view.grouping_name, view.lanes[1].issue_key) == ("Project", "OPS")
        # A lane of a project stays while a filter empties it.
        assert cells(shown(ada, acme, board, q="k0")) == {"Project KAN": ["k0"], "Project OPS": []}

    def test_cells_read_on_behind_their_last_card(
        self, ada: User, acme: Organization, kan: Project, ops: Project
    ) -> None:
        make_issues(acme, kan, ada, *(f"k{number:02}" for number in range(12)))
        make_issues(acme, ops, ada, *(f"o{number:02}" for number in range(12)))
        board = make(ada, acme, kan, ops)
        lay(ada, acme, board, "priority")
        view = shown(ada, acme, board)
        column_id = column(view, "To do").id
        cell = next(lane for lane in view.lanes if lane.total).cells[column_id]
        assert (len(cell.cards), cell.total) == (10, 24)
        with acting(ada, acme) as actor:
            page = selectors.across_page(
                actor=actor,
                view=selectors.get_across(actor=actor, across_id=board.pk),
                column_id=column_id,
                filters=selectors.AcrossFilters(),
                after=cell.next_after,
                lane=Lane("priority", 0),
            )
        every = [f"{letter}{number:02}" for number in range(12) for letter in "ko"]
        assert [card.title for card in (*cell.cards, *page.cards)] == every

    def test_a_drop_gives_what_the_lane_shares_in_each_project(
        self, ada: User, acme: Organization, kan: Project, ops: Project
    ) -> None:
        guest = make_member(acme, OrgRole.GUEST, "Gus")
        give_role(acme, ops, guest, "member")
        make_issues(acme, kan, ada, "k0", "k1")
        make_issues(acme, ops, ada, "o0", assignee=guest)
        board = make(ada, acme, kan, ops)
        drop(ada, acme, board, Lane("assignee", ada.pk), "k0", "o0", to="In progress")
        drop(ada, acme, board, Lane("project", kan.pk), "k1", to="Done")
        lay(ada, acme, board, "assignee")
        view = shown(ada, acme, board)
        assert cells(view, "In progress") == {"Unassigned": [], "Ada Okafor": ["k0", "o0"]}
        drop(ada, acme, board, Lane("assignee", guest.pk), "o0", to="In progress")
        view = shown(ada, acme, board)
        lane = next(lane for lane in view.lanes if lane.name == "Gus")
        assert (lane.projects, lane.rule) == ({ops.pk}, "Gus does not work in its project.")
        assert next(lane for lane in view.lanes if lane.name == "Ada Okafor").projects is None
        before = rows(acme, ada)
        for wrong, titles, said in (
            (Lane("assignee", guest.pk), ["k0", "o0"], "Gus does not work in Project KAN"),
            (Lane("assignee", guest.pk), ["k0"], "somebody who works in this project"),
            (Lane("project", kan.pk), ["k0", "o0"], "Move to project"),
        ):
            with pytest.raises(Invalid, match=said):
                drop(ada, acme, board, wrong, *titles)
        assert rows(acme, ada) == before


class TestChoosing:
    def test_each_person_has_their_own_lanes_and_folds(
        self, ada: User, acme: Organization, kan: Project, ops: Project
    ) -> None:
        mateo = make_member(acme)
        board = make(ada, acme, kan, ops)
        with acting(ada, acme) as actor:
            ids = [kan.pk, ops.pk]
            across.edit_across(actor=actor, board=board, name="Both", by="status", project_ids=ids, grouping="project")
        lay(ada, acme, board, "priority")
        with acting(ada, acme) as actor:
            view = selectors.get_across(actor=actor, across_id=board.pk)
            fold_lane(actor=actor, board=view, lane=Lane("priority", 4), is_folded=True)
        view = shown(ada, acme, board)
        assert [lane.is_folded for lane in view.lanes] == [True, False, False, False, False]
        assert (view.usual_grouping, shown(mateo, acme, board).grouping) == ("project", "project")
        with acting(mateo, acme):
            assert not AcrossChoice.objects.exists()
        with acting(ada, acme):
            assert str(AcrossChoice.objects.get()) == f"how {ada.pk} looks at board {board.pk}"
        lay(ada, acme, board, "")
        assert shown(ada, acme, board).grouping == "project"
        for wrong in ("parent", "nothing"):
            with pytest.raises(Invalid):
                lay(ada, acme, board, wrong)
            with acting(ada, acme) as actor, pytest.raises(Invalid):
                across.edit_across(actor=actor, board=board, name="Both", by="status", project_ids=ids, grouping=wrong)
        with acting(ada, acme) as actor:
            view = selectors.get_across(actor=actor, across_id=board.pk)
            across.delete_across(actor=actor, board=board)
            with pytest.raises(NotFound):
                choose_grouping(actor=actor, board=view, grouping="none")


class TestViews:
    def test_draws_chooses_folds_reads_on_and_drops(
        self, ada: User, acme: Organization, kan: Project, ops: Project
    ) -> None:
        made = make_issues(acme, kan, ada, *(f"k{number:02}" for number in range(12)))
        make_issues(acme, ops, ada, "o0")
        board = make(ada, acme, kan, ops)
        client = Client()
        client.force_login(ada)
        url = f"/{acme.slug}/boards/{board.pk}/"
        script: dict[str, Any] = {"headers": {"X-Requested-With": "XMLHttpRequest"}}
        assert client.post(f"{url}lanes/", {"grouping": "project"}, **script).status_code == 204
        page = client.post(f"{url}lanes/?q=k", {"grouping": "project"}, follow=True)
        assert page.redirect_chain[0][0] == f"{url}?q=k"
        text = client.get(url).content.decode()
        assert text.count("data-lane-key=") == 2
        lane, todo = f"project-{kan.pk}", column(shown(ada, acme, board), "To do").id
        assert client.post(f"{url}lanes/fold/", {"lane": lane, "is_folded": "1"}).status_code == 204
        assert client.get(url).content.decode().count('<details class="lane"') == 2
        totals = client.get(f"{url}totals/").json()
        assert totals["lanes"][lane] == {"count": 12, "points": 0}
        assert totals["cells"][f"{todo} {lane}"] == 12
        assert f"lane={lane}" in text
        more = client.get(f"{url}columns/{todo}/?after={made[9].rank}&after_id={made[9].pk}&lane={lane}")
        assert "To do, Project KAN" in more.content.decode()
        assert more.content.decode().count('<li class="card"') == 2
        drop = {"issue": made[0].pk, "column": todo, "lane": lane}
        assert client.post(f"{url}move-many/", drop, **script).json()["cards"][0]["lane"] == lane

    def test_costs_the_same_for_many_cards_and_projects(self, ada: User, acme: Organization) -> None:
        client = Client()
        client.force_login(ada)
        projects = [make_project(acme, ada, f"P{number}", template="kanban") for number in range(6)]
        boards = [make(ada, acme, *projects[:2]), make(ada, acme, *projects)]
        for by in ("assignee", "epic", "project"):
            with acting(ada, acme):
                AcrossBoard.objects.update(grouping=by)
            costs = []
            for _round in range(2):
                for project in projects:
                    make_issues(acme, project, ada, *"abc", assignee=ada)
                for board in boards:
                    with CaptureQueriesContext(connection) as queries:
                        assert client.get(f"/{acme.slug}/boards/{board.pk}/").status_code == 200
                    costs.append(len(queries))
            assert len(set(costs)) == 1, (by, costs)
