"""What the API costs: queries of a list in a large project, and time as a ratio to the pages that do the same."""

import json
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection

from django.conf import settings
from django.db import connections
from django.test import Client

from apps.boards.models import Board, Column
from apps.boards.selectors import FIRST_CARDS
from apps.core.tenancy import run_as
from apps.issues.models import Issue
from apps.orgs.services import create_api_token
from apps.projects.models import Status

from .board import queries_of
from .figures import Figure, percentile
from .world import ORG, BenchError, Server, World, analyze, fill

KEY, SIZE = "API", 20_000
# So many times as many issues as the large project has, in other projects beside it.
OTHERS, TOTAL = 49, 1_000_000
# By turns, so that whatever else the machine does slows both down. The first turn warms both up.
TURNS = 11
A_TURN = 4
# As many as a batch takes, a few times: a batch counts as one of the hour's creations, and so does each of those alone.
BATCH, BATCHES = 500, 3

Ask = Callable[[HTTPConnection], None]


def cost(world: World) -> Iterator[Figure]:
    """Count and time what scripts do most, before and after the installation is full of other issues."""
    project_id, _label = fill(world.user, KEY, SIZE)
    with run_as(user_id=world.user.pk, org_slug=ORG) as actor:
        _token, secret = create_api_token(actor=actor, name="bench", scopes=["read", "write"])
        board_id = Board.objects.get(project_id=project_id).pk
        columns = list(Column.objects.filter(board_id=board_id).order_by("position").values_list("pk", flat=True))
        statuses = list(Status.objects.filter(project_id=project_id).order_by("position").values_list("pk", flat=True))
        issue_id = Issue.objects.get(project_id=project_id, number=7).pk
    analyze()
    asked = _queries_of_a_list(secret)
    yield Figure(f"API, 50 of {SIZE:,} issues: queries", asked, "queries", "at most 6")
    pairs = _pairs(world, secret, board_id=board_id, column_ids=columns, status_ids=statuses, issue_id=issue_id)
    with Server() as server:
        for what, (api, page) in pairs.items():
            yield from _compared(server, what, api, page)
        batch = _batch_of(secret, BATCH)
        taken = [(_times(server, pairs["create"][0], A_TURN), _times(server, batch, 1)) for _ in range(BATCHES)]
        one, many = (percentile([each for found in sorts for each in found], 50) for sorts in zip(*taken, strict=True))
        yield Figure(f"API, batch of {BATCH} new issues: time", many * 1000, "ms")
        yield Figure(f"API, {BATCH} new issues one by one: to a batch", one * BATCH / many, "times")
        across = _get(secret, f"/api/v1/orgs/{ORG}/issues/")
        before = _p50(server, pairs["list of 50"][0])
        before_across = _p50(server, across)
        _crowd(project_id)
        yield Figure(f"API, 50 issues, {TOTAL:,} in all: queries", _queries_of_a_list(secret), "queries", "the same")
        after = _p50(server, pairs["list of 50"][0])
        yield Figure(f"API, 50 issues, {TOTAL:,} in all: time, p50", after / before, "times as without them")
        after = _p50(server, across)
        yield Figure(f"API, 50 of {TOTAL:,} issues of all projects: time, p50", after * 1000, "ms")
        yield Figure(f"API, 50 of {TOTAL:,} issues of all projects", after / before_across, "times as without them")


def _queries_of_a_list(secret: str) -> int:
    client = Client(SERVER_NAME="localhost", headers={"authorization": f"Bearer {secret}"})
    return queries_of(client, f"/api/v1/orgs/{ORG}/projects/{KEY}/issues/")


def _batch_of(secret: str, size: int) -> Ask:
    body = json.dumps({"changes": [{"do": "create", "values": {"title": f"Number {n}"}} for n in range(size)]})
    token = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    return _ask("POST", f"/api/v1/orgs/{ORG}/projects/{KEY}/batch/", token, lambda: body)


def _get(secret: str, path: str) -> Ask:
    return _ask("GET", path, {"Authorization": f"Bearer {secret}"})


