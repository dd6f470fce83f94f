"""Every address × every kind of visitor. A refusal says what it should, and leaves every row as it was."""

from collections.abc import Mapping
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.core.admin import site
from apps.core.tenancy import run_as_system
from apps.orgs.services import set_organization_suspended
from tests.access.conftest import World, all_routes, path_of
from tests.access.routes import FORBIDDEN, GONE, LOGIN, OK, ROLES, ROUTES, May, Way
from tests.pictures import undone

WAYS = [(route, method) for route, found in ROUTES.items() for method in found.methods]
TENANT_WAYS = [(route, method) for route, method in WAYS if "<slug:org>" in route]


def ids(ways: list[tuple[str, str]]) -> list[str]:
    return [f"{method} /{route}" for route, method in ways]


def ask(client: Client, route: str, method: str, names: Mapping[str, Any], body: Mapping[str, Any]) -> Any:
    way = ROUTES[route].methods[method]
    sent = {"content_type": "application/json"} if way.json and method != "GET" else {}
    return getattr(client, method.lower())(path_of(route, names), dict(body), **sent)


def outcome(answer: Any) -> Any:
    """`LOGIN`, `OK`, or the status of a refusal."""
    if answer.status_code == 302 and answer.url.startswith("/accounts/login/"):
        return LOGIN
    return OK if answer.status_code < 400 else answer.status_code


def test_every_route_is_classified() -> None:
    assert all_routes().keys() == ROUTES.keys()


@pytest.mark.parametrize(("route", "method"), WAYS, ids=ids(WAYS))
def test_everybody_gets_what_the_table_says(world: World, route: str, method: str) -> None:
    way: Way = ROUTES[route].methods[method]
    names = world.acme.names
    before = world.picture()
    wrong = {}
    for role in ROLES:
        expected = way.may.what_becomes_of(role)
        with undone():
            answer = ask(world.visitor(role), route, method, names, way.body(names))
            got = outcome(answer)
            # The pages about a link that does not work are answers too, and so is a form with mistakes in it.
            if expected is OK and way.may in {May.EVERYBODY, May.SIGNED_IN} and got in {404, 422}:
                got = OK
            if got != expected:
                wrong[role] = (expected, got)
            if (expected is not OK or method == "GET") and world.picture() != before:
                wrong[role] = ("nothing changed", sorted(set(world.picture()) ^ set(before)))
    assert not wrong


READS = [way for way in TENANT_WAYS if way[1] == "GET"]


@pytest.mark.parametrize(("route", "method"), READS, ids=ids(READS))
def test_a_foreign_id_in_the_address_of_a_page_names_nothing(world: World, route: str, method: str) -> None:
    """The owner of one organization, who may everything there, with each id swapped for the other organization's.

    What writes is in `test_foreign_ids`.
    """
    way = ROUTES[route].methods[method]
    before = world.picture()
    own, foreign = world.acme.names, world.other.names
    for name in ("comment_id", "attachment_id", "label_id", "column_id", "status_id", "transition_id", "type_id"):
        if f":{name}>" not in route:
            continue
        with undone():
            answer = ask(world.visitor("owner"), route, method, own | {name: foreign[name]}, way.body(own))
            assert answer.status_code == GONE, name
            assert world.picture() == before, name


# Its address is the proof, which no other site knows; mail programs post to it without a cookie (RFC 8058).
PROVEN_BY_ADDRESS = {"accounts/mail/<str:stop_token>/"}
WRITES = [
    (route, method)
    for route, method in WAYS
    if method != "GET"
    and route not in PROVEN_BY_ADDRESS
    and ROUTES[route].methods[method].may is not May.WITHOUT_COOKIES
]


@pytest.mark.parametrize(("route", "method"), WRITES, ids=ids(WRITES))
def test_nothing_is_written_without_the_token_of_a_form(world: World, route: str, method: str) -> None:
    """What another site could make a browser send."""
    way = ROUTES[route].methods[method]
    before = world.picture()
    with undone():
        visitor = world.visitor("owner", enforce_csrf_checks=True)
        assert ask(visitor, route, method, world.acme.names, way.body(world.acme.names)).status_code == FORBIDDEN
        assert world.picture() == before


PRIVATE_WAYS = [
    (route, method)
    for route, method in TENANT_WAYS
    if any(
        f":{n}>" in route
        for n in ("project_key", "issue_key", "waiting_key", "comment_id", "attachment_id", "removed_attachment_id")
    )
]


@pytest.mark.parametrize(("route", "method"), PRIVATE_WAYS, ids=ids(PRIVATE_WAYS))
def test_nobody_who_was_not_added_knows_of_a_private_project(world: World, route: str, method: str) -> None:
    """Not even the organization's admins: they see it only when somebody adds them."""
    names = world.acme.names
    way = ROUTES[route].methods[method]
    changed = {"name": "Project FLOW", "description": "", "template": "kanban", "visibility": "private"}
    with undone():
        address = path_of("<slug:org>/<slug:project_key>/settings/", names)
        assert world.visitor("owner").post(address, changed).status_code == 302
        before = world.picture()
        for role in ("guest", "member", "admin"):
            with undone():
                answer = ask(world.visitor(role), route, method, names, way.body(names))
                assert answer.status_code == GONE, role
                assert world.picture() == before, role


@pytest.mark.parametrize("route", ROUTES, ids=[f"/{route}" for route in ROUTES])
def test_other_methods_are_refused(world: World, route: str) -> None:
    before = world.picture()
    for method in {"get", "post", "put", "patch", "delete"} - {method.lower() for method in ROUTES[route].methods}:
        with undone():
            answer = getattr(world.visitor("owner"), method)(path_of(route, world.acme.names))
            assert answer.status_code in {400, 403, 404, 405, 422}, (method, answer.status_code)
            assert world.picture() == before, method


def test_a_suspended_organization_shuts_its_door(world: World) -> None:
    with undone():
        with run_as_system(org_id=world.acme.org.pk) as actor:
            set_organization_suspended(actor=actor, is_suspended=True)
        answer = world.visitor("owner").get("/acme/")
        assert answer.status_code == FORBIDDEN
        assert "suspended" in answer.content.decode()


def test_the_admin_site_is_for_operators_only(world: World) -> None:
    pages = [reverse("admin:index")]
    pages += [reverse(f"admin:{m._meta.app_label}_{m._meta.model_name}_changelist") for m in site._registry]
    assert len(pages) > 10
    for page in pages:
        for role in ("anonymous", "suspended", "member", "owner"):
            with undone():
                answer = world.visitor(role).get(page)
                assert answer.status_code in {403, 404} or "/login/" in answer.url, (page, role)
