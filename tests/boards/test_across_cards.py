"""Working on several cards of a board over projects: changed, moved, made and taken back, each in its own project."""

from collections.abc import Collection
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.boards.models import AcrossBoard, Column
from apps.boards.selectors import across as selectors
from apps.boards.services import Limit, across_cards, edit_column
from apps.core.errors import Conflict, Forbidden, Invalid, NotFound
from apps.core.tenancy import OrgRole, current_unit
from apps.events.models import Event, Stream
from apps.issues.models import Issue
from apps.issues.selectors import NoSuchIssue, TransitionRefused
from apps.issues.services import BulkEdit, ColumnFull, NothingToTakeBack, Place, TakenBack, edit_issue
from apps.orgs.models import Organization
from apps.projects.models import IssueType, Project, Status
from apps.projects.services import add_status, create_label, create_version
from apps.sprints.models import Sprint
from tests.boards.test_across import column, make, rows, shown, titles
from tests.factories import acting, give_role, make_issues, make_member, make_project


@pytest.fixture
def kan(acme: Organization, ada: User) -> Project:
    return make_project(acme, ada, "KAN", template="kanban")


@pytest.fixture
def ops(acme: Organization, ada: User) -> Project:
    return make_project(acme, ada, "OPS", template="kanban")


class Desk:
    """Somebody at a board of KAN and OPS, with k0 to k3 and o0 to o3 on it."""

    def __init__(self, who: User, org: Organization, *projects: Project) -> None:
        self.who, self.org, self.projects = who, org, projects
        for project in projects:
            make_issues(org, project, who, *(f"{project.key[0].lower()}{number}" for number in range(4)))
        self.board: AcrossBoard = make(who, org, *projects)

    def ids(self, titles: Collection[str]) -> list[int]:
        found = dict(Issue.objects.values_list("title", "pk"))
        return [found[title] for title in titles]

    def edit(
        self, *titles: str, op: str = "", to: str = "", beside: Any = None, by: User | None = None, **values: Any
    ) -> BulkEdit:
        with acting(by or self.who, self.org) as actor:
            unit = current_unit()
            assert unit is not None
            unit.op = op
            view = selectors.get_across(actor=actor, across_id=self.board.pk)
            place = (
                Place(**{name: self.ids([title])[0] for name, title in beside.items()}) if beside is not None else None
            )
            return across_cards.edit_cards_across(
                actor=actor,
                view=view,
                issue_ids=self.ids(titles),
                values=values,
                column_id=column(view, to).id if to else None,
                place=place,
            )

    def take_back(self, *titles: str, op: str, by: User | None = None) -> TakenBack:
        with acting(by or self.who, self.org) as actor:
            view = selectors.get_across(actor=actor, across_id=self.board.pk)
            return across_cards.take_back_cards_across(actor=actor, view=view, issue_ids=self.ids(titles), op=op)

    def columns(self) -> dict[str, list[str]]:
        return titles(shown(self.who, self.org, self.board))


@pytest.fixture
def desk(ada: User, acme: Organization, kan: Project, ops: Project) -> Desk:
    return Desk(ada, acme, kan, ops)


