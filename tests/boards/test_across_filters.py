"""What boards over projects are narrowed to: labels by their names, and quick filters that their makers give them."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.boards.models import AcrossBoard, AcrossQuickFilter
from apps.boards.selectors import across as selectors
from apps.boards.services import across
from apps.boards.services.across_quick_filters import (
    AskedAcross,
    add_across_quick_filter,
    remove_across_quick_filter,
)
from apps.core.errors import Forbidden, Invalid, NotFound
from apps.core.tenancy import OrgRole
from apps.events.models import Event
from apps.issues.services import retire_label
from apps.orgs.models import Organization
from apps.projects.models import IssueType, Label, Project
from apps.projects.services import create_label, edit_label
from tests.boards.test_across import column, make, rows, shown, titles
from tests.factories import acting, give_role, make_issues, make_member, make_project

SCRIPT: dict[str, Any] = {"headers": {"X-Requested-With": "XMLHttpRequest"}}


@pytest.fixture
def kan(acme: Organization, ada: User) -> Project:
    return make_project(acme, ada, "KAN", template="kanban")


@pytest.fixture
def ops(acme: Organization, ada: User) -> Project:
    return make_project(acme, ada, "OPS", template="kanban")


def label(user: User, org: Organization, project: Project, name: str) -> Label:
    with acting(user, org) as actor:
        return create_label(actor=actor, project=Project.objects.get(pk=project.pk), name=name)


def add(user: User, org: Organization, board: AcrossBoard, name: str = "Asked", **asked: Any) -> AcrossQuickFilter:
    with acting(user, org) as actor:
        view = selectors.get_across(actor=actor, across_id=board.pk)
        return add_across_quick_filter(actor=actor, board=board, view=view, name=name, asked=AskedAcross(**asked))


def remove(user: User, org: Organization, board: AcrossBoard, pk: int) -> None:
    with acting(user, org) as actor:
        view = selectors.get_across(actor=actor, across_id=board.pk)
        found = selectors.get_across_quick_filter(actor=actor, view=view, quick_filter_id=pk)
        remove_across_quick_filter(actor=actor, quick_filter=found)


def everything(user: User, org: Organization) -> list[Any]:
    kept = rows(org, user)
    with acting(user, org):
        return [*kept, *AcrossQuickFilter.objects.order_by("pk").values()]


def offered(client: Client, url: str, name: str = "label") -> list[str]:
    """What a choice on the page offers."""
    page = client.get(url).content.decode()
    choice = re.search(rf'<select name="{name}".*?</select>', page, re.DOTALL)
    return re.findall(r"<option[^>]*>([^<]+)<", choice[0])[1:] if choice else []


class TestLabels:
    def test_of_one_name_are_one_choice_and_of_hidden_projects_none(
        self, ada: User, acme: Organization, kan: Project, ops: Project, secret: Project
    ) -> None:
        made = {
            (project.key, name): label(ada, acme, project, name)
            for project, name in ((kan, "ui"), (ops, "UI"), (ops, "db"), (secret, "ui"), (secret, "canary"))
        }
        make_issues(acme, kan, ada, "k ui", labels=[made["KAN", "ui"]])
        make_issues(acme, kan, ada, "k plain")
        make_issues(acme, ops, ada, "o ui", labels=[made["OPS", "UI"]])
        make_issues(acme, ops, ada, "o db", labels=[made["OPS", "db"]])
        make_issues(acme, secret, ada, "s ui", labels=[made[secret.key, "ui"]])
        board = make(ada, acme, kan, ops, secret)
        mateo = make_member(acme)
        assert sorted(titles(shown(ada, acme, board, label="Ui"))["To do"]) == ["k ui", "o ui", "s ui"]
        for name, found in ((" ui ", ["k ui", "o ui"]), ("db", ["o db"]), ("canary", []), ("nothing", [])):
            view = shown(mateo, acme, board, label=name)
            assert (titles(view)["To do"], view.columns[0].total) == (found, len(found)), name
        assert titles(shown(mateo, acme, board, label="ui", project=ops.pk))["To do"] == ["o ui"]
        client, url = Client(), f"/{acme.slug}/boards/{board.pk}/"
        client.force_login(mateo)
        assert offered(client, url) == ["UI", "db"] or offered(client, url) == ["db", "UI"]
        # One that is gone is not offered, and is on no issue.
        with acting(ada, acme) as actor:
            retire_label(actor=actor, label=Label.objects.select_related("project").get(pk=made["OPS", "db"].pk))
        assert len(offered(client, url)) == 1
        assert titles(shown(mateo, acme, board, label="db"))["To do"] == []

    def test_hold_in_every_part_of_the_page_and_in_lanes(
        self, ada: User, acme: Organization, kan: Project, ops: Project
    ) -> None:
        for project in (kan, ops):
            mine = label(ada, acme, project, "big & small")
            make_issues(acme, project, ada, *(f"{project.key} {number:02}" for number in range(20)), labels=[mine])
            make_issues(acme, project, ada, "without")
        board = make(ada, acme, kan, ops)
        client, url = Client(), f"/{acme.slug}/boards/{board.pk}/"
        client.force_login(ada)
        page = client.get(f"{url}?label=big+%26+small").content.decode()
        assert 'value="big &amp; small" selected' in page
        assert "data-filtered" in page
        (more,) = re.findall(r'data-more="([^"]+)"', page)
        assert "label=big+%26+small" in more
        rest = client.get(more.replace("&amp;", "&"), headers={"HX-Request": "true"}).content.decode()
        assert (rest.count('<li class="card"'), "without" in rest) == (10, False)
        todo = column(shown(ada, acme, board), "To do").id
        totals = client.get(f"{url}totals/?label=big+%26+small").json()["columns"][str(todo)]
        assert totals["count"] == 40
        # What is created while the filter is on is hidden by it, and that is said.
        new = {"title": "Fresh", "column": todo, "project": ops.pk}
        said = client.post(f"{url}create/?label=big+%26+small", new, **SCRIPT).content.decode()
        assert "The filters hide it." in said
        assert '<li class="card"' not in said
        client.post(f"{url}lanes/", {"grouping": "project"}, **SCRIPT)
        page = client.get(f"{url}?label=big+%26+small").content.decode()
        assert page.count('<li class="card"') == 20
        more = re.findall(r'data-more="([^"]+)"', page)
        assert ["label=big+%26+small&amp;lane=project-" in address for address in more] == [True, True]
        assert client.get(f"{url}?label=%00{'x' * 99}&quick-x=1&quick-{'9' * 30}=1").status_code == 200


class TestQuickFilters:
    def test_refuses_nonsense_people_and_what_is_hidden_and_changes_nothing(
        self, ada: User, acme: Organization, kan: Project, secret: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mateo, guest = make_member(acme), make_member(acme, OrgRole.GUEST, "Gus")
        give_role(acme, kan, guest, "admin")
        label(ada, acme, secret, "canary")
        board, theirs = make(ada, acme, kan, secret), make(mateo, acme, kan, name="Theirs")
        gone = make(ada, acme, kan, name="Gone")
        with acting(ada, acme) as actor:
            hers = selectors.get_across(actor=actor, across_id=gone.pk)
            across.delete_across(actor=actor, board=gone)
        before = everything(ada, acme)
        for asked in ({}, {"is_mine": True, "is_unassigned": True}, {"least_priority": 9}):
            with pytest.raises(Invalid):
                add(ada, acme, board, **asked)
        for user, on, asked in (
            (mateo, theirs, {"label_name": "canary"}),
            (ada, theirs, {"label_name": "canary"}),
            (ada, board, {"type_name": "Nothing"}),
        ):
            with pytest.raises(NotFound):
                add(user, acme, on, **asked)
        for name in (" ", "x" * 41):
            with pytest.raises(Invalid):
                add(ada, acme, board, name, is_mine=True)
        for user in (mateo, guest):
            with pytest.raises(Forbidden):
                add(user, acme, board, is_mine=True)
        with acting(ada, acme) as actor, pytest.raises(NotFound):
            add_across_quick_filter(actor=actor, board=gone, view=hers, name="x", asked=AskedAcross(is_mine=True))
        monkeypatch.setattr("apps.boards.services.quick_filters.MOST_QUICK_FILTERS", 0)
        with pytest.raises(Invalid, match="at most 0"):
            add(ada, acme, board, is_mine=True)
        assert everything(ada, acme) == before

    def test_is_told_and_removed_once_by_those_who_may_change_the_board(
        self, ada: User, acme: Organization, kan: Project
    ) -> None:
        mateo = make_member(acme)
        board = make(mateo, acme, kan)
        pk = add(mateo, acme, board, "  My \n own ", is_mine=True).pk
        stranger, another = make_member(acme, name="Sol"), make(ada, acme, kan, name="Another")
        before = everything(ada, acme)
        with pytest.raises(Forbidden):
            remove(stranger, acme, board, pk)
        with pytest.raises(NotFound):
            remove(ada, acme, another, pk)
        assert everything(ada, acme) == before
        with acting(ada, acme):
            found = AcrossQuickFilter.objects.select_related("board").get()
            assert str(found) == "My own"
        remove(ada, acme, board, pk)
        with pytest.raises(NotFound):
            remove(ada, acme, board, pk)
        with acting(ada, acme) as actor, pytest.raises(NotFound):
            remove_across_quick_filter(actor=actor, quick_filter=found)
        with acting(ada, acme):
            told = [
                (change.old, change.new)
                for event in Event.objects.filter(kind="board.changed")
                for change in event.changes.filter(field="quick_filter")
            ]
        assert told == [(None, "My own"), ("My own", None)]

    def test_narrow_the_board_and_several_narrow_it_further(
        self, ada: User, acme: Organization, kan: Project, ops: Project
    ) -> None:
        with acting(ada, acme):
            bugs = {project.key: IssueType.objects.get(project=project, name="Bug") for project in (kan, ops)}
        ui = label(ada, acme, ops, "ui")
        make_issues(acme, kan, ada, "mine-urgent", assignee=ada, priority=4)
        make_issues(acme, ops, ada, "mine-low", assignee=ada, priority=1, labels=[ui])
        make_issues(acme, kan, ada, "free-bug", type=bugs["KAN"])
        make_issues(acme, ops, ada, "own-bug", type=bugs["OPS"], assignee=ada, priority=3)
        board = make(ada, acme, kan, ops)
        asked = {
            "mine": {"is_mine": True},
            "free": {"is_unassigned": True},
            "bugs": {"type_name": "bug"},
            "ui": {"label_name": "UI"},
            "high": {"least_priority": 3},
        }
        ids = {name: add(ada, acme, board, name, **what).pk for name, what in asked.items()}
        for names, found in (
            (["mine"], {"mine-urgent", "mine-low", "own-bug"}),
            (["free"], {"free-bug"}),
            (["bugs"], {"free-bug", "own-bug"}),
            (["ui"], {"mine-low"}),
            (["mine", "high"], {"mine-urgent", "own-bug"}),
            (["bugs", "high"], {"own-bug"}),
        ):
            view = shown(ada, acme, board, quick=frozenset(ids[name] for name in names))
            assert set(titles(view)["To do"]) == found, names
            assert view.columns[0].total == len(found)
        client, url = Client(), f"/{acme.slug}/boards/{board.pk}/"
        client.force_login(ada)
        page = client.get(f"{url}?quick-{ids['ui']}=1").content.decode()
        assert re.findall(r'name="quick-(\d+)" value="1" checked', page) == [str(ids["ui"])]
        totals = client.get(f"{url}totals/?quick-{ids['mine']}=1").json()["columns"]
        assert sum(each["count"] for each in totals.values()) == 3

    def test_ask_nobody_for_what_they_may_not_see_and_come_back_with_a_label(
        self, ada: User, acme: Organization, kan: Project, secret: Project
    ) -> None:
        boss = make_member(acme, OrgRole.ADMIN, "Boss")
        label(ada, acme, secret, "canary")
        own = label(ada, acme, kan, "ui")
        board = make(ada, acme, kan, secret)
        hidden = add(ada, acme, board, "Birds", label_name="canary")
        add(ada, acme, board, "Surface", label_name="ui")
        make_issues(acme, kan, ada, "k0")
        client, url = Client(), f"/{acme.slug}/boards/{board.pk}/"
        client.force_login(boss)
        for page in (url, f"{url}settings/"):
            text = client.get(page).content.decode()
            assert ("Surface" in text, "Birds" in text, "canary" in text) == (True, False, False)
        # In an old address it does nothing, and they cannot take it away.
        assert titles(shown(boss, acme, board, quick=frozenset({hidden.pk})))["To do"] == ["k0"]
        assert titles(shown(ada, acme, board, quick=frozenset({hidden.pk})))["To do"] == []
        before = everything(ada, acme)
        assert client.post(f"{url}settings/filters/{hidden.pk}/remove/").status_code == 404
        assert everything(ada, acme) == before
        with acting(ada, acme) as actor:
            edit_label(actor=actor, label=Label.objects.select_related("project").get(pk=own.pk), name="face", hue=1)
        assert "Surface" not in client.get(url).content.decode()
        label(ada, acme, kan, "ui")
        assert "Surface" in client.get(url).content.decode()

    def test_is_made_refused_removed_and_put_back_in_the_settings(
        self, ada: User, acme: Organization, kan: Project, ops: Project
    ) -> None:
        label(ada, acme, kan, "ui")
        board = make(ada, acme, kan, ops)
        client, url = Client(), f"/{acme.slug}/boards/{board.pk}/settings/"
        client.force_login(ada)
        page = client.get(url).content.decode()
        other = Client()
        other.force_login(make_member(acme))
        # Of one name, one choice.
        assert page.count('<option value="Bug">') == page.count('<option value="ui">') == 1
        before = everything(ada, acme)
        for wrong in ({"name": "x"}, {"name": "", "whose": "mine"}, {"name": "x", "label": "canary"}):
            refused = client.post(f"{url}filters/", wrong)
            assert refused.status_code == 422
            assert '<details class="body" open>' in refused.content.decode()
        assert other.post(f"{url}filters/", {"name": "x", "whose": "mine"}).status_code == 403
        assert everything(ada, acme) == before
        good = {"name": "My urgent ones", "whose": "mine", "type": "Bug", "label": "ui", "least_priority": "4"}
        answer = client.post(f"{url}filters/", good)
        assert answer.headers["Location"] == f"{url}#quick-title"
        with acting(ada, acme):
            found = AcrossQuickFilter.objects.get()
        page = client.post(f"{url}filters/{found.pk}/remove/", follow=True).content.decode()
        form = page[page.index("csrfmiddlewaretoken") : page.index("</form>", page.index("is gone."))]
        sent = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))
        assert {name: sent[name] for name in good} == good
        client.post(f"{url}filters/", sent)
        with acting(ada, acme):
            back = AcrossQuickFilter.objects.get()
        assert (back.name, back.type_name, back.label_name) == (found.name, "Bug", "ui")
        assert client.post(f"{url}filters/{found.pk}/remove/").status_code == 404


def test_narrowing_costs_the_same_for_many_cards_and_projects(ada: User, acme: Organization) -> None:
    client = Client()
    client.force_login(ada)
    projects = [make_project(acme, ada, f"P{number}", template="kanban") for number in range(6)]
    labels = {project.pk: label(ada, acme, project, "ui") for project in projects}
    boards = [make(ada, acme, *projects[:2]), make(ada, acme, *projects)]
    quick = {board.pk: add(ada, acme, board, type_name="Task", label_name="ui").pk for board in boards}
    costs: list[list[int]] = []
    for _round in range(2):
        for project in projects:
            make_issues(acme, project, ada, *"abc", assignee=ada, labels=[labels[project.pk]])
        for board in boards:
            url, found = f"/{acme.slug}/boards/{board.pk}/", []
            for rest in ("", "?label=ui", f"?quick-{quick[board.pk]}=1", f"totals/?label=ui&quick-{quick[board.pk]}=1"):
                with CaptureQueriesContext(connection) as queries:
                    assert client.get(url + rest).status_code == 200
                found.append(len(queries))
            costs.append(found)
    assert costs[1:] == costs[:1] * 3
    # The labels are read for the cards anyway: to filter by one costs nothing more.
    assert costs[0][1] == costs[0][0]
