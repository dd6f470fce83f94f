"""Whoever asked for an archive finds in their inbox that it is ready, or that it failed, and what leads to it."""

from pathlib import Path

import pytest
from django.conf import settings as live_settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from apps.accounts.models import User
from apps.core.tenancy import OrgRole, run_as_system
from apps.exports import running
from apps.exports.models import ExportRun
from apps.exports.services import ask_for_archive, fail_archive
from apps.notifications.selectors import badge, list_ended_work, unread_count
from apps.notifications.services import see_ended_work
from apps.orgs.models import Organization
from apps.projects.models import Project
from apps.projects.policies import Role
from apps.projects.services import remove_project_role
from tests.factories import acting, give_role, make_member

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _place(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.STORAGES = {**live_settings.STORAGES, "attachments": {"BACKEND": "apps.core.files.LocalFiles"}}


def asked(by: User, org: Organization, project: Project | None) -> ExportRun:
    with acting(by, org) as actor:
        return ask_for_archive(actor=actor, project=project)


def write(by: User, org: Organization, project: Project | None) -> None:
    running.write(org_id=org.pk, run_id=asked(by, org, project).pk)


def fail(by: User, org: Organization, project: Project | None) -> None:
    run = asked(by, org, project)
    with run_as_system(org_id=org.pk) as actor:
        fail_archive(actor=actor, run=run, fault="No.")


def told(user: User, org: Organization) -> list[tuple[str, str, bool]]:
    with acting(user, org) as actor:
        return [(each.text, each.url, each.is_done) for each in list_ended_work(actor=actor)]


def unread(user: User, org: Organization) -> tuple[int, int]:
    with acting(user, org) as actor:
        shown = badge(actor=actor)
        return unread_count(actor=actor), shown.unread if shown is not None else 0


class TestEndedWork:
    def test_is_told_to_whoever_asked_alone(self, ada: User, acme: Organization, flow: Project) -> None:
        grace = make_member(acme, OrgRole.ADMIN, "Grace")
        write(ada, acme, flow)
        fail(ada, acme, None)
        assert told(ada, acme) == [
            ("Your archive of the organization could not be written.", f"/{acme.slug}/settings/export/", False),
            (f"Your archive of {flow.name} is ready.", f"/{acme.slug}/FLOW/settings/export/", True),
        ]
        assert unread(ada, acme) == (2, 2)
        assert told(grace, acme) == []
        assert unread(grace, acme) == (0, 0)

    def test_goes_when_it_was_seen_and_what_came_meanwhile_stays(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        write(ada, acme, None)
        with acting(ada, acme) as actor:
            [first] = list_ended_work(actor=actor)
        fail(ada, acme, flow)
        with acting(ada, acme) as actor:
            assert see_ended_work(actor=actor, until=first.id) == 1
        with acting(ada, acme) as actor:
            assert see_ended_work(actor=actor, until=first.id) == 0
        assert [text for text, _url, _is_done in told(ada, acme)] == [
            f"Your archive of {flow.name} could not be written."
        ]
        assert unread(ada, acme) == (1, 1)

    def test_of_a_project_that_they_lost_is_not_told(self, ada: User, acme: Organization, secret: Project) -> None:
        mateo = make_member(acme)
        give_role(acme, secret, mateo, Role.ADMIN)
        write(mateo, acme, secret)
        assert len(told(mateo, acme)) == 1
        with run_as_system(org_id=acme.pk) as system:
            remove_project_role(actor=system, member=secret.members.get(user=mateo))
        assert told(mateo, acme) == []
        assert unread(mateo, acme) == (0, 0)

    def test_is_on_the_page_of_the_inbox(self, ada: User, acme: Organization, flow: Project) -> None:
        write(ada, acme, flow)
        client = Client()
        client.force_login(ada)
        address = f"/{acme.slug}/inbox/"
        page = client.get(address).content.decode()
        assert f'href="/{acme.slug}/FLOW/settings/export/"' in page
        assert "is ready." in page
        assert "is ready." not in client.get(f"{address}?view=done").content.decode()
        with acting(ada, acme) as actor:
            [work] = list_ended_work(actor=actor)
        answer = client.post(f"{address}ended/", {"until": work.id}, follow=True)
        assert answer.redirect_chain == [(address, 302)]
        assert "is ready." not in answer.content.decode()

    def test_takes_one_query_for_many(self, ada: User, acme: Organization, flow: Project) -> None:
        def queries() -> int:
            with acting(ada, acme) as actor, CaptureQueriesContext(connection) as found:
                list_ended_work(actor=actor)
            return len(found)

        write(ada, acme, flow)
        few = queries()
        for _each in range(3):
            fail(ada, acme, flow)
        assert queries() == few