class TestEditing:
    def test_gives_each_its_own_projects_status_with_a_fact_in_each_stream_and_takes_all_back(
        self, desk: Desk, ada: User, acme: Organization, kan: Project, ops: Project
    ) -> None:
        before = desk.columns()
        edit = desk.edit("k1", "o0", "o2", op="one", to="Done", priority=4, points="3")
        assert [issue.title for issue in edit.changed] == ["k1", "o0", "o2"]
        assert desk.columns()["Done"] == ["o0", "k1", "o2"]
        with acting(ada, acme):
            for project, count in ((kan, 1), (ops, 2)):
                event = Event.objects.get(kind="issues.edited", project=project)
                assert (event.op, len(event.data["ids"])) == ("one", count)
                done = Status.objects.get(project=project, name="Done")
                assert Issue.objects.filter(status=done, priority=4, points=3).count() == count
            assert event.stream.kind == Stream.Kind.PROJECT
        back = desk.take_back("k1", "o0", "o2", op="one")
        assert ([issue.title for issue in back.issues], list(back.left)) == (["k1", "o0", "o2"], [])
        assert desk.columns() == before
        with pytest.raises(NothingToTakeBack):
            desk.take_back("k1", "o0", op="one")
        with pytest.raises(NotFound):
            desk.take_back("k1", "o0", op="another")
        with acting(ada, acme) as actor:
            view = selectors.get_across(actor=actor, across_id=desk.board.pk)
            with pytest.raises(NoSuchIssue):
                across_cards.take_back_cards_across(actor=actor, view=view, issue_ids=[2**40], op="one")

    def test_what_was_changed_since_in_one_project_stays_and_the_rest_goes_back(
        self, desk: Desk, ada: User, acme: Organization
    ) -> None:
        desk.edit("k0", "o0", op="two", priority=3)
        with acting(ada, acme) as actor:
            changed = Issue.objects.select_related("project", "status").get(title="k0")
            edit_issue(actor=actor, issue=changed, values={"priority": 1})
        assert [issue.title for issue in desk.take_back("k0", "o0", op="two").issues] == ["o0"]
        with acting(ada, acme):
            assert list(Issue.objects.filter(priority__gt=0).values_list("title", "priority")) == [("k0", 1)]

    def test_archives_and_deletes_and_brings_back(self, desk: Desk) -> None:
        before = desk.columns()
        for number, name in enumerate(("archived", "deleted")):
            desk.edit("k0", "o1", op=f"away{number}", **{name: True})
            assert desk.columns()["To do"] == ["o0", "k1", "k2", "o2", "k3", "o3"]
            with acting(desk.who, desk.org) as actor:
                view = selectors.get_across(actor=actor, across_id=desk.board.pk)
                ids = list(Issue.objects.filter(title__in=["k0", "o1"]).values_list("pk", flat=True))
                across_cards.take_back_cards_across(actor=actor, view=view, issue_ids=ids, op=f"away{number}")
            assert desk.columns() == before

    def test_assigns_who_works_in_all_projects_and_says_where_somebody_does_not(
        self, desk: Desk, ada: User, acme: Organization, ops: Project
    ) -> None:
        guest = make_member(acme, OrgRole.GUEST, "Gus")
        give_role(acme, ops, guest, "member")
        desk.edit("k0", "o0", assignee=ada.pk)
        desk.edit("o1", assignee=guest.pk)
        before = rows(acme, ada)
        with pytest.raises(Invalid, match="Gus does not work in Project KAN"):
            desk.edit("o1", "k1", assignee=guest.pk)
        with pytest.raises(Invalid, match="This person does not work in"):
            desk.edit("o1", "k1", assignee=2**40)
        assert rows(acme, ada) == before
        desk.edit("k0", "o0", assignee=None)

    def test_what_is_one_projects_is_for_issues_of_that_project(
        self, desk: Desk, ada: User, acme: Organization, kan: Project
    ) -> None:
        with acting(ada, acme) as actor:
            project = Project.objects.get(pk=kan.pk)
            label = create_label(actor=actor, project=project, name="urgent")
        desk.edit("k0", "k1", labels_add=[label.pk])
        before = rows(acme, ada)
        for values in ({"labels_add": [label.pk]}, {"sprint": None}, {"parent": None}, {"versions_remove": []}):
            with pytest.raises(Invalid, match="one project’s"):
                desk.edit("k0", "o0", **values)
        assert rows(acme, ada) == before

    def test_refuses_all_where_one_is_refused(self, desk: Desk, ada: User, acme: Organization, kan: Project) -> None:
        viewer = make_member(acme, OrgRole.GUEST, "Vera")
        give_role(acme, kan, viewer, "viewer")
        give_role(acme, desk.projects[1], viewer, "member")
        with acting(ada, acme) as actor:
            add_status(actor=actor, project=Project.objects.get(pk=kan.pk), name="Rolled out", category="done")
            own = Column.objects.select_related("board", "project").get(project=kan, name="In progress")
            edit_column(actor=actor, column=own, name=own.name, limit=Limit(at=1, unit="issues", policy="block"))
        before = rows(acme, ada)
        with pytest.raises(Forbidden, match="You can look at the issues of Project KAN, and not change them"):
            desk.edit("o0", "k0", by=viewer, priority=1)
        with pytest.raises(TransitionRefused, match="has no status that belongs into “Rolled out”"):
            desk.edit("k0", "o0", to="Rolled out")
        with pytest.raises(ColumnFull, match="“In progress” takes 1 issues at once"):
            desk.edit("o0", "k0", "k1", to="In progress")
        for values in ({}, {"priority": 9}):
            with pytest.raises(Invalid):
                desk.edit("o0", "k0", **values)
        with pytest.raises(Invalid, match="Choose 1 to"):
            desk.edit(priority=1)
        assert rows(acme, ada) == before
        desk.edit("o0", "o1", by=viewer, priority=2)
        with pytest.raises(NotFound):
            desk.take_back("o0", op="", by=viewer)

    def test_whoever_lost_a_project_takes_nothing_back(
        self, desk: Desk, acme: Organization, ops: Project, kan: Project
    ) -> None:
        vera = make_member(acme, OrgRole.GUEST, "Vera")
        give_role(acme, kan, vera, "member")
        give_role(acme, ops, vera, "member")
        desk.edit("k0", "o0", op="hers", by=vera, priority=2)
        give_role(acme, kan, vera, "viewer")
        before = rows(acme, desk.who)
        with pytest.raises(Forbidden):
            desk.take_back("k0", "o0", op="hers", by=vera)
        assert rows(acme, desk.who) == before


