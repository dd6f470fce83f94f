"""Fetch the front-end files that FlowBoard serves but does not write, and say exactly what they are.

Run by `make vendor`. Each package is pinned by version and by the sha256 of its archive, so a fetch
either gives the same bytes as last time or stops. `--check` fetches nothing: it compares what lies
in static/vendor with the list in VENDOR.md.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"
LIST = VENDOR / "VENDOR.md"


@dataclass(frozen=True)
class Package:
    """One npm package, pinned, and the files we take from it (path in the package -> path in static/vendor)."""

    name: str
    version: str
    licence: str
    sha256: str
    home: str
    files: dict[str, str]


HTMX = Package(
    name="htmx.org",
    version="4.0.1",
    licence="0BSD",
    sha256="5fba65616ca148a86d377e9771bcada7f35faee3558651feb929eea425e13b3c",
    home="https://htmx.org",
    files={"dist/htmx.min.js": "htmx.min.js", "LICENSE": "licences/htmx.txt"},
)
INTER = Package(
    name="@fontsource-variable/inter",
    version="5.3.0",
    licence="OFL-1.1",
    sha256="d26710dd38e7217484a1d47ee76c024977ec550548876f26d06ed1844af09a14",
    home="https://rsms.me/inter",
    files={
        "files/inter-latin-wght-normal.woff2": "inter/inter-latin.woff2",
        "files/inter-latin-ext-wght-normal.woff2": "inter/inter-latin-ext.woff2",
        "LICENSE": "licences/inter.txt",
    },
)
LUCIDE = Package(
    name="lucide-static",
    version="1.62.0",
    licence="ISC",
    sha256="386f9080c440d6f5049cefe3456ae8357f7a0c7f76e59670cd1cb83bc7050a44",
    home="https://lucide.dev",
    files={"LICENSE": "licences/lucide.txt"},
)
TOOLBAR = Package(
    name="@github/markdown-toolbar-element",
    version="2.2.3",
    licence="MIT",
    sha256="64745df4f29e9f9b305269213a663ca5c020e9d7aff9e3e39310a09434d95589",
    home="https://github.com/github/markdown-toolbar-element",
    files={"dist/index.js": "markdown-toolbar.js", "LICENSE": "licences/markdown-toolbar.txt"},
)
EXPANDER = Package(
    name="@github/text-expander-element",
    version="2.9.4",
    licence="MIT",
    sha256="14f554086775c1b2c174fbddbc0bb3c9128adb772d3d4f16882ca6f40a75f45d",
    home="https://github.com/github/text-expander-element",
    files={"dist/bundle.js": "text-expander.js", "LICENSE": "licences/text-expander.txt"},
)
PACKAGES = (HTMX, INTER, LUCIDE, TOOLBAR, EXPANDER)

SPRITE = "icons.svg"
ICONS = """
activity archive archive-restore arrow-down arrow-left arrow-right arrow-up at-sign ban bell bold bookmark bot bug
building-2 calendar chart-gantt chart-line check chevron-down chevron-left chevron-right chevron-up chevrons-up
chevrons-up-down circle circle-alert circle-check circle-dashed circle-dot circle-question-mark circle-user-round
circle-x clock code copy corner-down-right ellipsis equal external-link eye eye-off file-text flag folder frown gauge
git-branch globe grip-vertical hash heading heart history house image inbox info italic key-round keyboard laugh
layers link list list-checks list-filter list-ordered list-todo list-tree loader-circle lock log-in log-out mail
mail-plus maximize-2 menu message-square minus monitor moon panel-left paperclip party-popper pencil pin pin-off plus
quote refresh-cw reply rocket rotate-ccw rows-3 save search send settings shield sliders-horizontal smile smile-plus
square-check square-kanban star strikethrough sun tag terminal thumbs-down thumbs-up timer trash-2 triangle-alert undo-2
upload user user-minus user-plus user-x users wifi-off workflow wrench x zap
""".split()


class VendorError(Exception):
    """Something fetched, or lying in static/vendor, is not what it should be."""


def sha256_of(path: Path) -> str:
    """Return the hex digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def fetch(package: Package, into: Path) -> Path:
    """Download and unpack one package; return its root folder.

    :raises VendorError: if the archive is not the pinned one
    """
    into.mkdir(parents=True)
    npm = shutil.which("npm")
    if npm is None:
        raise VendorError("npm is needed to fetch packages: install Node.js, or use --check to verify what is here.")
    spec = f"{package.name}@{package.version}"
    subprocess.run([npm, "pack", "--silent", spec], cwd=into, check=True, stdout=subprocess.DEVNULL)
    archive = next(into.glob("*.tgz"))
    digest = sha256_of(archive)
    if digest != package.sha256:
        raise VendorError(f"{spec}: the archive's sha256 is {digest}, pinned is {package.sha256}")
    with tarfile.open(archive) as tar:
        tar.extractall(into, filter="data")
    return into / "package"


