"""Boards over several projects: what each reader sees, in which order, where a drop leads, and what it costs."""

import random
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.boards.models import AcrossBoard, AcrossProject, Column
from apps.boards.selectors import across as selectors
from apps.boards.services import Limit, across, across_cards, edit_column
from apps.core.errors import DomainError, Forbidden, Invalid, NotFound
from apps.core.tenancy import OrgRole
from apps.events.models import Event
from apps.issues.models import Issue
from apps.issues.selectors import NoSuchIssue, TransitionRefused
from apps.issues.services import ColumnFull, archive_issue, move_issue, retire_status
from apps.orgs.models import Organization
from apps.projects.models import Project, ProjectMember, Status, Transition
from apps.projects.services import add_status, remove_project_role, remove_transition, set_project_archived
from apps.sprints.models import Sprint
from tests.factories import acting, give_role, make_issues, make_member, make_project


@pytest.fixture
def kan(acme: Organization, ada: User) -> Project:
    return make_project(acme, ada, "KAN", template="kanban")


@pytest.fixture
def ops(acme: Organization, ada: User) -> Project:
    return make_project(acme, ada, "OPS", template="kanban")


def make(user: User, org: Organization, *projects: Project, by: str = "status", name: str = "Both") -> AcrossBoard:
    with acting(user, org) as actor:
        ids = [project.pk for project in projects]
        return across.create_across(actor=actor, name=name, by=by, project_ids=ids)


def shown(user: User, org: Organization, board: AcrossBoard, **filters: Any) -> selectors.AcrossView:
    with acting(user, org) as actor:
        view = selectors.get_across(actor=actor, across_id=board.pk)
        return selectors.fill_across(actor=actor, view=view, filters=selectors.AcrossFilters(**filters))


def titles(view: selectors.AcrossView) -> dict[str, list[str]]:
    return {column.name: [card.title for card in column.cards] for column in view.columns}


def column(view: selectors.AcrossView, name: str) -> selectors.AcrossColumn:
    return next(column for column in view.columns if column.name == name)


def rows(org: Organization, user: User) -> list[Any]:
    """What a refused request must leave as it is."""
    with acting(user, org):
        boards = list(AcrossBoard.objects.order_by("pk").values())
        places = list(AcrossProject.objects.order_by("pk").values())
        issues = list(Issue.objects.order_by("pk").values("pk", "rank", "status_id", "version"))
        return [*boards, *places, *issues, Event.objects.count()]


