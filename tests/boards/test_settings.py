"""The settings of boards: several of them, their columns, what these show and how much they take."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.boards import selectors, services
from apps.boards.models import Board, Column, ColumnStatus
from apps.core.errors import DomainError, Forbidden, Invalid, NotFound
from apps.core.tenancy import Actor
from apps.events.models import Event
from apps.issues.models import Issue
from apps.issues.services import ColumnFull, NewIssue, bulk_edit, create_issue, move_issue
from apps.orgs.models import Organization
from apps.projects.models import Project, Status
from apps.projects.selectors import get_project
from apps.projects.services import add_status
from tests.factories import acting, give_role, make_issues, make_member, make_project


class Desk:
    """Somebody at the settings of KAN's boards."""

    def __init__(self, user: User, org: Organization, project: Project) -> None:
        self.user, self.org, self.project = user, org, project

    def do(self, work: Any) -> Any:
        with acting(self.user, self.org) as actor:
            return work(actor, get_project(actor=actor, key="KAN"))

    def board(self, name: str = "Board") -> Board:
        board: Board = self.do(
            lambda actor, project: Board.objects.select_related("project").get(project=project, name=name)
        )
        return board

    def column(self, name: str, board: str = "Board") -> Column:
        column: Column = self.do(
            lambda actor, project: Column.objects.select_related("project").get(
                project=project, name=name, board__name=board
            )
        )
        return column

    def status(self, name: str) -> Status:
        status: Status = self.do(lambda actor, project: Status.objects.get(project=project, name=name))
        return status

    def shown(self, board: str = "Board") -> dict[str, list[str]]:
        """The columns of a board, each with the statuses that it shows."""

        def read(actor: Actor, project: Project) -> dict[str, list[str]]:
            names = dict(Status.objects.values_list("pk", "name"))
            view = selectors.get_board(actor=actor, key="KAN", board_id=Board.objects.get(name=board).pk)
            return {column.name: [names[pk] for pk in column.status_ids] for column in view.columns}

        found: dict[str, list[str]] = self.do(read)
        return found

    def new(self, name: str = "Testing") -> Board:
        board: Board = self.do(lambda actor, project: services.create_board(actor=actor, project=project, name=name))
        return board

    def limit(self, name: str, at: int | None, board: str = "Board", **values: Any) -> Column:
        column = self.column(name, board)
        limit = services.Limit(at=at, **values)
        saved: Column = self.do(
            lambda actor, project: services.edit_column(actor=actor, column=column, name=name, limit=limit)
        )
        return saved

    def everything(self) -> list[Any]:
        """All that boards consist of, and how much was recorded."""

        def read(actor: Actor, project: Project) -> list[Any]:
            tables = (Board, Column, ColumnStatus)
            return [*(list(each.objects.order_by("pk").values()) for each in tables), Event.objects.count()]  # type: ignore[attr-defined]

        found: list[Any] = self.do(read)
        return found


@pytest.fixture
def kanban(acme: Organization, ada: User) -> Project:
    return make_project(acme, ada, "KAN", template="kanban")


@pytest.fixture
def desk(ada: User, acme: Organization, kanban: Project) -> Desk:
    return Desk(ada, acme, kanban)


FIRST = {"To do": ["To do"], "In progress": ["In progress"], "In review": ["In review"], "Done": ["Done"]}