def build_sprite(icons: Path) -> str:
    """Join the chosen icons into one SVG of symbols, so that a page loads one file for all of them.

    :raises VendorError: if the package has no icon of that name
    """
    symbols = []
    for name in sorted(set(ICONS)):
        source = icons / f"{name}.svg"
        if not source.exists():
            raise VendorError(f"lucide-static {LUCIDE.version} has no icon {name!r}")
        found = re.search(r"<svg[^>]*>(?P<body>.*)</svg>", source.read_text(encoding="utf-8"), re.DOTALL)
        if found is None:
            raise VendorError(f"{source.name} is not an SVG")
        body = re.sub(r"\s*\n\s*", "", found["body"])
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>')
    notice = f"<!-- Icons of lucide-static {LUCIDE.version}, ISC licence: see VENDOR.md -->"
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + notice + "\n" + "\n".join(symbols) + "\n</svg>\n"


def write_list() -> None:
    """Write VENDOR.md from what now lies in static/vendor."""
    lines = [
        "# Vendored files",
        "",
        "Fetched by `make vendor` (scripts/vendor.py); checked by `python scripts/vendor.py --check`.",
        "Do not edit these files by hand.",
        "",
        "| package | version | licence | home |",
        "|---|---|---|---|",
        *(f"| {p.name} | {p.version} | {p.licence} | {p.home} |" for p in PACKAGES),
        "",
        f"`{SPRITE}` is a sprite of {len(set(ICONS))} icons picked from lucide-static.",
        "",
        "| file | sha256 |",
        "|---|---|",
        *(f"| {name} | {sha256_of(VENDOR / name)} |" for name in vendored_files()),
        "",
    ]
    LIST.write_text("\n".join(lines), encoding="utf-8")


def vendored_files() -> list[str]:
    """List every vendored file, relative to static/vendor."""
    found = (path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file())
    return sorted(name for name in found if name != LIST.name)


def check() -> None:
    """Compare static/vendor with VENDOR.md.

    :raises VendorError: naming every file that differs, is missing, or is not listed
    """
    rows = re.findall(r"^\| (\S+) \| ([0-9a-f]{64}) \|$", LIST.read_text(encoding="utf-8"), re.MULTILINE)
    listed, here = dict(rows), {name: sha256_of(VENDOR / name) for name in vendored_files()}
    wrong = sorted(name for name in listed.keys() | here.keys() if listed.get(name) != here.get(name))
    if wrong:
        raise VendorError("static/vendor differs from VENDOR.md: " + ", ".join(wrong))


def vendor() -> None:
    """Fetch every package, replace static/vendor with it and write the list."""
    with tempfile.TemporaryDirectory() as folder:
        staged = Path(folder) / "vendor"
        for number, package in enumerate(PACKAGES):
            root = fetch(package, Path(folder) / str(number))
            for source, target in package.files.items():
                (staged / target).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(root / source, staged / target)
            if package is LUCIDE:
                (staged / SPRITE).write_text(build_sprite(root / "icons"), encoding="utf-8")
        # Only now: a fetch that failed half-way must not leave half a folder behind.
        shutil.rmtree(VENDOR, ignore_errors=True)
        shutil.copytree(staged, VENDOR)
    write_list()


def main() -> int:
    """Run from the command line; 1 with one sentence when something is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="fetch nothing, compare static/vendor with VENDOR.md")
    try:
        check() if parser.parse_args().check else vendor()
    except (VendorError, subprocess.CalledProcessError) as error:
        print(f"vendor: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
