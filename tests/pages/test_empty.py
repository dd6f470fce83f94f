"""An organization with nothing in it: every page says what would be here, and has one next step for whoever looks."""

import re

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.core.tenancy import OrgRole
from apps.orgs.models import Organization
from apps.projects.models import Project
from tests.factories import give_role, make_issues, make_member, make_project, make_user

pytestmark = pytest.mark.django_db


def looking(user: User, path: str) -> str:
    client = Client()
    client.force_login(user)
    return client.get(path).content.decode()


def empty_parts(page: str) -> list[tuple[str, list[str]]]:
    """What each empty part is called, and the words on its links and buttons."""
    parts = re.findall(
        r'<div class="empty[ "].*?</h\d>.*?</p>(?:<div class="row wrap">.*?</div>)?</div>', page, re.DOTALL
    )
    return [
        (
            re.search(r"<h\d>(.*?)</h\d>", part).group(1),  # type: ignore[union-attr]
            re.findall(r"<(?:a|button)[^>]*>(?:<svg.*?</svg>)?<span>(.*?)</span>", part, re.DOTALL),
        )
        for part in parts
    ]


class TestNothingYet:
    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            # Whoever comes from another tracker has that as the first step.
            ("", [("Start the first project", ["New project", "Import from another tracker"])]),
            ("projects/", [("Start the first project", ["New project", "Import from another tracker"])]),
            ("my-issues/", [("Nothing waits for you", ["Find something to do"])]),
            ("my-issues/?view=recent", [("No way back yet", ["See the projects"])]),
            ("my-issues/?view=watching", [("You watch nothing", ["See the projects"])]),
            ("my-issues/?view=created", [("You have created nothing that is open", ["Choose a board"])]),
            ("my-issues/?view=due", [("Nothing has a date", ["See your issues"])]),
            ("my-issues/?category=todo", [("No issue matches", ["Clear filters"])]),
            ("projects/?q=zzz", [("No project matches", ["Clear filters"])]),
            ("members/", [("You are alone here", ["Add people"])]),
            ("settings/", [("Nothing is deleted", ["See the projects"])]),
            ("imports/people/", [("Nobody is a placeholder", ["See the imports"])]),
            ("imports/people/?q=zzz", [("Nobody is called that", ["Everybody"])]),
            ("settings/webhooks/", [("No webhooks yet", ["Add webhook"])]),
            # Where the form is part of the page, it is the next step.
            ("tokens/", [("No tokens", []), ("No scripts", [])]),
            ("settings/limits/", [("Nobody calls at the moment", []), ("No token works here", [])]),
            ("service-accounts/", [("No programs yet", [])]),
        ],
    )
    def test_in_the_organization(
        self, ada: User, acme: Organization, path: str, expected: list[tuple[str, list[str]]]
    ) -> None:
        assert empty_parts(looking(ada, f"/{acme.slug}/{path}")) == expected

    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            ("issues/", [("No issues yet", ["Create an issue"])]),
            ("issues/?q=zzz", [("No issue matches", ["Clear filters"])]),
            ("settings/labels/", [("No labels yet", [])]),
        ],
    )
    def test_in_a_project(
        self, ada: User, acme: Organization, flow: Project, path: str, expected: list[tuple[str, list[str]]]
    ) -> None:
        assert empty_parts(looking(ada, f"/{acme.slug}/FLOW/{path}")) == expected

    def test_in_nobodys_organization(self, db: None) -> None:
        assert empty_parts(looking(make_user(), "/")) == [("Start an organization", ["New organization"])]

    def test_in_the_sidebar(self, ada: User, acme: Organization, flow: Project) -> None:
        assert "Press a star to keep it here" in looking(ada, f"/{acme.slug}/")

    def test_in_a_panel_without_labels(self, ada: User, acme: Organization, flow: Project) -> None:
        make_issues(acme, flow, ada, "First")
        link = f'This project has no labels yet. <a class="link" href="/{acme.slug}/FLOW/settings/labels/">'
        assert link in looking(ada, f"/{acme.slug}/issue/FLOW-1/")
        assert link in looking(ada, f"/{acme.slug}/issue/FLOW-1/labels/")


class TestSomebodyWhoMayNotCreate:
    def test_is_told_whom_to_ask_for_a_project(self, ada: User, acme: Organization) -> None:
        make_member(acme, OrgRole.ADMIN, "Mateo Ruiz")
        make_member(acme, OrgRole.MEMBER, "Priya Nair")
        guest = make_member(acme, OrgRole.GUEST, "Gus")
        for path in ("", "projects/"):
            page = looking(guest, f"/{acme.slug}/{path}")
            assert empty_parts(page) == [("No projects yet", ["See who is here"])]
            assert "Whom to ask: Ada Okafor, Mateo Ruiz." in page
            assert "Priya" not in page

    def test_waits_for_others_to_fill_a_project(self, ada: User, acme: Organization, flow: Project) -> None:
        viewer = make_member(acme, OrgRole.GUEST, "Gus")
        give_role(acme, flow, viewer, "viewer")
        assert empty_parts(looking(viewer, f"/{acme.slug}/FLOW/issues/")) == [("No issues yet", ["See who is here"])]
        page = looking(viewer, f"/{acme.slug}/FLOW/board/")
        assert "as soon as somebody who works in the project creates an issue" in page
        assert "Create the first issue" not in page

    def test_sees_no_list_of_what_was_deleted(self, acme: Organization) -> None:
        assert "Nothing is deleted" not in looking(make_member(acme), f"/{acme.slug}/settings/")


class TestAnEmptyBoard:
    def test_says_so_and_where_to_begin(self, ada: User, acme: Organization) -> None:
        make_project(acme, ada, "NEW")
        page = looking(ada, f"/{acme.slug}/NEW/board/")
        assert "This board is empty." in page
        assert 'data-empty="Empty: add an issue below, or move a card here."' in page
