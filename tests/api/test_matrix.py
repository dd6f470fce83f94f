"""Every operation × whoever may not: strangers, tokens without the scope, other organizations, other sites' pages.

All of them ask in one world, which stands for all tests; what each asks for is undone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import caches
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from apps.accounts.models import User
from apps.core.tenancy import run_as_system
from apps.orgs.models import ApiToken, Organization
from apps.orgs.scopes import SCOPES, is_granted
from tests import factories
from tests.api.conftest import Script, encoded, make_script
from tests.api.test_access import ROUTES, fill, resource_of
from tests.pictures import Picture, picture, sessions, undone, world_stands


@dataclass
class Place:
    """Ada's organization, with a project that only she knows, and another organization."""

    acme: Organization
    ada: User
    script: Script
    member: Script
    stranger: Script
    session: str
    orgs: tuple[Organization, ...]
    _scoped: dict[str, tuple[Script, Script]] = field(default_factory=dict)

    def picture(self) -> Picture:
        """All rows of both organizations."""
        return picture(*self.orgs)

    def scripts(self, needed: str) -> tuple[Script, Script]:
        """One of Ada's that may do all but what this scope opens, and one that may do nothing else."""
        if needed not in self._scoped:
            others = [scope for scope in SCOPES if not is_granted(needed, frozenset({scope}))]
            self._scoped[needed] = used(self.ada, self.acme, *others), used(self.ada, self.acme, needed)
        return self._scoped[needed]

    def browser(self) -> Client:
        """Ada's, which proves what other sites' pages cannot."""
        browser = Client(enforce_csrf_checks=True)
        browser.cookies[settings.SESSION_COOKIE_NAME] = self.session
        return browser


def used(user: User, org: Organization, *scopes: str) -> Script:
    """A script whose token was used just now, for as long as these tests run: only then is its use written down."""
    script = make_script(user, org, *scopes)
    with run_as_system(org_id=org.pk):
        ApiToken.objects.filter(user=user).update(last_used_at=timezone.now() + timedelta(days=1))
    return script


@pytest.fixture(scope="class")
def place(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Place]:
    """One for all tests."""
    with django_db_blocker.unblock(), world_stands():
        ada, noor = factories.make_user("Ada Okafor"), factories.make_user("Noor Haddad")
        acme, harbour = factories.make_org(ada), factories.make_org(noor, "Harbour Freight")
        fill(acme, ada, factories.make_project(acme, ada, "FLOW", template="scrum"))
        hidden = factories.make_project(acme, ada, "SECRET", visibility="private")
        factories.make_issues(acme, hidden, ada, "Canary")
        browser = Client()
        browser.force_login(ada)
        sessions[browser.session.cache_key] = caches["default"].get(browser.session.cache_key)
        yield Place(
            acme,
            ada,
            script=used(ada, acme),
            member=used(factories.make_member(acme), acme),
            stranger=used(noor, harbour),
            session=browser.cookies[settings.SESSION_COOKIE_NAME].value,
            orgs=(acme, harbour),
        )


@pytest.mark.parametrize(("method", "path", "body", "code"), ROUTES)
class TestEveryRoute:
    def test_works_with_a_token(self, place: Place, method: str, path: str, body: Any, code: int) -> None:
        with undone():
            assert place.script.call(method, path, body).status_code == code

    def test_asks_who_is_there(self, place: Place, method: str, path: str, body: Any, code: int) -> None:
        before = place.picture()
        url = f"/api/v1/orgs/{place.acme.slug}/{path}"
        with undone():
            answer = Client().generic(method, url, b"{}", content_type="application/json")
            assert answer.status_code == 401
            assert answer["WWW-Authenticate"].startswith("Bearer")
            assert answer["Content-Type"] == "application/problem+json"
            assert place.picture() == before

    def test_asks_the_tokens_scopes(self, place: Place, method: str, path: str, body: Any, code: int) -> None:
        needed = f"{resource_of(path)}:{'read' if method == 'GET' else 'write'}"
        all_but_it, just_it = place.scripts(needed)
        before = place.picture()
        with undone():
            answer = all_but_it.call(method, path, body)
            assert (answer.status_code, answer.json()["scope"]) == (403, needed)
            assert place.picture() == before
            assert just_it.call(method, path, body).status_code == code

    def test_is_not_there_for_a_token_of_another_organization(
        self, place: Place, method: str, path: str, body: Any, code: int
    ) -> None:
        before = place.picture()
        with undone():
            answer = Script(place.acme.slug, place.stranger.secret).call(method, path, body)
            nowhere = Script("no-such-place", place.stranger.secret).call(method, path, body)
            assert answer.status_code == nowhere.status_code == 404
            said, said_nowhere = answer.json(), nowhere.json()
            assert said.pop("request_id") != said_nowhere.pop("request_id")
            assert said == said_nowhere
            assert place.picture() == before

    def test_is_not_there_in_a_project_that_is_hidden(
        self, place: Place, method: str, path: str, body: Any, code: int
    ) -> None:
        before = place.picture()
        with undone():
            answer = place.member.call(method, path.replace("FLOW", "SECRET"), body)
            assert b"Canary" not in answer.content
            assert b"SECRET" not in answer.content
            if "FLOW" in path:
                assert answer.status_code == 404
                assert place.picture() == before

    def test_writes_by_session_need_the_csrf_token(
        self, place: Place, method: str, path: str, body: Any, code: int
    ) -> None:
        browser = place.browser()
        url = f"/api/v1/orgs/{place.acme.slug}/{path}"
        data, kind = encoded(body)
        before = place.picture()
        with undone():
            answer = browser.generic(method, url, data, content_type=kind)
            if method == "GET":
                assert answer.status_code == code
                return
            assert answer.status_code == 403
            assert place.picture() == before
            browser.cookies["csrftoken"] = "a" * 32
            answer = browser.generic(method, url, data, content_type=kind, headers={"X-CSRFToken": "a" * 32})
            assert answer.status_code == code
