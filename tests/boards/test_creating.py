"""Creating issues from pages: at a column's foot, many from one paste, and with all fields."""

import html
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.boards import selectors, services
from apps.boards.models import Column
from apps.core.errors import Forbidden, Invalid, NotFound
from apps.core.tenancy import run_as_system
from apps.events.models import Event
from apps.issues.models import Issue
from apps.issues.services import ColumnFull, delete_issues
from apps.orgs.models import Organization
from apps.projects.models import IssueType, Project, Status
from apps.projects.services import create_label
from apps.sprints.models import Sprint
from tests.factories import acting, give_role, make_issues, make_member, make_project

SCRIPT = {"X-Requested-With": "XMLHttpRequest", "HX-Request": "true", "Accept": "application/json"}


@pytest.fixture
def kanban(acme: Organization, ada: User) -> Project:
    return make_project(acme, ada, "KAN", template="kanban")


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def one(model: type[Any], project: Project, name: str) -> Any:
    """A part of a project, by its name."""
    with run_as_system(org_id=project.org_id):
        return model.objects.get(project=project, name=name)


def column_of(project: Project, name: str = "To do") -> Column:
    column: Column = one(Column, project, name)
    return column


def issues_of(project: Project) -> list[Issue]:
    with run_as_system(org_id=project.org_id):
        found = Issue.objects.filter(project=project, deleted_at=None)
        return list(found.select_related("status", "type", "assignee").order_by("number"))


def create_many(user: User, org: Organization, key: str, titles: list[str], column: str = "To do") -> list[Issue]:
    with acting(user, org) as actor:
        board = selectors.get_board(actor=actor, key=key)
        shown = next(view for view in board.columns if view.name == column)
        statuses = selectors.column_statuses(actor=actor, project=board.project, column_id=shown.id)
        return services.create_cards(
            actor=actor, board=board, statuses=statuses, rows=[{"title": title} for title in titles]
        )


class TestCreateCards:
    def test_makes_one_issue_a_title_in_order_with_a_fact_each(
        self, ada: User, acme: Organization, kanban: Project
    ) -> None:
        create_many(ada, acme, "KAN", ["b", "a", "c"], "In progress")
        made = issues_of(kanban)
        assert [(issue.title, issue.status.name) for issue in made] == [
            ("b", "In progress"), ("a", "In progress"), ("c", "In progress"),
        ]  # fmt: skip
        assert sorted(made, key=lambda issue: issue.rank) == made
        with acting(ada, acme):
            events = list(Event.objects.filter(kind="issue.created").order_by("seq"))
        assert [event.issue_id for event in events] == [issue.pk for issue in made]

    def test_joins_the_sprint_that_the_board_shows(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme):
            sprint = Sprint.objects.create(org=acme, project=flow, name="Sprint 1", state="active")
        create_many(ada, acme, "FLOW", ["a", "b"])
        assert [issue.sprint_id for issue in issues_of(flow)] == [sprint.pk, sprint.pk]

    @pytest.mark.parametrize("titles", [[], ["x"] * 101, ["fine", "  "], ["fine", "x" * 501]])
    def test_refuses_all_when_one_cannot_be(
        self, ada: User, acme: Organization, kanban: Project, titles: list[str]
    ) -> None:
        with pytest.raises(Invalid):
            create_many(ada, acme, "KAN", titles)
        assert issues_of(kanban) == []

    def test_refuses_what_a_full_column_cannot_take(self, ada: User, acme: Organization, kanban: Project) -> None:
        column = column_of(kanban)
        with acting(ada, acme) as actor:
            services.set_column_limit(
                actor=actor,
                project=Project.objects.get(pk=kanban.pk),
                column_id=column.pk,
                limit=2,
                policy="block",
            )
        with pytest.raises(ColumnFull):
            create_many(ada, acme, "KAN", ["a", "b", "c"])
        assert issues_of(kanban) == []

    def test_costs_the_same_for_few_and_for_many(self, ada: User, acme: Organization, kanban: Project) -> None:
        create_many(ada, acme, "KAN", ["first"])
        costs = []
        for count in (3, 9):
            with CaptureQueriesContext(connection) as queries:
                create_many(ada, acme, "KAN", ["x"] * count)
            costs.append(len(queries))
        assert costs[0] == costs[1]


