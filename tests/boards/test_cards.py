"""What cards show: the fields that a board chose, and what holds them up."""

import re
from datetime import timedelta
from html import unescape
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.boards import selectors
from apps.boards.models import Board, Column, ColumnStatus
from apps.boards.services import edit_board
from apps.core.errors import Invalid
from apps.core.tenancy import OrgRole, at_moment
from apps.issues.models import Issue
from apps.issues.selectors import Card, Filters, get_issue
from apps.issues.services import archive_issue, edit_issue, link_issues, move_issue, remove_attachment
from apps.orgs.models import Organization
from apps.projects.models import IssueType, Project, Status
from apps.projects.selectors import get_project
from apps.projects.services import create_field, create_label
from tests.factories import acting, attach_one, make_issues, make_member, make_project


@pytest.fixture
def kanban(acme: Organization, ada: User) -> Project:
    return make_project(acme, ada, "KAN", template="kanban")


def cards_of(user: User, org: Organization) -> dict[str, Card]:
    """The cards of the default board, by title."""
    with acting(user, org) as actor:
        board = selectors.get_board(actor=actor, key="KAN")
        selectors.fill(actor=actor, board=board, filters=Filters())
        return {card.title: card for column in board.columns for card in column.cards}


def blocks(user: User, org: Organization, source: Issue, target: Issue) -> None:
    with acting(user, org) as actor:
        link_issues(actor=actor, source=source, target=target, kind="blocks")


class TestFields:
    def test_are_those_that_the_cards_type_has(self, ada: User, acme: Organization, kanban: Project) -> None:
        (issue,) = make_issues(acme, kanban, ada, "a")
        with acting(ada, acme) as actor:
            project = get_project(actor=actor, key="KAN")
            bug, task = (IssueType.objects.get(project=project, name=name) for name in ("Bug", "Task"))
            everybodys = create_field(actor=actor, project=project, name="Customer", kind="text", on_cards=True)
            bugs = create_field(
                actor=actor, project=project, name="Severity", kind="text", on_cards=True, type_ids=[bug.pk]
            )
            create_field(actor=actor, project=project, name="Hidden", kind="text")
        for kind, shown in ((bug, ["Customer", "Severity"]), (task, ["Customer"])):
            with acting(ada, acme) as actor:
                found = get_issue(actor=actor, key=f"KAN-{issue.number}")
                edit_issue(actor=actor, issue=found, values={"type": kind.pk})
            if kind is bug:
                with acting(ada, acme) as actor:
                    found = get_issue(actor=actor, key=f"KAN-{issue.number}")
                    edit_issue(actor=actor, issue=found, values={everybodys.key: "Acme", bugs.key: "High"})
            assert [each.field.name for each in cards_of(ada, acme)["a"].field_values] == shown


class TestBlocked:
    def test_names_open_blockers_that_the_reader_may_know_of(
        self, ada: User, acme: Organization, kanban: Project, secret: Project
    ) -> None:
        mateo = make_member(acme, OrgRole.MEMBER)
        with acting(ada, acme):
            done = Status.objects.get(project=kanban, name="Done")
        a, b, c = make_issues(acme, kanban, ada, "a", "b", "c")
        (over,) = make_issues(acme, kanban, ada, "over", status=done)
        (hidden,) = make_issues(acme, secret, ada, "hidden")
        blocks(ada, acme, a, c)
        blocks(ada, acme, over, c)
        blocks(ada, acme, hidden, b)
        shown = cards_of(ada, acme)
        assert shown["c"].blocked_by == ["KAN-1"]
        assert {blocker.id for blocker in shown["c"].blockers} == {a.pk, over.pk}
        assert shown["b"].blocked_by == [f"{secret.key}-{hidden.number}"]
        assert shown["a"].blocked_by == []
        assert cards_of(mateo, acme)["b"].blocked_by == []
        with acting(ada, acme) as actor:
            archive_issue(actor=actor, issue=Issue.objects.select_related("project").get(pk=a.pk))
        assert cards_of(ada, acme)["c"].blocked_by == []

    def test_a_board_that_does_not_show_it_does_not_ask(self, ada: User, acme: Organization, kanban: Project) -> None:
        a, b = make_issues(acme, kanban, ada, "a", "b")
        blocks(ada, acme, a, b)
        with acting(ada, acme):
            Board.objects.filter(project=kanban).update(left_out=["blocked"])
        assert cards_of(ada, acme)["b"].blockers == []