class TestDropping:
    def test_together_between_cards_of_whatever_project_in_their_order(
        self, desk: Desk, ada: User, acme: Organization
    ) -> None:
        assert desk.columns()["To do"] == ["k0", "o0", "k1", "o1", "k2", "o2", "k3", "o3"]
        desk.edit("o3", "k2", "k3", to="To do", beside={"after": "o0", "before": "k1"}, op="drop")
        assert desk.columns()["To do"] == ["k0", "o0", "k2", "k3", "o3", "k1", "o1", "o2"]
        desk.take_back("o3", "k2", "k3", op="drop")
        assert desk.columns()["To do"] == ["k0", "o0", "k1", "o1", "k2", "o2", "k3", "o3"]
        desk.edit("o3", "k3", to="In progress", beside={})
        assert desk.columns()["In progress"] == ["k3", "o3"]
        # Above the first, and beside one that moves along, which is no neighbour.
        desk.edit("o1", "k2", to="In progress", beside={"before": "k3"})
        desk.edit("k3", "o3", to="To do", beside={"before": "k0", "after": "k3"})
        assert desk.columns() == {
            "To do": ["k3", "o3", "k0", "o0", "k1", "o2"],
            "In progress": ["o1", "k2"],
            "In review": [],
            "Done": [],
        }

    def test_beside_a_card_of_a_project_that_none_of_them_is_of(
        self, desk: Desk, ada: User, acme: Organization
    ) -> None:
        desk.edit("o2", "o3", to="To do", beside={"after": "k0", "before": "o0"})
        # k0 and o0 have one rank, so there is no room between them.
        assert desk.columns()["To do"] == ["k0", "o0", "o2", "o3", "k1", "o1", "k2", "k3"]


