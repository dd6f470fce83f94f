"""Projects and their settings in the browser."""

import html
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.orgs.models import Organization
from apps.projects.models import Label, Project, ProjectMember
from tests.factories import acting, give_role, make_issues, make_member

pytestmark = pytest.mark.django_db

GOOD = {"name": "Flow", "key": "flw", "template": "kanban", "visibility": "organization"}


@pytest.fixture
def browser(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


class TestCreating:
    def test_leads_to_the_board_of_the_new_project(self, browser: Client, acme: Organization) -> None:
        answer = browser.post(f"/{acme.slug}/projects/new/", GOOD)
        assert answer.url == f"/{acme.slug}/FLW/board/"  # type: ignore[attr-defined]
        assert browser.get(answer.url).status_code == 200  # type: ignore[attr-defined]

    @pytest.mark.parametrize(
        ("field", "value"),
        [("key", "1AB"), ("key", "A"), ("key", "A-B"), ("key", "X" * 11), ("name", " "), ("name", "x" * 81),
         ("template", "none"), ("visibility", "public"), ("key", "FLOW"), ("name", "a\x00b")],
    )  # fmt: skip
    def test_says_at_the_field_what_is_wrong(
        self, browser: Client, acme: Organization, flow: Project, ada: User, field: str, value: str
    ) -> None:
        answer = browser.post(f"/{acme.slug}/projects/new/", GOOD | {field: value})
        assert answer.status_code == 422
        assert f'id="id_{field}_error"' in answer.content.decode()
        with acting(ada, acme):
            assert Project.objects.count() == 1

    def test_guests_start_none(self, client: Client, acme: Organization) -> None:
        client.force_login(make_member(acme, "guest"))
        assert client.get(f"/{acme.slug}/projects/new/").status_code == 403


class TestSettings:
    def test_are_saved(self, browser: Client, acme: Organization, flow: Project, ada: User) -> None:
        changed = {"name": "Flow Two", "description": "About it.", "template": "kanban", "visibility": "private"}
        assert browser.post(f"/{acme.slug}/FLOW/settings/", changed).status_code == 302
        with acting(ada, acme):
            found = Project.objects.get(key="FLOW")
            assert (found.name, found.description, found.visibility) == ("Flow Two", "About it.", "private")

    def test_a_team_begins_to_work_in_sprints_and_stops_again(
        self, browser: Client, acme: Organization, flow: Project
    ) -> None:
        same = {"name": "Flow", "description": "", "visibility": "organization"}

        def views(template: str) -> str:
            browser.post(f"/{acme.slug}/FLOW/settings/", same | {"template": template})
            return browser.get(f"/{acme.slug}/FLOW/board/").content.decode()

        assert f"/{acme.slug}/FLOW/backlog/" in views("scrum")
        assert f"/{acme.slug}/FLOW/backlog/" not in views("kanban")

    def test_members_look_and_cannot_change(self, client: Client, acme: Organization, flow: Project) -> None:
        client.force_login(make_member(acme))
        page = client.get(f"/{acme.slug}/FLOW/settings/").content.decode()
        assert "You can look at these settings" in page
        assert ">Save<" not in page
        assert client.post(f"/{acme.slug}/FLOW/settings/", {"name": "x", "visibility": "private"}).status_code == 403

    def test_people_are_added_and_removed(self, browser: Client, acme: Organization, flow: Project, ada: User) -> None:
        mateo = make_member(acme, "guest")
        browser.post(f"/{acme.slug}/FLOW/settings/members/", {"user": mateo.pk, "role": "commenter"})
        with acting(ada, acme):
            assert ProjectMember.objects.get(user=mateo).role == "commenter"
        browser.post(f"/{acme.slug}/FLOW/settings/members/{mateo.pk}/remove/")
        with acting(ada, acme):
            assert not ProjectMember.objects.filter(user=mateo).exists()

    def test_whoever_removes_themselves_from_a_private_project_is_led_out(
        self, browser: Client, acme: Organization, secret: Project, ada: User
    ) -> None:
        answer = browser.post(f"/{acme.slug}/SECRET/settings/members/{ada.pk}/remove/", follow=True)
        assert answer.status_code == 200
        assert browser.get(f"/{acme.slug}/SECRET/settings/").status_code == 404

    def test_an_archived_project_is_read_only_and_comes_back(
        self, browser: Client, acme: Organization, flow: Project
    ) -> None:
        browser.post(f"/{acme.slug}/FLOW/settings/archive/")
        assert "This project is archived" in browser.get(f"/{acme.slug}/FLOW/settings/").content.decode()
        assert f"/{acme.slug}/FLOW/board/" not in browser.get(f"/{acme.slug}/").content.decode()
        browser.post(f"/{acme.slug}/FLOW/settings/restore/")
        assert f"/{acme.slug}/FLOW/board/" in browser.get(f"/{acme.slug}/").content.decode()


class TestLabels:
    def test_are_made_with_a_colour_and_counted(
        self, browser: Client, acme: Organization, flow: Project, ada: User
    ) -> None:
        browser.post(f"/{acme.slug}/FLOW/settings/labels/", {"name": "urgent  care", "hue": "90"})
        with acting(ada, acme):
            label = Label.objects.get(name="urgent care")
            assert label.hue == 90
        make_issues(acme, flow, ada, "One", "Two", labels=(label,))
        assert "2 issues" in browser.get(f"/{acme.slug}/FLOW/settings/labels/").content.decode()

    @pytest.mark.parametrize(
        "data", [{"name": "", "hue": "30"}, {"name": "x", "hue": "31"}, {"name": "x" * 61, "hue": "30"}]
    )
    def test_nonsense_is_refused(self, browser: Client, acme: Organization, flow: Project, data: Any) -> None:
        assert browser.post(f"/{acme.slug}/FLOW/settings/labels/", data).status_code == 422

    def test_a_name_is_taken_once(self, browser: Client, acme: Organization, flow: Project) -> None:
        first, again = (
            browser.post(f"/{acme.slug}/FLOW/settings/labels/", {"name": "same", "hue": "30"}) for _time in range(2)
        )
        assert (first.status_code, again.status_code) == (302, 422)
        assert "There is a label" in again.content.decode()

    def test_are_shown_by_pages_and_found_by_their_words(
        self, browser: Client, acme: Organization, flow: Project, ada: User
    ) -> None:
        with acting(ada, acme):
            Label.objects.bulk_create(
                Label(org_id=acme.pk, project=flow, name=f"part {number:03} {('even', 'odd')[number % 2]}", hue=30)
                for number in range(120)
            )
        root = f"/{acme.slug}/FLOW/settings/labels/"
        address, seen = root, []
        while address:
            page = browser.get(address).content.decode()
            assert '<span class="count">120</span>' in page
            seen.append(re.findall(r'aria-label="Delete (part \d+)', page))
            following = re.search(r'href="([^"]+)" rel="next"', page)
            address = html.unescape(following[1]) if following else ""
        assert [len(names) for names in seen] == [50, 50, 20]
        assert [name for names in seen for name in names] == [f"part {number:03}" for number in range(120)]
        found = browser.get(f"{root}?q=ART+Odd").content.decode()
        assert '<span class="count">60</span>' in found
        assert "part 003" in found
        assert "part 004" not in found
        assert "q=ART+Odd" in html.unescape(re.findall(r'href="([^"]+)" rel="next"', found)[0])
        assert "No label is called that" in browser.get(f"{root}?q=nothing").content.decode()
        assert browser.get(f"{root}?after=W10=").status_code == 422

    def test_cost_the_same_however_many_there_are(
        self, browser: Client, acme: Organization, flow: Project, ada: User
    ) -> None:
        def cost() -> tuple[int, int]:
            with CaptureQueriesContext(connection) as queries:
                page = browser.get(f"/{acme.slug}/FLOW/settings/labels/").content
            return len(queries), len(page) // 1000

        def add(numbers: range) -> None:
            with acting(ada, acme):
                Label.objects.bulk_create(
                    Label(org_id=acme.pk, project=flow, name=f"part {number:04}", hue=30) for number in numbers
                )

        add(range(400))
        cost()
        few = cost()
        add(range(400, 1200))
        assert cost() == few

    def test_a_viewer_makes_none(self, client: Client, acme: Organization, flow: Project) -> None:
        viewer = make_member(acme, "guest")
        give_role(acme, flow, viewer, "viewer")
        client.force_login(viewer)
        assert client.post(f"/{acme.slug}/FLOW/settings/labels/", {"name": "x", "hue": "30"}).status_code == 403