class TestLeftOut:
    def page(self, client: Client, ada: User, acme: Organization, *left_out: str) -> str:
        with acting(ada, acme):
            Board.objects.update(left_out=list(left_out))
        page: str = client.get(f"/{acme.slug}/KAN/board/").content.decode()
        return page[page.index('class="card"') : page.index("</li>", page.index('class="card"'))]

    def test_is_not_on_the_card(self, client: Client, ada: User, acme: Organization, kanban: Project) -> None:
        with acting(ada, acme) as actor:
            label = create_label(actor=actor, project=Project.objects.get(pk=kanban.pk), name="fragile")
        fields = {"labels": [label], "assignee": ada, "priority": 4, "points": 5, "due_date": "2020-01-02"}
        [issue] = make_issues(acme, kanban, ada, "a", **fields)
        with acting(ada, acme) as actor:
            found = Issue.objects.select_related("project").get(pk=issue.pk)
            remove_attachment(actor=actor, attachment=attach_one(actor, found, "gone.txt", b"x"))
            attach_one(actor, found, "there.txt", b"x")
        client.force_login(ada)
        signs = {
            "files": "1 file",
            "type": "type-icon",
            "priority": "Priority: Urgent",
            "labels": "fragile",
            "points": 'class="points"',
            "assignee": "avatar",
            "due_date": "Overdue since",
        }
        whole = self.page(client, ada, acme)
        assert all(sign in whole for sign in signs.values())
        for field, sign in signs.items():
            card = self.page(client, ada, acme, field)
            assert [name for name, other in signs.items() if other not in card] == [field], sign
        bare = self.page(client, ada, acme, *Board.CardField.values)
        assert not any(sign in bare for sign in signs.values())
        # What scripts and screen readers hold on to stays.
        assert 'data-issue-key="KAN-1"' in bare
        assert '<span class="visually-hidden">KAN-1</span>' in bare