class TestDeleteIssues:
    def test_takes_all_back_with_a_fact_each(self, ada: User, acme: Organization, kanban: Project) -> None:
        made = make_issues(acme, kanban, ada, "a", "b")
        with acting(ada, acme) as actor:
            delete_issues(actor=actor, project=Project.objects.get(pk=kanban.pk), issue_ids=[i.pk for i in made])
        assert issues_of(kanban) == []
        with acting(ada, acme):
            assert Event.objects.filter(kind="issue.deleted").count() == 2

    def test_takes_none_when_one_is_elsewhere_or_gone(
        self, ada: User, acme: Organization, kanban: Project, flow: Project
    ) -> None:
        (mine,) = make_issues(acme, kanban, ada, "mine")
        (other,) = make_issues(acme, flow, ada, "other")
        for ids in ([mine.pk, other.pk], [mine.pk, 999_999_999]):
            with pytest.raises(NotFound), acting(ada, acme) as actor:
                delete_issues(actor=actor, project=Project.objects.get(pk=kanban.pk), issue_ids=ids)
        assert [issue.title for issue in issues_of(kanban)] == ["mine"]

    def test_is_not_for_viewers(self, ada: User, acme: Organization, kanban: Project) -> None:
        (mine,) = make_issues(acme, kanban, ada, "mine")
        viewer = make_member(acme, "guest")
        give_role(acme, kanban, viewer, "viewer")
        with pytest.raises(Forbidden), acting(viewer, acme) as actor:
            delete_issues(actor=actor, project=Project.objects.get(pk=kanban.pk), issue_ids=[mine.pk])

    @pytest.mark.parametrize("ids", [[], ["x"], ["1"] * 101])
    def test_the_door_refuses_nonsense(
        self, signed_in: Client, acme: Organization, kanban: Project, ids: list[str]
    ) -> None:
        assert signed_in.post(f"/{acme.slug}/KAN/issues/delete/", {"issue": ids}, headers=SCRIPT).status_code == 422


class TestManyByPost:
    def test_answers_with_the_cards_and_a_sentence(
        self, signed_in: Client, acme: Organization, kanban: Project
    ) -> None:
        path = f"/{acme.slug}/KAN/board/create-many/"
        sent = {"column": column_of(kanban).pk, "titles": ["a", "b"]}
        page = signed_in.post(path, sent, headers=SCRIPT).content.decode()
        assert page.count("data-issue-key") == 2
        assert "2 issues created." in page
        page = signed_in.post(path + "?q=zzz", sent, headers=SCRIPT).content.decode()
        assert page.count("data-issue-key") == 0
        assert "The filters hide some of them." in page
        assert signed_in.post(path, sent).url.endswith("/KAN/board/")  # type: ignore[attr-defined]

    def test_takes_what_cells_say_beside_the_titles(
        self, signed_in: Client, ada: User, acme: Organization, kanban: Project
    ) -> None:
        path = f"/{acme.slug}/KAN/board/create-many/"
        column = column_of(kanban).pk
        read = signed_in.post(
            f"/{acme.slug}/KAN/backlog/cells/", {"text": "Title,Points,Owner\nPay,3,Ada Okafor\nGo,1,"}
        )
        values = re.findall(r'name="cells" value="([^"]*)"', read.content.decode())
        cells = [html.unescape(value) for value in values]
        sent = {"column": column, "titles": ["Pay", "Go", "Plain"], "cells": cells}
        assert signed_in.post(path, sent, headers=SCRIPT).status_code == 200
        made = issues_of(kanban)
        assert [(issue.title, issue.points, issue.assignee, issue.status.name) for issue in made] == [
            ("Pay", 3, ada, "To do"),
            ("Go", 1, None, "To do"),
            ("Plain", None, None, "To do"),
        ]
        for nonsense in ("[]", "{", '{"assignee": 999999999}', '{"labels": 3}'):
            sent = {"column": column, "titles": ["x", "y"], "cells": ["", nonsense]}
            assert signed_in.post(path, sent, headers=SCRIPT).status_code == 422, nonsense
        assert issues_of(kanban) == made

    def test_taking_back_a_plain_form_leads_to_the_list(
        self, signed_in: Client, ada: User, acme: Organization, kanban: Project
    ) -> None:
        (issue,) = make_issues(acme, kanban, ada, "a")
        answer = signed_in.post(f"/{acme.slug}/KAN/issues/delete/", {"issue": [issue.pk]})
        assert answer.url.endswith("/KAN/issues/")  # type: ignore[attr-defined]
        assert issues_of(kanban) == []


