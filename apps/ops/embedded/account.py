"""The system account that the services run as.

PostgreSQL refuses to run as root. When FlowBoard itself is started by root, both services therefore run as an
ordinary account that already exists on the machine; started by anybody else, they run as that person.
"""

import logging
import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import EmbeddedError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ServiceAccount:
    """Who runs the services: `entry` is None when that is simply the current user."""

    entry: pwd.struct_passwd | None

    def process_arguments(self) -> dict[str, Any]:
        """Return the arguments that make `subprocess` start a process as this account."""
        if self.entry is None:
            return {}
        return {"user": self.entry.pw_uid, "group": self.entry.pw_gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Hand a file or directory to this account, for its eyes only."""
        path.chmod(0o700 if path.is_dir() else 0o600)
        if self.entry is not None:
            os.chown(path, self.entry.pw_uid, self.entry.pw_gid)

    def open_the_way_to(self, path: Path) -> None:
        """Let this account pass through every directory above `path`.

        A checkout under /root or in a private temporary directory cannot be reached by anybody but root. Passing
        through (execute) is granted where it is missing, never listing or reading.
        """
        if self.entry is None:
            return
        for directory in path.resolve().parents:
            mode = stat.S_IMODE(directory.stat().st_mode)
            if not mode & stat.S_IXOTH and directory.stat().st_uid != self.entry.pw_uid:
                directory.chmod(mode | stat.S_IXOTH)
                logger.warning(
                    "Let the account %s pass through %s, where its service lives", self.entry.pw_name, directory
                )


def service_account(data: Path) -> ServiceAccount:
    """Choose the account for the services whose data lives in `data`.

    :raises EmbeddedError: if root starts FlowBoard on a machine without any ordinary account
    """
    if os.geteuid() != 0:
        return ServiceAccount(entry=None)
    if data.exists() and data.stat().st_uid != 0:
        return ServiceAccount(entry=pwd.getpwuid(data.stat().st_uid))
    for name in (os.environ.get("SUDO_USER", ""), "postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return ServiceAccount(entry=entry)
    raise EmbeddedError(
        "PostgreSQL does not run as root and this machine has no other account: "
        "create one (useradd postgres) or start FlowBoard as an ordinary user."
    )


def find_program(*names: str) -> Path | None:
    """Return the first of `names` that is on PATH."""
    for name in names:
        found = shutil.which(name)
        if found:
            return Path(found)
    return None