class TestAge:
    def tell(
        self, ada: User, acme: Organization, kanban: Project, title: str, *steps: tuple[str, float], **fields: Any
    ) -> None:
        """An issue went into these statuses, so many days ago."""
        make_issues(acme, kanban, ada, title, **fields)
        for name, days in steps:
            with acting(ada, acme) as actor, at_moment(timezone.now() - timedelta(days=days)):
                issue = Issue.objects.select_related("project").get(title=title)
                move_issue(actor=actor, issue=issue, to=Status.objects.get(project=kanban, name=name))

    def edit(self, ada: User, acme: Organization, **values: Any) -> None:
        with acting(ada, acme) as actor:
            board = Board.objects.select_related("project").get()
            edit_board(actor=actor, board=board, name="Board", **values)

    def test_cards_that_take_longer_than_usual_are_marked(
        self, client: Client, ada: User, acme: Organization, kanban: Project
    ) -> None:
        for number in range(10):
            self.tell(ada, acme, kanban, f"done {number}", ("In progress", 3 + number), ("Done", 2))
        self.tell(ada, acme, kanban, "quick", ("In progress", 5))
        self.tell(ada, acme, kanban, "slow", ("In progress", 9), ("In review", 1))
        self.tell(ada, acme, kanban, "slower", ("In progress", 30))
        client.force_login(ada)
        url = f"/{acme.slug}/KAN/board/"
        assert "of 100 issues here" not in client.get(url).content.decode()
        self.edit(ada, acme, marks_slow=True)
        page = client.get(url).content.decode()
        assert "In work for 9 days; 85 of 100 issues here took at most 9" in page
        assert "In work for 30 days" in page
        assert "In work for 5 days" not in page
        assert page.count("Stuck?") == 1

    def test_days_in_a_column_of_several_statuses_count_from_its_door(
        self, ada: User, acme: Organization, kanban: Project
    ) -> None:
        self.tell(ada, acme, kanban, "a", ("In progress", 6), ("In review", 2))
        assert cards_of(ada, acme)["a"].days_in_status == 2
        with acting(ada, acme):
            doing = Column.objects.get(name="In progress")
            ColumnStatus.objects.filter(status__name="In review").update(column=doing)
        assert cards_of(ada, acme)["a"].days_in_status == 6

    def test_what_was_done_long_ago_leaves_the_board_for_the_list(
        self, client: Client, ada: User, acme: Organization, kanban: Project
    ) -> None:
        self.tell(ada, acme, kanban, "old-work", ("Done", 20), points=5)
        self.tell(ada, acme, kanban, "new-work", ("Done", 2), points=3)
        client.force_login(ada)
        home = f"/{acme.slug}/KAN/"
        assert {"old-work", "new-work"} <= cards_of(ada, acme).keys()
        self.edit(ada, acme, done_days=14)
        assert "old-work" not in cards_of(ada, acme)
        assert "new-work" in cards_of(ada, acme)
        page = client.get(home + "board/").content.decode()
        assert "1 done earlier" in page
        link = re.search(r'href="([^"]*done_before=[^"]*)"', page)
        assert link is not None
        found = client.get(unescape(link[1])).content.decode()
        assert "old-work" in found
        assert "new-work" not in found
        assert "Done before" in found
        with acting(ada, acme):
            done = Column.objects.get(name="Done").pk
            old = Issue.objects.get(title="old-work").pk
        answer = client.get(home + "board/totals/").json()
        assert answer["columns"][str(done)] == {"count": 1, "points": 3, "inside": 2}
        # How far the work is does not depend on what the board shows.
        assert answer["progress"]["done"] == 8
        assert "old-work" not in client.get(f"{home}board/cards/?ids={old}").content.decode()
        assert "old-work" not in client.get(f"{home}board/columns/{done}/?after=Z").content.decode()
        # A date that is none is a filter that is none.
        assert "new-work" in client.get(home + "issues/?done_before=2026-02-31").content.decode()

    @pytest.mark.parametrize("days", [0, 1000])
    def test_a_span_makes_sense(self, ada: User, acme: Organization, kanban: Project, days: int) -> None:
        with pytest.raises(Invalid):
            self.edit(ada, acme, done_days=days)

    def test_costs_the_same_for_many_cards_with_everything_on(
        self, client: Client, ada: User, acme: Organization, kanban: Project
    ) -> None:
        client.force_login(ada)
        self.edit(ada, acme, marks_slow=True, done_days=14)
        with acting(ada, acme):
            doing = Column.objects.get(name="In progress")
            ColumnStatus.objects.filter(status__name="In review").update(column=doing)

        def grow(count: int) -> None:
            with acting(ada, acme):
                statuses = {each.name: each for each in Status.objects.filter(project=kanban)}
            made = make_issues(acme, kanban, ada, *["x"] * count, status=statuses["In progress"])
            make_issues(acme, kanban, ada, *["y"] * count, status=statuses["Done"])
            for source, target in pairwise(made):
                blocks(ada, acme, source, target)

        def cost(path: str) -> int:
            client.get(path)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path).status_code == 200
            return len([query for query in queries if "SAVEPOINT" not in query["sql"]])

        home = f"/{acme.slug}/KAN/board/"
        grow(4)
        few = [cost(home), cost(home + "totals/")]
        grow(12)
        assert [cost(home), cost(home + "totals/")] == few
        assert few[0] <= 11
