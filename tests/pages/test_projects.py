"""The projects at a glance: figures, health, search, order, pages."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.core.errors import Invalid
from apps.core.tenancy import OrgRole
from apps.issues.models import Issue
from apps.orgs.models import Organization
from apps.orgs.selectors import get_member
from apps.orgs.services import remove_member
from apps.pages.selectors import project_page
from apps.projects.models import Project, Status
from apps.projects.services import set_project_archived, set_project_starred
from tests.factories import acting, give_role, make_issues, make_member, make_project

pytestmark = pytest.mark.django_db


class TestProjectPage:
    def test_counts_what_is_open_late_and_stale_and_says_what_follows(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        with acting(ada, acme) as actor:
            [row] = project_page(actor=actor).rows
            assert (row.health, row.last_change) == ("quiet", None)
            doing = Status.objects.get(project=flow, name="In progress")
        make_issues(acme, flow, ada, *"abcde")
        with acting(ada, acme) as actor:
            assert project_page(actor=actor).rows[0].health == "good"
        yesterday = timezone.localdate() - timedelta(days=1)
        [both] = make_issues(acme, flow, ada, "late and stale", due_date=yesterday, status=doing)
        with acting(ada, acme) as actor:
            Issue.objects.filter(pk=both.pk).update(updated_at=timezone.now() - timedelta(days=15))
            [row] = project_page(actor=actor).rows
            assert (row.open_count, row.late_count, row.stale_count, row.trouble_count) == (6, 1, 1, 1)
            assert row.health == "watch"
        make_issues(acme, flow, ada, "late", due_date=yesterday)
        with acting(ada, acme) as actor:
            assert project_page(actor=actor).rows[0].health == "risk"

    def test_is_at_risk_from_a_quarter_on_whether_late_or_stuck(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        with acting(ada, acme):
            doing = Status.objects.get(project=flow, name="In progress")
        make_issues(acme, flow, ada, *"abc")
        [stuck] = make_issues(acme, flow, ada, "stuck", status=doing)
        with acting(ada, acme) as actor:
            Issue.objects.filter(pk=stuck.pk).update(updated_at=timezone.now() - timedelta(days=15))
            [row] = project_page(actor=actor).rows
            assert (row.late_count, row.trouble_count, row.open_count, row.health) == (0, 1, 4, "risk")

    def test_counts_nobody_who_left(self, ada: User, acme: Organization, secret: Project) -> None:
        bo = make_member(acme)
        give_role(acme, secret, bo, "viewer")
        with acting(ada, acme) as actor:
            assert project_page(actor=actor).rows[0].people_count == 2
            remove_member(actor=actor, membership=get_member(actor=actor, user_id=bo.pk))
            assert project_page(actor=actor).rows[0].people_count == 1

    def test_counts_the_people_who_reach_it(
        self, ada: User, acme: Organization, flow: Project, secret: Project
    ) -> None:
        make_member(acme)
        guest = make_member(acme, OrgRole.GUEST, "Priya Nair")
        give_role(acme, flow, guest, "viewer")
        with acting(ada, acme) as actor:
            assert {row.key: row.people_count for row in project_page(actor=actor).rows} == {"FLOW": 3, "SECRET": 1}

    def test_has_favourites_first_and_is_read_in_pages(self, ada: User, acme: Organization, flow: Project) -> None:
        for key in ("AA", "BB", "CC"):
            make_project(acme, ada, key)
        with acting(ada, acme) as actor:
            set_project_starred(actor=actor, project=flow, is_starred=True)
            read: list[str] = []
            page = project_page(actor=actor, size=1)
            while True:
                read += [row.key for row in page.rows]
                if page.next_after is None:
                    break
                page = project_page(actor=actor, size=1, after=page.next_after)
            assert read == ["FLOW", "AA", "BB", "CC"]
            with pytest.raises(Invalid):
                project_page(actor=actor, after=["x", 1])

    def test_is_searched_and_shows_archived_ones_on_demand(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme) as actor:
            assert not project_page(actor=actor, q="nothing like it").rows
            assert len(project_page(actor=actor, q="flow project").rows) == 1
            set_project_archived(actor=actor, project=Project.objects.get(pk=flow.pk), is_archived=True)
            assert not project_page(actor=actor).rows
            assert project_page(actor=actor, with_archived=True).rows[0].is_archived


class TestPage:
    def test_shows_nothing_of_a_private_project_to_those_outside(
        self, client: Client, acme: Organization, secret: Project
    ) -> None:
        client.force_login(make_member(acme))
        page = client.get(f"/{acme.slug}/projects/").content.decode()
        assert "SECRET" not in page
        assert "Start the first project" in page

    def test_tells_a_guest_whom_to_ask(self, client: Client, acme: Organization) -> None:
        client.force_login(make_member(acme, OrgRole.GUEST))
        page = client.get(f"/{acme.slug}/projects/").content.decode()
        assert "No projects yet" in page
        assert "See who is here" in page

    def test_offers_to_clear_a_search_that_found_nothing(
        self, client: Client, ada: User, acme: Organization, flow: Project
    ) -> None:
        client.force_login(ada)
        assert "Clear filters" in client.get(f"/{acme.slug}/projects/?q=zzz").content.decode()
