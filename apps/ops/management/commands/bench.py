import os
import platform
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import psutil
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.ops.bench import BENCHES, Figure
from apps.ops.bench.world import BenchError, world

RECORD = Path(settings.BASE_DIR) / "docs" / "benchmarks.md"


class Command(BaseCommand):
    help = "Measures the costs that matter, on a scratch database of its own, and prints them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which benches, and whether to keep the figures."""
        parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHES)}; all by default")
        parser.add_argument("--write", action="store_true", help=f"append the figures to {RECORD.name}")

    def handle(self, *args: Any, names: list[str], write: bool, **options: Any) -> None:
        """Run the benches and print a table.

        :raises CommandError: for an unknown name, or if a bench cannot run
        """
        unknown = sorted(set(names) - BENCHES.keys())
        if unknown:
            raise CommandError(f"There is no bench {unknown[0]}: choose from {', '.join(BENCHES)}.")
        figures: list[Figure] = []
        try:
            with world() as scratch:
                for name in names or BENCHES:
                    for figure in BENCHES[name](scratch):
                        figures.append(figure)
                        self.stdout.write(f"{figure.what:58} {figure!s:>16}   {figure.aim}")
                        self.stdout.flush()
        except BenchError as error:
            raise CommandError(str(error)) from error
        if write:
            with RECORD.open("a") as file:
                file.write(_section(figures))


def _section(figures: list[Figure]) -> str:
    lines = [f"\n## {timezone.now():%Y-%m-%d}, release {settings.RELEASE}\n", f"{_machine()}\n"]
    lines += ["| what | measured | aim |", "|---|---:|---|"]
    lines += [f"| {figure.what} | {figure} | {figure.aim} |" for figure in figures]
    return "\n".join(lines) + "\n"


def _machine() -> str:
    """What the machine is, without its name."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = os.getloadavg()[0]
    memory = psutil.virtual_memory().total / 1_000_000_000
    return (
        f"{_processor()}, {cores} cores, {memory:.0f} GB, {platform.system()}, Python {platform.python_version()}; "
        f"load average {load:.1f} at the end."
    )


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