class TestBoards:
    def test_another_one_begins_like_the_first_without_its_limits(self, desk: Desk) -> None:
        desk.limit("In progress", 3)
        desk.new()
        assert desk.shown("Testing") == FIRST
        assert desk.column("In progress", "Testing").wip_limit is None
        assert desk.column("In progress").wip_limit == 3

    def test_is_renamed_once(self, desk: Desk) -> None:
        board = desk.board()
        for _time in range(2):
            desk.do(lambda actor, project: services.edit_board(actor=actor, board=board, name=" Work "))
        assert desk.board("Work").pk == board.pk
        assert desk.do(lambda actor, project: Event.objects.filter(kind="project.board_changed").count()) == 1

    def test_is_deleted_and_brought_back_as_it_was(self, desk: Desk) -> None:
        board = desk.new()
        desk.limit("In progress", 3, "Testing")
        before = desk.everything()[:3]
        desk.do(lambda actor, project: services.delete_board(actor=actor, board=board))
        with pytest.raises(NotFound):
            desk.shown("Testing")
        with pytest.raises(NotFound):
            desk.do(lambda actor, project: services.delete_board(actor=actor, board=board))
        desk.do(lambda actor, project: services.restore_board(actor=actor, board=board))
        assert desk.everything()[:3] == before
        with pytest.raises(NotFound):
            desk.do(lambda actor, project: services.restore_board(actor=actor, board=board))

    def test_the_default_one_cannot_be_deleted(self, desk: Desk) -> None:
        board = desk.board()
        desk.new()
        before = desk.everything()
        with pytest.raises(services.BoardNeeded):
            desk.do(lambda actor, project: services.delete_board(actor=actor, board=board))
        assert desk.everything() == before

    def test_are_at_most_so_many(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("apps.boards.services.configuring.MOST_BOARDS", 2)
        gone = desk.new("Gone")
        desk.do(lambda actor, project: services.delete_board(actor=actor, board=gone))
        desk.new()
        with pytest.raises(Invalid):
            desk.new("Third")

    def test_a_project_that_lost_its_board_can_have_one(self, desk: Desk) -> None:
        desk.do(lambda actor, project: Board.objects.all().delete())
        desk.new()
        assert desk.shown("Testing") == {}

    def test_cards_leave_out_what_nobody_needs(self, desk: Desk) -> None:
        board = desk.board()

        def edit(*left_out: str) -> Board:
            saved: Board = desk.do(
                lambda actor, project: services.edit_board(actor=actor, board=board, name="Board", left_out=left_out)
            )
            return saved

        assert edit("points", "key").left_out == ["key", "points"]
        before = desk.everything()
        edit("key", "points")
        with pytest.raises(Invalid):
            edit("title")
        assert desk.everything() == before

    @pytest.mark.parametrize("name", ["", " ", "x" * 81, "a\x00"])
    def test_a_name_is_something_to_read(self, desk: Desk, name: str) -> None:
        before = desk.everything()
        board = desk.board()
        with pytest.raises(Invalid):
            desk.new(name)
        with pytest.raises(Invalid):
            desk.do(lambda actor, project: services.edit_board(actor=actor, board=board, name=name))
        assert desk.everything() == before


class TestColumns:
    def add(self, desk: Desk, name: str, *statuses: str, **values: Any) -> Column:
        board = desk.board()
        ids = [desk.status(status).pk for status in statuses]
        column: Column = desk.do(
            lambda actor, project: services.add_column(actor=actor, board=board, name=name, status_ids=ids, **values)
        )
        return column

    def map(self, desk: Desk, **places: str | None) -> None:
        board = desk.board()
        ids = {
            desk.status(status.replace("_", " ")).pk: desk.column(column).pk if column else None
            for status, column in places.items()
        }
        desk.do(lambda actor, project: services.map_statuses(actor=actor, board=board, places=ids))

    def test_shows_several_statuses(self, desk: Desk, ada: User, acme: Organization) -> None:
        desk.do(lambda actor, project: add_status(actor=actor, project=project, name="Tested", category="done"))
        self.map(desk, Tested="Done")
        assert desk.shown()["Done"] == ["Done", "Tested"]
        self.map(desk, Tested=None, Done="Done")
        assert desk.shown() == FIRST
        before = desk.everything()
        self.map(desk, Done="Done")
        assert desk.everything() == before

    def test_takes_a_status_over_and_comes_at_its_place(self, desk: Desk) -> None:
        desk.do(lambda actor, project: add_status(actor=actor, project=project, name="Tested", category="done"))
        self.map(desk, Tested="Done")
        self.add(desk, "Tests", "Tested", position=1)
        assert list(desk.shown()) == ["To do", "Tests", "In progress", "In review", "Done"]
        assert desk.shown()["Done"] == ["Done"]
        self.add(desk, "Backlog", "Backlog", "Cancelled", position=90)
        assert list(desk.shown())[-1] == "Backlog"

    def test_keeps_a_status(self, desk: Desk) -> None:
        before = desk.everything()
        with pytest.raises(services.ColumnNeeded):
            self.map(desk, Done="In review")
        with pytest.raises(services.ColumnNeeded):
            self.add(desk, "Over", "Done")
        assert desk.everything() == before

    def test_is_removed_and_put_back(self, desk: Desk) -> None:
        column = desk.column("In review")
        desk.do(lambda actor, project: services.remove_column(actor=actor, column=column))
        assert list(desk.shown()) == ["To do", "In progress", "Done"]
        with pytest.raises(NotFound):
            desk.do(lambda actor, project: services.remove_column(actor=actor, column=column))
        self.add(desk, "In review", "In review", position=2, limit=services.Limit(at=2))
        assert desk.shown() == FIRST

    def test_the_last_one_stays(self, desk: Desk) -> None:
        for name in ("To do", "In progress", "In review"):
            column = desk.column(name)
            desk.do(lambda actor, project, column=column: services.remove_column(actor=actor, column=column))
        last = desk.column("Done")
        with pytest.raises(services.ColumnNeeded):
            desk.do(lambda actor, project: services.remove_column(actor=actor, column=last))

    def test_is_shifted_and_stops_at_the_ends(self, desk: Desk) -> None:
        column = desk.column("In review")

        def shift(by: int) -> list[str]:
            desk.do(lambda actor, project: services.shift_column(actor=actor, column=column, by=by))
            return list(desk.shown())

        assert shift(-1) == ["To do", "In review", "In progress", "Done"]
        assert shift(9) == ["To do", "In progress", "Done", "In review"]
        before = desk.everything()
        shift(1)
        assert desk.everything() == before

    def test_is_renamed(self, desk: Desk) -> None:
        column = desk.column("Done")
        desk.do(
            lambda actor, project: services.edit_column(
                actor=actor, column=column, name="Shipped", limit=services.Limit()
            )
        )
        assert list(desk.shown())[-1] == "Shipped"

    def test_refuses_nonsense_and_changes_nothing(
        self, desk: Desk, acme: Organization, ada: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_project(acme, ada, "OTHER")
        foreign = desk.do(lambda actor, project: Status.objects.filter(project__key="OTHER")[0].pk)
        strange = desk.do(lambda actor, project: Column.objects.filter(project__key="OTHER")[0].pk)
        board, own = (
            desk.do(lambda actor, project: Board.objects.select_related("project").get(project=project)),
            (desk.do(lambda actor, project: Status.objects.filter(project=project)[0].pk)),
        )
        before = desk.everything()

        def refused(kind: type[DomainError], work: Any) -> None:
            with pytest.raises(kind):
                desk.do(work)

        def add(**values: Any) -> Any:
            given = {"name": "x", "status_ids": [own]} | values
            return lambda actor, project: services.add_column(actor=actor, board=board, **given)

        refused(Invalid, add(status_ids=[]))
        refused(NotFound, add(status_ids=[foreign]))
        refused(Invalid, add(name=" "))
        refused(Invalid, add(name="x" * 61))
        refused(NotFound, lambda actor, project: services.map_statuses(actor=actor, board=board, places={own: strange}))
        refused(
            NotFound, lambda actor, project: services.map_statuses(actor=actor, board=board, places={foreign: None})
        )
        monkeypatch.setattr("apps.boards.services.columns.MOST_COLUMNS", 4)
        refused(Invalid, add())
        assert desk.everything() == before

    def test_only_admins_of_the_project_change_boards(self, desk: Desk, acme: Organization, kanban: Project) -> None:
        board, column = desk.board(), desk.column("Done")
        member, viewer = make_member(acme), make_member(acme, "guest", "Vera Viewer")
        give_role(acme, kanban, viewer, "viewer")
        before = desk.everything()
        for user in (member, viewer):
            for work in (
                lambda a, p: services.create_board(actor=a, project=p, name="x"),
                lambda a, p: services.edit_board(actor=a, board=board, name="x"),
                lambda a, p: services.delete_board(actor=a, board=board),
                lambda a, p: services.restore_board(actor=a, board=board),
                lambda a, p: services.add_column(actor=a, board=board, name="x", status_ids=[1]),
                lambda a, p: services.edit_column(actor=a, column=column, name="x", limit=services.Limit()),
                lambda a, p: services.shift_column(actor=a, column=column, by=1),
                lambda a, p: services.remove_column(actor=a, column=column),
                lambda a, p: services.map_statuses(actor=a, board=board, places={}),
            ):
                with pytest.raises(Forbidden):
                    Desk(user, acme, kanban).do(work)
        assert desk.everything() == before


class TestLimits:
    def test_below_what_is_inside_is_refused(self, desk: Desk, ada: User, acme: Organization, kanban: Project) -> None:
        make_issues(acme, kanban, ada, "a", "b", points=5)
        before = desk.everything()
        with pytest.raises(Invalid, match="2 issues are in"):
            desk.limit("To do", 1)
        with pytest.raises(Invalid, match="10 points are in"):
            desk.limit("To do", 9, unit="points")
        assert desk.everything() == before
        assert desk.limit("To do", 2).wip_limit == 2
        make_issues(acme, kanban, ada, "c", points=5)
        # It is over now; what else can be said of it is no new limit.
        assert desk.limit("To do", 2, policy="block").wip_policy == "block"
        assert desk.limit("To do", 15, unit="points").wip_unit == "points"

    def test_in_points_holds_whatever_way_the_work_comes(
        self, desk: Desk, ada: User, acme: Organization, kanban: Project
    ) -> None:
        desk.new()
        desk.limit("In progress", 8, "Testing", unit="points", policy="block")
        make_issues(acme, kanban, ada, "five", "six", points=5)
        make_issues(acme, kanban, ada, "none")
        progress = desk.status("In progress")

        def move(title: str) -> None:
            def work(actor: Actor, project: Project) -> None:
                issue = Issue.objects.select_related("project").get(title=title)
                move_issue(actor=actor, issue=issue, to=progress)

            desk.do(work)

        move("five")
        move("none")
        before = desk.do(lambda actor, project: list(Issue.objects.order_by("pk").values()))
        with pytest.raises(ColumnFull, match=r"In progress \(Testing\).* 8 points"):
            move("six")
        ids = [issue["id"] for issue in before if issue["title"] == "six"]
        with pytest.raises(ColumnFull):
            desk.do(
                lambda actor, project: bulk_edit(
                    actor=actor, project=project, issue_ids=ids, values={"status": progress.pk}
                )
            )
        with pytest.raises(ColumnFull):
            desk.do(
                lambda actor, project: create_issue(
                    actor=actor,
                    project=project,
                    new=NewIssue(title="new", status=progress, points=4),  # type: ignore[arg-type]
                )
            )
        assert desk.do(lambda actor, project: list(Issue.objects.order_by("pk").values())) == before
        # Estimated lower in the same stroke, it fits.
        desk.do(
            lambda actor, project: bulk_edit(
                actor=actor, project=project, issue_ids=ids, values={"status": progress.pk, "points": 3}
            )
        )
        board = desk.board("Testing")
        desk.do(lambda actor, project: services.delete_board(actor=actor, board=board))
        make_issues(acme, kanban, ada, "more", status=progress, points=9)

    def test_another_status_of_the_same_column_is_no_arrival(
        self, desk: Desk, ada: User, acme: Organization, kanban: Project
    ) -> None:
        review, column, board = desk.status("In review"), desk.column("In progress"), desk.board()
        gone = desk.column("In review")
        desk.do(lambda actor, project: services.remove_column(actor=actor, column=gone))
        desk.do(lambda actor, project: services.map_statuses(actor=actor, board=board, places={review.pk: column.pk}))
        desk.limit("In progress", 1, policy="block")
        make_issues(acme, kanban, ada, "a", status=desk.status("In progress"))
        desk.do(
            lambda actor, project: move_issue(
                actor=actor, issue=Issue.objects.select_related("project").get(), to=review
            )
        )
        assert desk.do(lambda actor, project: Issue.objects.get().status_id) == review.pk


class TestPages:
    @pytest.fixture
    def browser(self, client: Client, ada: User) -> Client:
        client.force_login(ada)
        return client

    def home(self, acme: Organization) -> str:
        return f"/{acme.slug}/KAN/"

    def test_a_board_is_made_used_and_deleted_with_a_way_back(
        self, browser: Client, desk: Desk, acme: Organization, ada: User, kanban: Project
    ) -> None:
        home = self.home(acme)
        make_issues(acme, kanban, ada, "a", "b")
        answer = browser.post(home + "settings/boards/new/", {"name": "Testing"}, follow=True)
        assert "Testing" in answer.content.decode()
        board = desk.board("Testing")
        url = f"{home}boards/{board.pk}/"
        page = browser.get(url).content.decode()
        assert f'data-url="{url}"' in page
        column = desk.column("In progress", "Testing")
        issue = desk.do(lambda actor, project: Issue.objects.get(title="a"))
        sent = {"issue": issue.pk, "column": column.pk}
        assert browser.post(url + "move/", sent).json()["column"] == column.pk
        assert browser.post(url + "move/", sent | {"column": desk.column("Done").pk}).status_code == 404
        made = browser.post(url + "create/", {"title": "c", "column": column.pk})
        assert made.url == url  # type: ignore[attr-defined]
        assert set(browser.get(url + "totals/").json()["columns"]) == {
            str(desk.column(name, "Testing").pk) for name in FIRST
        }
        assert browser.get(f"{url}columns/{column.pk}/?after=a0").status_code == 200
        answer = browser.post(f"{home}settings/boards/{board.pk}/delete/", follow=True)
        assert f"settings/boards/{board.pk}/restore/" in answer.content.decode()
        assert browser.get(url).status_code == 404
        assert browser.post(url + "move/", sent).status_code == 404
        browser.post(f"{home}settings/boards/{board.pk}/restore/")
        assert browser.get(url).status_code == 200

    def test_the_default_board_has_one_address(self, browser: Client, desk: Desk, acme: Organization) -> None:
        answer = browser.get(f"{self.home(acme)}boards/{desk.board().pk}/?q=x")
        assert answer.url == f"{self.home(acme)}board/?q=x"  # type: ignore[attr-defined]

    def test_columns_are_changed_and_a_removed_one_comes_back(
        self, browser: Client, desk: Desk, acme: Organization
    ) -> None:
        settings = self.home(acme) + "settings/boards/"
        board, review = desk.board(), desk.column("In review")
        desk.limit("In review", 4, policy="block")
        answer = browser.post(f"{settings}columns/{review.pk}/remove/", follow=True)
        page = answer.content.decode()
        assert list(desk.shown()) == ["To do", "In progress", "Done"]
        form = page[page.index(f"settings/boards/{board.pk}/columns/") :]
        fields = dict(part.split('" value="') for part in form[: form.index("</form>")].split('name="')[1:])
        values = {name: value.split('"')[0] for name, value in fields.items()}
        browser.post(f"{settings}{board.pk}/columns/", values)
        assert desk.shown() == FIRST
        again = desk.column("In review")
        assert (again.wip_limit, again.wip_policy) == (4, "block")
        browser.post(f"{settings}columns/{again.pk}/shift/", {"by": "-1"})
        browser.post(f"{settings}columns/{again.pk}/shift/", {"by": "1"})
        assert list(desk.shown()) == list(FIRST)
        browser.post(
            f"{settings}{board.pk}/statuses/", {f"status-{desk.status('Cancelled').pk}": desk.column("Done").pk}
        )
        assert desk.shown()["Done"] == ["Done", "Cancelled"]
        browser.post(
            f"{settings}{board.pk}/",
            {"name": "Work", "shows": ["key", "type"], "done_days": "30", "marks_slow": "on", "grouping": "epic"},
        )
        assert desk.board("Work").pk == board.pk
        assert set(desk.board("Work").left_out) == set(Board.CardField.values) - {"key", "type"}
        assert (desk.board("Work").done_days, desk.board("Work").marks_slow) == (30, True)
        assert desk.board("Work").grouping == "epic"
        assert 'value="30"' in browser.get(self.home(acme) + "settings/board/").content.decode()

    def test_every_field_has_an_id_of_its_own(self, browser: Client, desk: Desk, acme: Organization) -> None:
        page = browser.get(self.home(acme) + "settings/board/").content.decode()
        ids = re.findall(r' id="([^"]+)"', page)
        assert sorted(ids) == sorted(set(ids))

    def test_what_is_refused_is_said_beside_its_field(self, browser: Client, desk: Desk, acme: Organization) -> None:
        settings = self.home(acme) + "settings/boards/"
        board, column = desk.board(), desk.column("To do")
        before = desk.everything()
        for limit in ("0", "1000", "x"):
            sent = {"name": "To do", "wip_limit": limit, "wip_unit": "issues", "wip_policy": "warn"}
            answer = browser.post(
                f"{settings}columns/{column.pk}/", {f"{column.pk}-{name}": value for name, value in sent.items()}
            )
            assert answer.status_code == 422
            assert f'id="id_{column.pk}-wip_limit_error"' in answer.content.decode()
        for path, sent in (
            ("new/", {"name": ""}),
            (f"{board.pk}/", {"name": ""}),
            (f"{board.pk}/columns/", {"name": "x"}),
            (f"{board.pk}/statuses/", {f"status-{desk.status('Done').pk}": ""}),
        ):
            assert browser.post(settings + path, sent).status_code == 422
        assert desk.everything() == before
        for name in ("To do", "In progress", "In review", "Done"):
            answer = browser.post(f"{settings}columns/{desk.column(name).pk}/remove/", follow=True)
        assert "It is the last one." in answer.content.decode()

    def test_what_another_project_has_is_not_found(
        self, browser: Client, desk: Desk, acme: Organization, ada: User
    ) -> None:
        make_project(acme, ada, "OTHER")
        path = f"/{acme.slug}/OTHER/settings/boards/"
        assert browser.post(f"{path}columns/{desk.column('Done').pk}/remove/").status_code == 404
        assert browser.post(f"{path}{desk.board().pk}/", {"name": "x"}).status_code == 404
        assert browser.get(f"{path}{desk.board().pk}/").status_code == 404

    def test_tells_what_no_column_shows_and_where_it_is(
        self, browser: Client, desk: Desk, acme: Organization, ada: User, kanban: Project
    ) -> None:
        make_issues(acme, kanban, ada, "reviewed", status=desk.status("In review"))
        browser.post(f"{self.home(acme)}settings/boards/columns/{desk.column('In review').pk}/remove/")
        page = browser.get(self.home(acme) + "board/").content.decode()
        assert "1 issue is in a status that this board does not show" in page
        found = browser.get(f"{self.home(acme)}issues/?off_board={desk.board().pk}").content.decode()
        assert "reviewed" in found
        assert "Not on the board" in browser.get(self.home(acme) + "settings/board/").content.decode()

    def test_costs_the_same_for_many_boards(self, browser: Client, desk: Desk, acme: Organization) -> None:
        def cost(path: str) -> int:
            browser.get(path)
            with CaptureQueriesContext(connection) as queries:
                assert browser.get(path).status_code == 200
            return len([query for query in queries if "SAVEPOINT" not in query["sql"]])

        board = desk.new()
        paths = [f"{self.home(acme)}{rest}" for rest in ("board/", f"boards/{board.pk}/", "settings/board/")]
        few = [cost(path) for path in paths]
        for number in range(3):
            desk.new(f"Board {number}")
        assert [cost(path) for path in paths] == few
        assert few[0] == few[1]