def _ask(method: str, path: str, headers: dict[str, str], body: Callable[[], str] = str) -> Ask:
    def once(connection: HTTPConnection) -> None:
        connection.request(method, path, body() or None, headers)
        answer = connection.getresponse()
        said = answer.read()
        if answer.status >= 300:
            raise BenchError(f"{method} {path} answered {answer.status}: {said[:200]!r}")

    return once


def _pairs(
    world: World, secret: str, *, board_id: int, column_ids: list[int], status_ids: list[int], issue_id: int
) -> dict[str, tuple[Ask, Ask]]:
    """What a script asks and what a browser asks for the same, by what it is."""
    token = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    cookie = f"{world.cookie}; {settings.CSRF_COOKIE_NAME}={'a' * 32}"
    form = {"Cookie": cookie, "X-CSRFToken": "a" * 32, "Content-Type": "application/x-www-form-urlencoded"}
    form["X-Requested-With"] = "XMLHttpRequest"
    api = f"/api/v1/orgs/{ORG}"
    board = f"{api}/projects/{KEY}/boards/{board_id}"
    here = f"/{ORG}/{KEY}"
    turns = iter(range(10**9))

    def next_of(ids: list[int]) -> int:
        return ids[next(turns) % len(ids)]

    return {
        "list of 50": (
            _ask("GET", f"{api}/projects/{KEY}/issues/", token),
            _ask("GET", f"{here}/issues/", form),
        ),
        "one issue": (_ask("GET", f"{api}/issues/{KEY}-7/", token), _ask("GET", f"/{ORG}/issue/{KEY}-7/", form)),
        "boards": (_ask("GET", f"{api}/projects/{KEY}/boards/", token), _ask("GET", f"{here}/settings/board/", form)),
        f"{FIRST_CARDS} cards of a column": (
            _ask("GET", f"{board}/columns/{column_ids[0]}/cards/?limit={FIRST_CARDS}", token),
            _ask("GET", f"{here}/board/columns/{column_ids[0]}/", form | {"HX-Request": "true"}),
        ),
        "create": (
            _ask("POST", f"{api}/projects/{KEY}/issues/", token, lambda: json.dumps({"title": "One more"})),
            _ask("POST", f"{here}/board/create/", form, lambda: f"title=One+more&column={column_ids[0]}"),
        ),
        "move": (
            _ask("POST", f"{api}/issues/{KEY}-7/move/", token, lambda: json.dumps({"status": next_of(status_ids)})),
            _ask("POST", f"{here}/board/move/", form, lambda: f"issue={issue_id}&column={next_of(column_ids)}"),
        ),
    }


def _compared(server: Server, what: str, api: Ask, page: Ask) -> Iterator[Figure]:
    taken: dict[Ask, list[float]] = {api: [], page: []}
    for turn in range(TURNS):
        for each in (api, page):
            found = _times(server, each, A_TURN)
            taken[each] += found if turn else []
    mine, theirs = (percentile(taken[each], 50) for each in (api, page))
    yield Figure(f"API, {what}: time, p50", mine * 1000, "ms")
    yield Figure(f"API, {what}: to its page", mine / theirs, "times")


def _p50(server: Server, ask: Ask) -> float:
    _times(server, ask, A_TURN)
    return percentile(_times(server, ask, TURNS * A_TURN), 50)


def _times(server: Server, ask: Ask, times: int) -> list[float]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        ask(connection)
        taken.append(time.perf_counter() - started)
    connection.close()
    return taken


def _crowd(project_id: int) -> None:
    """Put as many issues beside the project as make the total, copied by the database: no service makes a million."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns"
            " WHERE table_name = 'issues_issue' AND column_name NOT IN ('id', 'number', 'rank', 'project_id')"
            " AND is_generated = 'NEVER'"
        )
        (columns,) = cursor.fetchone()
        cursor.execute("SELECT id FROM projects_project WHERE key = 'LARGE'")
        (beside,) = cursor.fetchone()
        cursor.execute(
            f"INSERT INTO issues_issue (project_id, number, rank, {columns})"  # noqa: S608 (names of our own columns)
            f" SELECT %s, number + n * {SIZE * 2}, rank || 'x' || n, {columns}"
            " FROM issues_issue, generate_series(1, %s) n WHERE project_id = %s AND number <= %s",
            [beside, OTHERS, project_id, SIZE],
        )
    analyze()
