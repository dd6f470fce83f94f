"""What projects let people and lanes have in work, on a board over them: each its own, said where it matters."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.boards.models import AcrossBoard, Board
from apps.boards.selectors import across as selectors
from apps.boards.services import Limit, create_board, limit_lanes, remove_column
from apps.core.tenancy import OrgRole
from apps.issues.models import Issue
from apps.orgs.models import Organization
from apps.projects.models import IssueType, Project, Status
from apps.sprints.models import Sprint
from tests.boards.test_across import column, make, rows, shown
from tests.boards.test_across_lanes import lay
from tests.factories import acting, give_role, make_issues, make_member, make_project


@pytest.fixture
def kan(acme: Organization, ada: User) -> Project:
    return make_project(acme, ada, "KAN", template="kanban")


@pytest.fixture
def ops(acme: Organization, ada: User) -> Project:
    return make_project(acme, ada, "OPS", template="kanban")


def limit(
    user: User, org: Organization, project: Project, by: str, at: int, priority: int | None = None, **of: Any
) -> None:
    with acting(user, org) as actor:
        board = Board.objects.select_related("project").get(project=project, position=0)
        limit_lanes(actor=actor, board=board, by=by, priority=priority, limit=Limit(at=at, **of))


def doing(user: User, org: Organization, project: Project, *titles: str, **fields: Any) -> list[Issue]:
    """Issues in work."""
    with acting(user, org):
        status = Status.objects.get(project=project, name="In progress")
    return make_issues(org, project, user, *titles, status=status, **fields)


def at_limits(view: selectors.AcrossView) -> list[tuple[str, str, Any, int | None, str | None]]:
    """Who is named beside the filters."""
    return [(one.name, one.whose, one.inside, one.wip_limit, one.wip_state) for one in view.reached]


def on_lanes(view: selectors.AcrossView) -> dict[str, list[tuple[str, Any, int | None]]]:
    """What heads of lanes say."""
    return {
        lane.name: [(one.project.key, one.inside, one.wip_limit) for one in lane.limits]  # type: ignore[attr-defined]
        for lane in view.lanes
        if lane.limits
    }


class TestLimits:
    def test_of_people_are_each_projects_and_said_by_their_lanes(
        self, ada: User, acme: Organization, kan: Project, ops: Project
    ) -> None:
        mateo = make_member(acme)
        limit(ada, acme, kan, "assignee", 2, policy="block")
        limit(ada, acme, ops, "assignee", 9, unit="points")
        doing(ada, acme, kan, "k0", "k1", assignee=mateo)
        doing(ada, acme, ops, "o0", assignee=mateo, points=4)
        doing(ada, acme, ops, "o1")
        make_issues(acme, kan, ada, "k2", assignee=ada)
        board = make(ada, acme, kan, ops)
        # Without lanes by person, those are named who are at a limit; filters change nothing about it.
        for view in (shown(ada, acme, board), shown(ada, acme, board, q="nothing of this")):
            assert at_limits(view) == [("Mateo Ruiz", "Project KAN", 2, 2, "full")]
        lay(ada, acme, board, "assignee")
        view = shown(ada, acme, board)
        # Who has nothing in work there is at no limit that is worth a sign.
        assert on_lanes(view) == {"Mateo Ruiz": [("KAN", 2, 2), ("OPS", 4, 9)]}
        assert view.reached == []
        client, url = Client(), f"/{acme.slug}/boards/{board.pk}/"
        client.force_login(ada)
        page = client.get(url).content.decode()
        assert "Project KAN: At most 2 issues in work; more is refused" in page
        assert "Project OPS: At most 9 points in work" in page
        assert "data-wip-limit" not in page
        lane = f"assignee-{mateo.pk}"
        totals = client.get(f"{url}totals/?q=nothing+of+this").json()
        assert totals["lanes"][lane]["count"] == 0
        assert re.findall(r"(KAN|OPS) <span data-wip-count>(\d+)", totals["lanes"][lane]["limits"]) == [
            ("KAN", "2"),
            ("OPS", "4"),
        ]
        assert "limits" not in totals["lanes"].get(f"assignee-{ada.pk}", {})
        assert totals["reached"].strip() == ""
        lay(ada, acme, board, "project")
        reached = client.get(f"{url}totals/").json()["reached"]
        assert f'href="{url}?assignee={mateo.pk}&amp;project={kan.pk}"' in reached
        assert "Mateo Ruiz" in reached
        # What is refused says whose limit it is, and changes nothing.
        before = rows(acme, ada)
        with acting(ada, acme):
            third = Issue.objects.get(title="k2").pk
        drop = {"issue": third, "column": column(view, "In progress").id, "lane": lane}
        answer = client.post(f"{url}move-many/", drop, headers={"Accept": "application/json"})
        assert (answer.status_code, "Project KAN: “Mateo Ruiz” takes 2 issues" in answer.json()["detail"]) == (
            409,
            True,
        )
        assert rows(acme, ada) == before

    def test_of_epics_priorities_and_parents(self, ada: User, acme: Organization, kan: Project, ops: Project) -> None:
        with acting(ada, acme):
            types = {name: IssueType.objects.get(project=kan, name=name) for name in ("Epic", "Task")}
        (epic,) = make_issues(acme, kan, ada, "Big", type=types["Epic"])
        limit(ada, acme, kan, "epic", 3)
        limit(ada, acme, kan, "parent", 1)
        limit(ada, acme, ops, "priority", 1, priority=4)
        doing(ada, acme, kan, "k0", parent=epic)
        doing(ada, acme, ops, "o0", "o1", priority=3)
        doing(ada, acme, ops, "o2", priority=4)
        board = make(ada, acme, kan, ops)
        lay(ada, acme, board, "epic")
        view = shown(ada, acme, board)
        assert on_lanes(view) == {"Big": [("KAN", 1, 3)]}
        # No lanes are by parent here: who is at such a limit is named always.
        assert at_limits(view) == [("Big", "Project KAN", 1, 1, "full"), ("Urgent", "Project OPS", 1, 1, "full")]
        lay(ada, acme, board, "priority")
        assert on_lanes(shown(ada, acme, board)) == {"Urgent": [("OPS", 1, 1)]}

    def test_say_which_board_and_the_fullest_sprint(
        self, ada: User, acme: Organization, flow: Project, kan: Project
    ) -> None:
        with acting(ada, acme) as actor:
            second = create_board(actor=actor, project=Project.objects.get(pk=kan.pk), name="Second")
            review = Status.objects.get(project=kan, name="In review")
            own = second.columns.select_related("board", "project").get(name="In progress")
            remove_column(actor=actor, column=own)
            limit_lanes(actor=actor, board=second, by="assignee", limit=Limit(at=1))
            one, two = (
                Sprint.objects.create(org=acme, project=flow, name=name, state="active") for name in ("One", "Two")
            )
        limit(ada, acme, flow, "assignee", 3, unit="points")
        doing(ada, acme, kan, "not on the second", assignee=ada)
        make_issues(acme, kan, ada, "reviewed", assignee=ada, status=review)
        doing(ada, acme, flow, "a", assignee=ada, points=1, sprint_id=one.pk)
        doing(ada, acme, flow, "b", "c", assignee=ada, points=2, sprint_id=two.pk)
        doing(ada, acme, flow, "outside", assignee=ada, points=9)
        view = shown(ada, acme, make(ada, acme, flow, kan))
        assert at_limits(view) == [
            ("Ada Okafor", "Project FLOW", 4, 3, "over"),
            ("Ada Okafor", "Project KAN (Second)", 1, 1, "full"),
        ]

    def test_of_hidden_projects_are_not_told(
        self, ada: User, acme: Organization, kan: Project, secret: Project
    ) -> None:
        guest = make_member(acme, OrgRole.GUEST, "Gus")
        give_role(acme, kan, guest, "viewer")
        for project in (kan, secret):
            limit(ada, acme, project, "assignee", 1)
            doing(ada, acme, project, f"in {project.key}", assignee=ada)
        board = make(ada, acme, kan, secret)
        assert len(at_limits(shown(ada, acme, board))) == 2
        assert [project for _name, project, *_rest in at_limits(shown(guest, acme, board))] == ["Project KAN"]
        with acting(ada, acme):
            Board.objects.filter(project=secret).update(deleted_at="2026-01-01T00:00Z")
        assert len(at_limits(shown(ada, acme, board))) == 1


def test_costs_the_same_for_many_cards_people_and_projects(ada: User, acme: Organization) -> None:
    client = Client()
    client.force_login(ada)
    people = [make_member(acme, name=f"Person {number}") for number in range(4)]
    projects = [make_project(acme, ada, f"P{number}", template="kanban") for number in range(6)]
    boards = [make(ada, acme, *projects[:2]), make(ada, acme, *projects)]
    for project in projects:
        limit(ada, acme, project, "assignee", 1)
        limit(ada, acme, project, "priority", 1, priority=4)
    for by in ("none", "assignee"):
        with acting(ada, acme):
            AcrossBoard.objects.update(grouping=by)
        costs: dict[str, set[int]] = {"": set(), "totals/": set()}
        for somebody in ([ada], people):
            for project in projects:
                for person in somebody:
                    doing(ada, acme, project, "x", assignee=person, priority=4)
            for board in boards:
                for rest, found in costs.items():
                    with CaptureQueriesContext(connection) as queries:
                        assert client.get(f"/{acme.slug}/boards/{board.pk}/{rest}").status_code == 200
                    found.add(len(queries))
        assert [len(found) for found in costs.values()] == [1, 1], (by, costs)