class TestCreating:
    def make(self, desk: Desk, project: Project, to: str, *names: str, by: User | None = None) -> list[Issue]:
        with acting(by or desk.who, desk.org) as actor:
            view = selectors.get_across(actor=actor, across_id=desk.board.pk)
            return across_cards.create_cards_across(
                actor=actor,
                view=view,
                column_id=column(view, to).id,
                project=view.project(project.pk),
                rows=[{"title": name} for name in names],
            )

    def test_in_the_columns_status_of_the_project_and_in_its_sprint(
        self, ada: User, acme: Organization, flow: Project, ops: Project
    ) -> None:
        desk = Desk(ada, acme, flow, ops)
        with acting(ada, acme):
            sprint = Sprint.objects.create(org=acme, project=flow, name="Sprint 1", state="active")
        with acting(ada, acme):
            working = Status.objects.get(project=ops, name="In progress")
            Issue.objects.filter(title="o3").update(status=working)
        (issue,) = self.make(desk, flow, "In progress", "new")
        assert (issue.project_id, issue.sprint_id) == (flow.pk, sprint.pk)
        self.make(desk, ops, "In progress", "two", "three")
        # At the foot of the column, whatever stands in it.
        assert desk.columns()["In progress"] == ["o3", "new", "two", "three"]

    def test_refuses_viewers_and_what_has_no_place(
        self, desk: Desk, ada: User, acme: Organization, kan: Project, ops: Project
    ) -> None:
        viewer = make_member(acme, OrgRole.GUEST, "Vera")
        give_role(acme, kan, viewer, "viewer")
        give_role(acme, ops, viewer, "member")
        with acting(ada, acme) as actor:
            add_status(actor=actor, project=Project.objects.get(pk=ops.pk), name="Rolled out", category="done")
        before = rows(acme, ada)
        with pytest.raises(Forbidden):
            self.make(desk, kan, "To do", "x", by=viewer)
        with pytest.raises(TransitionRefused):
            self.make(desk, kan, "Rolled out", "x")
        with pytest.raises(Invalid):
            self.make(desk, kan, "To do")
        assert rows(acme, ada) == before
        view = shown(viewer, acme, desk.board)
        assert [[project.key for project in view.places_in(each)] for each in view.columns] == [["OPS"]] * 5


