"""Measurements of what matters, on a database that exists for them alone. `manage.py bench` runs them."""

from . import across, api, board, imports, live, process
from .figures import Bench, Figure

BENCHES: dict[str, Bench] = {
    "queries": board.queries,
    "board": board.speed,
    "across": across.ratios,
    "api": api.cost,
    "live": live.drop_to_dom,
    "start": process.start,
    "memory": process.memory,
    "imports": imports.whole_tracker,
    "long-imports": imports.ten_times_as_long,
}

__all__ = ["BENCHES", "Bench", "Figure"]
