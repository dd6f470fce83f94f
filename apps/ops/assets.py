"""Static files for a web server in front: those of this release, and of former ones for tabs still open."""

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

MANIFEST = "staticfiles.json"
# A tab stays open over a holiday, hardly longer.
KEPT_FOR = timedelta(days=30)


class AssetsError(Exception):
    """The files cannot be published; the message is one sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Published:
    """How many files there are now, by what they are there for."""

    current: int
    former: int
    removed: int


def publish(source: Path, target: Path, *, kept_for: timedelta = KEPT_FOR, now: float | None = None) -> Published:
    """Copy what `collectstatic` put into `source` to `target`, and take away there what nobody can need any more.

    All files of the release in force carry the time of its manifest. What carries that time and is not of this release
    was in force until now, however long ago it was published: its days begin now. A server may read from `target` all
    the time: it sees a file whole or not at all.

    :raises AssetsError: if nothing was collected, or `target` is `source`
    """
    manifest = source / MANIFEST
    if not manifest.is_file():
        raise AssetsError(f"There is no {MANIFEST} in {source}: run collectstatic first, with the production settings.")
    if target.resolve() == source.resolve():
        raise AssetsError(f"{target} is where collectstatic puts the files: name another directory.")
    stamp = int(now if now is not None else time.time())
    current = set(_files(source))
    target.mkdir(parents=True, exist_ok=True)
    former, removed = _retire(target, current, stamp=stamp, oldest=stamp - int(kept_for.total_seconds()))
    # The manifest comes last, for its time says that the others have theirs.
    for name in sorted(current, key=lambda name: (name == Path(MANIFEST), name)):
        _put(source / name, target / name, stamp)
    return Published(current=len(current), former=former, removed=removed)


def _files(root: Path) -> Iterator[Path]:
    for directory, _directories, names in os.walk(root):
        for name in names:
            yield (Path(directory) / name).relative_to(root)


def _retire(target: Path, current: set[Path], *, stamp: int, oldest: int) -> tuple[int, int]:
    manifest = target / MANIFEST
    in_force = int(manifest.stat().st_mtime) if manifest.is_file() else None
    former = removed = 0
    for name in set(_files(target)) - current:
        path = target / name
        since = int(path.stat().st_mtime)
        if in_force is not None and since >= in_force:
            os.utime(path, (stamp, stamp - 1))  # not the time of what is in force from now on
            former += 1
        elif since >= oldest:
            former += 1
        else:
            path.unlink()
            removed += 1
    return former, removed


def _put(source: Path, target: Path, stamp: int) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.unfinished")
    shutil.copyfile(source, unfinished)
    unfinished.chmod(0o644)
    os.utime(unfinished, (stamp, stamp))
    unfinished.replace(target)
