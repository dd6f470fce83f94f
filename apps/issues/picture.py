"""The workflow as a picture: where its statuses and arrows stand. Drawn as SVG by `workflow/_picture.html`."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from apps.projects.models import Status, Transition

WIDTH, HEIGHT = 136, 40  # of a status
GAP_ACROSS, GAP_DOWN = 60, 28
MARGIN = 24
# Arrows that pass others by go in lanes, so far apart, around corners of this radius.
LANE, CORNER = 9, 6
# More arrows than this are a thicket: a table of from and to is drawn instead.
MOST_ARROWS = 20


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
class Row:
    """The ways from a status (None: from any) to each of the statuses in their order; None where there is none."""

    source: Status | None
    ways: Sequence[Transition | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Everything to draw, and how large it is; with `rows` as a table, for there are too many arrows."""

    width: int
    height: int
    nodes: Sequence[Node]
    arrows: Sequence[Arrow]
    statuses: Sequence[Status]
    rows: Sequence[Row]


def draw(*, statuses: Sequence[Status], transitions: Sequence[Transition]) -> Picture:
    """Stand the statuses in a column for each category, in the order of the work, and lead the arrows between them."""
    present = {status.pk for status in statuses}
    anywhere = {edge.target_id: edge for edge in transitions if edge.source_id is None}
    edges = [edge for edge in transitions if edge.source_id in present and edge.target_id in present]
    if len(edges) > MOST_ARROWS:
        ways = {(edge.source_id, edge.target_id): edge for edge in transitions}
        sources = [*([None] if anywhere else []), *statuses]
        rows = [
            Row(source=each, ways=[ways.get((each.pk if each else None, to.pk)) for to in statuses]) for each in sources
        ]
        return Picture(width=0, height=0, nodes=[], arrows=[], statuses=statuses, rows=rows)
    columns = [
        column
        for category in Status.Category.values
        if (column := [status for status in statuses if status.category == category])
    ]
    return _Drawing(columns, edges).picture(anywhere)


