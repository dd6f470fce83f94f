"""What belongs to what: children, their progress, and which parents are refused."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.core.errors import Forbidden, Invalid, NotFound
from apps.events.models import Event
from apps.issues import selectors, services
from apps.issues.models import Issue
from apps.issues.selectors import Progress, get_issue
from apps.orgs.models import Organization
from apps.projects.models import IssueType, Project, Status
from apps.projects.policies import Role
from apps.sprints.services import complete_sprint, create_sprint, plan_issues, start_sprint
from tests.factories import acting, give_role, make_issues, make_member, make_org, make_project, make_user

Level = IssueType.Level


def kind(project: Project, level: int) -> IssueType:
    return IssueType.objects.filter(project=project, level=level).order_by("position").first()  # type: ignore[return-value]


def make(org: Organization, project: Project, by: User, level: int, *titles: str, **fields: Any) -> list[Issue]:
    with acting(by, org):
        of = kind(project, level)
        status = Status.objects.get(project=project, name=fields.pop("status", "To do"))
    return make_issues(org, project, by, *titles, type=of, status=status, **fields)


def issue(title: str) -> Issue:
    return Issue.objects.select_related("project", "status", "type", "parent__type").get(title=title)


def put(user: User, org: Organization, title: str, **values: Any) -> Issue:
    with acting(user, org) as actor:
        return services.edit_issue(actor=actor, issue=issue(title), values=values)


@pytest.fixture
def epic(ada: User, acme: Organization, flow: Project) -> Issue:
    return make(acme, flow, ada, Level.EPIC, "Epic")[0]


class TestParents:
    def test_holds_what_is_below_it(self, ada: User, acme: Organization, flow: Project, epic: Issue) -> None:
        make(acme, flow, ada, Level.STANDARD, "story")
        make(acme, flow, ada, Level.SUBTASK, "step")
        put(ada, acme, "story", parent=epic.pk)
        story = put(ada, acme, "story", points=3)
        assert put(ada, acme, "step", parent=story.pk).parent == story
        assert put(ada, acme, "story", parent=None).parent is None

    def test_refuses_what_cannot_hold_it_and_changes_nothing(
        self, ada: User, acme: Organization, flow: Project, epic: Issue, secret: Project
    ) -> None:
        story, other = make(acme, flow, ada, Level.STANDARD, "story", "other")
        (step,) = make(acme, flow, ada, Level.SUBTASK, "step", parent=story)
        (hidden,) = make(acme, secret, ada, Level.EPIC, "hidden")
        stranger = make_user("Zoe")
        elsewhere = make_org(stranger, "Else")
        abroad = make(elsewhere, make_project(elsewhere, stranger, "FLOW"), stranger, Level.EPIC, "abroad")[0]
        (gone,) = make(acme, flow, ada, Level.EPIC, "gone")
        with acting(ada, acme) as actor:
            services.delete_issue(actor=actor, issue=issue("gone"))
        member = make_member(acme)
        before = self._rows(ada, acme)
        for title, parent, why in (
            ("step", step, "belong to itself"),
            ("Epic", epic, "belong to itself"),
            ("story", other, "An epic holds issues"),
            # A circle: the story would be inside of what is inside of it.
            ("story", step, "An epic holds issues"),
            ("Epic", story, "An epic holds issues"),
            ("story", hidden, "no such parent"),
            ("story", abroad, "no such parent"),
            ("story", gone, "no such parent"),
        ):
            with pytest.raises(Invalid, match=why) as refused:
                put(member, acme, title, parent=parent.pk)
            assert refused.value.extra["field"] == "parent"
        assert self._rows(ada, acme) == before

    def _rows(self, ada: User, acme: Organization) -> list[Any]:
        with acting(ada, acme):
            return [
                *Issue.objects.order_by("pk").values_list("pk", "parent_id", "type_id", "version"),
                Event.objects.count(),
            ]

    def test_refuses_a_type_that_would_break_it(
        self, ada: User, acme: Organization, flow: Project, epic: Issue
    ) -> None:
        (story,) = make(acme, flow, ada, Level.STANDARD, "story", parent=epic)
        make(acme, flow, ada, Level.SUBTASK, "step", parent=story)
        before = self._rows(ada, acme)
        with acting(ada, acme):
            epics, steps = kind(flow, Level.EPIC).pk, kind(flow, Level.SUBTASK).pk
            bug = IssueType.objects.get(project=flow, name="Bug").pk
        with pytest.raises(Invalid, match="belongs to “Epic”, which cannot hold a Epic"):
            put(ada, acme, "story", type=epics)
        with pytest.raises(Invalid, match="A Sub-task cannot hold what belongs to this issue"):
            put(ada, acme, "story", type=steps)
        assert self._rows(ada, acme) == before
        put(ada, acme, "story", type=bug)
        put(ada, acme, "step", parent=None)
        put(ada, acme, "story", type=epics, parent=None)
        with acting(ada, acme):
            assert issue("story").type_id == epics

    def test_refuses_an_issue_that_is_gone(self, ada: User, acme: Organization, flow: Project, epic: Issue) -> None:
        make(acme, flow, ada, Level.STANDARD, "story")
        with acting(ada, acme) as actor:
            stale = issue("story")
            services.delete_issue(actor=actor, issue=stale)
            with pytest.raises(NotFound):
                services.edit_issue(actor=actor, issue=stale, values={"parent": epic.pk})

    def test_offers_only_what_may_hold_it(
        self, ada: User, acme: Organization, flow: Project, epic: Issue, secret: Project
    ) -> None:
        make(acme, flow, ada, Level.STANDARD, "story", "other")
        make(acme, flow, ada, Level.SUBTASK, "step")
        make(acme, flow, ada, Level.EPIC, "Finished epic", status="Done")
        make(acme, secret, ada, Level.EPIC, "Hidden epic")
        garden = make_project(acme, ada, "GARDEN")
        make(acme, garden, ada, Level.EPIC, "Garden epic")
        with acting(make_member(acme), acme) as actor:

            def offered(title: str, q: str = "") -> list[str]:
                return [one.title for one in selectors.parent_choices(actor=actor, issue=issue(title), q=q)]

            assert offered("Epic") == []
            assert offered("story") == ["Epic"]
            assert offered("step") == ["story", "other", "Epic"]
            assert offered("story", "epic") == ["Epic", "Finished epic", "Garden epic"]
            assert offered("story", "garden EPIC") == ["Garden epic"]
            assert offered("step", "FLOW-2") == ["story"]


class TestAddChildren:
    def test_puts_them_below_it_in_one_step(self, ada: User, acme: Organization, flow: Project, epic: Issue) -> None:
        with acting(ada, acme) as actor:
            stories = services.add_children(actor=actor, parent=epic, titles=["one", "two"])
            assert [(each.title, each.type.level, each.parent_id) for each in stories] == [
                ("one", Level.STANDARD, epic.pk),
                ("two", Level.STANDARD, epic.pk),
            ]
            bug = IssueType.objects.get(project=flow, name="Bug")
            (found,) = services.add_children(actor=actor, parent=epic, titles=["three"], issue_type=bug)
            assert found.type == bug
        with acting(ada, acme):
            assert Event.objects.filter(kind="issue.created", data__parent=epic.pk).count() == 3

    def test_sub_tasks_join_the_sprint_as_long_as_it_goes_on(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        make(acme, flow, ada, Level.STANDARD, "story", status="Done")
        with acting(ada, acme) as actor:
            sprint = create_sprint(actor=actor, project=issue("story").project, name="Sprint 1")
            plan_issues(actor=actor, issues=[issue("story")], sprint=sprint)
            (step,) = services.add_children(actor=actor, parent=issue("story"), titles=["step"])
            assert step.sprint_id == sprint.pk
            started = start_sprint(actor=actor, sprint=sprint)
            complete_sprint(actor=actor, sprint=started)
            (late,) = services.add_children(actor=actor, parent=issue("story"), titles=["late"])
            assert late.sprint_id is None

    def test_refuses_and_makes_nothing(self, ada: User, acme: Organization, flow: Project, epic: Issue) -> None:
        make(acme, flow, ada, Level.SUBTASK, "step")
        viewer = make_member(acme, "guest")
        give_role(acme, flow, viewer, Role.VIEWER)
        with acting(viewer, acme) as actor, pytest.raises(Forbidden):
            services.add_children(actor=actor, parent=epic, titles=["x"])
        with acting(ada, acme) as actor:
            count = Issue.objects.count()
            for titles in ([], ["x"] * 101, ["x", " "]):
                with pytest.raises(Invalid):
                    services.add_children(actor=actor, parent=epic, titles=titles)
            with pytest.raises(Invalid, match="An epic holds issues"):
                services.add_children(actor=actor, parent=epic, titles=["x"], issue_type=kind(flow, Level.EPIC))
            with pytest.raises(Invalid, match="no type of issues that “Sub-task” can hold"):
                services.add_children(actor=actor, parent=issue("step"), titles=["x"])
            services.delete_issue(actor=actor, issue=issue("Epic"))
            with pytest.raises(NotFound):
                services.add_children(actor=actor, parent=epic, titles=["x"])
            assert Issue.objects.count() == count


class TestProgress:
    def test_counts_what_is_done_of_what_was_not_given_up(
        self, ada: User, acme: Organization, flow: Project, epic: Issue, secret: Project
    ) -> None:
        for status, points in (("To do", 3), ("In progress", 5), ("Done", 8), ("Cancelled", 13), ("Done", None)):
            make(acme, flow, ada, Level.STANDARD, f"{status} {points}", status=status, parent=epic, points=points)
        done, _open = make(acme, flow, ada, Level.STANDARD, "archived", "put away", parent=epic, points=Decimal("0.5"))
        make(acme, secret, ada, Level.STANDARD, "hidden", parent=epic, points=100)
        make(acme, flow, ada, Level.SUBTASK, "step", parent=done, points=50)
        make(acme, flow, ada, Level.STANDARD, "binned", parent=epic, points=40)
        with acting(ada, acme) as actor:
            services.delete_issue(actor=actor, issue=issue("binned"))
            services.move_issue(actor=actor, issue=issue("archived"), to=Status.objects.get(project=flow, name="Done"))
            for title in ("archived", "put away"):
                services.archive_issue(actor=actor, issue=issue(title))
        with acting(make_member(acme), acme) as actor:
            found = selectors.family(actor=actor, issue=issue("Epic"))
            assert found is not None
            assert found.progress == Progress(issues=5, done=3, points=Decimal("16.5"), points_done=Decimal("8.5"))
            assert not found.progress.is_whole
            assert len(found.children) == 7
            assert {each.name for each in found.types} == {"Story", "Task", "Bug"}
            steps = selectors.family(actor=actor, issue=issue("archived"))
            assert steps is not None
            assert [each.title for each in steps.children] == ["step"]
            assert selectors.family(actor=actor, issue=issue("step")) is None
            assert selectors.progress_of(actor=actor, parent_ids=[]) == {}

    def test_of_children_costs_the_same_for_three_times_as_many(
        self, ada: User, acme: Organization, flow: Project, epic: Issue
    ) -> None:
        def cost() -> int:
            with acting(ada, acme) as actor:
                found = issue("Epic")
                with CaptureQueriesContext(connection) as queries:
                    selectors.family(actor=actor, issue=found)
            return len(queries)

        make(acme, flow, ada, Level.STANDARD, "a", "b", parent=epic, assignee=ada)
        few = cost()
        make(acme, flow, ada, Level.STANDARD, "c", "d", "e", "f", parent=epic, assignee=ada)
        assert cost() == few == 3

    def test_of_epics_comes_in_pages_at_the_same_cost_for_three_times_as_many(
        self, ada: User, acme: Organization, flow: Project, epic: Issue
    ) -> None:
        def cost() -> int:
            with acting(ada, acme) as actor, CaptureQueriesContext(connection) as queries:
                selectors.epic_page(actor=actor, project=flow)
            return len(queries)

        make(acme, flow, ada, Level.STANDARD, "story", parent=epic)
        few = cost()
        for number, each in enumerate(make(acme, flow, ada, Level.EPIC, "B", "C", "D")):
            make(acme, flow, ada, Level.STANDARD, f"part {number}", parent=each, status="Done")
        make(acme, flow, ada, Level.EPIC, "over", status="Cancelled")
        assert cost() == few
        with acting(ada, acme) as actor:
            first = selectors.epic_page(actor=actor, project=flow, size=3)
            assert [each.issue.title for each in first.epics] == ["Epic", "B", "C"]
            assert [each.progress.is_whole for each in first.epics] == [False, True, True]
            second = selectors.epic_page(actor=actor, project=flow, size=3, after=first.next_after)
            assert ([each.issue.title for each in second.epics], second.next_after) == (["D"], None)
            done = selectors.epic_page(actor=actor, project=flow, shown="done")
            assert [(each.issue.title, each.is_closed) for each in done.epics] == [("over", True)]
            assert len(selectors.epic_page(actor=actor, project=flow, shown="all").epics) == 5


class TestPages:
    @pytest.fixture
    def client(self, ada: User) -> Client:
        client = Client(raise_request_exception=False)
        client.force_login(ada)
        return client

    def test_lists_adds_and_moves_children(
        self, client: Client, ada: User, acme: Organization, flow: Project, epic: Issue
    ) -> None:
        path = f"/{acme.slug}/issue/FLOW-1/"
        assert "Add issues to it" in client.get(path).content.decode()
        answer = client.post(path + "children/", {"field": "children", "value": "first\r\n\r\n second "}, follow=True)
        page = answer.content.decode()
        assert "2 issues created." in page
        assert "0 of 2 issues done" in page
        scripted = client.post(
            path + "children/", {"value": "third"}, headers={"X-Requested-With": "XMLHttpRequest"}
        ).content.decode()
        assert 'data-key="FLOW-4"' in scripted
        assert "0 of 3 issues done" in scripted
        refused = client.post(
            path + "children/", {"field": "children", "value": "x" * 501}, headers={"Accept": "text/html"}
        )
        assert refused.status_code == 422
        assert "x" * 501 in refused.content.decode()
        assert client.post(path + "children/", {"value": "x", "type": "999"}).status_code == 422
        listed = client.get(f"/{acme.slug}/FLOW/issues/?parent={epic.pk}").content.decode()
        assert "Part of one issue" in listed
        assert listed.count("data-issue-key") == 3

        child = f"/{acme.slug}/issue/FLOW-2/"
        assert "FLOW-1" in client.get(child + "parents/").content.decode()
        assert "<html" not in client.get(child + "parents/?q=epic", headers={"HX-Request": "true"}).content.decode()
        assert "is called that" in client.get(child + "parents/?q=nothing").content.decode()
        client.post(child + "edit/", {"field": "parent", "value": ""})
        assert "There is no open epic" not in client.get(child + "parents/").content.decode()
        with acting(ada, acme) as actor:
            assert get_issue(actor=actor, key="FLOW-2").parent is None
            services.delete_issue(actor=actor, issue=get_issue(actor=actor, key="FLOW-1"))
        assert "Epic" not in client.get(f"/{acme.slug}/issue/FLOW-3/").content.decode().split("issue-fields")[1][:2000]

    def test_deleting_it_says_what_becomes_of_its_children_and_undo_gives_them_back(
        self, client: Client, ada: User, acme: Organization, flow: Project, epic: Issue
    ) -> None:
        path, child = f"/{acme.slug}/issue/FLOW-1/", f"/{acme.slug}/issue/FLOW-2/"
        scripted = {"X-Requested-With": "XMLHttpRequest"}
        assert "data-gone" not in client.post(path + "delete/", headers=scripted).content.decode()
        client.post(path + "restore/")
        client.post(path + "children/", {"value": "first\nsecond"})
        said = "FLOW-1 is deleted. 2 issues that it held stay, and belong to none now."
        assert f"<div data-gone hidden>{said}</div>" in client.post(path + "delete/", headers=scripted).content.decode()
        assert "Part of: Nothing" in client.get(child).content.decode()
        client.post(path + "restore/")
        assert "Part of: Nothing" not in client.get(child).content.decode()
        client.post(f"/{acme.slug}/issue/FLOW-3/delete/")
        plain = client.post(path + "delete/", follow=True).content.decode()
        assert "1 issue that it held stays, and belongs to none now." in plain

    def test_more_children_than_a_page_lists_are_in_the_list(
        self, client: Client, ada: User, acme: Organization, flow: Project, epic: Issue, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("apps.issues.selectors.tree.MOST_CHILDREN", 2)
        make(acme, flow, ada, Level.STANDARD, "a", "b", "c", parent=epic)
        page = client.get(f"/{acme.slug}/issue/FLOW-1/").content.decode()
        assert f"issues/?parent={epic.pk}" in page
        assert page.count("data-child=") == 2

    def test_the_page_of_epics(self, client: Client, ada: User, acme: Organization, flow: Project) -> None:
        path = f"/{acme.slug}/FLOW/epics/"
        assert "No open epic" in client.get(path).content.decode()
        assert "“Two floors” is there." in client.post(path, {"title": "Two floors"}, follow=True).content.decode()
        assert client.post(path, {"title": "x" * 501}).status_code == 422
        make(acme, flow, ada, Level.EPIC, "Lifts")
        put(ada, acme, "Lifts", due_date="2020-01-31", start_date="2020-01-01")
        assert "days late" in client.get(path).content.decode()
        assert "Epics appear here when" in client.get(path + "?show=done").content.decode()
        assert client.get(path + "?after=nonsense").status_code == 422
        with acting(ada, acme):
            IssueType.objects.filter(project=flow, level=Level.EPIC).update(retired_at="2026-01-01T00:00Z")
        assert "no type of issues that holds others" in client.post(path, {"title": "x"}).content.decode()
