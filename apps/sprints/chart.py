"""Burndown and velocity as pictures: where their lines, marks and bars stand. Templates draw them as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil

from apps.sprints.reports import Report, ScopeEvent
from apps.sprints.selectors import Velocity

WIDTH, HEIGHT = 720, 260
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 14, 28
# About so many dates and figures stand along the axes.
DATES, FIGURES = 8, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What changed the plan on one day, at the day's height."""

    x: float
    y: float
    events: Sequence[ScopeEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Everything to draw."""

    width: int
    height: int
    left: int
    right: float
    floor: float
    remaining: str
    target: str
    weekends: Sequence[tuple[float, float]]
    dates: Sequence[tuple[float, object]]
    figures: Sequence[tuple[float, int]]
    marks: Sequence[Mark]


def _step(most: Decimal) -> int:
    """A round distance between the figures of the axis."""
    step = 1
    while most / step > FIGURES:
        step = step * 5 // 2 if str(step).startswith("2") else step * 2
    return step


def draw(found: Report) -> Chart:
    """Stand the days side by side. A day's value is that of its end; the commitment stands before the first."""
    unit = found.unit
    values = [day.remaining.of(unit) for day in found.days if day.remaining is not None]
    targets = [day.target for day in found.days if day.target is not None]
    committed = found.committed.of(unit)
    step = _step(max([*values, *targets, committed, Decimal(1)]))
    most = ceil(max([*values, *targets, committed, Decimal(1)]) / step) * step
    wide = (WIDTH - LEFT - RIGHT) / max(len(found.days), 1)
    floor = HEIGHT - BOTTOM

    def x(number: int) -> float:
        return round(LEFT + number * wide, 1)

    def y(value: Decimal) -> float:
        return round(floor - float(value) / most * (floor - TOP), 1)

    def line(points: Sequence[Decimal]) -> str:
        return " ".join(f"{x(number)},{y(value)}" for number, value in enumerate([committed, *points]))

    every = -(-len(found.days) // DATES)
    return Chart(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=WIDTH - RIGHT,
        floor=floor,
        remaining=line(values),
        target=line(targets) if targets else "",
        weekends=[(x(number), round(wide, 1)) for number, day in enumerate(found.days) if day.is_weekend],
        dates=[(x(number), day.day) for number, day in enumerate(found.days) if number % every == 0],
        figures=[(y(Decimal(value)), value) for value in range(0, most + 1, step)],
        marks=[
            Mark(x=x(number + 1), y=y(day.remaining.of(unit)), events=day.events)
            for number, day in enumerate(found.days)
            if day.events and day.remaining is not None
        ],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A sprint of the velocity: what was committed and what was completed, each from its top to the floor."""

    x: float
    name: str
    committed: tuple[float, float]
    completed: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class VelocityChart:
    """Everything to draw of the velocity, the sprint that ended first at the left."""

    width: int
    height: int
    left: int
    right: int
    floor: int
    bar: float
    bars: Sequence[Bar]
    figures: Sequence[tuple[float, int]]
    average: float | None


def draw_velocity(found: Velocity) -> VelocityChart:
    """Stand the sprints side by side, with a line for what they completed on average."""
    pairs = [
        (line.sprint.name, line.report.committed.of(found.unit), line.report.completed.of(found.unit))
        for line in reversed(found.lines)
    ]
    highest = max([Decimal(1), *(value for _name, *values in pairs for value in values)])
    step = _step(highest)
    most = ceil(highest / step) * step
    wide = (WIDTH - LEFT - RIGHT) / max(len(pairs), 1)
    bar = round(min(wide * 0.3, 48), 1)
    floor = HEIGHT - BOTTOM

    def y(value: Decimal) -> float:
        return round(floor - float(value) / most * (floor - TOP), 1)

    def column(value: Decimal) -> tuple[float, float]:
        return y(value), round(floor - y(value), 1)

    return VelocityChart(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=WIDTH - RIGHT,
        floor=floor,
        bar=bar,
        bars=[
            Bar(x=round(LEFT + (number + 0.5) * wide, 1), name=name, committed=column(before), completed=column(after))
            for number, (name, before, after) in enumerate(pairs)
        ],
        figures=[(y(Decimal(value)), value) for value in range(0, most + 1, step)],
        average=y(found.average) if found.average is not None else None,
    )