class TestNewIssue:
    def fields(self, project: Project, **changed: Any) -> dict[str, Any]:
        task = one(IssueType, project, "Task")
        todo = one(Status, project, "To do")
        return {"title": "Fresh", "type": task.pk, "status": todo.pk, "priority": "0"} | changed

    def test_keeps_everything_that_was_chosen(
        self, signed_in: Client, ada: User, acme: Organization, flow: Project
    ) -> None:
        with acting(ada, acme) as actor:
            label = create_label(actor=actor, project=Project.objects.get(pk=flow.pk), name="x")
            sprint = Sprint.objects.create(org=acme, project=flow, name="Sprint 1", state="active")
        bug = one(IssueType, flow, "Bug")
        sent = self.fields(
            flow, type=bug.pk, priority="3", assignee=ada.pk, labels=[label.pk], points="2,5", description="*why*",
            in_sprint="on",
        )  # fmt: skip
        answer = signed_in.post(f"/{acme.slug}/FLOW/issues/new/", sent)
        assert answer.url.endswith("/issue/FLOW-1/")  # type: ignore[attr-defined]
        (issue,) = issues_of(flow)
        assert (issue.type, issue.priority, issue.assignee, str(issue.points)) == (bug, 3, ada, "2.50")
        assert (issue.description, issue.sprint_id) == ("*why*", sprint.pk)
        with acting(ada, acme):
            assert list(Issue.objects.get(pk=issue.pk).labels.all()) == [label]

    def test_another_keeps_the_choices_and_clears_the_title(
        self, signed_in: Client, ada: User, acme: Organization, kanban: Project
    ) -> None:
        path = f"/{acme.slug}/KAN/issues/new/"
        done = one(Status, kanban, "Done")
        sent = self.fields(kanban, status=done.pk, priority="4", assignee=ada.pk, another="on")
        page = signed_in.post(path, sent, follow=True).content.decode()
        assert f'<option value="{done.pk}" selected>' in page
        assert f'<option value="{ada.pk}" selected>' in page
        assert '<option value="4" selected>' in page
        assert 'value="Fresh"' not in page
        assert f'href="/{acme.slug}/issue/KAN-1/">KAN-1</a> created.' in page

    def test_begins_in_the_column_that_was_asked_for(
        self, signed_in: Client, acme: Organization, kanban: Project
    ) -> None:
        review = one(Status, kanban, "In review")
        path = f"/{acme.slug}/KAN/issues/new/?column={column_of(kanban, 'In review').pk}&type=x&assignee=999&labels=1"
        part = signed_in.get(path, headers={"HX-Request": "true"}).content.decode()
        assert f'<option value="{review.pk}" selected>' in part
        assert "<html" not in part

    @pytest.mark.parametrize(
        ("field", "value"),
        [("title", " "), ("title", "x" * 501), ("type", "999999"), ("assignee", "999999"), ("points", "many"),
         ("labels", "999999"), ("description", "a\x00b")],
    )  # fmt: skip
    def test_a_bad_value_is_refused_where_it_was_written(
        self, signed_in: Client, acme: Organization, kanban: Project, field: str, value: str
    ) -> None:
        path = f"/{acme.slug}/KAN/issues/new/"
        page = signed_in.post(path, self.fields(kanban, **{field: value}))
        assert page.status_code == 422
        assert 'class="errors"' in page.content.decode()
        problem = signed_in.post(path, self.fields(kanban, **{field: value}), headers=SCRIPT)
        assert (problem.status_code, problem.json()["field"]) == (422, field)
        assert issues_of(kanban) == []

    @pytest.mark.parametrize(
        ("query", "status", "said"),
        [
            ("place=board", "To do", ""),
            ("place=board&q=zzz", "To do", "The filters hide it."),
            ("place=board", "Backlog", "No column of this board shows “Backlog”."),
            ("place=list", "Backlog", ""),
            ("place=list&q=zzz", "To do", "The filters hide it."),
            ("q=zzz", "To do", ""),
        ],
    )
    def test_says_when_the_page_does_not_show_it(
        self, signed_in: Client, acme: Organization, kanban: Project, query: str, status: str, said: str
    ) -> None:
        found = one(Status, kanban, status)
        path = f"/{acme.slug}/KAN/issues/new/?{query}"
        page = signed_in.post(path, self.fields(kanban, status=found.pk), headers=SCRIPT).content.decode()
        assert ("data-hidden" in page) is bool(said)
        assert f">{'KAN-1 created. ' + said if said else 'KAN-1 created.'}</div>" in page

    def test_says_when_the_board_shows_another_sprint(
        self, signed_in: Client, ada: User, acme: Organization, flow: Project
    ) -> None:
        with acting(ada, acme):
            Sprint.objects.create(org=acme, project=flow, name="Sprint 1", state="active")
        path = f"/{acme.slug}/FLOW/issues/new/?place=board"
        page = signed_in.post(path, self.fields(flow), headers=SCRIPT).content.decode()
        assert "This board shows Sprint 1 only." in page
