"""Set up what the Makefile's commands need: the virtual environment, the pinned packages, a Chromium for tests.

Runs on any Python that may be about; standard library only. Says one sentence and exits with 1 when it cannot go on.
"""

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from apps.ops.chromium import PACKAGES, find_chromium  # noqa: E402

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed.json"
# The newest ones that every pinned wheel exists for come first.
CANDIDATES = ("python3.13", "python3.12", "python3.11", "python3", "python3.14", "python")


def main() -> None:
    """Carry out the wishes of the command line, one process at a time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("requirements", nargs="?", default="requirements.txt", help="the file of pinned packages")
    parser.add_argument("--chromium", action="store_true", help="make sure that there is a Chromium as well")
    options = parser.parse_args()
    # Started by root, the services run as another account, which must be able to read what is installed here.
    os.umask(0o022)
    with open(ROOT / ".venv.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ensure_venv()
        ensure_packages(ROOT / options.requirements)
        if options.chromium:
            ensure_chromium()


def ensure_venv() -> None:
    """Make the virtual environment, or make it anew when its Python has gone."""
    if PYTHON.exists() and works(str(PYTHON), needs_venv=False):
        return
    base = find_python()
    say(f"Making the virtual environment .venv with {base}.")
    if subprocess.run([base, "-m", "venv", "--clear", str(VENV)], check=False).returncode != 0:
        give_up(f"The virtual environment could not be made with {base}; the reason stands above.")


def find_python() -> str:
    """Return a Python that can make virtual environments and is new enough."""
    wanted = os.environ.get("FLOWBOARD_PYTHON")
    for name in (wanted,) if wanted else CANDIDATES:
        path = shutil.which(name)
        if path and works(path, needs_venv=True):
            return path
    for name in CANDIDATES:
        path = shutil.which(name)
        if path and works(path, needs_venv=False):
            give_up(f"{path} lacks the venv module: install it (Debian: apt-get install {name}-venv), then try again.")
    raise SystemExit(
        "FlowBoard needs Python 3.11 or newer and found none: install one, or name it in FLOWBOARD_PYTHON."
    )


def works(python: str, *, needs_venv: bool) -> bool:
    """Tell whether this Python starts, is new enough and, if asked, can make virtual environments."""
    probe = "import sys, ssl" + (", venv, ensurepip" if needs_venv else "") + "; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([python, "-c", probe], capture_output=True, check=False).returncode == 0


def ensure_packages(requirements: Path) -> None:
    """Install the pinned packages unless just these files were installed before."""
    wanted = {requirements.name: fingerprint(requirements)}
    if requirements.name == "requirements-dev.txt":
        # It holds the same pins and more, so that the plain file is satisfied as well.
        wanted["requirements.txt"] = fingerprint(ROOT / "requirements.txt")
    installed = json.loads(STAMP.read_text()) if STAMP.exists() else {}
    if installed.items() >= wanted.items():
        return
    say(f"Installing the packages of {requirements.name}.")
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # The files are complete. Left to look up dependencies, pip takes the newest release of a package that another one
    # asks for with an extra, finds it unpinned, and refuses: every set-up would break on the day of that release.
    command += ["--require-hashes", "--no-deps"]
    if subprocess.run([*command, "-r", str(requirements)], check=False).returncode != 0:
        give_up(
            f"The packages of {requirements.name} could not be installed: check the lines above and that pip reaches "
            "a package index (pip config list), then try again."
        )
    kept = wanted if requirements.name == "requirements-dev.txt" else installed | wanted
    STAMP.write_text(json.dumps(kept, indent=1))


def fingerprint(file: Path) -> str:
    """Return what identifies the content of a requirements file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def ensure_chromium() -> None:
    """Make sure that browser tests find a Chromium: on PATH, from the system's packages, or Playwright's own."""
    if find_chromium() or playwright_chromium().exists():
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say("Installing Chromium with apt-get.")
        quiet = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, "stdout": subprocess.DEVNULL}
        subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)
        for package in PACKAGES:
            install = ["apt-get", "install", "-qq", "-y", "--no-install-recommends", package]
            subprocess.run(install, check=False, **quiet)
            if find_chromium():
                return
    say("Installing Playwright's Chromium.")
    subprocess.run([str(PYTHON), "-m", "playwright", "install", "chromium"], check=False)
    if not playwright_chromium().exists():
        give_up("The browser tests need a Chromium and none could be installed: put one on PATH, then try again.")


def playwright_chromium() -> Path:
    """Return where Playwright keeps its own Chromium, whether it is there or not."""
    probe = "from playwright.sync_api import sync_playwright as p\nwith p() as b: print(b.chromium.executable_path)"
    result = subprocess.run([str(PYTHON), "-c", probe], capture_output=True, text=True, check=False)
    return Path(result.stdout.strip() or "/nonexistent")


def say(sentence: str) -> None:
    """Tell what happens, at once."""
    print(sentence, flush=True)


def give_up(sentence: str) -> NoReturn:
    """End with one sentence on what to do."""
    sys.exit(sentence)


if __name__ == "__main__":
    main()
