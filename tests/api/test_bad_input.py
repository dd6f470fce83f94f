"""What no operation takes, sent to every one of them: each refuses it in one shape, names what was wrong, and nothing
changes. The cases are made from the operations' declarations, so a new operation is asked as well."""

import json
import os
from collections.abc import Iterator
from http.client import HTTPConnection
from itertools import product
from typing import Any
from urllib.parse import urlencode

import psutil
import pytest
from django.core import signing
from django.test import Client
from django.urls import resolve
from pytest_django import Settings
from rest_framework import serializers

from apps.core.api import PROBLEM, Operation
from apps.core.api.openapi import example_of
from apps.issues.api.serializers.fields import CustomValuesField
from apps.orgs.models import Organization
from tests.api.conftest import Script, World
from tests.api.test_access import ROUTES, issue  # noqa: F401  # a fixture: what the routes name
from tests.api.test_document import OPERATIONS
from tests.processes import WebProcess

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("issue")]
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
OUTSIDE = [
    *(("POST", f"/api/v1/auth/{name}") for name in ("login", "refresh", "logout")),
    ("GET", "/api/v1/me/"),
    ("PATCH", "/api/v1/me/"),
    ("GET", "/api/v1/orgs/"),
]
# What no script may say of a row, besides what answers say of it.
ROWS_OWN = frozenset({"pk", "org", "org_id", "project_id", "user", "user_id", "is_staff", "is_superuser", "scopes"})
MOST_NAMED = 20
JSON_TOO_LARGE = 3_000_000
MEGABYTE = 1024 * 1024
Case = tuple[str, bytes, set[str]]


class Unread:
    """A body that says of itself how long it is, and must not be read."""

    def read(self, *_args: Any) -> bytes:
        raise AssertionError("The body was read.")

    readline = read


@pytest.fixture(autouse=True)
def _unlimited(settings: Settings) -> None:
    """How much is asked is not what is asked here."""
    settings.RATELIMIT_ENABLE = False


@pytest.fixture
def server(django_db_setup: None) -> Iterator[WebProcess]:
    """FlowBoard as it is served."""
    process = WebProcess(os.environ["FLOWBOARD_TEST_DATABASE"])
    process.start()
    yield process
    process.stop()


# Files come in forms, and JSON is refused there as such (415): tests/api/test_belongings.py sends them wrong ones.
TAKES_FORMS = {"attach_files", "create_import"}


def every(org: str) -> Iterator[tuple[str, str, Operation]]:
    """Each operation with its method and an address where it finds everything."""
    inside = [(method, f"/api/v1/orgs/{org}/{path}") for method, path, _body, _code in ROUTES]
    for method, path in [*inside, *OUTSIDE]:
        view: Any = resolve(path).func
        yield method, path, getattr(view.view_class, method.lower()).operation


def flaw_of(answer: Any, status: int, named: set[str] | None = None) -> str | None:
    """What is wrong with a refusal: its status, its shape, or what it names."""
    if answer.status_code != status:
        return f"{answer.status_code} instead of {status}: {answer.content[:200]!r}"
    if answer["Content-Type"] != PROBLEM:
        return str(answer["Content-Type"])
    said = answer.json()
    expected = {"status": status, "request_id": answer["X-Request-ID"]}
    if not (said["type"].startswith("about:blank#") and said["title"] and said | expected == said):
        return f"the shape: {said}"
    if named is not None and set(said.get("errors", {})) != named:
        return f"it names {sorted(said.get('errors', {}))} instead of {sorted(named)}"
    return None


def wrong(flaws: list[Any]) -> str:
    """Those that are some, one a line."""
    return "\n".join(str(flaw) for flaw in flaws if flaw[-1])


