"""What a board over several projects costs, as a ratio to a project's board with as many cards."""

from collections.abc import Iterator
from urllib.parse import urlencode

from django.test import Client

from apps.boards.services.across import create_across
from apps.core.tenancy import run_as

from .board import queries_of, visit
from .figures import Figure, percentile
from .world import ORG, Server, World, analyze, fill

PROJECTS = 10
SIZES = (200, 1_000)
LABEL = "arm"
# By turns, so that whatever else the machine does slows both down. The first turn warms both up.
TURNS = 13
A_TURN = 5


def ratios(world: World) -> Iterator[Figure]:
    """Queries and time of such boards, with and without a filter by label."""
    pairs = {size: _make(world, size) for size in SIZES}
    analyze()
    client = Client(SERVER_NAME="localhost")
    client.force_login(world.user)
    with Server() as server:
        for size, (several, own, label_id) in pairs.items():
            for said, narrowed, own_narrowed in (
                ("", "", ""),
                (", by label", "?" + urlencode({"label": LABEL}), "?" + urlencode({"label": label_id})),
            ):
                what = f"{size} cards, {PROJECTS} projects to one{said}"
                asked = queries_of(client, several + narrowed) / queries_of(client, own + own_narrowed)
                yield Figure(f"{what}: queries", asked, "times", "the same for both sizes")
                took = _times_as_long(server, world, several + narrowed, own + own_narrowed)
                yield Figure(f"{what}: time, p50", took, "times")


def _make(world: World, size: int) -> tuple[str, str, int | None]:
    """The addresses of a board over projects, and of a project's board with as many cards; and the label of that."""
    shares = [fill(world.user, f"P{size}X{number}", size // PROJECTS, label=LABEL)[0] for number in range(PROJECTS)]
    key = f"OWN{size}"
    _project, label_id = fill(world.user, key, size, label=LABEL)
    with run_as(user_id=world.user.pk, org_slug=ORG) as actor:
        board = create_across(actor=actor, name=f"{size} cards", by="status", project_ids=shares)
    return f"/{ORG}/boards/{board.pk}/", world.path(key), label_id


def _times_as_long(server: Server, world: World, path: str, than: str) -> float:
    """How many times as long one page takes as another."""
    taken: dict[str, list[float]] = {path: [], than: []}
    for turn in range(TURNS):
        for each in (path, than):
            found = visit(server, world, A_TURN, path=each)
            taken[each] += found if turn else []
    return percentile(taken[path], 50) / percentile(taken[than], 50)
