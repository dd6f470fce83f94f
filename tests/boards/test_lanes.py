"""Lanes across a board: which there are, what a drop in them changes, who remembers what; and what they cost."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.boards import selectors, services
from apps.boards.models import Board, BoardChoice, Column
from apps.core.errors import Forbidden, Invalid, NotFound
from apps.core.tenancy import run_as_system
from apps.events.models import Event
from apps.issues.models import Issue
from apps.issues.selectors import Filters, Lane
from apps.issues.services import Place, archive_issue, delete_issue, take_back
from apps.orgs.models import Membership, Organization
from apps.orgs.services import remove_member
from apps.projects.models import IssueType, Project, Status
from apps.projects.selectors import get_project
from tests.factories import acting, give_role, make_issues, make_member, make_project


@pytest.fixture
def kanban(acme: Organization, ada: User) -> Project:
    return make_project(acme, ada, "KAN", template="kanban")


class Wall:
    """KAN's board, as one person looks at it."""

    def __init__(self, user: User, org: Organization, project: Project) -> None:
        self.user, self.org, self.project = user, org, project

    def do(self, work: Any) -> Any:
        with acting(self.user, self.org) as actor:
            return work(actor, get_project(actor=actor, key="KAN"))

    def group(self, by: str) -> None:
        def work(actor: Any, project: Project) -> None:
            board = selectors.get_board(actor=actor, key="KAN")
            services.choose_grouping(actor=actor, board=board, grouping=by)

        self.do(work)

    def read(self, **filters: Any) -> selectors.BoardView:
        def work(actor: Any, project: Project) -> selectors.BoardView:
            board = selectors.get_board(actor=actor, key="KAN")
            return selectors.fill(actor=actor, board=board, filters=Filters(**filters))

        shown: selectors.BoardView = self.do(work)
        return shown

    def lanes(self, by: str, **filters: Any) -> dict[str, dict[str, list[str]]]:
        """The lanes by name, and the titles in their cells that hold any."""
        self.group(by)
        shown = self.read(**filters)
        names = {column.id: column.name for column in shown.columns}
        return {
            lane.name: {names[pk]: [card.title for card in cell.cards] for pk, cell in lane.cells.items() if cell.cards}
            for lane in shown.lanes
        }

    def add(self, *titles: str, level: int = IssueType.Level.STANDARD, status: str = "To do", **fields: Any) -> Issue:
        def work(actor: Any, project: Project) -> tuple[Any, Any]:
            kind = IssueType.objects.filter(project=project, level=level).order_by("-name")[0]
            return kind, Status.objects.get(project=project, name=status)

        kind, column = self.do(work)
        return make_issues(self.org, self.project, self.user, *titles, type=kind, status=column, **fields)[-1]

    def move(self, lane: Lane | None, column: str, *issues: Issue) -> Any:
        def work(actor: Any, project: Project) -> Any:
            shown = selectors.get_board(actor=actor, key="KAN")
            column_id = next(each.id for each in shown.columns if each.name == column)
            statuses = selectors.column_statuses(actor=actor, project=project, column_id=column_id)
            ids = [issue.pk for issue in issues]
            return services.move_cards(
                actor=actor, project=project, statuses=statuses, issue_ids=ids, place=Place(), lane=lane
            )

        return self.do(work)

    def everything(self) -> list[Any]:
        """All issues, and how much was recorded."""
        return self.do(lambda actor, project: [*Issue.objects.order_by("pk").values(), Event.objects.count()])


@pytest.fixture
def wall(ada: User, acme: Organization, kanban: Project) -> Wall:
    return Wall(ada, acme, kanban)