def unreadable() -> Iterator[Case]:
    """Bodies that are no JSON, or none of a sane shape."""
    for name, body in {
        "cut off": b'{"title": ',
        "two values": b"{} {}",
        "deep lists": b"[" * 10_000 + b"]" * 10_000,
        "deep objects": b'{"title":' * 10_000 + b"1" + b"}" * 10_000,
        "open brackets": b"[" * 10_000,
        "not UTF-8": b'{"title": "\xff"}',
        "UTF-16": '{"title": "x"}'.encode("utf-16"),
        "NaN": b'{"title": NaN}',
        "a list": b"[]",
        "a list of one": b"[{}]",
        "text": b'"title"',
        "a number": b"3",
        "true": b"true",
        "null": b"null",
        "a number of 5,000 digits": b'{"title": ' + b"9" * 5_000 + b"}",
        "the same name twice": b'{"title": "a", "title": "b"}',
        "the same name twice, inside": b'{"custom_fields": {"field_1": 1, "field_1": 2}}',
        "half a surrogate": b'{"title": "\\ud800"}',
    }.items():
        yield name, body, set()


def misshapen(declared: Operation) -> Iterator[Case]:
    """Bodies that are right but for one thing, which the refusal names."""
    right = example_of(declared.body) or {}
    fields = declared.body().fields

    def but(name: str, extra: dict[str, Any]) -> Case:
        return name, json.dumps(right | extra).encode(), set(extra)

    if any(field.required for field in fields.values()):
        yield "nothing", b"", set()
    yield but("unknown fields", {"colour": "red", "": "x", "__class__": "x"})
    answers = [form for each in OPERATIONS.values() for form in each.answers.values() if form is not None]
    theirs = sorted({*ROWS_OWN, *(str(name) for form in answers for name in form().fields)} - set(fields))
    for start in range(0, len(theirs), MOST_NAMED):
        yield but("fields of answers and rows", dict.fromkeys(theirs[start : start + MOST_NAMED], 1))
    for name, field in fields.items():
        for wrong in wrong_for(field):
            yield but(f"{name}: {str(wrong)[:40]!r}", {name: wrong})


def wrong_for(field: Any) -> Iterator[Any]:
    """Values that the field does not take."""
    if isinstance(field, serializers.JSONField):
        return
    is_object = isinstance(field, serializers.DictField)
    if isinstance(field, serializers.Serializer):
        yield from ("x", 1, ["x"], None, {"deep": ["x"]})
        return
    yield from ("x", 1, ["x"]) if is_object else ({"deep": ["x"]}, {})
    if not isinstance(field, serializers.ListField):
        yield [[1]]
    if not field.allow_null:
        yield None
    if isinstance(field, serializers.IntegerField | serializers.DecimalField):
        yield from ("1", True, 10**30, -(10**30), 1.5555, float("1e308"))
    elif isinstance(field, serializers.BooleanField):
        yield from ("true", 1, 0)
    elif isinstance(field, serializers.ListField):
        yield from ("x", [{}], [[1]], [None], ["nul\x00"])
    elif isinstance(field, CustomValuesField):
        yield from ({"title": 1}, {"field_0": 1}, {"org_id": 1})
    elif isinstance(field, serializers.ChoiceField):
        yield from ("no choice", True, 10**30, "nul\x00")
    elif not is_object:
        yield from (1, True, "nul\x00")


def test_every_operation_is_asked(acme: Organization) -> None:
    assert {declared.name for _method, _path, declared in every(acme.slug)} == OPERATIONS.keys()


def test_bodies_that_none_takes(script: Script, acme: Organization) -> None:
    flaws = []
    world = World(acme)
    for method, path, declared in every(acme.slug):
        if method not in WRITES or declared.name in TAKES_FORMS:
            continue
        for name, body, named in [*unreadable(), *misshapen(declared)]:
            flaws.append((declared.name, name, flaw_of(script.call(method, path, body), 400, named or None)))
        assert not wrong(flaws)
        assert world.is_unchanged(), declared.name
    assert len(flaws) > 500


