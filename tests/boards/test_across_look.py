"""What boards over projects show of cards and columns: fields, what was done long ago, ageing, and limits."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.boards.models import AcrossBoard, Board, Column
from apps.boards.services import Limit, across, edit_column
from apps.core.errors import Invalid
from apps.core.tenancy import at_moment
from apps.issues.models import Issue
from apps.issues.services import move_issue
from apps.orgs.models import Organization
from apps.projects.models import Project, Status
from apps.sprints.models import Sprint
from tests.boards.test_across import column, make, rows, shown, titles
from tests.factories import acting, make_issues, make_project


@pytest.fixture
def kan(acme: Organization, ada: User) -> Project:
    return make_project(acme, ada, "KAN", template="kanban")


@pytest.fixture
def ops(acme: Organization, ada: User) -> Project:
    return make_project(acme, ada, "OPS", template="kanban")


def edit(user: User, org: Organization, board: AcrossBoard, *projects: Project, **values: Any) -> None:
    with acting(user, org) as actor:
        ids = [project.pk for project in projects]
        across.edit_across(actor=actor, board=board, name="Both", by="status", project_ids=ids, **values)


def tell(user: User, org: Organization, project: Project, title: str, *steps: tuple[str, float], **fields: Any) -> None:
    """An issue went into these statuses, so many days ago."""
    make_issues(org, project, user, title, **fields)
    for name, days in steps:
        with acting(user, org) as actor, at_moment(timezone.now() - timedelta(days=days)):
            issue = Issue.objects.select_related("project").get(title=title)
            move_issue(actor=actor, issue=issue, to=Status.objects.get(project=project, name=name))


def limit(user: User, org: Organization, project: Project, name: str, at: int, **values: Any) -> None:
    with acting(user, org) as actor:
        own = Column.objects.select_related("board", "project").get(project=project, name=name, board__position=0)
        edit_column(actor=actor, column=own, name=name, limit=Limit(at=at, **values))


class TestCards:
    def test_leave_out_what_the_board_says(self, ada: User, acme: Organization, kan: Project, ops: Project) -> None:
        make_issues(acme, kan, ada, "k0", points=3, assignee=ada)
        make_issues(acme, ops, ada, "o0")
        board = make(ada, acme, kan, ops)
        client = Client()
        client.force_login(ada)
        url = f"/{acme.slug}/boards/{board.pk}/"
        full = client.get(url).content.decode()
        assert 'class="points"' in full
        everything = [value for value, _name in Board.CardField.choices]
        edit(ada, acme, board, kan, ops, left_out=everything)
        bare = client.get(url).content.decode()
        assert 'class="points"' not in bare
        assert '<span class="visually-hidden">KAN-1</span>' in bare
        settings = client.get(f"{url}settings/").content.decode()
        assert re.findall(r'name="shows" value="(\w+)"[^>]* checked', settings) == []

    def test_settings_are_saved_and_put_back_whole(
        self, ada: User, acme: Organization, kan: Project, ops: Project
    ) -> None:
        board = make(ada, acme, kan, ops)
        edit(ada, acme, board, kan, ops, left_out=["age", "key"], done_days=7, marks_slow=True)
        client = Client()
        client.force_login(ada)
        url = f"/{acme.slug}/boards/{board.pk}/settings/"
        new = {
            "name": "Both",
            "by": "status",
            "projects": [kan.pk],
            "shows": ["key"],
            "done_days": "",
            "grouping": "none",
        }
        page = client.post(url, new, follow=True).content.decode()
        view = shown(ada, acme, board)
        assert (view.done_days, view.marks_slow, "key" in view.left_out) == (None, False, False)
        sent: dict[str, list[str]] = {}
        for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page):
            sent.setdefault(name, []).append(value)
        client.post(url, sent)
        view = shown(ada, acme, board)
        assert (view.done_days, view.marks_slow, view.left_out) == (7, True, {"age", "key"})

    @pytest.mark.parametrize("values", [{"left_out": ["nothing"]}, {"done_days": 0}, {"done_days": 1000}])
    def test_refuses_what_makes_no_sense(
        self, ada: User, acme: Organization, kan: Project, values: dict[str, Any]
    ) -> None:
        board = make(ada, acme, kan)
        before = rows(acme, ada)
        with pytest.raises(Invalid):
            edit(ada, acme, board, kan, **values)
        assert rows(acme, ada) == before

    def test_that_take_longer_than_usual_in_their_project_are_marked(
        self, ada: User, acme: Organization, kan: Project, ops: Project
    ) -> None:
        for number in range(10):
            tell(ada, acme, kan, f"done {number}", ("In progress", 3 + number), ("Done", 2))
        tell(ada, acme, kan, "slow", ("In progress", 9), ("In review", 1))
        tell(ada, acme, kan, "slower", ("In progress", 30))
        # Of this project nobody knows what is usual.
        tell(ada, acme, ops, "unknown", ("In progress", 40))
        board = make(ada, acme, kan, ops)
        client = Client()
        client.force_login(ada)
        url = f"/{acme.slug}/boards/{board.pk}/"
        assert "of 100 issues here" not in client.get(url).content.decode()
        edit(ada, acme, board, kan, ops, marks_slow=True)
        page = client.get(url).content.decode()
        assert "In work for 40 days" not in page
        assert "In work for 9 days; 85 of 100 issues here took at most 9" in page
        assert page.count("Stuck?") == 1
        edit(ada, acme, board, kan, marks_slow=True)
        assert client.get(url).content.decode().count("Stuck?") == 1


class TestDoneEarlier:
    def test_leaves_the_board_is_counted_and_can_be_read_on(
        self, ada: User, acme: Organization, kan: Project, ops: Project
    ) -> None:
        tell(ada, acme, kan, "old-work", ("Done", 20), points=5)
        tell(ada, acme, ops, "new-work", ("Done", 2), points=3)
        board = make(ada, acme, kan, ops)
        assert titles(shown(ada, acme, board))["Done"] == ["old-work", "new-work"]
        edit(ada, acme, board, kan, ops, done_days=14)
        view = shown(ada, acme, board)
        done = column(view, "Done")
        assert ([card.title for card in done.cards], done.total, done.older, done.points) == (["new-work"], 1, 1, 3)
        client = Client()
        client.force_login(ada)
        url = f"/{acme.slug}/boards/{board.pk}/"
        page = client.get(url).content.decode()
        assert "1 done earlier" in page
        link = re.search(r'href="([^"]*earlier=1[^"]*)"', page)
        assert link is not None
        found = client.get(unescape(link[1])).content.decode()
        assert "1 issue was done before" in found
        assert "old-work" in found
        assert "new-work" not in found
        with acting(ada, acme):
            ids = list(Issue.objects.order_by("title").values_list("pk", flat=True))
        read = client.get(f"{url}cards/?ids={','.join(map(str, ids))}").content.decode()
        assert ("new-work" in read, "old-work" in read) == (True, False)
        assert client.get(f"{url}totals/").json()["columns"][str(done.id)]["count"] == 1
        # It goes on behind the first ones.
        make_issues(acme, kan, ada, *(f"past {number:02}" for number in range(40)))
        with acting(ada, acme):
            long_ago = timezone.now() - timedelta(days=50)
            status = Status.objects.get(project=kan, name="Done")
            Issue.objects.filter(title__startswith="past").update(status=status, resolved_at=long_ago)
        first = client.get(unescape(link[1]), headers={"HX-Request": "true"}).content.decode()
        more = re.search(r'data-more="([^"]*)"', first)
        assert more is not None
        rest = client.get(unescape(more[1]), headers={"HX-Request": "true"}).content.decode()
        assert first.count('<li class="card"') + rest.count('<li class="card"') == 41


class TestLimits:
    def test_of_projects_are_drawn_where_they_hold(
        self, ada: User, acme: Organization, kan: Project, ops: Project
    ) -> None:
        limit(ada, acme, kan, "In progress", 2, policy="block")
        limit(ada, acme, ops, "In progress", 9, unit="points")
        make_issues(acme, kan, ada, "k0", "k1", "k2")
        make_issues(acme, ops, ada, "o0", points=4)
        board = make(ada, acme, kan, ops)
        for title, project in (("k0", kan), ("k1", kan), ("o0", ops)):
            tell_status(ada, acme, project, title, "In progress")
        view = shown(ada, acme, board, q="nothing of this")
        found = {
            each.name: [(one.project.key, one.name, one.inside, one.wip_limit, one.wip_state) for one in each.limits]
            for each in view.columns
            if each.limits
        }
        # Filters do not change how full it is.
        assert found == {"In progress": [("KAN", "In progress", 2, 2, "full"), ("OPS", "In progress", 4, 9, "ok")]}
        client = Client()
        client.force_login(ada)
        url = f"/{acme.slug}/boards/{board.pk}/"
        page = client.get(url).content.decode()
        assert "Project KAN, In progress: At most 2 issues here; more is refused" in page
        assert "data-wip-limit" not in page
        doing = column(view, "In progress").id
        totals = client.get(f"{url}totals/").json()["columns"]
        assert "KAN" in totals[str(doing)]["limits"]
        assert totals[str(column(view, "Done").id)]["limits"] == ""
        with acting(ada, acme):
            third = Issue.objects.get(title="k2").pk
        for path, data in (
            ("move/", {"issue": third, "column": doing}),
            ("move-many/", {"issue": third, "column": doing}),
            ("create/", {"title": "k3", "column": doing, "project": kan.pk}),
        ):
            answer = client.post(url + path, data, headers={"Accept": "application/json"})
            assert answer.status_code == 409
            assert answer.json()["detail"].startswith("Project KAN: “In progress” takes 2 issues at once.")

    def test_count_each_sprint_by_itself_and_say_the_fullest(
        self, ada: User, acme: Organization, flow: Project, kan: Project
    ) -> None:
        limit(ada, acme, flow, "In progress", 3)
        with acting(ada, acme):
            doing = Status.objects.get(project=flow, name="In progress")
            one, two = (
                Sprint.objects.create(org=acme, project=flow, name=name, state="active") for name in ("One", "Two")
            )
        make_issues(acme, flow, ada, "a", sprint_id=one.pk, status=doing)
        make_issues(acme, flow, ada, "b", "c", sprint_id=two.pk, status=doing)
        make_issues(acme, flow, ada, "outside", status=doing)
        view = shown(ada, acme, make(ada, acme, flow, kan))
        (only,) = column(view, "In progress").limits
        assert (only.inside, only.wip_limit) == (2, 3)

    def test_of_a_further_board_say_which(self, ada: User, acme: Organization, kan: Project) -> None:
        with acting(ada, acme):
            further = Board.objects.create(org=acme, project=kan, name="Second", position=1)
            other = Column.objects.create(
                org=acme, project=kan, board=further, name="Doing", position=0, wip_limit=4, wip_policy="warn"
            )
            status = Status.objects.get(project=kan, name="In review")
            other.statuses.add(status, through_defaults={"org_id": acme.pk, "project": kan, "board": further})
        (only,) = column(shown(ada, acme, make(ada, acme, kan)), "In review").limits
        assert (only.name, only.inside) == ("Doing (Second)", 0)


def tell_status(user: User, org: Organization, project: Project, title: str, name: str) -> None:
    with acting(user, org) as actor:
        issue = Issue.objects.select_related("project").get(title=title)
        move_issue(actor=actor, issue=issue, to=Status.objects.get(project=project, name=name))
