"""The benches run and leave nothing behind, and their one exact figure holds. Times are no matter for tests."""

import os
import re
import subprocess
import sys

import psycopg
import pytest

from apps.ops.bench import BENCHES
from apps.ops.bench.figures import Figure, percentile

from .conftest import ROOT


def bench(*arguments: str) -> "subprocess.CompletedProcess[str]":
    # Without whole trackers, which take minutes.
    environ = os.environ | {"DJANGO_SETTINGS_MODULE": "flowboard.settings.dev", "FLOWBOARD_SAMPLES": "/none"}
    command = [sys.executable, "manage.py", "bench", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=300, check=False)


def databases() -> set[str]:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as connection:
        return {row[0] for row in connection.execute("SELECT datname FROM pg_database WHERE datname !~ '^test_'")}


class TestBench:
    @pytest.mark.deep
    def test_a_board_costs_at_most_ten_queries_however_many_cards_it_has(self) -> None:
        before = databases()
        done = bench("queries")
        assert done.returncode == 0, done.stderr
        small, large = re.findall(r"queries of a board of (?:200|1000) cards +(\d+) queries", done.stdout)
        assert int(small) == int(large) <= 10
        assert databases() == before

    @pytest.mark.deep
    def test_every_bench_reports_figures(self) -> None:
        done = bench()
        assert done.returncode == 0, done.stderr
        for words in (
            "one client, p50",
            "by label: time, p50",
            "8 clients",
            "API, move: to its page",
            "one by one: to a batch",
            "issues of all projects: time, p50",
            "in all: time, p50",
            "other browser's document, p50",
            "start to ready",
            "after load",
        ):
            assert words in done.stdout

    def test_an_unknown_one_is_named(self) -> None:
        done = bench("nonsense")
        assert done.returncode == 1
        assert f"There is no bench nonsense: choose from {', '.join(BENCHES)}." in done.stderr


class TestFigures:
    @pytest.mark.parametrize(("value", "text"), [(10, "10 ms"), (9.44, "9.4 ms"), (123.4, "123 ms"), (0.25, "0.2 ms")])
    def test_shows_as_many_digits_as_mean_something(self, value: float, text: str) -> None:
        assert str(Figure("x", value, "ms")) == text

    def test_percentiles(self) -> None:
        assert percentile([1, 2, 3, 4, 5], 50) == 3
        assert percentile(range(1, 102), 95) == 96