class TestViews:
    @pytest.fixture
    def client(self, ada: User) -> Client:
        client = Client()
        client.force_login(ada)
        return client

    def test_the_bar_offers_what_all_have_and_says_whose_the_rest_is(
        self, client: Client, desk: Desk, ada: User, acme: Organization, kan: Project, ops: Project
    ) -> None:
        guest = make_member(acme, OrgRole.GUEST, "Gus")
        give_role(acme, ops, guest, "member")
        with acting(ada, acme) as actor:
            project = Project.objects.get(pk=kan.pk)
            create_label(actor=actor, project=project, name="urgent")
            create_version(actor=actor, project=project, name="1.0")
            Sprint.objects.create(org=acme, project=kan, name="Sprint 1", state="planned")
            epic = IssueType.objects.get(project=kan, level=IssueType.Level.EPIC)
        make_issues(acme, kan, ada, "Big thing", type=epic)
        url = f"/{acme.slug}/boards/{desk.board.pk}/bulk/"
        bar = client.get(url).content.decode()
        both, own = f'data-within="{kan.pk} {ops.pk}"', f'data-within="{kan.pk}"'
        assert bar.count(both) == 4 + 1  # the columns, and ada
        assert f'data-field="assignee" data-value="{guest.pk}" data-within="{ops.pk}"' in bar
        for name in ("urgent", "1.0", "Sprint 1", "Big thing"):
            assert name in bar
        assert bar.count(own) == 1 + 2 + 2 + 2 + 2  # where it may move, label, version, sprint or none, epic or none
        client.force_login(guest)
        assert "data-within" not in client.get(url).content.decode()
        give_role(acme, ops, guest, "viewer")
        assert client.get(url).status_code == 403

    def test_changes_moves_takes_back_and_creates(
        self, client: Client, desk: Desk, ada: User, acme: Organization, kan: Project, ops: Project
    ) -> None:
        url = f"/{acme.slug}/boards/{desk.board.pk}/"
        script, op = {"X-Requested-With": "XMLHttpRequest"}, str(uuid4())
        with acting(ada, acme):
            ids = ",".join(str(pk) for pk in desk.ids(["k0", "o0"]))
        view = shown(ada, acme, desk.board)
        done = column(view, "Done").id
        answer = client.post(f"{url}bulk/", {"issue": ids, "column": done, "op": op}, headers=script)
        assert answer.json()["text"] == "2 issues changed."
        assert client.post(f"{url}bulk/undo/", {"issue": ids, "of": op}, headers=script).json()["text"] == "Taken back."
        plain = client.post(f"{url}bulk/", {"issue": ids, "priority": "high"}, follow=True)
        assert "2 issues changed." in plain.content.decode()
        moved = client.post(f"{url}move-many/", {"issue": ids, "column": done}, headers=script).json()
        assert [card["status"] for card in moved["cards"]] == [status.pk for status in column(view, "Done").statuses]
        fresh = {"column": done, "project": ops.pk, "title": "Fresh"}
        # In a column of several statuses, before the log has it.
        working = fresh | {"column": column(view, "In progress").id}
        assert "OPS-5 created." in client.post(f"{url}create/", working, headers=script).content.decode()
        made = client.post(f"{url}create/?q=nothing", fresh, headers=script).content.decode()
        assert "OPS-6 created. The filters hide it." in made
        many = {"column": done, "project": kan.pk, "titles": ["One", "Two"]}
        assert client.post(f"{url}create-many/", many, headers=script).content.decode().count('class="card"') == 2
        assert client.post(f"{url}create-many/", many).status_code == 302
        assert "OPS-7 is created." in client.post(f"{url}create/", fresh, follow=True).content.decode()
        refused = client.post(f"{url}create/", fresh | {"title": " "})
        assert refused.status_code == 422
        page = refused.content.decode()
        assert "An issue needs a title." in page
        assert f'<option value="{ops.pk}" data-key="OPS" selected>' in page
        assert client.post(f"{url}create/", fresh | {"title": ""}, headers=script).status_code == 422
        assert client.post(f"{url}create/", fresh | {"project": 2**40}).status_code == 404

    def test_costs_the_same_for_few_cards_and_many(self, client: Client, ada: User, acme: Organization) -> None:
        projects = [make_project(acme, ada, f"P{number}", template="kanban") for number in range(6)]
        boards = [make(ada, acme, *projects[:2]), make(ada, acme, *projects)]
        costs: list[list[int]] = []
        for project in projects:
            make_issues(acme, project, ada, "a", "b")
        for round_ in range(2):
            for board in boards:
                url = f"/{acme.slug}/boards/{board.pk}/"
                first = shown(ada, acme, board).columns[0]
                ids = [card.id for card in first.cards if card.status.project_id in {each.pk for each in projects[:2]}]
                found = []
                for path, data in (
                    ("bulk/", None),
                    ("bulk/", {"issue": ids, "points": len(costs) + 1}),
                    ("move-many/", {"issue": ids[1:], "column": first.id, "before": ids[0]}),
                    ("create/", {"title": "c", "project": projects[0].pk, "column": first.id}),
                ):
                    with CaptureQueriesContext(connection) as queries:
                        answer = (
                            client.post(url + path, data, headers={"X-Requested-With": "XMLHttpRequest"})
                            if data
                            else client.get(url + path)
                        )
                    assert answer.status_code == 200, answer.content
                    found.append(len(queries))
                costs.append(found)
            if not round_:
                for project in projects:
                    make_issues(acme, project, ada, *"cdef")
        assert costs[1:] == costs[:1] * 3


def test_a_conflict_in_one_project_takes_nothing_back(desk: Desk, ada: User, acme: Organization, kan: Project) -> None:
    desk.edit("k0", "o0", to="In progress")
    desk.edit("k0", "o0", op="out", to="Done")
    with acting(ada, acme) as actor:
        own = Column.objects.select_related("board", "project").get(project=kan, name="In progress")
        edit_column(actor=actor, column=own, name=own.name, limit=Limit(at=1, unit="issues", policy="block"))
    desk.edit("k1", to="In progress")
    before = rows(acme, ada)
    with pytest.raises(Conflict):
        desk.take_back("k0", "o0", op="out")
    assert rows(acme, ada) == before
