"""How much people and lanes have in work: decided in one place, whatever way the work comes; and in sprints."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.boards import selectors, services
from apps.boards.models import Board, Column, LaneLimit
from apps.core.errors import Forbidden, Invalid, NotFound
from apps.events.models import Event
from apps.issues.models import Issue
from apps.issues.selectors import Filters, Lane
from apps.issues.services import (
    ColumnFull,
    LaneFull,
    NewIssue,
    bulk_edit,
    create_issue,
    edit_issue,
    move_issue,
    take_back,
)
from apps.orgs.models import Organization
from apps.projects.models import IssueType, Project, Status, Transition
from apps.projects.selectors import get_project
from apps.sprints.models import Sprint
from apps.sprints.services import plan_issues
from tests.boards.test_lanes import Wall
from tests.factories import acting, make_issues, make_member, make_project


@pytest.fixture
def kanban(acme: Organization, ada: User) -> Project:
    return make_project(acme, ada, "KAN", template="kanban")


@pytest.fixture
def wall(ada: User, acme: Organization, kanban: Project) -> Wall:
    return Wall(ada, acme, kanban)


def limit(
    wall: Wall, by: str, at: int | None, priority: int | None = None, policy: str = "block", **of: Any
) -> LaneLimit:
    def work(actor: Any, project: Project) -> LaneLimit:
        board = Board.objects.select_related("project").get(project=project)
        wanted = services.Limit(at=at, policy=policy, **of)
        return services.limit_lanes(actor=actor, board=board, by=by, priority=priority, limit=wanted)

    row: LaneLimit = wall.do(work)
    return row


def edit(wall: Wall, issue: Issue, **values: Any) -> Any:
    return wall.do(
        lambda actor, project: edit_issue(
            actor=actor, issue=Issue.objects.select_related("project").get(pk=issue.pk), values=values
        )
    )


def move(wall: Wall, issue: Issue, to: str) -> Any:
    return wall.do(
        lambda actor, project: move_issue(
            actor=actor,
            issue=Issue.objects.select_related("project").get(pk=issue.pk),
            to=Status.objects.get(project=project, name=to),
        )
    )


def bulk(wall: Wall, *issues: Issue, **values: Any) -> Any:
    return wall.do(
        lambda actor, project: bulk_edit(
            actor=actor, project=project, issue_ids=[issue.pk for issue in issues], values=values
        )
    )


class TestPeople:
    def test_are_limited_whatever_way_the_work_comes(
        self, wall: Wall, ada: User, acme: Organization, client: Client
    ) -> None:
        mateo = make_member(acme)
        doing = wall.do(lambda actor, project: Status.objects.get(project=project, name="In progress"))
        wall.add("one", assignee=mateo, status="In progress")
        wall.add("reviewed", assignee=mateo, status="In review")
        waiting = wall.add("waiting", assignee=mateo)
        loose = wall.add("loose", status="In progress")
        other = wall.add("other", assignee=ada)
        limit(wall, "assignee", 2)
        op = "00000000-0000-4000-8000-000000000001"
        column = next(each.id for each in wall.read().columns if each.name == "In progress")
        client.force_login(ada)
        before = wall.everything()

        def refused(work: Callable[[], Any]) -> None:
            with pytest.raises(LaneFull, match=r"“Mateo Ruiz” takes 2 issues in work at once on “Board”"):
                work()
            assert wall.everything() == before

        refused(lambda: move(wall, waiting, "In progress"))
        refused(lambda: edit(wall, loose, assignee=mateo.pk))
        refused(lambda: bulk(wall, loose, assignee=mateo.pk))
        refused(lambda: bulk(wall, waiting, loose, status=doing.pk))
        refused(lambda: wall.move(Lane("assignee", mateo.pk), "In review", other))
        new = NewIssue(title="new", status=doing, assignee=mateo)
        refused(lambda: wall.do(lambda actor, project: create_issue(actor=actor, project=project, new=new)))
        answer = client.post(f"/{acme.slug}/KAN/board/move/", {"issue": waiting.pk, "column": column})
        assert (answer.status_code, wall.everything()) == (409, before)

        # What stays within the person's work, is not in work, or leaves it, is no arrival; neither is an estimate.
        bulk(wall, other, labels_add=[])
        edit(wall, other, assignee=mateo.pk)
        one = wall.do(lambda actor, project: Issue.objects.get(title="one"))
        move(wall, one, "In review")
        edit(wall, one, points=8, priority=4)
        sent = {"issue": one.pk, "assignee": ada.pk, "op": op}
        assert client.post(f"/{acme.slug}/KAN/issues/bulk/", sent).status_code == 302
        move(wall, waiting, "In progress")
        before = wall.everything()
        # Now the place is taken, and the edit cannot be taken back.
        refused(lambda: wall.do(lambda actor, project: take_back(actor=actor, project=project, issue_id=one.pk, op=op)))
        # A limit that warns refuses nothing, and one that is lifted neither.
        row = limit(wall, "assignee", 2, policy="warn")
        edit(wall, loose, assignee=mateo.pk)
        wall.do(
            lambda actor, project: services.lift_lane_limit(
                actor=actor, lane_limit=LaneLimit.objects.select_related("project").get(pk=row.pk)
            )
        )
        wall.do(lambda actor, project: take_back(actor=actor, project=project, issue_id=one.pk, op=op))
        assert wall.do(lambda actor, project: Issue.objects.get(pk=one.pk).assignee_id) == mateo.pk

    def test_that_the_workflow_gives_an_issue_to_are_limited_too(self, wall: Wall, ada: User) -> None:
        wall.add("mine", assignee=ada, status="In progress")
        next_one = wall.add("next")
        limit(wall, "assignee", 1)

        def narrow(actor: Any, project: Project) -> None:
            doing = Status.objects.get(project=project, name="In progress")
            Transition.objects.filter(project=project, target=doing).update(assigns="mover")

        wall.do(narrow)
        before = wall.everything()
        for work in (
            lambda: move(wall, next_one, "In progress"),
            lambda: bulk(
                wall, next_one, status=wall.do(lambda a, p: Status.objects.get(name="In progress", project=p)).pk
            ),
        ):
            with pytest.raises(LaneFull, match="“Ada Okafor”"):
                work()
            assert wall.everything() == before

    def test_of_two_boards_the_stricter_one_decides_and_points_count(
        self, wall: Wall, ada: User, acme: Organization
    ) -> None:
        wall.add("mine", assignee=ada, status="In progress", points=Decimal(3))
        heavy, light = wall.add("heavy", points=Decimal(6)), wall.add("light", points=Decimal(5))
        limit(wall, "assignee", 8, unit="points")
        before = wall.everything()
        with pytest.raises(LaneFull, match="takes 8 points in work"):
            wall.move(Lane("assignee", ada.pk), "In progress", heavy)
        assert wall.everything() == before
        wall.move(Lane("assignee", ada.pk), "In progress", light)


class TestLanes:
    def test_epics_parents_and_priorities_are_limited(self, wall: Wall) -> None:
        epic = wall.add("Epic", level=IssueType.Level.EPIC)
        story = wall.add("story", parent=epic, status="In progress")
        step = wall.add("step", level=IssueType.Level.SUBTASK, parent=story)
        other = wall.add("other", status="In progress")
        limit(wall, "epic", 1)
        before = wall.everything()
        # A sub-task is in the epic of its parent.
        for work in (
            lambda: move(wall, step, "In progress"),
            lambda: edit(wall, other, parent=epic.pk),
            lambda: wall.move(Lane("epic", epic.pk), "In review", other),
        ):
            with pytest.raises(LaneFull, match="“Epic” takes 1 issues in work"):
                work()
            assert wall.everything() == before
        # What has no epic is not limited.
        wall.add("loose", status="In progress")

        limit(wall, "parent", 1)
        limit(wall, "epic", 9)
        with pytest.raises(LaneFull, match="“Epic” takes 1 issues"):
            edit(wall, other, parent=epic.pk)
        move(wall, step, "In progress")
        limit(wall, "priority", 1, priority=4)
        edit(wall, other, priority=4)
        with pytest.raises(LaneFull, match="“Urgent”"):
            bulk(wall, step, priority=4)
        edit(wall, step, priority=3)
        limit(wall, "priority", 9, priority=0)
        assert [found.name for found in wall.read().lane_limits] == [
            "Each epic",
            "Each parent",
            "Urgent",
            "No priority",
        ]

    def test_are_set_by_admins_and_refuse_nonsense(self, wall: Wall, ada: User, acme: Organization) -> None:
        mateo = make_member(acme)
        wall.add("a", "b", assignee=mateo, status="In progress", points=Decimal("1.5"))
        wall.add("c", assignee=mateo)
        before = [*wall.everything(), wall.do(lambda actor, project: LaneLimit.objects.count())]
        for by, at, of, why in (
            ("assignee", 1, {}, "“Mateo Ruiz” has 2 issues in work now"),
            ("assignee", 2, {"unit": "points"}, "“Mateo Ruiz” has 3 points in work now"),
            ("priority", 1, {"priority": 0}, "“No priority” has 2 issues"),
            ("assignee", None, {}, "1 to 999"),
            ("assignee", 1000, {}, "1 to 999"),
            ("assignee", 3, {"priority": 4}, "offered values"),
            ("priority", 3, {}, "offered values"),
            ("priority", 3, {"priority": 9}, "offered values"),
            ("none", 3, {}, "offered values"),
            ("assignee", 3, {"policy": "shout"}, "offered values"),
        ):
            with pytest.raises(Invalid, match=why):
                limit(wall, by, at, **of)
        with pytest.raises(Forbidden):
            limit(Wall(mateo, acme, wall.project), "assignee", 3)
        assert [*wall.everything(), wall.do(lambda actor, project: LaneLimit.objects.count())] == before
        limit(wall, "priority", 1, priority=4)
        row = limit(wall, "assignee", 2)
        facts = wall.do(lambda actor, project: Event.objects.count())
        assert limit(wall, "assignee", 2).pk == row.pk
        assert wall.do(lambda actor, project: Event.objects.count()) == facts
        assert limit(wall, "assignee", 2, policy="warn").policy == "warn"

        def lift(wall: Wall) -> None:
            wall.do(lambda actor, project: services.lift_lane_limit(actor=actor, lane_limit=row))

        row.project = wall.do(lambda actor, project: project)
        with pytest.raises(Forbidden):
            lift(Wall(mateo, acme, wall.project))
        lift(wall)
        with pytest.raises(NotFound):
            lift(wall)

    def test_are_shown_where_they_are_reached(self, wall: Wall, ada: User, acme: Organization, client: Client) -> None:
        mateo = make_member(acme)
        wall.add("one", assignee=mateo, status="In progress", priority=4)
        limit(wall, "assignee", 2)
        limit(wall, "priority", 1, priority=4)
        assert [(thing.name, thing.wip_state) for thing in wall.read().reached] == [("Urgent", "full")]
        wall.add("two", assignee=mateo, status="In review")
        assert [thing.name for thing in wall.read().reached] == ["Mateo Ruiz", "Urgent"]
        client.force_login(ada)
        path = f"/{acme.slug}/KAN/board/"
        page = client.get(path).content.decode()
        assert f'href="{path}?assignee={mateo.pk}"' in page
        # Under filters too, the limit counts all.
        wall.group("assignee")
        lane = next(lane for lane in wall.read(q="two").lanes if lane.name == "Mateo Ruiz")
        assert (lane.total, lane.inside, lane.wip_limit, lane.wip_state, lane.wip_blocks) == (1, 2, 2, "full", True)
        assert [lane.wip_limit for lane in wall.read().lanes] == [None, 2, 2]
        assert [thing.name for thing in wall.read().reached] == ["Urgent"]
        figures = client.get(f"{path}totals/?q=two").json()
        assert figures["lanes"][f"assignee-{mateo.pk}"] == {"count": 1, "points": 0.0, "inside": 2.0}
        assert "Urgent" in figures["reached"]

    def test_cost_the_same_for_more_people_and_more_work(
        self, wall: Wall, ada: User, acme: Organization, client: Client
    ) -> None:
        client.force_login(ada)
        people = [make_member(acme, name=f"Person {number}") for number in range(9)]
        limit(wall, "assignee", 2)
        limit(wall, "epic", 1)
        epic = wall.add("Epic", level=IssueType.Level.EPIC)
        for person in people[:3]:
            wall.add("a", "b", assignee=person, status="In progress")
        one = wall.add("one", parent=epic)

        def cost() -> list[int]:
            costs = []
            for by in ("none", "assignee"):
                wall.group(by)
                with CaptureQueriesContext(connection) as queries:
                    client.get(f"/{acme.slug}/KAN/board/", HTTP_HX_REQUEST="true")
                costs.append(len(queries))
            for to in ("In progress", "To do"):
                with CaptureQueriesContext(connection) as queries:
                    move(wall, one, to)
                costs.append(len(queries))
            return costs

        before = cost()
        for person in people[3:]:
            wall.add("a", "b", assignee=person, status="In progress")
        assert cost() == before

    def test_are_set_and_lifted_on_the_settings_page(
        self, wall: Wall, acme: Organization, client: Client, ada: User
    ) -> None:
        client.force_login(ada)
        board = wall.read().id
        home = f"/{acme.slug}/KAN/settings/boards/"
        sent = {"of": "priority-4", "wip_limit": "1", "wip_unit": "issues", "wip_policy": "block"}
        assert client.post(f"{home}{board}/limits/", sent | {"wip_limit": "0"}).status_code == 422
        answer = client.post(f"{home}{board}/limits/", sent, follow=True)
        page = answer.content.decode()
        assert "Lift the limit of Urgent" in page
        assert "Refuses more" in page
        row = wall.do(lambda actor, project: LaneLimit.objects.get())
        page = client.post(f"{home}limits/{row.pk}/lift/", follow=True).content.decode()
        assert 'name="of" value="priority-4"' in page
        assert not wall.do(lambda actor, project: LaneLimit.objects.exists())
        assert client.post(f"{home}limits/{row.pk}/lift/").status_code == 404


class TestSprints:
    def test_a_limit_counts_what_the_board_shows(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme) as actor:
            project = get_project(actor=actor, key="FLOW")
            one, two, next_one = (
                Sprint.objects.create(org=acme, project=project, name=name, state=state)
                for name, state in (("One", "active"), ("Two", "active"), ("Next", "planned"))
            )
            doing, todo = (Status.objects.get(project=project, name=name) for name in ("In progress", "To do"))
            column = Column.objects.get(project=project, name="In progress")
        make_issues(acme, flow, ada, "elsewhere", "unplanned", status=doing)
        make_issues(acme, flow, ada, "in one", status=doing, sprint_id=one.pk)
        make_issues(acme, flow, ada, "also two", "in two", status=doing, sprint_id=two.pk)
        (coming,) = make_issues(acme, flow, ada, "coming", status=todo, sprint_id=one.pk, assignee=ada)
        (later,) = make_issues(acme, flow, ada, "later", status=doing, sprint_id=next_one.pk, assignee=ada)

        def fresh(issue: Issue) -> Issue:
            return Issue.objects.select_related("project").get(pk=issue.pk)

        def set_limit(at: int, policy: str = "block") -> None:
            with acting(ada, acme) as actor:
                project = get_project(actor=actor, key="FLOW")
                services.set_column_limit(actor=actor, project=project, column_id=column.pk, limit=at, policy=policy)

        # The fullest of its sprints has two, whatever else the project has in progress.
        with pytest.raises(Invalid, match="2 issues are in"):
            set_limit(1)
        set_limit(2)
        with acting(ada, acme) as actor:
            board = selectors.get_board(actor=actor, key="FLOW", sprint_id=two.pk)
            selectors.count(actor=actor, board=board, filters=Filters())
            assert [(each.inside, each.wip_state) for each in board.columns if each.id == column.pk] == [(2, "full")]
            move_issue(actor=actor, issue=fresh(coming), to=doing)

        def refused(work: Callable[[Any], Any]) -> None:
            with acting(ada, acme):
                before = [*Issue.objects.order_by("pk").values(), Event.objects.count()]
            with pytest.raises(ColumnFull), acting(ada, acme) as actor:
                work(actor)
            with acting(ada, acme):
                assert [*Issue.objects.order_by("pk").values(), Event.objects.count()] == before

        # Sprint One is full now: neither a move nor a plan brings more in, and no other sprint minds.
        refused(lambda actor: plan_issues(actor=actor, issues=[fresh(later)], sprint=one))
        refused(
            lambda actor: bulk_edit(
                actor=actor,
                project=get_project(actor=actor, key="FLOW"),
                issue_ids=[later.pk],
                values={"sprint": one.pk},
            )
        )
        refused(
            lambda actor: create_issue(
                actor=actor,
                project=get_project(actor=actor, key="FLOW"),
                new=NewIssue(title="new", status=doing, sprint_id=one.pk),
            )
        )
        make_issues(acme, flow, ada, "unplanned too", status=doing)
        with acting(ada, acme) as actor:
            plan_issues(actor=actor, issues=[fresh(later)], sprint=None)
            # Within one sprint, a person is at the limit by what they have there.
            board_row = Board.objects.select_related("project").get(project=flow)
            services.limit_lanes(
                actor=actor, board=board_row, by="assignee", limit=services.Limit(at=1, policy="block")
            )
            services.set_column_limit(actor=actor, project=fresh(later).project, column_id=column.pk, limit=None)
            edit_issue(actor=actor, issue=fresh(later), values={"priority": 2})
        with pytest.raises(LaneFull), acting(ada, acme) as actor:
            plan_issues(actor=actor, issues=[fresh(later)], sprint=one)
        with acting(ada, acme) as actor:
            plan_issues(actor=actor, issues=[fresh(later)], sprint=two)
