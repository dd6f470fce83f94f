"""What a script sees and stops of tokens, service accounts and limits; and one's latest work."""

from typing import Any

import pytest

from apps.accounts.models import User
from apps.core.tenancy import OrgRole
from apps.orgs.models import Organization
from apps.orgs.services import change_limits, create_api_token, create_service_account
from apps.projects.models import Project
from tests import factories
from tests.api.conftest import Script, World, make_script
from tests.api.test_organization import queries

pytestmark = pytest.mark.django_db


@pytest.fixture
def robot(acme: Organization, ada: User) -> User:
    """A service account with a token."""
    with factories.acting(ada, acme) as actor:
        account = create_service_account(actor=actor, name="Night job", role=OrgRole.MEMBER)
        create_api_token(actor=actor, name="its own", scopes=["issues:read"], days=30, account=account)
    return account.user


class TestTokens:
    def test_are_listed_without_secrets_and_stopped(self, script: Script, acme: Organization, ada: User) -> None:
        make_script(factories.make_member(acme), acme)
        other = make_script(ada, acme, "issues:read")
        newest, asking = script.get("tokens/").json()["results"]
        assert (newest["scopes"], newest["projects"]) == (["issues:read"], None)
        assert newest["prefix"] == other.secret[:8]
        assert other.secret not in script.get("tokens/").content.decode()
        assert asking["last_used_at"] is not None
        for code in (204, 404):
            assert script.delete(f"tokens/{newest['id']}/").status_code == code
        assert other.get("projects/FLOW/issues/").status_code == 401
        # The one that asks too.
        assert script.delete(f"tokens/{asking['id']}/").status_code == 204
        assert script.get("tokens/").status_code == 401

    def test_make_no_others(self, script: Script, robot: User) -> None:
        for path in ("tokens/", "service-accounts/", f"service-accounts/{robot.pk}/tokens/", "limits/"):
            assert script.post(path, {"name": "More", "scopes": ["write"]}).status_code == 405

    def test_cost_the_same_however_many(self, script: Script, acme: Organization, ada: User, robot: User) -> None:
        paths = ("tokens/", "service-accounts/", f"service-accounts/{robot.pk}/tokens/", "limits/tokens/")
        few = [queries(script, path) for path in paths]
        for number in range(3):
            make_script(ada, acme)
            make_script(factories.make_member(acme, name=f"P{number}"), acme)
            with factories.acting(ada, acme) as actor:
                create_service_account(actor=actor, name=f"Job {number}", role=OrgRole.MEMBER)
        assert [queries(script, path) for path in paths] == few


class TestServiceAccounts:
    def test_are_renamed_and_lose_their_tokens(self, script: Script, robot: User) -> None:
        (listed,) = script.get("service-accounts/").json()["results"]
        assert (listed["id"], listed["name"], listed["role"]) == (robot.pk, "Night job", "member")
        renamed = script.patch(f"service-accounts/{robot.pk}/", {"name": " Day   job "}).json()
        assert renamed == listed | {"name": "Day job"}
        robot.refresh_from_db()
        assert robot.name == "Day job"
        (token,) = script.get(f"service-accounts/{robot.pk}/tokens/").json()["results"]
        assert (token["name"], token["scopes"]) == ("its own", ["issues:read"])
        assert script.delete(f"service-accounts/{robot.pk}/tokens/{token['id']}/").status_code == 204
        assert script.get(f"service-accounts/{robot.pk}/tokens/").json()["results"] == []

    def test_are_kept_by_those_who_could_give_their_role(
        self, acme: Organization, ada: User, script: Script, robot: User
    ) -> None:
        member = make_script(factories.make_member(acme), acme)
        world = World(acme)
        assert member.patch(f"service-accounts/{robot.pk}/", {"name": "Mine"}).status_code == 403
        # People rename themselves.
        assert script.patch(f"service-accounts/{ada.pk}/", {"name": "Mine"}).status_code == 404
        assert world.is_unchanged()
        robot.refresh_from_db()
        assert robot.name == "Night job"


class TestLimits:
    def test_are_read_by_managers(self, script: Script, acme: Organization, ada: User) -> None:
        token_id = script.get("tokens/").json()["results"][0]["id"]
        with factories.acting(ada, acme) as actor:
            change_limits(actor=actor, rates={"api-read": 500})
            change_limits(actor=actor, rates={"api-read": 700}, token_id=token_id)
        found = {each["name"]: each for each in script.get("limits/").json()["results"]}
        assert [found["api-read"][name] for name in ("most", "changed", "per")] == [500, 500, "hour"]
        assert found["api-search"]["per"] == "minute"
        (token,) = script.get("limits/tokens/").json()["results"]
        assert (token["id"], token["limits"], token["owner"]["id"]) == (token_id, {"api-read": 700}, ada.pk)
        assert make_script(factories.make_member(acme), acme).get("limits/").status_code == 403


def test_what_one_worked_with_last_comes_first(script: Script, acme: Organization, ada: User, flow: Project) -> None:
    mateo = factories.make_member(acme)
    factories.make_issues(acme, flow, mateo, "Dock", "Weld", "Paint")
    script.patch("issues/FLOW-2/", {"title": "Weld it"})
    script.patch("issues/FLOW-1/", {"priority": "high"})
    rows: list[Any] = script.get("recent/").json()["results"]
    assert [(row["key"], row["project"], row["priority"]) for row in rows] == [
        ("FLOW-1", "FLOW", "high"),
        ("FLOW-2", "FLOW", "none"),
    ]
    few = queries(script, "recent/")
    script.patch("issues/FLOW-3/", {"priority": "high"})
    assert queries(script, "recent/") == few
