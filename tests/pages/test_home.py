"""Home: what is mine, what happened, where the others work; and the gallery."""

from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.orgs.models import Organization
from apps.projects.models import Project
from tests.factories import make_issues, make_member, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


class TestHome:
    def test_shows_what_is_assigned_to_me_and_open(
        self, browser: Client, acme: Organization, flow: Project, ada: User
    ) -> None:
        make_issues(acme, flow, ada, "Mine to do", assignee=ada)
        make_issues(acme, flow, ada, "Somebody else's")
        page = browser.get(f"/{acme.slug}/").content.decode()
        mine, _heading, rest = page.partition('id="projects-title"')
        assert "Mine to do" in mine
        assert "Somebody else" not in mine
        assert "Somebody else" in rest

    def test_shows_nothing_of_a_private_project_to_those_outside(
        self, client: Client, acme: Organization, secret: Project, ada: User
    ) -> None:
        make_issues(acme, secret, ada, "Hidden canary")
        client.force_login(make_member(acme))
        page = client.get(f"/{acme.slug}/").content.decode()
        assert "canary" not in page
        assert "SECRET" not in page

    def test_costs_the_same_with_three_times_as_much(
        self, browser: Client, acme: Organization, flow: Project, ada: User, django_assert_max_num_queries: Any
    ) -> None:
        def queries() -> int:
            browser.get(f"/{acme.slug}/")
            with django_assert_max_num_queries(40) as found:
                assert browser.get(f"/{acme.slug}/").status_code == 200
            return len(found)

        make_issues(acme, flow, ada, "One", assignee=ada)
        few = queries()
        for key in ("AB", "CD", "EF"):
            project = make_project(acme, ada, key)
            make_issues(acme, project, ada, "One", "Two", "Three", assignee=ada)
        assert queries() == few

    def test_an_unknown_organization_helps(self, browser: Client, acme: Organization) -> None:
        answer = browser.get("/nowhere/")
        assert answer.status_code == 404
        assert "ask somebody in the organization to invite you" in answer.content.decode()


class TestGallery:
    def test_is_for_operators_of_the_server(self, client: Client, ada: User) -> None:
        assert client.get("/gallery/").status_code == 404
        client.force_login(ada)
        assert client.get("/gallery/").status_code == 404
        client.force_login(make_user("Olu", is_staff=True))
        assert client.get("/gallery/").status_code == 200