class TestLanes:
    def test_by_person_and_priority_show_what_a_team_needs(self, wall: Wall, ada: User, acme: Organization) -> None:
        mateo, zoe = make_member(acme), make_member(acme, name="Zoe Adler")
        wall.add("nobody's")
        wall.add("his", "his too", assignee=mateo, priority=4, points=Decimal(2))
        wall.add("begun", assignee=mateo, status="In progress", points=Decimal("0.5"))
        assert wall.lanes("assignee") == {
            "Unassigned": {"To do": ["nobody's"]},
            "Ada Okafor": {},
            "Mateo Ruiz": {"To do": ["his", "his too"], "In progress": ["begun"]},
        }
        lane = wall.read().lanes[2]
        assert (lane.total, lane.points, lane.key) == (3, Decimal("4.5"), f"assignee-{mateo.pk}")
        assert wall.lanes("assignee", q="nobody's") == {"Unassigned": {"To do": ["nobody's"]}, "Ada Okafor": {}}
        assert list(wall.lanes("priority")) == ["Urgent", "High", "Medium", "Low", "No priority"]
        assert wall.lanes("priority")["Urgent"] == {"To do": ["his", "his too"]}
        assert wall.lanes("none") == {}

        # Somebody who left keeps what they had, and nothing comes to them.
        wall.add("hers", assignee=zoe)
        with run_as_system(org_id=acme.pk) as system:
            remove_member(actor=system, membership=Membership.objects.get(user=zoe))
        assert wall.lanes("assignee")["Zoe Adler"] == {"To do": ["hers"]}
        gone = next(lane for lane in wall.read().lanes if lane.name == "Zoe Adler")
        assert (gone.takes, gone.rule) == (frozenset(), "Zoe Adler no longer works in this project.")

    def test_by_epic_and_parent_take_sub_tasks_along(self, wall: Wall) -> None:
        epic = wall.add("Epic", level=IssueType.Level.EPIC)
        story = wall.add("story", parent=epic)
        wall.add("step", level=IssueType.Level.SUBTASK, parent=story)
        loose = wall.add("loose")
        wall.add("loose step", level=IssueType.Level.SUBTASK, parent=loose)
        assert wall.lanes("epic") == {
            "Epic": {"To do": ["story", "step"]},
            "No epic": {"To do": ["Epic", "loose", "loose step"]},
        }
        assert wall.lanes("parent") == {
            "Epic": {"To do": ["story"]},
            "story": {"To do": ["step"]},
            "loose": {"To do": ["loose step"]},
            "No parent": {"To do": ["Epic", "loose"]},
        }
        assert [sorted(lane.takes) for lane in wall.read().lanes] == [[0, 1], [0], [0], [0, 1, 2]]
        # An epic in the archive still holds what it held; in the bin it does not.
        wall.do(
            lambda actor, project: archive_issue(
                actor=actor, issue=Issue.objects.select_related("project").get(pk=epic.pk)
            )
        )
        assert wall.lanes("epic")["Epic"] == {"To do": ["story", "step"]}
        wall.do(
            lambda actor, project: delete_issue(
                actor=actor, issue=Issue.objects.select_related("project").get(pk=epic.pk)
            )
        )
        assert wall.lanes("epic") == {"No epic": {"To do": ["story", "step", "loose", "loose step"]}}

    def test_an_epic_of_a_project_that_one_may_not_see_names_no_lane(
        self, wall: Wall, ada: User, acme: Organization
    ) -> None:
        secret = make_project(acme, ada, "SECRET", visibility="private")
        with acting(ada, acme):
            kind = IssueType.objects.get(project=secret, level=IssueType.Level.EPIC)
        (epic,) = make_issues(acme, secret, ada, "Secret epic", type=kind)
        wall.add("part", parent=epic)
        mateo = make_member(acme)
        assert list(wall.lanes("epic")) == ["Secret epic", "No epic"]
        for by, name in (("epic", "No epic"), ("parent", "No parent")):
            assert Wall(mateo, acme, wall.project).lanes(by) == {name: {"To do": ["part"]}}

    def test_every_cell_has_its_first_cards_and_leads_on(
        self, wall: Wall, ada: User, acme: Organization, client: Client
    ) -> None:
        wall.add(*(f"one {number:02}" for number in range(13)))
        wall.add(*(f"two {number:02}" for number in range(13)), assignee=ada)
        wall.group("assignee")
        shown = wall.read()
        cells = [next(iter(lane.cells.values())) for lane in shown.lanes]
        assert [(cell.total, len(cell.cards)) for cell in cells] == [(13, 10), (13, 10)]
        assert shown.columns[0].total == 26
        client.force_login(ada)
        path = f"/{acme.slug}/KAN/board/"
        page = client.get(path).content.decode()
        address = f"{path}columns/{shown.columns[0].id}/?after={cells[1].next_after}"
        assert f"{address}&amp;lane=assignee-{ada.pk}" in page
        rest = client.get(f"{address}&lane=assignee-{ada.pk}").content.decode()
        assert rest.count('class="card"') == 3
        assert ("two 12" in rest, "one 12" in rest) == (True, False)
        assert "<h1>To do, Ada Okafor</h1><p>13 issues" in rest
        rest = client.get(f"{path}columns/{shown.columns[0].id}/?after=&lane=assignee-none", HTTP_HX_REQUEST="true")
        assert (rest.content.decode().count('class="card"'), b"two" in rest.content) == (13, False)
        for nonsense in ("assignee-x", "colour-1", "none-none", "priority-9", "priority-none", "epic-" + "9" * 19, ""):
            assert client.get(f"{address}&lane={nonsense}").status_code == 422, nonsense
        figures = client.get(f"{path}totals/").json()
        assert figures["lanes"]["assignee-none"] == {"count": 13, "points": 0.0}
        assert figures["cells"][f"{shown.columns[0].id} assignee-{ada.pk}"] == 13

    def test_beyond_so_many_lanes_says_how_many_are_left(self, wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("apps.boards.selectors.lanes.MOST_LANES", 2)
        wall.add("x")
        assert list(wall.lanes("priority")) == ["Urgent"]
        assert wall.read().lanes_left == 4
        for number in range(3):
            wall.add(f"part {number}", parent=wall.add(f"Epic {number}", level=IssueType.Level.EPIC, status="Done"))
        assert list(wall.lanes("epic")) == ["Epic 0", "No epic"]
        assert wall.read().lanes_left == 2

    def test_costs_the_same_for_more_cards_and_more_lanes(
        self, wall: Wall, ada: User, acme: Organization, client: Client
    ) -> None:
        client.force_login(ada)
        people = [make_member(acme, name=f"Person {number}") for number in range(9)]
        epics = [wall.add(f"Epic {number}", level=IssueType.Level.EPIC) for number in range(9)]

        def fill(lanes: int) -> None:
            for person, epic in zip(people[:lanes], epics, strict=False):
                wall.add("a", "b", assignee=person, parent=epic)

        def cost(by: str) -> list[int]:
            found = []
            wall.group(by)
            for rest in ("", "totals/"):
                with CaptureQueriesContext(
                    connection,
                ) as queries:
                    client.get(f"/{acme.slug}/KAN/board/{rest}", HTTP_HX_REQUEST="true")
                found.append(len(queries))
            return found

        kinds = ("none", "assignee", "epic", "priority", "parent")
        fill(3)
        before = {by: cost(by) for by in kinds}
        fill(9)
        assert {by: cost(by) for by in kinds} == before
        assert [before[by][0] - before["none"][0] for by in kinds] == [0, 2, 2, 1, 2]
        assert {before[by][1] for by in kinds} == {before["none"][1]}


class TestMoving:
    def test_changes_field_and_status_at_once_and_is_one_fact_and_one_undo(
        self, wall: Wall, ada: User, acme: Organization, client: Client
    ) -> None:
        epic = wall.add("Epic", level=IssueType.Level.EPIC)
        story = wall.add("story")
        step = wall.add("step", level=IssueType.Level.SUBTASK, parent=story)
        mateo = make_member(acme)
        client.force_login(ada)
        path = f"/{acme.slug}/KAN/board/move-many/"
        doing = next(column.id for column in wall.read().columns if column.name == "In progress")

        def now(issue: Issue) -> tuple[Any, ...]:
            values = Issue.objects.filter(pk=issue.pk).values_list("status__name", "assignee", "priority", "parent")
            return wall.do(lambda actor, project: values.get())

        was = now(story)
        for number, (lane, wanted) in enumerate(
            {
                f"assignee-{mateo.pk}": ("In progress", mateo.pk, 0, None),
                "priority-4": ("In progress", None, 4, None),
                f"epic-{epic.pk}": ("In progress", None, 0, epic.pk),
                f"parent-{epic.pk}": ("In progress", None, 0, epic.pk),
            }.items()
        ):
            facts = wall.do(lambda actor, project: Event.objects.count())
            op = f"{number:08}-0000-4000-8000-000000000000"
            sent = {"issue": story.pk, "column": doing, "lane": lane, "op": op}
            answer = client.post(path, sent, HTTP_HX_REQUEST="true").json()
            assert answer["cards"][0]["lane"] == lane
            assert now(story) == wanted
            assert wall.do(lambda actor, project: Event.objects.count()) == facts + 1
            wall.do(lambda actor, project, op=op: take_back(actor=actor, project=project, issue_id=story.pk, op=op))
            assert now(story) == was

        # Within its own lane a sub-task moves, although nothing is brought there.
        wall.move(Lane("epic", None), "In progress", step)
        assert now(step)[0] == "In progress"
        wall.move(Lane("assignee", mateo.pk), "Done", story, step)
        wall.move(Lane("assignee", None), "Done", story)
        assert (now(story)[:2], now(step)[:2]) == (("Done", None), ("Done", mateo.pk))

    def test_refuses_what_cannot_be_and_changes_nothing(
        self, wall: Wall, ada: User, acme: Organization, client: Client
    ) -> None:
        epic = wall.add("Epic", level=IssueType.Level.EPIC)
        story, other = wall.add("story", parent=epic), wall.add("other")
        step = wall.add("step", level=IssueType.Level.SUBTASK, parent=story)
        globex_owner = make_member(acme, name="Gil")
        outsider = make_project(acme, ada, "PRIV", visibility="private")
        (hidden,) = make_issues(acme, outsider, ada, "hidden")
        before = wall.everything()
        for lane, issues, why in (
            (Lane("epic", None), [step], "A sub-task goes with its parent"),
            (Lane("epic", epic.pk), [epic], "an epic is in no other epic"),
            (Lane("epic", epic.pk), [other, step], "A sub-task goes with its parent"),
            (Lane("epic", story.pk), [other], "An epic holds issues"),
            (Lane("parent", story.pk), [other], "An epic holds issues"),
            (Lane("parent", epic.pk), [epic], "An epic holds issues"),
            (Lane("assignee", 999_999_999), [other], "somebody who works in this project"),
            (Lane("parent", 999_999_999), [other], "no such parent"),
        ):
            with pytest.raises(Invalid, match=why):
                wall.move(lane, "In progress", *issues)
        viewer = make_member(acme, name="Vera")
        with run_as_system(org_id=acme.pk):
            Project.objects.filter(pk=wall.project.pk).update(visibility="private")
        give_role(acme, wall.project, viewer, "viewer")
        give_role(acme, wall.project, globex_owner, "member")
        events = wall.everything()[-1]
        with pytest.raises(Forbidden):
            Wall(viewer, acme, wall.project).move(Lane("priority", 4), "In progress", other)
        # Somebody who may not see a project cannot hang an issue under one of its own.
        with pytest.raises(Invalid, match="no such parent"):
            Wall(globex_owner, acme, wall.project).move(Lane("parent", hidden.pk), "In progress", step)
        assert wall.everything() == [*before[:-1], events]
        client.force_login(ada)
        doing = next(column.id for column in wall.read().columns if column.name == "In progress")
        sent = {"issue": other.pk, "column": doing, "lane": "colour-1"}
        assert client.post(f"/{acme.slug}/KAN/board/move-many/", sent).status_code == 422
        assert wall.everything() == [*before[:-1], events]


class TestChoosing:
    def test_is_ones_own_and_goes_before_the_boards(
        self, wall: Wall, ada: User, acme: Organization, client: Client
    ) -> None:
        mateo = make_member(acme)
        other = Wall(mateo, acme, wall.project)
        client.force_login(ada)
        path = f"/{acme.slug}/KAN/board/"

        def default(grouping: str) -> None:
            def work(actor: Any, project: Project) -> None:
                board = Board.objects.select_related("project").get(project=project)
                services.edit_board(actor=actor, board=board, name="Board", grouping=grouping)

            wall.do(work)

        default("priority")
        assert (wall.read().grouping, other.read().grouping) == ("priority", "priority")
        answer = client.post(f"{path}lanes/?q=x", {"grouping": "assignee"})
        assert (answer.status_code, answer["Location"]) == (302, f"{path}?q=x")
        assert (wall.read().grouping, other.read().grouping) == ("assignee", "priority")
        answer = client.post(f"{path}lanes/", {"grouping": "none"}, HTTP_X_REQUESTED_WITH="XMLHttpRequest")
        assert answer.status_code == 204
        assert (wall.read().grouping, wall.read().has_lanes) == ("none", False)
        assert client.post(f"{path}lanes/", {"grouping": ""}).status_code == 302
        default("epic")
        assert wall.read().grouping == "epic"
        assert client.post(f"{path}lanes/", {"grouping": "colour"}).status_code == 422
        with pytest.raises(Invalid):
            default("colour")
        assert wall.read().grouping == "epic"

    def test_folds_lanes_for_oneself(
        self, wall: Wall, ada: User, acme: Organization, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mateo = make_member(acme)
        client.force_login(ada)
        path = f"/{acme.slug}/KAN/board/lanes/fold/"
        facts = wall.everything()[-1]

        def folded(wall: Wall) -> list[str]:
            wall.group("priority")
            return [lane.name for lane in wall.read().lanes if lane.is_folded]

        for lane in ("priority-0", "priority-4", "priority-4"):
            assert client.post(path, {"lane": lane, "is_folded": "1"}).status_code == 204
        assert folded(wall) == ["Urgent", "No priority"]
        assert folded(Wall(mateo, acme, wall.project)) == []
        client.post(path, {"lane": "priority-0", "is_folded": "0"})
        assert folded(wall) == ["Urgent"]
        assert client.post(path, {"lane": "colour-1", "is_folded": "1"}).status_code == 422
        monkeypatch.setattr("apps.boards.services.choosing.MOST_FOLDED", 1)
        client.post(path, {"lane": "priority-3", "is_folded": "1"})
        assert folded(wall) == ["High"]
        # Nothing happened to the board, and nobody else sees what somebody chose.
        assert wall.everything()[-1] == facts
        with acting(mateo, acme):
            assert list(BoardChoice.objects.values_list("user_id", flat=True)) == [mateo.pk]

    def test_of_a_board_that_is_gone_is_refused(self, wall: Wall) -> None:
        def work(actor: Any, project: Project) -> None:
            board = services.create_board(actor=actor, project=project, name="Other")
            shown = selectors.get_board(actor=actor, key="KAN", board_id=board.pk)
            services.delete_board(actor=actor, board=board)
            for choose in (
                lambda: services.choose_grouping(actor=actor, board=shown, grouping="epic"),
                lambda: services.fold_lane(actor=actor, board=shown, lane=Lane("epic", None), is_folded=True),
            ):
                with pytest.raises(NotFound):
                    choose()
            assert not BoardChoice.objects.exists()
            assert Column.objects.filter(board_id=board.pk).exists()

        wall.do(work)
