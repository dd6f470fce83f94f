"""The data directory of one FlowBoard: its layout, its secrets and the locks on it."""

import fcntl
import json
import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .errors import EmbeddedError

PROJECT_ROOT = Path(__file__).resolve().parents[3]
SECRET_NAMES = ("django", "postgres", "flowboard_owner", "flowboard_app", "flowboard_staff", "valkey")
LOCK_TIMEOUT = 120.0


@dataclass(frozen=True)
class Home:
    """A FLOWBOARD_HOME: everything the embedded services keep lives below `path`."""

    path: Path

    @classmethod
    def of(cls, given: str | None) -> "Home":
        """Return the home that FLOWBOARD_HOME names, `.flowboard` beside manage.py where it is unset, and make it.

        :raises EmbeddedError: if the directory cannot be made or written
        """
        path = Path(given).expanduser().resolve() if given else PROJECT_ROOT / ".flowboard"
        try:
            path.mkdir(parents=True, exist_ok=True)
            # Everything private below has its own, tighter mode; the service account only passes through.
            path.chmod(0o711 if os.geteuid() == 0 else 0o700)
        except OSError as error:
            raise EmbeddedError(
                f"The data directory {path} cannot be used ({error.strerror}): "
                "make it writable or name another one in FLOWBOARD_HOME."
            ) from error
        return cls(path)

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def valkey(self) -> Path:
        return self.path / "valkey"

    def secrets(self) -> dict[str, str]:
        """Return the secrets of this home, drawing those that do not exist yet. Call it under `exclusive`."""
        file = self.path / "secrets.json"
        try:
            known = json.loads(file.read_text()) if file.exists() else {}
        except (OSError, ValueError) as error:
            raise EmbeddedError(
                f"{file} cannot be read ({error}): restore it from a backup of the data directory."
            ) from error
        missing = [name for name in SECRET_NAMES if name not in known]
        if missing:
            known |= {name: secrets.token_urlsafe(48 if name == "django" else 24) for name in missing}
            fresh = file.with_suffix(".new")
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as output:
                json.dump(known, output, indent=1)
                output.flush()
                os.fsync(output.fileno())
            fresh.replace(file)
        return {name: known[name] for name in SECRET_NAMES}

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the lock under which services of this home are started and stopped: one process at a time.

        :raises EmbeddedError: if another process keeps it for longer than two minutes
        """
        with self._open("services.lock") as lock:
            deadline = time.monotonic() + LOCK_TIMEOUT
            while not try_lock(lock, fcntl.LOCK_EX):
                if time.monotonic() > deadline:
                    raise EmbeddedError(
                        f"Another process has been starting or stopping the services of {self.path} for two minutes: "
                        "end it, then try again."
                    )
                time.sleep(0.05)
            yield

    def use(self) -> IO[str]:
        """Register this process as a user of the services, until the returned file is closed or the process dies."""
        users = self._open("services.users")
        fcntl.flock(users, fcntl.LOCK_SH)
        return users

    def claim(self) -> IO[str] | None:
        """Claim this home for one supervisor; None when another FlowBoard runs on it."""
        claim = self._open("up.lock")
        if try_lock(claim, fcntl.LOCK_EX):
            return claim
        claim.close()
        return None

    def _open(self, name: str) -> IO[str]:
        return open(self.path / name, "a+")


def try_lock(file: IO[str], kind: int) -> bool:
    """Take a lock of this kind on an open file if nobody stands in the way. The kernel frees it when a process dies."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def free_port() -> int:
    """Return a loopback port that is free right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
