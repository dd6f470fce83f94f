"""Valkey dies under a running server: nobody signs in, and whoever holds a token or a session goes on reading."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from apps.accounts.models import User
from apps.ops.embedded.valkey import _program
from apps.orgs.models import Organization
from tests.api.conftest import make_script
from tests.api.test_sign_in import confirm
from tests.factories import PASSWORD
from tests.notifications.test_drill import eventually
from tests.processes import WebProcess, free_port

pytestmark = pytest.mark.django_db(transaction=True)


class OwnValkey:
    """One that no other test knows."""

    def __init__(self, place: Path) -> None:
        self.url = f"redis://127.0.0.1:{free_port()}/0"
        port = self.url.rsplit(":", 1)[1].removesuffix("/0")
        command = [str(_program()), "--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(command, cwd=place, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        eventually(self._answers, "Valkey answers")

    def _answers(self) -> bool:
        with redis.Redis.from_url(self.url) as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False

    def kill(self) -> None:
        """As a crash does."""
        self._process.kill()
        self._process.wait()


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[OwnValkey]:
    own = OwnValkey(tmp_path)
    yield own
    own.kill()


@pytest.fixture
def server(transactional_db: None, valkey: OwnValkey) -> Iterator[WebProcess]:
    process = WebProcess(os.environ["FLOWBOARD_TEST_DATABASE"], {"REDIS_URL": valkey.url})
    process.start()
    yield process
    process.stop()


def test_nobody_signs_in_and_tokens_and_sessions_go_on_reading(
    server: WebProcess, valkey: OwnValkey, ada: User, acme: Organization
) -> None:
    confirm(ada)
    secret = make_script(ada, acme).secret
    script = httpx.Client(base_url=server.url, headers={"authorization": f"Bearer {secret}"}, timeout=30)
    browser = httpx.Client(base_url=server.url, timeout=30)
    right = {"email": ada.email, "password": PASSWORD}

    def sign_in_by_page(client: httpx.Client) -> Any:
        client.get("/accounts/login/")
        form = {"login": ada.email, "password": PASSWORD, "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        return client.post("/accounts/login/", data=form)

    assert sign_in_by_page(browser).status_code == 302
    signed_in = httpx.post(f"{server.url}/api/v1/auth/login", json=right)
    assert signed_in.status_code == 200
    access = {"authorization": f"Bearer {signed_in.json()['access']}"}
    address = f"/api/v1/orgs/{acme.slug}/projects/"
    page = f"/{acme.slug}/"
    assert script.get(address).status_code == browser.get(page).status_code == 200

    valkey.kill()

    assert httpx.post(f"{server.url}/api/v1/auth/login", json=right).status_code == 503
    with httpx.Client(base_url=server.url, timeout=30) as stranger:
        assert sign_in_by_page(stranger).status_code in {429, 503}
        assert stranger.get(page).status_code == 302
    assert script.get(address).status_code == 200
    assert browser.get(page).status_code == 200
    # Whether its sign-in has ended is known there alone.
    assert httpx.get(f"{server.url}{address}", headers=access, timeout=30).status_code == 503