class TestMaking:
    def test_members_make_boards_of_projects_that_they_see(
        self, ada: User, acme: Organization, kan: Project, ops: Project
    ) -> None:
        mateo = make_member(acme)
        board = make(mateo, acme, kan, ops, name="  All \n of it ")
        with acting(mateo, acme) as actor:
            assert [(each.name, [p.key for p in each.projects]) for each in selectors.list_across(actor=actor)] == [
                ("All of it", ["KAN", "OPS"])
            ]
            event = Event.objects.get(kind="board.changed")
            assert (event.project_id, event.data, event.actor_id) == (None, {"board_id": board.pk}, mateo.pk)

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"name": " "}, "name"),
            ({"name": "x" * 81}, "name"),
            ({"by": "nothing"}, "by"),
            ({"project_ids": []}, "projects"),
            ({"project_ids": [2**40]}, "projects"),
            ({"project_ids": range(21)}, "projects"),
        ],
    )
    def test_refuses_what_makes_no_board(
        self, ada: User, acme: Organization, kan: Project, values: dict[str, Any], field: str
    ) -> None:
        board = make(ada, acme, kan)
        before = rows(acme, ada)
        good: dict[str, Any] = {"name": "Fine", "by": "status", "project_ids": [kan.pk]}
        with acting(ada, acme) as actor:
            with pytest.raises(Invalid) as refused:
                across.create_across(actor=actor, **good | values)
            assert refused.value.extra["field"] == field
            with pytest.raises(Invalid):
                across.edit_across(actor=actor, board=board, **good | values)
        assert rows(acme, ada) == before

    def test_refuses_guests_hidden_projects_and_too_many(
        self, ada: User, acme: Organization, kan: Project, secret: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mateo, guest = make_member(acme), make_member(acme, OrgRole.GUEST, "Gus")
        give_role(acme, kan, guest, "admin")
        before = rows(acme, ada)
        with pytest.raises(Forbidden):
            make(guest, acme, kan)
        with pytest.raises(Invalid, match="gone"):
            make(mateo, acme, kan, secret)
        monkeypatch.setattr(across, "MOST_ACROSS", 0)
        with pytest.raises(Invalid, match="at most 0"):
            make(mateo, acme, kan)
        assert rows(acme, ada) == before


class TestChanging:
    def test_its_maker_and_the_organizations_admins_change_delete_and_restore_it(
        self, ada: User, acme: Organization, kan: Project, ops: Project
    ) -> None:
        mateo = make_member(acme)
        board = make(mateo, acme, kan)
        for user, name in ((mateo, "Mine"), (ada, "Ours")):
            with acting(user, acme) as actor:
                across.edit_across(actor=actor, board=board, name=name, by="category", project_ids=[ops.pk])
            view = shown(user, acme, board)
            assert (view.name, view.by, [project.key for project in view.projects]) == (name, "category", ["OPS"])
            with acting(user, acme) as actor:
                across.delete_across(actor=actor, board=board)
                assert selectors.list_across(actor=actor) == []
                assert [each.id for each in selectors.list_across(actor=actor, is_deleted=True)] == [board.pk]
                with pytest.raises(NotFound):
                    selectors.get_across(actor=actor, across_id=board.pk)
                with pytest.raises(NotFound):
                    across.edit_across(actor=actor, board=board, name="x", by="status", project_ids=[ops.pk])
                across.restore_across(actor=actor, board=board)
                with pytest.raises(NotFound):
                    across.restore_across(actor=actor, board=board)
        # Told once: who changes nothing says nothing.
        with acting(ada, acme) as actor:
            count = Event.objects.filter(kind="board.changed").count()
            across.edit_across(actor=actor, board=board, name="Ours", by="category", project_ids=[ops.pk])
        with acting(ada, acme):
            assert Event.objects.filter(kind="board.changed").count() == count

    def test_others_may_not(self, ada: User, acme: Organization, kan: Project) -> None:
        mateo, guest = make_member(acme), make_member(acme, OrgRole.GUEST, "Gus")
        give_role(acme, kan, guest, "admin")
        board, gone = make(ada, acme, kan), make(ada, acme, kan, name="Gone")
        with acting(ada, acme) as actor:
            across.delete_across(actor=actor, board=gone)
        before = rows(acme, ada)
        for user in (mateo, guest):
            with acting(user, acme) as actor:
                assert not selectors.get_across(actor=actor, across_id=board.pk).can_change
                assert selectors.list_across(actor=actor, is_deleted=True) == []
                with pytest.raises(Forbidden):
                    across.edit_across(actor=actor, board=board, name="x", by="status", project_ids=[kan.pk])
                with pytest.raises(Forbidden):
                    across.delete_across(actor=actor, board=board)
                with pytest.raises(Forbidden):
                    across.restore_across(actor=actor, board=gone)
        assert rows(acme, ada) == before

    def test_projects_that_the_editor_cannot_see_stay(
        self, ada: User, acme: Organization, kan: Project, ops: Project, secret: Project
    ) -> None:
        boss = make_member(acme, OrgRole.ADMIN, "Boss")
        board = make(ada, acme, kan, secret)
        with acting(boss, acme) as actor:
            across.edit_across(actor=actor, board=board, name="Both", by="status", project_ids=[ops.pk])
        assert {project.pk for project in shown(ada, acme, board).projects} == {ops.pk, secret.pk}
        with acting(ada, acme):
            # What is told to the whole organization names no project.
            told = [change.new for event in Event.objects.all() for change in event.changes.filter(field="projects")]
        assert told == [sorted([kan.pk, secret.pk]), [ops.pk]]


class TestWhoSeesWhat:
    def test_each_sees_their_projects_and_nobody_a_board_of_others(
        self, ada: User, acme: Organization, kan: Project, secret: Project
    ) -> None:
        mateo, guest = make_member(acme), make_member(acme, OrgRole.GUEST, "Gus")
        make_issues(acme, kan, ada, "open")
        make_issues(acme, secret, ada, "hidden")
        both, private = make(ada, acme, kan, secret), make(ada, acme, secret, name="Private")
        assert sorted(titles(shown(ada, acme, both))["To do"]) == ["hidden", "open"]
        assert titles(shown(mateo, acme, both))["To do"] == ["open"]
        for user, board in ((mateo, private), (guest, both), (guest, private)):
            with acting(user, acme) as actor:
                assert board.pk not in [each.id for each in selectors.list_across(actor=actor)]
                for get in (selectors.get_across, selectors.get_across_to_change):
                    with pytest.raises(NotFound):
                        get(actor=actor, across_id=board.pk)
        give_role(acme, secret, guest, "viewer")
        view = shown(guest, acme, both)
        assert titles(view)["To do"] == ["hidden"]
        assert view.editable == []
        assert view.is_fixed(view.columns[0].cards[0])

    def test_the_row_of_a_hidden_project_is_hidden_by_the_database(
        self, ada: User, acme: Organization, kan: Project, secret: Project
    ) -> None:
        board = make(ada, acme, kan, secret)
        with acting(make_member(acme), acme):
            assert [place.project_id for place in AcrossProject.objects.filter(board=board)] == [kan.pk]
            assert str(AcrossProject.objects.get()) == f"project {kan.pk} on board {board.pk}"
            assert str(AcrossBoard.objects.get()) == "Both"


class TestColumns:
    def test_statuses_of_one_name_are_one_column_and_the_backlog_is_off(
        self, ada: User, acme: Organization, kan: Project, ops: Project
    ) -> None:
        with acting(ada, acme) as actor:
            project = Project.objects.get(pk=ops.pk)
            add_status(actor=actor, project=project, name="in  PROGRESS", category="in_progress")
            add_status(actor=actor, project=project, name="Rolled out", category="done")
            old = Status.objects.select_related("project").get(project=ops, name="In review")
            retire_status(actor=actor, status=old, to=Status.objects.get(project=ops, name="In progress"))
        view = shown(ada, acme, make(ada, acme, kan, ops))
        assert [column.name for column in view.columns] == ["To do", "In progress", "In review", "Done", "Rolled out"]
        assert [len(column.statuses) for column in view.columns] == [2, 3, 1, 2, 1]
        view = shown(ada, acme, make(ada, acme, kan, ops, by="category", name="Coarse"))
        assert [(column.name, len(column.statuses)) for column in view.columns] == [
            ("To do", 2),
            ("In progress", 4),
            ("Done", 3),
        ]


class TestFill:
    def test_orders_by_rank_and_id_and_pages_through_equal_ranks(
        self, ada: User, acme: Organization, kan: Project, ops: Project
    ) -> None:
        make_issues(acme, kan, ada, *(f"k{number:02}" for number in range(25)), points=1)
        make_issues(acme, ops, ada, *(f"o{number:02}" for number in range(25)), points=2)
        board = make(ada, acme, kan, ops)
        wanted = [f"{letter}{number:02}" for number in range(25) for letter in "ko"]
        view = shown(ada, acme, board)
        first = view.columns[0]
        assert (first.total, first.points, [card.title for card in first.cards]) == (50, 75, wanted[:30])
        assert first.next_after == (first.cards[-1].rank, first.cards[-1].id)
        with acting(ada, acme) as actor:
            for cut in (20, 21, 30):
                view = selectors.get_across(actor=actor, across_id=board.pk)
                place = (first.cards[cut - 1].rank, first.cards[cut - 1].id)
                page = selectors.across_page(
                    actor=actor, view=view, column_id=first.id, filters=selectors.AcrossFilters(), after=place
                )
                assert [card.title for card in page.cards] == wanted[cut : cut + 30]
                assert page.next_after is None

    def test_filters_by_words_keys_people_and_project(
        self, ada: User, acme: Organization, kan: Project, ops: Project
    ) -> None:
        mateo = make_member(acme)
        make_issues(acme, kan, ada, "blue", assignee=ada)
        make_issues(acme, ops, ada, "red", assignee=mateo)
        board = make(ada, acme, kan, ops)
        for filters, found in (
            ({"q": "BLU"}, ["blue"]),
            ({"q": "ops-1"}, ["red"]),
            ({"q": "1"}, ["blue", "red"]),
            ({"q": "xyz-1"}, []),
            ({"mine": True}, ["blue"]),
            ({"assignee": mateo.pk}, ["red"]),
            ({"project": ops.pk}, ["red"]),
        ):
            view = shown(ada, acme, board, **filters)
            assert titles(view)["To do"] == found, filters
            assert view.columns[0].total == len(found)

    def test_a_scrum_project_shows_its_active_sprints(
        self, ada: User, acme: Organization, flow: Project, kan: Project
    ) -> None:
        make_issues(acme, kan, ada, "kanban")
        make_issues(acme, flow, ada, "outside")
        board = make(ada, acme, flow, kan)
        view = shown(ada, acme, board)
        assert sorted(titles(view)["To do"]) == ["kanban", "outside"]
        assert [project.key for project in view.without_sprint] == [flow.key]
        with acting(ada, acme):
            sprint = Sprint.objects.create(org=acme, project=flow, name="Sprint 1", state="active")
        make_issues(acme, flow, ada, "inside", sprint_id=sprint.pk)
        view = shown(ada, acme, board)
        assert sorted(titles(view)["To do"]) == ["inside", "kanban"]
        assert (view.columns[0].total, view.without_sprint) == (2, [])
        with acting(ada, acme) as actor:
            ids = Issue.objects.values_list("pk", flat=True)
            cards = selectors.across_cards(actor=actor, view=view, filters=selectors.AcrossFilters(), ids=list(ids))
        assert sorted(card.title for card in cards) == ["inside", "kanban"]

    def test_a_board_of_projects_without_columns_is_empty(self, ada: User, acme: Organization, kan: Project) -> None:
        board = make(ada, acme, kan)
        with acting(ada, acme):
            Status.objects.filter(project=kan).update(category="backlog")
        assert shown(ada, acme, board).columns == []


class TestMoving:
    def drop(self, user: User, org: Organization, board: AcrossBoard, title: str, to: str, **beside: str) -> Issue:
        with acting(user, org) as actor:
            view = selectors.get_across(actor=actor, across_id=board.pk)
            ids = {each.title: each.pk for each in Issue.objects.all()}
            issues = selectors.get_issues_across(
                actor=actor, view=view, issue_ids=[ids[name] for name in (title, *beside.values())]
            )
            return across_cards.move_across(
                actor=actor,
                view=view,
                column_id=column(view, to).id,
                issue=issues[ids[title]],
                **{name: issues[ids[other]] for name, other in beside.items()},
            )

    def test_lands_in_its_own_projects_status_between_cards_of_others(
        self, ada: User, acme: Organization, kan: Project, ops: Project
    ) -> None:
        make_issues(acme, kan, ada, "k0", "k1", "k2", "k3")
        make_issues(acme, ops, ada, "o0", "o1", "o2", "o3")
        board = make(ada, acme, kan, ops)
        assert titles(shown(ada, acme, board))["To do"] == ["k0", "o0", "k1", "o1", "k2", "o2", "k3", "o3"]
        before = {row["pk"]: row for row in rows(acme, ada) if isinstance(row, dict) and "rank" in row}
        moved = self.drop(ada, acme, board, "k3", "To do", after="o0", before="k1")
        assert titles(shown(ada, acme, board))["To do"] == ["k0", "o0", "k3", "k1", "o1", "k2", "o2", "o3"]
        # One row is written.
        after = {row["pk"]: row for row in rows(acme, ada) if isinstance(row, dict) and "rank" in row}
        assert [pk for pk in after if after[pk] != before[pk]] == [moved.pk]
        # At the top, at the end, and into another column: the project's own status of that name.
        self.drop(ada, acme, board, "o3", "To do", before="k0")
        self.drop(ada, acme, board, "k0", "To do", after="o2")
        assert titles(shown(ada, acme, board))["To do"] == ["o3", "o0", "k3", "k1", "o1", "k2", "o2", "k0"]
        done = self.drop(ada, acme, board, "o1", "Done")
        with acting(ada, acme):
            assert done.status == Status.objects.get(project=ops, name="Done")

    def test_where_equal_ranks_leave_no_room_it_goes_behind_them(
        self, ada: User, acme: Organization, kan: Project, ops: Project
    ) -> None:
        make_issues(acme, kan, ada, "k0", "k1", "k2")
        make_issues(acme, ops, ada, "o0", "o1")
        board = make(ada, acme, kan, ops)
        moved = self.drop(ada, acme, board, "k2", "To do", after="k0", before="o0")
        assert titles(shown(ada, acme, board))["To do"] == ["k0", "o0", "k2", "k1", "o1"]
        with acting(ada, acme):
            assert moved.rank == Issue.objects.get(pk=moved.pk).rank

    def test_back_where_it_came_from_among_equal_ranks(
        self, ada: User, acme: Organization, kan: Project, ops: Project
    ) -> None:
        third = make_project(acme, ada, "THI", template="kanban")
        (k0,), _, (t0,) = (
            make_issues(acme, project, ada, title) for project, title in ((kan, "k0"), (ops, "o0"), (third, "t0"))
        )
        board = make(ada, acme, kan, ops, third)
        self.drop(ada, acme, board, "o0", "Done")
        make_issues(acme, ops, ada, "o1")
        back = self.drop(ada, acme, board, "o0", "To do", after="k0", before="t0")
        assert back.rank == k0.rank == t0.rank
        assert titles(shown(ada, acme, board))["To do"] == ["k0", "o0", "t0", "o1"]

    def test_any_drops_keep_ranks_unique_and_between_their_neighbours(
        self, ada: User, acme: Organization, kan: Project, ops: Project
    ) -> None:
        """Two hundred drops at random places, each checked against the list that the reader saw."""
        make_issues(acme, kan, ada, *(f"k{number}" for number in range(6)))
        make_issues(acme, ops, ada, *(f"o{number}" for number in range(6)))
        chance = random.Random(4)
        with acting(ada, acme) as actor:
            for _drop in range(200):
                issues = sorted(
                    Issue.objects.select_related("project", "status"), key=lambda each: (each.rank, each.pk)
                )
                moving = issues.pop(chance.randrange(len(issues)))
                gap = chance.randrange(len(issues) + 1)
                above = issues[gap - 1] if gap else None
                below = issues[gap] if gap < len(issues) else None
                moved = move_issue(actor=actor, issue=moving, to=moving.status, after=above, before=below)
                if above is not None:
                    assert (above.rank, above.pk) < (moved.rank, moved.pk)
                if below is not None and (above is None or above.rank < below.rank):
                    assert (moved.rank, moved.pk) < (below.rank, below.pk)
                assert Issue.objects.filter(project=moved.project, rank=moved.rank).count() == 1

    def test_refuses_what_its_project_has_no_status_or_no_way_for(
        self, ada: User, acme: Organization, kan: Project, ops: Project
    ) -> None:
        make_issues(acme, kan, ada, "k0")
        make_issues(acme, ops, ada, "o0")
        with acting(ada, acme) as actor:
            add_status(actor=actor, project=Project.objects.get(pk=ops.pk), name="Rolled out", category="done")
            edge = Transition.objects.select_related("project", "target").get(project=kan, target__name="Done")
            remove_transition(actor=actor, transition=edge)
        board = make(ada, acme, kan, ops)
        view = shown(ada, acme, board)
        card = next(card for card in view.columns[0].cards if card.title == "k0")
        closed = {view.column(column_id).name for column_id in view.closed_to(card)}
        assert (closed, view.is_narrowed) == ({"Done", "Rolled out"}, True)
        with acting(ada, acme) as actor:
            issue = selectors.get_issue_across(actor=actor, view=view, key="KAN-1")
            ways = {way.column.name: way for way in selectors.column_ways(actor=actor, view=view, issue=issue)}
        assert ways["To do"].is_here
        assert not ways["In progress"].refused
        assert "no way from" in ways["Done"].refused
        assert ways["Rolled out"].refused == "Project KAN has no status that belongs into “Rolled out”."
        before = rows(acme, ada)
        for name in closed:
            with pytest.raises(TransitionRefused):
                self.drop(ada, acme, board, "k0", name)
        with acting(ada, acme) as actor, pytest.raises(NotFound):
            selectors.landing_statuses(view=view, column_id=2**40, project=kan)
        assert rows(acme, ada) == before

    def test_holds_the_limits_of_the_projects_own_boards(
        self, ada: User, acme: Organization, kan: Project, ops: Project
    ) -> None:
        make_issues(acme, kan, ada, "k0", "k1")
        make_issues(acme, ops, ada, "o0")
        board = make(ada, acme, kan, ops)
        with acting(ada, acme) as actor:
            own = Column.objects.select_related("board", "project").get(project=kan, name="In progress")
            edit_column(actor=actor, column=own, name=own.name, limit=Limit(at=1, unit="issues", policy="block"))
        self.drop(ada, acme, board, "k0", "In progress")
        before = rows(acme, ada)
        with pytest.raises(ColumnFull):
            self.drop(ada, acme, board, "k1", "In progress")
        assert rows(acme, ada) == before
        self.drop(ada, acme, board, "o0", "In progress", after="k0")

    def test_refuses_viewers_and_what_is_gone_or_elsewhere(
        self, ada: User, acme: Organization, kan: Project, ops: Project, secret: Project
    ) -> None:
        viewer = make_member(acme, OrgRole.GUEST, "Vera")
        give_role(acme, kan, viewer, "viewer")
        give_role(acme, ops, viewer, "member")
        make_issues(acme, kan, ada, "k0")
        make_issues(acme, ops, ada, "o0", "o1")
        make_issues(acme, secret, ada, "s0")
        board = make(ada, acme, kan, ops)
        before = rows(acme, ada)
        with pytest.raises(Forbidden):
            self.drop(viewer, acme, board, "k0", "Done")
        with acting(ada, acme) as actor:
            view = selectors.get_across(actor=actor, across_id=board.pk)
            elsewhere = Issue.objects.get(title="s0")
            with pytest.raises(NoSuchIssue):
                selectors.get_issues_across(actor=actor, view=view, issue_ids=[elsewhere.pk])
            for key in (f"{secret.key}-{elsewhere.number}", "KAN-99", "nonsense"):
                with pytest.raises(NoSuchIssue):
                    selectors.get_issue_across(actor=actor, view=view, key=key)
        assert rows(acme, ada) == before
        # Beside a card that they may not move, they move their own.
        self.drop(viewer, acme, board, "o1", "To do", before="k0")
        assert titles(shown(viewer, acme, board))["To do"] == ["o1", "k0", "o0"]
        with acting(ada, acme) as actor:
            set_project_archived(actor=actor, project=Project.objects.get(pk=ops.pk), is_archived=True)
            archive_issue(actor=actor, issue=Issue.objects.select_related("project").get(title="k0"))
        assert [project.key for project in shown(ada, acme, board).editable] == ["KAN"]
        with pytest.raises(DomainError):
            self.drop(ada, acme, board, "o0", "Done")


class TestCost:
    def cost(self, client: Client, path: str, **data: Any) -> int:
        with CaptureQueriesContext(connection) as queries:
            answer = client.post(path, data) if data else client.get(path)
        assert answer.status_code == 200, answer.content
        return len(queries)

    def test_is_the_same_for_many_cards_and_many_projects(self, client: Client, ada: User, acme: Organization) -> None:
        client.force_login(ada)
        projects = [make_project(acme, ada, f"P{number}", template="kanban") for number in range(6)]
        boards = [make(ada, acme, *projects[:2]), make(ada, acme, *projects)]
        for project in projects:
            make_issues(acme, project, ada, "a", "b", assignee=ada)
        with acting(ada, acme):
            AcrossBoard.objects.update(marks_slow=True, done_days=14)
            Column.objects.filter(name="In progress").update(wip_limit=99)
        costs: list[list[int]] = []
        for _round in range(2):
            for board in boards:
                url = f"/{acme.slug}/boards/{board.pk}/"
                first = shown(ada, acme, board).columns[0]
                ids = ",".join(str(card.id) for card in first.cards)
                drop = {"issue": first.cards[-1].id, "column": first.id, "before": first.cards[0].id}
                costs.append(
                    [
                        self.cost(client, url),
                        self.cost(client, f"{url}cards/?ids={ids}"),
                        self.cost(client, f"{url}columns/{first.id}/?after=&q=a"),
                        self.cost(client, f"{url}totals/?mine=1"),
                        self.cost(client, f"{url}move/", **drop),
                        self.cost(client, f"/{acme.slug}/boards/"),
                    ]
                )
            for project in projects:
                make_issues(acme, project, ada, *"cdef", assignee=ada)
        assert costs[1:] == costs[:1] * 3


class TestViews:
    @pytest.fixture
    def client(self, ada: User) -> Client:
        client = Client()
        client.force_login(ada)
        return client

    def test_makes_shows_changes_deletes_and_takes_each_back(
        self, client: Client, ada: User, acme: Organization, kan: Project, ops: Project
    ) -> None:
        home = f"/{acme.slug}/boards/"
        assert "See several projects on one board" in client.get(home).content.decode()
        assert client.get(f"{home}new/").status_code == 200
        refused = client.post(f"{home}new/", {"name": "Both", "by": "status"})
        assert (refused.status_code, "Choose at least one project." in refused.content.decode()) == (422, True)
        made = client.post(f"{home}new/", {"name": "Both", "by": "status", "projects": [kan.pk, ops.pk]}, follow=True)
        url = made.redirect_chain[0][0]
        assert 'data-name="To do"' in made.content.decode()
        assert re.findall(
            r"<h2[^>]*>([^<]+)</h2>", client.get(url, headers={"HX-Request": "true"}).content.decode()
        ) == [
            "To do",
            "In progress",
            "In review",
            "Done",
        ]
        assert client.get(f"{url}settings/").status_code == 200
        assert client.post(f"{url}settings/", {"name": "", "by": "status", "projects": [kan.pk]}).status_code == 422
        saved = client.post(
            f"{url}settings/", {"name": "One", "by": "category", "projects": [ops.pk], "grouping": "none"}, follow=True
        )
        undo = saved.content.decode()
        assert 'data-name="In review"' not in undo
        values = dict.fromkeys(("name", "by", "grouping"))
        sent = re.findall(r'<input type="hidden" name="(name|by|projects|grouping)" value="([^"]*)">', undo)
        values |= {name: [value for each, value in sent if each == name] for name, _value in sent}
        client.post(f"{url}settings/", values)
        view = client.get(url).content.decode()
        assert 'data-name="In review"' in view
        gone = client.post(f"{url}delete/", follow=True).content.decode()
        assert client.get(url).status_code == 404
        restore = re.findall(r'action="([^"]+/restore/)"', gone)[0]
        assert client.post(restore).status_code == 302
        assert client.get(url).status_code == 200

    def test_refuses_settings_to_others(self, ada: User, acme: Organization, kan: Project) -> None:
        board = make(ada, acme, kan)
        client = Client()
        client.force_login(make_member(acme))
        page = client.get(f"/{acme.slug}/boards/{board.pk}/").content.decode()
        assert "/settings/" not in page[page.index('class="actions"') :].split("</header>")[0]
        before = rows(acme, ada)
        assert client.get(f"/{acme.slug}/boards/{board.pk}/settings/").status_code == 403
        good = {"name": "x", "by": "status", "projects": [kan.pk]}
        assert client.post(f"/{acme.slug}/boards/{board.pk}/settings/", good).status_code == 403
        assert rows(acme, ada) == before

    def test_empty_lists_teach_each_their_next_step(self, client: Client, ada: User, acme: Organization) -> None:
        assert "First a project" in client.get(f"/{acme.slug}/boards/").content.decode()
        guest = Client()
        guest.force_login(make_member(acme, OrgRole.GUEST, "Gus"))
        page = guest.get(f"/{acme.slug}/boards/").content.decode()
        assert "Members of the organization make them" in page
        assert "boards/new/" not in page

    def test_moves_and_says_where_a_card_is(
        self, client: Client, ada: User, acme: Organization, kan: Project, ops: Project
    ) -> None:
        (k0,) = make_issues(acme, kan, ada, "k0")
        (o0,) = make_issues(acme, ops, ada, "o0")
        with acting(ada, acme) as actor:
            add_status(actor=actor, project=Project.objects.get(pk=ops.pk), name="Rolled out", category="done")
        board = make(ada, acme, kan, ops)
        url = f"/{acme.slug}/boards/{board.pk}/"
        view = shown(ada, acme, board)
        good = {"issue": k0.pk, "column": column(view, "In progress").id, "op": "abc"}
        answer = client.post(f"{url}move/", good).json()
        with acting(ada, acme):
            status = Status.objects.get(project=kan, name="In progress")
        assert answer == {
            "id": k0.pk,
            "v": 2,
            "rank": answer["rank"],
            "status": status.pk,
            "column": good["column"],
            "op": "abc",
        }
        before = rows(acme, ada)
        refused = client.post(
            f"{url}move/", good | {"column": column(view, "Rolled out").id}, headers={"Accept": "application/json"}
        )
        assert (refused.status_code, refused.json()["card"]["status"]) == (422, status.pk)
        for wrong, code in (
            ({"column": 2**40}, 404),
            ({"issue": 2**40}, 404),
            ({"before": 2**40}, 404),
            ({"column": "x"}, 422),
        ):
            assert client.post(f"{url}move/", good | wrong).status_code == code
        assert rows(acme, ada) == before
        ways = client.get(f"{url}ways/KAN-1/").content.decode()
        assert "has no status that belongs into “Rolled out”" in ways
        totals = client.get(f"{url}totals/").json()["columns"]
        assert totals[str(column(view, "In progress").id)] == {"count": 1, "points": 0.0, "limits": ""}
        cards = client.get(f"{url}cards/?ids={k0.pk},{o0.pk},{2**40}").content.decode()
        assert sorted(re.findall(r'data-issue-key="([^"]+)"', cards)) == ["KAN-1", "OPS-1"]
        assert f'data-project="{kan.pk}"' in cards

    def test_reads_on_by_place_with_and_without_script(
        self, client: Client, ada: User, acme: Organization, kan: Project, ops: Project
    ) -> None:
        for project in (kan, ops):
            make_issues(acme, project, ada, *(f"{project.key} {number:02}" for number in range(20)))
        board = make(ada, acme, kan, ops)
        url = f"/{acme.slug}/boards/{board.pk}/"
        page = client.get(f"{url}?q=0").content.decode()
        address = re.findall(r'data-more="([^"]+)"', page)
        assert address == []  # twenty match
        page = client.get(url).content.decode()
        (address,) = re.findall(r'data-more="([^"]+)"', page)
        address = address.replace("&amp;", "&")
        more = client.get(address, headers={"HX-Request": "true"}).content.decode()
        whole = client.get(address).content.decode()
        keys = [f"{key}-{number}" for number in range(16, 21) for key in ("KAN", "OPS")]
        for text in (more, whole):
            assert re.findall(r'data-issue-key="([^"]+)"', text) == keys
        assert "40 issues in this column" in whole
        assert client.get(f"{url}columns/{2**40}/").status_code == 404
        assert client.get(address.split("?")[0] + "?after=%C3%A9").status_code == 422
        assert client.get(url + "?project=x&assignee=99999999999999999999&mine=2").status_code == 200

    def test_a_viewer_gets_cards_that_cannot_be_moved(
        self, ada: User, acme: Organization, kan: Project, ops: Project
    ) -> None:
        viewer = make_member(acme, OrgRole.GUEST, "Vera")
        give_role(acme, kan, viewer, "viewer")
        give_role(acme, ops, viewer, "member")
        make_issues(acme, kan, ada, "k0")
        make_issues(acme, ops, ada, "o0")
        board = make(ada, acme, kan, ops)
        client = Client()
        client.force_login(viewer)
        page = client.get(f"/{acme.slug}/boards/{board.pk}/").content.decode()
        cards = {key: "data-fixed" in rest for key, rest in re.findall(r'data-issue-key="([^"]+)"([^>]*)>', page)}
        assert cards == {"KAN-1": True, "OPS-1": False}
        assert (
            "You can look at the issues of Project KAN"
            in client.get(f"/{acme.slug}/boards/{board.pk}/ways/KAN-1/").content.decode()
        )
        # A role that is taken away takes the cards along, and the last one the board.
        for project, left in ((ops, ["KAN-1"]), (kan, [])):
            with acting(ada, acme) as actor:
                member = ProjectMember.objects.select_related("project", "user").get(project=project, user=viewer)
                remove_project_role(actor=actor, member=member)
            answer = client.get(f"/{acme.slug}/boards/{board.pk}/")
            assert answer.status_code == (200 if left else 404)
            assert re.findall(r'data-issue-key="([^"]+)"', answer.content.decode()) == left
