"""What an access token opens: resources, chosen projects, a service account's name; and what that costs."""

import importlib
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps as registry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.core.tenancy import OrgRole
from apps.issues.models import Issue
from apps.orgs.models import ApiToken, Organization
from apps.orgs.services import create_api_token, create_service_account
from apps.projects.models import Project
from tests import factories
from tests.api.conftest import Script, World

pytestmark = pytest.mark.django_db


def made(by: User, org: Organization, *scopes: str, **asked: Any) -> Script:
    with factories.acting(by, org) as actor:
        return Script(org.slug, create_api_token(actor=actor, name="x", scopes=scopes, **asked)[1])


@pytest.fixture
def dock(acme: Organization, ada: User, flow: Project) -> Issue:
    """FLOW-1."""
    (made,) = factories.make_issues(acme, flow, ada, "Dock the rover")
    return made


class TestResources:
    def test_open_what_they_name_and_nothing_else(self, ada: User, acme: Organization, dock: Issue) -> None:
        reads, writes = made(ada, acme, "issues:read"), made(ada, acme, "issues:write")
        world = World(acme)
        assert reads.get("issues/FLOW-1/").status_code == writes.get("issues/FLOW-1/").status_code == 200
        refused = reads.patch("issues/FLOW-1/", {"title": "Other"})
        assert (refused.status_code, refused.json()["scope"]) == (403, "issues:write")
        assert writes.get("projects/").status_code == 403
        assert world.is_unchanged()
        assert writes.patch("issues/FLOW-1/", {"title": "Other"}).status_code == 200


class TestProjects:
    @pytest.fixture
    def limited(self, ada: User, acme: Organization, flow: Project, dock: Issue) -> Script:
        factories.make_issues(acme, factories.make_project(acme, ada, "OTHER"), ada, "Elsewhere")
        return made(ada, acme, "write", project_ids=[flow.pk])

    def test_are_all_that_it_knows_of(self, limited: Script, acme: Organization) -> None:
        assert [each["key"] for each in limited.get("projects/").json()["results"]] == ["FLOW"]
        world = World(acme)
        assert limited.get("issues/OTHER-1/").status_code == 404
        assert limited.get("projects/OTHER/").status_code == 404
        assert limited.post("projects/OTHER/issues/", {"title": "New"}).status_code == 404
        assert limited.patch("issues/OTHER-1/", {"title": "New"}).status_code == 404
        assert world.is_unchanged()

    def test_are_written_to_as_by_its_owner(self, limited: Script, ada: User) -> None:
        answer = limited.post("projects/FLOW/issues/", {"title": "New"})
        assert (answer.status_code, answer.json()["reporter"]["id"]) == (201, ada.pk)

    def test_cost_nothing_more(self, limited: Script, ada: User, acme: Organization) -> None:
        every = made(ada, acme, "write")
        counts = []
        for script in (every, limited):
            script.get("issues/FLOW-1/")
            with CaptureQueriesContext(connection) as asked:
                script.get("issues/FLOW-1/")
            counts.append(len(asked))
        for number in range(6):
            factories.make_project(acme, ada, f"MORE{number}")
        with CaptureQueriesContext(connection) as asked:
            limited.get("issues/FLOW-1/")
        assert len({*counts, len(asked)}) == 1
        # The token, its owner's seat and rights are one question.
        assert sum("flowboard_enter" in query["sql"] for query in asked.captured_queries) == 1
        assert not any("orgs_apitoken" in query["sql"] for query in asked.captured_queries)


class TestServiceAccounts:
    def test_write_in_their_own_name(self, ada: User, acme: Organization, flow: Project) -> None:
        with factories.acting(ada, acme) as actor:
            robot = create_service_account(actor=actor, name="Robot", role=OrgRole.MEMBER)
        script = made(ada, acme, "issues:write", account=robot)
        answer = script.post("projects/FLOW/issues/", {"title": "Found by a robot"}).json()
        assert answer["reporter"]["id"] == robot.user_id
        assert answer["reporter"]["name"] == "Robot"

    def test_see_what_they_were_added_to(self, ada: User, acme: Organization, flow: Project, secret: Project) -> None:
        with factories.acting(ada, acme) as actor:
            robot = create_service_account(actor=actor, name="Robot", role=OrgRole.GUEST)
        script = made(ada, acme, "write", account=robot)
        assert script.get("projects/").json()["results"] == []
        factories.give_role(acme, secret, robot.user, "viewer")
        assert script.get(f"projects/{secret.key}/").status_code == 200
        assert script.post(f"projects/{secret.key}/issues/", {"title": "New"}).status_code == 403


class TestOldTokens:
    def test_go_on_meaning_what_they_meant(self, ada: User, acme: Organization) -> None:
        migration = importlib.import_module("apps.orgs.migrations.0006_tokens_by_resource")
        editor = SimpleNamespace(connection=connection)
        wanted = {"both": ["read", "write"], "writes": ["write"], "reads": ["read"]}
        with factories.acting(ada, acme) as actor:
            for name, scopes in wanted.items():
                create_api_token(actor=actor, name=name, scopes=scopes)
            migration.keep_their_meaning(registry, editor)
            now = dict(ApiToken.objects.values_list("name", "scopes"))
            assert now == {
                "both": ["issues:write", "read"],
                "writes": ["issues:write", "read"],
                "reads": ["read"],
            }
            migration.take_back(registry, editor)
            assert dict(ApiToken.objects.values_list("name", "scopes")) == {
                "both": ["read", "write"],
                "writes": ["read", "write"],
                "reads": ["read"],
            }
