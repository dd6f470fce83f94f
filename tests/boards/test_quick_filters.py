"""Quick filters: made by admins, pressed by everybody, and refused where they make no sense."""

from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.boards import services
from apps.boards.models import Board, QuickFilter
from apps.boards.services import Asked
from apps.core.errors import Forbidden, Invalid, NotFound
from apps.events.models import Event
from apps.orgs.models import Organization
from apps.projects.models import IssueType, Label, Project
from apps.projects.services import create_label
from tests.factories import acting, make_issues, make_member, make_project


@pytest.fixture
def kanban(acme: Organization, ada: User) -> Project:
    return make_project(acme, ada, "KAN", template="kanban")


def add(user: User, org: Organization, name: str, **asked: Any) -> QuickFilter:
    with acting(user, org) as actor:
        board = Board.objects.select_related("project").get(project__key="KAN")
        return services.add_quick_filter(actor=actor, board=board, name=name, asked=Asked(**asked))


def everything(user: User, org: Organization) -> tuple[int, int]:
    with acting(user, org):
        return QuickFilter.objects.count(), Event.objects.count()


class TestAdd:
    def test_refuses_nonsense_and_people_and_changes_nothing(
        self, ada: User, acme: Organization, kanban: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mateo = make_member(acme)
        other = make_project(acme, ada, "OTHER")
        with acting(ada, acme):
            strange = IssueType.objects.filter(project=other)[0].pk
        before = everything(ada, acme)
        for asked in ({}, {"is_mine": True, "is_unassigned": True}, {"least_priority": 9}):
            with pytest.raises(Invalid):
                add(ada, acme, "x", **asked)
        for asked in ({"type_id": strange}, {"label_id": 2**40}):
            with pytest.raises(NotFound):
                add(ada, acme, "x", **asked)
        with pytest.raises(Invalid):
            add(ada, acme, " ", is_mine=True)
        with pytest.raises(Forbidden):
            add(mateo, acme, "x", is_mine=True)
        monkeypatch.setattr("apps.boards.services.quick_filters.MOST_QUICK_FILTERS", 0)
        with pytest.raises(Invalid):
            add(ada, acme, "x", is_mine=True)
        assert everything(ada, acme) == before

    def test_is_removed_once_by_admins(self, ada: User, acme: Organization, kanban: Project) -> None:
        mateo = make_member(acme)
        pk = add(ada, acme, "mine", is_mine=True).pk
        with acting(ada, acme):
            found = QuickFilter.objects.select_related("project").get(pk=pk)
        with acting(mateo, acme) as actor, pytest.raises(Forbidden):
            services.remove_quick_filter(actor=actor, quick_filter=found)
        with acting(ada, acme) as actor:
            services.remove_quick_filter(actor=actor, quick_filter=found)
        with acting(ada, acme) as actor, pytest.raises(NotFound):
            services.remove_quick_filter(actor=actor, quick_filter=found)


class TestOnTheBoard:
    def test_narrows_and_several_narrow_further(
        self, client: Client, ada: User, acme: Organization, kanban: Project
    ) -> None:
        with acting(ada, acme) as actor:
            label = create_label(actor=actor, project=Project.objects.get(pk=kanban.pk), name="ui")
            bug = IssueType.objects.get(project=kanban, name="Bug")
        make_issues(acme, kanban, ada, "mine-urgent", assignee=ada, priority=4)
        make_issues(acme, kanban, ada, "mine-low", assignee=ada, priority=1, labels=[label])
        make_issues(acme, kanban, ada, "free-bug", type=bug)
        asked = {
            "mine": {"is_mine": True},
            "free": {"is_unassigned": True},
            "bugs": {"type_id": bug.pk},
            "ui": {"label_id": label.pk},
            "high": {"least_priority": 3},
        }
        ids = {name: add(ada, acme, name, **what).pk for name, what in asked.items()}
        client.force_login(ada)

        def shown(*names: str) -> set[str]:
            query = "&".join(f"quick-{ids[name]}=1" for name in names)
            page = client.get(f"/{acme.slug}/KAN/board/?{query}").content.decode()
            return {title for title in ("mine-urgent", "mine-low", "free-bug") if title in page}

        assert shown() == {"mine-urgent", "mine-low", "free-bug"}
        assert shown("mine") == {"mine-urgent", "mine-low"}
        assert shown("free") == shown("bugs") == {"free-bug"}
        assert shown("ui") == {"mine-low"}
        assert shown("mine", "high") == {"mine-urgent"}
        assert shown("bugs", "high") == set()
        totals = client.get(f"/{acme.slug}/KAN/board/totals/?quick-{ids['mine']}=1").json()["columns"]
        assert sum(column["count"] for column in totals.values()) == 2

    def test_is_made_removed_and_put_back_in_the_settings(
        self, client: Client, ada: User, acme: Organization, kanban: Project
    ) -> None:
        client.force_login(ada)
        settings = f"/{acme.slug}/KAN/settings/boards/"
        with acting(ada, acme):
            board = Board.objects.get().pk
        assert client.post(f"{settings}{board}/filters/", {"name": "x"}).status_code == 422
        client.post(f"{settings}{board}/filters/", {"name": "My urgent ones", "whose": "mine", "least_priority": "4"})
        assert "My urgent ones" in client.get(f"/{acme.slug}/KAN/board/").content.decode()
        with acting(ada, acme):
            found = QuickFilter.objects.get()
            assert Label.objects.count() == 0
        page = client.post(f"{settings}filters/{found.pk}/remove/", follow=True).content.decode()
        form = page[page.index("csrfmiddlewaretoken") : page.index("</form>", page.index("is gone."))]
        assert 'name="whose" value="mine"' in form
        assert 'name="least_priority" value="4"' in form
        assert client.post(f"{settings}filters/{found.pk}/remove/").status_code == 404