def test_bodies_that_are_too_large_are_not_even_read(script: Script, acme: Organization) -> None:
    flaws = []
    for method, path, declared in every(acme.slug):
        if method in WRITES and declared.name not in TAKES_FORMS:
            answer = Client().generic(
                method,
                path,
                headers={"authorization": f"Bearer {script.secret}"},
                CONTENT_TYPE="application/json",
                CONTENT_LENGTH=str(JSON_TOO_LARGE),
                **{"wsgi.input": Unread()},
            )
            flaws.append((declared.name, flaw_of(answer, 413)))
    assert flaws
    assert not wrong(flaws)


def test_queries_that_none_takes(script: Script, acme: Organization) -> None:
    flaws = []
    world = World(acme)
    elsewhere = signing.dumps(["after", [1]], salt="flowboard.cursor:/api/v1/orgs/other/members/:id")
    for method, path, declared in every(acme.slug):
        sent = [("colour", "red"), ("org_id", "1"), ("fields", "colour" if any(declared.answers.values()) else "\0")]
        for name, field in declared.query().fields.items():
            if isinstance(field, serializers.ChoiceField):
                sent += [(name, "colour"), (name, "-"), (name, "")]
            elif isinstance(field, serializers.IntegerField):
                sent += [(name, value) for value in ("x", "-1", "1.5", "9" * 30, "")]
            elif isinstance(field, serializers.DateTimeField | serializers.DateField):
                sent += [(name, value) for value in ("yesterday", "2026-13-45", "9" * 30, "")]
            elif name == "cursor":
                sent += [(name, value) for value in (elsewhere, "x", "a:b:c", "9" * 600)]
            else:
                sent.append((name, "nul\0"))
        for name, value in sent:
            answer = script.call(method, f"{path}?{name}={value.replace(chr(0), '%00')}", example_of(declared.body))
            flaws.append((declared.name, name, value[:40], flaw_of(answer, 400, {name})))
    assert world.is_unchanged()
    assert len(flaws) > 100
    assert not wrong(flaws)


LOOKUPS = ("status__id", "project__org__name__startswith", "order_by", "sort", "filter", "where", "id__in", "org")
NASTY = (
    "org__slug",
    "-reporter__password",
    "'; DROP TABLE issues_issue; --",
    "1) UNION SELECT 1--",
    "\u202e\U0001f6b2%",
    "x" * 3_000,
)


def test_queries_that_reach_for_more_are_refused_or_find_nothing(script: Script, acme: Organization) -> None:
    """Lookups as parameters are no parameters; as values they are values: none is a fault of ours."""
    flaws = []
    world = World(acme)
    for method, path, declared in every(acme.slug):
        if method != "GET":
            continue
        for name in LOOKUPS:
            if name not in declared.query().fields:
                answer = script.get(f"{path}?{urlencode({name: '1'})}")
                flaws.append((declared.name, name, flaw_of(answer, 400, {name})))
        for name, value in product([*declared.query().fields, "fields", "expand"], NASTY):
            status = script.get(f"{path}?{urlencode({name: value})}").status_code
            flaws.append((declared.name, name, value[:40], None if status in {200, 304, 400, 404, 422} else status))
    assert world.is_unchanged()
    assert len(flaws) > 500
    assert not wrong(flaws)


def test_a_body_beyond_all_limits_is_refused_before_it_is_sent_and_one_below_takes_no_memory(
    server: WebProcess,
) -> None:
    def begin(length: int) -> HTTPConnection:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
        connection.putrequest("POST", "/api/v1/auth/login")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(length))
        connection.endheaders()
        return connection

    def refused(connection: HTTPConnection) -> bool:
        answer = connection.getresponse()
        said = json.loads(answer.read())
        assert (said["status"], said["request_id"]) == (413, answer.headers["X-Request-ID"])
        return (answer.status, answer.headers["Content-Type"]) == (413, PROBLEM)

    assert refused(begin(100 * MEGABYTE + 1))
    before = psutil.Process(server.pid).memory_info().rss
    sent = begin(100 * MEGABYTE)
    for _ in range(100):
        sent.send(b" " * MEGABYTE)
    assert refused(sent)
    assert psutil.Process(server.pid).memory_info().rss - before < 30 * MEGABYTE
