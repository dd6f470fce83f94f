"""The board's reads: true totals, first cards, filters, what is off the board; and what each costs."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.boards import selectors, services
from apps.boards.models import Board, Column
from apps.core.errors import Forbidden, Invalid, NotFound
from apps.core.tenancy import run_as_system
from apps.events.models import Event
from apps.issues.models import Issue
from apps.issues.selectors import Filters, TransitionRefused
from apps.orgs.models import Organization
from apps.projects.models import Project, Status
from apps.projects.services import add_status, create_label, remove_transition
from apps.sprints.models import Sprint
from tests.factories import acting, make_issues, make_member, make_project


@pytest.fixture
def kanban(acme: Organization, ada: User) -> Project:
    return make_project(acme, ada, "KAN", template="kanban")


def board(user: User, org: Organization, key: str = "KAN", **filters: Any) -> selectors.BoardView:
    with acting(user, org) as actor:
        shown = selectors.get_board(actor=actor, key=key)
        return selectors.fill(actor=actor, board=shown, filters=Filters(**filters))


def titles(shown: selectors.BoardView) -> dict[str, list[str]]:
    return {column.name: [card.title for card in column.cards] for column in shown.columns}


class TestFill:
    def test_shows_the_steps_of_the_work_and_not_the_backlog(
        self, ada: User, acme: Organization, kanban: Project
    ) -> None:
        make_issues(acme, kanban, ada, "a", "b")
        shown = board(ada, acme)
        assert titles(shown) == {"To do": ["a", "b"], "In progress": [], "In review": [], "Done": []}
        assert shown.unmapped == 0

    def test_counts_everything_and_shows_the_first_thirty(self, ada: User, acme: Organization, kanban: Project) -> None:
        make_issues(acme, kanban, ada, *(f"issue {number:02}" for number in range(35)), points=2)
        column = board(ada, acme).columns[0]
        assert (column.total, column.points, len(column.cards)) == (35, 70, 30)
        with acting(ada, acme) as actor:
            shown = selectors.get_board(actor=actor, key="KAN")
            page = selectors.column_page(
                actor=actor, board=shown, column_id=column.id, filters=Filters(), after=column.next_after or ""
            )
        assert [card.title for card in page.cards] == [f"issue {number}" for number in range(30, 35)]
        assert page.next_after is None

    def test_counts_what_no_column_shows(self, ada: User, acme: Organization, kanban: Project) -> None:
        with acting(ada, acme) as actor:
            project = Project.objects.get(pk=kanban.pk)
            status = add_status(actor=actor, project=project, name="Released", category="done")
        make_issues(acme, kanban, ada, "visible-elsewhere")
        make_issues(acme, kanban, ada, "lost", status=status)
        shown = board(ada, acme)
        assert shown.unmapped == 1
        assert titles(shown)["To do"] == ["visible-elsewhere"]
        assert sum(len(column.cards) for column in shown.columns) == 1
        client = Client()
        client.force_login(ada)
        page = client.get(f"/{acme.slug}/KAN/issues/?off_board={shown.id}").content.decode()
        assert "lost" in page
        assert "visible-elsewhere" not in page

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            ({"q": "alph"}, ["alpha"]),
            ({"q": "KAN-2"}, ["beta"]),
            ({"q": "2"}, ["beta"]),
            ({"q": "OTHER-2"}, []),
            ({"q": "alpha beta"}, []),
        ],
    )
    def test_filters_by_words_and_keys(
        self, ada: User, acme: Organization, kanban: Project, filters: dict[str, Any], expected: list[str]
    ) -> None:
        make_issues(acme, kanban, ada, "alpha", "beta")
        assert titles(board(ada, acme, **filters))["To do"] == expected

    def test_filters_by_person_and_label_while_the_limit_counts_all(
        self, ada: User, acme: Organization, kanban: Project
    ) -> None:
        member = make_member(acme)
        with acting(ada, acme) as actor:
            label = create_label(actor=actor, project=Project.objects.get(pk=kanban.pk), name="x")
            column = Column.objects.get(project=kanban, name="To do")
            services.set_column_limit(
                actor=actor, project=Project.objects.get(pk=kanban.pk), column_id=column.pk, limit=3
            )
        make_issues(acme, kanban, ada, "theirs", assignee=member)
        make_issues(acme, kanban, ada, "labelled", labels=[label])
        make_issues(acme, kanban, ada, "mine", assignee=ada)
        assert titles(board(ada, acme, mine=True))["To do"] == ["mine"]
        assert titles(board(ada, acme, assignee=member.pk))["To do"] == ["theirs"]
        shown = board(ada, acme, label=label.pk)
        assert titles(shown)["To do"] == ["labelled"]
        assert [found.name for found in shown.columns[0].cards[0].labels] == ["x"]
        assert (shown.columns[0].total, shown.columns[0].wip_state) == (1, "full")

    def test_a_scrum_board_shows_the_active_sprint(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme):
            sprint = Sprint.objects.create(org=acme, project=flow, name="Sprint 1", state="active")
        make_issues(acme, flow, ada, "outside")
        make_issues(acme, flow, ada, "inside", sprint_id=sprint.pk)
        shown = board(ada, acme, "FLOW")
        assert shown.sprint is not None
        assert (shown.sprint.name, shown.sprint.days_left) == ("Sprint 1", None)
        assert titles(shown)["To do"] == ["inside"]
        assert shown.columns[0].total == 1

    def test_a_column_of_another_board_is_not_found(self, ada: User, acme: Organization, kanban: Project) -> None:
        with pytest.raises(NotFound):
            board(ada, acme).column(999_999_999)

    def test_a_project_without_a_board_is_not_found(self, ada: User, acme: Organization, kanban: Project) -> None:
        with acting(ada, acme):
            Column.objects.filter(project=kanban).delete()
        assert board(ada, acme).columns == []
        with acting(ada, acme):
            Board.objects.filter(project=kanban).delete()
        with pytest.raises(NotFound):
            board(ada, acme)


class TestCost:
    def cost(self, ada: User, acme: Organization, path: str) -> int:
        client = Client()
        client.force_login(ada)
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len([query for query in queries if "SAVEPOINT" not in query["sql"]])

    @pytest.mark.parametrize(
        ("path", "most"), [("board/", 10), ("issues/", 12), ("board/totals/", 10), ("board/?q=issue&mine=1", 10)]
    )
    def test_is_the_same_for_many_issues(
        self, ada: User, acme: Organization, kanban: Project, path: str, most: int
    ) -> None:
        with acting(ada, acme) as actor:
            label = create_label(actor=actor, project=Project.objects.get(pk=kanban.pk), name="x")
        make_issues(acme, kanban, ada, *"abcd", assignee=ada, labels=[label])
        few = self.cost(ada, acme, f"/{acme.slug}/KAN/{path}")
        make_issues(acme, kanban, ada, *("issue" for _ in range(100)), assignee=ada, labels=[label])
        assert self.cost(ada, acme, f"/{acme.slug}/KAN/{path}") == few
        assert few <= most


class TestMoveCard:
    def move(self, ada: User, acme: Organization, title: str, column: str) -> Issue:
        with acting(ada, acme) as actor:
            shown = selectors.get_board(actor=actor, key="KAN")
            target = next(view for view in shown.columns if view.name == column)
            issue = Issue.objects.select_related("project", "status").get(title=title)
            statuses = selectors.column_statuses(actor=actor, project=shown.project, column_id=target.id)
            return services.move_card(actor=actor, statuses=statuses, issue=issue)

    def test_gives_the_columns_first_status(self, ada: User, acme: Organization, kanban: Project) -> None:
        make_issues(acme, kanban, ada, "a")
        assert self.move(ada, acme, "a", "In review").status.name == "In review"

    def test_keeps_a_status_that_the_column_shows(self, ada: User, acme: Organization, kanban: Project) -> None:
        with acting(ada, acme) as actor:
            project = Project.objects.get(pk=kanban.pk)
            tested = add_status(actor=actor, project=project, name="Tested", category="done")
            done = Column.objects.get(project=kanban, name="Done")
            done.column_statuses.create(org=acme, project=project, board_id=done.board_id, status=tested)
        make_issues(acme, kanban, ada, "a", status=tested)
        assert self.move(ada, acme, "a", "Done").status.name == "Tested"

    def test_takes_the_first_status_that_the_workflow_offers(
        self, ada: User, acme: Organization, kanban: Project
    ) -> None:
        make_issues(acme, kanban, ada, "a", "b")
        with acting(ada, acme) as actor:
            project = Project.objects.get(pk=kanban.pk)
            tested = add_status(actor=actor, project=project, name="Tested", category="done")
            done = Column.objects.get(project=kanban, name="Done")
            done.column_statuses.create(org=acme, project=project, board_id=done.board_id, status=tested)
            edges = {edge.target_id: edge for edge in project.transitions.select_related("project")}
            remove_transition(actor=actor, transition=edges[Status.objects.get(project=kanban, name="Done").pk])
        assert board(ada, acme).closed_to(board(ada, acme).columns[0].cards[0]) == []
        assert self.move(ada, acme, "a", "Done").status.name == "Tested"
        with acting(ada, acme) as actor:
            remove_transition(actor=actor, transition=edges[tested.pk])
        shown = board(ada, acme)
        assert shown.closed_to(shown.columns[0].cards[0]) == [done.pk]
        with pytest.raises(TransitionRefused):
            self.move(ada, acme, "b", "Done")

    def test_refuses_a_column_without_a_status(self, ada: User, acme: Organization, kanban: Project) -> None:
        make_issues(acme, kanban, ada, "a")
        with acting(ada, acme):
            Column.objects.get(project=kanban, name="Done").column_statuses.all().delete()
        with pytest.raises(NotFound):
            self.move(ada, acme, "a", "Done")


class TestSetColumnLimit:
    def limit(self, user: User, acme: Organization, project: Project, **values: Any) -> Column:
        with acting(user, acme) as actor:
            column = Column.objects.get(project=project, name="To do")
            return services.set_column_limit(
                actor=actor, project=Project.objects.get(pk=project.pk), column_id=column.pk, **values
            )

    def test_records_what_changed_once(self, ada: User, acme: Organization, kanban: Project) -> None:
        assert self.limit(ada, acme, kanban, limit=3, policy="block").wip_limit == 3
        self.limit(ada, acme, kanban, limit=3, policy="block")
        assert self.limit(ada, acme, kanban, limit=None).wip_limit is None
        with acting(ada, acme):
            assert Event.objects.filter(kind="project.board_changed").count() == 2

    @pytest.mark.parametrize("values", [{"limit": 0}, {"limit": 1000}, {"limit": 3, "policy": "shout"}])
    def test_refuses_nonsense(self, ada: User, acme: Organization, kanban: Project, values: dict[str, Any]) -> None:
        with pytest.raises(Invalid):
            self.limit(ada, acme, kanban, **values)

    def test_refuses_members_and_unknown_columns(self, ada: User, acme: Organization, kanban: Project) -> None:
        with pytest.raises(Forbidden):
            self.limit(make_member(acme), acme, kanban, limit=3)
        with run_as_system(org_id=acme.pk) as actor, pytest.raises(NotFound):
            services.set_column_limit(
                actor=actor, project=Project.objects.get(pk=kanban.pk), column_id=999_999_999, limit=3
            )


class TestViews:
    @pytest.fixture
    def client(self, ada: User) -> Client:
        client = Client()
        client.force_login(ada)
        return client

    def test_moves_and_answers_with_the_new_place(
        self, client: Client, ada: User, acme: Organization, kanban: Project
    ) -> None:
        a, b = make_issues(acme, kanban, ada, "a", "b")
        column = board(ada, acme).columns[1]
        answer = client.post(
            f"/{acme.slug}/KAN/board/move/", {"issue": b.pk, "column": column.id, "before": a.pk, "op": "operation-1"}
        )
        assert answer.status_code == 200
        assert answer.json()["v"] == 2
        assert answer.json()["column"] == column.id
        with acting(ada, acme):
            assert Event.objects.get(kind="issue.moved").op == "operation-1"
            assert Status.objects.get(pk=answer.json()["status"]).name == "In progress"

    def test_a_refused_move_says_where_the_card_is(
        self, client: Client, ada: User, acme: Organization, kanban: Project
    ) -> None:
        a, b = make_issues(acme, kanban, ada, "a", "b")
        shown = board(ada, acme)
        with acting(ada, acme) as actor:
            services.set_column_limit(
                actor=actor, project=Project.objects.get(pk=kanban.pk), column_id=shown.columns[1].id, limit=1,
                policy="block",
            )  # fmt: skip
        path = f"/{acme.slug}/KAN/board/move/"
        assert client.post(path, {"issue": a.pk, "column": shown.columns[1].id}).status_code == 200
        refused = client.post(
            path, {"issue": b.pk, "column": shown.columns[1].id}, headers={"Accept": "application/json"}
        )
        assert refused.status_code == 409
        problem = refused.json()
        assert problem["title"] == "This column is full"
        assert "takes 1 issues" in problem["detail"]
        assert problem["card"] == {"id": b.pk, "v": 1, "rank": b.rank, "status": b.status_id}

    @pytest.mark.parametrize("sent", [{}, {"issue": "x"}, {"issue": "1" * 30}, {"issue": "-1"}])
    def test_a_malformed_move_is_refused(
        self, client: Client, acme: Organization, kanban: Project, sent: dict[str, str]
    ) -> None:
        answer = client.post(f"/{acme.slug}/KAN/board/move/", sent, headers={"Accept": "application/json"})
        assert answer.status_code == 422

    def test_creates_a_card_for_scripts_and_a_page_for_forms(
        self, client: Client, ada: User, acme: Organization, kanban: Project
    ) -> None:
        column = board(ada, acme).columns[0]
        path = f"/{acme.slug}/KAN/board/create/"
        sent = {"title": "<script>alert(1)</script>", "column": column.id}
        answer = client.post(path, sent, headers={"X-Requested-With": "XMLHttpRequest"})
        assert 'data-issue-key="KAN-1"' in answer.content.decode()
        assert "<script>alert" not in answer.content.decode()
        assert client.post(path, sent).status_code == 302
        refused = client.post(path, {"title": " ", "column": column.id}, headers={"Accept": "application/json"})
        assert refused.status_code == 422

    def test_gives_cards_by_id_and_leaves_out_what_is_gone(
        self, client: Client, ada: User, acme: Organization, kanban: Project, secret: Project
    ) -> None:
        a, b = make_issues(acme, kanban, ada, "a", "b")
        (other,) = make_issues(acme, secret, ada, "other project")
        with acting(ada, acme):
            Issue.objects.filter(pk=b.pk).update(archived_at="2026-01-01T00:00:00Z")
        page = client.get(f"/{acme.slug}/KAN/board/cards/?ids={a.pk},{b.pk},{other.pk},x").content.decode()
        assert page.count("data-issue-key") == 1
        many = ",".join(str(number) for number in range(201))
        assert client.get(f"/{acme.slug}/KAN/board/cards/?ids={many}").status_code == 422

    def test_reads_the_columns_alone_for_scripts(self, client: Client, acme: Organization, kanban: Project) -> None:
        fragment = client.get(f"/{acme.slug}/KAN/board/", headers={"HX-Request": "true"}).content.decode()
        assert fragment.lstrip().startswith("<div")
        assert "<html" not in fragment

    def test_the_next_cards_need_a_mark_of_ours(
        self, client: Client, ada: User, acme: Organization, kanban: Project
    ) -> None:
        column = board(ada, acme).columns[0]
        path = f"/{acme.slug}/KAN/board/columns/{column.id}/"
        assert client.get(path + "?after=a0").status_code == 200
        assert client.get(path + "?after=%00").status_code == 422
        assert client.get(path + "?after=" + "a" * 300).status_code == 422
        assert client.get(f"/{acme.slug}/KAN/board/columns/999999999/?after=a0").status_code == 404
