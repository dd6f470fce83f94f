"""What cards show: the fields that a board chose, and what holds them up."""

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.boards import selectors
from apps.boards.models import Board
from apps.core.tenancy import OrgRole
from apps.issues.models import Issue
from apps.issues.selectors import Card, Filters
from apps.issues.services import archive_issue, link_issues
from apps.orgs.models import Organization
from apps.projects.models import Project, Status
from apps.projects.selectors import list_labels
from apps.projects.services import create_label
from tests.factories import acting, make_issues, make_member, make_project


@pytest.fixture
def kanban(acme: Organization, ada: User) -> Project:
    return make_project(acme, ada, "KAN", template="kanban")


def cards_of(user: User, org: Organization) -> dict[str, Card]:
    """The cards of the default board, by title."""
    with acting(user, org) as actor:
        board = selectors.get_board(actor=actor, key="KAN")
        labels = list_labels(actor=actor, project=board.project)
        selectors.fill(actor=actor, board=board, filters=Filters(), labels=labels)
        return {card.title: card for column in board.columns for card in column.cards}


def blocks(user: User, org: Organization, source: Issue, target: Issue) -> None:
    with acting(user, org) as actor:
        link_issues(actor=actor, source=source, target=target, kind="blocks")


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
        make_issues(acme, kanban, ada, "a", labels=[label], assignee=ada, priority=4, points=5, due_date="2020-01-02")
        client.force_login(ada)
        signs = {
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
