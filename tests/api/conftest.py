"""A script with a token, in Ada's organization."""

import json
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from apps.accounts.models import User
from apps.audit.models import LogEntry
from apps.boards.models import (
    AcrossBoard,
    AcrossProject,
    AcrossQuickFilter,
    Board,
    Column,
    ColumnStatus,
    LaneLimit,
    QuickFilter,
)
from apps.core.tenancy import run_as_system
from apps.events.models import Change, Event
from apps.exports.models import ExportRun
from apps.issues.models import Attachment, Comment, Issue, IssueLabel, IssueLink, IssueStar, Reaction, Watcher
from apps.orgs.models import Invitation, Membership, Organization
from apps.orgs.services import create_api_token
from tests import factories


@dataclass(frozen=True)
class Upload:
    """A body that is a form with a file, and perhaps further fields."""

    name: str
    data: bytes
    fields: dict[str, str] = field(default_factory=dict)
    field: str = "file"


def encoded(body: Any) -> tuple[bytes, str]:
    """A body as it is sent, and its content type: JSON, unless it is a form."""
    if isinstance(body, Upload):
        form = {body.field: SimpleUploadedFile(body.name, body.data)} | body.fields
        return encode_multipart(BOUNDARY, form), MULTIPART_CONTENT
    if isinstance(body, bytes):
        return body, "application/json"
    return b"" if body is None else json.dumps(body).encode(), "application/json"


@dataclass
class Script:
    """A program that calls the API with a token; it follows no redirects and keeps no cookies."""

    org: str
    secret: str

    def call(self, method: str, path: str, data: Any = None, **headers: str) -> Any:
        """Call an address inside the organization, with JSON or a form."""
        url = path if path.startswith(("/", "http")) else f"/api/v1/orgs/{self.org}/{path}"
        sent = {"authorization": f"Bearer {self.secret}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        # A fresh client: nothing but the token says who calls.
        body, kind = encoded(data)
        return Client().generic(method, url, body, content_type=kind, headers=sent)

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def post(self, path: str, data: Any = None, **headers: str) -> Any:
        return self.call("POST", path, data, **headers)

    def patch(self, path: str, data: Any = None, **headers: str) -> Any:
        return self.call("PATCH", path, data, **headers)

    def put(self, path: str, data: Any = None, **headers: str) -> Any:
        return self.call("PUT", path, data, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.call("DELETE", path, **headers)


def make_script(user: User, org: Organization, *scopes: str) -> Script:
    """A script with a new token of this person."""
    with factories.acting(user, org) as actor:
        _token, secret = create_api_token(actor=actor, name="nightly", scopes=list(scopes or ("read", "write")))
    return Script(org.slug, secret)


def when(script: Script, address: str, state: str, *, within: float = 60) -> dict[str, Any]:
    """What a worker works at, as soon as it is in this state."""
    until = monotonic() + within
    while (told := script.get(address).json())["state"] != state:
        assert monotonic() < until, told
        sleep(0.1)
    found: dict[str, Any] = told
    return found


@pytest.fixture
def script(ada: User, acme: Organization) -> Script:
    """Ada's, allowed to read and write."""
    return make_script(ada, acme)


class World:
    """What every row says that a write could make or change, so that a refused request can be caught changing one."""

    TABLES = (
        Organization,
        Membership,
        Invitation,
        Issue,
        Comment,
        IssueLabel,
        IssueLink,
        IssueStar,
        Attachment,
        Reaction,
        Watcher,
        ExportRun,
        Board,
        Column,
        ColumnStatus,
        LaneLimit,
        QuickFilter,
        AcrossBoard,
        AcrossProject,
        AcrossQuickFilter,
        Event,
        Change,
        LogEntry,
    )

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