class _Drawing:
    """Statuses in columns, and arrows that keep clear of them.

    An arrow to the next column crosses the gap; one to a neighbour in the column goes straight. All others go around:
    forward above the columns, back below them, within a column beside it. Each that goes around has a lane of its own
    in every gap, and what leaves or enters a status on the same side does so at its own height.
    """

    def __init__(self, columns: Sequence[Sequence[Status]], edges: Sequence[Transition]) -> None:
        self.columns = columns
        self.place = {
            status.pk: (across, down) for across, column in enumerate(columns) for down, status in enumerate(column)
        }
        # The next column first, then the way around, the shorter within the longer.
        self.edges = sorted(edges, key=lambda edge: abs(self._span(edge)))
        self.tallest = max((len(column) for column in columns), default=0)
        # Which arrows go up or down in a gap: gap 0 is before the first column.
        self.lanes: dict[int, list[tuple[int, str]]] = defaultdict(list)
        # Which arrows pass in which lane above (True) or below the columns.
        self.passing: dict[bool, list[list[tuple[int, int]]]] = {True: [], False: []}
        self.passes: dict[int, int] = {}
        for edge in self.edges:
            self._take_lanes(edge)
        self.left: list[int] = []
        x = max(MARGIN, self._gap(0))
        for across in range(len(columns)):
            self.left.append(x)
            x += WIDTH + (max(GAP_ACROSS, self._gap(across + 1)) if across + 1 < len(columns) else 0)
        self.width = x + max(MARGIN, self._gap(len(columns)))
        self.top = MARGIN + LANE * len(self.passing[True])
        self.bottom = self.top + self.tallest * (HEIGHT + GAP_DOWN) - GAP_DOWN
        self.ports = self._ports()

    def _span(self, edge: Transition) -> int:
        return self.place[edge.target_id][0] - self.place[edge.source_id or 0][0]

    def _drop(self, edge: Transition) -> int:
        return self.place[edge.target_id][1] - self.place[edge.source_id or 0][1]

    def _take_lanes(self, edge: Transition) -> None:
        source, target, span = self.place[edge.source_id or 0][0], self.place[edge.target_id][0], self._span(edge)
        if span == 0:
            if abs(self._drop(edge)) > 1:
                self.lanes[source + (self._drop(edge) > 0)].append((edge.pk, "out"))
        elif abs(span) > 1:
            self.lanes[source + (span > 0)].append((edge.pk, "out"))
            self.lanes[target + (span < 0)].append((edge.pk, "in"))
            taken = self.passing[span > 0]
            first, last = min(source, target), max(source, target)
            free = (at for at, lane in enumerate(taken) if all(last <= a or b <= first for a, b in lane))
            self.passes[edge.pk] = next(free, len(taken))
            if self.passes[edge.pk] == len(taken):
                taken.append([])
            taken[self.passes[edge.pk]].append((first, last))

    def _gap(self, gap: int) -> int:
        return 2 * MARGIN + LANE * (len(self.lanes[gap]) - 1) if self.lanes[gap] else 0

    def _y(self, pk: int) -> int:
        across, down = self.place[pk]
        # Shorter columns stand in the middle.
        return (
            self.top
            + (self.tallest - len(self.columns[across])) * (HEIGHT + GAP_DOWN) // 2
            + down * (HEIGHT + GAP_DOWN)
        )

    def _ports(self) -> dict[tuple[int, str], int]:
        """At which height each arrow leaves ("out") and enters ("in"), by where it comes from or leads to."""
        sides: dict[tuple[int, bool], list[tuple[int, int, str]]] = defaultdict(list)
        for edge in self.edges:
            span, drop = self._span(edge), self._drop(edge)
            source, target = edge.source_id or 0, edge.target_id
            if span == 0 and abs(drop) <= 1:
                continue
            to, of = (self._y(target), self._y(source))
            if abs(span) > 1:
                to = of = -1 if span > 0 else self.bottom + 1
            is_right = span > 0 or (span == 0 and drop > 0)
            sides[source, is_right].append((to, edge.pk, "out"))
            sides[target, is_right if span == 0 else not is_right].append((of, edge.pk, "in"))
        found = {}
        for (pk, _is_right), ends in sides.items():
            for at, (_towards, edge_pk, end) in enumerate(sorted(ends), start=1):
                found[edge_pk, end] = self._y(pk) + at * HEIGHT // (len(ends) + 1)
        return found

    def _lane(self, gap: int, edge: Transition, end: str) -> int:
        right = self.left[gap - 1] + WIDTH if gap else 0
        return right + MARGIN + LANE * self.lanes[gap].index((edge.pk, end))

    def _path(self, edge: Transition) -> str:
        (source, _row), (target, _other) = self.place[edge.source_id or 0], self.place[edge.target_id]
        span, drop = self._span(edge), self._drop(edge)
        if span == 0 and abs(drop) <= 1:
            # There and back beside each other.
            x = self.left[source] + WIDTH // 2 + (14 if drop > 0 else -14)
            y, to = self._y(edge.source_id or 0), self._y(edge.target_id)
            return f"M{x} {y + HEIGHT} V{to}" if drop > 0 else f"M{x} {y} V{to + HEIGHT}"
        is_right = span > 0 or (span == 0 and drop > 0)
        start = (self.left[source] + (WIDTH if is_right else 0), self.ports[edge.pk, "out"])
        enters_right = is_right if span == 0 else not is_right
        end = (self.left[target] + (WIDTH if enters_right else 0), self.ports[edge.pk, "in"])
        if abs(span) == 1:
            bend = (end[0] - start[0]) // 2
            return f"M{start[0]} {start[1]} C{start[0] + bend} {start[1]}, {end[0] - bend} {end[1]}, {end[0]} {end[1]}"
        out = self._lane(source + is_right, edge, "out")
        if span == 0:
            return _rounded([start, (out, start[1]), (out, end[1]), end])
        back = self._lane(target + enters_right, edge, "in")
        away = LANE * (self.passes[edge.pk] + 1)
        y = self.top - away if span > 0 else self.bottom + away
        return _rounded([start, (out, start[1]), (out, y), (back, y), (back, end[1]), end])

    def picture(self, anywhere: dict[int, Transition]) -> Picture:
        """All of it."""
        nodes = [
            Node(
                status=status,
                x=self.left[across],
                y=self._y(status.pk),
                from_anywhere=anywhere.get(status.pk),
            )
            for across, column in enumerate(self.columns)
            for status in column
        ]
        return Picture(
            width=self.width,
            height=self.bottom + MARGIN + LANE * len(self.passing[False]),
            nodes=nodes,
            arrows=[Arrow(transition=edge, path=self._path(edge)) for edge in self.edges],
            statuses=[node.status for node in nodes],
            rows=[],
        )


def _rounded(points: Sequence[tuple[int, int]]) -> str:
    """A line along these points, which turn by right angles, with round corners."""

    def towards(start: tuple[int, int], end: tuple[int, int]) -> tuple[int, int]:
        """A point near `start` on the way to `end`."""
        way = [min(CORNER, abs(b - a) // 2) * ((b > a) - (b < a)) for a, b in zip(start, end, strict=True)]
        return start[0] + way[0], start[1] + way[1]

    pieces = [f"M{points[0][0]} {points[0][1]}"]
    for (before, corner), (_corner, after) in pairwise(pairwise(points)):
        near, far = towards(corner, before), towards(corner, after)
        pieces.append(f"L{near[0]} {near[1]} Q{corner[0]} {corner[1]} {far[0]} {far[1]}")
    return " ".join([*pieces, f"L{points[-1][0]} {points[-1][1]}"])
