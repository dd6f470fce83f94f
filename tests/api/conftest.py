"""A script with a token, in Ada's organization."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.audit.models import LogEntry
from apps.core.tenancy import run_as_system
from apps.events.models import Change, Event
from apps.issues.models import Comment, Issue, IssueLabel, Watcher
from apps.orgs.models import Invitation, Membership, Organization
from apps.orgs.services import create_api_token
from tests import factories


@dataclass
class Script:
    """A program that calls the API with a token; it follows no redirects and keeps no cookies."""

    org: str
    secret: str

    def call(self, method: str, path: str, data: Any = None, **headers: str) -> Any:
        """Call an address inside the organization, with JSON."""
        url = path if path.startswith(("/", "http")) else f"/api/v1/orgs/{self.org}/{path}"
        sent = {"authorization": f"Bearer {self.secret}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        # A fresh client: nothing but the token says who calls.
        return Client().generic(
            method, url, b"" if data is None else _as_json(data), content_type="application/json", headers=sent
        )

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def post(self, path: str, data: Any = None, **headers: str) -> Any:
        return self.call("POST", path, data, **headers)

    def patch(self, path: str, data: Any = None, **headers: str) -> Any:
        return self.call("PATCH", path, data, **headers)


def _as_json(data: Any) -> bytes:
    return data if isinstance(data, bytes) else json.dumps(data).encode()


def make_script(user: User, org: Organization, *scopes: str) -> Script:
    """A script with a new token of this person."""
    with factories.acting(user, org) as actor:
        _token, secret = create_api_token(actor=actor, name="nightly", scopes=list(scopes or ("read", "write")))
    return Script(org.slug, secret)


@pytest.fixture
def script(ada: User, acme: Organization) -> Script:
    """Ada's, allowed to read and write."""
    return make_script(ada, acme)


class World:
    """What every row says that a write could make or change, so that a refused request can be caught changing one."""

    TABLES = (Organization, Membership, Invitation, Issue, Comment, IssueLabel, Watcher, Event, Change, LogEntry)

    def __init__(self, *orgs: Organization) -> None:
        self._orgs = orgs
        self._before = self._state()

    def _state(self) -> Any:
        state = []
        for org in self._orgs:
            with run_as_system(org_id=org.pk):
                state.append([list(model.objects.order_by("pk").values()) for model in self.TABLES])
        return state

    def is_unchanged(self) -> bool:
        return self._state() == self._before
