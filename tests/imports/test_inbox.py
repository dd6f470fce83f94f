"""Whoever started an import finds in their inbox that it is over, and what leads to it."""

from pathlib import Path

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.core.tenancy import OrgRole, run_as_system
from apps.imports.models import ImportRun
from apps.imports.services import progress, revert_import
from apps.notifications.selectors import list_ended_work
from apps.orgs.models import Organization
from apps.projects.models import Project
from tests.factories import acting, make_member
from tests.imports.bringing import confirmed, work
from tests.imports.exports import issue, write


def told(user: User, org: Organization) -> list[tuple[str, str, bool]]:
    with acting(user, org) as actor:
        return [(each.text, each.url, each.is_done) for each in list_ended_work(actor=actor)]


@pytest.fixture
def waiting(ada: User, acme: Organization, flow: Project, tmp_path: Path) -> ImportRun:
    return confirmed(acme, write(tmp_path / "flow.ndjson", issue("FLOW-7")), project="FLOW", by=ada)


class TestEndedImports:
    def test_are_told_when_written_and_when_taken_back_to_whoever_started_them_alone(
        self, ada: User, acme: Organization, flow: Project, waiting: ImportRun
    ) -> None:
        grace = make_member(acme, OrgRole.ADMIN, "Grace")
        assert told(ada, acme) == []
        done = work(waiting)
        place = f"/{acme.slug}/imports/{done.pk}/"
        written = (f"Your import into {flow.name} is done.", place, True)
        assert told(ada, acme) == [written]
        with acting(ada, acme) as actor:
            revert_import(actor=actor, run=done)
        assert told(ada, acme) == [written]
        work(done)
        assert told(ada, acme) == [(f"Your import into {flow.name} is taken back.", place, True), written]
        assert told(grace, acme) == []
        client = Client()
        client.force_login(ada)
        assert f'href="{place}"' in client.get(f"/{acme.slug}/inbox/").content.decode()
        assert client.get(place).status_code == 200

    def test_are_told_when_they_stopped_and_not_when_they_were_cancelled(
        self, ada: User, acme: Organization, flow: Project, waiting: ImportRun
    ) -> None:
        with run_as_system(org_id=acme.pk) as actor:
            progress.end_import(actor=actor, run=waiting, state=ImportRun.State.CANCELLED)
        assert told(ada, acme) == []
        with run_as_system(org_id=acme.pk) as actor:
            progress.end_import(actor=actor, run=waiting, state=ImportRun.State.FAILED, fault="No.")
        assert [text for text, _url, _is_done in told(ada, acme)] == [f"Your import into {flow.name} has stopped."]
