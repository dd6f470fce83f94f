"""The workflow as a picture: where its statuses and arrows stand. Drawn as SVG by `workflow/_picture.html`."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.projects.models import Status, Transition

WIDTH, HEIGHT = 136, 40  # of a status
GAP_ACROSS, GAP_DOWN = 60, 28
MARGIN = 24
# How far an arrow between two statuses of one column swings out.
SWING = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A status at its place. `from_anywhere` is the edge that leads to it from any other, if there is one."""

    status: Status
    x: int
    y: int
    from_anywhere: Transition | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """An edge from one status to another as an SVG path."""

    transition: Transition
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Everything to draw, and how large it is."""

    width: int
    height: int
    nodes: Sequence[Node]
    arrows: Sequence[Arrow]


def draw(*, statuses: Sequence[Status], transitions: Sequence[Transition]) -> Picture:
    """Stand the statuses in a column for each category, in the order of the work, and lead the arrows between them."""
    columns = [
        column
        for category in Status.Category.values
        if (column := [status for status in statuses if status.category == category])
    ]
    anywhere = {edge.target_id: edge for edge in transitions if edge.source_id is None}
    tallest = max((len(column) for column in columns), default=0)
    nodes: dict[int, Node] = {}
    for across, column in enumerate(columns):
        # Shorter columns stand in the middle.
        top = MARGIN + (tallest - len(column)) * (HEIGHT + GAP_DOWN) // 2
        for down, status in enumerate(column):
            nodes[status.pk] = Node(
                status=status,
                x=MARGIN + across * (WIDTH + GAP_ACROSS),
                y=top + down * (HEIGHT + GAP_DOWN),
                from_anywhere=anywhere.get(status.pk),
            )
    arrows = [
        Arrow(transition=edge, path=_path(nodes[edge.source_id], nodes[edge.target_id]))
        for edge in transitions
        if edge.source_id in nodes and edge.target_id in nodes
    ]
    return Picture(
        width=2 * MARGIN + len(columns) * (WIDTH + GAP_ACROSS) - GAP_ACROSS + SWING,
        height=2 * MARGIN + tallest * (HEIGHT + GAP_DOWN) - GAP_DOWN,
        nodes=list(nodes.values()),
        arrows=arrows,
    )


def _path(source: Node, target: Node) -> str:
    """A curve from the side of one status to the side of another; there and back never lie on each other."""
    if target.x > source.x:
        start, end = (source.x + WIDTH, source.y + HEIGHT // 3), (target.x, target.y + HEIGHT // 3)
        bend = max((end[0] - start[0]) // 2, GAP_ACROSS // 2)
        return _curve(start, (start[0] + bend, start[1]), (end[0] - bend, end[1]), end)
    if target.x < source.x:
        start, end = (source.x, source.y + 2 * HEIGHT // 3), (target.x + WIDTH, target.y + 2 * HEIGHT // 3)
        bend = max((start[0] - end[0]) // 2, GAP_ACROSS // 2)
        return _curve(start, (start[0] - bend, start[1]), (end[0] + bend, end[1]), end)
    down = target.y > source.y
    # Down on the right side, up on the left one.
    side = source.x + (WIDTH if down else 0)
    out = SWING if down else -SWING // 2
    start, end = (side, source.y + HEIGHT // 2), (side, target.y + HEIGHT // 2)
    return _curve(start, (side + out, start[1]), (side + out, end[1]), end)


def _curve(*points: tuple[int, int]) -> str:
    (x, y), *rest = points
    return f"M{x} {y} C" + ", ".join(f"{a} {b}" for a, b in rest)
